"""What each finding can mean, and what it cannot: the only place where results are interpreted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.evaluation_sentences import predicted
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    DESIGN,
    DIFFERENT,
    EQUIVALENT,
    GROUPS,
    MEASURE,
    RELEVANT,
    STRUCTURE,
    Outcome,
    doubted,
    entangled,
    judged,
    merged,
    outcomes,
    refused_groupings,
    tally,
    unreliable,
    unusable,
)
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.verdict_sentences import told, untested
from crmlab.present.verdict_tables import PLAIN, asked

if TYPE_CHECKING:
    from crmlab.study import Study

MEDIATED = {2: "disc_indirect_only", 3: "disc_complementary", 4: "disc_competitive"}
FINDINGS = "chapter-findings"
LOW_POWER = 0.80  # where a design names no power of its own


def opening(study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """How many hypotheses came out how, and what the chapter does with that."""
    verdicts, found = judged(sources, "verdicts"), outcomes(study, sources)
    if verdicts is None or not found:
        return say(language, "disc_opening_bare", found=Ref(FINDINGS)) + say(language, "disc_order")
    n = {
        key: Fact(f"counted/{verdicts.address}/{key}", count, "integer")
        for key, count in tally(found).items()
    }
    spans = say(
        language, "disc_opening", n=n["all"], yes=n["supported"], no=n["not_shown"], against=n["contradicted"],
        found=Ref(FINDINGS),
    )  # fmt: skip
    spans += say(language, "disc_untested", k=n["unjudged"]) if n["unjudged"].value else ()
    return spans + say(language, "disc_order") + (say(language, "disc_guard") if study.paths else ())


def reading(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """What the outcome of one hypothesis means."""
    verdicts = judged(sources, "verdicts")
    if verdicts is None or math.isnan(one.verdict):
        why = untested(verdicts, language, one.hypothesis.id) if verdicts is not None else ()
        return why or say(language, "disc_unjudged", hid=Label(one.hypothesis.id))
    values = effect(one, sources, verdicts, language)
    pairs = merged(study, sources, one.hypothesis)
    if pairs:
        return say(language, "disc_not_interpreted", list=_pairs(pairs, sources, language), **values)
    if one.hypothesis.kind not in PLAIN:
        return _further(one, verdicts, language, study.rules.alpha) + say(
            language, _further_key(one), **values
        )
    direct = one.hypothesis.kind == "direct"
    key = _direct_key(one) if direct else _mediation_key(one, verdicts, sources)
    return say(language, key, **values)


def _further(one: Outcome, verdicts: Source, language: Language, alpha: float) -> Spans:
    """The result of a hypothesis about a moderator, groups or offices, in the words of the findings."""
    return told(verdicts, language, one.hypothesis, alpha)


def _further_key(one: Outcome) -> str:
    end = {1: "supported", 0: "not_shown", -1: "contradicted"}[int(one.verdict)]
    return f"disc_{one.hypothesis.kind.replace(' ', '_').replace('-', '_')}_{end}"


def effect(
    one: Outcome, sources: Mapping[str, Source], verdicts: Source, language: Language
) -> dict[str, object]:
    """The fields of a sentence about one effect."""
    term, hypothesis = f"hypothesis:{one.hypothesis.id}", one.hypothesis
    paths, matters = judged(sources, "paths"), sources.get(f"{STRUCTURE}/equivalence")
    estimate = verdicts.fact(term, digits=3)
    values: dict[str, object] = {
        "hid": Label(hypothesis.id),
        "source": quoted(language, hypothesis.source),
        "target": quoted(language, hypothesis.target),
        "via": listed(language, [quoted(language, name) for name in hypothesis.via]),
        "sign": language.word("positive" if estimate.value >= 0 else "negative"),
        "b": estimate,
        "lo": verdicts.fact(term, "ci_low", digits=3),
        "hi": verdicts.fact(term, "ci_high", digits=3),
        "level": verdicts.level,
        "w": asked(language, hypothesis.moderator or hypothesis.groups or hypothesis.source),
    }
    straight = f"path:{hypothesis.target}~{hypothesis.source}"
    if paths is not None and straight in paths:
        values["c"] = paths.fact(straight, digits=3)
    if matters is not None:
        values["margin"] = matters.glance("margin")
    return values


def _direct_key(one: Outcome) -> str:
    if one.verdict == -1:
        return "disc_contradicted"
    if one.supported:
        if one.hypothesis.sign == "" and math.isnan(one.stands):
            return "disc_both_ways"
        return {
            RELEVANT: "disc_relevant", DIFFERENT: "disc_supported_small", 0.0: "disc_supported_small",
            EQUIVALENT: "disc_supported_trivial",
        }.get(one.stands, "disc_supported")  # fmt: skip
    if one.stands == EQUIVALENT:
        return "disc_equivalent"
    return "disc_imprecise" if one.imprecise else "disc_not_shown"


def _mediation_key(one: Outcome, verdicts: Source, sources: Mapping[str, Source]) -> str:
    if one.verdict == -1:
        return "disc_mediation_contradicted"
    if one.verdict == 0:
        return "disc_mediation_equivalent" if one.stands == EQUIVALENT else "disc_mediation_not_shown"
    paths = judged(sources, "paths")
    straight = f"path:{one.hypothesis.target}~{one.hypothesis.source}"
    if paths is None or straight not in paths:
        return "disc_indirect_bare"
    return MEDIATED.get(int(verdicts.value(f"mediation:{one.hypothesis.id}")), "disc_indirect_bare")


def qualified(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """What strengthens or weakens the reading: other choices, the other engine, power, measures, groups."""
    if math.isnan(one.verdict) or one.hypothesis.kind not in PLAIN or merged(study, sources, one.hypothesis):
        return ()
    return (
        _holm(one, study, sources, language)
        + _power(one, sources, language)
        + _firm(one, sources, language)
        + _engines(one, sources, language)
        + _measures(one, study, sources, language)
        + _fit(study, sources, language)
        + _groups(one, study, sources, language)
    )


def _holm(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    verdicts = judged(sources, "verdicts")
    if verdicts is None or not one.supported:
        return ()
    p = verdicts.fact(f"p_holm:{one.hypothesis.id}", style="p_relation", digits=3)
    return say(language, "disc_after_holm", p=p) if p.value >= study.rules.alpha else ()


def _power(one: Outcome, sources: Mapping[str, Source], language: Language) -> Spans:
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


def _firm(one: Outcome, sources: Mapping[str, Source], language: Language) -> Spans:
    source, name = sources.get(f"{STRUCTURE}/sensitivity"), one.hypothesis.id
    if source is None or f"stands:{name}" not in source:
        return ()
    n, share = source.glance("computed", "integer"), source.fact(f"stands:{name}", style="percent", digits=0)
    if not n.value > 1:
        return ()
    if share.value >= 1:
        return say(language, "disc_firm", n=n, ref=Ref("sensitivity"))
    low, high = source.fact(f"lowest:{name}"), source.fact(f"highest:{name}")
    return say(language, "disc_fragile", pct=share, n=n, low=low, high=high, ref=Ref("sensitivity"))


def _engines(one: Outcome, sources: Mapping[str, Source], language: Language) -> Spans:
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


def _measures(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    spans: Spans = ()
    weak = unreliable(study, sources, one.hypothesis.constructs)
    if weak:
        spans += say(
            language, "disc_unreliable", list=listed(language, [quoted(language, of) for of in weak])
        )
    pairs = entangled(study, sources, one.hypothesis)
    if pairs and not merged(study, sources, one.hypothesis):
        spans += say(language, "disc_not_distinct", list=_pairs(pairs, sources, language))
    return spans


def _pairs(pairs: list[str], sources: Mapping[str, Source], language: Language) -> Spans:
    """Pairs that are not distinct, each with its ratio."""
    source = sources[f"{MEASURE}/htmt"]
    return listed(language, [
        fill(language.word("disc.pair"), pair=pair_of(language, pair), htmt=source.fact(f"htmt:{pair}"))
        for pair in pairs
    ])  # fmt: skip


def pair_of(language: Language, subject: str) -> Spans:
    """Two constructs in quotation marks."""
    return listed(language, [quoted(language, part) for part in subject.split("~")])


def _fit(study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    source = sources.get(f"{STRUCTURE}/sem_paths")
    if source is None:
        return ()
    if unusable(source):
        return say(language, "disc_unusable")
    if fits(source, study):
        return ()
    return say(language, "disc_poor_fit", **{key: measure(source, key) for key in ("cfi", "rmsea", "srmr")})


def _groups(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    spans: Spans = ()
    refused = refused_groupings(study, sources)
    for grouping in study.groupings:
        item = fill(
            language.word("quote"), text=Label(language.names.get(f"text:{grouping.name}", grouping.name))
        )
        if grouping.name in refused:
            spans += say(language, "disc_group_refused", item=item)
            continue
        source = sources.get(f"{GROUPS}/paths_{grouping.name}")
        for path in one.steps if source is not None and one.hypothesis.kind == "direct" else ():
            p = source.fact(f"p_holm:{path}", style="p_relation", digits=3)  # type: ignore[union-attr]
            if p.value < study.rules.alpha and not doubted(study, sources, grouping.name, path):
                spans += say(language, "disc_group_differs", item=item, p=p)
    return spans


def beyond(sources: Mapping[str, Source], language: Language) -> list[Spans]:
    """What the other findings mean: variance explained, prediction."""
    found: list[Spans] = []
    paths = judged(sources, "paths")
    if paths is not None and paths.subjects("r2"):
        told: Spans = ()
        for outcome in paths.subjects("r2"):
            share = paths.fact(f"r2:{outcome}", style="percent", digits=1)
            told += say(language, "disc_explained", r2=share, var=quoted(language, outcome))
        found.append(told + _prediction(sources, language))
    return found


def _prediction(sources: Mapping[str, Source], language: Language) -> Spans:
    source = sources.get(f"{STRUCTURE}/prediction")
    items = source.subjects("rmse") if source is not None else []
    if source is None or not items:
        return ()
    better = [
        item for item in predicted(source) if source.value(f"rmse:{item}") < source.value(f"rmse_lm:{item}")
    ]
    n = Fact(f"counted/{source.address}/items", len(items), "integer")
    k = Fact(f"counted/{source.address}/better", len(better), "integer")
    return say(language, "disc_predicts", k=k, n=n) if better else say(language, "disc_predicts_none", n=n)
