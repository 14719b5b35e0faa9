"""The annexes: wording of the items, and what each result rests on."""

from __future__ import annotations

from crmlab.present import tables
from crmlab.present.analysis_sentences import versions
from crmlab.present.blocks import Block, Fact, Heading, Label, Ref, Spans, Table
from crmlab.present.sentences import listed, say
from crmlab.present.table_parts import failed_notes, heads
from crmlab.report.author_text import typed_numbers
from crmlab.report.scene import INTAKE, SAMPLE, Scene
from crmlab.study.author_files import author_files

TYPED = 20  # numbers of one file that are listed


def items(scene: Scene) -> list[Block]:
    """Annex: the wording of every item with its moments."""
    source = scene.get(f"{SAMPLE}/items")
    if source is None:
        return []
    return [
        scene.body(say(scene.language, "items_annex", ref=Ref("items"))), tables.items(source, scene.language)
    ]  # fmt: skip


def record(scene: Scene, code: str) -> list[Block]:
    """Annex: what each result rests on, the versions, and the checks that failed."""
    language = scene.language
    if not scene.sources:
        return []
    rows = []
    for address, source in sorted(scene.sources.items()):
        kept = source.result.source
        held = sum(check.ok for check in source.result.checks)
        counts = [
            Fact(f"counted/{address}/checks_{which}", k, "integer")
            for which, k in (("held", held), ("all", len(source.result.checks)))
        ]
        seed: Spans = (Label(language.digits(kept["seed"])),) if "seed" in kept else ("–",)
        hashes = [value for key, value in sorted(kept.items()) if key.endswith("_sha256")]
        data: Spans = (Label(hashes[0][:16]),) if hashes else ("–",)
        rows.append(((Label(address),), data, seed, (counts[0], " / ", counts[1])))
    told = say(language, "record_intro", ref=Ref("record"), code=Label(code))
    shown = versions(scene.sources)
    told += say(language, "record_versions", versions=Label(shown)) if shown else ()
    header = heads(language, "result", "data", "seed", "checks")
    table = Table(
        "record", (language.word("caption.record"),), header, tuple(rows), "sccc", (3.2, 1.4, 1.2, 1.2)
    )
    return [scene.body(told + _rows(scene)), *_typed(scene), table, *_checks(scene)]


def _rows(scene: Scene) -> Spans:
    """How many rows came in, were refused, and stayed."""
    spans: Spans = ()
    for name, key in (("flow", "record_flow"), ("ledger_flow", "record_ledger")):
        source = scene.get(f"{INTAKE}/{name}")
        if source is None or "kept" not in source:
            continue
        values = {
            one: source.fact(one, style="integer") for one in ("read", "kept", "analysed") if one in source
        }
        lost = source.value("read") - source.value("kept")
        refused = Fact(f"counted/{source.address}/refused", lost, "integer")
        spans += say(scene.language, key, refused=refused, **values)
    return spans


def _typed(scene: Scene) -> list[Block]:
    """Numbers that the author typed, of all files in both languages."""
    files = author_files(scene.study)
    if not files:
        return []
    parts: list[Spans] = []
    for file in files:
        found = typed_numbers(file)
        shown = scene.language.word("comma").join(found[:TYPED]) + (" …" if len(found) > TYPED else "")
        parts += [(Label(file.name), " (", Label(shown), ")")] if found else []
    if not parts:
        return [scene.body(say(scene.language, "record_typed_none"))]
    return [scene.body(say(scene.language, "record_typed", list=listed(scene.language, parts)))]


def _checks(scene: Scene) -> list[Block]:
    language = scene.language
    total = sum(len(source.result.checks) for source in scene.sources.values())
    failed = sum(len(source.result.failed) for source in scene.sources.values())
    notes = {  # one check fails in every result of its data alike: it is told once
        language.plain(note.spans): note
        for _, source in sorted(scene.sources.items())
        for note in failed_notes(source, language, whole=True)
    }
    heading = Heading(2, "section-checks", (language.word("section.checks"),))
    n, k = (
        Fact(f"counted/checks/{which}", count, "integer")
        for which, count in (("all", total), ("failed", failed))
    )
    key = "checks_failed" if notes else "checks_fine"
    return [heading, scene.body(say(language, key, n=n, k=k)), *notes.values()]
