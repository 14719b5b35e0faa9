"""Limits that come from the measures and models of a study: experts, reliability, distinctness, fit, method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Span, Spans
from crmlab.present.discussion_sentences import pair_of
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import DESIGN, MEASURE, STRUCTURE, unusable
from crmlab.present.rules import limit, telling
from crmlab.present.sem_tables import fits, measure
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

Sources = Mapping[str, Source]
FEW = 3  # constructs and pairs that are named one by one; of more the extremes


def content(study: Study, sources: Sources, language: Language) -> Spans:
    """Items that experts did not find needed or relevant, and that were asked all the same."""
    ratio, index = (sources.get(f"{DESIGN}/{name}") for name in ("cvr", "cvi"))
    codes = [*failed(ratio, "check.cvr:"), *failed(index, "check.i_cvi:")]
    found = [code for code in dict.fromkeys(codes) if code in study.construct_items]
    if not found:
        return ()
    names = listed(language, [(Label(code),) for code in found])
    return say(language, "lim_content", list=names, ref=Ref("design_content"))


def measures(study: Study, sources: Sources, language: Language) -> Spans:
    quality, ratios = sources.get(f"{MEASURE}/reliability"), sources.get(f"{MEASURE}/htmt")
    spans: Spans = ()
    if quality is not None:
        spans += _low(study, quality, language, "reliability", "omega")
        spans += _low(study, quality, language, "ave", "ave")
    over = above(ratios, study.rules.htmt)
    if over and ratios is not None:
        worst = sorted(over, key=lambda pair: -ratios.value(f"htmt:{pair}"))[:FEW]
        told = [
            fill(language.word("disc.pair"), pair=pair_of(language, pair), htmt=ratios.fact(f"htmt:{pair}"))
            for pair in worst
        ]
        k = Fact(f"counted/{ratios.address}/not_distinct", len(over), "integer")
        values = {"list": listed(language, told), "limit": limit(study, "htmt")}
        key = "lim_distinct_many" if len(over) > FEW else "lim_distinct"
        spans += say(language, key, k=k, ref=Ref("htmt"), **values)
    return spans + _turned(sources, language)


def _low(study: Study, quality: Source, language: Language, key: str, quantity: str) -> Spans:
    """Constructs below the limit: a few by name, many by their extremes."""
    bound = limit(study, key)
    found = sorted(below(quality, quantity, bound.value), key=lambda of: quality.value(f"{quantity}:{of}"))
    facts = {of: telling(quality.fact(f"{quantity}:{of}"), bound) for of in found}
    if len(found) > FEW:
        low, high = found[0], found[-1]
        k = Fact(f"counted/{quality.address}/below.{quantity}", len(found), "integer")
        return say(
            language, f"lim_{key}_many", k=k, limit=bound, low=facts[low], var_low=quoted(language, low),
            high=facts[high], var_high=quoted(language, high), ref=Ref("reliability"),
        )  # fmt: skip
    told = [(*quoted(language, of), " (", fact, ")") for of, fact in facts.items()]
    return say(language, f"lim_{key}", list=listed(language, told), limit=bound) if told else ()


def _turned(sources: Sources, language: Language) -> Spans:
    """Items that run against their construct."""
    names: list[str] = []
    for address in (f"{MEASURE}/items", f"{MEASURE}/loadings", f"{STRUCTURE}/paths"):
        source = sources.get(address)
        for start in ("check.item_rest:", "check.loading_sign:"):
            names += [name.partition("=~")[2] or name for name in failed(source, start)]
    told = [(Label(language.name(name)),) for name in dict.fromkeys(names)]
    return say(language, "lim_against", list=listed(language, told)) if told else ()


def fit(study: Study, sources: Sources, language: Language) -> Spans:
    """Covariance-based models that do not fit, or have no admissible solution."""
    spans: Spans = ()
    lost: list[Spans] = []
    for name, address in (("cfa", f"{MEASURE}/cfa"), ("cfa_second", f"{MEASURE}/cfa_second"), ("sem", f"{STRUCTURE}/sem_paths")):  # fmt: skip
        source = sources.get(address)
        if source is None:
            continue
        model = fill(language.word("quote"), text=(language.word(f"model.{name}"),))
        if unusable(source):
            lost.append(fill(language.word("disc.model"), model=model))
        elif not fits(source, study):
            values = {key: measure(source, key) for key in ("cfi", "rmsea", "srmr")}
            spans += say(language, "lim_fit", model=model, **values)
    return spans + (say(language, "lim_unusable", list=listed(language, lost)) if lost else ())


def far(source: Source, study: Study) -> bool:
    """Whether the PLS model fits neither exactly nor approximately."""
    srmr = source.value("srmr:estimated")
    return srmr > study.rules.srmr and srmr > source.value("srmr:estimated", "ci_high")


def distance(study: Study, sources: Sources, language: Language) -> Spans:
    """How far the PLS model is from the data, and resamples that it could not be fitted to."""
    source, paths = sources.get(f"{STRUCTURE}/fit"), sources.get(f"{STRUCTURE}/paths")
    spans: Spans = ()
    if source is not None and "srmr:estimated" in source:
        bound = limit(study, "srmr")
        srmr, high = (source.fact("srmr:estimated", side, digits=3) for side in ("estimate", "ci_high"))
        if far(source, study):
            spans += say(language, "lim_pls_fit", srmr=telling(srmr, bound), limit=bound)
        elif srmr.value > high.value and srmr.value <= bound.value:
            spans += say(language, "lim_pls_near", srmr=srmr, high=high)
    lost = [one.value for one in paths.result.failed if one.name == "check.bootstrap_failed"] if paths else []
    if lost:
        k = Fact(f"checked/{paths.address}/check.bootstrap_failed", lost[0], "integer")  # type: ignore[union-attr]
        spans += say(language, "lim_resamples", k=k)
    return spans


def method(study: Study, sources: Sources, language: Language) -> Spans:
    if not study.has_survey or f"{MEASURE}/reliability" not in sources:
        return ()
    signs = [
        (language.word(f"disc.method.{name}"),)
        for name, found in method_signs(study, sources).items()
        if found
    ]
    if signs:
        return say(language, "lim_method_found", signs=listed(language, signs))
    return say(language, "lim_method_clear" if method_signs(study, sources) else "lim_method_unasked")


def method_signs(study: Study, sources: Sources) -> dict[str, bool]:
    """Each check for a common method that was made, and whether it found a sign."""
    harman, vif, marker = (
        sources.get(f"{MEASURE}/{name}") for name in ("harman", "full_collinearity", "marker")
    )
    found: dict[str, bool] = {}
    if harman is not None and "harman" in harman:
        found["harman"] = harman.value("harman") >= study.rules.harman
    if vif is not None and vif.subjects("vif"):
        worst = max(vif.value(f"vif:{name}") for name in vif.subjects("vif"))
        found["collinearity"] = worst > study.rules.full_collinearity
    if marker is not None and marker.subjects("cor_adjusted"):
        found["marker"] = bool(failed(marker, "check.marker_adjusted:"))
    for name in ("common", "free"):
        source = sources.get(f"{MEASURE}/method_{name}")
        if source is not None and "variance_method" in source:
            found["factor"] = found.get("factor", False) or bool(failed(source, "check.method_variance"))
    model = sources.get(f"{MEASURE}/method_marker")
    if model is not None:
        found["marker_bias"] = bool(failed(model, "check.marker_bias"))
    return found


def failed(source: Source | None, start: str) -> list[str]:
    """Subjects of the failed checks of one kind."""
    if source is None:
        return []
    return [check.name[len(start) :] for check in source.result.failed if check.name.startswith(start)]


def below(source: Source | None, quantity: str, bound: float) -> list[str]:
    """Subjects whose value is under a limit."""
    if source is None:
        return []
    return [of for of in source.subjects(quantity) if source.value(f"{quantity}:{of}") < bound]


def above(source: Source | None, bound: float) -> list[str]:
    """Pairs whose ratio reaches the limit."""
    if source is None:
        return []
    return [of for of in source.subjects("htmt") if source.value(f"htmt:{of}") >= bound]


def with_semicolons(language: Language, pairs: Sequence[str]) -> Spans:
    """Pairs of constructs as a list whose parts hold an "and" of their own."""
    spans: list[Span] = []
    for k, pair in enumerate(pairs):
        spans += [language.word("semicolon")] if k else []
        spans += pair_of(language, pair)
    return tuple(spans)
