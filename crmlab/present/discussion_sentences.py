"""What each finding can mean, and what it cannot: the only place where results are interpreted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.evaluation_sentences import predicted
from crmlab.present.explained_sentences import explained
from crmlab.present.facts import Source, fill
from crmlab.present.group_sentences import alone
from crmlab.present.language import Language
from crmlab.present.outcomes import (
    DIFFERENT,
    EQUIVALENT,
    MEASURE,
    RELEVANT,
    STRUCTURE,
    UNSURE,
    Outcome,
    apart,
    judged,
    merged,
    outcomes,
    tally,
)
from crmlab.present.sentences import listed, quoted, say
from crmlab.present.tally_sentences import counted, tallied
from crmlab.present.verdict_sentences import told, untested
from crmlab.present.verdict_tables import PLAIN, asked

if TYPE_CHECKING:
    from crmlab.study import Study

MEDIATED = {2: "disc_indirect_only", 3: "disc_complementary", 4: "disc_competitive"}
FINDINGS = "chapter-findings"
FEW = 3  # other predictors that are named one by one


def opening(study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """How many hypotheses came out how, and what the chapter does with that."""
    verdicts, found = judged(sources, "verdicts"), outcomes(study, sources)
    if verdicts is None or not found:
        return say(language, "disc_opening_bare", found=Ref(FINDINGS)) + say(language, "disc_order")
    sums = tallied(language, counted(verdicts.address, tally(found)))
    spans = say(language, "disc_opening", tally=sums, found=Ref(FINDINGS))
    return spans + say(language, "disc_order") + (say(language, "disc_guard") if study.paths else ())


def reading(one: Outcome, study: Study, sources: Mapping[str, Source], language: Language) -> Spans:
    """What the outcome of one hypothesis means."""
    verdicts = judged(sources, "verdicts")
    if verdicts is None or math.isnan(one.verdict):
        why = untested(verdicts, language, one.hypothesis.id) if verdicts is not None else ()
        return why or say(language, "disc_unjudged", hid=Label(one.hypothesis.id))
    values = effect(one, sources, verdicts, language)
    values["who"] = _alike(one, study, language)
    pairs = merged(study, sources, one.hypothesis)
    if pairs:
        return say(language, "disc_not_interpreted", list=ratios(pairs, sources, language), **values)
    if one.hypothesis.behavioural:
        word = {1: "supported", -1: "contradicted"}.get(int(one.verdict), "not_shown")
        return say(language, f"disc_behaviour_{word}", **values)
    if one.hypothesis.kind not in PLAIN:
        single = alone(study, sources, language, one.hypothesis, verdicts)
        single += say(language, "disc_difference_single") if single else ()
        end = say(language, _further_key(one, verdicts), **values)
        return _further(one, verdicts, language, study.rules.alpha) + single + end
    direct = one.hypothesis.kind == "direct"
    key = _direct_key(one) if direct else _mediation_key(one, verdicts, sources)
    return say(language, key, **values)


def _further(one: Outcome, verdicts: Source, language: Language, alpha: float) -> Spans:
    """The result of a hypothesis about a moderator, groups or offices, in the words of the findings."""
    return told(verdicts, language, one.hypothesis, alpha)


def _alike(one: Outcome, study: Study, language: Language) -> Spans:
    """In what respondents are alike whom a coefficient compares: the other predictors of the outcome."""
    aim = one.hypothesis.target
    others = [name for name, target in study.paths if target == aim and name != one.hypothesis.source]
    if not others:
        return (language.word("disc.who"),)
    if len(others) > FEW:
        return (language.word("disc.who_alike_rest"),)
    names = listed(language, [quoted(language, name) for name in others])
    return fill(language.word("disc.who_alike"), list=names)


def _further_key(one: Outcome, verdicts: Source) -> str:
    if one.hypothesis.kind == "equivalence" and one.verdict == 0 and apart(verdicts, one.hypothesis.id):
        return "disc_equivalence_apart"
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
            EQUIVALENT: "disc_supported_trivial", UNSURE: "disc_relevant_unsure",
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


def ratios(pairs: list[str], sources: Mapping[str, Source], language: Language) -> Spans:
    """Pairs that are not distinct, each with its ratio."""
    source = sources[f"{MEASURE}/htmt"]
    return listed(language, [
        fill(language.word("disc.pair"), pair=pair_of(language, pair), htmt=source.fact(f"htmt:{pair}"))
        for pair in pairs
    ])  # fmt: skip


def pair_of(language: Language, subject: str) -> Spans:
    """Two constructs in quotation marks."""
    return listed(language, [quoted(language, part) for part in subject.split("~")])


def beyond(sources: Mapping[str, Source], language: Language) -> list[Spans]:
    """What the other findings mean: variance explained, prediction."""
    found: list[Spans] = []
    paths = judged(sources, "paths")
    if paths is not None and paths.subjects("r2"):
        found.append(explained(paths, language, "disc_explained") + _prediction(sources, language))
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
