"""Goals of the business and of CRM: a figure to start from, a figure to reach, a day, an owner, a parent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.dates import Calendar
from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import Typed, account, by_key, choice, counted, open_typed, require, void
from crmlab.result import Check, Result
from crmlab.study.maturity import MODELS

NEEDED = ("goal_id", "model", "stage", "kpi", "baseline", "target", "due", "owner", "parent_goal")
BUSINESS = "business"
OTHERS = ("kalakota", "swift", "canvas", "offices")  # models without maturity items may have goals too
DIRECTIONS = {"higher": "up", "lower": "down", "increase": "up", "decrease": "down", "+": "up", "-": "down"}


@dataclass(frozen=True, eq=False, repr=False)
class Goals(SmallTable):
    """The admitted goals: goal_id, model, stage, kpi, direction ("up" or "down"), baseline, target, actual, due,
    due_stated (False where the cell is blank), owner, parent_goal.

    `flow` counts goals by model, and names the dates that cannot be.
    """

    name = "goals_admitted"


def admit_goals(
    path: str | Path,
    *,
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    calendar: Calendar = "jalali",
    missing: Sequence[str] = (),
    impossible_dates: str = "error",
    without_date: str = "error",
    **declared: Any,
) -> Goals:
    """Read and admit a table of goals.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row a goal
    file, columns, calendar, missing, declared : as for `admit_ratings`
    impossible_dates, without_date : "error", or "keep" the goal without a date; each is then a failed check

    Raises
    ------
    DataError, DataErrors
        A column is lost; a goal has no id, no model or no date; an id stands twice; a date cannot be; a model
        or a direction is unknown; a figure is no number.

    Notes
    -----
    Blank figures, owners and parents are kept: how complete a goal is, is a finding (`enterprise.goal_board`,
    `enterprise.alignment`). A goal without a direction is read as "up" if its target is not below its baseline.
    """
    choice(impossible_dates, ("error", "keep"), "goals.impossible_dates")
    choice(without_date, ("error", "keep"), "goals.without_date")
    typed = open_typed(path, key="goals", file=file, columns=columns, missing=missing, **declared)
    require(typed, *NEEDED)
    goal = typed.texts("goal_id")
    model = typed.coded(
        "model", by_key((BUSINESS, *MODELS, *OTHERS), {"strategy": "crm_strategy"}), "model of goals"
    )
    figures = {
        name: typed.numbers(name) if name != "actual" or typed.has(name) else np.full(len(goal), np.nan)
        for name in ("baseline", "target", "actual")
    }
    direction = _direction(typed, figures["baseline"], figures["target"])
    out = "; or goals.impossible_dates: keep, to have the goal named in the report"
    due, wrong = typed.days("due", calendar, tell=impossible_dates == "error", way_out=out)
    stated = ~void(typed.texts("due", needed=False))
    _told(typed, goal, stated, without_date)
    kept, refused, source = settled(
        typed,
        {
            "goal_id": goal,
            "model": model,
            **{name: typed.texts(name, needed=False) for name in ("stage", "kpi")},
            "direction": direction,
            **figures,
            "due": due,
            "due_stated": stated,
            **{name: typed.texts(name, needed=False) for name in ("owner", "parent_goal")},
        },
    )
    impossible = [str(goal[row]) for row in wrong]
    return Goals(kept, refused, _flow(typed, kept, impossible, source), source)


def _direction(typed: Typed, baseline: np.ndarray, target: np.ndarray) -> np.ndarray:
    usual = np.where(target < baseline, "down", "up").astype(object)
    if not typed.has("direction"):
        return usual
    said = typed.coded("direction", by_key(("up", "down"), DIRECTIONS), "direction (up, down)", default="")
    return np.where(said == "", usual, said)


def _told(typed: Typed, goal: np.ndarray, stated: np.ndarray, without_date: str) -> None:
    """Goals that nobody can hold anyone to: no day at all; and two goals under one id."""
    bare = np.flatnonzero(typed.kept & ~stated)
    if len(bare) and without_date == "error":
        names = ", ".join(str(goal[row]) for row in bare[:5])
        typed.fault(
            f"{counted(len(bare), 'goal')} without a date: {names}",
            "due",
            bare,
            "give each a day, or goals.without_date: keep",
        )
    pairs = typed.repeats((goal,))
    named = [(a, b) for a, b in pairs if goal[a] is not None]
    if named:
        told = ", ".join(f"{goal[b]} (first in row {typed.table.rows[a]})" for a, b in named[:5])
        typed.fault(f"one id for two goals: {told}", "goal_id", [b for _, b in named], "give each its own id")


def _flow(typed: Typed, kept: pd.DataFrame, impossible: list[str], source: dict[str, str]) -> Result:
    counts: dict[str, float] = {
        f"goals:{model}": int(n) for model, n in kept["model"].value_counts(sort=False).items()
    }
    for goal, words in zip(kept["goal_id"], kept["kpi"], strict=True):
        if words is not None:
            counts[f"kpi:{goal}.{words}"] = 1.0
    for goal, model, stage in zip(kept["goal_id"], kept["model"], kept["stage"], strict=True):
        counts[f"stage:{goal}.{model}"] = float(stage) if stage is not None and stage.isdigit() else np.nan
    for name in ("baseline", "target", "actual"):
        counts |= {f"{name}:{goal}": value for goal, value in zip(kept["goal_id"], kept[name], strict=True)}
    rule = "the calendar must have the day"
    checks = [Check(f"check.impossible_date:{goal}", False, np.nan, rule) for goal in impossible]
    bare = kept.loc[~kept["due_stated"], "goal_id"]
    checks += [Check(f"check.without_date:{goal}", False, np.nan, "a goal has a day") for goal in bare]
    return account("model.goals_admitted", typed, counts, checks, source)
