"""Latent classes and the power of groups, in tables and sentences."""

from __future__ import annotations

import math

from crmlab.present.blocks import EMPTY, Fact, Hidden, Label, Paragraph, Ref, Spans, Strong, Table
from crmlab.present.design_tables import short
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import say
from crmlab.present.table_parts import arrow, failed_notes, heads


def found(source: Source, name: str, language: Language) -> Table:
    """06 classes_<name>: every number of classes that was tried."""
    rows: list[tuple[Spans, ...]] = []
    for k in source.subjects("bic"):
        count: Spans = (Fact(f"counted/{source.address}/tried.{k}", float(k), "integer"),)
        bic = source.cell(f"bic:{k}", digits=1)
        best = float(k) == source.value("classes")
        rows.append(
            (
                count,
                source.cell(f"loglik:{k}", digits=1),
                source.cell(f"parameters:{k}", style="integer"),
                (*bic, " ", Strong(language.word("classes.chosen"))) if best else bic,
                source.cell(f"entropy:{k}"),
            )
        )
    notes = (Paragraph((language.word("note.classes"),), "note"), *failed_notes(source, language))
    columns = heads(language, "classes", "loglik", "parameters", "bic", "entropy")
    return Table(f"classes_{name}", (language.word("caption.classes"),), columns, tuple(rows), "", (), notes)


def profile(source: Source, name: str, language: Language) -> Table | None:
    """06 classes_<name>: how large the classes are, and what their members answered on average."""
    classes = source.subjects("sure")
    if not classes:
        return None
    columns = list(dict.fromkeys(of.partition("@")[0] for of in source.subjects("mean")))
    rows: list[tuple[Spans, ...]] = [
        ((language.word("head.n"),), *(_size(source, one) for one in classes)),
        ((language.word("classes.share"),), *(_share(source, one) for one in classes)),
        ((language.word("classes.sure"),), *(source.cell(f"sure:{one}") for one in classes)),
    ]
    for column in columns:
        means = (source.cell(f"mean:{column}@{one}") for one in classes)
        rows.append(((Label(language.name(column)),), *means))
    names: list[Spans] = [(Label(language.name(one)),) for one in classes]
    header: tuple[Spans, ...] = ((language.word("head.class"),), *names)
    notes = [Paragraph((language.word("note.class_profile"),), "note")]
    if any(math.isnan(source.value(f"n:{one}")) for one in classes):
        notes.append(Paragraph((language.word("note.class_hidden"),), "note"))
    caption = (language.word("caption.class_profile"),)
    return Table(f"class_profile_{name}", caption, header, tuple(rows), "", (), tuple(notes))


def _size(source: Source, one: str) -> Spans:
    hidden = math.isnan(source.value(f"n:{one}"))
    return (Hidden(),) if hidden else source.cell(f"n:{one}", style="integer")


def _share(source: Source, one: str) -> Spans:
    hidden = math.isnan(source.value(f"share:{one}"))
    return (Hidden(),) if hidden else source.cell(f"share:{one}", style="percent", digits=0)


def told(source: Source, name: str, language: Language) -> Spans:
    """How many classes there are, how clear they are, and what that means for comparing them."""
    if "classes" not in source:
        return ()
    most, k = source.glance("tried", "integer"), source.fact("classes", style="integer")
    ref = Ref(f"classes_{name}")
    if k.value < 2:
        return say(language, "classes_one", most=most, ref=ref)
    entropy = source.fact(f"entropy:{k.value:.0f}")
    spans = say(language, "classes_found", k=k, most=most, ref=ref, profile=Ref(f"class_profile_{name}"))
    spans += say(language, "classes_clear" if entropy.value >= 0.8 else "classes_overlap", entropy=entropy)
    return spans + say(language, "classes_warning")


def power(source: Source, language: Language) -> Table | None:
    """01 group_power: power to show that a path differs between two groups, by their size."""
    if not source.subjects("power"):
        return None
    sizes = list(dict.fromkeys(of.rpartition(".")[2] for of in source.subjects("power")))
    rows: list[tuple[Spans, ...]] = []
    for path in source.subjects("n"):
        wanted = source.glance("wanted").value
        cells = (short(source.cell(f"power:{path}.{n}", style="percent", digits=0), wanted) for n in sizes)
        needed = source.cell(f"n:{path}", style="integer")
        rows.append(
            (
                arrow(language, path),
                *cells,
                needed if needed != (EMPTY,) else (language.word("design.not_reached"),),
            )
        )
    header = (
        (language.word("head.path"),),
        *(
            fill(
                language.word("design.size"),
                n=Fact(f"counted/{source.address}/size.{n}", float(n), "integer"),
            )
            for n in sizes
        ),
        (language.word("head.size_needed"),),
    )
    note = fill(
        language.word("note.group_power"), r=source.glance("replications", "integer"),
        smallest=source.glance("smallest"), wanted=source.glance("wanted", "percent", 0),
    )  # fmt: skip
    notes = (Paragraph(note, "note"), *failed_notes(source, language))
    caption = (language.word("caption.group_power"),)
    widths = (3.0, *[1.0] * len(sizes), 1.2)
    return Table("group_power", caption, header, tuple(rows), "s" + "c" * (len(sizes) + 1), widths, notes)


def power_told(source: Source, language: Language) -> Spans:
    """How many respondents each group needs."""
    needed = [source.value(f"n:{path}") for path in source.subjects("n")]
    values = {
        "smallest": source.glance("smallest"), "wanted": source.glance("wanted", "percent", 0), "ref": Ref("group_power"),
    }  # fmt: skip
    known = [n for n in needed if not math.isnan(n)]
    if len(known) < len(needed):
        last = max(float(of.rpartition(".")[2]) for of in source.subjects("power"))
        most = Fact(f"counted/{source.address}/most", last, "integer")
        return say(language, "group_power_unreached", most=most, **values)
    n = Fact(f"counted/{source.address}/needed", max(known), "integer")
    return say(language, "group_power_needed", n=n, **values)
