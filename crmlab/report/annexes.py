"""The annexes: wording of the items, and what each result rests on."""

from __future__ import annotations

from crmlab.present import tables
from crmlab.present.blocks import Block, Fact, Heading, Label, Ref, Spans, Table
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes, heads
from crmlab.report.sections import SAMPLE, Scene


def items(scene: Scene) -> list[Block]:
    """Annex: the wording of every item with its moments."""
    source = scene.get(f"{SAMPLE}/items")
    return [tables.items(source, scene.language)] if source is not None else []


def record(scene: Scene, code: str) -> list[Block]:
    """Annex: what each result rests on, the versions, and the checks that failed."""
    language = scene.language
    if not scene.sources:
        return []
    rows, versions = [], dict[str, str]()
    for address, source in sorted(scene.sources.items()):
        kept = source.result.source
        versions |= {
            key: value for key, value in kept.items() if key != "seed" and not key.endswith("_sha256")
        }
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
    shown = ", ".join(f"{name} {value}" for name, value in sorted(versions.items()))
    told += say(language, "record_versions", versions=Label(shown)) if shown else ()
    header = heads(language, "result", "data", "seed", "checks")
    table = Table(
        "record", (language.word("caption.record"),), header, tuple(rows), "sccc", (3.2, 1.4, 1.2, 1.2)
    )
    return [scene.body(told), table, *_checks(scene)]


def _checks(scene: Scene) -> list[Block]:
    language = scene.language
    total = sum(len(source.result.checks) for source in scene.sources.values())
    failed = sum(len(source.result.failed) for source in scene.sources.values())
    notes = list(
        dict.fromkeys(
            note for _, source in sorted(scene.sources.items()) for note in failed_notes(source, language)
        )
    )
    heading = Heading(2, "section-checks", (language.word("section.checks"),))
    n, k = (
        Fact(f"counted/checks/{which}", count, "integer")
        for which, count in (("all", total), ("failed", failed))
    )
    key = "checks_failed" if notes else "checks_fine"
    return [heading, scene.body(say(language, key, n=n, k=k)), *notes]
