"""The sections on a ledger: its rows, the customer base, purchase models, their judgement, and behavioural value (CLV_B)."""

from __future__ import annotations

from crmlab.present import behaviour_figures as figures
from crmlab.present import behaviour_sentences as sentences
from crmlab.present import behaviour_tables as tables
from crmlab.present import value_figures, value_tables
from crmlab.present.behaviour_words import Ways
from crmlab.present.blocks import Block, Ref
from crmlab.present.facts import Source
from crmlab.present.sentences import say
from crmlab.report.scene import BEHAVIOUR, INTAKE, Scene

FLOW = f"{INTAKE}/ledger_flow"


def ways(scene: Scene) -> Ways:
    """How this study's ledger counts time and money."""
    return Ways.of(scene.language, scene.study)


def got(scene: Scene, name: str) -> Source | None:
    """A saved result of step 07."""
    return scene.get(f"{BEHAVIOUR}/{name}")


def ledger_flow(scene: Scene) -> list[Block]:
    """Rows of the ledger read, refused and admitted."""
    source = scene.get(FLOW)
    if not scene.study.has_ledger:
        return []
    if source is None:
        return scene.section("ledger_flow", INTAKE, [])
    asked = ways(scene)
    told = scene.body(sentences.ledger_flow(source, asked))
    refused = any(source.value(f"refused:{of}") > 0 for of in source.subjects("refused"))
    chart = figures.ledger_flow(source, asked) if refused else None
    return scene.section("ledger_flow", INTAKE, [told, tables.ledger_flow(source, asked), chart])


def base(scene: Scene) -> list[Block]:
    """How large the customer base is, and how unequal."""
    source, pareto = got(scene, "base"), got(scene, "pareto")
    if not scene.study.has_ledger:
        return []
    if source is None:
        return scene.section("base", BEHAVIOUR, [])
    asked = ways(scene)
    blocks: list[Block | None] = [
        scene.body(sentences.base(source, asked)), tables.base(source, asked), tables.rfm(source, asked)
    ]  # fmt: skip
    if pareto is not None:
        blocks += [scene.body(sentences.pareto(pareto, asked)), figures.pareto(pareto, asked)]
    return scene.section("base", BEHAVIOUR, blocks)


def cohorts(scene: Scene) -> list[Block]:
    """Who comes back, and when."""
    if not scene.study.has_ledger:
        return []
    asked, blocks = ways(scene), list[Block | None]()
    source, gaps, repeat = (got(scene, name) for name in ("cohorts", "gaps", "repeat"))
    if source is not None:
        drawn, table = figures.cohorts(source, asked), tables.cohort_revenue(source, asked)
        if table is not None:
            blocks += [scene.body(sentences.cohorts(source, asked, drawn is not None)), drawn, table]
    if gaps is not None and "median:gap" in gaps:
        blocks += [scene.body(sentences.gaps(gaps, asked)), figures.gaps(gaps, asked)]
    if repeat is not None and (curve := figures.repeat(repeat, asked)) is not None:
        blocks += [scene.body(sentences.repeat(repeat, asked)), curve]
    return scene.section("cohorts", BEHAVIOUR, blocks)


def purchase_model(scene: Scene) -> list[Block]:
    """Which model, with which parameters, and what a purchase is worth."""
    if not scene.study.has_ledger:
        return []
    asked, blocks = ways(scene), list[Block | None]()
    choice, purchase, spend = (got(scene, name) for name in ("choice", "purchase", "spend"))
    if choice is not None:
        blocks.append(scene.body(sentences.choice(choice, asked)))
        if choice.subjects("loglik"):
            blocks.append(tables.choice(choice, asked))
    if purchase is not None:
        blocks += [scene.body(sentences.purchase(purchase, asked)), tables.purchase(purchase, asked)]
    if spend is not None:
        blocks.append(scene.body(sentences.spend(spend, asked)))
        blocks += [tables.spend(spend, asked)] if len(spend.result.tidy) else []
    return scene.section("purchase_model", BEHAVIOUR, blocks)


def prediction(scene: Scene) -> list[Block]:
    """Does the model predict better than naive rules?"""
    if not scene.study.has_ledger:
        return []
    asked, card = ways(scene), got(scene, "holdout")
    if card is None:
        fitted = got(scene, "purchase") is not None
        none = [scene.body(say(scene.language, "holdout_none"))] if fitted else []
        return scene.section("prediction", BEHAVIOUR, none)
    drawn = [
        draw(source, asked)
        for name, draw in (("tracking", value_figures.tracking), ("frequencies", value_figures.frequencies), ("conditional", value_figures.conditional))
        if (source := got(scene, name)) is not None
    ]  # fmt: skip
    shown = [figure for figure in drawn if figure is not None]
    told = sentences.holdout(card, asked)
    blocks: list[Block | None] = [scene.body(told), tables.holdout(card, asked)]
    if len(shown) == 3:
        refs = {figure.key: Ref(figure.key) for figure in shown}
        blocks.append(scene.body(say(scene.language, "holdout_figures", **refs)))
    return scene.section("prediction", BEHAVIOUR, [*blocks, *shown])


def value(scene: Scene) -> list[Block]:
    """Who is still there, and what customers are worth."""
    if not scene.study.has_ledger:
        return []
    asked, blocks = ways(scene), list[Block | None]()
    alive, worth = got(scene, "alive"), got(scene, "value")
    if alive is not None:
        blocks += [scene.body(sentences.alive(alive, asked)), value_figures.alive(alive, asked)]
    if worth is not None:
        both = say(scene.language, "two_values") if scene.study.has_survey else ()
        blocks += [scene.body(both + sentences.value(worth, asked)), value_tables.value(worth, asked)]
    for key in ("rfm_groups", "value_tiers"):
        source = got(scene, key)
        if source is not None and source.subjects("customers"):
            chart = value_figures.groups(source, asked, key)
            blocks += [
                scene.body(sentences.groups(source, asked, key)),
                value_tables.groups(source, asked, key, worth),
                chart,
            ]
    return scene.section("value", BEHAVIOUR, blocks)


SECTIONS = (ledger_flow, base, cohorts, purchase_model, prediction, value)
