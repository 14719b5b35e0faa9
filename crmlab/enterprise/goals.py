"""Are the goals measurable, and how far has each come?"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from crmlab.data.goals import Goals
from crmlab.enterprise.admit import columns, figures, labels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

FIELDS = ("kpi", "baseline", "target", "due", "owner")
FIGURES = ("baseline", "target", "actual")


def goal_board(goals: Goals | pd.DataFrame, *, as_of: date | None = None) -> Result:
    """Completeness and attainment of every goal, and of the goals of each model.

    Parameters
    ----------
    goals : admitted goals, or a frame with columns goal_id, model, stage, kpi, baseline, target, actual, due, owner
        (and direction, "up" or "down")
    as_of : day by which a goal that is due and not attained counts as overdue; none does if not given

    Returns
    -------
    Result
        `attainment:<goal>` = (actual - baseline) / (target - baseline), NaN where a figure is blank or the target
        is the baseline; `missing:<field>.<goal>` 1 for each of kpi, baseline, target, due, owner that is blank;
        `complete:<goal>` 1 or 0; `overdue:<goal>`; by model `goals:<model>`, `complete_share:<model>`,
        `measured:<model>` (goals with an attainment), `attainment_mean:<model>`; by stage
        `stage_goals:<model>.<stage>`, `stage_attainment:<model>.<stage>`.

    Notes
    -----
    The formula serves goals of both directions: for a lower-is-better figure both differences are negative. A
    goal whose target lies on the other side than its direction says is a failed check.

    Examples
    --------
    >>> frame = pd.DataFrame({"goal_id": ["g"], "model": "lic", "stage": "1", "kpi": "churn", "baseline": 18.0,
    ...     "target": 12.0, "actual": 16.5, "due": "1403/12/29", "owner": "x"})
    >>> goal_board(frame)["attainment:g"]
    0.25
    """
    frame = goals.frame if isinstance(goals, Goals) else goals
    what = "goals"
    names = labels(frame, "goal_id", what, unique=True)
    columns(frame, ["model", "stage", *FIELDS, "actual"], what)
    model = labels(frame, "model", what)
    baseline, target, actual = figures(frame, FIGURES, what).T
    reached = attainment(baseline, target, actual)
    blank = np.column_stack([frame[name].isna().to_numpy() for name in FIELDS])
    if "due_stated" in frame:  # a day that the calendar has not got was stated, though it cannot be
        blank[:, FIELDS.index("due")] = ~frame["due_stated"].to_numpy(dtype=bool)
    complete = np.asarray(~blank.any(axis=1))
    gone = [f"{FIELDS[j]}.{names[i]}" for i, j in np.argwhere(blank)]
    late = _overdue(frame, reached, as_of)
    blocks = [
        tidy_block("attainment", names, reached),
        tidy_block("complete", names, complete),
        tidy_block("missing", gone, np.ones(len(gone))),
        tidy_block("overdue", [names[i] for i in late], np.ones(len(late))),
        *_by_model(model, complete, reached),
        *_by_stage(model, frame["stage"], reached),
    ]
    checks = _checks(frame, names, baseline, target, complete, blank)
    checks += [Check(f"check.overdue:{names[i]}", False, reached[i], "attained by its day") for i in late]
    known = reached[~np.isnan(reached)]
    glance = {
        "goals": float(len(names)),
        "complete": float(complete.sum()),
        "measured": float(len(known)),
        "attained": float((known >= 1).sum()),
    }
    kept = ["goal_id", "model", "stage", *FIELDS, "actual"]
    return Result(
        "model.goals",
        pd.concat(blocks),
        glance,
        tuple(checks),
        source_of(frame[kept].astype({"due": "string"})),
    )


def attainment(baseline: np.ndarray, target: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """(actual - baseline) / (target - baseline); NaN where undefined.

    Examples
    --------
    >>> attainment(np.array([80.0, 1.0]), np.array([64.0, 1.0]), np.array([72.0, 2.0]))
    array([0.5, nan])
    """
    way = np.asarray(target, dtype=float) - baseline
    come = np.asarray(actual, dtype=float) - baseline
    return np.divide(come, way, out=np.full(way.shape, np.nan), where=(way != 0) & ~np.isnan(way))


def _overdue(frame: pd.DataFrame, reached: np.ndarray, as_of: date | None) -> list[int]:
    if as_of is None:
        return []
    if not pd.api.types.is_datetime64_any_dtype(frame["due"]):
        raise ModelError("goals: the column due holds no dates", hint="admit the table with admit_goals")
    past = (frame["due"] < pd.Timestamp(as_of)).to_numpy()
    return [int(row) for row in np.flatnonzero(past & ~(reached >= 1))]


def _by_model(model: list[str], complete: np.ndarray, reached: np.ndarray) -> list[pd.DataFrame]:
    names = list(dict.fromkeys(model))
    here = [np.array([one == name for one in model]) for name in names]
    return [
        tidy_block("goals", names, [which.sum() for which in here]),
        tidy_block("complete_share", names, [complete[which].mean() for which in here]),
        tidy_block("measured", names, [(~np.isnan(reached[which])).sum() for which in here]),
        tidy_block("attainment_mean", names, [_mean(reached[which]) for which in here]),
    ]


def _by_stage(model: list[str], stage: pd.Series, reached: np.ndarray) -> list[pd.DataFrame]:
    keys = [f"{m}.{s}" if pd.notna(s) else f"{m}." for m, s in zip(model, stage, strict=True)]
    names = list(dict.fromkeys(keys))
    here = [np.array([one == name for one in keys]) for name in names]
    return [
        tidy_block("stage_goals", names, [which.sum() for which in here]),
        tidy_block("stage_attainment", names, [_mean(reached[which]) for which in here]),
    ]


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _checks(
    frame: pd.DataFrame,
    names: list[str],
    baseline: np.ndarray,
    target: np.ndarray,
    complete: np.ndarray,
    blank: np.ndarray,
) -> list[Check]:
    found = [
        Check(
            f"check.complete_goal:{name}",
            False,
            blank[i].sum(),
            "KPI, baseline, target, date and owner stated",
        )
        for i, name in enumerate(names)
        if not complete[i]
    ]
    found += [
        Check(f"check.no_distance:{names[i]}", False, target[i], "a target other than the baseline")
        for i in np.flatnonzero(target == baseline)
    ]
    if "direction" in frame:
        up = (frame["direction"] == "up").to_numpy()
        wrong = np.where(up, target < baseline, target > baseline)
        rule = "the target lies where the direction says"
        found += [
            Check(f"check.goal_direction:{names[i]}", False, target[i], rule) for i in np.flatnonzero(wrong)
        ]
    return found
