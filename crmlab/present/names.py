"""The study's own words for the subjects of terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmlab.present.language import Language
from crmlab.study.maturity import elements

if TYPE_CHECKING:
    from crmlab.study import Study

JUDGED = ("mae", "rmse", "rank")  # what a purchase model is judged by


def reader(study: Study, code: str) -> Language:
    """The language of a report on this study: our words and the study's names.

    Constructs are named by their label, categories (`GEN.2`) by the scale's word, and `text:FOC1` is the wording
    of an item.
    """
    language = Language.load(code)
    names = {of: language.word(f"subject.{of}") for of in JUDGED}
    names |= {name: construct.label[code] for name, construct in study.constructs.items()}
    for item in study.items.values():
        names[f"text:{item.code}"] = item.worded(code, study.organisation[code])
        for value, words in study.scales[item.scale].labels.items():
            names[f"{item.code}.{value}"] = words[code]
    names |= {f"element:{one.code}": one.name[code] for one in elements().values()}
    return language.named(names)
