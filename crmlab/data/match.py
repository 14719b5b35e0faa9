"""Which column answers which question: by declaration, by code, or by the wording in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crmlab.data.persian import key
from crmlab.data.problems import Problems
from crmlab.data.table import RawTable, short
from crmlab.errors import DataError
from crmlab.study.instrument import LANGUAGES
from crmlab.study.study import Study

CUT = 25  # letters of a question that a header must show at least, if it is cut off after them
MANY = 8  # so many items unmatched are one fault, not many
_BRACKET = re.compile(r"\[([^\[\]]+)\]\s*$")
_STEM = re.compile(r"\s[-–—|/>]\s|[:.?؟]\s")
_PREFIX = re.compile(r"\W*([A-Za-z][A-Za-z0-9_]{0,30})\s*[.:)\]\-–]\s*\S")


@dataclass(frozen=True, slots=True)
class Matched:
    """Where each item stands.

    Attributes
    ----------
    places : item -> place of its column
    how : item -> "declared", "code", "code_repaired", "text", "text_repaired", or
        "text_cut_off" (SPSS and some tools keep only the first letters of a question)
    personal : places of the personal columns
    unused : places of the columns that are neither an item nor personal
    """

    places: dict[str, int]
    how: dict[str, str]
    personal: tuple[int, ...]
    unused: tuple[int, ...]


def match(table: RawTable, study: Study, problems: Problems) -> Matched:
    """Find the column of every item the survey asked; what cannot be found, or twice, goes on `problems`."""
    survey = study.survey
    places: dict[str, int] = {}
    how: dict[str, str] = {}
    for code, header in survey.columns.items():
        with problems.gather():
            places[code], how[code] = locate(table, header, f"survey.columns.{code}"), "declared"
    wanted = [code for code in study.items if code not in survey.absent and code not in survey.columns]
    lost = []
    for code, found in _claims(table, study, wanted, set(places.values())).items():
        if len(found) == 1:
            ((places[code], how[code]),) = found.items()
        elif found:
            problems.add(_twice(table, code, list(found)))
        else:
            lost.append(code)
    problems.add(*_lost(table, study, lost))
    personal = []
    for header in survey.personal:
        with problems.gather():
            personal += locate_all(table, header, "survey.personal")
    problems.add(*_shared(table, study, places, personal))
    used = {*places.values(), *personal}
    unused = tuple(place for place in range(table.width) if place not in used)
    return Matched(places, how, tuple(dict.fromkeys(personal)), unused)


def locate(table: RawTable, header: str, setting: str) -> int:
    """The place of a column that the study file names; an error if there is none or more than one."""
    found = locate_all(table, header, setting)
    if len(found) > 1:
        raise DataError(
            f"{len(found)} columns are called so (key {setting}): "
            + ", ".join(f"number {place + 1}" for place in found),
            file=table.file,
            column=short(header),
            hint="give them different headers",
        )
    return found[0]


def locate_all(table: RawTable, header: str, setting: str) -> list[int]:
    """The places of all columns with this header; an error if there is none."""
    found = table.find(header)
    if not found:
        raise DataError(
            f"there is no such column (key {setting})",
            file=table.file,
            column=short(header),
            hint=_nearest(table, header) or "correct the name in the study file",
        )
    return found


def _claims(table: RawTable, study: Study, wanted: list[str], taken: set[int]) -> dict[str, dict[int, str]]:
    """For each item the columns that could be it, with the way they were recognised."""
    words = {
        code: [study.items[code].worded(lang, study.organisation[lang]) for lang in LANGUAGES]
        for code in wanted
    }
    by_code: dict[str, list[str]] = {}
    by_text: dict[str, list[str]] = {}
    for code in wanted:
        by_code.setdefault(key(code), []).append(code)
        for folded in {key(text) for text in words[code]} - {""}:
            by_text.setdefault(folded, []).append(code)
    strong: dict[str, dict[int, str]] = {code: {} for code in wanted}
    weak: dict[str, dict[int, str]] = {code: {} for code in wanted}
    for place in range(table.width):
        if place in taken:
            continue
        for title in table.titles(place):
            for part in _parts(title):
                folded = key(part)
                for code in by_code.get(folded, ()):
                    strong[code].setdefault(place, "code" if title == code else "code_repaired")
                for code in by_text.get(folded, ()):
                    strong[code].setdefault(place, "text" if title in words[code] else "text_repaired")
                for text in by_text if len(folded) >= CUT else ():
                    for code in by_text[text] if text.startswith(folded) else ():
                        weak[code].setdefault(place, "text_cut_off")
            prefix = _PREFIX.match(title)
            for code in by_code.get(key(prefix[1]), ()) if prefix else ():
                weak[code].setdefault(place, "code_repaired")
    spoken_for = {place for found in strong.values() for place in found}
    return {
        code: strong[code] or {place: way for place, way in weak[code].items() if place not in spoken_for}
        for code in wanted
    }


def _parts(title: str) -> Iterator[str]:
    """A header, and what may be the question inside it: `stem [question]`, `stem - question`."""
    yield title
    if bracket := _BRACKET.search(title.rstrip(" *؟?.")):
        yield bracket[1]
    for stem in _STEM.finditer(title):
        yield title[stem.end() :]


def _twice(table: RawTable, code: str, places: list[int]) -> DataError:
    titles = " and ".join(f"'{table.title(place)}' (number {place + 1})" for place in places[:3])
    return DataError(
        f"item {code} could be any of {len(places)} columns: {titles}",
        file=table.file,
        hint=f"say which in the study file, survey.columns: {{{code}: its header}}",
    )


def _lost(table: RawTable, study: Study, lost: list[str]) -> Iterator[DataError]:
    if len(lost) > MANY:
        yield DataError(
            f"no column was found for {len(lost)} items: {', '.join(lost)}",
            file=table.file,
            hint="compare survey.header_rows, survey.encoding and organisation with the file; name columns under "
            "survey.columns; list items that were not asked under survey.absent",
        )
        return
    for code in lost:
        item = study.items[code]
        near = _nearest(table, code, *(item.worded(lang, study.organisation[lang]) for lang in LANGUAGES))
        yield DataError(
            f"no column for item {code} ({short(item.text['en'])})",
            file=table.file,
            hint=(f"{near}; " if near else "")
            + f"name it under survey.columns: {{{code}: its header}}, or list {code} under survey.absent",
        )


def _nearest(table: RawTable, *wanted: str) -> str:
    near = table.nearest(*wanted)
    return "the nearest headers are " + ", ".join(f"'{title}'" for title in near) if near else ""


def _shared(
    table: RawTable, study: Study, places: dict[str, int], personal: list[int]
) -> Iterator[DataError]:
    """One column for two items, or an item in a column that is to be dropped."""
    owner: dict[int, str] = {}
    for code, place in places.items():
        if place in owner:
            yield DataError(
                f"is taken for two items, {owner[place]} and {code}",
                file=table.file,
                column=table.title(place),
                hint="tell them apart under survey.columns",
            )
        owner[place] = code
        if place in personal and study.instrument.scale_of(code).kind != "text":
            yield DataError(
                f"is item {code} and also declared personal",
                file=table.file,
                column=table.title(place),
                hint=f"take it out of survey.personal, or list {code} under survey.absent",
            )
