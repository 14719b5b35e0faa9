"""The bootstrap of a fit: resampled estimates, percentile, BC and BCa intervals, Bollen-Stine test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.result import Check
from crmlab.sem.inference import Inference
from crmlab.sem.objective import NormalML
from crmlab.sem.optimise import Optimum
from crmlab.sem.problem import Problem
from crmlab.sem.resample import bollen_stine_rows, fit_resamples, jackknife, parameters

FAILED_SHARE = 0.01
KINDS = ("ordinary", "bollen.stine")
INTERVALS = ("percentile", "bc", "bca")


@dataclass(frozen=True, eq=False)
class SemBootstrap:
    """Resampled parameters of a fit.

    Attributes
    ----------
    names : table lhs, op, rhs, group, label, est of all parameters, then the defined ones
    draws : (B, k) of the resamples; rows of NaN where a resample could not be fitted
    chisq : (B,) chi-square of the resamples
    observed : chi-square of the data
    failed, improper : resamples without a solution; with a negative variance (kept)
    kind, seed : how they were drawn
    """

    names: pd.DataFrame
    draws: np.ndarray
    chisq: np.ndarray
    observed: float
    failed: int
    improper: int
    kind: str
    seed: int
    problem: Problem
    optimum: Optimum

    @property
    def good(self) -> np.ndarray:
        """(B - failed, k) draws of the resamples that could be fitted."""
        return self.draws[~np.isnan(self.draws).any(axis=1)]

    @property
    def check(self) -> Check:
        """Whether enough resamples could be fitted."""
        rule = f"<= {FAILED_SHARE:.0%} of {len(self.draws)} resamples without a solution"
        return Check(
            "check.bootstrap_failed", self.failed <= FAILED_SHARE * len(self.draws), self.failed, rule
        )

    @property
    def p_value(self) -> float:
        """Bollen-Stine p: share of resamples, drawn where the model holds, with a larger chi-square.

        Source
        ------
        Bollen, K. A. & Stine, R. A. (1992). Sociological Methods & Research 21, 205-229.
        """
        if self.kind != "bollen.stine":
            raise ModelError(
                "the Bollen-Stine p needs its own resamples", hint="bootstrap(kind='bollen.stine')"
            )
        known = self.chisq[np.isfinite(self.chisq)]
        return float(np.mean(known >= self.observed))

    def intervals(self, kind: str = "percentile", level: float = 0.95) -> pd.DataFrame:
        """Estimate, standard error, interval and two-sided p of every parameter.

        Parameters
        ----------
        kind : "percentile", "bc" (bias-corrected) or "bca" (and accelerated, by the jackknife)

        Notes
        -----
        With z0 = Phi^-1(share of draws below the estimate, ties half) and a = sum d^3 / (6 (sum d^2)^1.5) of
        the jackknife, the ends are the quantiles Phi(z0 + (z0 + z)/(1 - a (z0 + z))). Failed resamples are
        left out and counted in `failed`.

        Source
        ------
        Efron, B. (1987). Better bootstrap confidence intervals. JASA 82, 171-185.
        """
        kind = kind.lower()
        if kind not in INTERVALS:
            raise ModelError(f"intervals '{kind}' are not known", hint=", ".join(INTERVALS))
        if self.kind != "ordinary":
            raise ModelError("Bollen-Stine resamples give no intervals", hint="bootstrap(kind='ordinary')")
        draws = self.good
        if len(draws) < 2:
            raise ModelError("fewer than two resamples could be fitted")
        table = self.names.copy()
        est = table["est"].to_numpy()
        moving = np.ptp(draws, axis=0) > 1e-10
        table["se"] = np.where(moving, draws.std(axis=0, ddof=1), 0.0)
        ends = self._ends(draws, est, moving, kind, level)
        table["ci_lower"], table["ci_upper"] = np.where(moving, ends, est)
        beyond = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
        table["p_value"] = np.where(moving, np.minimum(1.0, 2 * (beyond + 1) / (len(draws) + 1)), np.nan)
        return table

    def _ends(
        self, draws: np.ndarray, est: np.ndarray, moving: np.ndarray, kind: str, level: float
    ) -> np.ndarray:
        tails = np.array([(1 - level) / 2, (1 + level) / 2])
        if kind == "percentile":
            return np.quantile(draws, tails, axis=0)
        B = len(draws)
        below = ((draws < est).sum(axis=0) + 0.5 * (draws == est).sum(axis=0)) / B
        z0 = norm.ppf(np.clip(below, 0.5 / B, 1 - 0.5 / B))
        a = self._acceleration if kind == "bca" else np.zeros(len(est))
        z = z0 + norm.ppf(tails)[:, None]
        shares = norm.cdf(z0 + z / (1 - a * z))
        found = np.tile(est, (2, 1))
        for k in np.flatnonzero(moving):
            found[:, k] = np.quantile(draws[:, k], shares[:, k])
        return found

    @cached_property
    def _acceleration(self) -> np.ndarray:
        """(k,) from leaving out each row in turn."""
        left = jackknife(self.problem, self.optimum)
        left = left[~np.isnan(left).any(axis=1)]
        d = left.mean(axis=0) - left
        square = (d**2).sum(axis=0)
        return np.where(square > 0, (d**3).sum(axis=0) / (6 * np.where(square > 0, square, 1.0) ** 1.5), 0.0)


def bootstrap(
    problem: Problem,
    optimum: Optimum,
    inference: Inference,
    estimates: pd.DataFrame,
    n: int,
    seed: int,
    kind: str,
) -> SemBootstrap:
    """See `SemFit.bootstrap`."""
    if n < 2:
        raise ModelError(f"{n} resamples cannot give an interval", hint="1000")
    if kind not in KINDS:
        raise ModelError(f"bootstrap kind '{kind}' is not known", hint=", ".join(KINDS))
    if not optimum.converged or not np.isfinite(inference.V).all():
        raise ModelError("a fit that is not converged and identified cannot be bootstrapped")
    if kind == "bollen.stine" and not isinstance(problem.objective, NormalML):
        raise ModelError("the Bollen-Stine bootstrap needs complete data and maximum likelihood")
    rows = (
        bollen_stine_rows(problem, optimum) if kind == "bollen.stine" else [g.Y for g in problem.data.groups]
    )
    rng = np.random.default_rng(seed)
    drawn = [[rng.integers(0, len(Y), len(Y)) for Y in rows] for _ in range(n)]
    theta, chisq, exo = fit_resamples(problem, optimum, rows, drawn)
    draws = parameters(problem, theta, exo)
    failed = np.isnan(theta).any(axis=1)
    own = [k for k, row in enumerate(problem.model.rows) if row.op == "~~" and row.lhs == row.rhs]
    improper = int((draws[:, own] < 0).any(axis=1).sum())
    names = estimates[["lhs", "op", "rhs", "group", "label", "est"]].copy()
    observed = problem.chisq(optimum.theta, optimum.value)
    return SemBootstrap(
        names, draws, chisq, observed, int(failed.sum()), improper, kind, seed, problem, optimum
    )
