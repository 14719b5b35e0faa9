"""Gamma-Gamma: what is a purchase of this customer worth, given few observed ones?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from crmlab.clv.buyers import admit_weights, covariates
from crmlab.clv.fit import covariances
from crmlab.clv.fitted import Draws, like
from crmlab.clv.optimum import STEEP, Optimum, climb
from crmlab.clv.tell import rows_of, std_errors
from crmlab.clv.words import bad_rows, column, labels_of, positive, shortly
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

LOW, HIGH = np.array([-9.0, -9.0, -12.0]), np.array([12.0, 12.0, 12.0])
SHAPE = 7.0  # log of a shape beyond which it is called degenerate
NAMES = ("p", "q", "v")
CORRELATED = 0.10


@dataclass(frozen=True, slots=True, eq=False)
class Spenders:
    """Customers with a repeat purchase: x (m,), z mean spend in units of `scale`, Z centred covariates per SD."""

    x: np.ndarray
    z: np.ndarray
    w: np.ndarray
    Z: np.ndarray
    centre: np.ndarray
    sd: np.ndarray
    scale: float

    def weighted(self, w: np.ndarray) -> Spenders:
        """The same customers under other weights; those of weight 0 are left out."""
        s = w > 0
        return replace(self, x=self.x[s], z=self.z[s], w=w[s], Z=self.Z[s])

    def natural(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(p, q, v, coefficients) and Jacobian; theta = log p, log q, log(p v/q), coefficients per SD."""
        k = len(theta) - 3
        J = np.eye(3 + k)
        J[2, :3] = [-1.0, 1.0, 1.0]
        J[2, 3:] = -self.centre / self.sd
        J[3:, 3:] = np.diag(1 / self.sd)
        found = J @ theta
        found[2] += np.log(self.scale)
        found[:3] = np.exp(found[:3])
        J[:3] *= found[:3, None]
        return found, J

    def scores(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood (m,) of spend in units of `scale` and its slopes by theta (k, m); eq. (1a) of the note.

        G(px+q)/(G(px) G(q)) v^q x^(px) z^(px-1) / (v + x z)^(px+q); a covariate makes v v exp(g'z).
        """
        p, q = np.exp(theta[:2])
        log_v = theta[2] + theta[1] - theta[0] + self.Z @ theta[3:]
        v, sum_z = np.exp(log_v), self.x * self.z
        px = p * self.x
        log_all, log_sum = np.log(v + sum_z), np.log(sum_z)
        loglik = gammaln(px + q) - gammaln(px) - gammaln(q) + q * log_v + px * log_sum
        loglik -= np.log(self.z) + (px + q) * log_all
        by_p = px * (digamma(px + q) - digamma(px) + log_sum - log_all)
        by_q = q * (digamma(px + q) - digamma(q) + log_v - log_all)
        by_v = q - (px + q) * v / (v + sum_z)
        return loglik, np.array([by_p - by_v, by_q + by_v, by_v, *(self.Z.T * by_v)])

    def value(self, theta: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
        """Mean negative log-likelihood plus ridge, and gradient."""
        loglik, slopes = self.scores(theta)
        w = self.w / self.w.sum()
        coefficients = theta[3:] / self.sd
        gradient = -(slopes @ w)
        gradient[3:] += 2 * penalty * coefficients / self.sd
        return float(-(loglik @ w) + penalty * coefficients @ coefficients), gradient


@dataclass(frozen=True, eq=False)
class SpendFit:
    """A fitted Gamma-Gamma model.

    Attributes
    ----------
    params : p, q, v (money), then spend.<covariate>
    vcov, vcov_robust : their covariance, from the Hessian and as a sandwich
    loglik, n : maximum; customers with a repeat purchase
    converged, checks, source : as for BtydFit
    spenders, penalty : what it was fitted to, and how
    """

    params: dict[str, float]
    vcov: pd.DataFrame
    vcov_robust: pd.DataFrame
    loglik: float
    n: float
    converged: bool
    checks: tuple[Check, ...]
    source: dict[str, str]
    covariate_names: tuple[str, ...]
    natural_draws: Draws
    spenders: Spenders
    penalty: float = 0.0

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()

    def __repr__(self) -> str:
        return shortly("gamma_gamma", self.params, self.loglik, self.checks)

    @property
    def std_errors(self) -> dict[str, float]:
        """Standard errors from the Hessian."""
        return std_errors(self.vcov)

    @property
    def aic(self) -> float:
        """2k - 2 loglik."""
        return 2 * len(self.params) - 2 * self.loglik

    @property
    def bic(self) -> float:
        """k log n - 2 loglik."""
        return float(len(self.params) * np.log(self.n) - 2 * self.loglik)

    def mean(self, *, covariates: object = None) -> np.ndarray:
        """Mean spend per purchase in the population, p v/(q - 1); ModelError where q <= 1: it has none."""
        n = 1 if covariates is None else len(labels_of(covariates))
        return self.expected(np.zeros(n), np.zeros(n), covariates=covariates)

    def expected(self, x: object, mean_spend: object, *, covariates: object = None) -> np.ndarray:
        """Expected mean spend given x repeat purchases worth `mean_spend` on average; x = 0 has no history.

        Notes
        -----
        p (v + x z)/(p x + q - 1): eq. (5) of the note.
        """
        labels = labels_of(x)
        x, z = column(x, "x", labels), column(mean_spend, "mean_spend", labels)
        if len(x) != len(z):
            raise ModelError(f"x and mean_spend have {len(x)} and {len(z)} values")
        bad_rows(x < 0, labels, "x", x, "is negative")
        bad_rows((x > 0) & (z <= 0), labels, "mean_spend", z, "is not positive")
        Z = self.covariate_rows(x, covariates)
        vector = np.array(list(self.params.values()))
        p, q, v = vector[:3]
        if q <= 1 and (p * x + q <= 1).any():
            raise ModelError(
                f"q is {q:.3f}, so mean spend of the population is infinite", hint="winsorise spend"
            )
        own = v * np.exp(Z @ vector[3:])
        return p * (own + x * np.where(x > 0, z, 0)) / (p * x + q - 1)

    def covariate_rows(self, x: object, covariates: object) -> np.ndarray:
        """(n, k) covariates of spend of the customers with x repeat purchases, in the fit's order."""
        return like(covariates, self.covariate_names, labels_of(x), "spend")

    def draws(self, n: int = 500, seed: int = 0) -> np.ndarray:
        """(n, k) natural parameters from the normal approximation on the search's scale."""
        return self.natural_draws.draw(n, seed)

    def at(self, natural: np.ndarray) -> SpendFit:
        """The model under other parameters."""
        return replace(self, params=dict(zip(self.params, np.asarray(natural, float).tolist(), strict=True)))

    def result(self, level: float = 0.95, errors: str = "hessian") -> Result:
        """Parameters with intervals (on the log scale for p, q, v) and fit, as a Result."""
        rows = rows_of(self.params, self.vcov, self.vcov_robust, errors, level)
        glance = {"n": self.n, "loglik": self.loglik, "aic": self.aic, "bic": self.bic, "level": level}
        return Result("model.gamma_gamma", tidy_frame(rows), glance, self.checks, self.source)


def gamma_gamma(
    x: object, mean_spend: object, *, weights: object = None, covariates: object = None, penalty: float = 0.0
) -> SpendFit:
    """Fit Gamma-Gamma to customers with at least one repeat purchase.

    Parameters
    ----------
    x : (n,) repeat purchases that `mean_spend` averages over; customers with x = 0 are left out
    mean_spend : (n,) mean money of a purchase, one currency, above 0 where x > 0
    weights : (n,) how many customers a row stands for
    covariates : (n, k) static covariates; v exp(g'z), so a coefficient is a log-ratio of mean spend
    penalty : ridge on covariate coefficients

    Returns
    -------
    SpendFit
        Checks: convergence, q > 1 (else no mean), spend and frequency uncorrelated (|r| <= 0.10), on which
        the multiplication of purchases by spend rests.

    Source
    ------
    Colombo, R. & Jiang, W. (1999). J. Interactive Marketing 13(3), 2-12; Fader, P. S. & Hardie, B. G. S. (2013),
    The Gamma-Gamma model of monetary value, note 025, brucehardie.com.
    """
    s, names = admit_spend(x, mean_spend, weights, covariates)
    penalty = positive(penalty, "penalty", zero=True)
    if penalty and not names:
        raise ModelError("a penalty shrinks covariate coefficients, and there are none")
    k = len(names)
    if s.w.sum() <= 3 + k:
        raise ModelError(f"{s.w.sum():g} customers with a repeat purchase cannot carry {3 + k} parameters")
    low, high = np.concatenate([LOW, np.full(k, -20.0)]), np.concatenate([HIGH, np.full(k, 20.0)])
    best = climb(lambda theta: s.value(theta, penalty), np.array([1.0, 1.0, 0.0, *np.zeros(k)]), low, high)
    return _fitted(s, best, names, penalty)


def admit_spend(
    x: object, mean_spend: object, weights: object, given: object
) -> tuple[Spenders, tuple[str, ...]]:
    """Customers with a repeat purchase, checked and scaled, and the names of their covariates."""
    labels = labels_of(x)
    x = column(x, "x", labels)
    w = admit_weights(weights, len(x), labels)
    bad_rows((x < 0) | (x != np.round(x)), labels, "x", x, "is not a whole number of repeat purchases")
    kept = (x > 0) & (w > 0)
    z = _spend(mean_spend, kept, labels)
    if not kept.any():
        raise ModelError("no customer bought again (all x = 0), so there is no repeat spend to learn from")
    bad_rows(kept & ~(z > 0), labels, "mean_spend", z, "is not positive", "net returns, drop zero baskets")
    if np.ptp(z[kept]) == 0:
        raise ModelError("mean_spend is the same for every customer, so spend has no distribution to fit")
    Z, names = covariates(given, len(x), labels, "spend", w * kept)
    Z, w = Z[kept], w[kept]
    centre = np.average(Z, axis=0, weights=w) if names else np.empty(0)
    sd = np.sqrt(np.average((Z - centre) ** 2, axis=0, weights=w)) if names else np.empty(0)
    scale = float(np.exp(np.average(np.log(z[kept]), weights=w)))
    return Spenders(x[kept], z[kept] / scale, w, (Z - centre) / sd, centre, sd, scale), names


def _spend(mean_spend: object, kept: np.ndarray, labels: pd.Index) -> np.ndarray:
    """mean_spend as floats; it may be missing only where there is no repeat purchase."""
    if isinstance(mean_spend, pd.Series):
        values = mean_spend.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = np.atleast_1d(np.asarray(mean_spend, dtype=float))
    if values.shape != kept.shape:
        raise ModelError(f"x and mean_spend have {len(kept)} and {len(values)} values")
    return column(np.where(kept, values, 0.0), "mean_spend", labels)


def _fitted(s: Spenders, best: Optimum, names: tuple[str, ...], penalty: float) -> SpendFit:
    natural, J = s.natural(best.theta)
    loglik, scores = s.scores(best.theta)
    all_names = [*NAMES, *(f"spend.{name}" for name in names)]
    vcov, robust, root = covariances(best, J, scores, s.w, all_names)
    total = float(s.w.sum())
    r = correlation(s.x, s.z, s.w)
    beyond = [name for name, value in zip("pq", best.theta[:2], strict=True) if abs(value) > SHAPE]
    rule = "inside: parameters at the boundary cannot be told from their limit"
    checks = [
        Check("check.converged", best.converged, best.steep, f"slope of the mean log-likelihood < {STEEP:g}"),
        *(Check(f"check.boundary:{name}", False, natural[NAMES.index(name)], rule) for name in beyond),
        Check("check.mean_spend_finite", natural[1] > 1, natural[1], "q > 1, or mean spend is infinite"),
        Check("check.spend_frequency", abs(r) <= CORRELATED, r,
              f"|correlation of spend and frequency| <= {CORRELATED:.2f} (Fader & Hardie 2013 assume none)"),
    ]  # fmt: skip
    return SpendFit(
        params=dict(zip(all_names, natural.tolist(), strict=True)),
        vcov=vcov, vcov_robust=robust,
        loglik=float(loglik @ s.w - total * np.log(s.scale)),
        n=total, converged=best.converged, checks=tuple(checks),
        source=source_of(pd.DataFrame(np.column_stack([s.x, s.z, s.w, s.Z]))),
        covariate_names=names, natural_draws=Draws(best.theta, root, s.natural), spenders=s, penalty=penalty,
    )  # fmt: skip


def correlation(x: np.ndarray, z: np.ndarray, w: np.ndarray) -> float:
    """Weighted Pearson correlation; 0 where x does not vary."""
    c = np.cov(x, z, aweights=w, ddof=0)
    return float(c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])) if c[0, 0] > 0 else 0.0
