"""What is asked of the canvas and of the offices: evidence for each block, and where a change of budget leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.enterprise.canvas import canvas_map, coverage
from crmlab.enterprise.cascade import cascade
from crmlab.enterprise.office_paths import COLUMNS, OfficePaths, office_paths
from crmlab.enterprise.offices import office_graph, spectral_radius, steady_state
from crmlab.enterprise.question import Findings, Question
from crmlab.enterprise.revenue import revenue_at_risk
from crmlab.enterprise.ripple import ripple
from crmlab.enterprise.scenario import cut_scenario
from crmlab.result import Result, attempt

SHOCK = {"MO": -1.0}  # one standard deviation of the middle office's budget, lasting
SATISFIED, DISSATISFIED = 0.75, 0.5  # of the way from the lowest to the highest answer


def map_canvas(
    question: Question, estimates: Mapping[str, Result], found: Mapping[str, Result] | None = None
) -> Findings:
    """The nine blocks: their figures, what customers answer, revenue at risk, and the effects that the study has estimated.

    Parameters
    ----------
    estimates : results of the path model by name, of which "paths" and "effects" are looked at
    found : results of step 09 by name, of which "need_gaps" and "product_brief" are looked at
    """
    admitted = question.canvas.results if question.canvas is not None else {}
    edges: dict[tuple[str, str], tuple[Result, str]] = {}
    for block, path in question.asked.effects.items():
        place = next(
            ((estimates[name], f"{kind}:{path}") for name, kind in (("effects", "total"), ("paths", "path"))
             if name in estimates and f"{kind}:{path}" in estimates[name]), None,
        )  # fmt: skip
        if place is not None:
            edges[path.partition("~")[2], block] = place
    results = dict(admitted)
    risk = at_risk(question)
    if risk is not None:
        results["revenue"] = risk
    told = risk if risk is not None and not _few(risk, question.threshold) else None
    drawn = attempt(
        "model.canvas",
        lambda: canvas_map(
            question.canvas, items=answered(question), effects=edges, shares=shared(told, found or {})
        ),
    )
    return Findings({**results, "coverage": coverage(), "canvas": drawn})


def at_risk(question: Question) -> Result | None:
    """How much of the revenue satisfied customers pay, and how much is at risk; None without answers or purchases."""
    people, money, asked = question.people, question.money, question.asked
    name = asked.satisfaction
    if people is None or money is None or name not in people.scores or not people.customer.notna().any():
        return None
    low, high = people.bounds[name]
    joined = people.scores[[name]].assign(customer=people.customer).dropna(subset=["customer"])
    known = joined.groupby("customer")[name].mean()
    paying = money.clip(lower=0.0)  # a customer whose refunds exceed the purchases brings no revenue
    frame = pd.DataFrame({"margin": paying, name: known.reindex(money.index)})
    limits = {"satisfied": SATISFIED, "low": DISSATISFIED}
    given = {"satisfied": asked.satisfied, "low": asked.dissatisfied}
    ends = {
        key: low + share * (high - low) if given[key] is None else given[key] for key, share in limits.items()
    }
    return attempt("model.revenue_at_risk", lambda: revenue_at_risk(
        frame, satisfaction=name, satisfied=float(str(ends["satisfied"])), low=float(str(ends["low"])),
        level=question.level, seed=question.seed,
    ))  # fmt: skip


def _few(risk: Result, threshold: int) -> bool:
    """True if so few customers are satisfied, or dissatisfied, that their revenue is not to be shown."""
    counts = [risk[f"{kind}_customers"] for kind in ("satisfied", "risk") if f"{kind}_customers" in risk]
    return any(0 < count < threshold for count in counts)


def answered(question: Question) -> dict[str, tuple[float, float, float]]:
    """Block -> mean answer, lowest and highest answer of the construct that speaks for it."""
    people = question.people
    if people is None:
        return {}
    return {
        block: (float(people.scores[name].mean()), *people.bounds[name])
        for block, name in question.asked.answers.items()
    }


def shared(risk: Result | None, found: Mapping[str, Result]) -> dict[tuple[str, str], tuple[Result, str]]:
    """Shares that speak for blocks: revenue paid with satisfaction and at risk, needs met, segments with an unmet need."""
    parts: dict[tuple[str, str], tuple[Result | None, str]] = {
        ("satisfied", "revenue"): (risk, "satisfied_share"),
        ("risk", "revenue"): (risk, "risk_share"),
        ("needs_met", "value_propositions"): (found.get("need_gaps"), "met_share"),
        ("briefed", "segments"): (found.get("product_brief"), "briefed_share"),
    }
    return {
        key: (result, term) for key, (result, term) in parts.items() if result is not None and term in result
    }


def saved(folder: str | Path) -> dict[str, Result]:
    """All saved results of another step, by name; none where it did not run."""
    return {file.stem: Result.load(file) for file in sorted(Path(folder).glob("*.json"))}


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
    carried = carried_on(question)
    if carried is not None:
        results["cascade"] = carried
    if not held:
        return Findings(results)
    graph, cut = held[0], question.asked.cut
    radius = float(spectral_radius(office_graph(graph.paths).matrices())[0])
    told = results["office_paths"]
    results["office_paths"] = replace(told, glance={**told.glance, "spectral_radius": radius})
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


def carried_on(question: Question) -> Result | None:
    """From a unit's budget through its capacity to its customers; None where nobody knows who serves whom.

    A unit's budget and capacity are their means over the panel's periods.
    """
    panel, people, outcome = question.panel, question.people, question.asked.outcome
    if panel is None or people is None or outcome not in people.scores or not people.unit.notna().any():
        return None
    cause, mediator = COLUMNS["MO"], COLUMNS["BO"]
    if not {cause, mediator} <= set(panel.frame.columns):
        return None
    units = panel.frame.groupby("unit", sort=True)[[cause, mediator]].mean().reset_index()
    return attempt("model.cascade", lambda: cascade(
        units, people.of_units(outcome), cause=cause, mediator=mediator, outcome=outcome, level=question.level,
        seed=question.seed,
    ))  # fmt: skip


__all__ = ["estimated", "map_canvas", "map_offices", "saved"]
