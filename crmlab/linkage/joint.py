"""Purchases and answers in one model: what the latent variable does to the purchase rate and to staying a customer.

Two steps: the measurement model first, then the likelihood of purchases averaged over the latent variable given the
answers (`latent_search`). Standard errors hold what the first step does not know (`two_step`).

Source
------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284. Abe, M. (2009). Marketing
Science 28(3), 541-553.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlab.clv.buyers import collapse
from crmlab.clv.optimum import STEEP, Optimum, climb
from crmlab.clv.search import box
from crmlab.errors import ModelError
from crmlab.linkage.behaviour import Behaviour
from crmlab.linkage.latent_search import EFFECTS, Cases, LatentSearch
from crmlab.linkage.matching import Joined
from crmlab.linkage.measure import Measured
from crmlab.linkage.two_step import first_step, sandwich
from crmlab.result import Check

NODES = (11, 31)  # of the quadrature: usually, and where those do not do
AHEAD = 2  # draws made for each that is kept
NODES_DRAWN = 5
EXACT = 1e-3  # of the log-likelihood by which more nodes may change it
LOOSE = 8.0  # standard error of a logarithm or logit from which on it is not told by the data
FEWEST = 20  # matched customers
EFFECT = ("purchase", "dropout")
SHAPE, MEAN = 6.0, 8.0  # logarithms beyond which a parameter is called degenerate


@dataclass(frozen=True, eq=False)
class JointFit:
    """Effects of the latent variable on purchases and on dropout, per standard deviation of it.

    Attributes
    ----------
    search, theta : the likelihood and its maximum: the model's four, purchase effect, dropout effect
    vcov : (6, 6) covariance of theta, NaN where there is none
    first_step : (6, 6) the part of it that comes from the measurement model
    loglik, loglik_none : maximum with and without the two effects
    matched : cases that have answered come first; how many
    checks : what was verified
    held : places in theta that the data say nothing of (nobody leaves, say): effects at 0, others where they were found
    """

    search: LatentSearch
    theta: np.ndarray
    vcov: np.ndarray
    first_step: np.ndarray
    loglik: float
    loglik_none: float
    matched: int
    checks: tuple[Check, ...]
    held: tuple[int, ...] = ()

    @property
    def effects(self) -> tuple[np.ndarray, np.ndarray]:
        """(2,) estimates and standard errors of the purchase and the dropout effect."""
        return self.theta[4:], np.sqrt(np.diag(self.vcov)[4:])

    @property
    def natural(self) -> tuple[dict[str, float], dict[str, float]]:
        """Parameters at z = 0 by the letters of the papers, in the input's unit of time, and their errors."""
        logs, J = self.search.model.to_log(self.theta[:4])
        time = np.log(self.search.cases.scale)
        logs = logs + np.array([0.0, time, 0.0, time if self.search.per_time else 0.0])
        values = np.exp(logs)
        A = values[:, None] * J
        V = self.vcov[:4, :4]
        unknown = ((np.abs(A) > 0) & ~np.isfinite(np.diag(V))).any(axis=1)
        errors = np.where(unknown, np.nan, np.sqrt(np.maximum(np.diag(A @ np.nan_to_num(V) @ A.T), 0.0)))
        names = self.search.model.names
        return dict(zip(names, values.tolist(), strict=True)), dict(zip(names, errors.tolist(), strict=True))

    @property
    def drawable(self) -> bool:
        """Whether the purchase rate and the effect on it have standard errors; what is at a limit or held stays there."""
        return bool(np.isfinite(np.diag(self.vcov)[[0, 1, 4]]).all())

    def draws(self, n: int, seed: int) -> np.ndarray:
        """(n, 6) parameters as the data see them; ModelError where there are no standard errors.

        More than n are drawn from the normal approximation, weighed by likelihood over its density, and n of them taken
        in proportion: so a parameter that the data bound on one side only does not go where they forbid it. Then comes
        what the measurement model adds.

        Source
        ------
        Rubin, D. B. (1987). Comment on Tanner & Wong. JASA 82, 543-546 (sampling, importance, resampling).
        """
        if not self.drawable:
            raise ModelError("the joint model has no standard errors, so nothing can be drawn")
        rng = np.random.default_rng(seed)
        root = _root(np.nan_to_num(self.vcov) - self.first_step)  # what is held stays where it is
        z = rng.standard_normal((AHEAD * n, len(self.theta))) * (np.abs(root).max(axis=0) > 0)
        drawn = self.theta + z @ root.T
        fast = replace(self.search, nodes=min(self.search.nodes, NODES_DRAWN))
        total = float(fast.cases.w.sum())
        log_w = np.array([-total * fast.value(theta)[0] for theta in drawn]) + (z**2).sum(axis=1) / 2
        w = np.exp(np.clip(log_w - np.nanmax(log_w), -700, 0))
        w = np.where(np.isfinite(log_w), w, 0.0)
        w = np.minimum(w, w.sum() / np.sqrt(len(w)))  # no single draw may stand for very many (Ionides 2008)
        ends = np.cumsum(w) / w.sum()
        place = np.searchsorted(ends, (np.arange(n) + rng.random()) / n).clip(max=len(w) - 1)
        return (
            drawn[rng.permutation(place)]
            + rng.standard_normal((n, len(self.theta))) @ _root(self.first_step).T
        )


def _root(V: np.ndarray) -> np.ndarray:
    """A square root of a covariance matrix."""
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    return vectors * np.sqrt(np.where(values > 1e-14 * max(values[-1], 0.0), values, 0.0))


def joint_fit(
    joined: Joined, measured: Measured, behaviour: Behaviour, *, weights: np.ndarray | None = None,
    others: bool = False,
) -> JointFit:  # fmt: skip
    """Fit the joint model to the matched customers.

    Parameters
    ----------
    joined, measured, behaviour : who is in both, what answers say, and the fit without answers to start from
    weights : (m,) of the matched customers, such as those of `response_weights`; errors are then the sandwich's
    others : whether customers without answers take part, their latent variable averaged over its distribution. That
        makes estimates more precise where the purchase model is exactly right. Where it is not, what it lacks (rates and
        dropout that go together, tails of rates) is taken for an effect of the latent variable, which for these
        customers nothing else tells; so they are left out unless asked for

    Raises
    ------
    ModelError
        Fewer matched customers than FEWEST, none of whom bought again.
    """
    known = measured.mean[joined.who], measured.variance[joined.who]
    search = LatentSearch(behaviour.fit.model, cases(joined, *known, weights=weights, others=others))
    fit = _fitted(search, behaviour, joined.matched)
    if weights is not None:
        fit = replace(fit, vcov=sandwich(fit.search, fit.theta, fit.vcov))
    extra = first_step(fit.search, fit.theta, fit.vcov, joined, measured)
    return replace(fit, vcov=fit.vcov + extra, first_step=extra)


def score_fit(joined: Joined, score: np.ndarray, behaviour: Behaviour, *, others: bool = False) -> JointFit:
    """The same model with a score of the respondents (n,) taken for the latent variable itself: the naive way."""
    own = score[joined.who]
    if not np.isfinite(own).all():
        own = np.where(np.isfinite(own), own, np.nanmean(own))
    if np.ptp(own) == 0:
        raise ModelError("every matched respondent has the same score")
    z = (own - own.mean()) / own.std()
    search = LatentSearch(behaviour.fit.model, cases(joined, z, np.zeros(len(z)), others=others))
    return _fitted(search, behaviour, joined.matched)


def cases(
    joined: Joined, mean: np.ndarray, variance: np.ndarray, *, weights: np.ndarray | None = None,
    others: bool = False,
) -> Cases:  # fmt: skip
    """Matched customers one by one with what their answers say; the others by distinct history."""
    if joined.matched < FEWEST:
        raise ModelError(
            f"{joined.matched} customers have answers and purchases; the joint model wants {FEWEST}",
            hint="check that survey.customer and ledger.columns.customer hold the same key",
        )
    T, t_x, x = (joined.rfm[name].to_numpy(dtype=float) for name in ("T", "t_x", "x"))
    if not (x[joined.at] > 0).any():
        raise ModelError("none of the matched customers bought again, so their rates cannot be told")
    table = np.column_stack([T, t_x, x])
    rest = np.flatnonzero(~joined.is_matched) if others else np.empty(0, dtype=int)
    kinds, counts = np.empty((0, 3)), np.empty(0)
    if len(rest):
        kinds, counts, _ = collapse(table[rest], np.ones(len(rest)))
    whole = np.concatenate([table[joined.at], kinds])
    m, k = joined.matched, len(kinds)
    scale = float(T.mean())
    own = np.ones(m) if weights is None else weights * m / weights.sum()
    return Cases(
        whole[:, 2], whole[:, 1] / scale, whole[:, 0] / scale, np.append(own, counts),
        np.append(mean, np.zeros(k)), np.append(variance, np.ones(k)), scale,
    )  # fmt: skip


def _fitted(search: LatentSearch, behaviour: Behaviour, matched: int) -> JointFit:
    start = np.append(behaviour.fit.natural_draws.theta[:4], np.zeros(EFFECTS))
    none = _none(search, start)
    limits = box(search.model, EFFECTS)
    total = float(search.cases.w.sum())
    for nodes in NODES:
        search = replace(search, nodes=nodes)
        best = climb(search.value, start, *limits)
        held = _untold(best, total)
        if held:
            at = best.theta.copy()
            at[4:] = np.where(np.isin(np.arange(4, 6), held), 0.0, at[4:])
            low, high = (np.where(np.isin(np.arange(len(at)), held), at, limit) for limit in limits)
            best = climb(search.value, at, low, high)
        finer = replace(search, nodes=2 * nodes + 1).value(best.theta)[0]
        off = abs(finer - best.value) * total
        start = best.theta
        if off <= EXACT:
            break
    vcov = _inverse(best) / total
    checks = _checks(search, best, vcov, off)
    nothing = np.zeros_like(vcov)
    return JointFit(
        search, best.theta, vcov, nothing, -best.value * total, -none * total, matched, checks, held
    )  # fmt: skip


def _untold(best: Optimum, total: float) -> tuple[int, ...]:
    """Places of theta whose standard error is beyond LOOSE: on scales of logarithms and logits, nothing is known of them."""
    free = np.flatnonzero(best.free)
    H = best.hessian[np.ix_(free, free)]
    values, vectors = np.linalg.eigh((H + H.T) / 2)
    variance = (vectors**2 / np.maximum(values, 1e-12)).sum(axis=1) / total
    return tuple(int(k) for k in free[variance > LOOSE**2])


def _none(search: LatentSearch, start: np.ndarray) -> float:
    """Mean negative log-likelihood of the best fit without the two effects."""
    low, high = box(search.model, 0)
    plain = replace(search, nodes=1)  # without effects z does not matter

    def value(theta: np.ndarray) -> tuple[float, np.ndarray]:
        found, gradient = plain.value(np.append(theta, np.zeros(EFFECTS)))
        return found, gradient[:4]

    return climb(value, start[:4], low, high).value


def _inverse(best: Optimum) -> np.ndarray:
    """Inverse Hessian over the free parameters; NaN for those at a bound, and everywhere if it is not curved."""
    found = np.full_like(best.hessian, np.nan)
    free = np.ix_(best.free, best.free)
    H = best.hessian[free]
    if len(H) and np.linalg.eigvalsh(H)[0] > 1e-10 * np.abs(H).max():
        found[free] = np.linalg.inv(H)
    return found


def _checks(search: LatentSearch, best: Optimum, vcov: np.ndarray, off: float) -> tuple[Check, ...]:
    names, theta = search.model.names, best.theta
    limits = {names[0]: (theta[0], SHAPE), names[2]: (theta[2], MEAN), names[3]: (theta[3], SHAPE)}
    inside = "inside: parameters at the boundary cannot be told from their limit"
    beyond = [
        Check(f"check.boundary:{name}", False, value, inside)
        for name, (value, limit) in limits.items()
        if abs(value) > limit
    ]
    known = np.isfinite(np.diag(vcov))
    return (
        Check("check.converged", best.converged, best.steep, f"slope of the mean log-likelihood < {STEEP:g}"),
        *(beyond or [Check("check.boundary", True, float(np.abs(theta[[0, 3]]).max()), inside)]),
        Check(
            "check.std_errors", bool(known.all()), float(known.sum()), "every parameter has a standard error"
        ),
        Check("check.quadrature", off <= EXACT, off, f"more nodes change the log-likelihood by <= {EXACT:g}"),
    )
