"""What is said of a customer base, its models and its value, chosen by computed facts."""

from __future__ import annotations

import math

from crmlab.present.behaviour_tables import few_once
from crmlab.present.behaviour_words import Ways, model_name, money, money_digits
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.sentences import listed, say
from crmlab.present.value_tables import group_name, settings

RANDOM = (0.8, 1.5)  # regularity between which purchases look random
NAIVE = ("pace", "mean", "recent")
RANKED = (*NAIVE, "recency", "rfm")


def told(ways: Ways, key: str, **values: object) -> Spans:
    """One sentence with the unit and the currency filled in where it names them."""
    known = {"time": ways.time, "each": ways.each, "money": ways.money, "kind": ways.kind}
    return say(ways.language, key, **{**known, **values})


def ledger_flow(source: Source, ways: Ways) -> Spans:
    """How many rows came, and how many were admitted."""
    read, kept = source.fact("read", style="integer"), source.fact("kept", style="integer")
    if read.value == kept.value:
        return told(ways, "ledger_all", n=kept, ref=Ref("ledger_flow"))
    lost = Fact(f"counted/{source.address}/refused", read.value - kept.value, "integer")
    return told(
        ways, "ledger_some", n_raw=read, n=kept, k=lost, ref=Ref("ledger_flow"), fig=Ref("ledger_chart")
    )


def base(source: Source, ways: Ways) -> Spans:
    """Size of the base, its period, and who bought once."""
    spans = told(
        ways, "base_intro", ref=Ref("base"), rfm=Ref("rfm"), customers=source.fact("customers", style="integer"),
        purchases=source.fact("purchases", style="integer"), revenue=money(source, "revenue"),
        first=ways.day(source.value("first_day")), last=ways.day(source.value("last_day")),
    )  # fmt: skip
    if source.value("one_time") >= source.value("customers"):
        return spans + told(ways, "base_all_once")
    if few_once(source, ways):
        return spans
    term = "one_time_share"
    low, high = (source.fact(term, side, "percent", 1) for side in ("ci_low", "ci_high"))
    return spans + told(
        ways,
        "base_once",
        pct=source.fact(term, style="percent", digits=1),
        lo=low,
        hi=high,
        level=source.level,
    )


def pareto(source: Source, ways: Ways) -> Spans:
    """How unequally customers contribute."""
    share = source.fact("revenue_share:20", style="percent", digits=1)
    return told(ways, "pareto", share=share, gini=source.fact("gini"), fig=Ref("pareto"))


def cohorts(source: Source, ways: Ways, drawn: bool) -> Spans:
    """What the cohorts are; that one cohort cannot be compared."""
    period = ways.language.word(f"cohort.{int(source.result.glance['months'])}")
    if not drawn:
        return told(ways, "cohorts_none", ref=Ref("cohort_revenue"))
    key = "cohorts_one" if len(source.subjects("size")) == 1 else "cohorts"
    return told(ways, key, period=period, fig=Ref("cohorts"), ref=Ref("cohort_revenue"))


def gaps(source: Source, ways: Ways) -> Spans:
    """How long between purchases, and how regular."""
    if "median:gap" not in source:
        return ()
    spans = told(
        ways, "gaps", median=source.fact("median:gap", digits=1), low=source.fact("q25:gap", digits=1),
        high=source.fact("q75:gap", digits=1), fig=Ref("gaps"),
    )  # fmt: skip
    k = source.fact("regularity")
    if math.isnan(k.value):
        return spans
    key = "gaps_clumpy" if k.value < RANDOM[0] else "gaps_regular" if k.value >= RANDOM[1] else "gaps_random"
    return spans + told(ways, key, k=k)


def repeat(source: Source, ways: Ways) -> Spans:
    """The share that has bought again by the end of the curve."""
    points = [of for of in source.subjects("again") if of.startswith("1.")]
    if not points:
        return ()
    last = f"again:{points[-1]}"
    t = Fact(f"counted/{source.address}/longest", float(points[-1].partition(".")[2]), "number", 0)
    return told(
        ways,
        "repeat",
        t=t,
        share=source.fact(last, style="percent", digits=1),
        fig=Ref("repeat"),
        level=source.level,
    )


def choice(source: Source, ways: Ways) -> Spans:
    """Which model was taken, why, and which fits are not sound."""
    names = source.subjects("loglik")
    if not names:
        return told(ways, "no_model")
    chosen = next(name for name in names if source.value(f"chosen:{name}") == 1)
    compared = "choice" if source.subjects("bic_calibration") else "choice_bare"
    key = compared if len(names) > 1 else "choice_set"
    count = Fact(f"counted/{source.address}/models", len(names), "integer")
    spans = told(
        ways,
        key,
        n=count,
        model=Label(model_name(ways.language, chosen)),
        ref=Ref("choice"),
        params=Ref("purchase"),
    )
    for state, key in (("converged", "fits_unsettled"), ("inside", "fits_boundary")):
        bad = [name for name in names if source.value(f"{state}:{name}") == 0]
        if bad:
            spans += told(
                ways,
                key,
                list=listed(ways.language, [(Label(model_name(ways.language, name)),) for name in bad]),
            )
    return spans


def purchase(source: Source, ways: Ways) -> Spans:
    """What the parameters mean."""
    spans = told(ways, "rate", **ranged(source, ways, "mean_rate", 3))
    for name in ("dropout_chance", "dropout_rate"):
        if name in source:
            spans += told(ways, name, **ranged(source, ways, name, 3))
    if any(check.name.startswith("check.boundary") for check in source.result.failed):
        spans += told(ways, "boundary")
    return spans


def ranged(source: Source, ways: Ways, term: str, digits: int) -> dict[str, object]:
    """A number and its interval in words, which say so where there is none."""
    low, high = (source.fact(term, side, digits=digits) for side in ("ci_low", "ci_high"))
    known = not math.isnan(low.value) and not math.isnan(high.value)
    words = ways.language.word("clv.range" if known else "clv.no_range")
    return {"v": source.fact(term, digits=digits), "range": fill(words, level=source.level, lo=low, hi=high)}


def spend(source: Source, ways: Ways) -> Spans:
    """Mean spend, and whether spend is independent of frequency."""
    failed = {check.name.partition(":")[0] for check in source.result.failed}
    if "check.spend_fitted" in failed:
        return told(ways, "spend_none")
    spans = told(ways, "spend", ref=Ref("spend"))
    if "mean_spend" in source:
        spans += told(ways, "spend_mean", v=money(source, "mean_spend"), seen=money(source, "mean_observed"))
    else:
        spans += told(ways, "spend_infinite", q=source.fact("param:q"))
    key = "spend_correlated" if "check.spend_frequency" in failed else "spend_independent"
    return spans + told(ways, key, r=source.fact("pearson"), rho=source.fact("spearman"))


def holdout(source: Source, ways: Ways) -> Spans:
    """Is the model better than naive rules? Error and ranking are told apart."""
    days = source.result.glance.get("unit_days", 7.0)
    spans = told(
        ways, "holdout", ref=Ref("holdout"), h=source.glance("horizon", digits=1),
        c=source.glance("calibration", digits=1), n=source.glance("n", "integer"),
        until=ways.day(source.result.glance.get("calibration_end", 0.0)), days=days,
    )  # fmt: skip
    failed = {check.name for check in source.result.failed}
    spans += _judged(source, ways, "mae", NAIVE, "error")
    spans += _judged(source, ways, "rank", RANKED, "order")
    actual, expected = (
        source.fact("total:actual", style="integer"),
        source.fact("total:model", style="integer"),
    )
    if actual.value > 0:
        ratio = Fact(f"counted/{source.address}/total_ratio", expected.value / actual.value, "percent", 0)
        spans += told(ways, "holdout_total", actual=actual, expected=expected, pct=ratio)
    if "check.calibration_length" in failed:
        spans += told(ways, "calibration_short")
    return spans


def _judged(source: Source, ways: Ways, quantity: str, rules: tuple[str, ...], word: str) -> Spans:
    """Better or not better than the best naive rule, by the check that says so."""
    known = [rule for rule in rules if not math.isnan(source.value(f"{quantity}:{rule}"))]
    own = source.fact(f"{quantity}:model", digits=3)
    if not known or math.isnan(own.value):
        return told(ways, f"{word}_unknown")
    pick = min if quantity == "mae" else max
    best = pick(known, key=lambda rule: source.value(f"{quantity}:{rule}"))
    better = (
        own.value < source.value(f"{quantity}:{best}")
        if quantity == "mae"
        else own.value > source.value(f"{quantity}:{best}")
    )
    naive = source.fact(f"{quantity}:{best}", digits=3)
    rule = fill(ways.language.word("quote"), text=ways.said(f"naive.{best}"))
    return told(ways, f"{word}_{'better' if better else 'not_better'}", own=own, naive=naive, rule=rule)


def alive(source: Source, ways: Ways) -> Spans:
    """How many are still there, and what they will buy."""
    return told(
        ways, "alive", n=source.glance("n", "integer"), k=source.fact("alive", style="integer"),
        pct=source.fact("alive_share", style="percent", digits=1), fig=Ref("alive"),
        e=source.fact("expected", style="integer"), t=source.glance("ahead", digits=1),
    )  # fmt: skip


def value(source: Source, ways: Ways) -> Spans:
    """Customer equity in money, or that value is counted in purchases only."""
    if not source.result.glance.get("money", 1.0):
        return told(ways, "value_counts", ref=Ref("value"), v=source.fact("dert", digits=1))
    asked: dict[str, object] = {**settings(source), "ref": Ref("value")}
    key = "equity_forever" if math.isinf(settings(source)["years"].value) else "equity"
    spans = told(
        ways, key, **ranged(source, ways, "clv.equity", money_digits(source.value("clv.equity"))), **asked
    )
    spans += told(
        ways, "value_mean", **ranged(source, ways, "clv.mean", money_digits(source.value("clv.mean")))
    )
    if "new_customer" in source:
        spans += told(
            ways,
            "value_new",
            **ranged(source, ways, "new_customer", money_digits(source.value("new_customer"))),
        )
    if "top_share" in source:
        spans += told(ways, "value_top", pct=source.fact("top_share", style="percent", digits=1))
    if source.value("left_out") > 0:
        spans += told(ways, "value_left_out", k=source.fact("left_out", style="integer"))
    if "retention_equity" in source:
        spans += told(
            ways, "value_simple", v=money(source, "retention_equity"),
            pct=source.fact("retention", style="percent", digits=1), active=source.fact("active", style="integer"),
        )  # fmt: skip
    if "equity:nominal" in source:
        rate = source.fact("rate:nominal", style="percent", digits=1)
        spans += told(ways, "value_nominal", v=money(source, "equity:nominal"), rate=rate)
    return spans


def groups(source: Source, ways: Ways, key: str) -> Spans:
    """The group that holds most value."""
    names = [
        name for name in source.subjects("customers") if source.value(f"customers:{name}") >= ways.threshold
    ]
    if not names:
        return ()
    best = max(names, key=lambda name: source.value(f"clv_share:{name}"))
    share = source.fact(f"clv_share:{best}", style="percent", digits=1)
    group = fill(ways.language.word("quote"), text=Label(group_name(ways.language, key, best)))
    return told(ways, f"{key}_most", ref=Ref(key), fig=Ref(f"{key}_chart"), group=group, pct=share)
