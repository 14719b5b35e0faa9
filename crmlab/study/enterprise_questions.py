"""Does what is asked of the enterprise agree with the rest of the study? Its items and constructs must exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from crmlab.study import spec as schema
from crmlab.study.instrument import Instrument


def bad_enterprise(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """What is wrong with the items, constructs and columns that `enterprise` and its tables name, one line each."""
    asked = content.enterprise
    said = asked.model_fields_set  # a default is no claim that the study has the construct
    named = {f"enterprise.answers.{block}": name for block, name in asked.answers.items()}
    named |= {f"enterprise.profile.{place + 1}": name for place, name in enumerate(asked.profile)}
    named |= {f"enterprise.{key}": getattr(asked, key) for key in ("outcome", "satisfaction") if key in said}
    for key, name in named.items():
        if name not in content.constructs:
            yield f"{key} names an unknown construct '{name}'{_near(name, content.constructs)}"
    items = {"enterprise.unit": asked.unit, "enterprise.segment": asked.segment}
    for need, one in asked.needs.items():
        items |= {
            f"enterprise.needs.{need}.importance": one.importance,
            f"enterprise.needs.{need}.performance": one.performance,
        }
    absent = content.survey.absent if content.survey is not None else ()
    for key, code in items.items():
        if code is None:
            continue
        if content.survey is None:
            yield f"{key} names item '{code}', but the study has no survey"
        elif code not in instrument.items:
            yield f"{key} names an unknown item '{code}'{_near(code, instrument.items)}"
        elif code in absent:
            yield f"{key} names item '{code}', which survey.absent says was not asked"
    for need, one in asked.needs.items():
        pair = [code for code in (one.importance, one.performance) if code in instrument.items]
        scales = [(instrument.scale_of(code).low, instrument.scale_of(code).high) for code in pair]
        if len(set(scales)) > 1:
            yield f"enterprise.needs.{need}: importance and performance are answered on different scales"
    if content.members is not None and content.survey is None:
        yield "members say which unit serves which respondent, but the study has no survey"


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), 3, 0.5)
    return f"; near: {', '.join(near)}" if near else ""
