"""Exploratory factor analysis as tables: adequacy, number of factors, loadings, correlations of factors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.rules import limit, rules_note
from crmlab.present.table_parts import failed_notes, heads

if TYPE_CHECKING:
    from crmlab.study import Study

MOST = 12  # factors in one table; more go into a second one


def adequacy(
    kmo: Source | None, bartlett: Source | None, language: Language, study: Study | None
) -> Table | None:
    """04 kmo, bartlett: is there something to factor?"""
    rows: list[tuple[Spans, ...]] = []
    if kmo is not None and "kmo" in kmo:
        rule: Spans = _at_least(language, limit(study, "kmo")) if study else (EMPTY,)
        rows.append(((language.word("adequacy.kmo"),), kmo.cell("kmo", digits=3), rule))
        known = [item for item in kmo.subjects("kmo") if not math.isnan(kmo.value(f"kmo:{item}"))]
        if known:
            low = min(known, key=lambda item: kmo.value(f"kmo:{item}"))
            words = fill(language.word("adequacy.lowest"), item=Label(language.name(low)))
            rows.append((words, kmo.cell(f"kmo:{low}", digits=3), (EMPTY,)))
    if bartlett is not None and "chi2" in bartlett:
        below: Spans = (EMPTY,)
        if study:
            below = (language.word("sign.<"), " ", limit(study, "alpha"))
        rows.append(((language.word("adequacy.chi2"),), bartlett.cell("chi2", digits=1), (EMPTY,)))
        rows.append(((language.word("fit.df"),), (bartlett.glance("df", "integer"),), (EMPTY,)))
        rows.append(((language.word("adequacy.p"),), bartlett.cell("chi2", "p_value", "p", 3), below))
    notes = rules_note(study, language, "kmo") if kmo is not None else ()
    notes += tuple(
        note for source in (kmo, bartlett) if source is not None for note in failed_notes(source, language)
    )
    if not rows:
        return None
    header = heads(language, "measure", "value", "limit")
    return Table(
        "adequacy", (language.word("caption.adequacy"),), header, tuple(rows), "scc", (3.4, 1.0, 1.2), notes
    )


def _at_least(language: Language, fact: Fact) -> Spans:
    return (language.word("sign.>="), " ", fact)


def number(
    parallel: Source, velicer: Source | None, efa: Source | None, language: Language, study: Study | None
) -> Table:
    """04 parallel, map: how many factors each criterion finds."""
    rows: list[tuple[Spans, ...]] = []
    for term in ("factors_quantile", "factors_mean"):
        if term in parallel:
            rows.append(((language.word(f"number.{term}"),), parallel.cell(term, style="integer")))
    for term in ("factors", "factors_revised"):
        if velicer is not None and term in velicer:
            rows.append(((language.word(f"number.map.{term}"),), velicer.cell(term, style="integer")))
    over = [k for k in parallel.subjects("eigenvalue") if parallel.value(f"eigenvalue:{k}") > 1]
    if parallel.subjects("eigenvalue"):
        kaiser = Fact(f"counted/{parallel.address}/above_one", len(over), "integer")
        rows.append(((language.word("number.kaiser"),), (kaiser,)))
    if study:
        meant = Fact("counted/study/first_order", len(study.first_order), "integer")
        rows.append(((language.word("number.constructs"),), (meant,)))
    if efa is not None and "factors" in efa.result.glance:
        rows.append(((language.word("number.used"),), (efa.glance("factors", "integer"),)))
    notes = [Paragraph((language.word("note.number"),), "note"), *failed_notes(parallel, language)]
    notes += failed_notes(velicer, language) if velicer is not None else ()
    caption = (language.word("caption.factor_number"),)
    header = heads(language, "criterion", "factors")
    return Table("factor_number", caption, header, tuple(rows), "sc", (4.0, 1.0), tuple(dict.fromkeys(notes)))


def factors(efa: Source) -> list[str]:
    """Names of the factors, as they stand in the loadings."""
    return list(dict.fromkeys(subject.partition("=~")[0] for subject in efa.subjects("loading")))


def _numbered(language: Language, name: str) -> Label:
    return Label(language.digits(name.removeprefix("F")))


def order(efa: Source) -> list[str]:
    """Items by the factor they load highest on, the highest first; what theses call a sorted pattern matrix."""
    names = factors(efa)
    items = list(dict.fromkeys(subject.partition("=~")[2] for subject in efa.subjects("loading")))

    def place(item: str) -> tuple[int, float]:
        size = [abs(efa.value(f"loading:{name}=~{item}")) for name in names]
        home = max(range(len(size)), key=lambda k: size[k])
        return home, -size[home]

    return sorted(items, key=place)


def loadings(efa: Source, kmo: Source | None, language: Language, study: Study | None) -> list[Table]:
    """04 efa: the pattern sorted by factor, small loadings left blank, with communality and KMO of each item."""
    names, least = factors(efa), study.rules.factor_loading if study else 0.40
    if not names:
        return []
    panels = [names[start : start + MOST] for start in range(0, len(names), MOST)]
    notes = (
        *rules_note(study, language, "factor_loading"),
        Paragraph((language.word("note.efa"),), "note"),
        *failed_notes(efa, language),
    )
    found = []
    for k, panel in enumerate(panels):
        last = k == len(panels) - 1
        rows = [
            ((Label(language.name(item)),), *_pattern(efa, panel, item, least), *_ends(efa, kmo, item, last))
            for item in order(efa)
        ]
        rows += [_variance(efa, language, panel, (1 + bool(kmo)) * last)]
        heading = [(_numbered(language, name),) for name in panel]
        extra = heads(language, "communality", *(("kmo",) if kmo else ())) if last else ()
        caption = fill(language.word("caption.efa" if len(panels) == 1 else "caption.efa_part"),
                       part=Label(language.digits(str(k + 1))))  # fmt: skip
        widths = (1.6, *[1.0] * len(panel), *[1.5] * len(extra))
        header = (*heads(language, "item"), *heading, *extra)
        key = "efa" if k == 0 else f"efa_{k + 1}"
        found.append(
            Table(
                key,
                caption,
                header,
                tuple(rows),
                "s" + "c" * (len(header) - 1),
                widths,
                notes if last else (),
            )
        )
    return found


def _pattern(efa: Source, panel: list[str], item: str, least: float) -> list[Spans]:
    cells: list[Spans] = []
    for name in panel:
        term = f"loading:{name}=~{item}"
        cells.append(efa.cell(term) if abs(efa.value(term)) >= least else ("",))
    return cells


def _ends(efa: Source, kmo: Source | None, item: str, last: bool) -> list[Spans]:
    if not last:
        return []
    return [efa.cell(f"communality:{item}"), *([kmo.cell(f"kmo:{item}")] if kmo else [])]


def _variance(efa: Source, language: Language, panel: list[str], blanks: int) -> tuple[Spans, ...]:
    shares = [efa.cell(f"variance_share:{name}", style="percent", digits=1) for name in panel]
    blank: list[Spans] = [("",)] * blanks
    return ((language.word("efa.variance"),), *shares, *blank)


def correlations(efa: Source, language: Language) -> Table | None:
    """04 efa: correlations of the factors, below the diagonal."""
    names = factors(efa)[:MOST]
    if len(names) < 2 or not efa.subjects("factor_cor"):
        return None
    rows = []
    for i, name in enumerate(names[1:], 1):
        cells = [efa.cell(f"factor_cor:{other}~{name}") for other in names[:i]]
        rows.append(((_numbered(language, name),), *cells, *[("",)] * (len(names) - 1 - i)))
    header = (*heads(language, "factor"), *((_numbered(language, name),) for name in names[:-1]))
    caption = (language.word("caption.efa_cor"),)
    return Table("efa_cor", caption, header, tuple(rows), "", (1.2, *[1.0] * (len(names) - 1)))
