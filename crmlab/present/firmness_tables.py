"""How firm the findings are, as tables: verdicts under other choices, effects that matter, drivers."""

from __future__ import annotations

import math

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note


def sensitivity(source: Source, language: Language) -> Table:
    """05 sensitivity: one row a choice, one column a hypothesis; the shares that agree below."""
    names = source.subjects("stands")
    rows: list[tuple[Spans, ...]] = []
    for choice in source.subjects("n"):
        cells = [_verdict(source, language, f"{name}.{choice}") for name in names]
        rows.append((_choice(choice, language), source.cell(f"n:{choice}", style="integer"), *cells))
    for key, quantity in (("stands", "stands"), ("same_sign", "sign")):
        share = [(*source.cell(f"{quantity}:{name}", style="percent", digits=0), language.word("pct")) for name in names]  # fmt: skip
        rows.append(((Strong(language.word(f"head.{key}")),), (EMPTY,), *share))
    header = (*heads(language, "choice", "n"), *((Label(name),) for name in names))
    notes = (Paragraph((language.word("note.sensitivity"),), "note"), *_lost(source, language))
    caption = (language.word("caption.sensitivity"),)
    widths = (3.4, 0.6, *[1.5] * len(names))
    return Table("sensitivity", caption, header, tuple(rows), "", widths, notes)


def _lost(source: Source, language: Language) -> tuple[Paragraph, ...]:
    """The choices that could not be computed; which verdicts change, the rows and the last lines above say."""
    start = "check.choice:"
    names = [check.name[len(start) :] for check in source.result.failed if check.name.startswith(start)]
    told: list[object] = []
    for name in names:
        told += [language.word("separator")] if told else []
        told += _choice(name, language)
    if not told:
        return ()
    return (Paragraph(fill(language.word("check.choices_lost"), list=tuple(told)), "failed"),)


def _choice(choice: str, language: Language) -> Spans:
    estimator, missing, careless = choice.split(".")
    words = [f"estimator.{estimator}", f"missing.{missing}", f"careless.{careless}"]
    return (language.word("comma").join(language.word(word) for word in words),)


def _verdict(source: Source, language: Language, of: str) -> Spans:
    verdict = source.value(f"verdict:{of}")
    word = EMPTY if math.isnan(verdict) else language.word(f"verdict.{int(verdict)}")
    return (source.fact(f"hypothesis:{of}"), " (", word, ")")


def equivalence(source: Source, language: Language) -> Table:
    """05 equivalence: each effect against the smallest one of interest."""
    rows: list[tuple[Spans, ...]] = []
    for subject in source.subjects("equivalence"):
        kind, _, effect = subject.partition(":")
        term = f"equivalence:{subject}"
        rows.append(
            (
                (*arrow(language, effect), f" ({language.word(f'effect.{kind}.short')})"),
                source.cell(term, digits=3),
                source.interval(term, language, 3),
                source.cell(term, "p_value", "p", 3),
                (Strong(language.word(f"matters.{int(source.value(f'stands:{subject}'))}")),),
            )
        )
    note = fill(
        language.word("note.equivalence"), margin=source.glance("margin"), alpha=source.glance("alpha"),
        level=Fact(f"counted/{source.address}/level", 1 - 2 * source.glance("alpha").value, "percent", 0),
    )  # fmt: skip
    columns = ("effect", "estimate", "interval_90", "p_equivalence", "matters")
    notes = (Paragraph(note, "note"), *failed_notes(source, language))
    caption = (language.word("caption.equivalence"),)
    return Table("equivalence", caption, heads(language, *columns), tuple(rows), "", (3.4, 0.9, 1.6, 1.2, 1.6), notes)  # fmt: skip


def outcome(source: Source) -> str:
    """What the drivers drive."""
    return next(iter(source.subjects("r2")), "")


def ranked(source: Source) -> list[str]:
    """The drivers, the largest share first."""
    return sorted(source.subjects("dominance"), key=lambda name: -source.value(f"dominance:{name}"))


def drivers(source: Source, language: Language) -> Table:
    """05 drivers_<outcome>: dominance and relative weights with their intervals."""
    of = outcome(source)
    rows = [
        (
            (Label(language.name(name)),),
            source.cell(f"dominance:{name}", digits=3),
            source.interval(f"dominance:{name}", language, 3),
            (*source.cell(f"dominance_share:{name}", style="percent", digits=1), language.word("pct")),
            source.cell(f"relative_weight:{name}", digits=3),
            source.interval(f"relative_weight:{name}", language, 3),
        )
        for name in ranked(source)
    ]
    columns = ("driver", "dominance", "interval", "share_r2", "relative_weight", "interval")
    note = fill(language.word("note.drivers"), r2=source.fact(f"r2:{of}"))
    notes = (
        Paragraph(note, "note"),
        level_note(source, language),
        *failed_notes(source, language),
    )
    caption = fill(language.word("caption.drivers"), name=Label(language.name(of)))
    return Table(f"drivers_{of}", caption, heads(language, *columns), tuple(rows), "", (2.8, 1, 1.6, 1, 1.1, 1.6), notes)  # fmt: skip
