"""Standard errors, intervals and p from resampled values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

FAILED_SHARE = 0.01  # of resamples without a solution, or without a value of one quantity
CONSTANT = 1e-10  # a quantity that varies by less is fixed by the model
INTERVALS = ("percentile", "bc", "bca", "studentized")


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """What an interval needs beside the draws of Q quantities.

    Attributes
    ----------
    estimate : (Q,) in the full sample
    acceleration : (Q,) for "bca"; 0 for "bc"
    inner : (Q, B) standard error within each resample, for "studentized"
    """

    estimate: np.ndarray
    acceleration: np.ndarray | None = None
    inner: np.ndarray | None = None

    def take(self, rows: np.ndarray, columns: np.ndarray) -> Centre:
        """The same for some quantities and resamples."""
        a, s = self.acceleration, self.inner
        return Centre(
            self.estimate[rows],
            None if a is None else a[rows],
            None if s is None else s[np.ix_(rows, columns)],
        )


def summary(draws: np.ndarray, level: float, centre: Centre | None = None) -> dict[str, np.ndarray]:
    """Standard error, interval and two-sided p of each row of draws (Q, B); percentile without a centre.

    Columns that are NaN throughout (failed resamples) are left out. A row that is undefined (NaN) in more
    than 1 % of the rest gets no interval; nor does one that never varies (the loading of a single item).
    """
    out = {key: np.full(len(draws), np.nan) for key in ("std_error", "ci_low", "ci_high", "p_value")}
    if np.isinf(draws).any():  # f2 where a consistent R2 reaches 1
        draws = np.where(np.isinf(draws), np.nan, draws)
    used = np.flatnonzero(~np.isnan(draws).all(axis=0))
    if used.size < 2:
        return out
    draws = draws[:, used]
    holes = np.isnan(draws)
    whole = np.flatnonzero(~holes.any(axis=1))
    groups = [(whole, np.arange(used.size))]
    some = holes.any(axis=1) & (holes.mean(axis=1) <= FAILED_SHARE)
    groups += [(np.array([row]), np.flatnonzero(~holes[row])) for row in np.flatnonzero(some)]
    for rows, columns in groups:
        values = draws[rows] if columns.size == used.size else draws[np.ix_(rows, columns)]
        varies = np.ptp(values, axis=1) > CONSTANT if rows.size else np.zeros(0, dtype=bool)
        rows, values = rows[varies], values if varies.all() else values[varies]
        if not rows.size:
            continue
        out["std_error"][rows] = values.std(axis=1, ddof=1)
        beyond = np.minimum((values <= 0).sum(axis=1), (values >= 0).sum(axis=1))
        out["p_value"][rows] = np.minimum(1.0, 2 * (beyond + 1) / (values.shape[1] + 1))
        chosen = None if centre is None else centre.take(rows, used[columns])
        out["ci_low"][rows], out["ci_high"][rows] = _ends(values, level, out["std_error"][rows], chosen)
    return out


def _ends(
    values: np.ndarray, level: float, error: np.ndarray, centre: Centre | None
) -> tuple[np.ndarray, np.ndarray]:
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if centre is None:
        low, high = np.quantile(values, tails, axis=1)
        return low, high
    if centre.inner is not None:
        return _studentized(values, tails, error, centre)
    return _corrected(values, tails, centre)


def _corrected(values: np.ndarray, tails: np.ndarray, centre: Centre) -> tuple[np.ndarray, np.ndarray]:
    """Bias-corrected (acceleration 0) and accelerated quantiles.

    z0 = Phi^-1(share of draws below the estimate, ties half); the quantile at probability q is taken at
    Phi(z0 + (z0 + z) / (1 - a (z0 + z))) with z = Phi^-1(q).

    Source
    ------
    Efron, B. (1987). JASA 82, 171-185; Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 14.
    """
    B, at = values.shape[1], centre.estimate[:, None]
    share = ((values < at).sum(axis=1) + 0.5 * (values == at).sum(axis=1)) / B
    z0 = ndtri(np.clip(share, 1 / (B + 1), B / (B + 1)))[:, None]
    a = 0.0 if centre.acceleration is None else centre.acceleration[:, None]
    moved = z0 + ndtri(tails)
    where = ndtr(z0 + moved / (1 - a * moved)) * (B - 1)
    ordered = np.sort(values, axis=1)
    missing = np.isnan(where)
    below = np.where(missing, 0, np.floor(where)).astype(int)
    row = np.arange(len(values))[:, None]
    ends = ordered[row, below]
    ends = ends + (where - below) * (ordered[row, np.minimum(below + 1, B - 1)] - ends)
    return ends[:, 0], ends[:, 1]


def _studentized(
    values: np.ndarray, tails: np.ndarray, error: np.ndarray, centre: Centre
) -> tuple[np.ndarray, np.ndarray]:
    """estimate - se * quantiles of (draw - estimate) / (standard error within the resample), ends swapped.

    Source
    ------
    Davison, A. C. & Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 5.2.1.
    """
    assert centre.inner is not None  # the caller has looked
    inner = np.where(centre.inner > CONSTANT, centre.inner, np.nan)
    t = (values - centre.estimate[:, None]) / inner
    low, high = np.nanquantile(t, tails[::-1], axis=1)
    return centre.estimate - error * low, centre.estimate - error * high


def acceleration(left_out: np.ndarray) -> np.ndarray:
    """(Q,) from estimates with one row left out, (Q, n): sum d^3 / (6 (sum d^2)^1.5), d = mean - value.

    0 for a quantity that the rows do not move. Estimates that could not be had (NaN) are passed over.
    """
    known = ~np.isnan(left_out)
    count = np.maximum(known.sum(axis=1), 1)
    values = np.where(known, left_out, 0.0)
    d = np.where(known, (values.sum(axis=1) / count)[:, None] - values, 0.0)
    square = (d**2).sum(axis=1)
    moves = square > CONSTANT**2
    return np.where(moves, (d**3).sum(axis=1) / (6 * np.where(moves, square, 1.0) ** 1.5), 0.0)
