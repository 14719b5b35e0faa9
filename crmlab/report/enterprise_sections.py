"""The sections of steps 09 and 10: maturity of three models, goals, roadmap, canvas and offices on one conceptual bed."""

from __future__ import annotations

from crmlab.present import enterprise_figures as figures
from crmlab.present import enterprise_goals as goals
from crmlab.present import enterprise_link_sentences as link_sentences
from crmlab.present import enterprise_links as links
from crmlab.present import enterprise_sentences as sentences
from crmlab.present import enterprise_stage_sentences as stage_sentences
from crmlab.present import enterprise_stages as stages
from crmlab.present import enterprise_tables as tables
from crmlab.present.blocks import Block, Figure, Ref, Table
from crmlab.present.enterprise_words import rated, told
from crmlab.present.facts import Source
from crmlab.present.sentences import listed
from crmlab.report.enterprise_map_sections import MAP_SECTIONS
from crmlab.report.enterprise_scene import got, lost, on_bed
from crmlab.report.scene import MATURITY, Scene

ELSEWHERE = ("kalakota", "swift")  # models whose own pages stand in other steps


def ratings(scene: Scene) -> list[Block]:
    """Who rated what, and whether raters agree."""
    source, agreed = got(scene, "ratings"), got(scene, "agreement")
    if scene.study.spec.ratings is None:
        return []
    blocks: list[Block | None] = []
    if source is not None:
        blocks += [
            scene.body(sentences.ratings(source, scene.language)),
            tables.ratings(source, scene.language),
        ]
    if agreed is not None:
        blocks += [
            scene.body(sentences.agreement(agreed, scene.language)),
            tables.agreement(agreed, scene.language),
        ]
    return scene.section("maturity_ratings", MATURITY, [*blocks, *lost(scene, "agreement")])


def gartner(scene: Scene) -> list[Block]:
    """The state of the eight capabilities."""
    levels, gap, even = (got(scene, name) for name in ("levels", "gaps", "balance"))
    if levels is None or not rated(levels, "gartner"):
        return []
    language, best = scene.language, got(scene, "best_practice")
    told = sentences.levels(levels, language, "gartner", gap)
    told += sentences.best_practice(best, language, "gartner") if best else ()
    drawn, profiles = figures.radar(levels, language, gap), tables.profiles(levels, language, "gartner")
    told += sentences.drawn(language, levels_drawn=drawn, levels_profiles=profiles)
    blocks: list[Block | None] = [
        scene.body(told), tables.levels(levels, language, "gartner", gap, best), drawn, profiles,
    ]  # fmt: skip
    if even is not None:
        blocks += [scene.body(sentences.balance(even, language)), tables.balance(even, language)]
    return scene.section("gartner", MATURITY, [*blocks, *linked(scene), *on_bed(scene, "gartner")])


def linked(scene: Scene) -> list[Block | None]:
    """What the capabilities of units mean to their customers."""
    language, blocks = scene.language, list[Block | None]()
    link, weight, need = (got(scene, name) for name in ("outcome_links", "dominance", "necessary"))
    if link is not None:
        told = link_sentences.links(link, language)
        told += link_sentences.weights(weight, language) if weight is not None else ()
        blocks += [scene.body(told), links.links(link, weight, language)]
    if need is not None:
        blocks += [scene.body(link_sentences.bottlenecks(need, language)), links.bottlenecks(need, language)]
    return [
        *blocks,
        *(each for name in ("outcome_links", "dominance", "necessary") for each in lost(scene, name)),
    ]


def strategy(scene: Scene) -> list[Block]:
    """The gates from top to bottom."""
    levels, gates = got(scene, "levels"), got(scene, "gates")
    if levels is None or gates is None:
        return []
    language, model, plan = scene.language, "crm_strategy", got(scene, "schedule")
    drawn = figures.stairs(levels, gates, language, model)
    mean = tables.levels(levels, language, model, got(scene, "gaps"))
    told = sentences.gates(gates, language, model) + sentences.drawn(language, gates_drawn=drawn, levels=mean)
    blocks: list[Block | None] = [
        scene.body(told), tables.gates(gates, language, model), drawn, mean,
        scene.body(sentences.inversions(gates, language)), tables.inversions(gates, language, model),
    ]  # fmt: skip
    if plan is not None:
        blocks += [scene.body(sentences.schedule(plan, language)), goals.schedule(plan, language)]
    return scene.section(
        "strategy_gates", MATURITY, [*blocks, *lost(scene, "schedule"), *on_bed(scene, "crm_strategy")]
    )


def lic(scene: Scene) -> list[Block]:
    """Two pages: each stage with its level, its own number and what stands behind it, then the next actions."""
    levels, gates = got(scene, "levels"), got(scene, "stages")
    needs, merged, brief, peers = (
        got(scene, name) for name in ("need_gaps", "integration", "product_brief", "frontier")
    )
    lifted, traced, idea = uplifted(scene), got(scene, "alignment"), got(scene, "borrowed")
    language, threshold = scene.language, scene.study.privacy_threshold
    rated_too = levels is not None and gates is not None
    if not rated_too and not any((needs, merged, brief, peers)):
        return []
    blocks: list[Block | None] = []
    if levels is not None and gates is not None:
        told = stage_sentences.opening(language)
        facts = stage_sentences.own_facts(traced, needs, merged, brief, lifted, peers, language)
        blocks += [
            scene.body(told + sentences.gates(gates, language, "lic")),
            stages.stages(levels, gates, got(scene, "gaps"), facts, language),
        ]
    told = stage_sentences.stage_one(traced, needs, language)
    blocks += [
        scene.body(told) if told else None,
        stages.needs(needs, language) if needs is not None else None,
    ]
    if merged is not None:  # its sources, one by one, stand in the section that follows
        blocks.append(scene.body(stage_sentences.integration(merged, language)))
    if brief is not None:
        told = stage_sentences.brief(brief, language, threshold)
        blocks += [scene.body(told), stages.brief(brief, language, threshold)]
    if lifted is not None:
        blocks.append(scene.body(stage_sentences.uplift(lifted, language)))
    if peers is not None:
        blocks += [
            scene.body(stage_sentences.peers(peers, idea, language)),
            stages.ideas(peers, idea, language),
        ]
    names = ("need_gaps", "integration", "product_brief", "frontier", "borrowed")
    return scene.section("lic", MATURITY, [*blocks, *(each for name in names for each in lost(scene, name))])


def uplifted(scene: Scene) -> Source | None:
    """The effect of personal contacts, in whichever step it has been estimated."""
    found = [scene.get(address) for address in sorted(scene.sources) if address.endswith("/uplift")]
    return next((one for one in found if one is not None and "uplift" in one), None)


def lic_details(scene: Scene) -> list[Block]:
    """What the two pages leave out: the stairs unit by unit, needs and efficiency as figures, aims, best practice."""
    levels, gates, best = (got(scene, name) for name in ("levels", "stages", "best_practice"))
    needs, peers, merged = (got(scene, name) for name in ("need_gaps", "frontier", "integration"))
    language = scene.language
    blocks: list[Block | None] = []
    if levels is not None and gates is not None:
        told = sentences.levels(levels, language, "lic", got(scene, "gaps"))
        told += sentences.best_practice(best, language, "lic") if best is not None else ()
        stairs = figures.stairs(levels, gates, language, "lic")
        blocks.append(scene.body(told + sentences.drawn(language, stages_drawn=stairs)))
        blocks += [tables.levels(levels, language, "lic", got(scene, "gaps"), best), stairs]
        steps = tables.next_steps(levels, language, "lic")
        blocks += [scene.body(sentences.drawn(language, next=steps)), steps]
    pairs: list[tuple[str, Table | Figure | None]] = [
        ("needs_drawn", stages.need_figure(needs, language) if needs is not None else None),
        ("sources", stages.integration(merged, language) if merged is not None else None),
        ("frontier_drawn", stages.efficiency(peers, language) if peers is not None else None),
        ("frontier_aims", stages.aims(peers, language) if peers is not None else None),
    ]
    for key, block in pairs:
        if block is not None:
            blocks += [scene.body(sentences.drawn(language, **{key: block})), block]
    content = [
        *[block for block in blocks if block is not None],
        *(on_bed(scene, "lic") if levels is not None else []),
    ]
    return scene.section("lic_details", MATURITY, content) if content else []


def customers_of_units(scene: Scene) -> list[Block]:
    """What customers say of each unit, drawn towards the mean of all."""
    source = got(scene, "unit_means")
    if source is None:
        return []
    chart, of = (
        links.unit_means(source, scene.language, scene.study.privacy_threshold),
        scene.study.enterprise,
    )
    if chart is None:
        return []
    return scene.section("customers_of_units", MATURITY, [
        scene.body(link_sentences.unit_means(source, scene.language, of.outcome)), chart,
    ])  # fmt: skip


def goal_board(scene: Scene) -> list[Block]:
    """Measurable goals: complete, attained, aligned."""
    if scene.study.spec.goals is None:
        return []
    board, admitted, traced = (got(scene, name) for name in ("goals", "goals_admitted", "alignment"))
    language, blocks = scene.language, list[Block | None]()
    if board is not None:
        blocks += [
            scene.body(sentences.goals(board, admitted, language)),
            goals.board(board, admitted, language),
            goals.chart(board, admitted, language),
        ]
    if traced is not None:
        blocks.append(scene.body(sentences.alignment(traced, admitted, language)))
        blocks.append(goals.tracing(traced, admitted, language))
    return scene.section("goals", MATURITY, [*blocks, *lost(scene, "alignment")])


def roadmap(scene: Scene) -> list[Block]:
    """What to buy with the budget, and whether to measure first."""
    plan, known = got(scene, "roadmap"), got(scene, "information")
    if scene.study.enterprise.investment is None:
        return []
    language, blocks = scene.language, list[Block | None]()
    if plan is not None:
        blocks += [scene.body(sentences.roadmap(plan, language)), goals.roadmap(plan, language)]
    if known is not None:
        blocks += [scene.body(sentences.information(known, language)), goals.information(known, language)]
    return scene.section("roadmap", MATURITY, [*blocks, *lost(scene, "roadmap"), *lost(scene, "information")])


def crosswalk(scene: Scene) -> list[Block]:
    """One set of facts under the headings of every model, and the register of considerations."""
    themes, register = got(scene, "crosswalk"), got(scene, "considerations")
    language, blocks = scene.language, list[Block | None]()
    if themes is not None:
        blocks += [scene.body(sentences.themes(themes, language)), tables.themes(themes, language)]
    if register is not None:
        blocks += [
            scene.body(sentences.considerations(register, language)),
            tables.considerations(register, language),
        ]
    beds = [bed for page in ELSEWHERE if (bed := on_bed(scene, page)[1]) is not None]
    if beds:
        refs = listed(language, [(Ref(bed.key),) for bed in beds if isinstance(bed, Table)])
        blocks += [scene.body(told(language, "beds_elsewhere", list=refs)), *beds]
    return scene.section("crosswalk", MATURITY, blocks) if any(blocks) else []


SECTIONS = (
    ratings,
    gartner,
    customers_of_units,
    strategy,
    lic,
    lic_details,
    goal_board,
    roadmap,
    crosswalk,
    *MAP_SECTIONS,
)
