"""Admission: from the raw file to the `Survey`, with every problem told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.admitted import RECORD, Asked, Survey
from crmlab.data.badcells import bad_cells
from crmlab.data.codes import OUTSIDE, Decoded, codebook, decode
from crmlab.data.flags import durations, first_exclusion, flag_rows
from crmlab.data.labelled import with_labels
from crmlab.data.match import Matched, locate, match
from crmlab.data.privacy import load_key, person, pseudonym, pseudonyms
from crmlab.data.problems import Problems
from crmlab.data.read import read_table
from crmlab.data.rules import KEPT, Sorted, limits, sort_rows
from crmlab.data.table import RawTable
from crmlab.errors import DataError, PrivacyError, StudyError
from crmlab.provenance import versions
from crmlab.study.study import Study

__all__ = ["Survey", "admit", "check"]


def admit(study: Study) -> Survey:
    """Read the survey of a study and admit it.

    Raises
    ------
    DataError, DataErrors
        What is wrong with the file: one fault, or all that could be found in one reading.
    StudyError
        A declaration that cannot be: an unknown encoding, a synonym for a code the scale has not got.
    PrivacyError
        The study asks for pseudonyms and there is no key.
    """
    _possible(study)
    problems = Problems()
    table = read_table(study.path_of(study.survey.file), study.survey)
    matched = match(table, study, problems)
    decoded = _decode(table, matched, study, problems)
    rows = sort_rows(table, decoded, study.survey, problems)
    _tell_bad_cells(table, decoded, rows, study, problems)
    _tell_repeats(table, rows, study, problems)
    seconds = None
    with problems.gather():
        seconds = durations(table, study.spec.exclude.faster_than, rows.answering)
    customer: list[str | None] | None = None
    with problems.gather():
        customer = _customers(table, study)
    problems.tell()
    return _survey(study, table, matched, decoded, rows, seconds, customer)


def check(study: Study) -> Survey:
    """Admit a study's survey to see whether it can be; `admit` tells everything that is wrong at once."""
    return admit(study)


def _possible(study: Study) -> None:
    """Declarations that contradict the instrument or each other are faults of the study file."""
    wrong = [*_bad_synonyms(study), *_bad_gates(study)]
    fieldwork = study.survey.fieldwork
    if fieldwork is not None:
        try:
            limits(fieldwork)
        except ValueError as error:
            wrong.append(("survey.fieldwork", str(error)))
    if len(wrong) == 1:
        raise StudyError(wrong[0][1], file=study.file, key=wrong[0][0])
    if wrong:
        raise StudyError("\n".join(f"{study.file}, key '{key}': {problem}" for key, problem in wrong))


def _bad_synonyms(study: Study) -> Iterator[tuple[str, str]]:
    for name, words in study.survey.synonyms.items():
        scale = study.scales[name]
        for word, code in words.items():
            if scale.kind == "codes" and code not in scale.values:
                yield f"survey.synonyms.{name}", f"'{word}': {code} is no answer of scale '{name}'"


def _bad_gates(study: Study) -> Iterator[tuple[str, str]]:
    """Items that rows are judged by must have been asked, and the right answer must be one."""
    survey = study.survey
    gates: list[tuple[str, str, tuple[int, ...]]] = [
        ("exclude.attention", item, (right,)) for item, right in study.spec.exclude.attention.items()
    ]
    for name, rule in (("survey.consent", survey.consent), ("survey.screening", survey.screening)):
        gates += [(name, rule.item, rule.accept)] if rule is not None else []
    gates += [("survey.columns", item, ()) for item in survey.columns]
    for setting, item, codes in gates:
        if item in survey.absent:
            yield setting, f"names item '{item}', which survey.absent says was not asked"
        values = study.instrument.scale_of(item).values
        for code in codes:
            if code not in values:
                yield setting, f"{code} is no answer to item '{item}'"


def _decode(table: RawTable, matched: Matched, study: Study, problems: Problems) -> dict[str, Decoded]:
    """Every item that has codes, in the instrument's order; free text and personal columns are not read at all."""
    found = {}
    for code, item in study.items.items():
        scale = study.instrument.scale_of(code)
        place = matched.places.get(code)
        if place is not None and place not in matched.personal and scale.kind != "text":
            book = codebook(code, item.scale, scale, study.survey)
            found[code] = decode(table, place, code, with_labels(book, table, place, code, problems))
    return found


def _tell_bad_cells(
    table: RawTable, decoded: dict[str, Decoded], rows: Sorted, study: Study, problems: Problems
) -> None:
    """Cells that are no answer, in the rows whose answers matter; construct items that nobody answered."""
    survey = study.survey
    gates = {rule.item for rule in (survey.consent, survey.screening) if rule is not None}
    for code, column in decoded.items():
        alive = rows.entering if code in gates else rows.answering
        scale = replace(study.instrument.scale_of(code), name=study.items[code].scale)
        found = bad_cells(table, column, scale, alive, survey.out_of_range == "error")
        problems.add(*found)
        if not found and code in study.construct_items and np.isnan(column.values[rows.status == KEPT]).all():
            problems.add(
                DataError(
                    f"item {code} has no answer in any of {int((rows.status == KEPT).sum())} kept rows",
                    file=table.file,
                    column=table.title(column.place),
                    hint=f"list {code} under survey.absent and take it out of its construct",
                )
            )
    if not (rows.status == KEPT).any():
        problems.add(
            DataError(_nobody(rows), file=table.file, hint="compare the rules under survey with the file")
        )


def _nobody(rows: Sorted) -> str:
    reasons, counts = np.unique(rows.status.astype(str), return_counts=True)
    return "no row is left: " + ", ".join(f"{n} {reason}" for reason, n in zip(reasons, counts, strict=True))


def _tell_repeats(table: RawTable, rows: Sorted, study: Study, problems: Problems) -> None:
    """Two answers of one person, where the study does not say that the first one counts."""
    survey = study.survey
    if not rows.repeats or survey.second_answer == "keep_first" or survey.respondent is None:
        return
    column = table.columns[locate(table, survey.respondent, "survey.respondent")]
    try:
        secret = load_key(study.folder)
    except PrivacyError:
        secret = b""  # the rows alone tell who is meant
    told = []
    for first, later in rows.repeats[:5]:
        name = f"{pseudonym(column[first], study.name, secret)} in " if secret else ""
        told.append(f"{name}rows {table.rows[first]} and {table.rows[later]}")
    more = f" and {len(rows.repeats) - 5} more" if len(rows.repeats) > 5 else ""
    problems.add(
        DataError(
            f"one respondent answers more than once: {'; '.join(told)}{more}",
            file=table.file,
            column=survey.respondent,
            rows=table.seen(later for _, later in rows.repeats),
            hint="survey.second_answer: keep_first keeps the first answer and counts the others as refused",
        )
    )


def _customers(table: RawTable, study: Study) -> list[str | None] | None:
    """Pseudonyms of all rows, if the study names a customer column."""
    name = study.survey.customer
    if name is None:
        return None
    place = locate(table, name, "survey.customer")
    return pseudonyms(table.columns[place], study.name, load_key(study.folder))


def _survey(
    study: Study,
    table: RawTable,
    matched: Matched,
    decoded: dict[str, Decoded],
    rows: Sorted,
    seconds: np.ndarray | None,
    customer: list[str | None] | None,
) -> Survey:
    kept = rows.status == KEPT
    index = pd.Index(np.flatnonzero(kept) + 1, name=RECORD, dtype="int64")
    answers = pd.DataFrame(
        {code: one.values[kept] for code, one in decoded.items()}, index=index, dtype="float64"
    )
    exclude = study.spec.exclude
    flags = flag_rows(
        answers, list(study.construct_items), exclude, seconds[kept] if seconds is not None else None
    )
    return Survey(
        answers=answers,
        flags=flags,
        excluded=first_exclusion(flags, exclude),
        customer=None
        if customer is None
        else pd.Series(
            [name for name, stays in zip(customer, kept, strict=True) if stays], index=index, dtype="object"
        ),
        refused={int(place) + 1: str(rows.status[place]) for place in np.flatnonzero(~kept)},
        repairs={code: one.repaired for code, one in decoded.items() if one.repaired},
        asked=tuple(_asked(study, code) for code in decoded),
        read=len(table),
        notes=tuple(_notes(study, table, matched, decoded, rows)),
        source={"file_sha256": table.sha256, **versions()},
    )


def _asked(study: Study, code: str) -> Asked:
    scale = study.instrument.scale_of(code)
    reverse = study.items[code].reverse and scale.ordered
    return Asked(
        code, float(scale.low), float(scale.high), reverse, scale.ordered, code in study.construct_items
    )


def _notes(
    study: Study, table: RawTable, matched: Matched, decoded: dict[str, Decoded], rows: Sorted
) -> list[dict[str, Any]]:
    """What the manifest tells about the reading: never a value of a personal column."""
    survey = study.survey
    notes: list[dict[str, Any]] = [{"key": "note.format", **table.facts}]
    ways: dict[str, list[str]] = {}
    for code, way in matched.how.items():
        ways.setdefault(way, []).append(code)
    notes += [{"key": f"note.matched_by_{way}", "items": codes} for way, codes in sorted(ways.items())]
    notes.append({"key": "note.columns", "personal": len(matched.personal), "unused": len(matched.unused)})
    if rows.unstamped:
        notes.append({"key": "note.no_date", "rows": rows.unstamped})
    for code, one in decoded.items():
        blanked = int((one.states[rows.status == KEPT] == OUTSIDE).sum())
        if blanked:
            notes.append({"key": "note.blanked", "item": code, "cells": blanked})
        for mark, count in one.marks_in_scale.items():
            notes.append({"key": "note.mark_is_an_answer", "item": code, "mark": mark, "cells": count})
    for header in dict.fromkeys(name for name in (survey.respondent, survey.customer) if name):
        cells = table.columns[locate(table, header, "survey")]
        repaired = sum(1 for cell in cells if isinstance(cell, str) and cell != person(cell))
        if repaired:
            notes.append({"key": "note.ids_repaired", "column": header, "cells": repaired})
    return notes
