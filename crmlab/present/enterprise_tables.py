"""Maturity as tables: ratings, agreement, levels and gaps, balance, gates, inversions, next steps, best practice."""

from __future__ import annotations

import math

from crmlab.present.blocks import EMPTY, Label, Spans, Table
from crmlab.present.enterprise_words import (
    FEW_UNITS,
    element,
    heads,
    note,
    rated,
    said,
    split,
    table,
    units,
)
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed
from crmlab.present.table_parts import level_note
from crmlab.study.maturity import HIGHEST, elements, elements_of

MODELS = ("gartner", "lic", "crm_strategy")


def ratings(source: Source, language: Language) -> Table:
    """How many ratings were read and kept, and by how many raters of each unit."""
    rows: list[tuple[Spans, ...]] = [(said(language, "ratings.read"), source.cell("read", style="integer"))]
    rows += [
        (said(language, f"ratings.refused.{reason}"), source.cell(f"refused:{reason}", style="integer"))
        for reason in source.subjects("refused")
    ]
    for key in ("kept", "missing_levels", "with_evidence", "units"):
        rows.append((said(language, f"ratings.{key}"), source.cell(key, style="integer")))
    for model in source.subjects("ratings"):
        rows.append((said(language, f"model.{model}"), source.cell(f"ratings:{model}", style="integer")))
    return table(source, language, "ratings", heads(language, "quantity", "number"), rows, widths=(3.2, 1.2))


def agreement(source: Source, language: Language) -> Table:
    """Agreement of raters and reliability of unit means, element by element."""
    rows = []
    for code in source.subjects("rwg_median"):
        icc2 = source.cell(f"icc2:{code}")
        rows.append(
            (
                element(language, code),
                source.cell(f"rwg_median:{code}"),
                source.cell(f"icc1:{code}"),
                icc2,
                source.interval(f"icc2:{code}", language),
            )
        )
    header = heads(language, "element", "rwg", "icc1", "icc2", "interval")
    notes = (note(language, "agreement"), level_note(source, language))
    return table(source, language, "agreement", header, rows, widths=(2.6, 1, 1, 1, 1.8), notes=notes)


def levels(
    source: Source, language: Language, model: str, gap: Source | None, best: Source | None = None
) -> Table:
    """Mean level of each element over units, with its interval, the gap to target, and the lowest and best unit."""
    rows = []
    for code in rated(source, model):
        there = [unit for unit in units(source) if not math.isnan(source.value(f"level:{code}.{unit}"))]
        low = min(there, key=lambda unit: source.value(f"level:{code}.{unit}"))
        cells: list[Spans] = [element(language, code), source.cell(f"level_mean:{code}")]
        cells += [source.interval(f"level_mean:{code}", language)]
        if gap is not None:
            cells.append(gap.cell(f"gap_mean:{code}"))
        cells.append((Label(low), " (", source.fact(f"level:{code}.{low}"), ")"))
        if best is not None:
            cells.append(_best(best, code))
        rows.append(tuple(cells))
    keys = ["element", "level", "interval", *(["gap"] if gap else []), "lowest", *(["best"] if best else [])]
    widths = (2.4, 1, 1.5, *((1.1,) if gap else ()), 1.7, *((1.7,) if best else ()))
    notes = (note(language, "levels"), level_note(source, language))
    return table(
        source, language, f"levels_{model}", heads(language, *keys), rows, widths=widths, notes=notes, failed=False
    )  # fmt: skip


def _best(best: Source, code: str) -> Spans:
    found = [subject for subject in best.subjects("best") if split(subject)[0] == code]
    return (Label(split(found[0])[1]), " (", best.fact(f"best:{found[0]}"), ")") if found else (EMPTY,)


def profiles(source: Source, language: Language, model: str) -> Table | None:
    """Level of every element in every unit, where there are few units."""
    names = units(source)
    if len(names) > FEW_UNITS:
        return None
    rows = [
        (element(language, code), *(source.cell(f"level:{code}.{unit}") for unit in names))
        for code in rated(source, model)
    ]
    header = (*heads(language, "element"), *((Label(unit),) for unit in names))
    widths = (2.2, *[1.0] * len(names))
    return table(source, language, f"profiles_{model}", header, rows, widths=widths, failed=False)


def balance(source: Source, language: Language) -> Table:
    """Mean level, weakest link and imbalance of each unit."""
    rows = []
    of_all = [("", "")] if "weakest_index" in source else []
    for of, dot in [*((f":{unit}", f".{unit}") for unit in source.subjects("weakest_index")), *of_all]:
        weak = [split(s)[0] for s in source.subjects("weakest") if (split(s)[1] or "") == dot[1:]]
        name: Spans = (Label(of[1:]),) if of else said(language, "all_units")
        rows.append(
            (
                name,
                source.cell(f"mean_level{of}"),
                source.cell(f"weakest_index{of}"),
                source.interval(f"weakest_index{of}", language),
                source.cell(f"imbalance{of}"),
                listed(language, [element(language, code) for code in weak]),
            )
        )
    header = heads(language, "unit", "mean_level", "weakest_index", "interval", "imbalance", "weakest")
    notes = (note(language, "balance"), level_note(source, language))
    return table(source, language, "balance", header, rows, widths=(1.3, 1, 1.1, 1.5, 1.1, 2.4), notes=notes)


def gates(source: Source, language: Language, model: str) -> Table:
    """What each unit has passed, where it is held up, and what stands out of order."""
    codes = elements_of(model)
    rows = []
    for unit in source.subjects("gates_passed"):
        place = source.value(f"bottleneck:{unit}")
        held: Spans = (
            said(language, "none") if math.isnan(place) else element(language, codes[int(place) - 1])
        )
        rows.append(
            (
                (Label(unit),),
                source.cell(f"gates_passed:{unit}", style="integer"),
                source.cell(f"gates_in_order:{unit}", style="integer"),
                held,
                source.cell(f"inversions:{unit}", style="integer"),
                source.cell(f"wasted_total:{unit}"),
            )
        )
    header = heads(language, "unit", "passed", "in_order", "bottleneck", "inversions", "wasted")
    key = f"gates_{model}"
    notes = (note(language, "gates", threshold=source.glance("threshold", digits=1)),)
    widths = (1.3, 1.1, 1.2, 2.4, 1.2, 1.2)
    return table(source, language, key, header, rows, widths=widths, notes=notes, failed=False)


def inversions(source: Source, language: Language, model: str, most: int = 12) -> Table | None:
    """The widest inversions: what stands above what should come before it."""
    found = sorted(source.subjects("inversion"), key=lambda of: -source.value(f"inversion:{of}"))
    if not found:
        return None
    rows = []
    for subject in found[:most]:
        pair, unit = split(subject)
        later, _, earlier = pair.partition("~")
        share = source.cell(f"inversion_share:{subject}", style="percent", digits=0)
        lead = source.cell(f"inversion:{subject}")
        rows.append(((Label(unit),), element(language, later), element(language, earlier), lead, share))
    header = heads(language, "unit", "later", "earlier", "lead", "share")
    notes = (note(language, "inversions"),)
    return table(
        source, language, f"inversions_{model}", header, rows, widths=(1.2, 2.3, 2.3, 1.1, 1.3), notes=notes,
        failed=False,
    )  # fmt: skip


def next_steps(source: Source, language: Language, model: str, codes: list[str] | None = None) -> Table:
    """Each element's level in words, what the next level looks like, and where its proof is found."""
    rows = []
    for code in codes or rated(source, model):
        one, level = elements()[code], source.value(f"level_mean:{code}")
        now = min(max(math.floor(level + 1e-9), 1), HIGHEST)
        after = min(now + 1, HIGHEST)
        rows.append(
            (
                (*element(language, code), " (", source.fact(f"level_mean:{code}", digits=1), ")"),
                (Label(one.levels[now][language.code]),),
                (Label(one.levels[after][language.code]),),
                (Label(one.evidence[language.code]),),
            )
        )
    header = heads(language, "element", "now", "next", "evidence")
    return table(
        source, language, f"next_{model}", header, rows, widths=(1.6, 2.3, 2.3, 1.8), align="ssss", failed=False
    )  # fmt: skip


def themes(source: Source, language: Language) -> Table:
    """One row a theme: its level as each model sees it."""
    from crmlab.enterprise.crosswalk import themes as known

    rows = []
    for key in [of for of in source.subjects("theme_level") if "." not in of]:
        cells = [source.cell(f"theme_level:{key}.{model}") for model in MODELS]
        theme = known()[key]
        rows.append(
            (
                (Label(theme.name[language.code]),), *cells, source.cell(f"theme_level:{key}"),
                source.cell(f"theme_spread:{key}"),
            )
        )  # fmt: skip
    header = (
        *heads(language, "theme"), *(said(language, f"model.{model}") for model in MODELS),
        *heads(language, "theme_level", "spread"),
    )  # fmt: skip
    return table(
        source,
        language,
        "themes",
        header,
        rows,
        widths=(2.4, 1, 1, 1.3, 1, 1.2),
        notes=(note(language, "themes"),),
    )


def considerations(source: Source, language: Language) -> Table:
    """The register of design considerations and the pages that lead to each."""
    from crmlab.enterprise.crosswalk import considerations as register

    known = register()
    rows = []
    for key in source.subjects("pages"):
        own = language.names.get(f"consideration:{key}", key)
        title = known.entries[key].title[language.code] if key in known.entries else own
        pages = listed(
            language,
            [
                said(language, f"model.{pair.partition('~')[2]}")
                for pair in source.subjects("reaches")
                if pair.partition("~")[0] == key
            ],
        )
        rows.append(((Label(key),), (Label(title),), pages))
    header = heads(language, "consideration", "title", "pages")
    return table(source, language, "considerations", header, rows, widths=(0.7, 3.6, 3), align="sss")
