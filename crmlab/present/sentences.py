"""The right sentence for each outcome, chosen by computed facts only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language, catalogue
from crmlab.present.rules import telling

if TYPE_CHECKING:
    from crmlab.study import Hypothesis, Study

MANY = 2  # weak constructs from which they share one sentence
MEDIATION = {0: "no_mediation", 1: "direct_only", 2: "indirect_only", 3: "complementary", 4: "competitive"}


@cache
def templates() -> dict[str, dict[str, str]]:
    """Every pattern in both languages."""
    return catalogue("sentences")


def say(language: Language, key: str, **values: object) -> Spans:
    """One sentence with its fields filled, and a space after it."""
    return (*fill(templates()[key][language.code], **values), " ")


def quoted(language: Language, subject: str) -> Spans:
    """The study's name of a subject in quotation marks."""
    return fill(language.word("quote"), text=Label(language.name(subject)))


def listed(language: Language, parts: Sequence[Spans]) -> Spans:
    """Several spans as a list in running text."""
    spans: list[object] = []
    for k, part in enumerate(parts):
        if k:
            spans.append(f" {language.word('and')} " if k == len(parts) - 1 else language.word("comma"))
        spans.extend(part)
    return tuple(spans)  # type: ignore[arg-type]


def parted(language: Language, parts: list[Spans]) -> Spans:
    """Parts that hold commas of their own, with semicolons between them."""
    return tuple(
        span for k, part in enumerate(parts) for span in ((language.word("semicolon"), *part) if k else part)
    )


def flow(source: Source, language: Language) -> Spans:
    """How many questionnaires came and how many were used."""
    read, used = source.fact("read", style="integer"), source.fact("analysed", style="integer")
    if read.value == used.value:
        return say(language, "flow_all", n=used, ref=Ref("flow"), fig=Ref("flow_chart"))
    lost = Fact(f"counted/{source.address}/set_aside", read.value - used.value, "integer")
    key = "flow_one" if lost.value == 1 else "flow_some"
    return say(language, key, n_raw=read, n=used, k=lost, ref=Ref("flow"), fig=Ref("flow_chart"))


def majorities(source: Source, language: Language, groups: Mapping[str, Sequence[str]]) -> Spans:
    """The largest group of each question."""
    told = listed(language, [_majority(source, language, item, values) for item, values in groups.items()])
    return say(language, "majority", list=told) if groups else ()


def _majority(source: Source, language: Language, item: str, values: Sequence[str]) -> Spans:
    value = max(values, key=lambda value: source.value(f"count:{item}.{value}"))
    label = language.names.get(f"{item}.{value}", language.digits(value))
    return fill(
        language.word("majority.part"), item=quoted(language, f"text:{item}"),
        label=fill(language.word("quote"), text=Label(label)),
        pct=source.fact(f"share:{item}.{value}", style="percent", digits=1),
        count=source.fact(f"count:{item}.{value}", style="integer"),
    )  # fmt: skip


def construct_scores(source: Source, language: Language) -> Spans:
    """Highest and lowest mean, and whether any distribution is skewed."""
    subjects = sorted(source.subjects("mean"), key=lambda of: source.value(f"mean:{of}"))
    if not subjects:
        return ()
    low, high = subjects[0], subjects[-1]
    spans = say(
        language, "constructs_range", high=quoted(language, high), low=quoted(language, low),
        mean_high=source.fact(f"mean:{high}"), sd_high=source.fact(f"sd:{high}"),
        mean_low=source.fact(f"mean:{low}"), sd_low=source.fact(f"sd:{low}"),
    )  # fmt: skip
    skewed = sorted(source.subjects("skewness"), key=lambda of: -abs(source.value(f"skewness:{of}")))
    over = [of for of in skewed if abs(source.value(f"skewness:{of}")) > 1]
    for of in over or skewed[:1]:
        key = "shape_large" if over else "shape_small"
        spans += say(language, key, var=quoted(language, of), skew=source.fact(f"skewness:{of}"))
    return spans


def reliability(source: Source, language: Language, study: Study) -> Spans:
    """Is every construct measured reliably, and does it converge?"""
    return _reliability(source, language, study) + _convergence(source, language, study)


def _reliability(source: Source, language: Language, study: Study) -> Spans:
    limit = Fact("study/rules/reliability", study.rules.reliability)
    known = [of for of in source.subjects("omega") if not math.isnan(source.value(f"omega:{of}"))]
    weak = [of for of in known if source.value(f"omega:{of}") < limit.value]
    spans: Spans = ()
    if len(weak) >= MANY:
        told = [(*quoted(language, of), " (", telling(source.fact(f"omega:{of}"), limit), ")") for of in weak]
        spans += say(language, "reliability_weak_many", limit=limit, list=listed(language, told))
    for of in weak if len(weak) < MANY else ():
        spans += say(
            language,
            "reliability_weak",
            var=quoted(language, of),
            limit=limit,
            omega=telling(source.fact(f"omega:{of}"), limit),
        )
    if weak and len(weak) < len(known):
        spans += say(language, "reliability_rest")
    if known and not weak:
        of = min(known, key=lambda of: source.value(f"omega:{of}"))
        term = f"omega:{of}"
        spans += say(
            language, "reliability_all", var=quoted(language, of), omega=source.fact(term), level=source.level,
            lo=source.fact(term, "ci_low"), hi=source.fact(term, "ci_high"), limit=limit,
        )  # fmt: skip
    undefined = [of for of in source.subjects("omega") if of not in known]
    if undefined:
        spans += say(
            language,
            "reliability_undefined",
            list=listed(language, [quoted(language, of) for of in undefined]),
        )
    return spans


def _convergence(source: Source, language: Language, study: Study) -> Spans:
    limit = Fact("study/rules/ave", study.rules.ave)
    known = [of for of in source.subjects("ave") if not math.isnan(source.value(f"ave:{of}"))]
    weak = [of for of in known if source.value(f"ave:{of}") < limit.value]
    spans: Spans = ()
    if len(weak) >= MANY:
        told = [(*quoted(language, of), " (", telling(source.fact(f"ave:{of}"), limit), ")") for of in weak]
        spans += say(language, "ave_weak_many", limit=limit, list=listed(language, told))
    for of in weak if len(weak) < MANY else ():
        spans += say(
            language,
            "ave_weak",
            var=quoted(language, of),
            ave=telling(source.fact(f"ave:{of}"), limit),
            limit=limit,
        )
    if known and not weak:
        of = min(known, key=lambda of: source.value(f"ave:{of}"))
        spans += say(language, "ave_all", var=quoted(language, of), ave=source.fact(f"ave:{of}"), limit=limit)
    return spans


def loadings(source: Source, language: Language, study: Study) -> Spans:
    """Which indicators load below the study's limit?"""
    limit = Fact("study/rules/loading", study.rules.loading, "number", 3)
    known = sorted(source.subjects("loading"), key=lambda of: source.value(f"loading:{of}"))
    weak = [of for of in known if source.value(f"loading:{of}") < limit.value]
    facts = {of: source.fact(f"loading:{of}") for of in known[:1] + weak}
    items = {of: of.partition("=~")[2] for of in facts}
    if weak:
        parts = [(Label(language.name(items[of])), " (", facts[of], ")") for of in weak]
        return say(language, "loadings_weak", limit=limit, list=listed(language, parts))
    if not known:
        return ()
    lowest = known[0]
    return say(
        language, "loadings_all", limit=limit, loading=facts[lowest], item=Label(language.name(items[lowest]))
    )


def discriminant(source: Source, language: Language, study: Study) -> Spans:
    """Are the constructs distinct?"""
    limit = Fact("study/rules/htmt", study.rules.htmt)
    pairs = [pair for pair in source.subjects("htmt") if not math.isnan(source.value(f"htmt:{pair}"))]
    if not pairs:
        return ()
    over = [pair for pair in pairs if source.value(f"htmt:{pair}") >= limit.value]
    spans: Spans = ()
    if len(over) >= MANY:
        told = [(*_pair(language, pair), " (", source.fact(f"htmt:{pair}"), ")") for pair in over]
        return say(language, "htmt_bad_many", list=listed(language, told), limit=limit, ref=Ref("htmt"))
    for pair in over:
        spans += say(
            language, "htmt_bad", pair=_pair(language, pair), htmt=source.fact(f"htmt:{pair}"), limit=limit
        )  # fmt: skip
    if over:
        return spans
    pair = max(pairs, key=lambda pair: source.value(f"htmt:{pair}"))
    high = source.fact(f"htmt:{pair}", "ci_high")
    key = (
        "htmt_good_bare"
        if math.isnan(high.value)
        else "htmt_good"
        if high.value < limit.value
        else "htmt_unsure"
    )
    return say(
        language, key, pair=_pair(language, pair), htmt=source.fact(f"htmt:{pair}"), hi=high, limit=limit,
        ref=Ref("htmt"),
    )  # fmt: skip


def structure(source: Source, language: Language, study: Study) -> Spans:
    """How much is explained, and do predictors overlap?"""
    from crmlab.present.explained_sentences import explained

    spans = explained(source, language)
    limit = Fact("study/rules/vif", study.rules.vif, "number", 0 if study.rules.vif.is_integer() else 1)
    ranked = sorted(source.subjects("vif"), key=lambda path: -source.value(f"vif:{path}"))
    ranked = [path for path in ranked if not math.isnan(source.value(f"vif:{path}"))]
    over = [path for path in ranked if source.value(f"vif:{path}") >= limit.value]
    for path in over:
        told = fill(language.word("quote"), text=_arrow(language, path))
        spans += say(language, "vif_bad", path=told, vif=source.fact(f"vif:{path}"), limit=limit)
    if ranked and not over:
        spans += say(language, "vif_good", vif=source.fact(f"vif:{ranked[0]}"), limit=limit)
    return spans


def direct(verdicts: Source, language: Language, hypothesis: Hypothesis, alpha: float) -> Spans:
    """What the data say to one expected direct effect."""
    from crmlab.present.verdict_sentences import qualified, untested

    values = _effect(verdicts, language, hypothesis)
    verdict = verdicts.value(f"verdict:{hypothesis.id}")
    if math.isnan(verdict):
        why = untested(verdicts, language, hypothesis.id)
        return why or say(language, "no_verdict", hid=values["hid"])
    key = {1: "supported", -1: "contradicted"}.get(int(verdict), "not_shown")
    spans = say(language, f"behaviour_{key}" if hypothesis.behavioural else key, **values)
    return spans + qualified(verdicts, language, hypothesis, alpha)


def mediated(
    verdicts: Source, paths: Source | None, language: Language, hypothesis: Hypothesis, alpha: float
) -> Spans:
    """What the data say to one expected mediation."""
    from crmlab.present.verdict_sentences import qualified, untested

    values = _effect(verdicts, language, hypothesis)
    kind, verdict = verdicts.value(f"mediation:{hypothesis.id}"), verdicts.value(f"verdict:{hypothesis.id}")
    if math.isnan(kind) or math.isnan(verdict):
        why = untested(verdicts, language, hypothesis.id)
        return why or say(language, "no_verdict", hid=values["hid"])
    term = f"path:{hypothesis.target}~{hypothesis.source}"
    key = MEDIATION[int(kind)]
    if paths is not None and term in paths:
        values |= {
            "c": paths.fact(term, digits=3),
            "clo": paths.fact(term, "ci_low", digits=3),
            "chi": paths.fact(term, "ci_high", digits=3),
        }
    else:
        key = "indirect_bare" if int(kind) >= 2 else "no_mediation"
    spans = say(language, key, **values)
    end = {1: "mediation_supported", -1: "mediation_contradicted"}.get(int(verdict), "mediation_not_shown")
    spans += say(language, end, hid=values["hid"])
    return spans + qualified(verdicts, language, hypothesis, alpha)


def _effect(verdicts: Source, language: Language, hypothesis: Hypothesis) -> dict[str, object]:
    term = f"hypothesis:{hypothesis.id}"
    estimate = verdicts.fact(term, digits=3)
    return {
        "source": quoted(language, hypothesis.source),
        "target": quoted(language, hypothesis.target),
        "via": listed(language, [quoted(language, name) for name in hypothesis.via]),
        "sign": language.word("positive" if estimate.value >= 0 else "negative"),
        "b": estimate,
        "lo": verdicts.fact(term, "ci_low", digits=3),
        "hi": verdicts.fact(term, "ci_high", digits=3),
        "p": verdicts.fact(term, "p_value", "p_relation", 3),
        "level": verdicts.level,
        "hid": Label(hypothesis.id),
    }


def _pair(language: Language, subject: str) -> Spans:
    return listed(language, [quoted(language, part) for part in subject.split("~")])


def _arrow(language: Language, subject: str) -> Spans:
    target, _, source = subject.partition("~")
    return (Label(language.name(source)), language.word("arrow"), Label(language.name(target)))
