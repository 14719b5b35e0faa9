"""The sections of steps 09 and 10: maturity of three models, goals, roadmap, one conceptual bed, canvas and offices."""

from __future__ import annotations

from crmlab.present import enterprise_figures as figures
from crmlab.present import enterprise_goals as goals
from crmlab.present import enterprise_map as maps
from crmlab.present import enterprise_map_sentences as map_sentences
from crmlab.present import enterprise_sentences as sentences
from crmlab.present import enterprise_tables as tables
from crmlab.present.blocks import Block, Paragraph, Spans
from crmlab.present.enterprise_words import rated
from crmlab.present.facts import Source
from crmlab.present.sentences import say
from crmlab.present.table_parts import failed_notes
from crmlab.report.sections import MAP, MATURITY, Scene


def got(scene: Scene, name: str, step: str = MATURITY) -> Source | None:
    """A saved result that holds something."""
    source = scene.get(f"{step}/{name}")
    return source if source is not None and len(source.result.tidy) else None


def lost(scene: Scene, name: str, step: str = MATURITY) -> list[Paragraph]:
    """Why a part could not be computed."""
    source = scene.get(f"{step}/{name}")
    return [] if source is None or len(source.result.tidy) else list(failed_notes(source, scene.language))


def said(scene: Scene, key: str) -> Spans:
    """A sentence without numbers."""
    return say(scene.language, f"ent_{key}")


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
    blocks: list[Block | None] = [
        scene.body(told), tables.levels(levels, language, "gartner", gap, best),
        figures.radar(levels, language, gap), tables.profiles(levels, language, "gartner"),
    ]  # fmt: skip
    if even is not None:
        blocks += [scene.body(sentences.balance(even, language)), tables.balance(even, language)]
    return scene.section("gartner", MATURITY, blocks)


def strategy(scene: Scene) -> list[Block]:
    """The gates from top to bottom."""
    levels, gates = got(scene, "levels"), got(scene, "gates")
    if levels is None or gates is None:
        return []
    language, model, plan = scene.language, "crm_strategy", got(scene, "schedule")
    told = sentences.gates(gates, language, model)
    blocks: list[Block | None] = [
        scene.body(told), tables.gates(gates, language, model), figures.stairs(levels, gates, language, model),
        scene.body(sentences.inversions(gates, language)), tables.inversions(gates, language, model),
        tables.levels(levels, language, model, got(scene, "gaps")),
    ]  # fmt: skip
    if plan is not None:
        blocks += [scene.body(sentences.schedule(plan, language)), goals.schedule(plan, language)]
    return scene.section("strategy_gates", MATURITY, [*blocks, *lost(scene, "schedule")])


def lic(scene: Scene) -> list[Block]:
    """The five stages, the first one that is open, what comes next, and best practice."""
    levels, stages, best = (got(scene, name) for name in ("levels", "stages", "best_practice"))
    if levels is None or stages is None:
        return []
    language, model = scene.language, "lic"
    told = sentences.levels(levels, language, model, got(scene, "gaps"))
    told += sentences.gates(stages, language, model)
    blocks: list[Block | None] = [
        scene.body(told), tables.levels(levels, language, model, got(scene, "gaps"), best),
        figures.stairs(levels, stages, language, model),
    ]  # fmt: skip
    if best is not None:
        blocks.append(scene.body(sentences.best_practice(best, language, model)))
    blocks += [scene.body(said(scene, "next")), tables.next_steps(levels, language, model)]
    return scene.section("lic", MATURITY, blocks)


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
    return scene.section("crosswalk", MATURITY, blocks) if blocks else []


def canvas(scene: Scene) -> list[Block]:
    """Which blocks of the business model CRM touches, and on what evidence."""
    source, marked = got(scene, "canvas", MAP), got(scene, "coverage", MAP)
    if source is None or marked is None:
        return []
    language = scene.language
    told = map_sentences.coverage(marked, language) + map_sentences.canvas(source, language)
    return scene.section("canvas", MAP, [
        scene.body(told), maps.canvas_figure(source, marked, language), maps.canvas_table(source, marked, language),
    ])  # fmt: skip


def offices(scene: Scene) -> list[Block]:
    """What passes between the offices, where a cut leads, and what it is worth."""
    if scene.study.spec.office_panel is None:
        return []
    language, blocks = scene.language, list[Block | None]()
    paths, end, wave, cut = (got(scene, name, MAP) for name in ("office_paths", "steady", "ripple", "cut"))
    if paths is not None:
        blocks += [
            scene.body(map_sentences.office_paths(paths, language)),
            maps.office_graph(paths, language),
            maps.office_paths(paths, language),
        ]
    months = scene.study.enterprise.cut.months if scene.study.enterprise.cut else None
    if end is not None and wave is not None:
        blocks += [
            scene.body(map_sentences.steady(end, language)),
            maps.ripple_figure(wave, language, months),
            maps.steady(end, language),
        ]
    if cut is not None:
        blocks += [scene.body(map_sentences.cut(cut, language)), maps.cut(cut, language)]
    gone = [note for name in ("office_paths", "steady", "cut") for note in lost(scene, name, MAP)]
    return scene.section("offices", MAP, [*blocks, *gone])


SECTIONS = (ratings, gartner, strategy, lic, goal_board, roadmap, crosswalk, canvas, offices)
