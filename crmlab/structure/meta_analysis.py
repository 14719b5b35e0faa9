"""Effects of several studies put together by a random-effects model: arrays in, frozen numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, stdtr, stdtrit

from crmlab.errors import ModelError

GRID = 400  # places at which the restricted likelihood is looked at before its best stretch is refined


@dataclass(frozen=True, slots=True)
class Pooled:
    """A random-effects meta-analysis on the scale of its effects.

    Attributes
    ----------
    mu, se : mean of the distribution of effects, and its standard error (Hartung-Knapp-Sidik-Jonkman, never below
        the plain one)
    plain_se : 1 / sqrt(sum of weights)
    tau2 : variance between studies (restricted maximum likelihood)
    low, high, p : interval and test of mu, t with k - 1 degrees of freedom
    new_low, new_high : prediction interval of the effect in a new study
    q, q_p : Cochran's test of homogeneity
    i2 : share of the variance of observed effects that lies between studies
    k : studies
    """

    mu: float
    se: float
    plain_se: float
    tau2: float
    low: float
    high: float
    p: float
    new_low: float
    new_high: float
    q: float
    q_p: float
    i2: float
    k: int

    @property
    def spread(self) -> float:
        """Standard deviation of where a new study's effect lies: between studies, and of the mean itself."""
        return math.sqrt(self.tau2 + self.se**2)


def pool(y: np.ndarray, v: np.ndarray, level: float = 0.95) -> Pooled:
    """Put effects together.

    Parameters
    ----------
    y : (k,) effects, such as Fisher's z of correlations
    v : (k,) their sampling variances, above zero
    level : of both intervals

    Raises
    ------
    ModelError
        Fewer than two effects, or a variance that is not above zero.

    Notes
    -----
    mu = sum(w y) / sum(w), w = 1 / (v + tau2); tau2 maximises the restricted likelihood. The variance of mu is
    max(1, sum(w (y - mu)^2) / (k - 1)) / sum(w); the maximum keeps few studies that happen to agree from claiming
    more than a fixed-effect analysis would. Prediction: mu -+ t(k - 1) sqrt(tau2 + var(mu)).

    Source
    ------
    IntHout et al. 2016, BMJ Open 6, e010247; Röver, Knapp & Friede 2015, BMC Medical Research Methodology 15, 99;
    Viechtbauer, W. (2005). Journal of Educational and Behavioral Statistics 30, 261-293 (REML).
    """
    y, v = np.asarray(y, dtype=float), np.asarray(v, dtype=float)
    k = len(y)
    if k < 2:
        raise ModelError(f"{k} effects cannot be put together", hint="two at least")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ModelError("effects and their variances must be numbers, the variances above zero")
    tau2 = between(y, v)
    w = 1 / (v + tau2)
    mu = float(w @ y / w.sum())
    plain = 1 / w.sum()
    scatter = float(w @ (y - mu) ** 2) / (k - 1)
    se = math.sqrt(plain * max(1.0, scatter))
    t = float(stdtrit(k - 1, 0.5 + level / 2))
    reach = t * math.sqrt(tau2 + se**2)
    fixed = 1 / v
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    typical = (k - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    return Pooled(
        mu=mu,
        se=se,
        plain_se=math.sqrt(plain),
        tau2=tau2,
        low=mu - t * se,
        high=mu + t * se,
        p=float(2 * stdtr(k - 1, -abs(mu) / se)),
        new_low=mu - reach,
        new_high=mu + reach,
        q=q,
        q_p=float(chdtrc(k - 1, q)),
        i2=tau2 / (tau2 + float(typical)),
        k=k,
    )


def between(y: np.ndarray, v: np.ndarray) -> float:
    """The variance between studies that maximises the restricted likelihood; zero where it falls from the start.

    The likelihood may have two tops, so it is looked at on a grid before the best stretch is refined by its slope.
    """
    spread = float(np.var(y, ddof=1))
    if spread == 0:
        return 0.0
    grid = np.linspace(0.0, 2 * spread + 1e-12, GRID)
    best = int(np.argmax([_likelihood(tau2, y, v) for tau2 in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    if _slope(low, y, v) <= 0:
        return 0.0 if best == 0 else float(low)
    if _slope(high, y, v) >= 0:
        return float(high)
    return float(brentq(_slope, low, high, args=(y, v), xtol=1e-15, rtol=1e-14))


def _likelihood(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / (v + tau2)
    mu = w @ y / w.sum()
    return float(0.5 * (np.log(w).sum() - math.log(w.sum()) - w @ (y - mu) ** 2))


def _slope(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    """Derivative of the restricted log-likelihood."""
    w = 1 / (v + tau2)
    mu = w @ y / w.sum()
    return float(0.5 * ((w**2) @ (y - mu) ** 2 - w.sum() + (w**2).sum() / w.sum()))


@dataclass(frozen=True, slots=True)
class Shrunken:
    """An estimate after the prior is taken into account.

    Attributes
    ----------
    mean, sd : of the posterior
    weight : share of the study's own data in it
    """

    mean: float
    sd: float
    weight: float


def shrink(y: float, se: float, prior: Pooled) -> Shrunken:
    """A normal estimate with a normal prior: what a new study is expected to find before its data.

    Parameters
    ----------
    y, se : own estimate and its standard error, on the prior's scale
    prior : of other studies; N(mu, tau2 + se(mu)^2)

    Notes
    -----
    weight = spread^2 / (spread^2 + se^2): a large study keeps its estimate, a small one is drawn to the prior.
    """
    weight = prior.spread**2 / (prior.spread**2 + se**2)
    mean = weight * y + (1 - weight) * prior.mu
    return Shrunken(mean, math.sqrt(weight) * se, weight)


def difference(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float, float]:
    """a - b of two independent estimates, with the interval that follows from their own (Zou 2007, equation 15).

    Parameters
    ----------
    a, b : estimate and limits

    Returns
    -------
    tuple
        Difference, lower limit, upper limit: d - sqrt((a - a_low)^2 + (b_high - b)^2), and so up.
    """
    (x, x_low, x_high), (y, y_low, y_high) = a, b
    d = x - y
    return d, d - math.hypot(x - x_low, y_high - y), d + math.hypot(x_high - x, y - y_low)
