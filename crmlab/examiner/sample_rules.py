"""Rules on the sample: what Cochran and Krejcie-Morgan give, frequencies that add up, means that whole answers can have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from crmlab.examiner.finding import judged
from crmlab.examiner.printed import Printed, in_text, meets
from crmlab.examiner.tables import Row, Table
from crmlab.examiner.thesis import Outcome, Sentence, Thesis, blocks
from crmlab.examiner.vocabulary import is_a, mentions, quantity

CHI2_1 = 3.841  # as Krejcie & Morgan (1970) print it
Z = 1.96
LEAST, MOST = 20, 5000  # what a sample size of a thesis looks like
GIVEN = re.compile(r"(?<![A-Za-z])([pqdeεN])\s*=\s*(\d*[./٫]?\d+)")


def claims(thesis: Thesis) -> Iterator[Outcome]:
    """A sample size said to come from Cochran's formula, or from Krejcie and Morgan's table, does come from it."""
    for sentence in thesis.sentences:
        for name, rule in (("cochran", _cochran), ("morgan", _morgan)):
            if mentions(sentence.text, name):
                yield from rule(sentence, _around(thesis, sentence))


def _around(thesis: Thesis, sentence: Sentence) -> tuple[Sentence, ...]:
    """The sentences of the same paragraph and of the one before it."""
    return tuple(one for one in thesis.sentences if 0 <= sentence.part - one.part <= 1)


def _cochran(sentence: Sentence, around: tuple[Sentence, ...]) -> Iterator[Outcome]:
    sizes = _sizes(sentence)
    if not sizes:
        return
    given = {
        name: float(value.replace("/", ".").replace("٫", "."))
        for one in around
        for name, value in GIVEN.findall(one.text)
    }
    p = given.get("p", 0.5)
    margin = given.get("d", given.get("e", given.get("ε", 0.05)))
    if not (0 < p < 1 and 0 < margin < 1):
        return
    infinite = Z**2 * p * (1 - p) / margin**2
    answers = (
        [infinite]
        if any(mentions(one.text, "infinite") for one in around)
        else [infinite, *_finite(infinite, around, sizes)]
    )
    implied = math.sqrt(Z**2 * p * (1 - p) / sizes[0].value)
    yield judged(
        any(_rounds(answer, size) for answer in answers for size in sizes), "cochran", sentence.place, sizes[0].text,
        p=(p, 2), d=(margin, 3), found=(math.ceil(answers[-1]), 0), implied=(implied, 4),
    )  # fmt: skip


def _finite(infinite: float, around: tuple[Sentence, ...], sizes: list[Printed]) -> list[float]:
    """Cochran's correction for the populations that are named: whole numbers above the sample beside the word."""
    return [
        infinite / (1 + (infinite - 1) / number.value)
        for one in around
        if mentions(one.text, "population")
        for _, number in in_text(one.text)
        if number.whole and number.value > max(size.value for size in sizes[:1]) and number.value >= LEAST
    ]


def _morgan(sentence: Sentence, around: tuple[Sentence, ...]) -> Iterator[Outcome]:
    sizes = _sizes(sentence)
    known = [
        number.value
        for one in around
        for _, number in in_text(one.text)
        if number.whole and number.value >= LEAST
    ]
    populations = [value for value in known if sizes and value > min(size.value for size in sizes)]
    if not sizes or not populations:
        return
    found = [CHI2_1 * N * 0.25 / (0.05**2 * (N - 1) + CHI2_1 * 0.25) for N in populations]
    # the printed table has steps; a size between them is that of a neighbour
    ok = any(abs(answer - size.value) <= max(2.0, 0.01 * answer) for answer in found for size in sizes)
    smallest = min(sizes, key=lambda size: size.value)
    yield judged(ok, "morgan", sentence.place, smallest.text, N=(populations[0], 0), found=(found[0], 0))


def _sizes(sentence: Sentence) -> list[Printed]:
    """Whole numbers of the sentence that stand with persons, or after `n =`."""
    if not mentions(sentence.text, "persons") and not re.search(r"\bn\s*=", sentence.text, re.I):
        return []
    return [
        number
        for _, number in in_text(sentence.text)
        if number.whole and not number.percent and LEAST <= number.value <= MOST and not 1300 <= number.value <= 1450
        and not 1900 <= number.value <= 2100
    ]  # fmt: skip


def _rounds(answer: float, size: Printed) -> bool:
    return math.floor(answer) <= size.value <= math.ceil(answer)


def frequencies(thesis: Thesis) -> Iterator[Outcome]:
    """Counts add up to the total that is printed, and percentages are theirs."""
    for table in thesis.tables:
        totals = [row for row in table.rows if is_a(row.label, "totals") and "count" in row.cells]
        found = blocks(table)
        for rows in found:
            if any(row.cells["count"].relation != "=" or not row.cells["count"].whole for row in rows):
                continue
            total = next(
                (row for row in totals if row.group == rows[0].group),
                totals[0] if len(totals) == 1 and len(found) == 1 else None,
            )
            counted = sum(row.cells["count"].value for row in rows)
            if total is not None:
                yield _sum(table, total, counted)
            yield from _shares(table, rows, counted, total)


def _sum(table: Table, total: Row, counted: float) -> Outcome:
    number = total.cells["count"]
    return judged(number.value == counted, "sum", table.place(total.label), number.text, found=(counted, 0))


def _shares(table: Table, rows: list[Row], counted: float, total: Row | None) -> Iterator[Outcome]:
    """Each percentage is its count over all, over those who answered, or over the total printed."""
    bases = {counted, *(counted - row.cells["count"].value for row in rows)}
    bases |= {total.cells["count"].value} if total is not None else set()
    for name in ("percent", "valid"):
        told = [row for row in rows if name in row.cells]
        fitting = [base for base in bases if base > 0 and all(_share(row, name, base) for row in told)]
        if fitting:
            yield from (None for _ in told)
            continue
        for row in told:
            number, count = row.cells[name], row.cells["count"]
            found = (100 * count.value / counted if counted else 0.0, max(1, number.decimals))
            ok = counted > 0 and _share(row, name, counted)
            yield judged(
                ok,
                "percent",
                table.place(row.label),
                number.text,
                count=count.text,
                all=(counted, 0),
                found=found,
            )


def _share(row: Row, name: str, base: float) -> bool:
    number, share = row.cells[name], row.cells["count"].value / base
    return meets((100 * share, 100 * share), number.span) or (
        number.value <= 1 and meets((share, share), number.span)
    )


def possible_means(thesis: Thesis) -> Iterator[Outcome]:
    """A mean of n whole answers is a whole number over n (GRIM; Brown & Heathers 2017), for single items."""
    for table, row in thesis.rows("mean", "count"):
        mean, n = row.cells["mean"], row.cells["count"]
        if (
            not n.whole
            or n.value < 2
            or n.value >= 10**mean.decimals
            or quantity(row.label)
            or not re.search(r"\d$", row.label)
        ):
            continue
        low, high = (math.ceil(mean.span[0] * n.value - 1e-9), math.floor(mean.span[1] * n.value - 1e-9))
        nearest = round(mean.value * n.value) / n.value
        found = (nearest, mean.decimals)
        yield judged(low <= high, "grim", table.place(row.label), mean.text, n=n.text, found=found)


RULES = (claims, frequencies, possible_means)
