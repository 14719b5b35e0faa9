"""The right sentence for each outcome of the measurement chapter and of the evaluation, the unwelcome ones too."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from crmlab.present import evaluation_sentences as ev
from crmlab.present import item_sentences as it
from crmlab.present import validity_sentences as va
from crmlab.present.facts import Source
from crmlab.present.names import reader
from crmlab.result import Check, Result, tidy_block, tidy_frame

NAN = math.nan
NAMES = re.compile("HTMT2|AIC3")  # statistics whose names have digits


def source(*blocks, checks=(), name="04_measurement/x", **glance):
    tidy = pd.concat(blocks) if blocks else tidy_frame([])
    return Source(name, Result("model.x", tidy, {"level": 0.95, **glance}, checks))


def rows(**terms):
    """term (two underscores for the colon) -> estimate, or (estimate, p), or (estimate, low, high)."""
    found = []
    for term, value in terms.items():
        row = {"term": term.replace("__", ":")}
        values = value if isinstance(value, tuple) else (value,)
        row["estimate"] = values[0]
        if len(values) == 2:
            row["p_value"] = values[1]
        if len(values) == 3:
            row |= {"ci_low": values[1], "ci_high": values[2]}
        found.append(row)
    return tidy_frame(found)


@pytest.fixture(params=["en", "fa"])
def language(request, crm):
    return reader(crm[0], request.param)


def told(language, spans):
    typed = [NAMES.sub("", span) for span in spans if isinstance(span, str)]
    assert not [span for span in typed if any(c.isdigit() for c in span)], "a typed number"
    return language.plain(spans)


def picks(language, spans, en, fa):
    """Whether the sentence is the wanted one, by words that only it has."""
    text = told(language, spans)
    assert (en if language.code == "en" else fa) in text, text
    return text


# -- items -------------------------------------------------------------------------------------


def missing(k, p=0.4, fails=False):
    checks = (Check("check.mcar", False, p, "p >= 0.05"),) if fails else ()
    counts = rows(
        rows=100, rows_complete=90, cells=5200, cells_missing=k, share_missing=k / 5200, mcar=(120.0, p)
    )
    return source(counts, checks=checks, df=99.0)


def test_missing_answers(language):
    picks(language, it.missing(missing(0), language), "Every respondent answered", "همهٔ پاسخ‌دهندگان")
    picks(language, it.missing(missing(52), language), "does not refute", "رد نمی‌کند")
    picks(language, it.missing(missing(52, 0.001, True), language), "Little's test refutes", "را رد می‌کند")


@pytest.mark.parametrize(
    ("value", "en", "fa"), [(0.29, "was below", "کمتر از حد"), (0.31, "reaches the limit", "به حد")]
)
def test_items_by_the_limit(language, crm, value, en, fa):
    study, _ = crm
    rest = source(tidy_block("item_rest", ["FOC1", "FOC2"], [value, 0.6]))
    text = told(language, it.items(rest, None, language, study))
    assert "FOC1" in text
    assert "FOC2" not in text
    wanted = fa if language.code == "fa" else en.replace("was below", "is below")
    assert wanted in text


def test_shape_and_ends(language, crm):
    study, _ = crm
    rest = source(tidy_block("item_rest", ["FOC1"], [0.6]))

    def described(skew, top):
        return source(rows(skewness__FOC1=skew, kurtosis__FOC1=0.0), tidy_block("share", ["FOC1.1", "FOC1.5"], [0.01, top]),
                      name="03_sample_description/items")  # fmt: skip

    good = it.items(rest, described(0.5, 0.1), language, study)
    picks(language, good, "No item goes beyond", "هیچ گویه‌ای از حدهای")
    picks(language, good, "For no item", "در هیچ گویه‌ای بیش")
    bad = it.items(rest, described(-2.4, 0.4), language, study)
    picks(language, bad, "goes beyond its limit", "از حد خود")
    picks(language, bad, "go unseen", "دیده نمی‌شود")


def test_normality_speaks_of_the_estimator(language, crm, fx, tmp_path):
    study, _ = crm
    good = source(rows(kurtosis_z=(0.3, 0.7)))
    bad = source(rows(kurtosis_z=(12.0, 0.0)))
    picks(language, it.normality(good, language, study), "does not differ", "تفاوت معنادار ندارد")
    picks(language, it.normality(bad, language, study), "robust standard errors", "استوار تکیه دارد")
    plain = fx.crm_study(
        tmp_path, estimator={"engine": "sem", "covariance": {"estimator": "ML", "missing": "fiml"}}
    )
    picks(language, it.normality(bad, language, plain), "assume normality", "بر فرض نرمال بودن")


# -- exploratory factors -----------------------------------------------------------------------


def bartlett(p):
    return source(rows(chi2=(900.0, p)), df=66.0)


@pytest.mark.parametrize(
    ("kmo", "p", "en", "fa"),
    [
        (0.85, 0.0, "the items can be factored", "رواست"),
        (0.45, 0.0, "not to be leaned on", "نباید به تحلیل عاملی"),
        (0.85, 0.4, "there may be nothing to factor", "شاید چیزی"),
    ],
)
def test_adequacy(language, crm, kmo, p, en, fa):
    study, _ = crm
    text = picks(language, it.adequacy(source(rows(kmo=kmo)), bartlett(p), language, study), en, fa)
    if kmo < 0.6 or p > 0.05:
        assert "can be factored" not in text
        assert "رواست" not in text


@pytest.mark.parametrize(
    ("k", "en", "fa"),
    [
        (13, "as many as the study has first-order", "برابر است"),
        (3, "second-order constructs, while", "مرتبهٔ دوم پژوهش"),
        (7, "is not the number", "برابر نیست"),
    ],
)
def test_the_number_of_factors_against_the_theory(language, crm, k, en, fa):
    study, _ = crm
    parallel = source(rows(factors_quantile=k))
    same = picks(language, it.number(parallel, source(rows(factors=k)), language, study), en, fa)
    other = told(language, it.number(parallel, source(rows(factors=k + 1)), language, study))
    assert ("same number" in same) or ("همین شمار" in same)
    assert "same number" not in other
    assert "همین شمار" not in other


def test_loadings_on_one_factor_on_several_on_none(language, crm):
    study, _ = crm

    def efa(one, two):
        names = [f"{f}=~{i}" for f in ("F1", "F2") for i in ("FOC1", "ORG1")]
        return source(tidy_block("loading", names, [one, 0.0, two, 0.7]),
                      tidy_block("variance_share", ["F1", "F2"], [0.3, 0.2]), factors=2.0)  # fmt: skip

    picks(language, it.loadings(efa(0.8, 0.1), language, study), "and on one only", "تنها روی یک عامل")
    picks(language, it.loadings(efa(0.6, -0.5), language, study), "more than one factor", "بیش از یک عامل")
    picks(language, it.loadings(efa(0.3, 0.2), language, study), "on every factor", "روی همهٔ عامل‌ها")


# -- validity and method -----------------------------------------------------------------------


def test_discriminant_validity_by_other_criteria(language, crm):
    study, _ = crm
    good, bad = (source(tidy_block("margin", ["FOC~ORG"], [m])) for m in (0.1, -0.01))
    picks(language, va.fornell_larcker(good, language), "shares more with its own", "بیش از هر سازهٔ دیگر")
    picks(language, va.fornell_larcker(bad, language), "are not distinct", "از هم متمایز نیستند")
    for value, high, en, fa in (
        (0.7, 0.8, "stays under", "کمتر از"),
        (0.85, 0.95, "is not", "چنین نیست"),
        (0.93, 0.97, "reaches the limit", "می‌رسد"),
    ):
        forms = source(rows(**{"htmt2__FOC~ORG": (value, 0.6, high)}))
        picks(language, va.htmt2(forms, language, study), en, fa)
    blocks = {"FOC": ["FOC1"], "ORG": ["ORG1"]}
    names = [f"{c}=~{i}" for c in blocks for i in ("FOC1", "ORG1")]
    own = source(tidy_block("cross_loading", names, [0.8, 0.3, 0.4, 0.9]))
    away = source(tidy_block("cross_loading", names, [0.3, 0.3, 0.4, 0.9]))
    picks(language, va.cross_loadings(own, language, blocks), "most with its own", "از همه بیشتر")
    text = picks(language, va.cross_loadings(away, language, blocks), "more with another", "سازه‌ای دیگر")
    assert "FOC1" in text


def test_harman_is_never_taken_for_proof(language, crm, fx, tmp_path):
    study, _ = crm
    below = va.method(source(rows(harman=0.31)), None, None, language, study)
    picks(language, below, "excludes nothing", "چیزی را رد نمی‌کند")
    above = va.method(source(rows(harman=0.61)), None, None, language, study)
    picks(language, above, "must not be read as the method's", "نباید سهم روش دانست")
    first_order = told(
        language, va.method(source(rows(harman=0.61)), None, None, language, fx.ecsi_study(tmp_path))
    )
    assert "second-order" not in first_order
    assert "مرتبهٔ دوم" not in first_order


def test_collinearity_and_marker(language, crm):
    study, _ = crm
    good, bad = (source(tidy_block("vif", ["CRM", "RQ"], [1.2, v])) for v in (2.0, 4.1))
    picks(language, va.method(None, good, None, language, study), "within the limit", "در محدودهٔ")
    picks(language, va.method(None, bad, None, language, study), "above the limit", "بیشتر است")
    pairs = tidy_block("cor_adjusted", ["FOC~ORG", "FOC~KNO"], [0.3, 0.1])
    lost = (Check("check.marker_adjusted:FOC~KNO", False, 0.1, "p < 0.05"),)
    none = (Check("check.marker", False, 0.0, "> 0"),)
    for checks, en, fa in (
        ((), "stays so", "معنادار می‌ماند"),
        (lost, "no longer significant", "دیگر معنادار نیست"),
        (none, "nothing is taken out", "چیزی کنار گذاشته نمی‌شود"),
    ):
        marker = source(pairs, checks=checks, r_marker=0.05)
        picks(language, va.method(None, None, marker, language, study), en, fa)


@pytest.mark.parametrize(
    ("share", "p", "names", "en", "fa"),
    [
        (0.0, 1.0, (), "does not improve the fit", "بهتر نمی‌کند"),
        (0.1, 0.0, (), "less than studies have", "کمتر است"),
        (0.4, 0.0, ("check.method_variance",), "may be inflated", "بزرگ‌تر کرده"),
        (0.4, 0.0, ("check.method_variance", "check.method_mimic"), "no estimate of method", "برآورد واریانس روش نیست"),
    ],
)  # fmt: skip
def test_a_factor_of_the_method(language, crm, share, p, names, en, fa):
    checks = tuple(Check(name, False, share, "< 0.25") for name in names)
    found = source(rows(variance_method=share, chi2_difference=(9.0, p)), checks=checks)
    picks(language, va.method_factor(found, None, language, crm[0]), en, fa)


def test_criteria_count_what_is_met(language, crm):
    study, results = crm
    sources = {address: Source(address, result) for address, result in results.items()}
    text = told(language, va.criteria(sources, language, study))
    assert language.word("criterion.reliability") in text, "one omega of the fixture is .64"
    good = {"04_measurement/kmo": source(rows(kmo=0.9))}
    picks(language, va.criteria(good, language, study), "are met throughout", "به‌طور کامل برقرار است")


# -- evaluation --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("srmr", "high", "en", "fa"),
    [
        (0.03, 0.05, "do not refute it", "را رد نمی‌کند"),
        (0.06, 0.05, "approximate fit", "برازش تقریبی"),
        (0.11, 0.05, "the model does not fit", "مدل برازش ندارد"),
    ],
)
def test_distance(language, crm, srmr, high, en, fa):
    fit = source(rows(srmr__estimated=(srmr, NAN, high)))
    picks(language, ev.distance(fit, language, crm[0]), en, fa)


@pytest.mark.parametrize(
    ("better", "en", "fa"),
    [(4, "high predictive", "زیاد"), (3, "medium", "متوسط"), (1, "low predictive", "توان پیش‌بینی کم"),
     (0, "no predictive power beyond", "فراتر از مدل خطی")],
)  # fmt: skip
def test_prediction_against_the_linear_model(language, better, en, fa):
    items = [f"RQ=~TRU{k}" for k in range(1, 5)]
    linear = [1.1] * better + [0.9] * (4 - better)
    picks(language, ev.prediction(predicted(items, linear, [0.2] * 4), language), en, fa)


def test_items_that_are_predicted_worse_than_by_their_mean_do_not_count(language):
    items = [f"RQ=~TRU{k}" for k in range(1, 5)]
    some = ev.prediction(predicted(items, [1.1] * 4, [0.2, 0.2, 0.2, -0.1]), language)
    assert "TRU4" in picks(language, some, "for 3 of 4 items", "در ۳ گویه از ۴ گویه")
    none = ev.prediction(predicted(items, [1.1] * 4, [-0.1] * 4), language)
    picks(language, none, "the model has no predictive power, and", "مدل توان پیش‌بینی ندارد و")


def predicted(items, linear, q2):
    return source(
        tidy_block("rmse", items, [1.0] * 4), tidy_block("rmse_lm", items, linear), tidy_block("q2_predict", items, q2)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "en", "fa"),
    [(-0.3, -0.1, "better than the linear model (", "بهتر از مدل خطی پیش‌بینی می‌کند"),
     (-0.1, 0.1, "difference from the linear model is not shown", "تفاوت با مدل خطی نشان داده نشد"),
     (0.1, 0.3, "The linear model predicts better", "مدل خطی بهتر پیش‌بینی")],
)  # fmt: skip
def test_predictive_ability(language, low, high, en, fa):
    found = source(rows(cvpat_mean__overall=(-0.2, -0.3, -0.1), cvpat_lm__overall=(0.0, low, high)))
    picks(language, ev.ability(found, language), en, fa)


def test_redundancy(language):
    picks(language, ev.redundancy(source(rows(q2__RQ=0.2)), language), "for every outcome", "همهٔ متغیرهای")
    picks(language, ev.redundancy(source(rows(q2__RQ=-0.01)), language), "not above zero for", "نیست")


def test_importance_names_where_there_is_room(language):
    def ipma(weights, levels):
        names = ["CRM", "RQ"]
        targets = [f"CLV~{name}" for name in names]
        return source(
            tidy_block("importance", targets, weights), tidy_block("importance_std", targets, weights),
            tidy_block("performance", names, levels),
        )  # fmt: skip

    room = ev.importance(ipma([0.6, 0.2], [40.0, 70.0]), language)
    picks(language, room, "below it in performance: “", "عملکرد کمتر از میانگین: «")
    totals = source(rows(**{"total__CLV~CRM": (0.2, -0.1, 0.5)}))
    bare = ev.importance(ipma([0.6, 0.2], [40.0, 70.0]), language, totals)
    picks(language, bare, "gives no ground for action", "پایه‌ای برای اقدام نیست")
    none = ev.importance(ipma([0.6, 0.2], [80.0, 70.0]), language)
    picks(language, none, "Nothing in the map", "هیچ موردی")
    against = ev.importance(ipma([0.6, -0.2], [80.0, 70.0]), language)
    picks(language, against, "is negative", "منفی است")


def test_robustness(language, crm):
    study, _ = crm
    yes, no = (source(rows(**{"ce_fdh__CLV~CRM": value})) for value in ((0.2, 0.001), (0.05, 0.001)))
    picks(language, ev.necessity(yes, language, study), "is a necessary condition", "شرط لازم")
    picks(language, ev.necessity(no, language, study), "not shown", "نشان داده نشد")
    copula = rows(**{"copula__CLV~CRM": 0.1})
    picks(language, ev.endogeneity(source(copula), language), "no sign", "نشانه‌ای از وابستگی")
    tied = (
        Check("check.exogenous:CLV~CRM", False, 0.01, "x"),
        Check("check.not_normal:CRM", False, 0.3, "x"),
    )
    text = picks(
        language, ev.endogeneity(source(copula, checks=tied), language), "sign of endogeneity", "درون‌زایی"
    )
    assert ("can say nothing" in text) or ("چیزی نمی‌گوید" in text)
    tetrad = tidy_block("tetrad", ["FOC.a.b.c.d"], [0.1])
    picks(language, ev.tetrads(source(tetrad), language), "All tetrads vanish", "همهٔ تترادها")
    bad = (Check("check.tetrads_vanish:FOC", False, 1, "x"),)
    picks(language, ev.tetrads(source(tetrad, checks=bad), language), "is doubtful", "جای تردید")


@pytest.mark.parametrize(
    ("aic3", "caic", "en", "fa"),
    [((1, 2), (1, 2), "no hidden groups", "گروه‌های پنهان با"), ((2, 1), (2, 1), "may hide", "پنهان کند"),
     ((2, 1), (1, 2), "is not settled", "روشن نیست")],
)  # fmt: skip
def test_segments(language, aic3, caic, en, fa):
    found = source(
        tidy_block("aic3", "12", aic3), tidy_block("caic", "12", caic), tidy_block("bic", "12", caic)
    )
    picks(language, ev.segments(found, language), en, fa)
