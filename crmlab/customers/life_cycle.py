"""The life cycle of customers: stages by rule and by self-placement, moves between them, time in them, conversion."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.counted_stages import Counted
from crmlab.customers.movement import conversions, flows, movement
from crmlab.customers.placement import placement
from crmlab.customers.stages import LOST, STAGES, Rule, cells_of_frame, stages
from crmlab.customers.transitions import chances, logit_limits, moves, occupation
from crmlab.customers.worth import write_table
from crmlab.result import Check, Result, attempt, tidy_block
from crmlab.wilson import wilson_limits


@dataclass(frozen=True, eq=False)
class LifeCycle:
    """The saved results on the life cycle, by their names in docs/terms.md, and the stage of each customer."""

    results: dict[str, Result]
    stage: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))

    def save_table(self, folder: str | Path) -> list[Path]:
        """`customer_stages.csv` in `folder`: customer (pseudonym), stage at the end; nothing without stages."""
        table = self.stage.rename("stage").rename_axis("customer").reset_index()
        return write_table(table, [Path(folder) / "customer_stages.csv"]) if len(table) else []


def life_cycle(
    rows: pd.DataFrame, *, months: int = 3, rule: Rule | None = None, end: object = None, zero: str = "only",
    converted: np.ndarray | None = None, placed: pd.Series | None = None, level: float = 0.95,
    source: dict[str, str] | None = None,
) -> LifeCycle:  # fmt: skip
    """Where are customers in their life cycle, and how do they move through it?

    Parameters
    ----------
    rows : transactions: customer, day, amount (refunds below zero, which the stages leave out) and, if known, product
    months, rule : length of a period, and the rule of the stages; see `stages`
    end : last day of observation
    converted : (prospects,) day on which each prospect became a customer, NaT if that has not happened; all of them
        are taken as known from the first period on
    placed : customer -> own stage, 1 acquire, 2 enhance, 3 retain

    Returns
    -------
    LifeCycle
        `stages`, `transitions`, `occupation`, `movement`, `flows`, and `placement` where customers placed themselves.
    """
    rule = rule or Rule()
    product = "product" in rows
    kept_rows = rows[["customer", "day", "amount", *(["product"] if product else [])]]
    cells = cells_of_frame(kept_rows, months=months, end=end, zero=zero, product=product)
    last: list[np.ndarray] = []
    counted = moves(_watched(stages(cells, rule), last))
    found = Counted(cells, counted, np.concatenate(last), months, rule.window, level, dict(source or {}))
    results = {
        "stages": _stages(found),
        "transitions": _transitions(found, converted),
        "occupation": _occupation(found),
        "movement": movement(found, converted),
        "flows": flows(found),
    }
    stage = pd.Series(np.array(STAGES, dtype=object)[found.now], index=pd.Index(cells.names, name="customer"))
    if placed is not None:
        results["placement"] = attempt(
            "model.placement", lambda: placement(stage, placed, level=level, source=source)
        )
    return LifeCycle(results, stage)


def _watched(pieces: Iterable[np.ndarray], last: list[np.ndarray]) -> Iterable[np.ndarray]:
    for piece in pieces:
        last.append(piece[:, -1].astype(np.int64))
        yield piece


def _stages(found: Counted) -> Result:
    """Who is where at the end, with what money, and how long customers stay there."""
    n, now = float(found.cells.customers), found.moves.now
    low, high = wilson_limits(now / n, np.full(len(STAGES), n), found.level)
    blocks = [
        tidy_block("customers", STAGES, now),
        tidy_block("share", STAGES, now / n, ci_low=low, ci_high=high),
        tidy_block("money_share", STAGES, _money(found)),
    ]
    if found.cells.periods > 1:
        p, p_low, p_high = (np.diag(each) for each in chances(found.moves, found.level))
        with np.errstate(divide="ignore"):
            spell = tidy_block("spell", STAGES, 1 / (1 - p), ci_low=1 / (1 - p_low), ci_high=1 / (1 - p_high))
        blocks.append(spell.loc[~np.isnan(spell["estimate"])])
        where = occupation(found.moves.ages)
        z = _z(found.level) * where.time_se
        ages = float(len(where.at_risk))
        ends = {"ci_low": np.maximum(where.time - z, 0), "ci_high": np.minimum(where.time + z, ages)}
        blocks.append(tidy_block("time", STAGES, where.time, std_error=where.time_se, **ends))
    checks = (
        Check("check.several_periods", found.cells.periods > 1, found.cells.periods, ">= 2 periods"),
        Check("check.anybody_left", now[:LOST].sum() > 0, float(now[:LOST].sum()), "> 0 customers not lost"),
    )
    return Result("model.stages", pd.concat(blocks), found.glance, checks, found.source)


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _money(found: Counted) -> np.ndarray:
    """Share of the money of the last window that customers of each stage brought."""
    cells = found.cells
    latest = cells.period >= cells.periods - found.window
    money = np.bincount(found.now[cells.who[latest]], cells.money[latest], len(STAGES))
    return money / money.sum() if money.sum() > 0 else np.full(len(STAGES), math.nan)


def _transitions(found: Counted, converted: np.ndarray | None) -> Result:
    """Chances to be in a stage a period later, over all periods."""
    p, low, high = chances(found.moves, found.level)
    counts = found.moves.counts
    pairs = [(i, j) for i in range(len(STAGES)) for j in range(len(STAGES)) if counts[i].sum() > 0]
    names = [f"{STAGES[i]}-{STAGES[j]}" for i, j in pairs]
    at = tuple(np.array(pairs).T) if pairs else (np.array([], int), np.array([], int))
    blocks = [
        tidy_block("moves", names, counts[at]),
        tidy_block("chance", names, p[at], ci_low=low[at], ci_high=high[at]),
    ]
    if converted is not None:
        blocks.append(_prospects(*conversions(found.cells, converted), found.level))
    check = Check("check.several_periods", found.cells.periods > 1, found.cells.periods, ">= 2 periods")
    return Result("model.transitions", pd.concat(blocks), found.glance, (check,), found.source)


def _prospects(there: np.ndarray, came: np.ndarray, level: float) -> pd.DataFrame:
    n = float(there.sum())
    p = came.sum() / n if n else math.nan
    low, high = wilson_limits(np.array([p]), np.array([n]), level)
    names = ["prospect-acquire", "prospect-prospect"]
    ends = {"ci_low": [low[0], 1 - high[0]], "ci_high": [high[0], 1 - low[0]]}
    rows = [
        tidy_block("moves", names, [came.sum(), n - came.sum()]),
        tidy_block("chance", names, [p, 1 - p], **ends),
    ]
    return pd.concat(rows)


def _occupation(found: Counted) -> Result:
    """Where customers are by periods since their first purchase."""
    where = occupation(found.moves.ages)
    low, high = logit_limits(where.share, where.share_se, found.level)
    blocks = []
    for place, stage in enumerate(STAGES):
        names = [f"{stage}.{age}" for age in range(len(where.share))]
        columns = {"std_error": where.share_se[:, place], "ci_low": low[:, place], "ci_high": high[:, place]}
        blocks.append(tidy_block("share", names, where.share[:, place], **columns))
    ages = [str(age) for age in range(len(where.at_risk))]
    blocks.append(tidy_block("at_risk", ages, where.at_risk))
    return Result("model.occupation", pd.concat(blocks), found.glance, (), found.source)
