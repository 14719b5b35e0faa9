"""The two results of admission: where the rows went, and in what state the items are."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from crmlab.data.admitted import Survey
from crmlab.data.flags import FLAGS
from crmlab.result import Check, Result, tidy_frame


def flow(survey: Survey) -> Result:
    """How many rows were read, refused (by reason), kept, flagged, excluded (by reason) and analysed.

    A row is refused or excluded for one reason, the first that applies; it can bear several flags. So
    read = refused + kept, and kept = excluded + analysed; both are checked.
    """
    rows = [("read", survey.read)]
    rows += [(f"refused:{reason}", count) for reason, count in survey.refused_by_reason.items()]
    rows.append(("kept", len(survey.answers)))
    rows += [(f"flagged:{flag}", int(survey.flags[flag].sum())) for flag in FLAGS if survey.flags[flag].any()]
    excluded = [(f"excluded:{flag}", int((survey.excluded == flag).sum())) for flag in FLAGS]
    rows += [(term, count) for term, count in excluded if count]
    rows.append(("analysed", len(survey.analysed)))
    lost = survey.read - len(survey.refused) - len(survey.answers)
    lost += len(survey.answers) - sum(count for _, count in excluded) - len(survey.analysed)
    return Result(
        model="model.flow",
        tidy=tidy_frame({"term": term, "estimate": count} for term, count in rows),
        glance={"read": survey.read, "kept": len(survey.answers), "analysed": len(survey.analysed)},
        checks=(
            Check(
                "check.rows_accounted", lost == 0, lost, "read = refused + kept; kept = excluded + analysed"
            ),
        ),
        source=dict(survey.source),
    )


def quality(survey: Survey) -> Result:
    """Blank and repaired cells of each item, and the checks an analyst would make by eye.

    `missing:<item>` counts kept rows, `repaired:<item>` all rows of the file. A failed check names its items:
    `check.variance:<item>`, `check.duplicate_items:<A>~<B>`, `check.answered:<item>`; if none fails, one passed
    check stands for all items.
    """
    answers = survey.answers
    blank = answers.isna().sum()
    rows = [{"term": f"missing:{item}", "estimate": blank[item]} for item in survey.items]
    rows += [
        {"term": f"repaired:{item}", "estimate": survey.repairs.get(item, {}).get("any", 0)}
        for item in survey.items
    ]
    cells = answers.size
    return Result(
        model="model.quality",
        tidy=tidy_frame(rows),
        glance={
            "n": len(answers),
            "items": answers.shape[1],
            "cells": cells,
            "missing": int(blank.sum()),
            "missing_share": float(blank.sum()) / cells if cells else math.nan,
            "repaired": sum(kinds.get("any", 0) for kinds in survey.repairs.values()),
        },
        checks=(*_answered(survey), *_variance(survey), *_duplicates(survey)),
        source=dict(survey.source),
    )


def _answered(survey: Survey) -> Iterator[Check]:
    rule = "at least one answer"
    empty = [item for item in survey.items if survey.answers[item].isna().all()]
    for item in empty:
        yield Check(f"check.answered:{item}", False, 0, rule)
    if not empty:
        yield Check("check.answered", True, len(survey.asked), rule)


def _variance(survey: Survey) -> Iterator[Check]:
    """Items of a construct that everybody analysed answered alike."""
    rule = "> 0: an item that does not vary says nothing about anybody"
    smallest, failed = math.inf, False
    for one in survey.asked:
        given = survey.analysed[one.item].dropna()
        if not one.measures or given.empty:
            continue
        variance = float(given.var(ddof=0))
        smallest = min(smallest, variance)
        if given.min() == given.max():
            failed = True
            yield Check(f"check.variance:{one.item}", False, 0.0, rule)
    if not failed:
        yield Check("check.variance", True, smallest if math.isfinite(smallest) else math.nan, rule)


def _duplicates(survey: Survey) -> Iterator[Check]:
    """Two varying items of constructs with the same answer, or the same blank, in every row."""
    rule = "no two items agree in every row (one column exported twice?)"
    seen: dict[bytes, str] = {}
    failed = False
    for one in survey.asked:
        column: pd.Series = survey.analysed[one.item]
        if not one.measures or column.min() == column.max() or column.isna().all():
            continue
        mark = np.ascontiguousarray(column.to_numpy(dtype=float)).tobytes()
        if mark in seen:
            failed = True
            yield Check(f"check.duplicate_items:{seen[mark]}~{one.item}", False, 1.0, rule)
        seen.setdefault(mark, one.item)
    if not failed:
        yield Check("check.duplicate_items", True, 0.0, rule)
