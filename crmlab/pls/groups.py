"""Groups of respondents: one fit for each, and whether they may be compared at all (MICOM)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.admit import standardise
from crmlab.pls.bootstrap import CHUNK, Solver, in_threads
from crmlab.pls.moments import whole_sample
from crmlab.pls.solution import solve_model
from crmlab.pls.verify import explain_failure, verify
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

LEVEL = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Rows of a fit by group; rows without a group are in none."""

    names: tuple[str, ...]
    rows: tuple[np.ndarray, ...]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Every two groups."""
        return list(combinations(range(len(self.names)), 2))

    def label(self, a: int, b: int) -> str:
        """The pair as it stands in a term."""
        return f"{self.names[a]}-{self.names[b]}"


def members(fit: PlsFit, by: pd.Series | Sequence[Hashable] | np.ndarray) -> Members:
    """Groups of the rows of a fit, in the order of their values.

    A series is taken by its index, which has the rows of the fit; anything else has one value a row used.
    """
    if isinstance(by, pd.Series):
        if not fit.index.isin(by.index).all() or by.index.duplicated().any():
            raise ModelError("the groups do not have the rows of the fit", hint="a column of the same frame")
        by = by.loc[fit.index]
    values = pd.Series(by).reset_index(drop=True)
    if len(values) != fit.n:
        raise ModelError(f"{len(values)} group values for {fit.n} rows")
    known = sorted(values.dropna().unique(), key=lambda value: (isinstance(value, str), value))
    if len(known) < 2:
        raise ModelError(f"{len(known)} group cannot be compared", hint="a variable with two values or more")
    return Members(
        tuple(f"{value:g}" if isinstance(value, float) else str(value) for value in known),
        tuple(np.flatnonzero((values == value).to_numpy()) for value in known),
    )


def fit_group(fit: PlsFit, rows: np.ndarray, name: str) -> PlsFit:
    """The same model on some of the rows, its constructs turned as in the whole sample."""
    model = fit.model
    observed = fit.Z[rows][:, : len(model.observed)]
    if len(rows) < 3 + max(len(sources) for stage in model.stages for sources in stage.sources):
        raise ModelError(f"group '{name}' has {len(rows)} rows, too few for this model")
    Z = standardise(observed, tuple(f"{item} (group {name})" for item in model.observed))
    whole = whole_sample(Z, model)
    solution = solve_model(whole.R, model, fit.tol, fit.max_iter, fit.solution, whole)
    if not np.isfinite(solution.final.beta).all():
        raise ModelError(f"group '{name}': {explain_failure(whole.R[:, :, 0], model)}")
    middle = fit.middle + fit.scale * observed.mean(axis=0)
    scale = fit.scale * observed.std(axis=0, ddof=1)
    checks = tuple(
        replace(check, name=f"{check.name}.{name}" if ":" in check.name else f"{check.name}:{name}")
        for check in verify(solution, fit.tol, fit.max_iter)
    )
    return replace(
        fit, solution=solution, Z=whole.Z, index=fit.index[rows], checks=checks, middle=middle, scale=scale
    )


def micom(
    fit: PlsFit,
    by: pd.Series | Sequence[Hashable] | np.ndarray,
    *,
    permutations: int = 1000,
    seed: int = 0,
) -> Result:
    """May composites be compared across groups? Steps 2 and 3 of MICOM, for every two groups.

    Step 1, the same items, treatment and algorithm for all, is given here by design. Step 2: c, the
    correlation of the scores with one and with the other group's weights, should not be below 1: p is the
    share of permutations with c as small. Weights are applied to the pooled items in their own units (as
    cSEM does). Step 3: mean and log variance of the pooled scores should not
    differ: two-sided p. Permutations keep the sizes of the two groups; p = (b + 1)/(B + 1).

    Returns
    -------
    Result
        `compositional|mean_difference|log_variance_ratio:<construct>.<a>-<b>`; the interval holds what
        permutations give (for c: from its 5 % quantile). Checks: partial invariance is step 2, full
        invariance also step 3.

    Source
    ------
    Henseler, J., Ringle, C. M. & Sarstedt, M. (2016). International Marketing Review 33(3), 405-431.
    """
    if fit.model.words.interactions:
        raise ModelError("invariance of a model with interactions is not available", hint="main effects")
    if permutations < 19:
        raise ModelError(f"{permutations} permutations are too few for a 5 % test", hint="1000")
    groups = members(fit, by)
    blocks: list[pd.DataFrame] = []
    checks: list[Check] = []
    for k, (a, b) in enumerate(groups.pairs):
        rows = np.concatenate([groups.rows[a], groups.rows[b]])
        table = _micom_pair(fit, rows, len(groups.rows[a]), permutations, [seed, k])
        subjects = [f"{name}.{groups.label(a, b)}" for name in table.names]
        blocks += table.tidy(subjects)
        checks += table.checks(subjects)
    glance = {"n": float(fit.n), "permutations": float(permutations), "level": LEVEL}
    source = fit.source | {"seed": str(seed)}
    return Result("model.pls", pd.concat(blocks, ignore_index=True), glance, tuple(checks), source)


@dataclass(frozen=True, slots=True, eq=False)
class Invariance:
    """Observed statistics (3, J) and permuted ones (3, J, B): c, mean difference, log variance ratio."""

    names: tuple[str, ...]
    observed: np.ndarray
    permuted: np.ndarray

    @property
    def p(self) -> np.ndarray:
        """(3, J): one-sided for c, two-sided for the others."""
        observed = self.observed[:, :, None]
        as_far = np.abs(self.permuted) >= np.abs(observed)
        as_far[0] = self.permuted[0] <= observed[0]
        count = (~np.isnan(self.permuted)).sum(axis=2)
        return (as_far.sum(axis=2) + 1) / (count + 1)

    def tidy(self, subjects: list[str]) -> list[pd.DataFrame]:
        """Rows of the three statistics."""
        tail = (1 - LEVEL) / 2
        low, high = np.nanquantile(self.permuted, [tail, 1 - tail], axis=2)
        low[0], high[0] = np.nanquantile(self.permuted[0], 1 - LEVEL, axis=1), 1.0
        words = ("compositional", "mean_difference", "log_variance_ratio")
        return [
            tidy_block(word, subjects, self.observed[k], ci_low=low[k], ci_high=high[k], p_value=self.p[k])
            for k, word in enumerate(words)
        ]

    def checks(self, subjects: list[str]) -> list[Check]:
        """What must not be rejected at 5 %."""
        words = ("compositional", "equal_mean", "equal_variance")
        rule = "permutation p >= 0.05 (Henseler, Ringle & Sarstedt 2016)"
        return [
            Check(f"check.{word}:{subject}", p >= 0.05, p, rule)
            for word, ps in zip(words, self.p, strict=True)
            for subject, p in zip(subjects, ps, strict=True)
        ]


def _micom_pair(fit: PlsFit, rows: np.ndarray, first: int, permutations: int, seed: list[int]) -> Invariance:
    pooled = fit if len(rows) == fit.n else fit_group(fit, rows, "both groups")
    if len(rows) == fit.n:
        pooled = replace(fit, Z=fit.Z[rows])  # the first group's rows first
    solver, rng, n = Solver.of(pooled), np.random.default_rng(seed), len(rows)
    names = tuple(pooled.solution.on_items.keys() & set(fit.model.names))
    names = tuple(name for name in fit.model.names if name in names)
    weights = np.array([pooled.solution.on_items[name][:, 0] for name in names])
    scores = np.einsum("np,jp->nj", pooled.Z, weights)  # not BLAS: same bits anywhere
    R = np.einsum("ni,nj->ij", pooled.Z, pooled.Z) / (n - 1)
    S = R * pooled.scale[:, None] * pooled.scale
    whole = np.concatenate([np.ones(first), np.zeros(n - first)])[:, None]

    def statistics(members: np.ndarray) -> np.ndarray:
        sides = (members, 1.0 - members)
        on = [solver.solution(side).on_items for side in sides]
        c = np.array([_cosine(on[0][name], on[1][name], S) for name in names])
        mean = [np.einsum("nj,nb->jb", scores, side) / side.sum(axis=0) for side in sides]
        square = [np.einsum("nj,nb->jb", scores**2, side) for side in sides]
        size = [side.sum(axis=0) for side in sides]
        variance = [(s - k * m**2) / (k - 1) for s, k, m in zip(square, size, mean, strict=True)]
        return np.array([c, mean[0] - mean[1], np.log(variance[0] / variance[1])])

    tasks = [min(CHUNK, permutations - start) for start in range(0, permutations, CHUNK)]
    drawn = [rng.permuted(np.repeat(whole, size, axis=1), axis=0) for size in tasks]
    permuted = np.concatenate(in_threads(statistics, iter(drawn)), axis=2)
    return Invariance(names, statistics(whole)[:, :, 0], permuted)


def _cosine(v: np.ndarray, w: np.ndarray, S: np.ndarray) -> np.ndarray:
    """(B,) correlation of two composites with weights (p, B) of items with covariances S."""
    Sw = np.einsum("ij,jb->ib", S, w)
    return (v * Sw).sum(axis=0) / np.sqrt(
        (v * np.einsum("ij,jb->ib", S, v)).sum(axis=0) * (w * Sw).sum(axis=0)
    )
