"""Moments of panel equations with predetermined causes, unit by unit, so that a resample is a weighted sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """One outcome and its causes, transformed.

    Attributes
    ----------
    outcome, causes : nodes
    outcome_at, causes_at : their places in the grid
    y : (units, periods) transformed outcome, 0 where there is none
    X, Z : (units, periods, columns) transformed causes and dummies, and their instruments, 0 where there are none
    rows : (units,) observations used of each unit
    """

    outcome: str
    causes: tuple[str, ...]
    outcome_at: int
    causes_at: tuple[int, ...]
    y: np.ndarray
    X: np.ndarray
    Z: np.ndarray
    rows: np.ndarray


def equation(
    grid: np.ndarray, nodes: list[str], lags: Mapping[str, int], outcome: str, effects: str, periods: bool
) -> Equation:
    """The equation of one outcome from a grid (units, periods, nodes).

    "pooled": all as it is, with a constant (and dummies of periods) that are their own instruments. "fixed":
    forward orthogonal deviations of outcome, causes and dummies; see `known_part` for the causes' instruments.
    """
    causes = [
        (path.split("~")[1].strip(), lag)
        for path, lag in lags.items()
        if path.split("~")[0].strip() == outcome
    ]
    at = tuple(nodes.index(cause) for cause, _ in causes)
    y = grid[:, :, nodes.index(outcome)]
    X = np.stack(
        [_lagged(grid[:, :, place], lag) for place, (_, lag) in zip(at, causes, strict=True)], axis=2
    )
    there = np.isfinite(y) & np.isfinite(X).all(axis=2)
    D = _dummies(there, periods, constant=effects == "pooled")
    y, X = np.where(there, y, 0.0), np.where(there[:, :, None], X, 0.0)
    # means go first: forward deviations remove them anyway, and large figures keep their digits
    y = np.where(there, y - y.sum() / there.sum(), 0.0)
    X = np.where(there[:, :, None], X - X.sum(axis=(0, 1)) / there.sum(), 0.0)
    if effects == "fixed":
        parts = [
            known_part(_centred(grid[:, :, place], periods), lag, there)
            for place, (_, lag) in zip(at, causes, strict=True)
        ]
        y, *rest = forward(np.dstack([y[:, :, None], X, D]), there)
        full = np.dstack([one[:, :, None] for one in rest]) if rest else np.zeros((*y.shape, 0))
        X, D = full[:, :, : len(causes)], full[:, :, len(causes) :]
        last = there & (np.cumsum(there[:, ::-1], axis=1)[:, ::-1] == 1)
        there = there & ~last
        Z = np.dstack([np.where(there[:, :, None], np.dstack(parts), 0.0), D])
    else:
        Z = np.dstack([X, D])
    names = tuple(cause for cause, _ in causes)
    return Equation(outcome, names, nodes.index(outcome), at, y, np.dstack([X, D]), Z, there.sum(axis=1))


def forward(values: np.ndarray, there: np.ndarray) -> list[np.ndarray]:
    """Forward orthogonal deviations: c_k (v - mean of the unit's later values), c_k^2 = k / (k + 1), k how many.

    Parameters
    ----------
    values : (units, periods, columns), 0 where there is none
    there : (units, periods); gaps are stepped over, the last observation of a unit becomes 0

    Returns
    -------
    list of (units, periods), one a column

    Source
    ------
    Arellano, M. & Bover, O. (1995). Journal of Econometrics 68(1), 29-51, eq. (15).
    """
    held = there[:, :, None] * values
    after = np.cumsum(held[:, ::-1], axis=1)[:, ::-1] - held
    k = (np.cumsum(there[:, ::-1], axis=1)[:, ::-1] - there)[:, :, None].astype(float)
    c = np.sqrt(k / (k + 1))
    out = np.where(there[:, :, None] & (k > 0), c * (held - after / np.maximum(k, 1)), 0.0)
    return [out[:, :, place] for place in range(out.shape[2])]


def known_part(series: np.ndarray, lag: int, there: np.ndarray) -> np.ndarray:
    """Instrument of a cause: its value less what is known by then of the unit's lasting level.

    The level of a unit given its first k values is their mean, drawn to the mean of all by k b / (k b + w), b the
    variance between units and w within them. If units do not differ (b = 0) the value itself is the instrument;
    if they differ much, its deviation from the unit's mean so far. Neither looks ahead of the cause.

    Parameters
    ----------
    series : (units, periods) the cause, of mean 0, NaN where there is none
    lag : periods by which it precedes the outcome
    there : (units, periods) where the equation has an observation
    """
    seen = np.isfinite(series)
    x = np.where(seen, series, 0.0)
    k = np.cumsum(seen, axis=1)
    so_far = np.cumsum(x, axis=1) / np.maximum(k, 1)
    b, w = _components(x, seen)
    level = so_far * (k * b / (k * b + w) if b > 0 else 0.0)
    left = (np.cumsum(there[:, ::-1], axis=1)[:, ::-1] - there).astype(float)
    relevance = np.sqrt(left / (left + 1))  # later values are fewer near the end
    return relevance * np.where(there, _lagged(np.where(seen, x - level, np.nan), lag, fill=0.0), 0.0)


def moments(one: Equation) -> tuple[np.ndarray, np.ndarray]:
    """Sums over each unit's periods of Z'X (units, c, c) and Z'y (units, c)."""
    return np.einsum("utz,utx->uzx", one.Z, one.X), np.einsum("utz,ut->uz", one.Z, one.y)


def solve(Szx: np.ndarray, Szy: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Coefficients (draws, c) of the units weighted by W (draws, units); NaN where they cannot be told."""
    units, c, _ = Szx.shape
    A, b = (W @ Szx.reshape(units, -1)).reshape(-1, c, c), W @ Szy
    size = np.sqrt(np.abs(np.einsum("bii->bi", A)).max(axis=0))
    size = np.where(size > 0, size, 1.0)
    A, b = A / np.outer(size, size), b / size
    good = np.linalg.cond(A) < 1e10
    found = np.full(b.shape, np.nan)
    found[good] = np.linalg.solve(A[good], b[good][:, :, None])[:, :, 0]
    return found / size


def _centred(series: np.ndarray, periods: bool) -> np.ndarray:
    """Less its mean, or less the mean of each period, which takes off what moves all units alike."""
    seen = np.isfinite(series)
    plain = np.where(seen, series, 0.0)
    n = seen.sum(axis=0) if periods else seen.sum()
    return series - plain.sum(axis=0 if periods else None) / np.maximum(n, 1)


def _lagged(series: np.ndarray, lag: int, fill: float = np.nan) -> np.ndarray:
    """Each value `lag` periods later."""
    if lag == 0:
        return series
    out = np.full(series.shape, fill)
    if lag < series.shape[1]:
        out[:, lag:] = series[:, :-lag]
    return out


def _dummies(there: np.ndarray, periods: bool, constant: bool) -> np.ndarray:
    """(units, periods, columns): a constant, and one column for each used period but the first."""
    used = np.flatnonzero(there.any(axis=0))
    columns = [there.astype(float)] if constant else []
    if periods:
        # the first used period goes into the constant, or is swept out with the units' levels
        columns += [there * (np.arange(there.shape[1]) == t) for t in used[1:]]
    return np.dstack(columns).astype(float) if columns else np.zeros((*there.shape, 0))


def _components(x: np.ndarray, seen: np.ndarray) -> tuple[float, float]:
    """Variance between and within units by analysis of variance; between is not below 0."""
    k = seen.sum(axis=1)
    some = k > 0
    mean = x.sum(axis=1) / np.maximum(k, 1)
    df = int((k[some] - 1).sum())
    w = float((np.where(seen, x - mean[:, None], 0.0) ** 2).sum()) / df if df > 0 else 0.0
    if some.sum() < 2:
        return 0.0, w
    b = float(mean[some].var(ddof=1)) - w * float((1 / k[some]).mean())
    return max(b, 0.0), w
