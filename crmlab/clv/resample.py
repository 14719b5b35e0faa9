"""Bootstrap of purchase and spend models: customers drawn with replacement, as weights of their histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd

from crmlab.clv.bgbb import BgbbFit
from crmlab.clv.fitted import BtydFit
from crmlab.clv.optimum import Objective, chord, climb, curvature
from crmlab.clv.search import Search, box
from crmlab.clv.spend import HIGH, LOW, SpendFit
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

CELLS = 20_000_000  # weights held at a time
FEWEST = 20
STEP = 1e-4
MOST_FAILED = 0.01


class Problem(Protocol):
    """What is maximised, under any weights of its histories."""

    @property
    def w(self) -> np.ndarray: ...
    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]: ...
    def under(self, w: np.ndarray) -> Objective: ...
    def scores(self, theta: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates under resampled customers.

    Attributes
    ----------
    sample : (draws - failed, k) natural parameters, one row per resample that converged
    failed : resamples without a maximum (nobody bought again, or a parameter ran to a limit)
    fit : the fit whose vcov and draws are the bootstrap's; intervals of value then rest on it
    """

    sample: pd.DataFrame
    failed: int
    fit: BtydFit | BgbbFit | SpendFit
    seed: int

    def __repr__(self) -> str:
        return f"<Bootstrap: {len(self.sample)} resamples, {self.failed} failed>"

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance of the resampled parameters."""
        return self.sample.cov()

    @property
    def std_errors(self) -> dict[str, float]:
        """Standard deviations of the resampled parameters."""
        return {str(key): float(value) for key, value in self.sample.std(ddof=1).items()}

    @property
    def check(self) -> Check:
        """Whether few enough resamples failed."""
        share = self.failed / (self.failed + len(self.sample))
        rule = f"<= {MOST_FAILED} of the resamples stay without a solution"
        return Check("check.bootstrap_failed", share <= MOST_FAILED, share, rule)

    def result(self, level: float = 0.95) -> Result:
        """Parameters with percentile intervals, as a Result."""
        ends = self.sample.quantile([(1 - level) / 2, (1 + level) / 2])
        rows = [
            {"term": f"param:{name}", "estimate": value, "std_error": self.std_errors[name],
             "ci_low": ends[name].iloc[0], "ci_high": ends[name].iloc[1]}
            for name, value in self.fit.params.items()
        ]  # fmt: skip
        key = self.fit.model.key if isinstance(self.fit, BtydFit | BgbbFit) else "model.gamma_gamma"
        glance = {
            "n": self.fit.n,
            "draws": float(len(self.sample) + self.failed),
            "failed": float(self.failed),
        }
        source = self.fit.source | {"seed": str(self.seed)}
        return Result(key, tidy_frame(rows), glance | {"level": level}, self.fit.checks, source)

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()


def bootstrap(fit: BtydFit | BgbbFit | SpendFit, draws: int = 300, seed: int = 0) -> Bootstrap:
    """Refit a model to customers drawn with replacement.

    Parameters
    ----------
    fit : of `bgnbd`, `mbgnbd`, `cnbd`, `pareto_nbd`, `bgbb` or `gamma_gamma`, with or without covariates
    draws : resamples, from 20
    seed : of the resampling

    Returns
    -------
    Bootstrap
        Failed resamples are counted, never replaced.

    Notes
    -----
    A resample is a multinomial count of the n customers over the distinct histories. Each starts from the
    estimate with a Newton step of its own curvature, all steps of a block from one matrix product.

    Source
    ------
    Efron, B. & Tibshirani, R. (1993). An Introduction to the Bootstrap. Chapman & Hall, ch. 6.
    """
    if draws != int(draws) or draws < FEWEST:
        raise ModelError(f"{draws} draws cannot carry a standard error; want {FEWEST} or more")
    problem, way = _problem(fit), fit.natural_draws
    solved = [theta for theta in _solutions(problem, way.theta, int(draws), seed) if theta is not None]
    failed = int(draws) - len(solved)
    if len(solved) < FEWEST:
        raise ModelError(
            f"{failed} of {draws} resamples have no maximum", hint="a boundary fit calls for a simpler model"
        )
    sample = pd.DataFrame(way.at(np.array(solved)), columns=list(fit.params))
    known = replace(way, sample=sample.to_numpy())
    boot = Bootstrap(sample, failed, fit, seed)
    own = replace(fit, vcov=boot.vcov, natural_draws=known, checks=(*fit.checks, boot.check))
    return replace(boot, fit=own)


@dataclass(frozen=True, eq=False)
class _Purchases:
    search: Search

    @property
    def w(self) -> np.ndarray:
        return self.search.d.w

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return box(self.search.model, self.search.kp + self.search.kd)

    def under(self, w: np.ndarray) -> Objective:
        return replace(self.search, d=self.search.d.weighted(w)).value

    def scores(self, theta: np.ndarray) -> np.ndarray:
        return self.search.scores(theta)


@dataclass(frozen=True, eq=False)
class _Spend:
    fit: SpendFit

    @property
    def w(self) -> np.ndarray:
        return self.fit.spenders.w

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        k = len(self.fit.covariate_names)
        return np.append(LOW, np.full(k, -20.0)), np.append(HIGH, np.full(k, 20.0))

    def under(self, w: np.ndarray) -> Objective:
        kept = self.fit.spenders.weighted(w)
        return lambda theta: kept.value(theta, self.fit.penalty)

    def scores(self, theta: np.ndarray) -> np.ndarray:
        return self.fit.spenders.scores(theta)[1]


def _problem(fit: BtydFit | BgbbFit | SpendFit) -> Problem:
    if isinstance(fit, SpendFit):
        return _Spend(fit)
    if not isinstance(fit, BtydFit | BgbbFit):
        raise ModelError(f"a bootstrap of {type(fit).__name__} is not offered", hint="use its vcov_robust")
    if fit.natural_draws.natural is None:
        raise ModelError("parameters were given, not estimated, so there is nothing to resample")
    base = Search(fit.model, fit.buyers, fit.penalty)
    return _Purchases(base)


def _solutions(
    problem: Problem, theta: np.ndarray, draws: int, seed: int
) -> Iterator[np.ndarray | None]:  # fmt: skip
    """The maximum of each resample, None where there is none."""
    rng = np.random.default_rng(seed)
    w = problem.w
    n = max(1, round(float(w.sum())))
    low, high = problem.bounds
    S, H = _parts(problem, theta)
    ridge = curvature(problem.under(w), theta) - np.tensordot(w, H, 1) / w.sum()
    free = (theta > low + 1e-6) & (theta < high - 1e-6)
    left = draws
    while left:
        block = min(left, max(1, CELLS // len(w)))
        W = rng.multinomial(n, w / w.sum(), size=block).astype(float)
        gradients, curves = -(W @ S.T) / n, np.tensordot(W, H, 1) / n + ridge
        for weights, gradient, curve in zip(W, gradients, curves, strict=True):
            yield _solved(problem.under(weights), theta, gradient, curve, free, (low, high))
        left -= block


def _parts(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (k, m) and curvatures (m, k, k) of each history, of the NEGATIVE log-likelihood."""
    steps = np.eye(len(theta)) * STEP
    H = np.array([(problem.scores(theta + h) - problem.scores(theta - h)) / (2 * STEP) for h in steps])
    return problem.scores(theta), -np.transpose(H, (2, 0, 1))


def _solved(
    f: Callable[[np.ndarray], tuple[float, np.ndarray]], theta: np.ndarray, gradient: np.ndarray,
    curve: np.ndarray, free: np.ndarray, bounds: tuple[np.ndarray, np.ndarray],
) -> np.ndarray | None:  # fmt: skip
    """From the estimate by Newton steps; by the full search where they do not help."""
    if free.all():
        found, near = chord(f, theta, *bounds, (curve + curve.T) / 2, gradient)
        if near:
            return found
    best = climb(f, theta, *bounds)
    inner = (best.theta > bounds[0] + 1e-6) & (best.theta < bounds[1] - 1e-6)
    return best.theta if best.converged and (inner == free).all() else None
