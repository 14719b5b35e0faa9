"""Does every goal of CRM serve a goal of the business, and is every goal of the business served?"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlab.data.goals import BUSINESS, Goals
from crmlab.enterprise.admit import columns, figures, labels
from crmlab.enterprise.schedule import precedence
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame


def trace(goals: Goals | pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """The goal-tracing matrix and the parents that do not exist.

    Parameters
    ----------
    goals : admitted goals, or a frame with columns goal_id, model ("business" for goals of the business),
        parent_goal (several with ";" between them; blank for none)

    Returns
    -------
    (matrix, lost)
        CRM goals x business goals, 1.0 where the CRM goal serves the business goal, directly or through its
        parents; and pairs (goal, parent that no goal is called).

    Raises
    ------
    ModelError
        An id stands twice, goals are each other's parents, or there are no goals of one of the two kinds.
    """
    frame = goals.frame if isinstance(goals, Goals) else goals
    what = "goal tracing"
    names = labels(frame, "goal_id", what, unique=True)
    columns(frame, ["model", "parent_goal"], what)
    business = [name for name, model in zip(names, frame["model"], strict=True) if model == BUSINESS]
    crm = [name for name in names if name not in business]
    if not business or not crm:
        kind = "the business" if not business else "CRM"
        raise ModelError(
            f"{what}: there are no goals of {kind}", hint=f"goals of the business have model '{BUSINESS}'"
        )
    parents = {
        name: tuple(part for part in map(str.strip, re.split(r"[;؛]", cell)) if part)
        if isinstance(cell, str)
        else ()
        for name, cell in zip(names, frame["parent_goal"], strict=True)
    }
    lost = [(name, parent) for name in names for parent in parents[name] if parent not in parents]
    known = {name: tuple(p for p in parents[name] if p in parents) for name in names}
    above: dict[str, set[str]] = {}
    for name in precedence(known, what):
        above[name] = set().union(*({parent} | above[parent] for parent in known[name]))
    matrix = pd.DataFrame(
        [[float(goal in above[name]) for goal in business] for name in crm], index=crm, columns=business
    )
    return matrix, lost


def alignment(goals: Goals | pd.DataFrame) -> Result:
    """How well are the goals of CRM aligned with those of the business?

    Parameters
    ----------
    goals : admitted goals, or a frame that `trace` takes, or a ready matrix of CRM goals (index) x business goals
        with 1 where one serves the other and 0 elsewhere

    Returns
    -------
    Result
        `parent_share` (CRM goals with a business goal above them), `served_share` (business goals with a CRM
        goal below them), `alignment` their harmonic mean; `traces:<goal>~<business goal>` 1 where one serves the
        other, `serves:<goal>` how many it serves, `served_by:<business goal>` by how many it is served. A goal
        without a parent, with a parent that does not exist, and a business goal that nobody serves are failed
        checks by name.

    Notes
    -----
    alignment = 2ab / (a + b), 0 if both are 0: it is high only if both shares are.
    """
    lost: list[tuple[str, str]] = []
    if not isinstance(goals, Goals) and "goal_id" not in goals.columns:
        matrix = _matrix(goals)
        source = source_of(matrix.reset_index())
    else:
        frame = goals.frame if isinstance(goals, Goals) else goals
        matrix, lost = trace(goals)
        source = source_of(frame[["goal_id", "model", "parent_goal"]])
    M = matrix.to_numpy(dtype=float)
    serves, served = M.sum(axis=1), M.sum(axis=0)
    a, b = float((serves > 0).mean()), float((served > 0).mean())
    rows = [
        {"term": "parent_share", "estimate": a},
        {"term": "served_share", "estimate": b},
        {"term": "alignment", "estimate": 2 * a * b / (a + b) if a + b > 0 else 0.0},
    ]
    crm, business = list(map(str, matrix.index)), list(map(str, matrix.columns))
    pairs = [f"{crm[i]}~{business[j]}" for i, j in np.argwhere(M > 0)]
    tidy = pd.concat(
        [
            tidy_frame(rows),
            tidy_block("traces", pairs, np.ones(len(pairs))),
            tidy_block("serves", crm, serves),
            tidy_block("served_by", business, served),
        ]
    )
    misled = {goal for goal, _ in lost}
    rule = "a goal of CRM serves a goal of the business"
    checks = [
        Check(f"check.orphan_goal:{goal}", False, 0, rule)
        for goal, n in zip(crm, serves, strict=True)
        if not n and goal not in misled
    ]
    checks += [
        Check(f"check.lost_parent:{goal}~{parent}", False, 0, "a parent is a goal of the table")
        for goal, parent in lost
    ]
    rule = "a goal of the business is served by CRM"
    checks += [
        Check(f"check.unserved_goal:{goal}", False, 0, rule)
        for goal, n in zip(business, served, strict=True)
        if not n
    ]
    glance = {
        "crm_goals": float(len(crm)),
        "business_goals": float(len(business)),
        "orphans": float(sum(c.name.startswith("check.orphan") for c in checks)),
    }
    return Result("model.alignment", tidy, glance, tuple(checks), source)


def _matrix(matrix: pd.DataFrame) -> pd.DataFrame:
    M = figures(matrix, list(matrix.columns), "goal tracing")
    if not M.size or not np.isin(M, (0, 1)).all():
        raise ModelError("goal tracing: a matrix holds 1 where a goal serves another and 0 elsewhere")
    if matrix.index.has_duplicates:
        raise ModelError("goal tracing: a goal stands twice in the matrix")
    return pd.DataFrame(M, index=matrix.index, columns=matrix.columns)
