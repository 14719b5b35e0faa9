"""The enterprise models: how mature, how aligned, where to invest, and how offices pass effects on.

Each function takes plain inputs (admitted tables, frames, mappings) and gives a `Result`, or a bundle with `.results`.
"""

from crmlab.enterprise.agreement import agreement
from crmlab.enterprise.alignment import alignment, trace
from crmlab.enterprise.benchmark import Frontier, borrowed, frontier
from crmlab.enterprise.canvas import MARKED, canvas_map, coverage
from crmlab.enterprise.cascade import cascade
from crmlab.enterprise.crosswalk import Register, considerations, theme_levels, themes
from crmlab.enterprise.dominance import dominance
from crmlab.enterprise.gaps import gaps
from crmlab.enterprise.gartner import balance
from crmlab.enterprise.goals import goal_board
from crmlab.enterprise.information import value_of_information
from crmlab.enterprise.integration import integration
from crmlab.enterprise.levels import Levels, levels
from crmlab.enterprise.necessary import necessary_conditions
from crmlab.enterprise.needs import need_gaps, product_brief
from crmlab.enterprise.office_paths import COLUMNS, PATHS, OfficePaths, office_paths
from crmlab.enterprise.offices import steady_state
from crmlab.enterprise.options import draw_values, roadmap_steps
from crmlab.enterprise.outcomes import outcome_links
from crmlab.enterprise.question import (
    Findings,
    Question,
    assess,
    estimated,
    follow_goals,
    map_canvas,
    map_offices,
    plan_ahead,
    question,
)
from crmlab.enterprise.revenue import revenue_at_risk
from crmlab.enterprise.ripple import ripple
from crmlab.enterprise.roadmap import roadmap
from crmlab.enterprise.scenario import cut_scenario
from crmlab.enterprise.schedule import schedule
from crmlab.enterprise.shrinkage import best_practice, shrink
from crmlab.enterprise.strategy import gates
from crmlab.enterprise.uplift import uplift

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
    "schedule",
    "shrink",
    "steady_state",
    "theme_levels",
    "themes",
    "trace",
    "uplift",
    "value_of_information",
]
