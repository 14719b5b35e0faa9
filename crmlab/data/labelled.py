"""Value labels of an SPSS column: what counts is what the label says, not the number it hangs on."""

from __future__ import annotations

from dataclasses import replace

from crmlab.data.codes import ANSWER, MISSING, Codebook, Verdict
from crmlab.data.privacy import masked
from crmlab.data.problems import Problems
from crmlab.data.table import RawTable
from crmlab.errors import DataError

Label = float | str


def with_labels(book: Codebook, table: RawTable, place: int, item: str, problems: Problems) -> Codebook:
    """The codebook of a column that brings its own labels and missing values.

    Labels are ignored if the study says `answers: codes`, if the scale has no words, or if it is a plain number.
    """
    book = replace(book, user_missing=table.user_missing.get(place, ()))
    labels = table.value_labels.get(place, {})
    if not labels or not book.words or book.scale.kind == "number":
        return book
    said = {
        value: Verdict(MISSING) if _missing(book, value) else book.read(label)
        for value, label in labels.items()
    }
    unknown = {
        value: labels[value] for value, verdict in said.items() if verdict.state not in (ANSWER, MISSING)
    }
    if unknown:
        problems.add(_unknown(table, place, item, unknown))
        return book
    said = {value: replace(verdict, repaired=()) for value, verdict in said.items()}
    turned = {value for value, verdict in said.items() if verdict.state == ANSWER and verdict.code != value}
    bare = {cell for cell in set(table.columns[place]) if cell is not None and cell not in said}
    bare = {cell for cell in bare if not _missing(book, cell)}
    if turned and bare:
        problems.add(_half_labelled(table, place, item, bare))
    return replace(book, native=said)


def _missing(book: Codebook, value: Label) -> bool:
    return replace(book, native={}).read(value).state == MISSING


def _unknown(table: RawTable, place: int, item: str, unknown: dict[Label, str]) -> DataError:
    listed = ", ".join(
        f"{_plain(value)} = {masked(label)}" for value, label in sorted(unknown.items(), key=str)
    )
    return DataError(
        f"item {item} has value labels that the study does not know: {listed}",
        file=table.file,
        column=table.title(place),
        hint="add them to survey.synonyms or survey.missing; or survey.answers: codes, to go by the numbers",
    )


def _half_labelled(table: RawTable, place: int, item: str, bare: set[Label]) -> DataError:
    cells = table.columns[place]
    rows = table.seen(i for i, cell in enumerate(cells) if cell in bare)
    return DataError(
        f"item {item}: labels stand on other numbers than the study's, and {len(rows)} values have no label",
        file=table.file,
        column=table.title(place),
        rows=rows,
        hint="label all values in SPSS; or survey.answers: codes, to go by the numbers",
    )


def _plain(value: Label) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
