"""Can a study's hypotheses be judged by it? Every name exists, and every role fits the kind."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from crmlab.study import spec as schema
from crmlab.study.coherence import near, paths_of
from crmlab.study.dimension_models import lacking, of_dimensions
from crmlab.study.hypotheses import BEHAVIOURAL, DEFAULT_MODEL, MODELS, OFFICES, Hypothesis, Kind, catalogue
from crmlab.study.instrument import Instrument
from crmlab.study.model_spec import OwnHypothesis

GROUPED = ("difference", "equivalence")


def hypotheses_of(
    content: schema.StudyFile, instrument: Instrument
) -> tuple[tuple[Hypothesis, ...], list[str]]:
    """The hypotheses of a study, and what is wrong with them, one line each."""
    found: dict[str, Hypothesis] = {}
    problems: list[str] = []
    for entry in content.hypotheses:
        if isinstance(entry, str):
            if entry not in catalogue():
                problems.append(f"unknown hypothesis '{entry}'{near(entry, catalogue())}")
                continue
            hypothesis = catalogue()[entry]
        else:
            hypothesis = _own(entry)
        if hypothesis.id in found:
            problems.append(f"hypothesis '{hypothesis.id}' stands twice")
        found[hypothesis.id] = hypothesis
        problems += [f"hypothesis '{hypothesis.id}' {line}" for line in _bad(hypothesis, content, instrument)]
    return tuple(found.values()), problems


def _own(entry: OwnHypothesis) -> Hypothesis:
    kind: Kind = entry.kind or _implied(entry)
    return Hypothesis(
        id=entry.id,
        kind=kind,
        source=entry.source,
        target=entry.target,
        via=entry.via,
        sign="" if kind in GROUPED else entry.sign,
        statement={"en": entry.statement.en, "fa": entry.statement.fa},
        moderator=entry.moderator,
        groups=entry.groups,
        model=entry.model or DEFAULT_MODEL.get(kind, 0),
        margin=entry.margin,
    )


def _implied(entry: OwnHypothesis) -> Kind:
    """The kind that the roles given speak for."""
    if entry.groups:
        return "difference"
    if entry.moderator:
        return "moderated mediation" if entry.via else "moderation"
    return "mediation" if entry.via else "direct"


def _bad(one: Hypothesis, content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    if one.kind == "cross-level":
        for name in one.constructs:
            if name not in OFFICES:
                yield f"names '{name}', which is no figure of the offices: {', '.join(OFFICES)}"
        return
    unknown = [name for name in one.constructs if name not in (*content.constructs, *BEHAVIOURAL)]
    for name in unknown:
        yield f"names an unknown construct '{name}'{near(name, content.constructs)}"
    misplaced = list(_bad_roles(one))
    yield from misplaced
    if unknown or misplaced or one.behavioural:
        return
    if of_dimensions(one, content.constructs):
        path = lacking(one, content.constructs, paths_of(content.paths))
        if path:
            yield f"needs the path '{path}', which the study has not got"
    elif not one.moderated:
        pairs = set(paths_of(content.paths))
        steps = pairwise(one.constructs) if one.source else ()
        for step in steps:
            if step not in pairs:
                yield f"needs the path '{step[1]} ~ {step[0]}', which the study has not got"
    if one.moderated and one.moderator and one.moderator not in content.constructs:
        yield from _bad_item("moderator", one.moderator, content, instrument)
    if one.kind in GROUPED and one.groups:
        yield from _bad_item("groups", one.groups, content, instrument)


def _bad_roles(one: Hypothesis) -> Iterable[str]:
    """Roles that are missing, or that this kind has not got."""
    needed = {
        "mediation": ("source", "via"),
        "moderation": ("source", "moderator"),
        "moderated mediation": ("source", "via", "moderator"),
        "difference": ("groups",),
        "equivalence": ("groups",),
    }.get(one.kind, ("source",))
    allowed = {*needed, *({"source"} if one.kind in GROUPED else ())}
    allowed |= {"via"} if one.kind == "difference" else set()
    allowed |= {"margin"} if one.kind == "equivalence" else set()
    for role in ("source", "via", "moderator", "groups", "margin"):
        given = bool(getattr(one, role))
        if role in needed and not given:
            yield f"is of kind {one.kind} and needs '{role}'"
        elif given and role not in allowed:
            yield f"is of kind {one.kind} and has no '{role}'"
    if one.via and not one.source and one.kind == "difference":
        yield "has mediators (via) but no source"
    if one.kind == "moderated mediation" and len(one.via) > 1:
        yield f"is of kind {one.kind} and takes one mediator, not {len(one.via)}"
    if one.model not in MODELS.get(one.kind, (0,)):
        known = ", ".join(map(str, MODELS.get(one.kind, ())))
        yield f"is of kind {one.kind}, which model {one.model} does not answer{f' ({known} do)' if known else ''}"
    names = [name for name in (*one.constructs, one.moderator, one.groups) if name]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield f"has '{name}' in two roles"


def _bad_item(role: str, code: str, content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    """What is wrong with an item that moderates, or that makes groups."""
    owner = {item: name for name, one in content.constructs.items() for item in one.items}
    if code in content.constructs:
        yield f"has the construct '{code}' as {role}; an item with categories is needed"
    elif code not in instrument.items:
        known = [*instrument.items, *(content.constructs if role == "moderator" else ())]
        yield f"names an unknown item '{code}' as {role}{near(code, known)}"
    elif content.survey is not None and code in content.survey.absent:
        yield f"has '{code}' as {role}, which survey.absent says was not asked"
    elif code in owner:
        yield f"has '{code}' as {role}, which measures the construct '{owner[code]}'; {_instead(role, owner[code])}"
    elif instrument.scale_of(code).kind == "text" or (
        role == "groups" and instrument.scale_of(code).kind != "codes"
    ):
        yield f"has '{code}' as {role}, whose answers are {instrument.scale_of(code).kind}s"


def _instead(role: str, construct: str) -> str:
    return f"use {construct}" if role == "moderator" else "groups are made by another question"
