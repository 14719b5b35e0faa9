"""What is said of the life cycle, chosen by computed facts."""

from __future__ import annotations

from crmlab.present.behaviour_sentences import told
from crmlab.present.behaviour_words import trimmed
from crmlab.present.blocks import Fact, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.lifecycle_tables import PLACES, STAGES
from crmlab.present.segment_words import Look
from crmlab.present.sentences import listed
from crmlab.present.table_parts import arrow


def rule(look: Look) -> Spans:
    """The rule of the stages in words, with the study's numbers."""
    if look.study is None:
        return ()
    asked = look.study.life_cycle

    def fact(key: str, style: str = "integer", digits: int = 0) -> Fact:
        return Fact(f"study/life_cycle/{key}", float(getattr(asked, key)), style, digits)  # type: ignore[arg-type]

    spans = told(
        look.ways,
        "stage_rule",
        months=fact("months"),
        new=fact("new"),
        window=fact("window"),
        growth=fact("growth", "percent"),
    )
    if asked.lost == "alive":
        return spans + told(look.ways, "stage_rule_alive", c=fact("below", "number", 2))
    return spans + told(look.ways, "stage_rule_silence", times=trimmed(fact("times", "number", 1)))


def stages(source: Source, look: Look) -> Spans:
    """Where customers are at the end."""
    few = look.few(source)
    told_of = [name for name in STAGES if name not in few and source.value(f"customers:{name}") > 0]
    spans = told(
        look.ways,
        "stages",
        ref=Ref("stages"),
        n=source.glance("n", "integer"),
        day=look.ways.day(source.result.glance["end"]),
    )
    if source.value("share:lost") == 1:
        return spans + told(look.ways, "stages_all_lost")
    parts: list[Spans] = [
        (
            look.stage(name),
            " (",
            source.fact(f"share:{name}", style="percent", digits=1),
            look.language.word("percent_sign"),
            ")",
        )
        for name in told_of
    ]
    spans += told(look.ways, "stages_shares", list=listed(look.language, parts)) if parts else ()
    if source.result.glance["periods"] < 2:
        return spans + told(look.ways, "stages_one_period")
    return spans


def movement(source: Source, look: Look, drawn: bool) -> Spans:
    """Conversion and retention, the main task of CRM."""
    ways = look.ways
    spans: Spans = ()
    if "conversion:all" in source:
        spans += told(
            ways, "conversion", n=source.fact("conversion_of:all", style="integer"),
            pct=source.fact("conversion:all", style="percent", digits=1),
        )  # fmt: skip
    else:
        spans += told(ways, "conversion_none")
    if "retention:all" in source:
        term = "retention:all"
        spans += told(
            ways, "retention", pct=source.fact(term, style="percent", digits=1), level=source.level,
            lo=source.fact(term, "ci_low", "percent", 1), hi=source.fact(term, "ci_high", "percent", 1),
        )  # fmt: skip
    spans += told(ways, "movement", ref=Ref("movement"))
    return spans + (told(ways, "movement_drawn", fig=Ref("movement_chart")) if drawn else ())


def transitions(source: Source, look: Look, drawn: bool) -> Spans:
    """The commonest move out of each stage."""
    spans = told(look.ways, "transitions", ref=Ref("transitions"))
    spans += told(look.ways, "flows", fig=Ref("flows")) if drawn else ()
    lines: list[Spans] = []
    for start in STAGES[:3]:
        away = [stop for stop in STAGES if stop != start and f"chance:{start}-{stop}" in source]
        if not away or sum(source.value(f"moves:{start}-{stop}") for stop in STAGES) < look.ways.threshold:
            continue
        stop = max(away, key=lambda one: source.value(f"chance:{start}-{one}"))
        chance = source.fact(f"chance:{start}-{stop}", style="percent", digits=1)
        pair = look.language.word("seg.move", start=look.stage(start), stop=look.stage(stop))
        lines.append((pair, " (", chance, look.language.word("percent_sign"), ")"))
    return spans + (told(look.ways, "transitions_most", list=listed(look.language, lines)) if lines else ())


def occupation(look: Look) -> Spans:
    """What the figure of stages by age shows."""
    return told(look.ways, "occupation", fig=Ref("occupation"))


def placement(source: Source, look: Look) -> Spans:
    """Whether customers see themselves where the rule sees them."""
    term = "kappa:linear"
    asked = {
        "n": source.glance("n", "integer"), "k": source.fact(term), "lo": source.fact(term, "ci_low"),
        "hi": source.fact(term, "ci_high"), "level": source.level,
    }  # fmt: skip
    spans = told(look.ways, "placement", ref=Ref("placement"), **asked)
    if not source.value(term, "ci_low") > 0:
        return spans + told(look.ways, "placement_chance")
    agree = not any(check.name == "check.stages_agree" for check in source.result.failed)
    return spans + told(look.ways, "placement_agree" if agree else "placement_some")


def stress(source: Source, look: Look) -> Spans:
    """The largest effect of each stage, and whether stages differ."""
    if not source.subjects("path"):
        few = any(check.name.startswith("check.two_groups") for check in source.result.failed)
        return told(look.ways, "stress_few" if few else "stress_refused")
    top = [of for of in source.subjects("rank") if source.value(f"rank:{of}") == 1]
    top = [of for stage in PLACES for of in top if of.rpartition(".")[2] == stage]
    paths = {of.rpartition(".")[0] for of in top}
    same = len(paths) == 1 < len(top)
    lines: list[Spans] = [
        (
            look.stage(of.rpartition(".")[2]), *(() if same else (": ", *arrow(look.language, of.rpartition(".")[0]))),
            " (", source.fact(f"path:{of}"), ")",
        )
        for of in top
    ]  # fmt: skip
    asked: dict[str, object] = {"ref": Ref("stress"), "list": listed(look.language, lines)}
    if same:
        asked["path"] = fill(look.language.word("quote"), text=arrow(look.language, next(iter(paths))))
    spans = told(look.ways, "stress_same" if same else "stress", **asked)
    above = any(source.value(f"above:{of}") == 1 for of in source.subjects("above"))
    return spans + told(look.ways, "stress_differ" if above else "stress_alike")
