"""Practical suggestions, each drawn from an estimate that supports it; none where nothing does."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.evaluation_tables import targets
from crmlab.present.facts import Source, fill
from crmlab.present.firmness_tables import outcome, ranked
from crmlab.present.group_tables import groups as compared
from crmlab.present.group_tables import split
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    DIFFERENT,
    GROUPS,
    RELEVANT,
    STRUCTURE,
    UNSURE,
    Outcome,
    doubted,
    judged,
    merged,
    outcomes,
    shaky,
    unreliable,
)
from crmlab.present.record_suggestions import channels, gates, goals, phases, plans, value
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.table_parts import arrow

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
SAMPLE = "03_sample_description"


def suggestions(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Every suggestion that these results support, the most direct ones first."""
    makers = (
        _mediators, _room, _directs, _drivers, _groups, phases, channels, value, linkage_discussion.advice,
        gates, plans, goals,
    )  # fmt: skip
    return [spans for make in makers for spans in make(study, sources, language) if spans]


def nothing(study: Study, sources: Sources, language: Language) -> Spans:
    """Why no suggestion is made: nothing is shown, or what is shown rests on measures or sizes that carry no advice."""
    shown = any(one.supported for one in outcomes(study, sources))
    return say(language, "sug_none_unfit" if shown else "sug_none")


def carries(one: Outcome, study: Study, sources: Sources) -> bool:
    """Whether an outcome can carry advice: supported, of distinct constructs, and not shown to be too small to matter."""
    distinct = not merged(study, sources, one.hypothesis)
    return (
        distinct
        and one.supported
        and (math.isnan(one.stands) or one.stands in (0.0, DIFFERENT, UNSURE, RELEVANT))
    )


def _mediators(study: Study, sources: Sources, language: Language) -> list[Spans]:
    verdicts, found = judged(sources, "verdicts"), list[Spans]()
    for one in outcomes(study, sources):
        expected = one.hypothesis
        if verdicts is None or expected.kind != "mediation" or not carries(one, study, sources):
            continue
        found.append(
            say(
                language, "sug_mediator", hid=Label(expected.id), source=quoted(language, expected.source),
                target=quoted(language, expected.target), b=verdicts.fact(f"hypothesis:{expected.id}", digits=3),
                via=listed(language, [quoted(language, name) for name in expected.via]),
            )
        )  # fmt: skip
    return found


def _directs(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Direct effects; told only of outcomes that no importance map speaks of."""
    ipma, verdicts, found = sources.get(f"{STRUCTURE}/ipma"), judged(sources, "verdicts"), list[Spans]()
    mapped = targets(ipma) if ipma is not None else []
    for one in outcomes(study, sources):
        expected = one.hypothesis
        if (
            verdicts is None
            or expected.kind != "direct"
            or expected.behavioural
            or not carries(one, study, sources)
            or expected.target in mapped
        ):
            continue
        term = f"hypothesis:{expected.id}"
        if verdicts.value(term) < 0:
            continue
        found.append(
            say(
                language, "sug_direct", hid=Label(expected.id), source=quoted(language, expected.source),
                target=quoted(language, expected.target), b=verdicts.fact(term, digits=3), level=verdicts.level,
                lo=verdicts.fact(term, "ci_low", digits=3), hi=verdicts.fact(term, "ci_high", digits=3),
            )
        )  # fmt: skip
    return found


def _room(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Dimensions that matter more and do worse than the average, of targets that something is shown to move."""
    source = sources.get(f"{STRUCTURE}/ipma")
    found: list[Spans] = []
    for target in targets(source) if source is not None else ():
        movers = _movers(study, sources, target)
        weak = unreliable(study, sources, tuple(movers))
        names = [name for name in _dimensions(source, study, target, movers) if name not in weak]  # type: ignore[arg-type]
        if names and len(_drawn(source, target)) > 1:  # type: ignore[arg-type]
            found += _place(study, source, sources, language, target, names)  # type: ignore[arg-type]
    return found


def _movers(study: Study, sources: Sources, target: str) -> list[str]:
    """Constructs whose total effect on the target is shown to be positive."""
    effects, paths = sources.get(f"{STRUCTURE}/effects"), sources.get(f"{STRUCTURE}/paths")
    found = []
    for name in study.constructs:
        if _blurred(study, sources, target, name):
            continue
        for source, kind in ((effects, "total"), (paths, "path")):
            term = f"{kind}:{target}~{name}"
            if source is not None and term in source:
                found += [name] if source.value(term, "ci_low") > 0 else []
                break
    return found


def _blurred(study: Study, sources: Sources, target: str, name: str) -> bool:
    """Whether the target and the construct are not distinct."""
    source = sources.get("04_measurement/htmt")
    terms = (f"htmt:{target}~{name}", f"htmt:{name}~{target}")
    return source is not None and any(source.value(term) >= study.rules.htmt for term in terms)


def _drawn(source: Source, target: str) -> list[str]:
    """What the importance-performance map shows: the dimensions, or the constructs where there are none."""
    start = f"{target}~"
    subjects = [one for one in source.subjects("importance") if one.startswith(start)]
    inner = [one for one in subjects if f"importance_std:{one}" not in source]
    return [one[len(start) :] for one in (inner if len(inner) > 1 else subjects)]


def _dimensions(source: Source, study: Study, target: str, movers: list[str]) -> list[str]:
    inner = [part for name in movers for part in (study.constructs[name].dimensions or (name,))]
    return [name for name in inner if name in _drawn(source, target)]


def _place(
    study: Study, source: Source, sources: Sources, language: Language, target: str, names: list[str]
) -> list[Spans]:
    drawn = _drawn(source, target)
    weight = {name: source.value(f"importance:{target}~{name}") for name in drawn}
    level = {name: source.value(f"performance:{name}") for name in drawn}
    middle = sum(weight.values()) / len(drawn), sum(level.values()) / len(drawn)
    clear = [name for name in names if not any(_blurred(study, sources, name, other) for other in drawn)]
    if not clear:
        return []
    names = clear
    room = [name for name in names if weight[name] > middle[0] and level[name] < middle[1]]
    refs = {
        "ref": Ref(f"ipma_{target}"),
        "fig": Ref(f"ipma_chart_{target}"),
        "target": quoted(language, target),
    }

    def told(key: str, name: str) -> Spans:
        return say(
            language, key, var=quoted(language, name), i=source.fact(f"importance:{target}~{name}"),
            p=source.fact(f"performance:{name}", digits=1), **refs,
        )  # fmt: skip

    if not room:
        best = max(names, key=lambda name: weight[name])
        return [told("sug_no_room", best)] if weight[best] == max(weight.values()) else []
    ordered = sorted(room, key=lambda name: -weight[name])[:2]
    return [
        told("sug_room_next" if k else "sug_room", name) + _in_practice(study, sources, language, name)
        for k, name in enumerate(ordered)
    ]


def _in_practice(study: Study, sources: Sources, language: Language, name: str) -> Spans:
    """The question of the dimension that is rated lowest, and what could be done."""
    source = sources.get(f"{SAMPLE}/items")
    spans: Spans = ()
    asked = [
        code
        for code in study.blocks.get(name, ())
        if not study.items[code].reverse and source is not None and f"mean:{code}" in source
    ]
    if source is not None and len(asked) > 1:
        low = min(asked, key=lambda code: source.value(f"mean:{code}"))
        spans = say(
            language, "sug_item", item=Label(language.name(f"text:{low}").rstrip(".")), m=source.fact(f"mean:{low}")
        )  # fmt: skip
    key = f"suggest.action.{name}"
    own = all(code.startswith(name) for code in study.blocks.get(name, ()))
    if own and language.knows(key):
        spans += say(language, "sug_action", action=language.word(key))
    return spans


def _drivers(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found = []
    for address, source in sources.items():
        if not address.startswith(f"{STRUCTURE}/drivers_") or len(source.subjects("dominance")) < 2:
            continue
        names = ranked(source)
        first, second = names[0], names[1]
        pairs = (f"dominance_difference:{first}~{second}", f"dominance_difference:{second}~{first}")
        term = pairs[0] if pairs[0] in source else pairs[1]
        if not (source.value(term, "ci_low") > 0 or source.value(term, "ci_high") < 0):
            continue
        of = outcome(source)
        share = source.fact(f"dominance_share:{first}", style="percent", digits=1)
        found.append(
            say(
                language, "sug_driver", var=quoted(language, of), first=quoted(language, first), pct=share,
                ref=Ref(f"drivers_{of}"),
            )
        )  # fmt: skip
    return found


def _groups(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Paths that are shown to differ between groups."""
    found = []
    for grouping in study.groupings:
        source = sources.get(f"{GROUPS}/paths_{grouping.name}")
        for path in source.subjects("p_holm") if source is not None else ():
            p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)  # type: ignore[union-attr]
            held = not doubted(study, sources, grouping.name, path) and not shaky(
                study, sources, grouping.name, path
            )
            if p.value < study.rules.alpha and held:
                found.append(_apart(source, language, grouping.name, path, p))  # type: ignore[arg-type]
    return found


def _apart(source: Source, language: Language, item: str, path: str, p: Fact) -> Spans:
    pairs = [subject for subject in source.subjects("path_difference") if split(subject)[0] == path]
    widest = max(pairs, key=lambda subject: abs(source.value(f"path_difference:{subject}")), default="")
    if not widest or not compared(source):
        return ()
    _, (a, b) = split(widest)
    high, low = (a, b) if source.value(f"path_difference:{widest}") > 0 else (b, a)
    return say(
        language, "sug_groups", item=fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item))),
        path=fill(language.word("quote"), text=arrow(language, path)), p=p,
        high=Label(language.name(high)), low=Label(language.name(low)),
        b_high=source.fact(f"path:{path}@{high}", digits=3), b_low=source.fact(f"path:{path}@{low}", digits=3),
    )  # fmt: skip
