"""The common bed under the pages of the models: each page's own headings, the themes they belong to, considerations."""

from __future__ import annotations

import math

from crmlab.enterprise.crosswalk import themes
from crmlab.present.blocks import EMPTY, Label, Ref, Spans, Table
from crmlab.present.enterprise_words import count, element, heads, note, said, told
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed
from crmlab.study.enterprise_tables import BLOCKS
from crmlab.study.maturity import elements

ORDER = (
    "acquire", "enhance", "retain", "discovery", "interaction", "planning", "refinement", "MO", "BO", "FO", *BLOCKS,
)  # fmt: skip


def reached(register: Source, page: str) -> list[str]:
    """The considerations that a model's page leads to, those that the study adds as well."""
    pairs = [of.partition("~") for of in register.subjects("reaches")]
    return [key for key, _, of in pairs if of == page]


def leads_to(register: Source | None, language: Language, page: str) -> Spans:
    """One sentence that counts them and names the table that lists them."""
    found = reached(register, page) if register is not None else []
    if register is None or not found:
        return ()
    n = register.glance("considerations", "integer")
    return told(
        language, "page_leads_all" if len(found) == n.value else "page_leads", bed=Ref(f"bed_{page}"), n=n,
        k=count(register, f"reached_{page}", len(found)), ref=Ref("considerations"),
    )  # fmt: skip


def bed(levels: Source, register: Source | None, language: Language, page: str) -> Table | None:
    """The page's own headings with the theme each belongs to, that theme's level, and the considerations behind it.

    The level of a theme is computed once, from every model that rates it; each page shows it under its own headings.
    """
    on_page = reached(register, page) if register is not None else []
    pairs = [of.partition("~") for of in register.subjects("theme")] if register is not None else []
    rows: list[tuple[Spans, ...]] = []
    named = {place for one in themes().values() for place in one.places.get(page, ())}
    for heading in sorted(named, key=_place):
        here = [key for key, one in themes().items() if heading in one.places.get(page, ())]
        for place, key in enumerate(here):
            level = levels.cell(f"theme_level:{key}") if f"theme_level:{key}" in levels else (EMPTY,)
            spread = levels.cell(f"theme_spread:{key}") if f"theme_spread:{key}" in levels else (EMPTY,)
            codes = [code for code, _, theme in pairs if theme == key and code in on_page]
            listing = listed(language, [(Label(code),) for code in codes]) or (EMPTY,)
            first: Spans = heading_of(language, page, heading) if place == 0 else ("",)
            rows.append((first, (Label(themes()[key].name[language.code]),), level, spread, listing))
    if not any(not math.isnan(levels.value(f"theme_level:{key}")) for key in themes()):
        return None
    header = heads(language, "own_heading", "theme", "theme_level", "spread", "considerations")
    caption = said(language, "caption.bed", model=said(language, f"model.{page}"))
    return Table(
        f"bed_{page}",
        caption,
        header,
        tuple(rows),
        "ssccs",
        (2.6, 2.2, 0.8, 0.9, 1.6),
        (note(language, "bed"),),
    )


def _place(heading: str) -> tuple[int, str]:
    """Stages by number, all else in the model's own order."""
    if heading.isdigit():
        return int(heading), heading
    return (ORDER.index(heading), heading) if heading in ORDER else (len(ORDER), heading)


def heading_of(language: Language, page: str, place: str) -> Spans:
    """What a page calls its stage, block, layer or phase."""
    if place.isdigit():
        code = next(
            (one.code for one in elements().values() if one.model == page and str(one.number) == place), None
        )
        if code is not None:
            return element(language, code)
    for key in (f"subject.{place}", f"ent.office.{place}", f"ent.phase.{place}"):
        if language.knows(key):
            return (language.word(key),)
    return (Label(place),)
