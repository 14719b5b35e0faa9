"""What strengthens or weakens the reading of a hypothesis, and what weakens all of them alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.discussion_sentences import ratios
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.measure_limits import far
from crmlab.present.outcomes import (
    DESIGN,
    GROUPS,
    STRUCTURE,
    Outcome,
    doubted,
    entangled,
    judged,
    merged,
    outcomes,
    parts,
    refused_groupings,
    shaky,
    unreliable,
    unusable,
)
from crmlab.present.rules import limit, telling
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.verdict_tables import PLAIN

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
LOW_POWER = 0.80  # where a design names no power of its own
FEW = 3  # weak measures that are named one by one; of more the extremes


def common(study: Study, sources: Sources, language: Language) -> Spans:
    """What holds for every hypothesis: models that do not fit, groups that cannot be compared."""
    told = _fit(study, sources, language) + _same(sources, language) + _weak(study, sources, language)
    told += _outcomes(study, sources, language)
    for item in refused_groupings(study, sources):
        told += say(language, "disc_group_refused", item=_question(language, item))
    return say(language, "disc_common") + told if told else ()


def qualified(one: Outcome, study: Study, sources: Sources, language: Language) -> Spans:
    """What qualifies one hypothesis: other choices, the other engine, power, measures, groups."""
    if math.isnan(one.verdict) or one.hypothesis.kind not in PLAIN or merged(study, sources, one.hypothesis):
        return ()
    return (
        _holm(one, study, sources, language)
        + _power(one, sources, language)
        + _firm(one, sources, language)
        + _engines(one, sources, language)
        + _measures(one, study, sources, language)
        + _groups(one, study, sources, language)
    )


def _fit(study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    source, distance = sources.get(f"{STRUCTURE}/sem_paths"), sources.get(f"{STRUCTURE}/fit")
    if source is not None and unusable(source):
        spans += say(language, "disc_unusable")
    elif source is not None and not fits(source, study):
        values = {key: measure(source, key) for key in ("cfi", "rmsea", "srmr")}
        spans += say(language, "disc_poor_fit", **values)
    if distance is not None and far(distance, study):
        srmr = distance.fact("srmr:estimated", digits=3)
        spans += say(language, "disc_poor_pls", srmr=srmr, limit=limit(study, "srmr"))
    return spans


def _same(sources: Sources, language: Language) -> Spans:
    """The verdicts that every way of analysis comes to, in one sentence."""
    source = sources.get(f"{STRUCTURE}/sensitivity")
    if source is None or not source.glance("computed").value > 1:
        return ()
    names = [name for name in source.subjects("stands") if source.value(f"stands:{name}") >= 1]
    told = listed(language, [(Label(name),) for name in names])
    n = source.glance("computed", "integer")
    key = "disc_firm" if len(names) > 1 else "disc_firm_one"
    return say(language, key, list=told, n=n, ref=Ref("sensitivity")) if names else ()


def _holm(one: Outcome, study: Study, sources: Sources, language: Language) -> Spans:
    verdicts = judged(sources, "verdicts")
    if verdicts is None or not one.supported:
        return ()
    p = verdicts.fact(f"p_holm:{one.hypothesis.id}", style="p_relation", digits=3)
    return say(language, "disc_after_holm", p=p) if p.value >= study.rules.alpha else ()


def _power(one: Outcome, sources: Sources, language: Language) -> Spans:
    """Only for what was not shown: could the planned sample have shown it?"""
    design, name = sources.get(f"{DESIGN}/hypotheses"), one.hypothesis.id
    if design is None or not one.open or not abs(design.value(f"expected:{name}")) > 0:
        return ()
    power = design.fact(f"power:{name}", style="percent", digits=0)
    if math.isnan(power.value):
        return ()
    enough = power.value >= design.result.glance.get("wanted", LOW_POWER)
    key = "disc_enough_power" if enough else "disc_low_power"
    return say(language, key, b0=design.fact(f"expected:{name}"), power=power)


def _firm(one: Outcome, sources: Sources, language: Language) -> Spans:
    source, name = sources.get(f"{STRUCTURE}/sensitivity"), one.hypothesis.id
    if source is None or f"stands:{name}" not in source:
        return ()
    n, share = source.glance("computed", "integer"), source.value(f"stands:{name}")
    if not n.value > 1:
        return ()
    if share >= 1:
        return ()  # told once, of all such hypotheses
    k = Fact(f"counted/{source.address}/stands.{name}", round(share * n.value), "integer")
    low, high = source.fact(f"lowest:{name}"), source.fact(f"highest:{name}")
    return say(language, "disc_fragile", k=k, n=n, low=low, high=high, ref=Ref("sensitivity"))


def _engines(one: Outcome, sources: Sources, language: Language) -> Spans:
    pls, sem = sources.get(f"{STRUCTURE}/verdicts"), sources.get(f"{STRUCTURE}/sem_verdicts")
    name = one.hypothesis.id
    if pls is None or sem is None or math.isnan(sem.value(f"verdict:{name}")):
        return ()
    if unusable(sources.get(f"{STRUCTURE}/sem_paths")):
        return ()
    other = int(sem.value(f"verdict:{name}"))
    if other == one.verdict:
        return ()
    term = f"hypothesis:{name}"
    return say(
        language, "disc_engines", b2=sem.fact(term, digits=3), level=sem.level,
        lo2=sem.fact(term, "ci_low", digits=3), hi2=sem.fact(term, "ci_high", digits=3),
        outcome=language.word(f"verdict.{other}"),
    )  # fmt: skip


def _measures(one: Outcome, study: Study, sources: Sources, language: Language) -> Spans:
    pairs = entangled(study, sources, one.hypothesis)
    return say(language, "disc_not_distinct", list=ratios(pairs, sources, language)) if pairs else ()


def _weak(study: Study, sources: Sources, language: Language) -> Spans:
    """Measures below the reliability set beforehand that readings rest on: a few by name, many by their extremes."""
    read = _read(study, sources)
    names = tuple(dict.fromkeys(name for one in read for name in one.hypothesis.constructs))
    weak = unreliable(study, sources, names)
    if not weak:
        return ()
    if len(weak) <= FEW:
        mine = [one for one in read if unreliable(study, sources, one.hypothesis.constructs)]
        told = listed(language, [quoted(language, of) for of in weak])
        return say(language, "disc_unreliable", hids=_ids(language, mine), list=told)
    source = sources["04_measurement/reliability"]
    ranked = sorted(weak, key=lambda of: source.value(f"omega:{of}"))
    inner = {part for name in names for part in parts(study, name)}
    low, high = ranked[0], ranked[-1]
    ends = [telling(source.fact(f"omega:{of}"), limit(study, "reliability")) for of in (low, high)]
    k, n = (
        Fact(f"counted/{source.address}/read.{key}", count, "integer")
        for key, count in (("weak", len(weak)), ("all", len(inner)))
    )
    return say(
        language, "disc_unreliable_many" if len(weak) < len(inner) else "disc_unreliable_all", k=k, n=n,
        low=ends[0], var_low=quoted(language, low), high=ends[1],
        var_high=quoted(language, high),
    )  # fmt: skip


def _outcomes(study: Study, sources: Sources, language: Language) -> Spans:
    """What follows, and what does not, from effects that are not shown, contradicted, or without a size that matters."""
    read = [one for one in _read(study, sources) if one.hypothesis.kind == "direct"]
    spans: Spans = ()
    for key, found in (
        ("disc_open", [one for one in read if one.open]),
        ("disc_against", [one for one in read if one.verdict == -1]),
    ):
        spans += say(language, key, list=_ids(language, found)) if found else ()
    sized = study.spec.smallest_effect is not None
    shown = any(one.supported for one in read)
    return spans + (say(language, "disc_unsized") if shown and not sized else ())


def _read(study: Study, sources: Sources) -> list[Outcome]:
    """Hypotheses on paths that are read: judged, and of constructs that are distinct."""
    return [
        one
        for one in outcomes(study, sources)
        if one.hypothesis.kind in PLAIN
        and not math.isnan(one.verdict)
        and not merged(study, sources, one.hypothesis)
    ]


def _ids(language: Language, found: list[Outcome]) -> Spans:
    return listed(language, [(Label(one.hypothesis.id),) for one in found])


def _groups(one: Outcome, study: Study, sources: Sources, language: Language) -> Spans:
    spans: Spans = ()
    refused = refused_groupings(study, sources)
    for name in (grouping.name for grouping in study.groupings if grouping.name not in refused):
        source = sources.get(f"{GROUPS}/paths_{name}")
        for path in one.steps if source is not None and one.hypothesis.kind == "direct" else ():
            p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)  # type: ignore[union-attr]
            if not p.value < study.rules.alpha:
                continue
            item, loose = _question(language, name), shaky(study, sources, name, path)
            if loose:
                told = listed(language, [quoted(language, of) for of in loose])
                spans += say(language, "disc_group_shaky", item=item, p=p, list=told)
            elif not doubted(study, sources, name, path):
                spans += say(language, "disc_group_differs", item=item, p=p)
    return spans


def _question(language: Language, item: str) -> Spans:
    return fill(language.word("quote"), text=Label(language.names.get(f"text:{item}", item)))
