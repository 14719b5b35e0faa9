"""Fit many resamples of a fitted model: in batches where moments suffice, else one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem.batch import BatchML, Climbed, Moments, climb, moments, products
from crmlab.sem.constraints import named
from crmlab.sem.data import Data, prepare
from crmlab.sem.objective import NormalML
from crmlab.sem.optimise import Optimum, minimise
from crmlab.sem.problem import Problem, pose
from crmlab.sem.sample import Admitted, Sample

CHUNK = 250  # resamples at a time; fixed, so that the numbers depend on neither memory nor cores


def fit_resamples(
    problem: Problem, optimum: Optimum, rows: list[np.ndarray], drawn: list[list[np.ndarray]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """theta (B, q), chi-square (B,) and exogenous moments (B, e); NaN where a resample could not be fitted.

    `drawn` holds for each resample and group the positions of the rows drawn from `rows`.
    """
    if _batched(problem):
        return _together(problem, optimum, rows, _counts(drawn, rows))
    return _one_by_one(problem, optimum, drawn)


def _batched(problem: Problem) -> bool:
    simple = not problem.constraints.nonlinear and not problem.constraints.bounds
    plain = not problem.estimator.wishart or len(problem.data.groups) == 1
    return (
        isinstance(problem.objective, NormalML)
        and problem.estimator.missing == "listwise"
        and simple
        and plain
    )


def bollen_stine_rows(problem: Problem, optimum: Optimum) -> list[np.ndarray]:
    """The data, turned and stretched until the model holds exactly."""
    found = []
    values = problem.model.values(optimum.theta)
    for g, group in enumerate(problem.data.groups):
        state = problem.model.state(values, g)
        X = group.Y - group.Y.mean(axis=0)
        back = np.linalg.solve(np.linalg.cholesky(group.cov), X.T)
        centre = state.mean if problem.means else group.mean
        found.append((np.linalg.cholesky(state.cov) @ back).T + centre)
    return found


def _counts(drawn: list[list[np.ndarray]], rows: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """How often each row stands in each resample, CHUNK resamples at a time."""
    for begin in range(0, len(drawn), CHUNK):
        part = drawn[begin : begin + CHUNK]
        yield [
            np.stack([np.bincount(one[g], minlength=len(Y)) for one in part]).astype(float)
            for g, Y in enumerate(rows)
        ]


def _together(
    problem: Problem,
    optimum: Optimum,
    rows: list[np.ndarray],
    counts: Iterator[list[np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """theta (B, q), chi-square (B,), exogenous moments (B, e): all resamples in chunks on all cores."""
    tables = [products(Y) for Y in rows]
    K = problem.constraints.basis
    H = np.linalg.inv(2 * K.T @ problem.objective.information(optimum.theta) @ K)
    place = {name: k for k, name in enumerate(problem.model.observed)}
    exo = tuple(
        (k, row.group - 1, place[row.lhs], -1 if row.op == "~1" else place[row.rhs])
        for k, row in enumerate(problem.model.rows)
        if row.exo
    )
    objective = BatchML(problem.model, problem.data.weight, exo)

    def one(part: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pairs = [
            moments(table, c, Y.mean(axis=0), problem.estimator.wishart)
            for table, c, Y in zip(tables, part, rows, strict=True)
        ]
        sample = Moments(tuple(S for S, _ in pairs), tuple(m for _, m in pairs))
        found = climb(objective, sample, optimum.theta, H, K, problem.n)
        return (*_finish(problem, found, sample), _exo(exo, sample))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        parts = list(pool.map(one, counts))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


def _finish(problem: Problem, found: Climbed, sample: Moments) -> tuple[np.ndarray, np.ndarray]:
    theta = np.where(found.converged[:, None], found.theta, np.nan)
    top = np.zeros(len(theta))
    for w, S in zip(problem.data.weight, sample.cov, strict=True):
        sign, logdet = np.linalg.slogdet(S)
        top += w * (np.where(sign > 0, logdet, np.nan) + problem.model.p)
    return theta, np.where(found.converged, problem.data.parts.sum() * (found.value - top), np.nan)


def _exo(exo: tuple[tuple[int, int, int, int], ...], sample: Moments) -> np.ndarray:
    columns = [sample.mean[g][:, i] if j < 0 else sample.cov[g][:, i, j] for _, g, i, j in exo]
    return np.column_stack(columns) if columns else np.empty((len(sample.cov[0]), 0))


def _one_by_one(
    problem: Problem, optimum: Optimum, drawn: list[list[np.ndarray]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for estimators that need more than two moments: each resample is prepared and fitted anew."""
    theta, chisq, exo = [], [], []
    rows = [k for k, row in enumerate(problem.model.rows) if row.exo]
    for one in drawn:
        again = _again(problem, one)
        found = None if again is None else minimise(again.objective, optimum.theta, again.constraints)
        if again is None or found is None or not found.converged:
            theta.append(np.full(problem.model.q, np.nan))
            chisq.append(np.nan)
            exo.append(np.full(len(rows), np.nan))
            continue
        theta.append(found.theta)
        chisq.append(again.chisq(found.theta, found.value))
        exo.append(again.model.fixed[rows])
    return np.array(theta), np.array(chisq), np.array(exo)


def _again(problem: Problem, drawn: list[np.ndarray]) -> Problem | None:
    """The problem with resampled rows; None where they carry no moments (an empty category, say)."""
    names = problem.model.observed
    samples = tuple(
        Sample(str(g + 1), group.Y[rows], pd.RangeIndex(len(rows)), names)
        for g, (group, rows) in enumerate(zip(problem.data.groups, drawn, strict=True))
    )
    levels = {
        name: codes
        for group in problem.data.groups[:1]
        if group.ordinal is not None
        for name, codes in zip(problem.model.table.ordered, group.ordinal.categories, strict=True)
    }
    admitted = Admitted(samples, 0, levels, pd.DataFrame(), ())
    try:
        data: Data = prepare(admitted, problem.model.table.roles.exogenous, problem.estimator)
        return pose(problem.model, data, problem.estimator)
    except (ModelError, np.linalg.LinAlgError):
        return None


def parameters(problem: Problem, theta: np.ndarray, exo: np.ndarray) -> np.ndarray:
    """(B, k) rows and defined parameters of every resample."""
    rows = [k for k, row in enumerate(problem.model.rows) if row.exo]
    if problem.estimator.ordinal:
        values = np.array(
            [
                problem.values(t) if np.isfinite(t).all() else np.full(len(problem.model.rows), np.nan)
                for t in theta
            ]
        )
    else:
        values = problem.model.values(theta)
    if rows:
        values[:, rows] = exo
    values[np.isnan(theta).any(axis=1)] = np.nan
    lines = [c.lhs.text for c in problem.model.table.constraints if c.op == ":="]
    found = named(problem.model, values.T) if lines else {}
    return np.column_stack([values, *(np.real(found[line]) for line in lines)])


def jackknife(problem: Problem, optimum: Optimum) -> np.ndarray:
    """(n, k) parameters with each row left out once."""
    if not _batched(problem):
        return _jackknife_slow(problem, optimum)
    rows = [group.Y for group in problem.data.groups]

    def parts() -> Iterator[list[np.ndarray]]:
        for g, Y in enumerate(rows):
            for begin in range(0, len(Y), CHUNK):
                size = min(CHUNK, len(Y) - begin)
                counts = [np.ones((size, len(other))) for other in rows]
                counts[g][np.arange(size), begin + np.arange(size)] = 0.0
                yield counts

    theta, _, exo = _together(problem, optimum, rows, parts())
    return parameters(problem, theta, exo)


def _jackknife_slow(problem: Problem, optimum: Optimum) -> np.ndarray:
    whole = [np.arange(len(group.Y)) for group in problem.data.groups]
    drawn = [
        [np.delete(rows, i) if h == g else rows for h, rows in enumerate(whole)]
        for g, own in enumerate(whole)
        for i in own
    ]
    theta, _, exo = _one_by_one(problem, optimum, drawn)
    return parameters(problem, theta, exo)
