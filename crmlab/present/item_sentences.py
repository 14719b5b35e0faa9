"""What is said of missing answers, items and exploratory factors, chosen by computed facts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Span, Spans
from crmlab.present.factor_tables import factors, order
from crmlab.present.facts import Source
from crmlab.present.item_tables import count, ends_of
from crmlab.present.language import Language
from crmlab.present.rules import Criterion, limit, weak
from crmlab.present.sentences import listed, quoted, say

if TYPE_CHECKING:
    from crmlab.study import Study

NAMED = 6  # of a list in running text; the table has them all


def missing(source: Source, language: Language) -> Spans:
    """How much is missing, and whether that depends on what was answered."""
    k = source.fact("cells_missing", style="integer")
    if not k.value:
        return say(language, "missing_none")
    told = say(
        language, "missing_some", cells=source.fact("cells", style="integer"), k=k,
        pct=source.fact("share_missing", style="percent", digits=1), rows=source.fact("rows_complete", style="integer"),
        n=source.fact("rows", style="integer"), ref=Ref("missing"),
    )  # fmt: skip
    test = source.fact("mcar", digits=1)
    if math.isnan(test.value):
        return told
    bad = any(check.name == "check.mcar" for check in source.result.failed)
    p = source.fact("mcar", "p_value", "p_relation", 3)
    return told + say(
        language, "mcar_bad" if bad else "mcar_good", df=source.glance("df", "integer"), chi2=test, p=p
    )


def items(rest: Source, described: Source | None, language: Language, study: Study) -> Spans:
    """Does each item go with its construct, and how are its answers spread?"""
    rule = Criterion("item_rest", "", "item_rest", ">=")
    low = weak(rest, rule, study)
    bound = limit(study, "item_rest")
    if low:
        told = say(
            language,
            "items_weak",
            limit=bound,
            list=_valued(rest, language, low),
            ref=Ref("item_analysis"),
            k=count(rest, "rest_low", len(low)),
            n=count(rest, "rest_all", len(rule.terms(rest))),
        )
    else:
        known = rule.terms(rest)
        if not known:
            return ()
        least = rule.worst(rest, known)
        item = Label(language.name(least.partition(":")[2]))
        told = say(
            language, "items_good", limit=bound, r=rest.fact(least), item=item, ref=Ref("item_analysis")
        )
    return told + (
        _shape(described, language, study) + _ends(described, language, study) if described else ()
    )


def _shape(described: Source, language: Language, study: Study) -> Spans:
    beyond = [weak(described, Criterion(name, "", name, "abs"), study) for name in ("skewness", "kurtosis")]
    terms = [term for found in beyond for term in found]
    values = {"s": limit(study, "skewness"), "k": limit(study, "kurtosis")}
    if terms:
        return say(language, "items_shape_bad", list=_valued(described, language, terms), **values)
    return say(language, "items_shape_good", **values) if described.subjects("skewness") else ()


def _ends(described: Source, language: Language, study: Study) -> Spans:
    known = [item for item in study.construct_items if ends_of(described, study, item)[0]]
    tops = {
        item: max(ends_of(described, study, item), key=lambda term: described.value(term) if term else -1.0)
        for item in known
    }
    if not known:
        return ()
    bound = limit(study, "ends")
    over = [item for item in known if described.value(tops[item]) > bound.value]
    if not over:
        return say(language, "ends_good", limit=bound)
    most = max(over, key=lambda item: described.value(tops[item]))
    return say(
        language, "ends_bad", k=count(described, "ends_over", len(over)), n=count(described, "ends_all", len(known)),
        limit=bound, pct=described.fact(tops[most], style="percent", digits=1), item=Label(language.name(most)),
    )  # fmt: skip


def alike(source: Source, language: Language) -> Spans:
    """The range of the mean correlations between items."""
    ranked = sorted(source.subjects("mean_r"), key=lambda of: source.value(f"mean_r:{of}"))
    ranked = [of for of in ranked if not math.isnan(source.value(f"mean_r:{of}"))]
    if not ranked:
        return ()
    low, high = ranked[0], ranked[-1]
    if low == high:
        return say(
            language,
            "inter_item_one",
            var=quoted(language, low),
            low=source.fact(f"mean_r:{low}"),
            ref=Ref("inter_item"),
        )
    return say(
        language, "inter_item_range", low=source.fact(f"mean_r:{low}"), var_low=quoted(language, low),
        high=source.fact(f"mean_r:{high}"), var_high=quoted(language, high), ref=Ref("inter_item"),
    )  # fmt: skip


def normality(source: Source, language: Language, study: Study) -> Spans:
    """Are the items jointly normal, and what follows from it?"""
    if "kurtosis_z" not in source:
        return ()
    z, p = source.fact("kurtosis_z", digits=1), source.fact("kurtosis_z", "p_value", "p_relation", 3)
    if not p.value < study.rules.alpha:
        return say(language, "normality_good", z=z, p=p, ref=Ref("normality"))
    plain = study.uses("sem") and study.estimator.covariance.estimator == "ML"
    how = say(language, "normality_ml" if plain else "normality_robust")[:-1]
    return say(language, "normality_bad", z=z, p=p, ref=Ref("normality"), how=how)


def adequacy(kmo: Source | None, bartlett: Source | None, language: Language, study: Study) -> Spans:
    """Is there something to factor?"""
    ref, told = Ref("adequacy"), list[Spans]()
    values: dict[str, object] = {}
    if bartlett is not None and "chi2" in bartlett:
        p = bartlett.fact("chi2", "p_value", "p_relation", 3)
        values = {"chi2": bartlett.fact("chi2", digits=1), "df": bartlett.glance("df", "integer"), "p": p}
    bound = limit(study, "kmo")
    flat = bool(values) and not bartlett.value("chi2", "p_value") < study.rules.alpha  # type: ignore[union-attr]
    poor = False
    if kmo is not None and "kmo" in kmo:
        share = kmo.fact("kmo", digits=3)
        poor = not share.value >= bound.value
        if poor:
            told.append(say(language, "kmo_poor", kmo=share, limit=bound, ref=ref))
        elif values and not flat:
            told.append(say(language, "adequacy_good", kmo=share, limit=bound, ref=ref, **values))
        lone = [
            check.name.partition(":")[2] for check in kmo.result.failed if check.name.startswith("check.kmo:")
        ]
        if lone and not poor:
            told.append(
                say(language, "kmo_items", list=_valued(kmo, language, [f"kmo:{one}" for one in lone]))
            )
    if flat:
        told.append(say(language, "bartlett_poor", ref=ref, **values))
    return tuple(span for part in told for span in part)


def number(parallel: Source, velicer: Source | None, language: Language, study: Study) -> Spans:
    """How many factors, and is it what the theory says?"""
    if "factors_quantile" not in parallel:
        return ()
    k = parallel.fact("factors_quantile", style="integer")
    m = Fact("counted/study/first_order", len(study.first_order), "integer")
    key = "number_same" if k.value == m.value else "number_other"
    if key == "number_other" and study.second_order and k.value == len(study.second_order):
        key = "number_second"
    elif key == "number_other" and k.value > m.value:
        key = "number_more"
    told = say(language, key, k=k, m=m, ref=Ref("factor_number"), fig=Ref("scree"))
    if velicer is not None and "factors" in velicer:
        other = velicer.fact("factors", style="integer")
        told += say(language, "map_agrees" if other.value == k.value else "map_differs", k=other)
    return told


def loadings(efa: Source, language: Language, study: Study) -> Spans:
    """Does each item load on one factor?"""
    names = factors(efa)
    if not names:
        return ()
    shares = [efa.value(f"variance_share:{name}") for name in names]
    whole = Fact(f"counted/{efa.address}/variance", sum(shares), "percent", 1)
    key = "efa_intro" if len(names) > 1 else "efa_intro_one"
    k = efa.glance("factors", "integer")
    told = say(language, key, k=k, pct=whole, ref=Ref("efa"), cor=Ref("efa_cor"))
    bound = limit(study, "factor_loading")
    hits = {
        item: sum(abs(efa.value(f"loading:{name}=~{item}")) >= bound.value for name in names)
        for item in order(efa)
    }
    for key, chosen in (
        ("efa_cross", [item for item, n in hits.items() if n > 1]),
        ("efa_nowhere", [item for item, n in hits.items() if n == 0]),
    ):
        told += say(language, key, limit=bound, list=some(language, chosen)) if chosen else ()
    return told + (say(language, "efa_clean", limit=bound) if set(hits.values()) == {1} else ())


def general(source: Source, language: Language) -> Spans:
    """How much do all items of a second-order construct share?"""
    ranked = sorted(source.subjects("omega_h"), key=lambda of: source.value(f"omega_h:{of}"))
    if not ranked:
        return ()
    low, high = ranked[0], ranked[-1]
    most = source.fact(f"omega_h:{high}")
    if low == high:
        return say(language, "general_one", ref=Ref("general"), var=quoted(language, high), high=most)
    return say(
        language, "general_intro", ref=Ref("general"), high=most, var_high=quoted(language, high),
        low=source.fact(f"omega_h:{low}"), var_low=quoted(language, low),
    )  # fmt: skip


def some(language: Language, names: Sequence[str]) -> Spans:
    """Names as a list; a long one ends in "and others"."""
    parts: list[Spans] = [(Label(language.name(name)),) for name in names[:NAMED]]
    told = listed(language, parts)
    return _shortened(language, parts) if len(names) > NAMED else told


def _shortened(language: Language, parts: Sequence[Spans]) -> Spans:
    """The first of many parts, and that there are others."""
    spans: list[Span] = []
    for k, part in enumerate(parts):
        spans += [language.word("comma")] if k else []
        spans += part
    return (*spans, language.word("and_others"))


def _valued(source: Source, language: Language, terms: Sequence[str]) -> Spans:
    parts = [
        (Label(language.name(term.partition(":")[2])), " (", source.fact(term), ")") for term in terms[:NAMED]
    ]
    return _shortened(language, parts) if len(terms) > NAMED else listed(language, parts)
