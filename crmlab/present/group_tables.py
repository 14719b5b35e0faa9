"""Groups of respondents as tables: invariance, paths, differences, means."""

from __future__ import annotations

import math
from collections.abc import Callable

from crmlab.present.blocks import EMPTY, Hidden, Label, Paragraph, Spans, Strong, Table
from crmlab.present.canvas import cut
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.table_parts import arrow, failed_notes, heads, level_note

LONGEST = 30  # letters of a group's name where two stand in one cell
RUNGS = ("configural", "metric", "metric_second", "scalar", "strict")


def grouping(source: Source) -> str:
    """The item whose answers make the groups; empty where nothing could be compared."""
    return next((subject.rpartition(".")[0].rpartition(".")[2] for subject in source.subjects("n")), "")


def groups(source: Source) -> list[str]:
    """The groups compared, `<item>.<code>`."""
    return list(dict.fromkeys(".".join(subject.split(".")[-2:]) for subject in source.subjects("n")))


def question(language: Language, item: str) -> Label:
    """The wording of the item that makes the groups."""
    return Label(language.names.get(f"text:{item}", item))


def split(subject: str) -> tuple[str, tuple[str, str]]:
    """The effect and the two groups of "RQ~CRM@STG.1-STG.2"."""
    effect, _, pair = subject.partition("@")
    item = pair.partition(".")[0]
    first, _, second = pair.partition(f"-{item}.")
    return effect, (first, f"{item}.{second}")


def between(language: Language, pair: tuple[str, str]) -> Spans:
    """Two groups, the first less the second; long names are cut, the table of paths has them whole."""
    first, second = (Label(cut(language.name(name), LONGEST)) for name in pair)
    return (first, language.word("less"), second)


def shown_size(source: Source, name: str) -> Spans:
    """Respondents of a group, or that their number is not told."""
    return (
        (Hidden(),) if math.isnan(source.value(f"n:{name}")) else (source.fact(f"n:{name}", style="integer"),)
    )


def held(value: float) -> str:
    """Key of the word for how a rung came out: fully, partly, not at all."""
    return "inv.na" if math.isnan(value) else f"inv.{'full' if value == 1 else 'part' if value else 'no'}"


def invariance(source: Source, language: Language) -> Table:
    """06 invariance_<item>: the ladder, one row a rung."""
    rows: list[tuple[Spans, ...]] = []
    for rung in (name for name in RUNGS if f"chi2:{name}" in source):
        verdict = EMPTY if rung == "configural" else language.word(held(source.value(f"holds:{rung}")))
        rows.append(
            (
                (language.word(f"rung.{rung}"),),
                source.cell(f"chi2:{rung}", digits=1),
                source.cell(f"df:{rung}", style="integer"),
                source.cell(f"cfi:{rung}", digits=3),
                source.cell(f"rmsea:{rung}", digits=3),
                source.cell(f"delta_cfi:{rung}", digits=3),
                source.cell(f"delta_rmsea:{rung}", digits=3),
                source.cell(f"delta_chi2:{rung}", "p_value", "p", 3),
                (Strong(verdict),),
            )
        )
    columns = ("rung", "chi2", "df", "cfi", "rmsea", "delta_cfi", "delta_rmsea", "p_delta", "holds")
    freed = [subject for subject in source.subjects("freed") if subject.startswith("scalar.")]
    freed = freed or [subject for subject in source.subjects("freed") if subject.startswith("metric.")]
    notes = [Paragraph((language.word("note.group_invariance"),), "note")]
    if freed:
        notes.append(Paragraph(fill(language.word("note.freed"), list=_freed(freed, language)), "note"))
    return titled(source, language, "group_invariance", columns, rows, (2.6, 1, 0.7, 0.8, 0.9, 0.9, 1.0, 0.9, 1.2), notes)  # fmt: skip


def _freed(subjects: list[str], language: Language) -> Spans:
    spans: list[object] = []
    for subject in subjects:
        name = subject.partition(".")[2]
        spans += [language.word("semicolon")] if spans else []
        if "=~" in name:
            construct, _, item = name.partition("=~")
            spans += [language.word("freed.loading"), Label(language.name(item)), " (", Label(language.name(construct)), ")"]  # fmt: skip
        else:
            kind = "freed.residual" if "~~" in name else "freed.intercept"
            spans += [language.word(kind), Label(language.name(name.partition("~")[0].partition("|")[0]))]
    return tuple(spans)  # type: ignore[arg-type]


def items(source: Source, language: Language) -> Table:
    """06 items_<item>: every dimension alone, loadings and intercepts of its items."""
    names = list(dict.fromkeys(subject.rpartition(".")[0] for subject in source.subjects("holds")))
    rows: list[tuple[Spans, ...]] = []
    for name in names:
        row: list[Spans] = [(Label(language.name(name)),)]
        for rung in ("metric", "scalar"):
            of = f"{name}.{rung}"
            row += [
                source.cell(f"delta_cfi:{of}", digits=3),
                source.cell(f"delta_rmsea:{of}", digits=3),
                (Strong(language.word(held(source.value(f"holds:{of}")))),),
            ]
        rows.append(tuple(row))
    columns = ("construct", "delta_cfi", "delta_rmsea", "loadings_equal", "delta_cfi", "delta_rmsea", "intercepts_equal")  # fmt: skip
    notes = [Paragraph((language.word("note.group_items"),), "note")]
    return titled(source, language, "group_items", columns, rows, (2.8, 0.9, 1.0, 1.2, 0.9, 1.0, 1.2), notes)


def paths(source: Source, language: Language) -> Table:
    """06 paths_<item>: every path and indirect effect in every group."""

    def cells(name: str, term: str) -> tuple[Spans, ...]:
        return (
            shown_size(source, name),
            source.cell(term, digits=3),
            source.cell(term, "std_error", digits=3),
            source.interval(term, language, 3),
            source.cell(term, "p_value", "p", 3),
            source.cell(f"std_{term}", digits=3),
        )

    rows = grouped_rows(source, language, cells)
    columns = ("group", "n", "estimate", "se", "interval", "p", "beta")
    notes = [Paragraph((language.word("note.group_paths"),), "note"), level_note(source, language)]
    return titled(source, language, "group_paths", columns, rows, (2.6, 0.7, 1, 1.1, 1.7, 0.9, 0.8), notes)


def grouped_rows(
    source: Source, language: Language, cells: Callable[[str, str], tuple[Spans, ...]]
) -> list[tuple[Spans, ...]]:
    """Under the name of each effect a row for each group; `cells` gives them from the group and the term."""
    rows: list[tuple[Spans, ...]] = []
    for kind in ("path", "indirect"):
        for effect in dict.fromkeys(subject.partition("@")[0] for subject in source.subjects(kind)):
            rows.append(((*arrow(language, effect), f" ({language.word(f'effect.{kind}.short')})"),))
            rows += [
                ((Label(language.name(name)),), *cells(name, f"{kind}:{effect}@{name}"))
                for name in groups(source)
            ]
    return rows


def difference_rows(
    source: Source, language: Language, further: Callable[[str], tuple[Spans, ...]] = lambda _: ()
) -> list[tuple[Spans, ...]]:
    """Under the name of each effect a row for every two groups; `further` gives cells after p from the subject."""
    rows: list[tuple[Spans, ...]] = []
    for kind in ("path", "indirect"):
        seen = ""
        for subject in source.subjects(f"{kind}_difference"):
            effect, pair = split(subject)
            if effect != seen:
                short = language.word(f"effect.{kind}.short")
                rows.append(((*arrow(language, effect), f" ({short})"),))
                seen = effect
            term = f"{kind}_difference:{subject}"
            rows.append(
                (
                    between(language, pair),
                    source.cell(term, digits=3),
                    source.interval(term, language, 3),
                    source.cell(term, "p_value", "p", 3),
                    *further(subject),
                    source.cell(f"detectable:{subject}", digits=3),
                )
            )
    return rows


def differences(source: Source, language: Language) -> Table:
    """06 paths_<item>: the difference of every two groups, and the one that these groups could show."""
    rows = difference_rows(source, language)
    columns = ("groups", "difference", "interval", "p", "detectable")
    power = source.glance("power", "percent", 0)
    notes = [
        Paragraph(fill(language.word("note.detectable"), power=power), "note"),
        level_note(source, language),
    ]
    return titled(source, language, "group_differences", columns, rows, (3.4, 1, 1.8, 0.9, 1.3), notes, False)


def equal(source: Source, language: Language) -> Table:
    """06 paths_<item>: is a path equal in all groups, and how many people would show the smallest difference?"""
    rows: list[tuple[Spans, ...]] = [
        (
            arrow(language, path),
            source.cell(f"equal:{path}"),
            source.cell(f"equal:{path}", "p_value", "p", 3),
            source.cell(f"p_holm:{path}", style="p", digits=3),
            source.cell(f"size_needed:{path}", style="integer"),
        )
        for path in source.subjects("equal")
    ]
    whole = (language.word("all_paths"),)
    p = source.cell("equal_all", "p_value", "p", 3)
    rows.append((whole, source.cell("equal_all"), p, (EMPTY,), (EMPTY,)))
    columns = ("path", "chi2_difference", "p", "p_holm", "size_needed")
    note = fill(
        language.word("note.size_needed"),
        smallest=source.glance("smallest"),
        power=source.glance("power", "percent", 0),
    )
    return titled(source, language, "group_equal", columns, rows, (3.4, 1.1, 1, 1, 1.6), [Paragraph(note, "note")], False)  # fmt: skip


def means(source: Source, language: Language, key: str = "group_means") -> Table:
    """06 means_<item>, dimensions_<item>: how far the groups' mean scores lie apart."""
    rows: list[tuple[Spans, ...]] = []
    for score in source.subjects("eta2"):
        rows.append(
            (
                (Label(language.name(score)),),
                *(_mean(source, language, score, top) for top in (True, False)),
                source.cell(f"welch_f:{score}"),
                source.cell(f"welch_f:{score}", "p_value", "p", 3),
                source.cell(f"p_holm:{score}", style="p", digits=3),
                source.cell(f"eta2:{score}", digits=3),
                source.interval(f"eta2:{score}", language, 3),
            )
        )
    columns = ("construct", "mean_high", "mean_low", "welch_f", "p", "p_holm", "eta2", "interval")
    notes = [Paragraph((language.word("note.group_means"),), "note"), level_note(source, language)]
    return titled(source, language, key, columns, rows, (2.2, 2.2, 2.2, 0.9, 0.8, 0.8, 0.8, 1.6), notes)  # fmt: skip


def _mean(source: Source, language: Language, score: str, top: bool) -> Spans:
    name = extreme(source, score, top)
    return (Label(cut(language.name(name), LONGEST)), " (", source.fact(f"mean:{score}.{name}"), ")")


def extreme(source: Source, score: str, top: bool) -> str:
    """The group with the highest, or lowest, mean."""
    found = [subject for subject in source.subjects("mean") if subject.startswith(f"{score}.")]
    chosen = (max if top else min)(found, key=lambda subject: source.value(f"mean:{subject}"))
    return chosen[len(score) + 1 :]


def titled(
    source: Source,
    language: Language,
    key: str,
    columns: tuple[str, ...],
    rows: list[tuple[Spans, ...]],
    widths: tuple[float, ...],
    notes: list[Paragraph],
    failed: bool = True,
) -> Table:
    """A table of one grouping, with its notes: what is hidden, and with `failed` the checks that failed."""
    item = grouping(source)
    caption = fill(language.word(f"caption.{key}"), name=question(language, item))
    if "hidden_below" in source.result.glance and "n" in columns:
        limit = source.glance("hidden_below", "integer")
        notes = [*notes, Paragraph(fill(language.word("note.hidden_size"), limit=limit), "note")]
    everything = (*notes, *(failed_notes(source, language) if failed else ()))
    return Table(f"{key}_{item}", caption, heads(language, *columns), tuple(rows), "", widths, everything)
