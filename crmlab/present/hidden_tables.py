"""How strong a hidden cause would have to be, as a table and in words."""

from __future__ import annotations

from crmlab.present.blocks import Paragraph, Ref, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import quoted, say
from crmlab.present.table_parts import arrow, failed_notes, heads

KEY = "hidden_cause"


def hidden(source: Source, language: Language) -> Table | None:
    """12 hidden_cause: one row a path, then indirect effects by their weakest link."""
    paths = source.subjects("path")
    if not paths:
        return None
    percent = (language.word("pct"),)

    def share(term: str) -> Spans:
        cell = source.cell(term, style="percent", digits=1)
        return (*cell, *percent) if term in source else cell

    rows = [
        (
            arrow(language, path),
            source.cell(f"path:{path}"),
            share(f"partial_r2:{path}"),
            share(f"largest_other:{path}"),
            share(f"undone:{path}"),
            share(f"unshown:{path}"),
        )
        for path in paths
    ]
    columns = ("path", "estimate", "lit_partial_r2", "lit_largest_other", "lit_undone", "lit_unshown")
    note = fill(language.word("note.hidden_cause"), alpha=source.glance("alpha"))
    notes = (Paragraph(note, "note"), *failed_notes(source, language))
    caption = (language.word("caption.hidden_cause"),)
    widths = (2.6, 1.0, 1.2, 1.4, 1.4, 1.4)
    return Table(KEY, caption, heads(language, *columns), tuple(rows), "", widths, notes)


def told(source: Source, language: Language) -> Spans:
    """What a hidden cause would have to explain, path by path; where nothing is shown there is nothing to undo."""
    spans = say(language, "hidden_intro", ref=Ref(KEY))
    for path in source.subjects("path"):
        values = {
            "path": _quoted(language, path),
            "zero": source.fact(f"undone:{path}", style="percent", digits=1),
            "least": source.fact(f"unshown:{path}", style="percent", digits=1),
        }
        if not source.value(f"unshown:{path}") > 0:
            spans += say(language, "hidden_unshown", path=values["path"])
            continue
        spans += say(language, "hidden_path", **values)
        other = f"largest_other:{path}"
        if other in source:
            target = quoted(language, path.partition("~")[0])
            share = source.fact(other, style="percent", digits=1)
            spans += say(language, "hidden_near", other=share, target=target)
    for way in source.subjects("weakest"):
        weakest = source.fact(f"weakest:{way}", style="percent", digits=1)
        spans += say(language, "hidden_way", path=_quoted(language, way), zero=weakest)
    return spans


def _quoted(language: Language, path: str) -> Spans:
    """A path in quotation marks."""
    return fill(language.word("quote"), text=arrow(language, path))
