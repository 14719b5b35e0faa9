"""What a study asks of segments and of the life cycle, made whole, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmlab.study import spec as schema
from crmlab.study.instrument import Instrument
from crmlab.study.segments_spec import Segments

if TYPE_CHECKING:
    from crmlab.study.study import Study


def segments_of(study: Study) -> Segments | None:
    """What is asked of segments: as the study says, or the defaults where there is a ledger; None for nothing."""
    declared = study.spec.segments
    if declared is None and not study.has_ledger:
        return None
    asked = declared or Segments()
    by = asked.by or (("behaviour",) if study.has_ledger else ("scores",))
    parts = {part for one in study.constructs.values() for part in one.dimensions}
    scores = asked.scores or tuple(name for name in study.constructs if name not in parts)
    return asked.model_copy(update={"by": by, "scores": scores if study.has_survey else ()})


def bad_segments(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """One line for each thing that cannot be asked."""
    asked = content.segments
    item = content.life_cycle.item
    if (
        content.survey is not None
        and "item" in content.life_cycle.model_fields_set
        and item not in instrument.items
    ):
        yield f"life_cycle.item names an unknown item '{item}'"
    if asked is None:
        return
    if content.ledger is None and content.survey is None:
        yield "segments need a ledger or a survey"
    if "behaviour" in (asked.by or ()) and content.ledger is None:
        yield "segments.by: behaviour needs a ledger"
    if "scores" in (asked.by or ()) and content.survey is None:
        yield "segments.by: scores need a survey"
    if asked.method == "rfm" and content.ledger is None:
        yield "segments.method: rfm needs a ledger"
    both = {"behaviour", "scores"} <= set(asked.by or ())
    if both and content.survey is not None and content.survey.customer is None:
        yield "segments.by: behaviour and scores together need survey.customer, the column that links both"
    for name in asked.scores:
        if name not in content.constructs:
            from crmlab.study.coherence import near

            yield f"segments.scores names an unknown construct '{name}'{near(name, content.constructs)}"
