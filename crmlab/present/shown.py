"""Blocks as JupyterLab displays them: HTML that stands alone, in the reader's direction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from crmlab.present.blocks import Fact, Figure, Label, Paragraph, Ref, Span, Spans, Strong, Table
from crmlab.present.language import Language
from crmlab.present.theme import Theme, svg

RULE = "1.5px solid currentColor"
LONG = 40  # rows beyond which a table scrolls
SHORT = 18  # letters of a cell that does not break over lines
SIDES = {"s": "start", "c": "center", "e": "end"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Blocks as JupyterLab displays them."""

    blocks: tuple[Table | Figure | Paragraph, ...]
    language: Language

    def _repr_html_(self) -> str:
        inside = "".join(_block(block, self.language) for block in self.blocks)
        return f'<div dir="{self.language.direction}" lang="{self.language.code}">{inside}</div>'

    def __repr__(self) -> str:
        return "\n".join(
            self.language.plain(block.spans if isinstance(block, Paragraph) else block.caption)
            for block in self.blocks
        )


def _block(block: Table | Figure | Paragraph, language: Language) -> str:
    if isinstance(block, Paragraph):
        colour = "#a4400a" if block.role == "failed" else "inherit"
        return f'<p style="color:{colour};margin:.3em 0;text-align:start">{_spans(block.spans, language)}</p>'
    notes = [note for note in block.notes if note.role != "failed"]
    first = "".join(_block(note, language) for note in block.notes if note.role == "failed")
    last = "".join(f"<small>{_spans(note.spans, language)}</small><br>" for note in notes)
    body = _table(block, language) if isinstance(block, Table) else _picture(block)
    start = "text-align:start"
    caption = f'<p style="{start}"><b>{_spans(block.caption, language)}</b></p>'
    return f'{first}{caption}{body}<p style="{start}">{last}</p>'


def _picture(figure: Figure) -> str:
    with Theme.load().drawing():
        text = svg(figure.draw())
    return text[text.index("<svg") :].replace(
        "<svg ", f'<svg role="img" aria-label="{escape(figure.alt)}" ', 1
    )


def _table(table: Table, language: Language) -> str:
    head = "".join(
        _cell("th", cell, align, language) for cell, align in zip(table.header, table.align, strict=True)
    )
    rows = []
    for row in table.rows:
        if len(row) == 1 and len(table.header) > 1:
            rows.append(
                f'<tr><th colspan="{len(table.header)}" style="text-align:start">{_spans(row[0], language)}</th></tr>'
            )
        else:
            cells = zip(row, table.align, strict=True)
            rows.append(
                "<tr>" + "".join(_cell("td", cell, align, language) for cell, align in cells) + "</tr>"
            )
    style = f"border-collapse:collapse;border-top:{RULE};border-bottom:{RULE}"
    body = f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    if len(rows) <= LONG:
        return body
    return f'<div tabindex="0" style="max-height:40em;overflow-y:auto">{body}</div>'


def _cell(tag: str, spans: Spans, align: str, language: Language) -> str:
    whole = ";white-space:nowrap" if tag == "td" and len(language.plain(spans)) <= SHORT else ""
    return f'<{tag} style="text-align:{SIDES[align]}{whole}">{_spans(spans, language)}</{tag}>'


def _spans(spans: Spans, language: Language) -> str:
    return "".join(_span(span, language) for span in spans)


def _span(span: Span, language: Language) -> str:
    if isinstance(span, Ref):  # there are no numbered tables here, and what is meant follows
        return escape(language.word("shown_below"))
    text = escape(language.plain((span,)))
    if isinstance(span, Fact) and not math.isnan(span.value):
        text = f"<b>{text}</b>" if span.strong else text
        return f'<data value="{span.value!r}" title="{escape(span.address)}">{text}</data>'
    if isinstance(span, Label):
        return (
            f'<bdi dir="rtl">{text}</bdi>'
            if language.misled(language.own(span.text))
            else f"<bdi>{text}</bdi>"
        )
    return f"<b>{text}</b>" if isinstance(span, Strong) else text
