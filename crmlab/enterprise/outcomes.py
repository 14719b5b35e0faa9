"""Do customers of more mature units report better relationships? A two-level regression, honest with few units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations as arrangements

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.levels import Levels
from crmlab.enterprise.two_level import TwoLevel, two_level
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

FEW = 10  # units below which the check of the units fails
ALL = 7  # units up to which every arrangement is tried


def outcome_links(
    customers: pd.DataFrame,
    blocks: Levels | pd.DataFrame,
    *,
    outcome: str = "RQ",
    unit: str = "unit",
    elements: Sequence[str] | None = None,
    together: bool = False,
    level: float = 0.95,
    permutations: int = 2000,
    seed: int = 20240101,
) -> Result:
    """How much higher is the outcome of customers whose unit is one level more mature?

    Parameters
    ----------
    customers : one row a customer: the unit's name and the outcome
    blocks : levels, or a frame of units (index) x elements
    outcome, unit : columns of `customers`
    elements : those to ask about; all that differ between units, if not given
    together : all elements in one regression instead of one at a time
    level, permutations, seed : of the intervals and of the permutation test

    Returns
    -------
    Result
        `path:<outcome>~<element>` per level (se, interval, p by t with units - 1 - elements degrees of freedom),
        `p_permutation:...` (one at a time only), `p_holm:...`, `icc` (share of the outcome's variance between
        units, no element in the model). Elements that are equal in all units are left out with a failed check.

    Raises
    ------
    ModelError
        Fewer units in both tables than elements + 2.

    Notes
    -----
    Random intercept for units, restricted maximum likelihood over the ratio of the two variances. However many
    customers there are, the units are the sample for a unit's property: t takes its degrees of freedom from
    them, and the permutation test moves whole profiles between units (all arrangements up to seven units).

    Source
    ------
    Elff, M., Heisig, J. P., Schaeffer, M. & Shikano, S. (2021). British Journal of Political Science 51(1),
    412-426. Equal to `statsmodels.MixedLM` (REML) in estimates and standard errors.
    """
    what = "link to the outcome"
    table = blocks.table if isinstance(blocks, Levels) else blocks
    y = figures(customers, [outcome], what)[:, 0]
    names = np.array(labels(customers, unit, what), dtype=object)
    asked = list(table.columns if elements is None else elements)
    Z = pd.DataFrame(figures(table, asked, what), index=[str(one) for one in table.index], columns=asked)
    there = [
        name
        for name in dict.fromkeys(names[~np.isnan(y)])
        if name in Z.index and not Z.loc[name].isna().any()
    ]
    used = np.isin(names, there) & ~np.isnan(y)
    asked, flat = _varying(Z.loc[there], asked)
    columns = len(asked) if together else 1
    if not asked or len(there) < columns + 2:
        raise ModelError(
            f"{what}: {len(there)} units have both levels and customers, at least {columns + 2} are needed"
            + ("" if asked else ", and levels that differ"),
            hint="name units alike in both tables; or ask for fewer elements" if asked else "",
        )
    n, mean, within = _by_unit(y[used], names[used], there)
    order = np.lexsort((mean, n))  # draws must not depend on the order of units
    n, mean, X = n[order], mean[order], Z.loc[there].to_numpy(dtype=float)[order]
    X = X[:, [list(Z.columns).index(name) for name in asked]]
    rows = (
        _together(n, mean, within, X, asked, outcome, level)
        if together
        else _apart(n, mean, within, X, asked, outcome, level, permutations, seed)
    )
    null = two_level(n, mean, within, np.ones((len(n), 1)))
    rows.append({"term": "icc", "estimate": null.between / (null.between + null.within)})
    checks = _checks(customers, there, used, flat, table)
    glance = {"n": int(used.sum()), "units": len(there), "df": len(there) - 1 - columns, "level": level}
    source = source_of(pd.DataFrame({unit: names[used], outcome: y[used]}), seed=seed)
    return Result("model.outcome_links", tidy_frame(rows), glance, tuple(checks), source)


def _varying(Z: pd.DataFrame, asked: list[str]) -> tuple[list[str], list[str]]:
    flat = [name for name in asked if len(Z) and np.ptp(Z[name].to_numpy()) <= 1e-12]
    return [name for name in asked if name not in flat], flat


def _by_unit(y: np.ndarray, names: np.ndarray, there: list[str]) -> tuple[np.ndarray, np.ndarray, float]:
    place = np.array([there.index(name) for name in names])
    n = np.bincount(place, minlength=len(there)).astype(float)
    mean = np.bincount(place, weights=y, minlength=len(there)) / n
    return n, mean, float(((y - mean[place]) ** 2).sum())


def _row(outcome: str, name: str, fit: TwoLevel, at: int, level: float) -> dict[str, object]:
    error = math.sqrt(fit.covariance[at, at])
    reach = float(stdtrit(fit.df, (1 + level) / 2)) * error
    p = 2 * float(stdtr(fit.df, -abs(fit.beta[at] / error))) if error > 0 else math.nan
    return {
        "term": f"path:{outcome}~{name}",
        "estimate": fit.beta[at],
        "std_error": error,
        "ci_low": fit.beta[at] - reach,
        "ci_high": fit.beta[at] + reach,
        "p_value": p,
    }


def _together(
    n: np.ndarray,
    mean: np.ndarray,
    within: float,
    X: np.ndarray,
    asked: list[str],
    outcome: str,
    level: float,
) -> list[dict[str, object]]:
    design = np.column_stack([np.ones(len(n)), X])
    if (
        np.linalg.matrix_rank(design - design.mean(axis=0) * (np.arange(design.shape[1]) > 0))
        < design.shape[1]
    ):
        raise ModelError(
            f"link to the outcome: {', '.join(asked)} are tied over {len(n)} units", hint="ask one at a time"
        )
    fit = two_level(n, mean, within, design)
    rows = [_row(outcome, name, fit, at, level) for at, name in enumerate(asked, 1)]
    return rows + _holm(rows, asked, outcome)


def _apart(
    n: np.ndarray,
    mean: np.ndarray,
    within: float,
    X: np.ndarray,
    asked: list[str],
    outcome: str,
    level: float,
    permutations: int,
    seed: int,
) -> list[dict[str, object]]:
    U = len(n)
    null = two_level(n, mean, within, np.ones((U, 1)))
    w = n / (1 + n * null.between / null.within) if null.within > 0 else n
    orders = np.array(list(arrangements(range(U)))) if U <= ALL else _orders(U, permutations, seed)
    rows, extra = [], []
    for at, name in enumerate(asked):
        fit = two_level(n, mean, within, np.column_stack([np.ones(U), X[:, at]]))
        rows.append(_row(outcome, name, fit, 1, level))
        found, drawn = _slopes(mean, X[None, :, at], w)[0], _slopes(mean, X[orders, at], w)
        hits = int((np.abs(drawn) >= abs(found) - 1e-12).sum())
        p = hits / len(orders) if U <= ALL else (hits + 1) / (len(orders) + 1)
        extra.append({"term": f"p_permutation:{outcome}~{name}", "estimate": p})
    return rows + extra + _holm(rows, asked, outcome)


def _orders(U: int, permutations: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(U), (permutations, 1)), axis=1)


def _slopes(y: np.ndarray, X: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted correlations of y (U,) with each row of X (B, U)."""
    share = w / w.sum()
    dy = y - share @ y
    dX = X - (X @ share)[:, None]
    return (dX * dy) @ share / np.sqrt(((dX**2) @ share) * float(share @ dy**2))


def _holm(rows: list[dict[str, object]], asked: list[str], outcome: str) -> list[dict[str, object]]:
    p = np.array([float(str(row["p_value"])) for row in rows])
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return [
        {"term": f"p_holm:{outcome}~{name}", "estimate": value}
        for name, value in zip(asked, adjusted, strict=True)
    ]


def _checks(
    customers: pd.DataFrame,
    there: list[str],
    used: np.ndarray,
    flat: list[str],
    table: pd.DataFrame,
) -> list[Check]:
    rule = f">= {FEW} units: with fewer, only large links can be seen (Elff et al. 2021)"
    found = [Check("check.few_units", len(there) >= FEW, len(there), rule)]
    lost = len(customers) - int(used.sum())
    if lost:
        rule = "customers without an outcome, or of a unit without levels, left out"
        found.append(Check("check.customers_left_out", lost <= 0.05 * len(customers), lost, rule))
    for unit in [str(one) for one in table.index if str(one) not in there]:
        found.append(
            Check(f"check.unit_without_customers:{unit}", False, 0, "levels and customers of each unit")
        )
    found += [
        Check(f"check.same_level:{name}", False, 0, "levels that differ between units") for name in flat
    ]
    return found
