"""Necessary conditions: what level of a block must be there before a level of the outcome is possible?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures
from crmlab.errors import ModelError
from crmlab.pls.nca import SMALL, ceiling_of, effect_sizes, needed
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

ALPHA = 0.05
CEILINGS = ("ce_fdh", "cr_fdh")
ENOUGH = 20


def necessary_conditions(
    frame: pd.DataFrame,
    outcome: str,
    conditions: Sequence[str],
    *,
    ceiling: str = "ce_fdh",
    steps: int = 10,
    permutations: int = 1000,
    seed: int = 20240101,
) -> Result:
    """Which conditions are necessary for the outcome, and how much of each for how much of it?

    Parameters
    ----------
    frame : one row a unit: the outcome and its conditions as numbers; rows with a blank are left out
    outcome, conditions : columns
    ceiling : "ce_fdh" (step function) or "cr_fdh" (line through its peaks) for the bottleneck table
    steps : of the bottleneck table, from 0 to 100 % of the outcome's observed range
    permutations, seed : of the test that the empty corner is there by chance

    Returns
    -------
    Result
        `ce_fdh:<outcome>~<condition>`, `cr_fdh:...` effect sizes d (p by permutation), `necessary:...` 1 if
        d >= 0.1 and p <= .05 by the chosen ceiling, and the bottleneck table
        `needed:<outcome>~<condition>.<percent>`: the condition's level that this percent of the outcome's range
        needs, NaN where none does.

    Raises
    ------
    ModelError
        Fewer than four complete rows, or a column without variance.

    Notes
    -----
    d = area above the ceiling / area of the observed rectangle. Conditions are permuted against the outcome
    together, p = (1 + number at least as large) / (1 + permutations).

    Source
    ------
    Dul, J. (2016). Organizational Research Methods 19(1), 10-52. Dul, J., van der Laan, E. & Kuik, R. (2020).
    Organizational Research Methods 23(2), 385-395 (test).
    """
    what = "necessary conditions"
    if ceiling not in CEILINGS or steps < 1 or permutations < 0 or not conditions:
        raise ModelError(
            f"{what}: ceiling '{ceiling}', {steps} steps, {permutations} permutations", hint=str(CEILINGS)
        )
    names = [outcome, *conditions]
    X = figures(frame, names, what)
    whole = X[~np.isnan(X).any(axis=1)]
    if len(whole) < 4:
        raise ModelError(f"{what}: {len(whole)} rows are complete, at least 4 are needed")
    flat = np.flatnonzero(np.ptp(whole, axis=0) == 0)
    if flat.size:
        raise ModelError(f"{what}: '{names[flat[0]]}' is the same in all rows, so it limits nothing")
    whole = whole[np.lexsort(whole.T[::-1])]  # draws must not depend on the order of rows
    y = whole[:, 0]
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(y)) for _ in range(permutations)]
    percent = np.linspace(0, 100, steps + 1)
    wanted = y.min() + percent / 100 * np.ptp(y)
    rows: list[dict[str, object]] = []
    for place, condition in enumerate(conditions, 1):
        x, subject = whole[:, place], f"{outcome}~{condition}"
        found = np.array(effect_sizes(x, y))
        drawn = np.array([effect_sizes(x, y[order]) for order in orders]).reshape(-1, 2)
        p = (
            ((drawn >= found - 1e-12).sum(axis=0) + 1) / (len(drawn) + 1)
            if permutations
            else np.full(2, np.nan)
        )
        for k, name in enumerate(CEILINGS):
            rows.append({"term": f"{name}:{subject}", "estimate": found[k], "p_value": p[k]})
        k = CEILINGS.index(ceiling)
        rows.append({"term": f"necessary:{subject}", "estimate": found[k] >= SMALL and not p[k] > ALPHA})
        need = needed(ceiling_of(x, y), wanted, ceiling, float(x.max()))
        need = np.where(need <= x.min() + 1e-12, np.nan, need)
        rows += [
            {"term": f"needed:{subject}.{at:g}", "estimate": value}
            for at, value in zip(percent, need, strict=True)
        ]
    rule = f">= {ENOUGH} units: an empty corner of few points may be chance (Dul 2016)"
    checks = [Check("check.nca_units", len(y) >= ENOUGH, len(y), rule)]
    if len(y) < len(X):
        checks.append(Check("check.units_left_out", False, len(X) - len(y), "every unit has all figures"))
    glance = {"n": float(len(y)), "permutations": float(permutations), "steps": float(steps)}
    return Result(
        "model.necessary", tidy_frame(rows), glance, tuple(checks), source_of(frame[names], seed=seed)
    )
