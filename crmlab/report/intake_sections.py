"""The section on the single customer view: what the warehouse joins, and who is known from where."""

from __future__ import annotations

from crmlab.present import warehouse_tables as tables
from crmlab.present.blocks import Block, Ref, Spans
from crmlab.present.sentences import say
from crmlab.report.scene import INTAKE, Scene


def coverage(scene: Scene) -> list[Block]:
    """How many respondents and contacts belong to customers of the ledger; the load log."""
    joined, log = scene.get(f"{INTAKE}/coverage"), scene.get(f"{INTAKE}/loads")
    if not scene.study.has_ledger or joined is None or log is None or len(log.subjects("read")) < 2:
        return []  # one file is joined with nothing
    spoken = scene.language
    blocks: list[Block | None] = [
        scene.body(say(spoken, "warehouse_loads", ref=Ref("loads"))),
        tables.loads(log, spoken),
    ]
    known: Spans = ()
    for name in [name for name in ("respondents", "contacts") if f"customers:{name}" in joined]:
        known += say(
            spoken, f"warehouse_{name}",
            n=joined.fact(f"customers:{name}", style="integer"),
            k=joined.fact(f"matched:{name}", style="integer"),
            pct=joined.fact(f"share:{name}", style="percent", digits=1),
        )  # fmt: skip
    if known:
        told = say(spoken, "warehouse_known", ref=Ref("coverage"))
        blocks += [scene.body(told + known), tables.coverage(joined, spoken)]
    return scene.section("coverage", INTAKE, blocks)
