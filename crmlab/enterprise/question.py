"""What a study asks of the enterprise models: its tables admitted, with the customers behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.data.benchmark import Benchmark, admit_benchmark
from crmlab.data.canvas import Canvas, admit_canvas
from crmlab.data.dates import stamp
from crmlab.data.goals import Goals, admit_goals
from crmlab.data.members import Members, admit_members
from crmlab.data.needs import Needs, admit_needs
from crmlab.data.office_panel import OfficePanel, admit_office_panel
from crmlab.data.privacy import load_key, pseudonyms
from crmlab.data.ratings import Ratings, admit_ratings
from crmlab.data.warehouse import FOLDER, Warehouse
from crmlab.enterprise.levels import Levels
from crmlab.enterprise.people import People, groups, people, revenue
from crmlab.errors import StudyError
from crmlab.files import beside
from crmlab.result import Result
from crmlab.study import Study
from crmlab.study.enterprise_spec import Enterprise

WAYS: dict[str, Callable[..., Any]] = {
    "ratings": admit_ratings, "goals": admit_goals, "canvas": admit_canvas, "office_panel": admit_office_panel,
    "needs": admit_needs, "members": admit_members, "benchmark": admit_benchmark,
}  # fmt: skip
OF_CUSTOMERS = ("needs", "members")  # tables that name customers, who are kept as pseudonyms only
NOT_READ = {"as_of", "orientation", "returns", "lead"}  # settings of a table that do not concern its file


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
    ratings, goals, canvas, panel, needs, members, benchmark : admitted tables
    people : who answered the survey, with the unit that serves each; None without a survey
    money : customer -> what was earned with that customer; None without a ledger
    groups : customer -> group by purchases; empty where step 07 did not run
    warehouse : of step 02, or None
    asked : the study's settings
    returns : of the benchmark: orientation, returns to scale and lead
    as_of : day by which goals are overdue
    threshold : groups of fewer customers are not shown
    seed, level : of all resampling and intervals
    """

    ratings: Ratings | None
    goals: Goals | None
    canvas: Canvas | None
    panel: OfficePanel | None
    needs: Needs | None
    members: Members | None
    benchmark: Benchmark | None
    people: People | None
    money: pd.Series | None
    groups: dict[str, str]
    warehouse: Warehouse | None
    asked: Enterprise
    returns: dict[str, Any]
    as_of: date | None
    threshold: int
    seed: int
    level: float


def question(study: Study, *tables: str, out: str | Path | None = None) -> Question:
    """Admit the study's tables, and find the customers behind them in what other steps have saved.

    Parameters
    ----------
    study : the study
    tables : which of WAYS are wanted; all, if none is named
    out : folder of this step's results, beside which those of other steps lie; without it nobody stands behind the
        tables

    Raises
    ------
    DataError, DataErrors
        What is wrong with a table, with its file, rows and columns.
    PrivacyError
        A table names customers, and there is no key to make pseudonyms with.
    """
    found = {name: _admitted(study, name, WAYS[name]) for name in tables or tuple(WAYS)}
    table = {name: found.get(name) for name in WAYS}
    intake = Path("-") if out is None else beside(out, "02_data_intake")
    units = [
        one.frame["unit"].unique() for one in (table["ratings"], table["office_panel"]) if one is not None
    ]
    held = (intake / FOLDER / "loads.parquet").is_file()
    benchmark = study.spec.benchmark
    return Question(
        table["ratings"], table["goals"], table["canvas"], table["office_panel"], table["needs"], table["members"],
        table["benchmark"],
        people=people(study, intake, table["members"], [str(name) for part in units for name in part]),
        money=revenue(study, intake),
        groups={} if out is None else groups(beside(out, "07_behavioural_clv")),
        warehouse=Warehouse.load(intake) if held else None,
        asked=study.enterprise,
        returns=benchmark.model_dump(include={"orientation", "returns", "lead"}) if benchmark else {},
        as_of=_as_of(study), threshold=study.privacy_threshold, seed=study.seed, level=study.estimator.level,
    )  # fmt: skip


def _admitted(study: Study, name: str, admit: Callable[..., Any]) -> Any:
    table = getattr(study.spec, name)
    if table is None:
        return None
    declared = table.model_dump(exclude=NOT_READ, exclude_defaults=True)
    file = declared.pop("file")
    if name in OF_CUSTOMERS:

        def masked(cells: Iterable[Any]) -> list[str | None]:
            return pseudonyms(cells, study.name, load_key(study.folder))

        declared["pseudonyms"] = masked
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


__all__ = ["Findings", "Question", "question"]
