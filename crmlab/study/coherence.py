"""Does a study agree with itself? Every name it uses must exist, and every path must lead somewhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from crmlab.study import spec as schema
from crmlab.study.channel_questions import bad_channels
from crmlab.study.enterprise_questions import bad_enterprise
from crmlab.study.groups_questions import bad_groups
from crmlab.study.instrument import Instrument
from crmlab.study.literature_questions import bad_literature
from crmlab.study.process_questions import bad_process
from crmlab.study.segments_questions import bad_segments
from crmlab.study.swift_questions import bad_actions
from crmlab.study.worth_questions import bad_worth


def problems(content: schema.StudyFile, instrument: Instrument) -> list[str]:
    """What is wrong with items, constructs and paths, one line each."""
    return [
        *_bad_items(content, instrument),
        *_bad_constructs(content),
        *_bad_paths(content),
        *_bad_targets(content),
        *bad_groups(content, instrument),
        *bad_segments(content, instrument),
        *bad_enterprise(content, instrument),
        *bad_process(content, instrument),
        *bad_actions(content),
        *bad_channels(content),
        *bad_literature(content),
        *bad_worth(content),
    ]


def paths_of(lines: Iterable[str]) -> list[tuple[str, str]]:
    """(source, target) of each path that lines such as "CLV ~ RQ + CRM" hold."""
    found = []
    for line in lines:
        target, _, sources = line.partition("~")
        found += [(source.strip(), target.strip()) for source in sources.split("+")]
    return found


def _bad_items(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    survey = content.survey
    if survey is None:
        return
    owner: dict[str, str] = {}
    for name, construct in content.constructs.items():
        for code in construct.items:
            if code not in instrument.items:
                yield f"construct '{name}' has an unknown item '{code}'{near(code, instrument.items)}"
            elif not instrument.scale_of(code).ordered:
                yield f"construct '{name}': item '{code}' has categories without an order; it cannot measure"
            if code in survey.absent:
                yield f"construct '{name}' needs item '{code}', which survey.absent says was not asked"
            if code in owner:
                yield f"item '{code}' stands in two constructs, '{owner[code]}' and '{name}'"
            owner[code] = name
    named: dict[str, Iterable[str]] = {
        "survey.columns": survey.columns,
        "survey.missing_in": survey.missing_in,
        "survey.absent": survey.absent,
        "exclude.attention": content.exclude.attention,
        "survey.consent": [survey.consent.item] if survey.consent else [],
        "survey.screening": [survey.screening.item] if survey.screening else [],
        "measurement.marker": content.measurement.marker,
    }
    for key, codes in named.items():
        for code in codes:
            if code not in instrument.items:
                yield f"{key} names an unknown item '{code}'{near(code, instrument.items)}"
    for code in content.measurement.marker:
        if code in owner:
            yield f"measurement.marker: item '{code}' measures construct '{owner[code]}', so it is no marker"
        elif code in survey.absent:
            yield f"measurement.marker names item '{code}', which survey.absent says was not asked"
        elif code in instrument.items and not instrument.scale_of(code).ordered:
            yield f"measurement.marker: item '{code}' has categories without an order"
    for scale in survey.synonyms:
        if scale not in instrument.scales:
            yield f"survey.synonyms names an unknown scale '{scale}'{near(scale, instrument.scales)}"


def _bad_constructs(content: schema.StudyFile) -> Iterable[str]:
    owner: dict[str, str] = {}
    for name, construct in content.constructs.items():
        for part in construct.dimensions:
            if part not in content.constructs:
                yield f"construct '{name}' has an unknown dimension '{part}'{near(part, content.constructs)}"
            elif content.constructs[part].dimensions:
                yield f"construct '{name}': dimension '{part}' has dimensions itself; two orders are the most"
            if part in owner:
                yield f"dimension '{part}' stands in two constructs, '{owner[part]}' and '{name}'"
            owner[part] = name
        if len(set(construct.items)) != len(construct.items):
            yield f"construct '{name}' names an item twice"


def _bad_paths(content: schema.StudyFile) -> Iterable[str]:
    pairs = paths_of(content.paths)
    dimension_of = {part: name for name, c in content.constructs.items() for part in c.dimensions}
    for source, target in pairs:
        for name in (source, target):
            if name not in content.constructs:
                yield f"path '{target} ~ {source}' has an unknown construct '{name}'{near(name, content.constructs)}"
            elif name in dimension_of:
                yield f"path '{target} ~ {source}': '{name}' is a dimension of '{dimension_of[name]}'; use that"
    for pair in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield f"path '{pair[1]} ~ {pair[0]}' stands twice"
    cycle = _cycle(pairs)
    if cycle:
        yield f"the paths run in a circle: {' -> '.join(cycle)}"


def _bad_targets(content: schema.StudyFile) -> Iterable[str]:
    """Importance and necessity are asked of constructs that others affect."""
    outcomes = {target for _, target in paths_of(content.paths)}
    asked = {
        "evaluation.importance": content.evaluation.importance or (),
        "evaluation.necessity": content.evaluation.necessity,
    }
    for key, names in asked.items():
        for name in names:
            if name not in outcomes:
                yield f"{key}: no path leads to '{name}'{near(name, outcomes)}"


def _cycle(pairs: list[tuple[str, str]]) -> list[str]:
    """A closed walk along the paths, first name repeated at the end; empty if there is none."""
    after: dict[str, list[str]] = {}
    for source, target in pairs:
        after.setdefault(source, []).append(target)

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        for target in after.get(name, []):
            if found := walk(target, [*trail, name]):
                return found
        return []

    return next((found for name in after if (found := walk(name, []))), [])


def near(name: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    """The nearest known name as a question, or nothing."""
    found = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f" (did you mean '{found[0]}'?)" if found else ""
