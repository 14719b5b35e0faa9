"""How customers respond: conjugate models of rates and of money, cell by cell, with memory and with forgetting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, digamma, expit, gammaln, ndtr, stdtr, stdtrit
from scipy.stats import betabinom

VAGUE = 0.5  # both shapes of the prior that a forgotten one fades to (Jeffreys)
EXACT = 2000  # contacts of a cell up to which its surprise is summed exactly
STRENGTH = (1.0, 50.0)  # contacts that a prior learned from the past may be worth in one cell


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Beta posteriors of the response rates of m cells.

    Attributes
    ----------
    base_a, base_b : (m,) shapes of the prior before any contact
    hits, misses : (m,) contacts that were answered and that were not, as far as they are remembered
    """

    base_a: np.ndarray
    base_b: np.ndarray
    hits: np.ndarray
    misses: np.ndarray

    @classmethod
    def prior(cls, a: np.ndarray, b: np.ndarray) -> Rates:
        """Before any contact."""
        a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
        return cls(a, b, np.zeros(len(a)), np.zeros(len(b)))

    @property
    def a(self) -> np.ndarray:
        """(m,) first shape."""
        return self.base_a + self.hits

    @property
    def b(self) -> np.ndarray:
        """(m,) second shape."""
        return self.base_b + self.misses

    @property
    def mean(self) -> np.ndarray:
        """(m,) expected rate."""
        return self.a / (self.a + self.b)

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(m,) lower and (m,) upper end of the equal-tailed interval."""
        tail = (1 - level) / 2
        return betaincinv(self.a, self.b, tail), betaincinv(self.a, self.b, 1 - tail)

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, m) rates drawn from the posterior."""
        return rng.beta(self.a, self.b, (count, len(self.a)))

    def updated(self, x: np.ndarray, n: np.ndarray) -> Rates:
        """After n (m,) contacts of which x (m,) were answered: Beta(a + x, b + n - x)."""
        return replace(self, hits=self.hits + x, misses=self.misses + (n - x))

    def faded(self, keep: np.ndarray | float) -> Rates:
        """The past weighted by keep (m,) of 0 to 1: a power prior; what was known before contacts fades to Beta(.5, .5).

        Source
        ------
        Ibrahim, J. G. & Chen, M.-H. (2000). Statistical Science 15, 46-60 (power prior).
        """
        keep = np.broadcast_to(np.asarray(keep, dtype=float), self.hits.shape)
        if (keep == 1).all():
            return self
        old = keep < 1  # what is kept whole stays as it is, to the last bit
        return Rates(
            np.where(old, keep * self.base_a + (1 - keep) * VAGUE, self.base_a),
            np.where(old, keep * self.base_b + (1 - keep) * VAGUE, self.base_b),
            np.where(old, keep * self.hits, self.hits),
            np.where(old, keep * self.misses, self.misses),
        )


def surprise(prior: Rates, x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """(m,) two-sided mid-p of x answers to n contacts under the beta-binomial prediction; 1 where n is 0.

    Beyond 2,000 contacts of a cell by the normal law.

    Source
    ------
    Box, G. E. P. (1980). Journal of the Royal Statistical Society A 143, 383-430 (prior predictive check).
    """
    m, s = prior.mean, prior.a + prior.b
    V = n * m * (1 - m) * (s + n) / (s + 1)
    p = np.where(V > 0, 2 * ndtr(-np.abs(x - n * m) / np.sqrt(np.where(V > 0, V, 1.0))), 1.0)
    on = (n > 0) & (n <= EXACT)
    law = betabinom(n[on], prior.a[on], prior.b[on])
    lower = law.cdf(x[on] - 1) + 0.5 * law.pmf(x[on])
    p[on] = np.clip(2 * np.minimum(lower, 1 - lower), 0.0, 1.0)
    return p


def pooled_surprise(prior: Rates, x: np.ndarray, n: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(groups,) two-sided p that the cells of a group moved together, by the standardised sum of their residuals.

    What the cells have in common is itself known only as well as the contacts behind it tell: those remembered, and
    those that the prior counts for. So nothing moves where nothing was known.
    """
    m, s = prior.mean, prior.a + prior.b
    groups = int(group.max(initial=-1)) + 1

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=values, minlength=groups)

    N = summed(n)
    common = summed(n * m) / np.where(N > 0, N, 1.0)
    behind = summed(np.maximum(s - 2 * VAGUE, 0.0)) + 2
    V = summed(n * m * (1 - m) * (s + n) / (s + 1)) + N**2 * common * (1 - common) / behind
    z = summed(x - n * m) / np.sqrt(np.where(V > 0, V, 1.0))
    return np.where(V > 0, 2 * ndtr(-np.abs(z)), 1.0)


def moved(prior: Rates, x: np.ndarray, n: np.ndarray, group: np.ndarray, alpha: float) -> np.ndarray:
    """(m,) True for cells whose rate is no longer what the past said.

    One test a cell with contacts and one a group, judged together by Holm's rule, so that in a cycle in which nothing
    moved the chance of any alarm is about `alpha`. A group that moved takes all its cells along.

    Source
    ------
    Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70.
    """
    p = np.concatenate([surprise(prior, x, n), pooled_surprise(prior, x, n, group)])
    asked = np.concatenate([n > 0, np.bincount(group, weights=n, minlength=len(p) - len(n)) > 0])
    hit = np.zeros(len(p), dtype=bool)
    order = np.flatnonzero(asked)[np.argsort(p[asked], kind="stable")]
    passed = p[order] <= alpha / (len(order) - np.arange(len(order)))
    hit[order[: int(np.argmin(passed)) if not passed.all() else len(passed)]] = True
    return hit[: len(n)] | hit[len(n) :][group]


def learned_prior(x: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """Shapes (a, b) of the beta law that cells' rates come from, learned from x answers to n contacts of many cells.

    Posterior mode in the logit of the mean and the log of the strength a + b under the hyperprior (a + b)^(-5/2), which
    keeps the strength finite where cells look alike; it is held within 1 and 50 contacts, so that a cell of its own
    kind is heard. Cells without contacts say nothing; with none at all the prior is Beta(.5, .5).

    Source
    ------
    Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd ed., section 5.3 (model and hyperprior). Chung, Y. et al. (2013).
    Psychometrika 78, 685-709 (why a mode needs one).
    """
    x, n = x[n > 0], n[n > 0]
    if not len(n):
        return VAGUE, VAGUE
    pooled = np.clip(x.sum() / n.sum(), 0.5 / n.sum(), 1 - 0.5 / n.sum())

    def loss(t: np.ndarray) -> tuple[float, np.ndarray]:
        m, s = expit(t[0]), np.exp(t[1])
        a, b = m * s, (1 - m) * s
        value = (betaln(a + x, b + n - x) - betaln(a, b)).sum() + np.log(a) + np.log(b) - 2.5 * np.log(s)
        da = (digamma(a + x) - digamma(a) - digamma(s + n) + digamma(s)).sum()
        db = (digamma(b + n - x) - digamma(b) - digamma(s + n) + digamma(s)).sum()
        return -value, -np.array([(da - db) * m * (1 - m) * s + 1 - 2 * m, (da * m + db * (1 - m)) * s - 0.5])

    ends = [(-12.0, 12.0), (np.log(STRENGTH[0]), np.log(STRENGTH[1]))]
    start = np.array([np.log(pooled / (1 - pooled)), np.log(20.0)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=ends)
    m, s = float(expit(found.x[0])), float(np.exp(found.x[1]))
    return m * s, (1 - m) * s


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """Normal-inverse-gamma posteriors of the mean money of m cells: mean mu, strength k, shape and scale of the variance.

    Source
    ------
    Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd ed., section 3.3.
    """

    mu: np.ndarray
    k: np.ndarray
    shape: np.ndarray
    scale: np.ndarray

    def updated(self, n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> Amounts:
        """After n (m,) amounts with sum `total` and sum of squares `squares`."""
        k = self.k + n
        mu = (self.k * self.mu + total) / k
        scale = self.scale + 0.5 * (squares + self.k * self.mu**2 - k * mu**2)
        return Amounts(mu, k, self.shape + n / 2, np.maximum(scale, 1e-300))

    def faded(self, keep: np.ndarray | float) -> Amounts:
        """The past weighted by keep: its mean stays, its strength goes."""
        keep = np.broadcast_to(np.asarray(keep, dtype=float), self.mu.shape)
        return Amounts(self.mu, keep * self.k, keep * self.shape, keep * self.scale)

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(m,) ends of the interval of the mean: a t law with 2 shape degrees of freedom."""
        reach = stdtrit(2 * self.shape, (1 + level) / 2) * np.sqrt(self.scale / (self.shape * self.k))
        return self.mu - reach, self.mu + reach

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """(count, m) means drawn from the posterior."""
        size = (count, len(self.mu))
        variance = self.scale / rng.gamma(self.shape, 1.0, size)
        return self.mu + rng.normal(size=size) * np.sqrt(variance / self.k)

    def chance_above(self, value: np.ndarray | float) -> np.ndarray:
        """(m,) probability that the mean is above `value`."""
        return 1 - stdtr(2 * self.shape, (value - self.mu) / np.sqrt(self.scale / (self.shape * self.k)))

    def evidence(self, n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
        """(m,) log of the marginal likelihood of new amounts."""
        after = self.updated(n, total, squares)
        return (
            gammaln(after.shape) - gammaln(self.shape) + self.shape * np.log(self.scale)
            - after.shape * np.log(after.scale) + 0.5 * np.log(self.k / after.k) - 0.5 * n * np.log(2 * np.pi)
        )  # fmt: skip
