"""What the tables of results share: header cells, names, notes, failed checks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from crmlab.present.blocks import Fact, Label, Paragraph, Span, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import unusable
from crmlab.result import Check

NAMED = 15  # failed checks of one kind that are named one by one below a table
POSSIBLE = "check.possible"  # what the data do not allow; its rule is the reason
ASPECTS = ("estimator", "missing", "careless", "measured")  # of a way of analysis, in the order of its name
MANY = 2  # failed checks of one kind from which they share one note


def heads(language: Language, *keys: str) -> tuple[Spans, ...]:
    """Header cells from word keys `head.*`."""
    return tuple((language.word(f"head.{key}"),) for key in keys)


def named(language: Language, subject: str) -> Spans:
    """The study's name of a subject as a cell."""
    return (Label(language.name(subject)),)


def arrow(language: Language, subject: str) -> Spans:
    """A path `outcome~mediator~origin` from its origin to its outcome, in reading direction."""
    spans: list[Label | str] = []
    for part in reversed(subject.split("~")):
        spans += (
            [language.word("arrow"), Label(language.name(part))] if spans else [Label(language.name(part))]
        )
    return tuple(spans)


def level_note(source: Source, language: Language, key: str = "note.interval") -> Paragraph:
    """The note that says how sure the intervals are."""
    return Paragraph(fill(language.word(key), level=source.level), "note")


def unfit_note(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """The note below a figure that draws an inadmissible solution."""
    return (Paragraph((language.word("note.unusable"),), "note"),) if unusable(source) else ()


def resample_note(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """How small a p can be that counts resamples; only where that is not out of sight."""
    n = source.result.glance.get("resamples", math.nan)
    least = 2 / (n + 1)
    if not least >= 0.001:
        return ()
    fact = Fact(f"counted/{source.address}/least_p", least, "number", 3)
    told = fill(language.word("note.resamples"), n=source.glance("resamples", "integer"), least=fact)
    return (Paragraph(told, "note"),)


def failed_notes(
    source: Source, language: Language, *, whole: bool = False, but: str = " "
) -> tuple[Paragraph, ...]:
    """The checks that failed, in words, for the place where the table stands; many of one kind make one note.

    With `whole` each of them is named however many they are; else the smallest and the largest stand for more than
    fifteen. Those whose name starts with `but` are told by the caller.
    """
    kinds: dict[tuple[str, str], list[Check]] = {}
    for check in (one for one in source.result.failed if not one.name.startswith(but)):
        kinds.setdefault((check.name.partition(":")[0], check.rule), []).append(check)
    notes: list[Paragraph] = []
    for (kind, _), checks in kinds.items():
        if len(checks) < MANY:
            notes += [_note(check, source, language) for check in checks]
        else:
            short = not whole and len(checks) > NAMED and not any(math.isnan(one.value) for one in checks)
            notes.append((_span_of if short else _together)(kind, checks, source, language))
    return tuple(notes)


def _note(check: Check, source: Source, language: Language) -> Paragraph:
    kind, _, subject = check.name.partition(":")
    where: Spans = (" (", *_subject(language, subject), ")") if subject else ()
    told = "check.told" if _measured(check) else "check.told_bare"
    told = "check.told_reason" if kind == POSSIBLE else told
    what = (Strong(_what(kind, language)), *where)
    spans = fill(
        language.word(told), what=what, value=_value(check, source), rule=_rule(check, kind, language)
    )
    return Paragraph(spans, "failed")


def _together(kind: str, checks: Sequence[Check], source: Source, language: Language) -> Paragraph:
    """One note for many failed checks of one kind, each with its subject and value."""
    parts: list[Span] = []
    for check in checks:
        parts += [language.word("semicolon")] if parts else []
        parts += _subject(language, check.name.partition(":")[2])
        parts += [" ", _value(check, source)] if _measured(check) else []
    what = (Strong(_what(kind, language)),)
    spans = fill(
        language.word("check.several"), what=what, list=tuple(parts), rule=_rule(checks[0], kind, language)
    )
    return Paragraph(spans, "failed")


def _span_of(kind: str, checks: Sequence[Check], source: Source, language: Language) -> Paragraph:
    """One note for very many failed checks of one kind: how many, and between which values."""
    ordered = sorted(checks, key=lambda check: check.value)
    ends = {
        key: (*_subject(language, check.name.partition(":")[2]), " ", _value(check, source))
        for key, check in (("low", ordered[0]), ("high", ordered[-1]))
    }
    k = Fact(f"counted/{source.address}/{kind}", len(checks), "integer")
    what = (Strong(_what(kind, language)),)
    spans = fill(language.word("check.many"), what=what, k=k, rule=_rule(checks[0], kind, language), **ends)
    return Paragraph(spans, "failed")


def _what(kind: str, language: Language) -> str:
    return language.word(kind) if language.knows(kind) else kind


def _measured(check: Check) -> bool:
    """Whether the value tells more than that the check failed: no "1" or "0" beside a rule without a number."""
    return not math.isnan(check.value) and (check.value not in (0, 1) or _bound(check) is not None)


def _bound(check: Check) -> str | None:
    """The number of the rule, without the year of its source."""
    found = re.search(r"\d+(\.\d+)?", re.sub(r"\([^)]*\)", "", check.rule))
    return found[0] if found else None


def _value(check: Check, source: Source) -> Fact:
    """A value with three decimals; a count, or what a whole number limits, without."""
    counted = abs(check.value) >= 2 or "." not in (_bound(check) or ".")
    whole = math.isfinite(check.value) and check.value == round(check.value) and counted
    return Fact(f"checked/{source.address}/{check.name}", check.value, "number", 0 if whole else 3)


def _subject(language: Language, subject: str) -> tuple[Span, ...]:
    """What a check is about: names of the study, or a word of ours."""
    word = f"subject.{subject or 'overall'}"
    if language.knows(word):
        return (language.word(word),)
    return (Label(" / ".join(_known(language, part) for part in subject.replace("=~", "~").split("~"))),)


def _known(language: Language, part: str) -> str:
    """A name of the study's, an element of a maturity model with its unit ("GAR1.Unit 3"), or a way of analysis."""
    if language.knows(f"estimator.{part.partition('.')[0]}") and part.count(".") >= 2:
        levels = zip(ASPECTS, part.split("."), strict=False)
        return language.word("comma").join(language.word(f"{aspect}.{level}") for aspect, level in levels)
    code, _, unit = part.partition(".")
    element = language.names.get(f"element:{code}")
    if part in language.names or element is None:
        return language.name(part)
    return f"{element}{language.word('comma')}{language.own(unit)}" if unit else element


def _rule(check: Check, kind: str, language: Language) -> Label:
    """The rule a check was judged by, in the reader's language where we have the words."""
    key = kind.replace("check.", "rule.", 1)
    if kind == POSSIBLE:  # the reason is a message of the program, in English
        return Label(check.rule if language.code == "en" else language.word("check.reason_saved"))
    if not language.knows(key):
        return Label(check.rule)
    number = re.search(r"\d+(\.\d+)?", check.rule)
    limit = number[0] if number else ""
    shown = language.number(float(limit), len(limit.partition(".")[2])) if limit else ""
    return Label(language.words[key].replace("{limit}", shown))


def one_row_each(
    source: Source,
    language: Language,
    key: str,
    columns: Sequence[str],
    subjects: Sequence[str],
    cells: Callable[[str], list[Spans]],
    *,
    first: Callable[[Language, str], Spans] = named,
    notes: tuple[Paragraph, ...] = (),
    widths: tuple[float, ...] = (),
    align: str = "",
) -> Table:
    """A table with one row for each subject: its name, then its cells."""
    rows = tuple((first(language, subject), *cells(subject)) for subject in subjects)
    caption = (language.word(f"caption.{key}"),)
    everything = (*notes, *failed_notes(source, language))
    return Table(key, caption, heads(language, *columns), rows, align, widths, everything)
