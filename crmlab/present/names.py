"""The study's own words for the subjects of terms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crmlab.present.language import Language
from crmlab.study.hypotheses import BEHAVIOURAL, OFFICES
from crmlab.study.maturity import elements

if TYPE_CHECKING:
    from crmlab.study import Study

DECIMALS = {"momayyez": "\u066b", "slash": "/", "point": "."}  # of Persian numbers
JUDGED = ("mae", "rmse", "rank")  # what a purchase model is judged by


def reader(study: Study, code: str) -> Language:
    """The language of a report on this study: our words and the study's names.

    Constructs are named by their label, categories (`GEN.2`) by the scale's word, latent classes (`CLASS.2`) by
    their number, and `text:FOC1` is the wording of an item.
    """
    language = habits(study, Language.load(code))
    names = {of: language.word(f"subject.{of}") for of in JUDGED}
    names |= {name: construct.label[code] for name, construct in study.constructs.items()}
    for item in study.items.values():
        names[f"text:{item.code}"] = item.worded(code, study.organisation[code])
        for value, words in study.scales[item.scale].labels.items():
            names[f"{item.code}.{value}"] = words[code]
    names |= {code: language.word(f"office.{code}") for code in OFFICES if code not in study.constructs}
    names |= {
        code: language.word(f"behaviour.{code}") for code in BEHAVIOURAL if code not in study.constructs
    }
    for one in study.spec.groups:
        if one.latent_class is not None:
            names[f"text:{one.name}"] = language.word("classes.question")
            for k in range(1, one.latent_class.classes + 1):
                number = language.integer(k)
                names[f"{one.name}.{k}"] = language.word("classes.name").replace("{k}", number)
    names |= {f"element:{one.code}": one.name[code] for one in elements().values()}
    asked, spoken = study.enterprise, language.code
    names |= {f"need:{key}": one.label[spoken] for key, one in asked.needs.items()}
    names |= {f"consideration:{key}": one.title[spoken] for key, one in asked.considerations.items()}
    names |= {"money:enterprise": asked.money[spoken]} if asked.money else {}
    grouped = study.segments
    names |= (
        {f"segment:{key}": words[spoken] for key, words in grouped.names.items()}
        if grouped is not None
        else {}
    )
    if study.spec.actions is not None:
        names |= {f"offer:{key}": one.label[code] for key, one in study.spec.actions.offers.items()}
        names |= {f"channel:{key}": one.label[code] for key, one in study.spec.actions.channels.items()}
    names |= {f"word:{text}": words[code] or text for text, words in study.spec.words.items()}
    return language.named(names)


def habits(study: Study, language: Language) -> Language:
    """The language with the decimal mark and the digits that the study file asks for; they concern Persian only."""
    asked = study.spec.report
    if not language.rtl:
        return language
    return replace(language, decimal=DECIMALS[asked.decimal], latin_digits=asked.digits == "latin")
