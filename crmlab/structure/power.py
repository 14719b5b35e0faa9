"""Could this sample show it? Power and precision of every path and indirect effect, by simulation.

Source
------
Muthén, L. K. & Muthén, B. O. (2002). Structural Equation Modeling 9(4), 599-620.
Morris, T. P., White, I. R. & Crowther, M. J. (2019). Statistics in Medicine 38, 2074-2102 (Monte Carlo errors).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_block
from crmlab.structure.executor import Progress, run_tasks
from crmlab.structure.population import Population, draw
from crmlab.structure.power_fit import Fits, SemEngine
from crmlab.structure.power_pls import PlsEngine

ENGINES = ("sem", "pls", "plsc")
CHUNK = 25  # replications of a task; fixed, so that the numbers do not depend on the workers
PRODUCTS = 2000  # draws of the distribution of a product of paths
FAILED_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Replications:
    """Estimates and intervals of E effects in B samples, each (B, E); improper (B,)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    improper: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """(B,) True where the sample could be fitted."""
        return np.isfinite(self.low).all(axis=1)


@dataclass(frozen=True, eq=False)
class Piece:
    """One task: CHUNK replications, or fewer, at one sample size."""

    engine: SemEngine | PlsEngine
    n: int
    samples: int
    seed: tuple[int, ...]
    level: float


def monte_carlo_power(
    population: Population,
    sizes: Sequence[int],
    *,
    engine: str = "sem",
    estimator: str = "ML",
    replications: int = 1000,
    resamples: int = 200,
    seed: int = 0,
    level: float = 0.95,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """How often would samples of these sizes show the effects that are expected?

    Parameters
    ----------
    population : what is expected to be true, with the answer scale and the missing cells
    sizes : numbers of respondents
    engine : "sem" (latent variables), "pls" (composites) or "plsc" (consistent PLS)
    estimator : of "sem": "ML" or "MLR"; missing cells are handled by full information
    replications : samples drawn at each size
    resamples : bootstrap resamples of each sample, of "pls" and "plsc"
    seed : of all random numbers; the answer is the same for any number of workers
    level : of the intervals
    executor, workers, progress : see `crmlab.structure.executor.run_tasks`

    Returns
    -------
    Result
        For every path `<outcome>~<predictor>` and indirect effect `<outcome>~<mediator>~<predictor>`, at each
        size n: `power:<effect>.<n>` (share of fitted samples whose interval leaves zero out on the expected
        side, with its Monte Carlo error and Wilson interval; with an effect of 0 on either side: the type I
        error), `coverage:`, `mean:`, `sd:`, `bias:`, `width:` (mean width of the interval) likewise, and
        `planted:<effect>`; `fitted:<n>`, `failed:<n>`, `improper:<n>` count samples.

    Raises
    ------
    ModelError
        A size that is too small for the model, an engine that is not known, a model that it cannot fit.

    Notes
    -----
    Estimates are fully standardised. Intervals of "sem": normal theory with delta-method errors for paths,
    the Monte Carlo distribution of the product for indirect effects; of "pls": percentiles of resamples.

    Source
    ------
    Muthén, L. K. & Muthén, B. O. (2002). Structural Equation Modeling 9(4), 599-620. MacKinnon, D. P.,
    Lockwood, C. M. & Williams, J. (2004). Multivariate Behavioral Research 39(1), 99-128 (product).
    """
    sizes = _admit(population, sizes, engine, estimator, replications, resamples, level)
    solver: SemEngine | PlsEngine
    if engine == "sem":
        solver = SemEngine.of(population, estimator == "MLR")
    else:
        solver = PlsEngine.of(population, engine == "plsc", resamples)
    found = simulate_fits(solver, sizes, replications, seed, level, executor, workers, progress)
    glance = {"replications": replications, "level": level, "missing": population.missing}
    glance["points"] = math.nan if population.points is None else population.points
    blocks = [_planted(population)]
    checks: list[Check] = []
    for n, one in zip(sizes, found, strict=True):
        blocks += _summary(population, one, n)
        lost = int((~one.good).sum())
        rule = f"<= {FAILED_SHARE:.0%} of {replications} samples without a solution"
        checks.append(Check(f"check.power_failed:{n}", lost <= FAILED_SHARE * replications, lost, rule))
    source = versions() | {"seed": str(seed)}
    return Result(f"model.power_{engine}", pd.concat(blocks), glance, tuple(checks), source)


def simulate_fits(
    solver: SemEngine | PlsEngine,
    sizes: Sequence[int],
    replications: int,
    seed: int,
    level: float,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Replications]:
    """Replications at every size, in the order of the sizes."""
    tasks = [
        Piece(solver, n, min(CHUNK, replications - begin), (seed, n, begin), level)
        for n in sizes
        for begin in range(0, replications, CHUNK)
    ]
    parts = run_tasks(fit_piece, tasks, executor=executor, workers=workers, progress=progress)
    found = []
    for n in sizes:
        own = [part for task, part in zip(tasks, parts, strict=True) if task.n == n]
        columns = ("estimate", "low", "high", "improper")
        found.append(Replications(*(np.concatenate([getattr(one, c) for one in own]) for c in columns)))
    return found


def fit_piece(piece: Piece) -> Replications:
    """Draw and fit the samples of one task."""
    rng = np.random.default_rng(piece.seed)
    population = piece.engine.population
    Y = draw(population, piece.n, piece.samples, rng)
    fits = piece.engine.fit(Y, rng) if isinstance(piece.engine, PlsEngine) else piece.engine.fit(Y)
    pairs = list(population.paths)
    steps = [[pairs.index(step) for step in pairwise(c)] for c in population.chains]
    estimate = np.column_stack([fits.paths, *(fits.paths[:, s].prod(axis=1) for s in steps)])
    low, high = _intervals(fits, steps, piece.level)
    low[~fits.good], high[~fits.good] = np.nan, np.nan
    return Replications(estimate, low, high, fits.improper)


def _intervals(fits: Fits, steps: list[list[int]], level: float) -> tuple[np.ndarray, np.ndarray]:
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if fits.draws is not None:
        drawn = np.concatenate(
            [fits.draws, *(fits.draws[:, :, s].prod(axis=2)[:, :, None] for s in steps)], axis=2
        )
        ends = np.full((2, len(drawn), drawn.shape[2]), np.nan)
        for b in np.flatnonzero(fits.good):
            ends[:, b] = np.nanquantile(drawn[b], tails, axis=0)
        return ends[0], ends[1]
    z = float(norm.ppf(tails[1]))
    variance = np.diagonal(fits.cov, axis1=1, axis2=2)
    half = z * np.sqrt(np.where(variance > 0, variance, np.nan))
    low, high = [fits.paths - half], [fits.paths + half]
    normal = np.random.default_rng(0).standard_normal((PRODUCTS, fits.paths.shape[1]))
    normal = np.concatenate([normal, -normal])  # the same draws for every sample
    for s in steps:
        ends = np.full((2, len(fits.paths)), np.nan)
        for b in np.flatnonzero(fits.good):
            root = _root(fits.cov[b][np.ix_(s, s)])
            ends[:, b] = np.quantile((fits.paths[b, s] + normal[:, : len(s)] @ root.T).prod(axis=1), tails)
        low.append(ends[0][:, None])
        high.append(ends[1][:, None])
    return np.hstack(low), np.hstack(high)


def _root(V: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def subjects(population: Population) -> tuple[list[str], np.ndarray]:
    """Every effect's subject and its planted value: paths, then indirect effects."""
    chains: list[tuple[str, ...]] = [*population.paths, *population.chains]
    return ["~".join(reversed(chain)) for chain in chains], np.array([population.effect(c) for c in chains])


def _planted(population: Population) -> pd.DataFrame:
    names, values = subjects(population)
    return tidy_block("planted", names, values)


def _summary(population: Population, found: Replications, n: int) -> list[pd.DataFrame]:
    names, planted = subjects(population)
    at = [f"{name}.{n}" for name in names]
    good = found.good
    est, low, high = found.estimate[good], found.low[good], found.high[good]
    R = len(est)
    counts = {"fitted": R, "failed": len(good) - R, "improper": int(found.improper.sum())}
    rows = [tidy_block(quantity, [str(n)], [value]) for quantity, value in counts.items()]
    if R < 2:
        return rows
    above, below = low > 0, high < 0
    shown = np.where(planted > 0, above, np.where(planted < 0, below, above | below))
    spread = est.std(axis=0, ddof=1)
    error = spread / math.sqrt(R)
    width = high - low
    rows += [share_rows("power", at, shown), share_rows("coverage", at, (low <= planted) & (planted <= high))]
    rows += [
        tidy_block("mean", at, est.mean(axis=0), std_error=error),
        tidy_block("bias", at, est.mean(axis=0) - planted, std_error=error),
        tidy_block("sd", at, spread, std_error=spread / math.sqrt(2 * (R - 1))),
        tidy_block("width", at, width.mean(axis=0), std_error=width.std(axis=0, ddof=1) / math.sqrt(R)),
    ]
    return rows


def share_rows(quantity: str, at: list[str], shown: np.ndarray) -> pd.DataFrame:
    """Shares with Monte Carlo errors and Wilson intervals."""
    R, p = len(shown), shown.mean(axis=0)
    z = float(norm.ppf(0.975))
    middle = (p + z**2 / (2 * R)) / (1 + z**2 / R)
    half = z / (1 + z**2 / R) * np.sqrt(p * (1 - p) / R + z**2 / (4 * R**2))
    return tidy_block(
        quantity, at, p, std_error=np.sqrt(p * (1 - p) / R), ci_low=middle - half, ci_high=middle + half
    )


def _admit(
    population: Population,
    sizes: Sequence[int],
    engine: str,
    estimator: str,
    replications: int,
    resamples: int,
    level: float,
) -> list[int]:
    if engine not in ENGINES:
        raise ModelError(f"engine '{engine}' is not known", hint=", ".join(ENGINES))
    if estimator not in ("ML", "MLR"):
        raise ModelError(f"power by estimator '{estimator}' is not available", hint="ML, MLR")
    if not 0 < level < 1:
        raise ModelError(f"level {level} is not a probability between 0 and 1", hint="0.95")
    if replications < 2 or (engine != "sem" and resamples < 19):
        raise ModelError("too few replications or resamples to count", hint="1000 and 200")
    found = sorted(dict.fromkeys(int(n) for n in sizes))
    if not found:
        raise ModelError("no sample size is given", hint="sizes=(150, 200, 300, 400)")
    least = len(population.items) + 2
    if found[0] < least:
        raise ModelError(
            f"a sample of {found[0]} is too small for {len(population.items)} items", hint=f"{least} or more"
        )
    return found
