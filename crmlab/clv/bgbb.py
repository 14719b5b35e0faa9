"""BG/BB: purchases at given opportunities (a yearly appeal, a fair), beta chances of buying and of leaving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, gammaln, logsumexp

from crmlab.clv.buyers import Buyers, admit_weights, collapse, covariates
from crmlab.clv.fit import collapsed_again, covariances
from crmlab.clv.fitted import Draws, like
from crmlab.clv.mixing import beta_nodes
from crmlab.clv.optimum import Optimum
from crmlab.clv.params import Rows, Terms, beta_log, stacked
from crmlab.clv.plainfit import PlainFit, checks_of
from crmlab.clv.search import Search, parameter_rows
from crmlab.clv.words import bad_rows, column, labels_of, positive
from crmlab.errors import ModelError
from crmlab.provenance import source_of

NAMES = ("alpha", "beta", "gamma", "delta")
FAR = np.array([14.0, 11.0, 14.0, 11.0])
LIMITS = (8.0, 6.0, 8.0, 6.0)  # of logits and log concentrations beyond which a parameter is degenerate


@dataclass(frozen=True, slots=True)
class BgBb:
    """x purchases, the last at opportunity t_x, of T; alpha, beta (buying), gamma, delta (leaving)."""

    @property
    def key(self) -> str:
        """Label key of the model."""
        return "model.bgbb"

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The letters of the paper."""
        return NAMES

    @property
    def purchase_signs(self) -> dict[int, float]:
        """alpha exp(g'z): a coefficient is a log odds ratio of the mean chance of buying."""
        return {0: 1.0}

    @property
    def dropout_signs(self) -> dict[int, float]:
        """gamma exp(g'z): a coefficient is a log odds ratio of the mean chance of leaving."""
        return {2: 1.0}

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Where theta is searched."""
        return -FAR, FAR

    def to_log(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log parameters and Jacobian; theta = logit of the mean and log concentration, of buying and leaving."""
        return stacked(beta_log(theta[0], theta[1]), beta_log(theta[2], theta[3]))

    def start(self, d: Buyers) -> tuple[np.ndarray, ...]:
        """Places to start from: moderate, nearly nobody leaving, soon gone."""
        chance = float(np.clip((d.w @ d.x) / (d.w @ d.T), 0.01, 0.9))
        own = np.log(chance / (1 - chance))
        many = [[own + 0.5, 0.5, -1.5, 0.5], [own, 0.5, -4.0, 1.0], [own + 1.5, 1.0, 0.0, 1.0]]
        return tuple(np.array(many))

    def terms(self, d: Buyers, p: tuple[Rows, ...]) -> Terms:
        """Log-likelihood, P(alive at T) and slopes of every history; eq. (4) of the paper.

        L = B(al+x, be+n-x)/B(al,be) B(ga, de+n)/B(ga,de)
            + sum_{i<n-t} B(al+x, be+t-x+i)/B(al,be) B(ga+1, de+t+i)/B(ga,de).
        """
        al, be, ga, de = (np.asarray(value)[..., None] for value in p)
        steps = np.arange(int((d.T - d.t_x).max()) + 1)
        x, t, n = d.x[:, None], d.t_x[:, None], d.T[:, None]
        tossed = np.where(steps < n - t, t + steps, n)  # opportunities seen alive
        died = (steps < n - t).astype(float)
        log_part = betaln(al + x, be + tossed - x) + betaln(ga + died, de + tossed)
        log_part = np.where(steps <= n - t, log_part, -np.inf)
        whole = logsumexp(log_part, axis=1)
        share = np.exp(log_part - whole[:, None])
        both, gone = digamma(al + be + tossed), digamma(ga + de + tossed + died)
        slopes = np.array([
            (al * share * (digamma(al + x) - both - digamma(al) + digamma(al + be))).sum(axis=1),
            (be * share * (digamma(be + tossed - x) - both - digamma(be) + digamma(al + be))).sum(axis=1),
            (ga * share * (digamma(ga + died) - gone - digamma(ga) + digamma(ga + de))).sum(axis=1),
            (de * share * (digamma(de + tossed) - gone - digamma(de) + digamma(ga + de))).sum(axis=1),
        ])  # fmt: skip
        alive = (share * (died == 0)).sum(axis=1)
        return Terms(whole - (betaln(al, be) + betaln(ga, de))[..., 0], alive, slopes)


@dataclass(frozen=True, eq=False, repr=False)
class BgbbFit(PlainFit):
    """A fitted BG/BB model; its unit of time is the opportunity.

    Attributes
    ----------
    model, buyers, penalty : what was fitted to what
    """

    model: BgBb
    buyers: Buyers
    penalty: float = 0.0

    def p_alive(
        self, x: object = None, t_x: object = None, T: object = None, *, purchase: object = None,
        dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Probability of being alive at the NEXT opportunity, T + 1, as the paper has it (eq. 7)."""
        d = self._of(x, t_x, T, purchase, dropout)
        p = parameter_rows(self.model, d, self._vector)
        return (self.model.terms(d, p).alive * (p[3] + d.T) / (p[2] + p[3] + d.T))[d.inverse]

    def expected(
        self, h: int, x: object = None, t_x: object = None, T: object = None, *, purchase: object = None,
        dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Purchases expected at the next h opportunities; of a new customer with x = t_x = T = 0 (eq. 9)."""
        if h != int(h) or h < 0:
            raise ModelError(f"h is {h}; want a whole number of opportunities")
        return self._future(self._of(x, t_x, T, purchase, dropout), int(h), 0.0)

    def dert(
        self, rate: float, x: object = None, t_x: object = None, T: object = None, *, purchase: object = None,
        dropout: object = None,
    ) -> np.ndarray:  # fmt: skip
        """Discounted expected residual transactions at `rate` per opportunity (0.10 for 10 %), eq. (14)."""
        return self._future(self._of(x, t_x, T, purchase, dropout), None, positive(rate, "rate"))

    def pmf(self, count: object, T: int) -> np.ndarray:
        """P(a new customer buys `count` times at T opportunities), eq. (8); without covariates."""
        k = np.atleast_1d(np.asarray(count, dtype=float))[:, None]
        if (k < 0).any() or (k != np.round(k)).any() or int(T) != T or T < 0:
            raise ModelError("count and T must be whole numbers from 0")
        if len(self.params) > 4:
            raise ModelError("the distribution of counts is for fits without covariates")
        al, be, ga, de = self._vector
        i = np.arange(int(T) + 1)
        died = (i < T).astype(float)
        choose = np.where(
            i >= k, gammaln(i + 1) - gammaln(k + 1) - gammaln(np.maximum(i - k, 0) + 1), -np.inf
        )
        log_part = choose + betaln(al + k, be + np.maximum(i - k, 0)) + betaln(ga + died, de + i)
        return np.exp(logsumexp(log_part, axis=1) - betaln(al, be) - betaln(ga, de))

    @property
    def _vector(self) -> np.ndarray:
        return np.array(list(self.params.values()))

    def _of(self, x: object, t_x: object, T: object, purchase: object, dropout: object) -> Buyers:
        given = [value is not None for value in (x, t_x, T)]
        if not any(given):
            return self.buyers
        if not all(given):
            raise ModelError("give all of x, t_x and T, or none for the customers of the fit")
        columns, labels, b = _histories(x, t_x, T), labels_of(x), self.buyers
        Zp = like(purchase, b.purchase, labels, "purchase")
        Zd = like(dropout, b.dropout, labels, "dropout")
        n = len(columns[0])
        return Buyers(*columns, np.ones(n), Zp, Zd, b.purchase, b.dropout, np.arange(n), 1.0)

    def _future(self, d: Buyers, h: int | None, rate: float) -> np.ndarray:
        p = parameter_rows(self.model, d, self._vector)
        al, be, ga, de = (np.broadcast_to(value, d.x.shape) for value in p)
        alive = self.model.terms(d, p).alive
        if h is None:
            theta, w = beta_nodes(ga, de + d.T)
            stay = (w * (1 - theta) / (rate + theta)).sum(axis=1)
        else:
            left = (de + d.T)[:, None] + np.arange(h)
            stay = np.cumprod(left / (ga[:, None] + left) / (1 + rate), axis=1).sum(axis=1)
        return (alive * (al + d.x) / (al + be + d.T) * stay)[d.inverse]


def bgbb(
    x: object, t_x: object, T: object, *, weights: object = None, purchase: object = None,
    dropout: object = None, penalty: float = 0.0,
) -> BgbbFit:  # fmt: skip
    """Fit BG/BB.

    Parameters
    ----------
    x : (m,) purchases at the T opportunities after the first purchase
    t_x : (m,) the opportunity of the last one, 0 where x = 0
    T : (m,) opportunities observed, whole (n in the paper)
    weights : (m,) customers a row stands for
    purchase, dropout : (m, k) static covariates: alpha exp(g'z), gamma exp(g'z), so a coefficient is a log
        odds ratio of the mean chance of buying or of leaving
    penalty : ridge on covariate coefficients

    Returns
    -------
    BgbbFit
        `params` alpha, beta (chance of buying), gamma, delta (chance of leaving), then purchase.<z>, dropout.<z>.

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Shang, J. (2010). Marketing Science 29(6), 1086-1108.
    Covariates in a beta law's first parameter (beta-logistic): Heckman, J. J. & Willis, R. J. (1977). Journal
    of Political Economy 85(1), 27-58.
    """
    d = _admit(x, t_x, T, weights, purchase, dropout)
    penalty = positive(penalty, "penalty", zero=True)
    search = Search(BgBb(), d, penalty)
    k = search.kp + search.kd
    if penalty and not k:
        raise ModelError("a penalty shrinks covariate coefficients, and there are none")
    if d.total <= 4 + k:
        raise ModelError(f"{d.total:g} customers cannot carry {4 + k} parameters")
    starts = None
    if k:
        starts = [np.append(Search(BgBb(), collapsed_again(d)).maximise().theta, np.zeros(k))]
    return _fitted(search, search.maximise(starts))


def _admit(x: object, t_x: object, T: object, weights: object, purchase: object, dropout: object) -> Buyers:
    labels = labels_of(x)
    columns = _histories(x, t_x, T)
    w = admit_weights(weights, len(columns[0]), labels)
    if not (columns[0][w > 0] > 0).any():
        raise ModelError("no customer bought again (all x = 0), so neither chance can be told")
    bad_rows(columns[2] <= 0, labels, "T", columns[2], "is not a positive number of opportunities")
    Zp, named_p = covariates(purchase, len(w), labels, "purchase", w)
    Zd, named_d = covariates(dropout, len(w), labels, "dropout", w)
    table, counts, inverse = collapse(np.column_stack([*columns, Zp, Zd]), w)
    kp = 3 + Zp.shape[1]
    first = (table[:, 0], table[:, 1], table[:, 2], counts, table[:, 3:kp], table[:, kp:])
    return Buyers(*first, named_p, named_d, inverse, 1.0, w)


def _fitted(search: Search, best: Optimum) -> BgbbFit:
    d, names = search.d, list(search.names)
    p, J = search.natural(best.theta)
    vcov, robust, root = covariances(best, J, search.scores(best.theta), d.w, names)
    far = (*LIMITS, *([np.inf] * (len(names) - 4)))
    checks = checks_of(best, tuple(names), far, root)
    loglik = float(search.model.terms(d, parameter_rows(search.model, d, p)).loglik @ d.w)
    source = source_of(pd.DataFrame(np.column_stack([d.x, d.t_x, d.T, d.w, d.Zp, d.Zd])))
    return BgbbFit(
        "model.bgbb", dict(zip(names, p.tolist(), strict=True)), vcov, robust, loglik, d.total, best.converged,
        checks, source, Draws(best.theta, root, search.natural), BgBb(), d, search.penalty,
    )  # fmt: skip


def _histories(x: object, t_x: object, T: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = labels_of(x)
    found = [column(value, name, labels) for name, value in (("x", x), ("t_x", t_x), ("T", T))]
    if not len(labels):
        raise ModelError("there are no customers")
    if len({len(values) for values in found}) > 1:
        raise ModelError(f"x, t_x and T have {', '.join(str(len(v)) for v in found)} values")
    for name, values in zip(("x", "t_x", "T"), found, strict=True):
        bad_rows(
            (values < 0) | (values != np.round(values)), labels, name, values, "is not a whole number from 0"
        )
    a, b, c = found
    bad_rows(b > c, labels, "t_x", b, "is later than T, the last opportunity")
    bad_rows(a > b, labels, "x", a, "is more than one purchase at an opportunity")
    bad_rows((a == 0) & (b > 0), labels, "t_x", b, "is above 0 for a customer without a repeat purchase")
    return a, b, c
