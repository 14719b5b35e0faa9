"""Covariance-based models as tables: how well they fit, and what both engines say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.blocks import EMPTY, Fact, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes, heads

if TYPE_CHECKING:
    from crmlab.study import Study

# The robust form of a measure is printed where the estimator has one.
ROBUST = {"chisq": "chisq.scaled", "pvalue": "pvalue.scaled", "df": "df.scaled"}
ROBUST |= {key: f"{key}.robust" for key in ("cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper")}


def measure(source: Source, key: str, digits: int = 3) -> Fact:
    """A fit measure in its robust form if there is one."""
    robust = ROBUST.get(key, "")
    known = not math.isnan(source.result.glance.get(robust, math.nan))
    style = "integer" if key == "df" else "p" if key == "pvalue" else "number"
    return source.glance(robust if known else key, style, digits)  # type: ignore[arg-type]


def fits(source: Source, study: Study) -> bool:
    """Whether CFI, RMSEA and SRMR all keep within the limits that the study set."""
    rules = study.rules
    return (
        measure(source, "cfi").value >= rules.cfi
        and measure(source, "rmsea").value <= rules.rmsea
        and measure(source, "srmr").value <= rules.srmr
    )


def fit(models: Sequence[tuple[str, Source]], language: Language, study: Study, key: str) -> Table:
    """One column a model: chi-square, CFI, TLI, RMSEA with its interval, SRMR, and the limits set beforehand."""
    limits = {
        "cfi": (">=", study.rules.cfi),
        "rmsea": ("<=", study.rules.rmsea),
        "srmr": ("<=", study.rules.srmr),
    }
    rows: list[tuple[Spans, ...]] = []
    for name in ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "interval", "srmr"):
        cells = [_cell(source, name, language) for _, source in models]
        sign, limit = limits.get(name, ("", math.nan))
        rule: Spans = (EMPTY,)
        if sign:
            rule = (language.word(f"sign.{sign}"), " ", Fact(f"study/rules/{name}", limit, "number", 2))
        rows.append(((language.word(f"fit.{name}"),), *cells, rule))
    header = (*heads(language, "measure"), *((language.word(f"model.{which}"),) for which, _ in models))
    notes = [Paragraph((language.word("note.fit"),), "note")]
    for which, source in models:
        of = (language.word(f"model.{which}"), language.word("colon")) if len(models) > 1 else ()
        notes += [replace(note, spans=(*of, *note.spans)) for note in failed_notes(source, language)]
    caption = (language.word(f"caption.{key}"),)
    widths = (2.2, *[1.5] * len(models), 1.2)
    return Table(key, caption, (*header, *heads(language, "limit")), tuple(rows), "s" + "c" * (len(models) + 1),
                 widths, tuple(dict.fromkeys(notes)))  # fmt: skip


def _cell(source: Source, name: str, language: Language) -> Spans:
    if name == "interval":
        low, high = measure(source, "rmsea.ci.lower"), measure(source, "rmsea.ci.upper")
        return (EMPTY,) if math.isnan(low.value) else fill(language.word("interval"), low=low, high=high)
    fact = measure(source, name, 1 if name == "chisq" else 3)
    return (EMPTY,) if math.isnan(fact.value) else (fact,)


def engines(pls: Source, sem: Source, language: Language) -> Table:
    """Each hypothesis by both engines: estimate, interval, verdict."""
    rows = []
    for name in sem.subjects("hypothesis"):
        cells: list[Spans] = []
        for source in (pls, sem):
            verdict = source.value(f"verdict:{name}")
            word = EMPTY if math.isnan(verdict) else language.word(f"verdict.{int(verdict)}")
            cells += [
                source.cell(f"hypothesis:{name}", digits=3),
                source.interval(f"hypothesis:{name}", language, 3),
                (Strong(word),),
            ]
        rows.append(((Label(name),), *cells))
    columns = ("hypothesis", "pls", "interval", "verdict", "sem", "interval", "verdict")
    caption = (language.word("caption.engines"),)
    notes = (Paragraph((language.word("note.engines"),), "note"),)
    widths = (0.9, 0.9, 1.6, 1.2, 0.9, 1.6, 1.2)
    return Table("engines", caption, heads(language, *columns), tuple(rows), "scccccc", widths, notes)
