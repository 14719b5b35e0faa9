"""The CRM strategy model as eight gates from top to bottom: what is passed, what is out of order, what is wasted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlab.enterprise.levels import Levels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.study.maturity import HIGHEST, LOWEST, elements_of

THRESHOLD = 3.0  # "defined": a gate below is not yet laid down
TOUCH = 1e-9  # levels are means of whole numbers: differences below are rounding


def gates(
    levels: Levels | pd.DataFrame | Mapping[str, float] | Sequence[float],
    *,
    model: str = "crm_strategy",
    threshold: float = THRESHOLD,
    least: float = 0.0,
) -> Result:
    """Which gates are passed, in what order, and what stands behind a closed one?

    Parameters
    ----------
    levels : levels with their draws; or a frame of units x gates; or gate -> level; or levels from top to bottom.
        Gates stand in their order from top to bottom
    model : whose elements are the gates, where several models have been rated
    threshold : level from which a gate counts as passed
    least : smallest lead of a later gate over an earlier one that counts as an inversion (any lead, if 0)

    Returns
    -------
    Result
        For each unit: `passed:<gate>.<unit>` 1 or 0, `next_level:<gate>.<unit>` the level a closed gate
        has to reach next, `gates_passed:<unit>` how many, `gates_in_order:<unit>` how
        many before the first closed gate, `bottleneck:<unit>` the place of that gate (NaN if all are passed),
        `inversions:<unit>` the number of pairs with a later gate above an earlier one, `inversion:<later>~<earlier>.<unit>`
        its lead, `wasted:<gate>.<unit>` and `wasted_total:<unit>` levels standing behind a closed gate.
        With draws: `passed_share:<gate>.<unit>` the share of rater resamples in which the gate is passed, and the
        interval-free `inversion_share:<later>~<earlier>.<unit>`.

    Notes
    -----
    inversions = #{i < j : level_j > level_i}. A closed gate caps every later one: gate j wastes
    max(0, level_j - min of the closed earlier gates' levels). Gates without a level are neither passed nor closed.

    Examples
    --------
    >>> gates([2, 2, 2, 2, 2, 2, 5, 2])["inversions:all"]
    6.0
    """
    table, draws, source = _admit(levels, model)
    if not LOWEST <= threshold <= HIGHEST or least < 0:
        raise ModelError(f"gates: threshold {threshold:g}, least lead {least:g}", hint="a level from 1 to 5")
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    for place, unit in enumerate(table.index):
        if table.loc[unit].isna().all():
            checks.append(Check(f"check.not_rated:{unit}", False, 0, "a level in at least one gate"))
            continue
        drawn = draws[:, place] if draws is not None else None
        found, failed = _unit(
            table.loc[unit].to_numpy(dtype=float), list(table.columns), str(unit), threshold, least, drawn
        )
        rows += found
        checks += failed
    glance = {"units": len(table), "threshold": threshold, "least": least}
    return Result("model.gates", tidy_frame(rows), glance, tuple(checks), source)


def inversions(levels: np.ndarray, least: float = 0.0) -> list[tuple[int, int]]:
    """(earlier, later) places where the later level is higher, by `least` or more; NaN is never higher.

    Examples
    --------
    >>> inversions(np.array([2.0, 3.0, 1.0]))
    [(0, 1)]
    """
    lead = levels[None, :] - levels[:, None]
    out = np.triu(lead > TOUCH, 1) & (lead >= least - TOUCH)
    return [(int(i), int(j)) for i, j in np.argwhere(out)]


def wasted(levels: np.ndarray, threshold: float) -> np.ndarray:
    """Levels above the lowest closed gate that stands earlier, (gates,)."""
    closed = np.where(levels < threshold - TOUCH, levels, np.inf)
    cap = np.minimum.accumulate(np.append(np.inf, closed[:-1]))
    return np.where(np.isnan(levels), 0.0, np.maximum(0.0, np.nan_to_num(levels) - cap))


def _unit(
    x: np.ndarray, names: list[str], unit: str, threshold: float, least: float, drawn: np.ndarray | None
) -> tuple[list[dict[str, object]], list[Check]]:
    rated = ~np.isnan(x)
    passed = rated & (x >= threshold - TOUCH)
    closed = np.flatnonzero(rated & ~passed)
    first = int(closed[0]) if closed.size else None
    known = drawn is not None and np.isfinite(drawn).any()
    rows: list[dict[str, object]] = []
    for g, name in enumerate(names):
        if rated[g]:
            rows.append({"term": f"passed:{name}.{unit}", "estimate": passed[g]})
            if not passed[g]:
                rows.append({"term": f"next_level:{name}.{unit}", "estimate": np.floor(x[g] + TOUCH) + 1})
            if known and drawn is not None:
                share = float((drawn[:, g] >= threshold - TOUCH).mean())
                rows.append({"term": f"passed_share:{name}.{unit}", "estimate": share})
    in_order = int(passed[: len(names) if first is None else first].sum())
    rows += [
        {"term": f"gates_passed:{unit}", "estimate": int(passed.sum())},
        {"term": f"gates_in_order:{unit}", "estimate": in_order},
        {"term": f"bottleneck:{unit}", "estimate": np.nan if first is None else first + 1},
    ]
    pairs = inversions(x, least)
    rows.append({"term": f"inversions:{unit}", "estimate": len(pairs)})
    for i, j in pairs:
        subject = f"{names[j]}~{names[i]}.{unit}"
        rows.append({"term": f"inversion:{subject}", "estimate": x[j] - x[i]})
        if known and drawn is not None:
            share = float((drawn[:, j] - drawn[:, i] > TOUCH).mean())
            rows.append({"term": f"inversion_share:{subject}", "estimate": share})
    behind = wasted(x, threshold)
    rows += [
        {"term": f"wasted:{name}.{unit}", "estimate": value}
        for name, value in zip(names, behind, strict=True)
    ]
    rows.append({"term": f"wasted_total:{unit}", "estimate": behind.sum()})
    checks = [Check(f"check.in_order:{unit}", not pairs, len(pairs), "no later gate above an earlier one")]
    if first is not None:
        rule = f"level >= {threshold:g}"
        checks.append(Check(f"check.gate:{names[first]}.{unit}", False, x[first], rule))
    return rows, checks


def _admit(
    levels: Levels | pd.DataFrame | Mapping[str, float] | Sequence[float], model: str
) -> tuple[pd.DataFrame, np.ndarray | None, dict[str, str]]:
    if isinstance(levels, Levels):
        here = levels.of(model)
        return here.table, here.draws, here.result.source
    if isinstance(levels, pd.DataFrame):
        table = levels
    elif isinstance(levels, Mapping):
        table = pd.DataFrame(dict(levels), index=["all"])
    else:
        names = elements_of(model)
        if len(levels) > len(names):
            raise ModelError(f"gates: {len(levels)} levels for the {len(names)} gates of '{model}'")
        table = pd.DataFrame([list(levels)], columns=list(names[: len(levels)]), index=["all"])
    if table.index.has_duplicates:
        raise ModelError("gates: a unit stands twice")
    values = table.to_numpy(dtype=float)
    known = values[~np.isnan(values)]
    if not known.size:
        raise ModelError("gates: no gate has a level")
    if ((known < LOWEST) | (known > HIGHEST)).any():
        raise ModelError(f"gates: a level outside {LOWEST}-{HIGHEST}")
    return table, None, source_of(table.reset_index(drop=True))
