"""What the next study should ask: what stayed open, was contradicted, refused, or measured weakly."""

# ruff: noqa: ARG001  (all makers take the same three things, so that they can stand in one list)
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crmlab.present import linkage_discussion
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.limitation_sentences import item_of
from crmlab.present.measure_limits import above, below, with_semicolons
from crmlab.present.outcomes import (
    DESIGN,
    MEASURE,
    STRUCTURE,
    Outcome,
    apart,
    judged,
    outcomes,
    refused_groupings,
)
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
INTAKE = "02_data_intake"
FEW = 3  # weak measures and pairs that are named one by one
EXPLAINED_LITTLE = 0.25  # R2 below which the field calls the explanation weak (Hair et al. 2022)


def future(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """What stayed open: imprecise and contradicted hypotheses, refused comparisons, weak measures, what was not asked."""
    makers: tuple[Callable[[Study, Sources, Language], list[Spans]], ...] = (
        _open_hypotheses, _fragile, _weak_measures, _groups_next, _explained, _time,
        linkage_discussion.next_study,
    )  # fmt: skip
    return [spans for make in makers for spans in make(study, sources, language)]


def _open_hypotheses(study: Study, sources: Sources, language: Language) -> list[Spans]:
    """Contradicted hypotheses in one sentence, open ones in another, with the number that would settle them."""
    verdicts = judged(sources, "verdicts")
    found = outcomes(study, sources) if verdicts is not None else []
    against = [one for one in found if one.verdict == -1]
    still = [one for one in found if one.open]
    told = [say(language, "fut_contradicted", list=_ids(language, against))] if against else []
    sized = [one for one in still if _wide(verdicts, one.hypothesis.id)]  # type: ignore[arg-type]
    if sized:
        parts = [_spread(verdicts, language, one.hypothesis.id) for one in sized]  # type: ignore[arg-type]
        key = "fut_imprecise" if len(sized) > 1 else "fut_imprecise_one"
        told.append(
            say(language, key, list=listed(language, parts)) + _needed(study, sources, sized, language)
        )
    told += (
        [say(language, "fut_open", list=_ids(language, rest))]
        if (rest := [one for one in still if one not in sized])
        else []
    )
    return told


def _ids(language: Language, found: list[Outcome]) -> Spans:
    return listed(language, [(Label(one.hypothesis.id),) for one in found])


def _wide(verdicts: Source, name: str) -> bool:
    """Whether there is an interval that leaves the question open: one that holds zero."""
    return not math.isnan(verdicts.value(f"hypothesis:{name}", "ci_low")) and not apart(verdicts, name)


def _spread(verdicts: Source, language: Language, name: str) -> Spans:
    low, high = (verdicts.fact(f"hypothesis:{name}", side, digits=3) for side in ("ci_low", "ci_high"))
    return fill(language.word("fut.interval"), hid=Label(name), lo=low, hi=high)


def _needed(study: Study, sources: Sources, found: list[Outcome], language: Language) -> Spans:
    """How many would be needed, where the design says so; nothing where as many have answered already."""
    design, flow = sources.get(f"{DESIGN}/hypotheses"), sources.get(f"{INTAKE}/flow")
    spans: Spans = ()
    for name in (one.hypothesis.id for one in found):
        if design is None or not abs(design.value(f"expected:{name}")) > 0:
            continue
        n, expected = design.fact(f"n:{name}", style="integer"), design.fact(f"expected:{name}")
        if math.isnan(n.value) or (flow is not None and flow.value("analysed") >= n.value):
            continue
        spans += say(language, "fut_needed", hid=Label(name), n=n, b0=expected)
    return spans


def _fragile(study: Study, sources: Sources, language: Language) -> list[Spans]:
    source = sources.get(f"{STRUCTURE}/sensitivity")
    names = source.subjects("stands") if source is not None else []
    moved = [name for name in names if source.value(f"stands:{name}") < 1]  # type: ignore[union-attr]
    told = listed(language, [(Label(name),) for name in moved])
    return [say(language, "fut_fragile", list=told)] if moved else []


def _weak_measures(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found: list[Spans] = []
    weak = below(sources.get(f"{MEASURE}/reliability"), "omega", study.rules.reliability)
    weak += [
        of for of in below(sources.get(f"{MEASURE}/reliability"), "ave", study.rules.ave) if of not in weak
    ]
    if len(weak) > FEW:
        k = Fact("counted/04_measurement/reliability/weak", len(weak), "integer")
        found.append(say(language, "fut_measure_many", k=k, ref=Ref("reliability")))
    elif weak:
        names = listed(language, [quoted(language, of) for of in weak])
        found.append(say(language, "fut_measure", list=names))
    ratios, source = above(sources.get(f"{MEASURE}/htmt"), study.rules.htmt), sources.get(f"{MEASURE}/htmt")
    if ratios and source is not None:
        worst = sorted(ratios, key=lambda pair: -source.value(f"htmt:{pair}"))[:FEW]
        found.append(say(language, "fut_distinct", list=with_semicolons(language, worst)))
    return found


def _groups_next(study: Study, sources: Sources, language: Language) -> list[Spans]:
    refused = refused_groupings(study, sources)
    return [say(language, "fut_invariance", item=item_of(language, item)) for item in refused]


def _explained(study: Study, sources: Sources, language: Language) -> list[Spans]:
    paths = sources.get(f"{STRUCTURE}/paths") or sources.get(f"{STRUCTURE}/sem_paths")
    names = paths.subjects("r2") if paths is not None else []
    low = [name for name in names if paths.value(f"r2:{name}") < EXPLAINED_LITTLE]  # type: ignore[union-attr]
    told = [
        {"var": quoted(language, name), "r2": paths.fact(f"r2:{name}", style="percent", digits=1)}  # type: ignore[union-attr]
        for name in low
    ]
    if len(told) == 1:
        return [say(language, "fut_explained", **told[0])]
    parts = [fill(language.word("fut.explained"), **one) for one in told]
    return [say(language, "fut_explained_many", list=listed(language, parts))] if parts else []


def _time(study: Study, sources: Sources, language: Language) -> list[Spans]:
    found = [say(language, "fut_time")] if study.paths else []
    perceived = "CLV" in study.constructs and study.has_survey
    joined = any(address.startswith("08_") for address in sources)
    return found + ([say(language, "fut_behaviour")] if perceived and not joined else [])
