"""The enterprise models: how mature, how aligned, where to invest, and how offices pass effects on.

Each function takes plain inputs (admitted tables, frames, mappings) and gives a `Result`, or a bundle with `.results`.

Names are imported when they are first used: what only reads saved results does not wait for the estimators.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlab.enterprise.agreement import agreement
    from crmlab.enterprise.alignment import alignment, trace
    from crmlab.enterprise.assessment import assess, follow_goals, plan_ahead
    from crmlab.enterprise.benchmark import Frontier, borrowed, frontier
    from crmlab.enterprise.canvas import MARKED, canvas_map, coverage
    from crmlab.enterprise.cascade import cascade
    from crmlab.enterprise.crosswalk import Register, considerations, theme_levels, themes
    from crmlab.enterprise.dominance import dominance
    from crmlab.enterprise.evidence import link_customers, look_behind
    from crmlab.enterprise.gaps import gaps
    from crmlab.enterprise.gartner import balance
    from crmlab.enterprise.goals import goal_board
    from crmlab.enterprise.information import value_of_information
    from crmlab.enterprise.integration import integration
    from crmlab.enterprise.levels import Levels, levels
    from crmlab.enterprise.mapped import estimated, map_canvas, map_offices, saved
    from crmlab.enterprise.necessary import necessary_conditions
    from crmlab.enterprise.needs import need_gaps, product_brief
    from crmlab.enterprise.office_paths import COLUMNS, PATHS, OfficePaths, office_paths
    from crmlab.enterprise.offices import steady_state
    from crmlab.enterprise.options import draw_values, roadmap_steps
    from crmlab.enterprise.outcomes import outcome_links
    from crmlab.enterprise.question import Findings, Question, question
    from crmlab.enterprise.revenue import revenue_at_risk
    from crmlab.enterprise.ripple import ripple
    from crmlab.enterprise.roadmap import roadmap
    from crmlab.enterprise.scenario import cut_scenario
    from crmlab.enterprise.schedule import schedule
    from crmlab.enterprise.shrinkage import best_practice, shrink
    from crmlab.enterprise.strategy import gates
    from crmlab.enterprise.unit_means import unit_means

_WHERE = {
    "COLUMNS": "office_paths",
    "Findings": "question",
    "Frontier": "benchmark",
    "Levels": "levels",
    "MARKED": "canvas",
    "OfficePaths": "office_paths",
    "PATHS": "office_paths",
    "Question": "question",
    "Register": "crosswalk",
    "agreement": "agreement",
    "alignment": "alignment",
    "assess": "assessment",
    "balance": "gartner",
    "best_practice": "shrinkage",
    "borrowed": "benchmark",
    "canvas_map": "canvas",
    "cascade": "cascade",
    "considerations": "crosswalk",
    "coverage": "canvas",
    "cut_scenario": "scenario",
    "dominance": "dominance",
    "draw_values": "options",
    "estimated": "mapped",
    "follow_goals": "assessment",
    "frontier": "benchmark",
    "gaps": "gaps",
    "gates": "strategy",
    "goal_board": "goals",
    "integration": "integration",
    "levels": "levels",
    "link_customers": "evidence",
    "look_behind": "evidence",
    "map_canvas": "mapped",
    "map_offices": "mapped",
    "necessary_conditions": "necessary",
    "need_gaps": "needs",
    "office_paths": "office_paths",
    "outcome_links": "outcomes",
    "plan_ahead": "assessment",
    "product_brief": "needs",
    "question": "question",
    "revenue_at_risk": "revenue",
    "ripple": "ripple",
    "roadmap": "roadmap",
    "roadmap_steps": "options",
    "saved": "mapped",
    "schedule": "schedule",
    "shrink": "shrinkage",
    "steady_state": "offices",
    "theme_levels": "crosswalk",
    "themes": "crosswalk",
    "trace": "alignment",
    "unit_means": "unit_means",
    "value_of_information": "information",
}

__all__ = [
    "COLUMNS",
    "MARKED",
    "PATHS",
    "Findings",
    "Frontier",
    "Levels",
    "OfficePaths",
    "Question",
    "Register",
    "agreement",
    "alignment",
    "assess",
    "balance",
    "best_practice",
    "borrowed",
    "canvas_map",
    "cascade",
    "considerations",
    "coverage",
    "cut_scenario",
    "dominance",
    "draw_values",
    "estimated",
    "follow_goals",
    "frontier",
    "gaps",
    "gates",
    "goal_board",
    "integration",
    "levels",
    "link_customers",
    "look_behind",
    "map_canvas",
    "map_offices",
    "necessary_conditions",
    "need_gaps",
    "office_paths",
    "outcome_links",
    "plan_ahead",
    "product_brief",
    "question",
    "revenue_at_risk",
    "ripple",
    "roadmap",
    "roadmap_steps",
    "saved",
    "schedule",
    "shrink",
    "steady_state",
    "theme_levels",
    "themes",
    "trace",
    "unit_means",
    "value_of_information",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Room(ModuleType):
    """Where a file and the function in it share a name, the name stands for the function, whichever came first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
