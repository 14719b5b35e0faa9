"""What is said of the evaluation of a PLS model, chosen by computed facts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.blocks import Label, Ref, Spans
from crmlab.present.evaluation_tables import targets
from crmlab.present.facts import Source, fill
from crmlab.present.item_sentences import some
from crmlab.present.item_tables import count
from crmlab.present.language import Language
from crmlab.present.rules import limit
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study


def distance(source: Source, language: Language, study: Study) -> Spans:
    """Does the model fit exactly, approximately, or not?"""
    term = "srmr:estimated"
    srmr, high = source.fact(term, digits=3), source.fact(term, "ci_high", digits=3)
    if math.isnan(srmr.value) or math.isnan(high.value):
        return ()
    bound = limit(study, "srmr")
    key = "distance_bad"
    if srmr.value <= high.value:
        key = "distance_good"
    elif srmr.value <= bound.value:
        key = "distance_small"
    return say(language, key, srmr=srmr, high=high, level=source.level, limit=bound, ref=Ref("pls_fit"))


def prediction(source: Source, language: Language) -> Spans:
    """How many items are predicted better than by a linear model (Shmueli et al. 2019)?"""
    items = source.subjects("rmse")
    if not items:
        return ()
    useful = predicted(source)
    better = [item for item in useful if source.value(f"rmse:{item}") < source.value(f"rmse_lm:{item}")]
    share = len(better) / len(items)
    key = (
        "predict_all"
        if share == 1
        else "predict_most"
        if share > 0.5
        else "predict_some"
        if share
        else "predict_none"
    )
    k, n = count(source, "better", len(better)), count(source, "items", len(items))
    told = say(language, key, k=k, n=n, ref=Ref("prediction"))
    lost = [item.partition("=~")[2] for item in items if item not in useful]
    if not useful:
        return say(language, "predict_void", n=n, ref=Ref("prediction"))
    return told + (say(language, "predict_useless", list=some(language, lost)) if lost else ())


def predicted(source: Source) -> list[str]:
    """Items predicted better than by their mean; only for these a comparison with a linear model says anything."""
    return [item for item in source.subjects("rmse") if source.value(f"q2_predict:{item}") > 0]


def ability(source: Source, language: Language) -> Spans:
    """Does it predict better than the means, and than the linear model?"""
    told: Spans = ()
    for quantity, key in (("cvpat_mean", "cvpat"), ("cvpat_lm", "cvpat_lm")):
        term = f"{quantity}:overall"
        low, high = source.fact(term, "ci_low", digits=3), source.fact(term, "ci_high", digits=3)
        if math.isnan(low.value):
            continue
        end = "beats" if high.value < 0 else "worse" if low.value > 0 else "unsure"
        told += say(
            language,
            f"{key}_{end}",
            d=source.fact(term, digits=3),
            lo=low,
            hi=high,
            level=source.level,
            ref=Ref("cvpat"),
        )
    return told


def redundancy(source: Source, language: Language) -> Spans:
    """Is Q2 above zero?"""
    names = source.subjects("q2")
    low = [name for name in names if not source.value(f"q2:{name}") > 0]
    if low:
        told = listed(language, [quoted(language, name) for name in low])
        return say(language, "redundancy_bad", list=told, ref=Ref("q2"))
    return say(language, "redundancy_good", ref=Ref("q2")) if names else ()


def importance(
    source: Source, language: Language, effects: Source | None = None, paths: Source | None = None
) -> Spans:
    """What matters most for each target, and where there is room; and whether total effects are shown at all."""
    told: Spans = ()
    for target in targets(source):
        told += _map(source, language, target)
        if not _moved(target, effects, paths):
            told += say(language, "importance_unshown", target=quoted(language, target), ref=Ref("effects"))
    return told


def _moved(target: str, effects: Source | None, paths: Source | None) -> bool:
    """Whether any total effect on the target is shown to be positive; True where no effects are saved."""
    known: list[float] = []
    for source, kind in ((effects, "total"), (paths, "path")):
        subjects = source.subjects(kind) if source is not None else []
        on = [of for of in subjects if of.startswith(f"{target}~")]
        known += [source.value(f"{kind}:{of}", "ci_low") for of in on] if source is not None else []
    return not known or any(low > 0 for low in known)


def _map(source: Source, language: Language, target: str) -> Spans:
    start = f"{target}~"
    subjects = [s for s in source.subjects("importance") if s.startswith(start)]
    parts = [s for s in subjects if f"importance_std:{s}" not in source]
    drawn = parts if len(parts) > 1 else subjects
    if not drawn:
        return ()
    weight = {s[len(start) :]: source.value(f"importance:{s}") for s in drawn}
    level = {name: source.value(f"performance:{name}") for name in weight}
    first = max(weight, key=lambda name: weight[name])
    told = say(
        language, "importance_first", target=quoted(language, target), var=quoted(language, first),
        i=source.fact(f"importance:{start}{first}", digits=2), p=source.fact(f"performance:{first}", digits=1),
        ref=Ref(f"ipma_{target}"), fig=Ref(f"ipma_chart_{target}"),
    )  # fmt: skip
    against = [name for name, value in weight.items() if value < 0]
    if against:
        names = listed(language, [quoted(language, name) for name in against])
        told += say(language, "importance_negative", list=names, target=quoted(language, target))
    if len(weight) < 2:
        return told
    middle = sum(weight.values()) / len(weight), sum(level.values()) / len(level)
    room = [name for name in weight if weight[name] > middle[0] and level[name] < middle[1]]
    if not room:
        return told + say(language, "importance_no_room")
    names = listed(language, [quoted(language, name) for name in room])
    return told + say(language, "importance_room", list=names)


def necessity(source: Source, language: Language, study: Study) -> Spans:
    """Which conditions are necessary: an effect size that counts, and beyond chance? One sentence a target and outcome."""
    told: Spans = ()
    bound = limit(study, "necessity")
    for target in dict.fromkeys(path.partition("~")[0] for path in source.subjects("ce_fdh")):
        mine = [path for path in source.subjects("ce_fdh") if path.partition("~")[0] == target]
        needed = [path for path in mine if _needed(source, path, bound.value, study.rules.alpha)]
        for keys, paths in (
            (("necessity_yes", "necessity_both"), needed),
            (("necessity_no", "necessity_none"), [path for path in mine if path not in needed]),
        ):
            if paths:
                parts = [_condition(source, language, path) for path in paths]
                told += say(
                    language, keys[len(paths) > 1], list=listed(language, parts), target=quoted(language, target),
                    limit=bound, ref=Ref("nca"), bottleneck=Ref("bottleneck"),
                )  # fmt: skip
        told += () if needed else say(language, "necessity_levels", bottleneck=Ref("bottleneck"))
    return told


def _needed(source: Source, path: str, bound: float, alpha: float) -> bool:
    term = f"ce_fdh:{path}"
    return source.value(term) >= bound and source.value(term, "p_value") < alpha


def _condition(source: Source, language: Language, path: str) -> Spans:
    term = f"ce_fdh:{path}"
    d, p = source.fact(term), source.fact(term, "p_value", "p_relation", 3)
    return fill(language.word("necessity.part"), var=quoted(language, path.partition("~")[2]), d=d, p=p)


def endogeneity(source: Source, language: Language) -> Spans:
    """Is a predictor tied to the error of its outcome, and could the test see it?"""
    failed = [check.name for check in source.result.failed]
    tied = [name.partition(":")[2] for name in failed if name.startswith("check.exogenous:")]
    blind = [name.partition(":")[2] for name in failed if name.startswith("check.not_normal:")]
    ref = Ref("endogeneity")
    if tied:
        told = say(
            language, "copula_some", ref=ref, list=listed(language, [_arrow(language, path) for path in tied])
        )
    else:
        told = say(language, "copula_none", ref=ref) if source.subjects("copula") else ()
    if blind:
        told += say(
            language, "copula_blind", list=listed(language, [quoted(language, name) for name in blind])
        )
    return told


def tetrads(source: Source, language: Language) -> Spans:
    """Does anything speak against reflective measurement?"""
    failed = [check.name for check in source.result.failed]
    bad = [name.partition(":")[2] for name in failed if name.startswith("check.tetrads_vanish:")]
    if bad:
        names = listed(language, [quoted(language, name) for name in bad])
        return say(language, "tetrads_bad", list=names, ref=Ref("tetrads"))
    return say(language, "tetrads_good", ref=Ref("tetrads")) if source.subjects("tetrad") else ()


def segments(source: Source, language: Language) -> Spans:
    """Do the two criteria that together find the right number agree (Sarstedt et al. 2011)?"""
    sizes = source.subjects("bic")
    if not sizes:
        return ()
    a, c = (min(sizes, key=lambda size: source.value(f"{name}:{size}")) for name in ("aic3", "caic"))
    counts = {"a": count(source, "aic3", float(a)), "c": count(source, "caic", float(c))}
    key = "segments_differ" if a != c else "segments_one" if a == "1" else "segments_agree"
    return say(language, key, ref=Ref("hidden_segments"), k=counts["c"], **counts)


def _arrow(language: Language, path: str) -> Spans:
    target, _, source = path.partition("~")
    inside: Spans = (Label(language.name(source)), language.word("arrow"), Label(language.name(target)))
    return fill(language.word("quote"), text=inside)
