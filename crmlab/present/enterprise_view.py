"""What a notebook shows of steps 09 and 10: the tables and figures of each saved result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from crmlab.present import enterprise_figures as figures
from crmlab.present import enterprise_goals as goals
from crmlab.present import enterprise_links as links
from crmlab.present import enterprise_map as maps
from crmlab.present import enterprise_stages as stages
from crmlab.present import enterprise_tables as tables
from crmlab.present.blocks import Figure, Paragraph, Table
from crmlab.present.enterprise_words import rated
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes

Block = Table | Figure | Paragraph | None
VIEWS: dict[str, Callable[[Source, Language], list[Block]]] = {
    "model.ratings": lambda source, language: [tables.ratings(source, language)],
    "model.rater_agreement": lambda source, language: [tables.agreement(source, language)],
    "model.maturity_levels": lambda source, language: [
        *(tables.levels(source, language, model, None) for model in tables.MODELS if rated(source, model)),
        figures.radar(source, language, None),
    ],
    "model.maturity_gaps": lambda *_: [],  # stands beside the levels in the report
    "model.best_practice": lambda *_: [],
    "model.balance": lambda source, language: [tables.balance(source, language)],
    "model.gates": lambda source, language: [
        tables.gates(source, language, gates_model(source)),
        tables.inversions(source, language, gates_model(source)),
    ],
    "model.crosswalk": lambda source, language: [tables.themes(source, language)],
    "model.considerations": lambda source, language: [tables.considerations(source, language)],
    "model.goals_admitted": lambda *_: [],
    "model.schedule": lambda source, language: [goals.schedule(source, language)],
    "model.roadmap": lambda source, language: [goals.roadmap(source, language)],
    "model.information": lambda source, language: [goals.information(source, language)],
    "model.canvas_admitted": lambda *_: [],
    "model.canvas_coverage": lambda *_: [],
    "model.office_panel": lambda *_: [],
    "model.office_paths": lambda source, language: [maps.office_graph(source, language), maps.office_paths(source, language)],
    "model.office_steady": lambda source, language: [maps.steady(source, language)],
    "model.office_ripple": lambda source, language: [maps.ripple_figure(source, language, None)],
    "model.needs_admitted": lambda *_: [],
    "model.members": lambda *_: [],
    "model.benchmark_admitted": lambda *_: [],
    "model.need_gaps": lambda source, language: [stages.needs(source, language), stages.need_figure(source, language)],
    "model.product_brief": lambda source, language: [stages.brief(source, language)],
    "model.integration": lambda source, language: [stages.integration(source, language)],
    "model.borrowed": lambda *_: [],  # stands beside the peers in the report
    "model.unit_means": lambda source, language: [links.unit_means(source, language)],
    "model.dominance": lambda source, language: [links.weights(source, language)],
    "model.necessary": lambda source, language: [links.bottlenecks(source, language)],
    "model.revenue_at_risk": lambda source, language: [links.revenue(source, language)],
    "model.cascade": lambda source, language: [links.cascade(source, language)],
    "model.cut_scenario": lambda source, language: [maps.cut(source, language)],
}  # fmt: skip


Beside = Mapping[str, Source]
OF_SEVERAL: dict[str, Callable[[Source, Beside, Language], list[Block]]] = {
    "model.goals": lambda source, beside, language: [
        goals.board(source, beside.get("goals_admitted"), language), goals.chart(source, beside.get("goals_admitted"), language),
    ],
    "model.alignment": lambda source, beside, language: [goals.tracing(source, beside.get("goals_admitted"), language)],
    "model.frontier": lambda source, beside, language: [
        stages.ideas(source, beside.get("borrowed"), language), stages.efficiency(source, language), stages.aims(source, language),
    ],
    "model.outcome_links": lambda source, beside, language: [links.links(source, beside.get("dominance"), language)],
}  # fmt: skip
OF_CUSTOMERS: dict[str, Callable[[Source, Language, int], list[Block]]] = {
    "model.product_brief": lambda source, language, least: [stages.brief(source, language, least)],
    "model.revenue_at_risk": lambda source, language, least: [links.revenue(source, language, least)],
    "model.unit_means": lambda source, language, least: [links.unit_means(source, language, least)],
}


def gates_model(source: Source) -> str:
    """Whose gates a result judges."""
    first = next(iter(source.subjects("passed")), "")
    return "lic" if first.startswith("LIC") else "crm_strategy"


def blocks(
    source: Source, language: Language, threshold: int = 5, beside: Beside = MappingProxyType({})
) -> list[Block] | None:
    """Tables and figures of a result of steps 09 and 10; None for any other result.

    Groups of fewer customers than `threshold` are not shown; `beside` holds the results of the same cell by name.
    """
    if source.result.model == "model.canvas":
        from crmlab.enterprise.canvas import coverage

        marked = Source("coverage", coverage())
        return [maps.canvas_figure(source, marked, language), maps.canvas_table(source, marked, language)]
    model = source.result.model
    if model not in VIEWS and model not in OF_SEVERAL:
        return None
    if not len(source.result.tidy):
        return list(failed_notes(source, language))
    if model in OF_SEVERAL:
        return OF_SEVERAL[model](source, beside, language)
    small = OF_CUSTOMERS.get(model)
    return VIEWS[model](source, language) if small is None else small(source, language, threshold)
