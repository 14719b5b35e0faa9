"""What a sentence says in numbers: the quantities it names, and statistics reported in APA's form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from crmlab.examiner.printed import Printed, in_text, printed
from crmlab.examiner.vocabulary import catalogue, fold, words

SINGLE = (
    "kmo",
    "rmsea",
    "cfi",
    "nfi",
    "tli",
    "ifi",
    "gfi",
    "agfi",
    "srmr",
    "chi2_df",
    "gof",
    "bartlett",
    "vaf",
    "sobel",
)
OF_ROWS = ("alpha", "cr", "ave", "beta", "t", "r2", "mean", "loading")
WHOLE = ("chi2", "df")  # may be whole numbers
OF_EFFECTS = ("direct", "indirect", "total", "communality")
TOLD = (*SINGLE, *OF_ROWS, *WHOLE, *OF_EFFECTS, "p", "se", "b", "size")
NEAR = 60  # letters between the name of a quantity and its number

_N = r"([-\u2212]?\d*[./\u066b]?\d+)"
_P = rf"\s*[,;\u060c\u061b]?\s*p\s*([<>=])\s*{_N}"
_APA = (
    (("df", "t"), re.compile(rf"(?<!\w)t\s*\(\s*{_N}\s*\)\s*=\s*{_N}(?:{_P})?")),
    (("df", "df2", "f"), re.compile(rf"(?<!\w)F\s*\(\s*{_N}\s*[,\u060c]\s*{_N}\s*\)\s*=\s*{_N}(?:{_P})?")),
    (
        ("df", "chi2"),
        re.compile(rf"(?:χ2|χ²|X2)\s*\(\s*{_N}(?:\s*[,\u060c]\s*[nN]\s*=\s*\d+)?\s*\)\s*=\s*{_N}(?:{_P})?"),
    ),
    (("df", "r"), re.compile(rf"(?<!\w)r\s*\(\s*{_N}\s*\)\s*=\s*{_N}(?:{_P})?")),
)


_SOBEL = {
    name: re.compile(rf"(?<!\w){spelt}\s*=\s*{_N}")
    for name, spelt in {"a": "a", "sa": "(?:S|SE|s)_?a", "path_b": "b", "sb": "(?:S|SE|s)_?b"}.items()
}


def parts_of_sobel(sentence: str) -> dict[str, Printed]:
    """The paths and errors that a sentence gives for Sobel's test, `a = 0.61, Sa = 0.05, b = ...`; all four or none."""
    hits = {name: pattern.search(sentence) for name, pattern in _SOBEL.items()}
    found = {name: got for name, hit in hits.items() if hit and (got := printed(hit[1])) is not None}
    return found if len(found) == len(_SOBEL) else {}


def apa(sentence: str) -> Iterator[dict[str, Printed]]:
    """Statistics in APA's form, `t(98) = 2.10, p = .038`: quantity -> number, one dictionary each."""
    for names, pattern in _APA:
        for hit in pattern.finditer(sentence):
            *numbers, relation, p = hit.groups()
            cells = {name: printed(text) for name, text in zip(names, numbers, strict=True)}
            if p is not None:
                got = printed(p)
                cells["p"] = got and Printed(got.text, got.value, got.decimals, relation)
            yield {name: number for name, number in cells.items() if number is not None}


def told(sentence: str) -> Iterator[tuple[str, Printed]]:
    """Quantities a sentence names with the number that follows each; limits it compares them with are not theirs."""
    numbers = in_text(sentence)
    named = names_in(sentence)
    taken: set[int] = set()
    for order, (_, end, name) in enumerate(named):
        until = named[order + 1][0] if order + 1 < len(named) else len(sentence)
        for place, number in numbers:
            if end <= place < min(until, end + NEAR):
                taken.add(place)
                if _states(name, number) and not _limit(sentence[end:place]):
                    yield name, number
                break
        else:
            yield from _at_the_end(sentence, name, numbers, taken if order + 1 < len(named) else set(), named)


def _states(name: str, number: Printed) -> bool:
    return (number.decimals > 0 or name in WHOLE) and number.relation == "="


def _at_the_end(
    sentence: str,
    name: str,
    numbers: list[tuple[int, Printed]],
    taken: set[int],
    named: list[tuple[int, int, str]],
) -> Iterator[tuple[str, Printed]]:
    """The number of "GoF, from communality (0.62) and R2 (0.40), equals 0.498": the last one, after an equals of its own."""
    if name != "gof" or len(named) < 2 or len(numbers) < len(named):
        return
    place, number = numbers[-1]
    before = sentence[numbers[-2][0] : place].rstrip().removesuffix("=").rstrip()
    equal = before.endswith((*words("equals"), *words("equal"))) or sentence[:place].rstrip().endswith("=")
    if equal and place not in taken and _states(name, number):
        yield name, number


def names_in(sentence: str) -> list[tuple[int, int, str]]:
    """(start, end, quantity) of each name in the sentence, the longest where several fit."""
    found: list[tuple[int, int, str]] = []
    for hit in _names().finditer(sentence):
        found.append((hit.start(), hit.end(), _spelt()[fold(hit[0])]))
    return found


@cache
def _spellings(names: tuple[str, ...]) -> tuple[str, ...]:
    """How the quantities are spelt in sentences; words too general for that are left out."""
    general = set(words("whole_only"))
    letters = {"t", "p", "β", "α"}
    return tuple(
        spelling
        for name in names
        for spelling in catalogue()["quantities"][name]
        if spelling not in general and (len(fold(spelling)) > 1 or spelling in letters)
    )


@cache
def _spelt() -> dict[str, str]:
    return {fold(spelling): name for name in TOLD for spelling in _spellings((name,))}


@cache
def _names() -> re.Pattern[str]:
    return pattern_of(TOLD)


@cache
def pattern_of(names: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(_spellings(names), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in ordered), re.IGNORECASE)


def _limit(between: str) -> bool:
    """Whether what stands between a name and a number says that the number is a limit."""
    plain = between.strip()
    return any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)" if word[0].isalpha() else re.escape(word), plain)
        for word in words("limits_before")
    )
