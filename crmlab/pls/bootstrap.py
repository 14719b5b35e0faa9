"""The bootstrap: resampled moments from one matrix product, the algorithm on all resamples at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.consistent import inadmissible
from crmlab.pls.effect_size import EXTRA, path_diagnostics
from crmlab.pls.intervals import FAILED_SHARE, INTERVALS, Centre, acceleration, summary
from crmlab.pls.moments import correlations, counts_of, products, raw_items, sample_of
from crmlab.pls.quantities import quantities
from crmlab.pls.solution import Solution, solve_model
from crmlab.result import TIDY, Check, Result

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

__all__ = ["PlsBootstrap", "bootstrap", "correlations", "draw_rows", "products", "summary"]

CHUNK = 1250  # resamples at a time; fixed, so that numbers depend on neither memory nor cores
THREADS = 4  # at most; a chunk with 60 items holds about 120 MB
CELLS = 2_000_000  # rows drawn at a time, over all resamples of a chunk
TESTED = (
    *("path", "indirect", "total_indirect", "total", "loading", "weight", "cor"),
    *("slope_low", "slope_high"),
)


@dataclass(frozen=True, eq=False)
class PlsBootstrap:
    """Resampled quantities of a PLS fit.

    Attributes
    ----------
    fit : the full-sample solution
    terms : names of the Q quantities, `quantity:subject`
    draws : array, shape (Q, n); NaN in the columns of resamples that failed
    failed : number of resamples without a solution (an item without variance, no convergence, singular)
    level : probability covered by the intervals
    seed : what the random numbers started from
    ci : kind of interval
    centre : what it needs beside the draws; None for percentiles
    inadmissible : number of resamples whose consistent solution cannot be; they stay among the draws
    """

    fit: PlsFit
    terms: tuple[str, ...]
    draws: np.ndarray
    failed: int
    level: float
    seed: int
    ci: str = "percentile"
    centre: Centre | None = None
    inadmissible: int = 0

    def result(self, *quantities: str) -> Result:
        """The estimates with standard error, interval and p; all quantities, or those named.

        Notes
        -----
        The standard error is the standard deviation of the good resamples. The percentile interval runs
        between their (1 - level)/2 quantiles at both ends (type 7). p is two-sided: with b the smaller of
        the numbers of resamples at or below and at or above zero, min(1, 2 (b + 1)/(B + 1)); it is given
        where zero is a hypothesis (paths, effects, loadings, weights, correlations). f2 and vif are
        resampled if asked for (`extra`).
        """
        base = self.fit.result(*quantities)
        place = {term: row for row, term in enumerate(self.terms)}
        table = base.tidy.copy()
        drawn = table["term"].isin(place)
        rows = np.array([place[term] for term in table.loc[drawn, "term"]], dtype=int)
        centre = None if self.centre is None else self.centre.take(rows, np.arange(self.draws.shape[1]))
        for column, values in summary(self.draws[rows], self.level, centre).items():
            table.loc[drawn, column] = values
        tested = table["term"].str.partition(":")[0].isin(TESTED)
        table["p_value"] = table["p_value"].where(tested)
        found = list(zip(table["term"][drawn], table["estimate"][drawn], strict=True))
        return Result(
            model=base.model,
            tidy=table[list(TIDY)],
            glance=base.glance | {"resamples": self.draws.shape[1], "level": self.level},
            checks=(*base.checks, *self._checks(rows, found)),
            source=base.source | {"seed": str(self.seed)},
        )

    def _checks(self, rows: np.ndarray, found: list[tuple[str, float]]) -> list[Check]:
        total = self.draws.shape[1]
        limit = FAILED_SHARE * total
        rule = f"<= {FAILED_SHARE:.0%} of {total} resamples without a solution"
        checks = [Check("check.bootstrap_failed", self.failed <= limit, self.failed, rule)]
        if self.fit.model.words.consistent:
            rule = f"<= {FAILED_SHARE:.0%} of {total} resamples with a solution that cannot be"
            ok = self.inadmissible <= limit
            checks.append(Check("check.bootstrap_inadmissible", ok, self.inadmissible, rule))
        holes = np.isnan(self.draws[rows]).sum(axis=1) - self.failed
        rule = f"<= {FAILED_SHARE:.0%} of {total} resamples"
        return checks + [
            Check(f"check.bootstrap_undefined:{term}", False, hole, rule)
            for (term, value), hole in zip(found, holes, strict=True)
            if hole > FAILED_SHARE * (total - self.failed) and not np.isnan(value)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A chunk of resamples: Q quantities (Q, B), which were solved, and which cannot be (B,)."""

    terms: tuple[str, ...]
    values: np.ndarray
    good: np.ndarray
    impossible: np.ndarray


def bootstrap(
    fit: PlsFit, n: int, seed: int, level: float, ci: str, inner: int, extra: Sequence[str]
) -> PlsBootstrap:
    """Resample rows n times and solve every resample; see PlsFit.bootstrap."""
    if n < 2:
        raise ModelError(f"{n} resamples cannot give an interval", hint="5000")
    if not 0 < level < 1:
        raise ModelError(f"level {level} is not a probability between 0 and 1", hint="0.95")
    if ci not in INTERVALS:
        raise ModelError(f"interval '{ci}' is not known", hint=", ".join(INTERVALS))
    if inner < 10:
        raise ModelError(f"{inner} inner resamples cannot give a standard error", hint="50")
    unknown = set(extra) - set(EXTRA)
    if unknown:
        raise ModelError(f"'{min(unknown)}' cannot be resampled in addition", hint=", ".join(EXTRA))
    solver = replace(Solver.of(fit), extra=tuple(extra))
    chunks = list(draw_rows(np.random.default_rng(seed), n, fit.n)) if ci == "studentized" else None
    rows = draw_rows(np.random.default_rng(seed), n, fit.n) if chunks is None else iter(chunks)
    parts = in_threads(lambda drawn: solver.solve(counts_of(drawn, fit.n)), rows)
    draws = np.concatenate([part.values for part in parts], axis=1)
    good = np.concatenate([part.good for part in parts])
    terms = parts[0].terms
    centre = None
    if ci != "percentile":
        estimates = np.array([fit.estimates[term] for term in terms])
        slope = acceleration(jackknife(solver)) if ci == "bca" else None
        errors = _inner_errors(solver, chunks, seed, inner) if chunks is not None else None
        centre = Centre(estimates, slope, errors)
    impossible = int(sum(part.impossible.sum() for part in parts))
    return PlsBootstrap(fit, terms, draws, int((~good).sum()), level, seed, ci, centre, impossible)


@dataclass(frozen=True, slots=True, eq=False)
class Solver:
    """What is needed to solve reweighted samples of a fit."""

    fit: PlsFit
    Z: np.ndarray
    moments: np.ndarray
    extra: tuple[str, ...] = ()

    @classmethod
    def of(cls, fit: PlsFit) -> Solver:
        """The fit's items and their moments."""
        Z = raw_items(fit.Z[:, : len(fit.model.observed)], fit.model)
        return cls(fit, Z, products(Z))

    def solution(self, counts: np.ndarray) -> Solution:
        """The model solved in samples that weigh rows by counts (n, B), turned like the full sample."""
        fit = self.fit
        drawn = sample_of(self.Z, self.moments, counts, fit.model)
        return solve_model(drawn.R, fit.model, fit.tol, fit.max_iter, fit.solution, drawn)

    def solve(self, counts: np.ndarray) -> Drawn:
        """Every quantity of those samples; NaN where there is no solution."""
        solved = self.solution(counts)
        found, good, final = quantities(solved, self.fit.n), solved.good, solved.final
        found |= path_diagnostics(solved, self.fit.tol, self.fit.max_iter, self.extra)
        values = np.array(list(found.values()))
        values[:, ~good] = np.nan
        impossible = np.zeros(len(good), dtype=bool)
        if final.stage.consistent:
            impossible = good & inadmissible(final.q, final.standard_loadings, final.c)
        return Drawn(tuple(found), values, good, impossible)


def in_threads(work: Callable[[Any], Any], tasks: Iterator[Any]) -> list[Any]:
    """Results in the order of the tasks, one thread a core (at most THREADS), no more in memory than are worked on."""
    found, workers = [], min(THREADS, os.cpu_count() or 1)
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > workers:
                found.append(waiting.popleft().result())
        return found + [future.result() for future in waiting]


def jackknife(solver: Solver) -> np.ndarray:
    """(Q, n): every quantity with one row left out."""
    n = solver.fit.n
    size = min(CHUNK, max(1, CELLS // n))

    def left_out(start: int) -> np.ndarray:
        counts = np.ones((n, min(size, n - start)))
        counts[np.arange(start, start + counts.shape[1]), np.arange(counts.shape[1])] = 0.0
        return solver.solve(counts).values

    return np.concatenate(in_threads(left_out, iter(range(0, n, size))), axis=1)


def _inner_errors(solver: Solver, chunks: list[np.ndarray], seed: int, inner: int) -> np.ndarray:
    """(Q, B): standard error of every quantity within each resample, from resamples of the resample."""
    n = solver.fit.n
    few = max(1, min(CHUNK, CELLS // n) // inner)
    tasks = [(k, start) for k, rows in enumerate(chunks) for start in range(0, len(rows), few)]

    def errors(task: tuple[int, int]) -> np.ndarray:
        rows = chunks[task[0]][task[1] : task[1] + few]
        again = np.random.default_rng([seed, *task]).integers(0, n, (len(rows), inner, n))
        nested = np.take_along_axis(np.repeat(rows[:, None], inner, axis=1), again, axis=2)
        values = solver.solve(counts_of(nested.reshape(-1, n), n)).values
        values = values.reshape(len(values), len(rows), inner)
        known = ~np.isnan(values)
        count = known.sum(axis=2)
        mean = np.where(known, values, 0.0).sum(axis=2) / np.maximum(count, 1)
        square = np.where(known, values - mean[:, :, None], 0.0) ** 2
        return np.where(count > 2, np.sqrt(square.sum(axis=2) / np.maximum(count - 1, 1)), np.nan)

    return np.concatenate(in_threads(errors, iter(tasks)), axis=1)


def draw_rows(rng: np.random.Generator, resamples: int, n: int) -> Iterator[np.ndarray]:
    """Rows of resamples, (size, n) at a time: CHUNK of them, fewer where n is large."""
    size = min(CHUNK, max(1, CELLS // n))
    for start in range(0, resamples, size):
        yield rng.integers(0, n, (min(size, resamples - start), n))
