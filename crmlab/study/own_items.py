"""The items and scales of a study: those that are bundled, and its own."""

from __future__ import annotations

from pathlib import Path

from crmlab.errors import StudyError
from crmlab.study import instrument as questionnaire
from crmlab.study import spec as schema
from crmlab.study.coherence import near
from crmlab.study.instrument import Instrument, Item, Scale


def instrument_of(content: schema.StudyFile, file: Path) -> Instrument:
    """The bundled items, if wanted, with the study's own items and scales.

    Raises
    ------
    StudyError
        An own scale has the name of a bundled one, or an item names a scale there is not.
    """
    own = content.instrument
    base = (
        questionnaire.bundled().with_agreement(own.agreement) if own.base == "bundled" else Instrument({}, {})
    )
    scales = dict(questionnaire.bundled().scales)
    for name, scale in own.scales.items():
        if name in scales:
            raise StudyError("a bundled scale has this name", file=file, key=f"instrument.scales.{name}")
        key = f"cat_{name}" if scale.categories else name
        labels = {code: {"en": words.en, "fa": words.fa} for code, words in scale.labels.items()}
        scales[name] = Scale(key, "codes", *scale.points, labels)
    items = dict(base.items)
    for code, item in own.items.items():
        if item.scale not in scales:
            meant = near(item.scale, scales)
            raise StudyError(
                f"unknown scale '{item.scale}'{meant}", file=file, key=f"instrument.items.{code}.scale"
            )
        words = {"en": item.text.en, "fa": item.text.fa}
        items[code] = Item(code, "OWN", "", words, item.reverse, item.scale)
    return Instrument(items, scales)
