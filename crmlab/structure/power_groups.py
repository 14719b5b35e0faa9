"""Could this sample show that a path differs between groups? Power by simulation, and sizes that give it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_block
from crmlab.sem.batch import BatchML, Moments, climb
from crmlab.sem.batch_fiml import Incomplete
from crmlab.sem.population import pose_population
from crmlab.sem.problem import Problem
from crmlab.structure.executor import Progress, run_tasks
from crmlab.structure.population import Population, draw
from crmlab.structure.power import CHUNK, FAILED_SHARE, share_rows
from crmlab.structure.power_fit import LARGE
from crmlab.structure.power_gaps import Gaps, GapsML
from crmlab.study import lavaan


@dataclass(frozen=True, eq=False)
class GroupEngine:
    """The multi-group model with equal loadings, posed on the groups' populations."""

    populations: tuple[Population, ...]
    problem: Problem
    order: np.ndarray
    start: np.ndarray
    metric: np.ndarray

    @classmethod
    def of(cls, populations: tuple[Population, ...]) -> GroupEngine:
        """Pose it on a large sample of each group."""
        first = populations[0]
        frames = [
            pd.DataFrame(draw(one, LARGE, 1, np.random.default_rng(0))[0], columns=one.items)
            for one in populations
        ]
        text = group_text(first)
        mean = [f.mean() for f in frames] if any(one.missing for one in populations) else None
        problem, optimum, order = pose_population(text, [f.cov() for f in frames], mean, ("loadings",))
        K = problem.constraints.basis
        information = K.T @ problem.objective.information(optimum.theta) @ K
        return cls(populations, problem, order, optimum.theta, np.linalg.inv(2 * information))

    def z(self, n: int, samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Differences (B, C, P) of the paths of every two groups and their z, by Wald's test."""
        drawn = [draw(one, n, samples, rng)[:, :, self.order] for one in self.populations]
        model, K, total = self.problem.model, self.problem.constraints.basis, n * len(drawn)
        sample: Moments | Gaps
        objective: BatchML | GapsML
        if any(one.missing for one in self.populations):
            sample, objective = Gaps(tuple(Incomplete.of(X) for X in drawn)), GapsML(model)
        else:
            sample = Moments(*zip(*(_moments(X) for X in drawn), strict=True))
            objective = BatchML(model, np.full(len(drawn), 1 / len(drawn)))
        found = climb(objective, sample, self.start, self.metric, K, total)  # type: ignore[arg-type]
        C = self._contrasts()
        gap = found.theta @ C.reshape(-1, model.q).T
        z = np.full(gap.shape, np.nan)
        for b in np.flatnonzero(found.converged):
            if isinstance(objective, GapsML):
                information = objective.information(found.theta[b], [X[b] for X in drawn])
            else:
                information = self.problem.objective.information(found.theta[b])
            A = C.reshape(-1, model.q) @ K
            variance = np.einsum("cr,rc->c", A, np.linalg.solve(K.T @ information @ K, A.T)) / total
            z[b] = gap[b] / np.sqrt(np.where(variance > 0, variance, np.nan))
        shape = (samples, *C.shape[:2])
        return gap.reshape(shape), z.reshape(shape)

    def _contrasts(self) -> np.ndarray:
        """(C, P, q): path of one group less that of another."""
        model = self.problem.model
        place = {
            (row.group, row.lhs, row.rhs): model.free[k] for k, row in enumerate(model.rows) if row.op == "~"
        }
        pairs = list(combinations(range(1, len(self.populations) + 1), 2))
        out = np.zeros((len(pairs), len(self.populations[0].paths), model.q))
        for c, (g, h) in enumerate(pairs):
            for k, (source, target) in enumerate(self.populations[0].paths):
                out[c, k, place[g, target, source]] += 1
                out[c, k, place[h, target, source]] -= 1
        return out


def _moments(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariances (B, p, p) and means (B, p) of complete samples; the means of the model are theirs."""
    centred = X - X.mean(axis=1, keepdims=True)
    return np.swapaxes(centred, 1, 2) @ centred / X.shape[1], np.zeros(X.shape[::2])


@dataclass(frozen=True, eq=False)
class GroupPiece:
    """One task."""

    engine: GroupEngine
    n: int
    samples: int
    seed: tuple[int, ...]


def group_piece(piece: GroupPiece) -> tuple[np.ndarray, np.ndarray]:
    """Draw and fit the samples of one task."""
    return piece.engine.z(piece.n, piece.samples, np.random.default_rng(piece.seed))


def group_text(population: Population) -> str:
    """The model without labels, so that every group has paths of its own."""
    lines = [lavaan.measurement(population.blocks, population.higher_order)]
    lines += [f"{target} ~ {source}" for source, target in population.paths]
    return "\n".join(lines)


def power_difference(
    populations: Mapping[str, Population],
    sizes: Sequence[int],
    *,
    replications: int = 500,
    seed: int = 0,
    alpha: float = 0.05,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """How often would groups of these sizes show that their paths differ?

    Parameters
    ----------
    populations : group -> what is expected to be true in it; the same constructs, items and paths in all
    sizes : respondents in EACH group
    replications, seed, executor, workers, progress : as in `monte_carlo_power`
    alpha : level of the two-sided test

    Returns
    -------
    Result
        `power:<outcome>~<predictor>.<a>-<b>.<n>` (share of samples whose test of a difference is significant,
        Monte Carlo error, Wilson interval), `planted:<outcome>~<predictor>.<a>-<b>`, `failed:<n>`.

    Raises
    ------
    ModelError
        Fewer than two groups, groups that do not have the same model.

    Notes
    -----
    Maximum likelihood with equal loadings, by full information where cells are missing; Wald's test of the difference of the unstandardised paths, which
    differ as the standardised ones do where the groups' latent variances are equal, as they are here.

    Source
    ------
    Muthén, L. K. & Muthén, B. O. (2002). Structural Equation Modeling 9(4), 599-620.
    """
    first, sizes = _admit(populations, sizes)
    engine = GroupEngine.of(tuple(populations.values()))
    tasks = [
        GroupPiece(engine, n, min(CHUNK, replications - begin), (seed, n, begin))
        for n in sizes
        for begin in range(0, replications, CHUNK)
    ]
    parts = run_tasks(group_piece, tasks, executor=executor, workers=workers, progress=progress)
    pairs = list(combinations(populations, 2))
    names = [f"{t}~{s}.{a}-{b}" for a, b in pairs for s, t in first.paths]
    planted = [populations[a].paths[p] - populations[b].paths[p] for a, b in pairs for p in first.paths]
    blocks, checks = [tidy_block("planted", names, planted)], []
    for n in sizes:
        z = np.concatenate([part[1] for task, part in zip(tasks, parts, strict=True) if task.n == n])
        z = z.reshape(len(z), -1)
        good = np.isfinite(z).all(axis=1)
        lost = int((~good).sum())
        blocks.append(tidy_block("failed", [str(n)], [lost]))
        if good.any():
            shown = np.abs(z[good]) > float(norm.ppf(1 - alpha / 2))
            blocks.append(share_rows("power", [f"{name}.{n}" for name in names], shown))
        rule = f"<= {FAILED_SHARE:.0%} of {replications} samples without a solution"
        checks.append(Check(f"check.power_failed:{n}", lost <= FAILED_SHARE * replications, lost, rule))
    glance = {"replications": replications, "alpha": alpha, "groups": len(populations)}
    source = versions() | {"seed": str(seed)}
    return Result("model.power_difference", pd.concat(blocks), glance, tuple(checks), source)


def size_needed(found: Result, *, power: float = 0.80) -> Result:
    """Which sample size gives every effect the power that is wanted, by a table of simulated power?

    Parameters
    ----------
    found : from `monte_carlo_power` or `power_difference` (there the size of each group)

    Returns
    -------
    Result
        `n:<effect>`, NaN with a failed check where no simulated size reaches the power.

    Notes
    -----
    Powers are made to rise with n (pooling neighbours) and joined by straight lines in sqrt(n); an effect
    whose smallest size is enough gets that size.
    """
    if not 0 < power < 1:
        raise ModelError(f"power {power} is not a probability between 0 and 1", hint="0.80")
    table = found.select("power")["estimate"]
    if table.empty:
        raise ModelError("the result holds no simulated power", hint="monte_carlo_power(...)")
    curves: dict[str, list[tuple[float, float]]] = {}
    for subject, value in table.items():
        effect, _, n = str(subject).rpartition(".")
        curves.setdefault(effect, []).append((float(n), float(value)))
    needed = {effect: _reach(sorted(points), power) for effect, points in curves.items()}
    most = max(n for points in curves.values() for n, _ in points)
    checks = [
        Check(
            f"check.power_reached:{effect}",
            not math.isnan(n),
            max(value for _, value in curves[effect]),
            f">= {power:.2f} at n <= {most:.0f} (Cohen 1988)",
        )
        for effect, n in needed.items()
    ]
    tidy = tidy_block("n", needed, list(needed.values()))
    return Result("model.size_needed", tidy, found.glance | {"power": power}, tuple(checks), found.source)


def _reach(points: list[tuple[float, float]], power: float) -> float:
    from sklearn.isotonic import isotonic_regression

    root = np.sqrt([n for n, _ in points])
    rising = isotonic_regression(np.array([value for _, value in points]))
    if rising[-1] < power:
        return math.nan
    k = int(np.argmax(rising >= power))
    if k == 0:
        return points[0][0]
    step = (power - rising[k - 1]) / (rising[k] - rising[k - 1])
    return float(math.ceil((root[k - 1] + step * (root[k] - root[k - 1])) ** 2 - 1e-9))


def _admit(populations: Mapping[str, Population], sizes: Sequence[int]) -> tuple[Population, list[int]]:
    if len(populations) < 2:
        raise ModelError(f"{len(populations)} group cannot be compared", hint="two groups or more")
    first = next(iter(populations.values()))
    for name, one in populations.items():
        if one.blocks != first.blocks or list(one.paths) != list(first.paths):
            raise ModelError(f"group '{name}' does not have the constructs and paths of the others")
        if one.higher_order != first.higher_order:
            raise ModelError(f"group '{name}' does not have the second-order constructs of the others")
    found = sorted(dict.fromkeys(int(n) for n in sizes))
    least = len(first.items) + 2
    if not found or found[0] < least:
        raise ModelError(
            f"groups of {found[0] if found else 0} are too small for {len(first.items)} items",
            hint=f"{least} or more in each group",
        )
    return first, found
