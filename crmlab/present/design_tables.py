"""Step 01 as tables: hypotheses, instrument, sample size by every rule, power, precision, experts, deviations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Span, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import LRM, Language
from crmlab.present.table_parts import arrow, failed_notes, named
from crmlab.present.verdict_tables import way

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study

POWER = 0.80  # where a result names no power that is wanted
MANY = 30  # effects from which only those of a hypothesis are listed
ARROW = " -> "  # between what was frozen and what stands there now, in the rule of a check


def head(language: Language, *keys: str) -> tuple[Spans, ...]:
    """Header cells."""
    return tuple((language.word(f"design.column.{key}"),) for key in keys)


def note(language: Language, key: str, **values: object) -> Paragraph:
    """A note below a table."""
    return Paragraph(fill(language.word(f"design.note.{key}"), **values), "note")


def caption(language: Language, key: str) -> Spans:
    """The caption of one of these tables."""
    return (language.word(f"design.caption.{key}"),)


def hypotheses(source: Source, language: Language, study: Study) -> Table | None:
    """Every hypothesis with its way, its direction and the effect that is expected."""
    if not study.hypotheses:
        return None
    expected = bool(source.subjects("expected"))
    rows = []
    for one in study.hypotheses:
        row: tuple[Spans, ...] = (
            (Label(one.id),),
            (Label(one.statement[language.code]),),
            way(language, one),
            (_sign(one, language),),
        )
        rows.append((*row, source.cell(f"expected:{one.id}")) if expected else row)
    columns = ["hypothesis", "statement", "way", "sign", *(["expected"] if expected else [])]
    notes = (note(language, "expected"),) if expected else ()
    widths = (0.9, 4.2, 3.4, 1.0, *([1.1] if expected else []))
    return Table(
        "design_hypotheses", caption(language, "hypotheses"), head(language, *columns), tuple(rows),
        "sssc" + ("c" if expected else ""), widths, notes,
    )  # fmt: skip


def _sign(one: Hypothesis, language: Language) -> str:
    return language.word({"+": "design.positive", "-": "design.negative"}.get(one.sign, "design.either"))


def instrument(source: Source, language: Language, study: Study) -> Table:
    """Every construct with its items, the points of their scale, and how many are reversed."""
    whole = {part: name for name in study.second_order for part in study.constructs[name].dimensions}
    rows: list[tuple[Spans, ...]] = []
    above = ""
    for name in sorted(source.subjects("items"), key=lambda of: _order(study, whole, of)):
        top = whole.get(name, "")
        if top != above and top:
            rows.append((named(language, top),))
        above = top
        items = study.blocks.get(name, [])
        codes: list[Span] = []
        for k, code in enumerate(items):
            codes += [language.word("comma")] if k else []
            codes.append(Label(code))
        rows.append((
            named(language, name), tuple(codes), source.cell(f"items:{name}", style="integer"),
            source.cell(f"reversed:{name}", style="integer"), source.cell(f"points:{name}", style="integer"),
        ))  # fmt: skip
    total = (
        (language.word("design.total"),), (EMPTY,), source.cell("items", style="integer"), (EMPTY,), (EMPTY,)
    )  # fmt: skip
    columns = head(language, "construct", "codes", "items", "reversed", "points")
    return Table(
        "design_instrument", caption(language, "instrument"), columns, (*rows, total), "ssccc",
        (2.6, 3.2, 0.9, 1.0, 1.0), failed_notes(source, language),
    )  # fmt: skip


def _order(study: Study, whole: dict[str, str], name: str) -> tuple[int, int]:
    """Dimensions together, in the order of their second-order constructs; those without one first."""
    names, tops = list(study.constructs), ["", *study.second_order]
    return tops.index(whole.get(name, "")), names.index(name) if name in names else 0


def sample_size(source: Source, language: Language) -> Table:
    """Every rule: what it asks, what it takes as given, and the respondents it wants."""
    rows = []
    for rule in source.subjects("n"):
        n = source.cell(f"n:{rule}", style="integer")
        more = (language.word("design.not_reached"),) if rule == "monte_carlo" and n == (EMPTY,) else n
        rows.append((
            (language.word(f"design.rule.{rule}"),), (language.word(f"design.asks.{rule}"),),
            given(source, language, rule), more,
        ))  # fmt: skip
    if "planned" in source:
        planned = source.cell("planned", style="integer")
        rows.append(((language.word("design.planned"),), (EMPTY,), (EMPTY,), planned))
    notes = [note(language, "conventions")] if source.result.glance.get("expected") == 0 else []
    notes += [note(language, "endless")] if math.isnan(source.result.glance.get("people", math.nan)) else []
    return Table(
        "design_sample_size", caption(language, "sample_size"), head(language, "rule", "asks", "given", "n"),
        tuple(rows), "sssc", (2.2, 3.2, 3.0, 1.1), (*notes, *failed_notes(source, language)),
    )  # fmt: skip


def given(source: Source, language: Language, rule: str) -> Spans:
    """What a rule takes as given, each number a fact."""
    people = source.glance("people", "integer")
    values: dict[str, object] = {
        "p": source.glance("proportion"),
        "margin": source.glance("margin"),
        "level": source.glance("level", "percent", 0),
        "people": (people,) if not math.isnan(people.value) else (language.word("design.large"),),
        "effect": source.glance("effect"),
        "f2": source.glance("f2", "number", 3),
        "k": source.glance("predictors", "integer"),
        "df": source.glance("df", "integer"),
        "alpha": source.glance("alpha"),
        "power": source.glance("power", "percent", 0),
    }
    return fill(language.word(f"design.given.{rule}"), **values)


def power(source: Source, needed: Source | None, language: Language, key: str, study: Study) -> Table:
    """Power of every effect at every size, with its Monte Carlo error, and the size that reaches what is wanted."""
    tried, wanted = sizes(source), source.result.glance.get("wanted", POWER)
    rows = []
    for subject in effects(source, study):
        cells: list[Spans] = []
        for n in tried:
            term = f"power:{subject}.{n}"
            share, error = (
                short(source.cell(term, style="percent", digits=0), wanted),
                source.fact(term, "std_error", "percent", 1),
            )
            cells.append(share if share == (EMPTY,) else (*share, " ", *_bracket(language, error)))
        least = needed.cell(f"n:{subject}", style="integer") if needed is not None else (EMPTY,)
        if needed is not None and least == (EMPTY,):
            least = (language.word("design.not_reached"),)
        rows.append((arrow(language, subject), source.cell(f"planted:{subject}"), *cells, least))
    header = (
        *head(language, "effect", "expected"),
        *_sized(source, language, tried),
        *head(language, "needed"),
    )
    told = [note(
        language, "power", r=source.glance("replications", "integer"), engine=language.word(f"design.engine.{key}"),
    )]  # fmt: skip
    if any(source.value(f"planted:{of}") == 0 for of in source.subjects("planted")):
        told.append(note(language, "nothing"))
    failed = (
        *failed_notes(source, language),
        *(failed_notes(needed, language) if needed is not None else ()),
    )
    widths = (3.0, 1.0, *[1.25] * len(tried), 1.0)
    return Table(
        f"design_power_{key}", fill(language.word("design.caption.power"), engine=language.word(f"design.engine.{key}")),
        header, tuple(rows), "s" + "c" * (len(tried) + 2), widths, (*told, *failed),
    )  # fmt: skip


def short(cell: Spans, wanted: float) -> Spans:
    """A share with one decimal more where it would be printed like the power that it misses."""
    fact = cell[0]
    if isinstance(fact, Fact) and fact.value < wanted and round(fact.value, 2) >= wanted:
        return (replace(fact, digits=1),)
    return cell


def _bracket(language: Language, error: Fact) -> Spans:
    return ((LRM if language.rtl else "") + "(", error, ")")


def _sized(source: Source, language: Language, tried: list[int]) -> tuple[Spans, ...]:
    """Header cells of the sizes, each of them a number of the result's terms."""
    return tuple(
        fill(language.word("design.size"), n=Fact(f"counted/{source.address}/size.{n}", n, "integer"))
        for n in tried
    )


def effects(source: Source, study: Study) -> list[str]:
    """The effects that are told: all, or of very many those that a hypothesis names."""
    every = source.subjects("planted")
    named = {"~".join(reversed(one.constructs)) for one in study.hypotheses}
    return [of for of in every if of in named] or every if len(every) > MANY else every


def sizes(source: Source) -> list[int]:
    """The sizes that were simulated."""
    return [int(n) for n in source.subjects("fitted")]


def precision(source: Source, language: Language, key: str, study: Study) -> Table:
    """How wide the interval of every effect would be, and how often it would hold the truth."""
    tried = sizes(source)
    rows = []
    for subject in effects(source, study):
        widths = [source.cell(f"width:{subject}.{n}") for n in tried]
        covers = source.cell(f"coverage:{subject}.{tried[-1]}", style="percent", digits=0)
        bias = source.cell(f"bias:{subject}.{tried[-1]}", digits=3)
        rows.append((arrow(language, subject), *widths, covers, bias))
    last = Fact(f"counted/{source.address}/size.{tried[-1]}", tried[-1], "integer")
    columns = (
        *head(language, "effect"), *_sized(source, language, tried), *head(language, "coverage", "bias")
    )  # fmt: skip
    told = note(
        language, "precision", n=last, level=source.level, engine=language.word(f"design.engine.{key}")
    )
    return Table(
        f"design_precision_{key}", caption(language, "precision"), columns, tuple(rows),
        "s" + "c" * (len(tried) + 2), (3.0, *[1.1] * len(tried), 1.2, 1.2),
        (told, note(language, "weakened")) if key == "pls" else (told,),
    )  # fmt: skip


def content(ratio: Source | None, index: Source | None, language: Language) -> Table | None:
    """What experts said of every item: content validity ratio and index."""
    items = list(
        dict.fromkeys(
            [*(ratio.subjects("cvr") if ratio else ()), *(index.subjects("i_cvi") if index else ())]
        )
    )
    if not items:
        return None
    rows = []
    for item in items:
        row: tuple[Spans, ...] = ((Label(language.name(item)),),)
        if ratio is not None:
            row += (
                ratio.cell(f"experts:{item}", style="integer"),
                ratio.cell(f"cvr:{item}"),
                ratio.cell(f"critical:{item}"),
            )
        if index is not None:
            row += (
                index.cell(f"experts:{item}", style="integer"),
                index.cell(f"i_cvi:{item}"),
                index.cell(f"kappa:{item}"),
            )
        rows.append(row)
    both = ratio is not None and index is not None
    columns = [
        "item",
        *(["experts_necessity" if both else "experts", "cvr", "critical"] if ratio else []),
        *(["experts_relevance" if both else "experts", "i_cvi", "kappa"] if index else []),
    ]
    told = [note(language, "content_cvr")] if ratio else []
    told += [note(language, "content_cvi")] if index else []
    failed = [remark for one in (ratio, index) if one is not None for remark in failed_notes(one, language)]
    return Table(
        "design_content", caption(language, "content"), head(language, *columns), tuple(rows), "", (),
        (*told, *failed),
    )  # fmt: skip


def departures(source: Source, language: Language) -> Table | None:
    """Everything in which the study differs from its frozen design."""
    found = [check for check in source.result.failed if check.name.startswith("check.deviation:")]
    if not found:
        return None
    rows = []
    for check in found:
        before, _, after = check.rule.partition(ARROW)
        place = check.name.partition(":")[2]
        kind = {1: "added", 2: "changed", 3: "removed"}[int(source.value(f"deviation:{place}"))]
        rows.append(((Label(place),), (language.word(f"design.{kind}"),), (Label(before),), (Label(after),)))
    columns = head(language, "place", "kind", "frozen", "now")
    return Table(
        "design_deviations",
        caption(language, "deviations"),
        columns,
        tuple(rows),
        "scss",
        (3.0, 1.0, 2.4, 2.4),
    )
