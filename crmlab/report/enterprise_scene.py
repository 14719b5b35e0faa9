"""What the sections of steps 09 and 10 share: results that hold something, reasons for those that do not, the common bed."""

from __future__ import annotations

from crmlab.present import enterprise_bed as beds
from crmlab.present.blocks import Block, Paragraph
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes
from crmlab.report.scene import MATURITY, Scene


def got(scene: Scene, name: str, step: str = MATURITY) -> Source | None:
    """A saved result that holds something."""
    source = scene.get(f"{step}/{name}")
    return source if source is not None and len(source.result.tidy) else None


def lost(scene: Scene, name: str, step: str = MATURITY) -> list[Paragraph]:
    """Why a part could not be computed."""
    source = scene.get(f"{step}/{name}")
    return [] if source is None or len(source.result.tidy) else list(failed_notes(source, scene.language))


def on_bed(scene: Scene, page: str) -> list[Block | None]:
    """A model's own headings with the facts of the common bed, and the considerations that its page leads to."""
    register, levels = got(scene, "considerations"), got(scene, "crosswalk")
    told = beds.leads_to(register, scene.language, page)
    table = beds.bed(levels, register, scene.language, page) if levels is not None else None
    return [scene.body(told) if told else None, table]
