"""Objectives and scope of a study, from its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crmlab.present.behaviour_words import EPOCH
from crmlab.present.blocks import Label, Spans
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study


def objectives(study: Study, language: Language) -> list[Spans]:
    """One objective for each hypothesis, and for each part of the study that has data of its own."""
    org = Label(study.organisation[language.code])
    found = [_objective(one, language) for one in study.hypotheses]
    for key, asked in (
        ("value", study.has_ledger or study.has_contracts),
        ("maturity", study.has_maturity),
        ("map", study.has_map),
    ):
        found += [say(language, f"intro_objective_{key}", org=org)] if asked else []
    return found


def _objective(one: Hypothesis, language: Language) -> Spans:
    if one.kind not in ("direct", "mediation"):
        return say(
            language,
            "intro_objective_other",
            hid=Label(one.id),
            statement=Label(one.statement[language.code].rstrip(" .")),
        )
    return say(
        language, f"intro_objective_{one.kind}", hid=Label(one.id), source=quoted(language, one.source),
        target=quoted(language, one.target), via=listed(language, [quoted(language, name) for name in one.via]),
    )  # fmt: skip


def scope(study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """Subject, place and time."""
    inner = {part for name in study.second_order for part in study.constructs[name].dimensions}
    tops = [name for name in study.constructs if name not in inner]
    if tops:
        spans = say(
            language, "intro_scope_subject", list=listed(language, [quoted(language, name) for name in tops])
        )
    elif study.has_ledger or study.has_contracts:
        spans = say(language, "intro_scope_subject_value")
    else:
        spans = say(language, "intro_scope_subject_organisation")
    spans += say(language, "intro_scope_place", org=Label(study.organisation[language.code]))
    return spans + _time(study, sources, language)


def _time(study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    spans: Spans = ()
    field = study.survey.fieldwork if study.has_survey else None
    if field is not None and field.start and field.end:
        start, end = (_day(text, field.calendar, language) for text in (field.start, field.end))
        spans += say(language, "intro_scope_field", start=start, end=end)
    base = sources.get("07_behavioural_clv/base")
    if base is not None and not math.isnan(base.value("first_day")):
        first, last = (
            Label(language.date(EPOCH + timedelta(int(base.value(key))))) for key in ("first_day", "last_day")
        )
        spans += say(language, "intro_scope_ledger", start=first, end=last)
    return spans


def _day(text: str, calendar: str, language: Language) -> Label:
    """A day of the study file as this language writes dates."""
    from crmlab.jalali import to_gregorian

    parts = [int(part) for part in text.replace("-", "/").split("/")]
    day = to_gregorian(*parts) if calendar == "jalali" else date(*parts)
    return Label(language.date(day))
