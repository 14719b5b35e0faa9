"""What is asked of ratings and goals: levels, gates, attainment, alignment, and the plan that a budget buys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from crmlab.enterprise.agreement import agreement
from crmlab.enterprise.alignment import alignment
from crmlab.enterprise.crosswalk import Register, considerations, theme_levels
from crmlab.enterprise.gaps import gaps
from crmlab.enterprise.gartner import balance
from crmlab.enterprise.goals import goal_board
from crmlab.enterprise.information import value_of_information
from crmlab.enterprise.levels import levels
from crmlab.enterprise.options import draw_values, roadmap_steps
from crmlab.enterprise.question import Findings, Question
from crmlab.enterprise.roadmap import roadmap
from crmlab.enterprise.schedule import schedule
from crmlab.enterprise.shrinkage import best_practice
from crmlab.enterprise.strategy import gates
from crmlab.errors import StudyError
from crmlab.result import Result, attempt
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.maturity import elements_of


def assess(question: Question) -> Findings | None:
    """Levels, agreement, gaps and the order facts of the rated models; None without ratings."""
    ratings = question.ratings
    if ratings is None:
        return None
    found = levels(ratings, level=question.level, seed=question.seed)
    rated = set(found.models)
    results = {**ratings.results, **found.results}
    asked = question.asked
    wanted = (
        asked.target if isinstance(asked.target, dict) else dict.fromkeys(map(str, found.table), asked.target)
    )
    aims = {code: aim for code, aim in wanted.items() if code in found.table}
    makes: dict[str, tuple[str, Callable[[], Result]]] = {
        "agreement": ("model.rater_agreement", lambda: agreement(ratings, level=question.level)),
        "gaps": ("model.maturity_gaps", lambda: gaps(found, aims, level=question.level)),
        "best_practice": ("model.best_practice", lambda: best_practice(found, level=question.level)),
        "crosswalk": ("model.crosswalk", lambda: theme_levels(found)),
    }
    if "gartner" in rated:
        makes["balance"] = ("model.balance", lambda: balance(found, level=question.level))
    for model, name in (("crm_strategy", "gates"), ("lic", "stages")):
        if model in rated:
            makes[name] = ("model.gates", partial(gates, found, model=model, threshold=asked.threshold))
    results |= {name: attempt(model, make) for name, (model, make) in makes.items()}
    return Findings({**results, "considerations": register(asked).reach()}, found)


def follow_goals(question: Question) -> Findings | None:
    """Completeness, attainment and alignment of the goals; None without goals."""
    goals = question.goals
    if goals is None:
        return None
    board = attempt("model.goals", lambda: goal_board(goals, as_of=question.as_of))
    traced = attempt("model.alignment", lambda: alignment(goals))
    return Findings({**goals.results, "goals": board, "alignment": traced})


def plan_ahead(question: Question, rated: Findings | None) -> Findings | None:
    """The schedule, the roadmap and the value of information, as far as the study gives durations and costs."""
    asked, results = question.asked, dict[str, Result]()
    invest = asked.investment
    if asked.months:
        costs = invest.costs if invest else {}
        steps = pd.DataFrame(
            [{"step": code, "duration": months, "cost": costs.get(code, 0.0)} for code, months in asked.months.items()]
        )  # fmt: skip
        results["schedule"] = attempt("model.schedule", lambda: schedule(steps))
    if invest is not None and rated is not None and rated.levels is not None:
        table = rated.levels.table
        lost = [code for code in invest.costs if code not in table]
        if lost:
            raise StudyError(
                f"'{lost[0]}' has a cost, but has not been rated", key="enterprise.investment.costs"
            )
        blocks = pd.DataFrame(
            [{"block": code, "level": table[code].mean(), "cost": cost} for code, cost in invest.costs.items()]
        )  # fmt: skip
        laid = [code for code in elements_of(invest.model) if code in invest.costs]
        order = laid if invest.model == "crm_strategy" else []
        steps = roadmap_steps(blocks, goal=4, gates=order)
        effects: Mapping[str, tuple[float, float]] = {code: invest.effects[code] for code in invest.costs}
        values = draw_values(steps, effects, worth=invest.worth, seed=question.seed)
        results["roadmap"] = attempt(
            "model.roadmap", lambda: roadmap(steps, values, invest.budget, level=question.level)
        )
        results["information"] = attempt(
            "model.information", lambda: value_of_information(steps, values, invest.budget)
        )
    return Findings(results) if results else None


def register(asked: Enterprise) -> Register:
    """The considerations of the source, and those that the study adds."""
    found = considerations()
    for key, one in asked.considerations.items():
        found = found.add(key, {str(language): words for language, words in one.title.items()}, one.themes)
    return found


__all__ = ["assess", "follow_goals", "plan_ahead", "register"]
