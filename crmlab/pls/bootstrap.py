"""The bootstrap: resampled moments from one matrix product, the algorithm on all resamples at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.quantities import quantities
from crmlab.pls.solution import Solution, solve_model
from crmlab.result import TIDY, Check, Result

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

CHUNK = 1250  # resamples at a time; fixed, so that numbers depend on neither memory nor cores
CELLS = 2_000_000  # rows drawn at a time, over all resamples of a chunk
FAILED_SHARE = 0.01  # of resamples without a solution, or without a value of one quantity
CONSTANT = 1e-10  # a quantity that varies by less is fixed by the model


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
    """

    fit: PlsFit
    terms: tuple[str, ...]
    draws: np.ndarray
    failed: int
    level: float
    seed: int

    def result(self, *quantities: str) -> Result:
        """The estimates with standard error, percentile interval and p; all quantities, or those named.

        Notes
        -----
        The standard error is the standard deviation of the good resamples. The interval runs between
        their (1 - level)/2 quantiles at both ends (type 7). p is two-sided: with b the smaller of the
        numbers of resamples at or below and at or above zero, min(1, 2 (b + 1)/(B + 1)); it is given
        where zero is a hypothesis (paths, effects, loadings, weights, correlations). f2 and vif are not
        resampled.
        """
        base = self.fit.result(*quantities)
        place = {term: row for row, term in enumerate(self.terms)}
        table = base.tidy.copy()
        drawn = table["term"].isin(place)
        rows = [place[term] for term in table.loc[drawn, "term"]]
        for column, values in summary(self.draws[rows], self.level).items():
            table.loc[drawn, column] = values
        tested = table["term"].str.partition(":")[0].isin(TESTED)
        table["p_value"] = table["p_value"].where(tested)
        total = self.draws.shape[1]
        check = Check(
            "check.bootstrap_failed",
            self.failed <= FAILED_SHARE * total,
            self.failed,
            f"<= {FAILED_SHARE:.0%} of {total} resamples without a solution",
        )
        holes = np.isnan(self.draws[rows]).sum(axis=1) - self.failed
        undefined = [
            Check(
                f"check.bootstrap_undefined:{term}",
                False,
                hole,
                f"<= {FAILED_SHARE:.0%} of {total} resamples",
            )
            for term, value, hole in zip(table["term"][drawn], table["estimate"][drawn], holes, strict=True)
            if hole > FAILED_SHARE * (total - self.failed) and not np.isnan(value)
        ]
        return Result(
            model=base.model,
            tidy=table[list(TIDY)],
            glance=base.glance | {"resamples": total, "level": self.level},
            checks=(*base.checks, check, *undefined),
            source=base.source | {"seed": str(self.seed)},
        )


TESTED = ("path", "indirect", "total_indirect", "total", "loading", "weight", "cor")


def summary(draws: np.ndarray, level: float) -> dict[str, np.ndarray]:
    """Standard error, percentile interval and two-sided p of each row of draws (Q, B).

    Columns that are NaN throughout (failed resamples) are left out. A row that is undefined (NaN) in more
    than 1 % of the rest gets no interval; nor does one that never varies (the loading of a single item).
    """
    out = {key: np.full(len(draws), np.nan) for key in ("std_error", "ci_low", "ci_high", "p_value")}
    draws = draws[:, ~np.isnan(draws).all(axis=0)]
    if draws.shape[1] < 2:
        return out
    holes = np.isnan(draws)
    whole = ~holes.any(axis=1)
    groups = [(whole, draws[whole])]
    for row in np.flatnonzero(~whole & (holes.mean(axis=1) <= FAILED_SHARE)):
        groups.append((np.arange(len(draws)) == row, draws[row, ~holes[row]][None]))
    for rows, values in groups:
        varies = np.ptp(values, axis=1) > CONSTANT
        rows, values = np.flatnonzero(rows)[varies], values[varies]
        if not rows.size:
            continue
        out["std_error"][rows] = values.std(axis=1, ddof=1)
        tails = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=1)
        out["ci_low"][rows], out["ci_high"][rows] = tails
        beyond = np.minimum((values <= 0).sum(axis=1), (values >= 0).sum(axis=1))
        out["p_value"][rows] = np.minimum(1.0, 2 * (beyond + 1) / (values.shape[1] + 1))
    return out


def bootstrap(fit: PlsFit, n: int, seed: int, level: float) -> PlsBootstrap:
    """Resample rows n times and solve every resample; see PlsFit.bootstrap."""
    if n < 2:
        raise ModelError(f"{n} resamples cannot give an interval", hint="5000")
    if not 0 < level < 1:
        raise ModelError(f"level {level} is not a probability between 0 and 1", hint="0.95")
    rng = np.random.default_rng(seed)
    Z = fit.Z
    moments = products(Z)
    parts: list[tuple[dict[str, np.ndarray], np.ndarray]] = []
    workers = os.cpu_count() or 1
    waiting: deque[Future[tuple[dict[str, np.ndarray], np.ndarray]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for rows in draw_rows(rng, n, len(Z)):
            waiting.append(pool.submit(_solve, fit, moments, rows))
            if len(waiting) > workers:  # no more in memory than are worked on
                parts.append(waiting.popleft().result())
        parts += [future.result() for future in waiting]
    terms = tuple(parts[0][0])
    table = np.concatenate([np.array(list(found.values())) for found, _ in parts], axis=1)
    good = np.concatenate([ok for _, ok in parts])
    table[:, ~good] = np.nan
    return PlsBootstrap(fit, terms, table, int((~good).sum()), level, seed)


def draw_rows(rng: np.random.Generator, resamples: int, n: int) -> Iterator[np.ndarray]:
    """Rows of resamples, (size, n) at a time: CHUNK of them, fewer where n is large."""
    size = min(CHUNK, max(1, CELLS // n))
    for start in range(0, resamples, size):
        yield rng.integers(0, n, (min(size, resamples - start), n))


def products(Z: np.ndarray) -> np.ndarray:
    """(n, p + p(p+1)/2): the items and their products, so that counts @ this are all raw moments.

    The values are taken to the finest binary grid on which a sum over n drawn rows is still exact in
    float64 (for 400 rows steps of about 1e-12). Sums are then the same to the last bit in whatever order
    the linear algebra library adds, with however many threads.
    """
    upper, lower = np.triu_indices(Z.shape[1])
    F = np.hstack([Z, Z[:, upper] * Z[:, lower]])
    grid = 2.0 ** (52 - np.ceil(np.log2(np.abs(F).max() * len(F))))
    return np.rint(F * grid) / grid


def correlations(moments: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Item correlations of resamples, (p, p, B), and their standard deviations, (p, B), batch last.

    Parameters
    ----------
    moments : from `products`
    rows : integers, shape (B, n): the rows drawn for each resample

    Standard deviations are in units of the columns given to `products`, with divisor n. An item without
    variance in a resample has NaN there.
    """
    B, n = rows.shape
    width = moments.shape[1]
    p = int((np.sqrt(9 + 8 * width) - 3) / 2)
    size = len(moments)
    counts = np.bincount((rows + np.arange(B)[:, None] * size).ravel(), minlength=B * size).reshape(B, size)
    M = moments.T @ counts.T.astype(float) / n
    mean, raw = M[:p], M[p:]
    upper, lower = np.triu_indices(p)
    raw -= mean[upper] * mean[lower]
    variance = raw[upper == lower]
    spread = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    inverse = 1 / spread
    raw *= inverse[upper]
    raw *= inverse[lower]
    R = np.empty((p, p, B))
    R[upper, lower] = raw
    R[lower, upper] = raw
    return R, spread


def _solve(fit: PlsFit, moments: np.ndarray, rows: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    R, _ = correlations(moments, rows)
    solved: Solution = solve_model(R, fit.model, fit.tol, fit.max_iter, like=fit.solution)
    return quantities(solved, fit.n), solved.good
