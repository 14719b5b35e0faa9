"""What is said of contracts, of leaving and of an offer to stay, chosen by computed facts."""

from __future__ import annotations

import math

from crmlab.present.behaviour_sentences import told
from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.retention_tables import law_of, trait
from crmlab.present.sentences import listed

ALPHA = 0.05


def refused(ways: Ways, part: str) -> Spans:
    """That the data do not allow a part; the reason stands in its note."""
    return told(ways, f"leaving_not_{part}")


def flow(source: Source, ways: Ways) -> Spans:
    """How many contracts came, and how many were admitted."""
    read, kept = source.fact("read", style="integer"), source.fact("kept", style="integer")
    left = source.fact("kind:left", style="integer")
    if read.value == kept.value:
        return told(ways, "contracts_all", n=kept, left=left, ref=Ref("contract_flow"))
    lost = Fact(f"counted/{source.address}/refused", read.value - kept.value, "integer")
    return told(ways, "contracts_some", n_raw=read, n=kept, k=lost, left=left, ref=Ref("contract_flow"))


def stays(source: Source, ways: Ways) -> Spans:
    """How long customers stay, and whether groups differ."""
    spans = told(ways, "stays", ref=Ref("stays"), fig=Ref("survival"))
    if "logrank" not in source:
        return spans
    asked = {
        "chi2": source.fact("logrank", digits=1), "df": source.glance("logrank_df", "integer"),
        "p": source.fact("logrank", "p_value", "p_relation", 3),
    }  # fmt: skip
    differ = source.value("logrank", "p_value") < ALPHA
    return spans + told(ways, "groups_differ" if differ else "groups_alike", **asked)


def models(source: Source, ways: Ways) -> Spans:
    """Which contract model comes nearer, and the stay it expects."""
    best = next((name for name in source.subjects("chosen") if source.value(f"chosen:{name}") == 1), None)
    if best is None:
        return ()
    spans = told(
        ways, "stay_models", ref=Ref("stay_models"), fig=Ref("stay_models_chart"),
        model=Label(ways.language.word(f"model.{best}")), gap=source.fact(f"gap:{best}", style="percent", digits=1),
    )  # fmt: skip
    if f"lifetime:{best}" in source:
        spans += told(
            ways, "stay_expected", h=source.glance("horizon_periods", "integer"),
            v=source.fact(f"lifetime:{best}", digits=1), d=source.fact(f"derl:{best}", digits=1),
        )  # fmt: skip
    if f"derl_now:{best}" in source:
        spans += told(ways, "stay_now", v=source.fact(f"derl_now:{best}", digits=1))
    return spans


def cox(source: Source, ways: Ways) -> Spans:
    """What raises and what lowers the rate of leaving, and where one factor does not tell it."""
    names = source.subjects("hazard_ratio")
    clear = [name for name in names if source.value(f"hazard_ratio:{name}", "p_value") < ALPHA]
    spans = told(
        ways,
        "cox",
        ref=Ref("leaving_cox"),
        n=source.glance("n", "integer"),
        left=source.glance("left", "integer"),
    )
    for key, sign in (("cox_sooner", 1.0), ("cox_later", -1.0)):
        these = [name for name in clear if sign * (source.value(f"hazard_ratio:{name}") - 1) > 0]
        parts = [_with(source, ways, name) for name in these]
        spans += told(ways, key, list=listed(ways.language, parts)) if parts else ()
    if not clear:
        spans += told(ways, "cox_nothing")
    return spans + proportional(source, ways)


def proportional(source: Source, ways: Ways) -> Spans:
    """Whether hazards are proportional."""
    failed = [
        check.name.partition(":")[2]
        for check in source.result.failed
        if check.name.startswith("check.proportional")
    ]
    if not failed:
        return told(ways, "proportional")
    names = [fill(ways.language.word("quote"), text=trait(name)) for name in failed]
    return told(ways, "not_proportional", list=listed(ways.language, names))


def _with(source: Source, ways: Ways, name: str) -> Spans:
    quoted = fill(ways.language.word("quote"), text=trait(name))
    return (*quoted, " (", source.fact(f"hazard_ratio:{name}"), ")")


def aft(source: Source, ways: Ways) -> Spans:
    """Which law of stays was chosen."""
    law = ways.language.word(f"law.{law_of(source)}")
    return told(ways, "aft", ref=Ref("leaving_aft"), law=law)


def churn(source: Source, ways: Ways) -> Spans:
    """Whether the probabilities of leaving are better than the base rate, and whether they hold what they say."""
    best = next((name for name in source.subjects("chosen") if source.value(f"chosen:{name}") == 1), None)
    if best is None:
        return ()
    failed = {check.name for check in source.result.failed}
    better = f"check.better_than_base:{best}" not in failed
    asked = {
        "model": ways.language.word(f"churn.{best}"), "own": source.fact(f"brier:{best}", digits=3),
        "base": source.fact("brier:base", digits=3), "auc": source.fact(f"auc:{best}", digits=2),
        "skill": source.fact(f"skill:{best}", style="percent", digits=1), "level": source.level,
        "lo": source.fact(f"skill:{best}", "ci_low", "percent", 1), "hi": source.fact(f"skill:{best}", "ci_high", "percent", 1),
    }  # fmt: skip
    rate = source.fact("base_rate", style="percent", digits=1)
    spans = told(ways, "churn", ref=Ref("churn"), n=source.glance("n", "integer"), rate=rate)
    spans += told(ways, "churn_better" if better else "churn_not_better", **asked)
    gap = source.fact(f"calibration_gap:{best}", style="percent", digits=1)
    key = "churn_uncalibrated" if "check.calibrated" in failed else "churn_calibrated"
    spans += told(ways, key, gap=gap, fig=Ref("churn_calibration"))
    leaks = [
        check.name.partition(":")[2]
        for check in source.result.failed
        if check.name.startswith("check.leakage")
    ]
    names = [fill(ways.language.word("quote"), text=Label(name)) for name in leaks]
    return spans + (told(ways, "churn_leaks", list=listed(ways.language, names)) if names else ())


def gains(source: Source, ways: Ways) -> Spans:
    """How many of those who left the likeliest tenth and the likeliest third hold."""
    return told(
        ways, "churn_gains", fig=Ref("churn_gains"),
        tenth=source.fact("captured:1", style="percent", digits=1), third=source.fact("captured:3", style="percent", digits=1),
        lift=source.fact("lift:1", digits=1),
    )  # fmt: skip


def profit(source: Source, ways: Ways) -> Spans:
    """Whether an offer pays, whom to reach, and whether the model is worth anything for it."""
    asked = {"ref": Ref("churn_profit"), "fig": Ref("churn_profit_chart")}
    if any(check.name == "check.offer_pays" for check in source.result.failed):
        return told(ways, "offer_never", **asked)
    share = source.fact("share_best", style="percent", digits=1)
    spans = told(ways, "offer", share=share, v=money(source, "profit_max"), **asked)
    gain = source.value("profit_gain")
    if math.isnan(gain) or gain <= 0:
        return spans + told(ways, "offer_no_gain")
    return spans + told(ways, "offer_gain", v=money(source, "profit_gain"))
