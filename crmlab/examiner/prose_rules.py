"""Rules on sentences: what they say is what the tables print, and no number was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from crmlab.examiner.finding import Finding, judged
from crmlab.examiner.printed import Interval, Printed, in_text, meets
from crmlab.examiner.sentences import OF_ROWS, SINGLE, names_in, pattern_of, told
from crmlab.examiner.tables import Row, Table
from crmlab.examiner.thesis import Outcome, Sentence, Thesis
from crmlab.examiner.vocabulary import fold, words

NUMBER_OF = re.compile(r"^\s*(?:H|RQ|فرضیه|ف)\s*[\d۰-۹]+[a-z]?\s*[:.)،-]\s*")  # of a hypothesis
NAME = 3  # letters a row's label needs to be found in a sentence


def against_tables(thesis: Thesis) -> Iterator[Outcome]:
    """A number that a sentence gives for a quantity stands so in a table that holds this quantity."""
    for sentence in thesis.sentences:
        for name, number in told(sentence.text):
            if name in SINGLE:
                found = [(table, row.cells[name]) for table, row in thesis.printed_rows(name)]
            elif name in OF_ROWS:
                found = _of_row(thesis, sentence, name)
            else:
                continue
            if not found:
                continue
            spans = [one.span for _, one in found] + _beside(thesis, name)
            if name == "vaf":  # a share here, a percentage there
                spans += [(scale * low, scale * high) for low, high in spans for scale in (0.01, 100)]
            table, nearest = min(
                found, key=lambda pair: abs(thesis.places[pair[0].grid.number] - sentence.part)
            )
            yield judged(
                any(meets(number.span, span) for span in spans), "prose", sentence.place, number.text,
                quantity=f"examiner.{name}", table=nearest.text, number=(table.grid.number, 0),
            )  # fmt: skip


def _of_row(thesis: Thesis, sentence: Sentence, name: str) -> list[tuple[Table, Printed]]:
    """The numbers of the one row (in one table or several) that the sentence names, all parts of its label in it."""
    plain = fold(sentence.text)
    named: dict[str, list[tuple[Table, Printed]]] = {}
    for table, row in thesis.printed_rows(name):
        parts = _parts(row)
        if parts and all(part in plain for part in parts) and (len(parts) > 1 or name not in ("beta", "t")):
            named.setdefault(" ".join(parts), []).append((table, row.cells[name]))
    return next(iter(named.values())) if len(named) == 1 else []


def _parts(row: Row) -> tuple[str, ...]:
    label = NUMBER_OF.sub("", row.label)
    pieces = [fold(piece) for piece in re.split(r"<?-+>|[→←⟶~]|\bon\b|\bto\b", label)]
    pieces = [piece for piece in pieces if piece]
    return tuple(pieces) if pieces and all(len(piece) >= NAME for piece in pieces) else ()


def _beside(thesis: Thesis, name: str) -> list[Interval]:
    """Every number in a row or under a heading that speaks of the quantity, read or not."""
    if name not in thesis.beside:
        found: list[Interval] = []
        for table in thesis.tables:
            rows = table.grid.rows
            columns = (
                [place for place, cell in enumerate(rows[0]) if pattern_of((name,)).search(cell)]
                if rows
                else []
            )
            for row in rows:
                spoken = any(pattern_of((name,)).search(cell) for cell in row)
                cells = row if spoken else [row[place] for place in columns]
                found += [number.span for cell in cells for _, number in in_text(cell)]
        thesis.beside[name] = found
    return thesis.beside[name]


def blanks(thesis: Thesis) -> Iterator[Outcome]:
    """No number is missing where a sentence says that something equals it."""
    for sentence in thesis.sentences:
        if _gap().search(sentence.text) and names_in(sentence.text):
            yield Finding("blank", "disagreement", sentence.place, "")


@cache
def _gap() -> re.Pattern[str]:
    equal = "|".join(map(re.escape, words("equals")))
    ends = "|".join(map(re.escape, words("ends")))
    return re.compile(rf"(?<!\w)(?:{equal})\s*(?:(?:{ends})(?!\w)|[.,،؛;)]|$)", re.IGNORECASE)


RULES: Sequence = (against_tables, blanks)
