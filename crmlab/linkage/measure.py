"""The latent variable behind answers: its measurement model, and what each respondent's answers say of it.

Source
------
Bartholomew, D. J. (1981). British Journal of Mathematical and Statistical Psychology 34, 93-99 (scores as moments
of the latent variable given the answers). Bartlett, M. S. (1937). British Journal of Psychology 28, 97-104.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.sem import SemFit

RELIABLE = 0.70
FEWEST = 2  # dimensions or items; two are held to weigh alike, or they could not be told apart
Items = Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Measured:
    """A latent variable of mean 0 and variance 1 among the respondents, and what their answers say of it.

    Attributes
    ----------
    name : of the latent variable
    items : its items, in the order of the model
    Y : (n, p) answers to them, NaN where there is none
    fit : the measurement model
    mean, variance : (n,) of the latent variable given a respondent's answers (0 and 1 if he gave none)
    score : (n,) mean of the answered items, the naive measure
    """

    name: str
    items: tuple[str, ...]
    Y: np.ndarray
    fit: SemFit
    mean: np.ndarray
    variance: np.ndarray
    score: np.ndarray

    @cached_property
    def moments(self) -> Moments:
        """Moments of the items and the latent variable at the estimates."""
        return moments(self.fit, self.name, self.items, self.fit.optimum.theta)

    @property
    def reliability(self) -> float:
        """Squared correlation of the items' sum with the latent variable, from the model."""
        m = self.moments
        return float(m.cross.sum() ** 2 / m.cov.sum())

    @property
    def scale_points(self) -> float:
        """Scale points by which the mean item rises with one standard deviation of the latent variable."""
        return float(self.moments.cross.mean())

    def posterior(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the latent variable given the answers, at other parameters of the model."""
        return conditional(self.Y, moments(self.fit, self.name, self.items, theta))

    @property
    def bartlett(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores whose expectation is the latent variable, and their error variance: (n,) each; NaN without answers.

        m / (1 - v) with error variance v / (1 - v), from moments m and v given the answers and the prior N(0, 1).
        """
        known = self.variance < 1 - 1e-9
        share = np.where(known, 1 - self.variance, np.nan)
        return self.mean / share, self.variance / share

    def result(self) -> Result:
        """Loadings on the latent variable, reliability and the checks of the model."""
        m = self.moments
        loadings = m.cross / np.sqrt(np.diag(m.cov))
        rows = [
            {"term": "reliability", "estimate": self.reliability},
            {"term": "scale_points", "estimate": self.scale_points},
            {"term": "information", "estimate": float(1 - self.variance.mean())},
        ]
        measures = self.fit.fit_measures
        rows += [
            {"term": name, "estimate": measures[name]}
            for name in ("cfi", "rmsea", "srmr")
            if name in measures
        ]
        tidy = pd.concat([tidy_frame(rows), tidy_block("loading", self.items, loadings)])
        checks = (*self.fit.checks, self.check)
        return Result("model.link_measure", tidy, {"n": float(self.fit.n)}, checks, self.fit.source)

    @property
    def check(self) -> Check:
        """Whether the sum of the items measures the latent variable well enough to be told from error."""
        rule = f">= {RELIABLE:.2f} (Nunnally 1978)"
        return Check("check.reliability", self.reliability >= RELIABLE, self.reliability, rule)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Means (p,) and covariances (p, p) of the items, and their covariances (p,) with the latent variable."""

    mean: np.ndarray
    cov: np.ndarray
    cross: np.ndarray


def measure(answers: pd.DataFrame, items: Items, name: str) -> Measured:
    """Fit the measurement model of one latent variable and score every respondent.

    Parameters
    ----------
    answers : one row a respondent, reverse items turned round; other columns are ignored
    items : dimension -> items (a second-order variable), or one entry (a first-order one)
    name : of the latent variable

    Returns
    -------
    Measured
        Robust maximum likelihood, with full information where answers are missing.

    Raises
    ------
    ModelError
        An item that is not there, is constant or has infinite answers; too few respondents for the model; a model
        that cannot be identified.
    """
    columns = _admit(answers, items, name)
    Y = answers[list(columns)].to_numpy(dtype=float)
    gaps = bool(np.isnan(Y).any())
    fit = sem.cfa(
        model_of(items, name), answers[list(columns)], estimator="MLR", std_lv=True, meanstructure=True,
        missing="fiml" if gaps else "listwise",
    )  # fmt: skip
    if not fit.converged:
        raise ModelError(
            f"the measurement model of '{name}' did not converge", hint="look at its items in step 04"
        )
    found = moments(fit, name, columns, fit.optimum.theta)
    mean, variance = conditional(Y, found)
    answered = ~np.isnan(Y)
    total = np.where(answered, Y, 0.0).sum(axis=1)
    score = np.divide(total, answered.sum(axis=1), out=np.full(len(Y), np.nan), where=answered.any(axis=1))
    return Measured(name, columns, Y, fit, mean, variance, score)


def model_of(items: Items, name: str) -> str:
    """The measurement model in lavaan's operators; its top variable has variance 1 (`std_lv`)."""
    if len(items) == 1:
        return f"{name} =~ {_sum(next(iter(items.values())))}"
    lines = [f"{dimension} =~ {' + '.join(its)}" for dimension, its in items.items()]
    return "\n".join([*lines, f"{name} =~ {_sum(items)}"])


def _sum(parts: Iterable[str]) -> str:
    """Indicators of the top variable; of two, one loading for both."""
    names = list(parts)
    return " + ".join(f"same*{name}" for name in names) if len(names) == FEWEST else " + ".join(names)


def moments(fit: SemFit, name: str, items: Sequence[str], theta: np.ndarray) -> Moments:
    """Moments implied by the model at theta; the latent variable has variance 1 and rises with the answers."""
    model = fit.problem.model
    state = model.state(fit.problem.values(theta), 0)
    place = [model.observed.index(item) for item in items]
    top = model.p + model.latent.index(name)
    cross = state.C[top, place]
    sign = -1.0 if cross.sum() < 0 else 1.0
    return Moments(state.mean[place], state.cov[np.ix_(place, place)], sign * cross)


def conditional(Y: np.ndarray, m: Moments) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the latent variable given answers Y (n, p) with gaps.

    c' S^-1 (y - mu) and 1 - c' S^-1 c over the items answered, all patterns of gaps at once.
    """
    masks, of = np.unique(~np.isnan(Y), axis=0, return_inverse=True)
    seen, of = masks.astype(float), of.ravel()
    S = m.cov * seen[:, :, None] * seen[:, None, :] + np.eye(Y.shape[1]) * (1 - seen)[:, :, None]
    weights = np.linalg.solve(S, (m.cross * seen)[:, :, None])[:, :, 0]
    mean = (np.where(np.isnan(Y), 0.0, Y - m.mean) * weights[of]).sum(axis=1)
    return mean, np.clip(1 - weights @ m.cross, 0.0, 1.0)[of]


def _admit(answers: pd.DataFrame, items: Items, name: str) -> tuple[str, ...]:
    columns = tuple(item for its in items.values() for item in its)
    if not columns:
        raise ModelError(f"'{name}' has no items")
    lost = [item for item in columns if item not in answers]
    if lost:
        raise ModelError(f"the answers have no item {', '.join(lost)}")
    if len(set(columns)) < len(columns):
        raise ModelError(f"an item stands twice in '{name}'")
    if len(columns) < FEWEST:
        raise ModelError(f"'{name}' has {len(columns)} item; a latent variable wants {FEWEST} or more")
    values = answers[list(columns)].to_numpy(dtype=float)
    if np.isinf(values).any():
        raise ModelError(f"{int(np.isinf(values).sum())} answers to items of '{name}' are infinite")
    counts = (~np.isnan(values)).sum(axis=0)
    if len(values) == 0 or counts.min() < 2:
        raise ModelError(f"{int(counts.min(initial=0))} answers to an item of '{name}' carry no measurement")
    spread = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
    if (spread == 0).any():
        flat = [item for item, width in zip(columns, spread, strict=True) if width == 0]
        raise ModelError(f"every respondent answered {', '.join(flat)} alike, so '{name}' cannot be measured")
    parameters = 3 * len(columns) + (len(items) if len(items) > 1 else 0)
    if len(values) <= parameters:
        raise ModelError(f"{len(values)} respondents cannot carry the {parameters} parameters of '{name}'")
    return columns
