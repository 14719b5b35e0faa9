"""What a study asks of the enterprise models: its tables admitted, and the questions put to them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.data.canvas import Canvas, admit_canvas
from crmlab.data.dates import stamp
from crmlab.data.goals import Goals, admit_goals
from crmlab.data.office_panel import OfficePanel, admit_office_panel
from crmlab.data.ratings import Ratings, admit_ratings
from crmlab.enterprise.agreement import agreement
from crmlab.enterprise.alignment import alignment
from crmlab.enterprise.canvas import canvas_map, coverage
from crmlab.enterprise.crosswalk import considerations, theme_levels
from crmlab.enterprise.gaps import gaps
from crmlab.enterprise.gartner import balance
from crmlab.enterprise.goals import goal_board
from crmlab.enterprise.information import value_of_information
from crmlab.enterprise.levels import Levels, levels
from crmlab.enterprise.office_paths import OfficePaths, office_paths
from crmlab.enterprise.offices import steady_state
from crmlab.enterprise.options import draw_values, roadmap_steps
from crmlab.enterprise.ripple import ripple
from crmlab.enterprise.roadmap import roadmap
from crmlab.enterprise.scenario import cut_scenario
from crmlab.enterprise.schedule import schedule
from crmlab.enterprise.shrinkage import best_practice
from crmlab.enterprise.strategy import gates
from crmlab.errors import StudyError
from crmlab.result import Result, attempt
from crmlab.study import Study
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.maturity import elements_of

SHOCK = {"MO": -1.0}  # one standard deviation of the middle office's budget, lasting


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Results of one part of the question, by name; `levels` where units have been rated."""

    results: dict[str, Result]
    levels: Levels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """The study's tables, None where it has none, and what is asked of them.

    Attributes
    ----------
    ratings, goals, canvas, panel : admitted tables
    asked : the study's settings
    as_of : day by which goals are overdue
    seed, level : of all resampling and intervals
    """

    ratings: Ratings | None
    goals: Goals | None
    canvas: Canvas | None
    panel: OfficePanel | None
    asked: Enterprise
    as_of: date | None
    seed: int
    level: float


def question(study: Study, *tables: str) -> Question:
    """Admit the study's tables.

    Parameters
    ----------
    study : the study
    tables : "ratings", "goals", "canvas", "office_panel": which are wanted; all, if none is named

    Raises
    ------
    DataError, DataErrors
        What is wrong with a table, with its file, rows and columns.
    """
    ways: dict[str, Callable[..., Any]] = {
        "ratings": admit_ratings, "goals": admit_goals, "canvas": admit_canvas, "office_panel": admit_office_panel
    }  # fmt: skip
    found = {name: _admitted(study, name, ways[name]) for name in tables or tuple(ways)}
    return Question(
        found.get("ratings"), found.get("goals"), found.get("canvas"), found.get("office_panel"),
        study.enterprise, _as_of(study), study.seed, study.estimator.level,
    )  # fmt: skip


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
    return Findings({**results, "considerations": considerations().reach()}, found)


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


def map_canvas(question: Question, estimates: Mapping[str, Result]) -> Findings:
    """The nine blocks: their figures, and the effects of CRM on them that the study has estimated.

    Parameters
    ----------
    estimates : results of the path model by name, of which "paths" and "effects" are looked at
    """
    admitted = question.canvas.results if question.canvas is not None else {}
    edges: dict[tuple[str, str], tuple[Result, str]] = {}
    for block, path in question.asked.effects.items():
        found = next(
            ((estimates[name], f"{kind}:{path}") for name, kind in (("effects", "total"), ("paths", "path"))
             if name in estimates and f"{kind}:{path}" in estimates[name]), None,
        )  # fmt: skip
        if found is not None:
            edges[path.partition("~")[2], block] = found
    drawn = attempt("model.canvas", lambda: canvas_map(question.canvas, effects=edges))
    return Findings({**admitted, "coverage": coverage(), "canvas": drawn})


def estimated(folder: str | Path) -> dict[str, Result]:
    """The saved paths and effects of the study's model in a step's folder, as far as there are any."""
    files = {name: Path(folder) / f"{name}.json" for name in ("paths", "effects", "sem_paths", "sem_effects")}
    found = {name: Result.load(file) for name, file in files.items() if file.is_file()}
    for name in ("paths", "effects"):
        if name not in found and f"sem_{name}" in found:
            found[name] = found[f"sem_{name}"]
    return found


def map_offices(question: Question) -> Findings | None:
    """The office graph: its paths, where a lasting cut leads, and the scenario; None without a panel."""
    panel = question.panel
    if panel is None:
        return None
    held: list[OfficePaths] = []

    def graph_of() -> Result:
        held.append(office_paths(panel, level=question.level, seed=question.seed))
        return held[0].result

    results = {**panel.results, "office_paths": attempt("model.office_paths", graph_of)}
    if not held:
        return Findings(results)
    graph, cut = held[0], question.asked.cut
    same: dict[str, Any] = {"lags": graph.lags, "draws": graph.draws, "level": question.level}
    results["steady"] = attempt("model.office_steady", lambda: steady_state(graph.paths, SHOCK, draws=graph.draws, level=question.level))  # fmt: skip
    periods = cut.periods if cut else 12
    results["ripple"] = attempt(
        "model.office_ripple", lambda: ripple(graph.paths, SHOCK, periods=periods, **same)
    )
    if cut is not None:
        units = int(panel.frame["unit"].nunique())
        results["cut"] = attempt("model.cut_scenario", lambda: cut_scenario(
            graph, cut=cut.share, budget=cut.budget or graph.mean["MO"], worth=cut.worth, units=units,
            periods=cut.periods, months_per_period=cut.months, discount=cut.discount, level=question.level,
            seed=question.seed,
        ))  # fmt: skip
    return Findings(results)


def _admitted(study: Study, name: str, admit: Callable[..., Any]) -> Any:
    table = getattr(study.spec, name)
    if table is None:
        return None
    declared = table.model_dump(exclude={"as_of"}, exclude_defaults=True)
    file = declared.pop("file")
    return admit(study.path_of(file), file=file, **declared)


def _as_of(study: Study) -> date | None:
    goals = study.spec.goals
    if goals is None or goals.as_of is None:
        return None
    try:
        moment = stamp(goals.as_of, goals.calendar)
    except ValueError as error:
        raise StudyError(f"{goals.as_of}: {error}", file=study.file, key="goals.as_of") from None
    return None if moment is None else moment.date()


__all__ = [
    "Findings",
    "Question",
    "assess",
    "estimated",
    "follow_goals",
    "map_canvas",
    "map_offices",
    "plan_ahead",
    "question",
]
