"""The sample side of a fit: moments of each group in the form the estimator needs, their asymptotics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.linalg.lapack import dpotrf

from crmlab.errors import ModelError
from crmlab.result import Check
from crmlab.sem import missing as incomplete
from crmlab.sem import ordinal
from crmlab.sem.estimators import Estimator
from crmlab.sem.moments import gamma_adf
from crmlab.sem.ordinal_conditional import conditional
from crmlab.sem.sample import Admitted, Sample
from crmlab.sem.saturated_information import SaturatedInformation


@dataclass(frozen=True, eq=False)
class GroupData:
    """Moments of one group.

    Attributes
    ----------
    n : cases
    Y : (n, p)
    cov, mean : the moments the model is fitted to
    exogenous : positions of fixed exogenous variables
    ordinal, patterns, h1 : what ordered items and incomplete data add, else None
    """

    n: int
    Y: np.ndarray
    cov: np.ndarray
    mean: np.ndarray
    exogenous: tuple[int, ...]
    estimator: Estimator
    ordinal: ordinal.OrdinalStats | None = None
    patterns: incomplete.Patterns | None = None
    h1: incomplete.Saturated | None = None

    @cached_property
    def _gamma(self) -> np.ndarray:
        """(k, k) of all means and covariances."""
        if self.h1 is not None and self.patterns is not None:
            robust = self.estimator.missing == "robust.two.stage"
            return incomplete.two_stage_gamma(self.h1.mean, self.h1.cov, self.patterns, robust)
        return gamma_adf(self.Y, True, self.exogenous)

    def gamma(self, means: bool) -> np.ndarray:
        """Asymptotic covariance of sqrt(n) times the statistics."""
        if self.ordinal is not None:
            return self.ordinal.gamma
        full = self._gamma
        p = len(self.mean)
        return full if means else full[p:, p:]

    @cached_property
    def about(self) -> SaturatedInformation:
        """What incomplete data tell about the saturated moments."""
        assert self.h1 is not None
        assert self.patterns is not None
        return SaturatedInformation(self.h1, self.patterns, self.exogenous)

    @property
    def h1_information(self) -> np.ndarray:
        """Observed information of one case about the saturated moments of incomplete data."""
        return self.about.observed

    def h1_weight(self, kind: Literal["observed", "expected"]) -> np.ndarray:
        """Information of one case about the saturated moments of incomplete data, of either kind."""
        return self.about.observed if kind == "observed" else self.about.expected

    @property
    def h1_scores(self) -> np.ndarray:
        """Cross products of casewise scores at the saturated moments, per case."""
        return self.about.cross


@dataclass(frozen=True, eq=False)
class Data:
    """All groups.

    Attributes
    ----------
    weight : (G,) of each group in the discrepancy: n_g / n, for least squares (n_g - 1) / n
    effective : n, or n - G where covariances have divisor n_g - 1; standard errors and RMSEA rest on it
    parts : (G,) what F_g is multiplied with to give chi-square
    """

    groups: tuple[GroupData, ...]
    weight: np.ndarray
    effective: float
    parts: np.ndarray
    checks: tuple[Check, ...]

    @cached_property
    def share(self) -> np.ndarray:
        """(G,) n_g / n."""
        return np.array([group.n for group in self.groups]) / self.n

    @property
    def n(self) -> int:
        """Cases of all groups."""
        return sum(group.n for group in self.groups)

    @cached_property
    def cov(self) -> tuple[np.ndarray, ...]:
        """Covariance matrix of each group."""
        return tuple(group.cov for group in self.groups)

    @cached_property
    def mean(self) -> tuple[np.ndarray, ...]:
        """Means of each group."""
        return tuple(group.mean for group in self.groups)


def prepare(admitted: Admitted, exogenous: tuple[str, ...], estimator: Estimator) -> Data:
    """Moments for an estimator.

    Notes
    -----
    Covariances have divisor n under normal likelihood and n - 1 for the Wishart likelihood and all
    least-squares estimators; weights and multipliers are lavaan's.
    """
    unbiased = estimator.wishart or estimator.fit != "ML"
    groups = []
    checks = list(admitted.checks)
    for sample in admitted.samples:
        found = _group(sample, exogenous, estimator, unbiased, admitted)
        if found.ordinal is not None:
            checks += found.ordinal.checks
        groups.append(found)
    counts = np.array([group.n for group in groups], dtype=float)
    n = float(counts.sum())
    weight = (counts - (estimator.fit != "ML")) / n
    effective = n - unbiased * len(groups)
    _positive(groups, admitted)
    return Data(tuple(groups), weight, effective, counts - unbiased, tuple(checks))


def _group(
    sample: Sample, exogenous: tuple[str, ...], estimator: Estimator, unbiased: bool, admitted: Admitted
) -> GroupData:
    x = tuple(sample.names.index(name) for name in exogenous)
    if estimator.ordinal and x:
        return _given(sample, x, estimator, admitted)
    if estimator.ordinal:
        ordered = [name in admitted.levels for name in sample.names]
        stats = ordinal.statistics(
            sample.Y,
            ordered,
            names=sample.names,
            categories=[admitted.levels[name] for name in sample.names if name in admitted.levels],
            pairwise=estimator.missing == "pairwise",
            group=sample.label,
        )
        return GroupData(stats.n, sample.Y, stats.R, stats.mean, x, estimator, ordinal=stats)
    if estimator.missing == "pairwise":
        mean, cov = incomplete.pairwise(sample.Y, sample.names)
        return GroupData(sample.n, sample.Y, cov, mean, x, estimator)
    if estimator.missing != "listwise":
        found = incomplete.patterns(sample.Y)
        h1 = incomplete.saturated(found, sample.names)
        return GroupData(found.n, found.Y, h1.cov, h1.mean, x, estimator, patterns=found, h1=h1)
    cov = sample.cov * (sample.n / (sample.n - 1)) if unbiased else sample.cov
    return GroupData(sample.n, sample.Y, cov, sample.mean, x, estimator)


def _given(sample: Sample, x: tuple[int, ...], estimator: Estimator, admitted: Admitted) -> GroupData:
    """Ordered items with fixed predictors: moments given these, beside the predictors' own (divisor n - 1)."""
    y = np.setdiff1d(np.arange(len(sample.names)), x)
    keep = ~np.isnan(sample.Y[:, y]).all(axis=1)
    Y, X = sample.Y[np.ix_(keep, y)], sample.Y[np.ix_(keep, x)]
    names = tuple(sample.names[j] for j in y)
    stats = conditional(
        Y,
        [name in admitted.levels for name in names],
        X,
        names=names,
        categories=[admitted.levels[name] for name in names if name in admitted.levels],
        pairwise=estimator.missing == "pairwise",
        group=sample.label,
    )
    mean, cov = sample.Y[keep].mean(axis=0), np.zeros((len(sample.names),) * 2)
    cov[np.ix_(y, y)] = stats.R
    cov[np.ix_(x, x)] = np.cov(X.T, ddof=1)
    mean[y] = stats.mean
    return GroupData(stats.n, sample.Y, cov, mean, x, estimator, ordinal=stats)


def _positive(groups: list[GroupData], admitted: Admitted) -> None:
    """A covariance matrix without inverse is an error that names the items in the linear relation."""
    for group, sample in zip(groups, admitted.samples, strict=True):
        if group.ordinal is not None:
            continue
        scale = np.sqrt(np.diag(group.cov))
        R = group.cov / np.outer(scale, scale)
        L, flaw = dpotrf(R, lower=1)
        if flaw == 0 and np.diag(L).min() > 1e-3:
            continue
        values, vectors = np.linalg.eigh(R)
        if values[0] > 1e-10:
            continue
        where = f" in group '{sample.label}'" if sample.label else ""
        tied = [name for name, part in zip(sample.names, vectors[:, 0], strict=True) if abs(part) > 0.05]
        problem = "linearly dependent" if values[0] > -1e-10 else "without positive definite covariances"
        raise ModelError(f"variables are {problem}{where}: {', '.join(tied)}", hint="leave one of them out")
