"""From a unit's budget through its capacity to its customers' relationship: mediation over two levels (2-2-1)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtr

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.resample import counts, interval, spread
from crmlab.enterprise.two_level import two_level
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

FEW = 20


def cascade(
    units: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    cause: str = "mo_budget",
    mediator: str = "bo_capacity",
    outcome: str = "RQ",
    unit: str = "unit",
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 20240101,
) -> Result:
    """How much of a unit's cause reaches its customers through the mediator?

    Parameters
    ----------
    units : one row a unit: its name, the cause and the mediator, which came before the customers' answers
    customers : one row a customer: the unit's name and the outcome
    cause, mediator, outcome, unit : columns
    level, resamples, seed : of the cluster bootstrap over units

    Returns
    -------
    Result
        `path:<mediator>~<cause>` (a), `path:<outcome>~<mediator>` (b), `path:<outcome>~<cause>` (direct),
        `indirect:<outcome>~<mediator>~<cause>` = a b, `total:<outcome>~<cause>`, in the figures' units (se,
        interval, p). `variance_between`, `variance_within` of the outcome in glance.

    Raises
    ------
    ModelError
        Fewer than six units with both figures and customers; the cause or the mediator does not vary, or one is
        the other over again.

    Notes
    -----
    a by least squares over units; b and the direct path by a random-intercept regression (REML). Cause and mediator
    are properties of units, so all of this is between units. Units are drawn with all their customers; the ratio
    of the two variances stays at its estimate, so that a resample is a weighted sum.

    Source
    ------
    Preacher, K. J., Zyphur, M. J. & Zhang, Z. (2010). Psychological Methods 15(3), 209-233.
    """
    what = "cascade"
    names = labels(units, unit, what, unique=True)
    M = figures(units, [cause, mediator], what)
    y = figures(customers, [outcome], what)[:, 0]
    where = np.array(labels(customers, unit, what), dtype=object)
    n, total, square = (np.zeros(len(names)) for _ in range(3))
    for place, name in enumerate(names):
        mine = y[(where == name) & ~np.isnan(y)]
        n[place], total[place], square[place] = (
            len(mine),
            mine.sum(),
            ((mine - mine.mean()) ** 2).sum() if len(mine) else 0,
        )
    used = (n > 0) & ~np.isnan(M).any(axis=1)
    if used.sum() < 6:
        raise ModelError(f"{what}: {int(used.sum())} units have figures and customers, at least 6 are needed")
    n, mean, M, within = n[used], total[used] / n[used], M[used], float(square[used].sum())
    if (
        np.linalg.matrix_rank((M - M.mean(axis=0)) / np.maximum(M.std(axis=0), 1e-300)) < 2
        or (np.ptp(M, axis=0) == 0).any()
    ):
        raise ModelError(f"{what}: '{cause}' or '{mediator}' does not vary, or they are tied")
    order = np.lexsort((mean, *M.T))
    n, mean, M = n[order], mean[order], M[order]
    fit = two_level(n, mean, within, np.column_stack([np.ones(len(n)), M]))
    w = n / (1 + n * fit.between / fit.within) if fit.within > 0 else np.ones(len(n))
    U = len(n)
    value = _effects(M, mean, w, np.ones((1, U)))[0]
    drawn = _effects(M, mean, w, counts(np.random.default_rng(seed), U, resamples))
    low, high = interval(drawn, U, level)
    error = spread(drawn, U)
    terms = [
        ("path", f"{mediator}~{cause}"),
        ("path", f"{outcome}~{mediator}"),
        ("path", f"{outcome}~{cause}"),
        ("indirect", f"{outcome}~{mediator}~{cause}"),
        ("total", f"{outcome}~{cause}"),
    ]
    p = 2 * stdtr(U - 1, -np.abs(value / error))
    tidy = pd.concat(
        tidy_block(kind, [of], [value[k]], std_error=error[k], ci_low=low[k], ci_high=high[k], p_value=p[k])
        for k, (kind, of) in enumerate(terms)
    )
    lost = len(names) - U
    checks = [
        Check("check.panel_units", U >= FEW, U, f">= {FEW} units to draw (Cameron, Gelbach & Miller 2008)")
    ]
    if lost:
        checks.append(Check("check.units_left_out", False, lost, "every unit has all figures"))
    glance = {
        "units": float(U),
        "n": float(n.sum()),
        "variance_between": fit.between,
        "variance_within": fit.within,
        "level": level,
    }
    source = source_of(units[[unit, cause, mediator]], seed=seed)
    return Result("model.cascade", tidy, glance, tuple(checks), source)


def _effects(M: np.ndarray, mean: np.ndarray, w: np.ndarray, W: np.ndarray) -> np.ndarray:
    """a, b, direct, indirect, total for units weighted by W (draws, units): (draws, 5)."""
    X = np.column_stack([np.ones(len(M)), (M - M.mean(axis=0)) / M.std(axis=0)])
    scale = M.std(axis=0)

    def least_squares(A: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
        left = np.einsum("bu,ui,uj->bij", W * weight, A, A)
        right = (W * weight) @ (A * target[:, None])
        good = np.linalg.cond(left) < 1e12
        found = np.full(right.shape, np.nan)
        found[good] = np.linalg.solve(left[good], right[good][:, :, None])[:, :, 0]
        return found

    a = least_squares(X[:, :2], M[:, 1], np.ones(len(M)))[:, 1] / scale[0]
    both = least_squares(X, mean, w)
    direct, b = both[:, 1] / scale[0], both[:, 2] / scale[1]
    return np.column_stack([a, b, direct, a * b, a * b + direct])
