"""The order of a construct's dimensions: mean ranks, their differences, and how far people agree on it."""

from __future__ import annotations

from itertools import pairwise

from crmlab.present.blocks import Label, Paragraph, Ref, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import quoted, say
from crmlab.present.table_parts import failed_notes, heads, level_note, named, one_row_each


def name_of(source: Source) -> str:
    """The construct whose dimensions are ranked; "all" where there are no dimensions."""
    return source.address.rpartition("ranking_")[2]


def order(source: Source) -> list[str]:
    """The dimensions, the highest rank first."""
    return sorted(source.subjects("mean_rank"), key=lambda name: -source.value(f"mean_rank:{name}"))


def ranks(source: Source, language: Language) -> Table:
    """05 ranking_<construct>: mean ranks and mean scores, the highest first."""

    def cells(name: str) -> list[Spans]:
        return [source.cell(f"mean_rank:{name}"), source.cell(f"mean:{name}")]

    note = fill(
        language.word("note.ranking"), chi2=source.fact("chi2", digits=1), df=source.glance("df", "integer"),
        p=source.fact("chi2", "p_value", "p_relation", 3), f=source.fact("f"),
        pf=source.fact("f", "p_value", "p_relation", 3), w=source.fact("kendall_w", digits=3),
        n=source.glance("n", "integer"),
    )  # fmt: skip
    table = one_row_each(
        source, language, "ranking", ("dimension", "mean_rank", "mean"), order(source), cells, first=named,
        notes=(Paragraph(note, "note"),), widths=(3.2, 1.2, 1.2),
    )  # fmt: skip
    caption = fill(language.word("caption.ranking"), name=_title(source, language))
    key = f"ranking_{name_of(source)}"
    return Table(key, caption, table.header, table.rows, table.align, table.widths, table.notes)


def differences(source: Source, language: Language) -> Table:
    """05 ranking_<construct>: the difference of mean ranks of every two dimensions."""
    rows = []
    for subject in source.subjects("rank_difference"):
        first, _, second = subject.partition("~")
        term = f"rank_difference:{subject}"
        pair: Spans = (Label(language.name(first)), language.word("less"), Label(language.name(second)))
        rows.append(
            (
                pair,
                source.cell(term),
                source.interval(term, language),
                source.cell(term, "p_value", "p", 3),
            )
        )
    caption = fill(language.word("caption.ranking_pairs"), name=_title(source, language))
    header = heads(language, "pair", "difference", "interval", "p_holm")
    notes = (level_note(source, language, "note.ranking_pairs"), *failed_notes(source, language))
    key = f"ranking_pairs_{name_of(source)}"
    return Table(key, caption, header, tuple(rows), "sccc", (4.0, 1.0, 1.7, 1.0), notes)


def told(source: Source, language: Language, alpha: float) -> Spans:
    """Is there an order, how far do people share it, and between whom is it sure?"""
    names, of = order(source), name_of(source)
    values: dict[str, object] = {
        "var": quoted(language, of) if of != "all" else language.word("ranking.all"),
        "p": source.fact("chi2", "p_value", "p_relation", 3), "w": source.fact("kendall_w", digits=3),
        "ref": Ref(f"ranking_{of}"), "pairs": Ref(f"ranking_pairs_{of}"),
    }  # fmt: skip
    if not source.value("chi2", "p_value") < alpha:
        return say(language, "ranking_none", **values)
    spans = say(language, "ranking_found", first=quoted(language, names[0]), last=quoted(language, names[-1]), **values)  # fmt: skip
    sure = [(a, b) for a, b in pairwise(names) if source.value(_pair(source, a, b), "p_value") < alpha]
    if not sure:
        return spans + say(language, "ranking_neighbours_none")
    for a, b in sure:
        p = source.fact(_pair(source, a, b), "p_value", "p_relation", 3)
        spans += say(language, "ranking_neighbours", a=quoted(language, a), b=quoted(language, b), p=p)
    return spans


def _pair(source: Source, a: str, b: str) -> str:
    """The term of the difference of two dimensions, in the order it is saved in."""
    return next(t for t in (f"rank_difference:{a}~{b}", f"rank_difference:{b}~{a}") if t in source)


def _title(source: Source, language: Language) -> Label:
    of = name_of(source)
    return Label(language.word("ranking.all") if of == "all" else language.name(of))
