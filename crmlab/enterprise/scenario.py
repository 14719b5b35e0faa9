"""What does a cut save now, what does it lose later, and when has it eaten itself?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.enterprise.office_paths import OfficePaths
from crmlab.enterprise.offices import office_graph, settles, shock_vector, stable_draws
from crmlab.enterprise.resample import quantiles
from crmlab.enterprise.ripple import LONGEST, run
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame


def cut_scenario(
    paths: OfficePaths | Mapping[str, float],
    *,
    cut: float,
    budget: float,
    worth: Mapping[str, float | tuple[float, float]],
    budget_sd: float | None = None,
    node: str = "MO",
    also: Mapping[str, float] | None = None,
    units: int = 1,
    periods: int = 12,
    months_per_period: int = 3,
    discount: float = 0.0,
    lags: Mapping[str, int] | None = None,
    draws: pd.DataFrame | None = None,
    level: float = 0.95,
    seed: int = 20240101,
) -> Result:
    """The money consequences of cutting a budget by a share, for good.

    Parameters
    ----------
    paths : estimated paths with their draws, or "outcome~cause" -> strength in standard deviations
    cut : share of the budget that is cut, such as 0.10 (a negative one is a rise)
    budget : of one unit in one period, money
    worth : node -> money that one standard deviation of it is worth in one unit and period, or (money, standard error)
    budget_sd : standard deviation of the budget; of the panel, if paths are estimated and not standardised by another
    node : the node that the budget is
    also : further lasting shocks, node -> standard deviations: policy, capacity, pay rule
    units, periods, months_per_period : how many units, how far ahead, how long a period is
    discount : rate of one period; money of period t counts 1 / (1 + discount)^t
    lags, draws : as for `ripple`, where `paths` is a mapping
    level, seed : of the intervals; seed of the draws of worth

    Returns
    -------
    Result
        `saved_now` in the first period, `saved` over the horizon, `lost` over the horizon (interval), `net` = saved -
        lost (interval), `net_by:<month>` running net (interval), `break_even_month` the first month by whose end the
        losses have eaten the savings (after a rise: by whose end it has paid for itself), on the best estimate (NaN:
        not within the horizon), `break_even_share` of the draws that get there, `loss_chance` the share of the draws in which the net is below 0, `change:<node>` at
        the end of the horizon, in standard deviations (interval).

    Raises
    ------
    ModelError
        As for `ripple`; a share of 1 or more; a worth of a node that is not there; no spread of the budget.
    """
    given, wait, drawn, sd = _given(paths, lags, draws, budget_sd, node)
    _admit(cut, budget, sd, units, periods, months_per_period, discount)
    graph = office_graph(given, lags=wait)
    settles(graph)
    shock = shock_vector(graph, {**(also or {}), node: (also or {}).get(node, 0.0) - cut * budget / sd})
    price, error = _worth(worth, graph.nodes)
    weight = (1 + discount) ** -np.arange(float(periods))
    saved = cut * budget * units * weight
    x = run(graph, shock, periods - 1)
    lost = -units * weight * (x @ price)
    net = np.cumsum(saved - lost[0])
    hair = 1e-9 * float(np.abs(saved).sum())
    rows: list[dict[str, object]] = [
        {"term": "saved_now", "estimate": saved[0]},
        {"term": "saved", "estimate": saved.sum()},
    ]
    months = [months_per_period * (t + 1) for t in range(periods)]
    checks: tuple[Check, ...] = ()
    ends = np.full((2, periods), np.nan)
    change = np.full((2, len(graph.nodes)), np.nan)
    bounds = {"lost": (np.nan, np.nan), "net": (np.nan, np.nan)}
    shares: list[dict[str, object]] = []
    if drawn is not None or error.any():
        many = graph
        if drawn is not None:
            many, settled = stable_draws(graph, drawn)
            checks = (settled,)
        D = len(many.weights) if drawn is not None else 4000
        cut_ends = ((1 - level) / 2, (1 + level) / 2)
        prices = price + error * np.random.default_rng(seed).standard_normal((D, len(price)))
        responses = run(many, shock, periods - 1)
        losses = (
            -units
            * weight
            * np.einsum("dtn,dn->dt", np.broadcast_to(responses, (D, *responses.shape[1:])), prices)
        )
        running = np.cumsum(saved - losses, axis=1)
        ends, change = quantiles(running, cut_ends), quantiles(responses[:, -1], cut_ends)
        total = quantiles(losses.sum(axis=1)[:, None], cut_ends)[:, 0]
        bounds = {"lost": (total[0], total[1]), "net": (ends[0, -1], ends[1, -1])}
        gone = ((running < -hair) if cut > 0 else (running >= -hair)).any(axis=1)
        shares = [
            {"term": "break_even_share", "estimate": gone.mean()},
            {"term": "loss_chance", "estimate": (running[:, -1] < -hair).mean()},
        ]
    for term, value in (("lost", lost[0].sum()), ("net", net[-1])):
        rows.append({"term": term, "estimate": value, "ci_low": bounds[term][0], "ci_high": bounds[term][1]})
    rows += [{"term": "break_even_month", "estimate": break_even(net, months, rise=cut < 0)}, *shares]
    tidy = pd.concat(
        [
            tidy_frame(rows),
            tidy_block("net_by", map(str, months), net, ci_low=ends[0], ci_high=ends[1]),
            tidy_block("change", graph.nodes, x[0, -1], ci_low=change[0], ci_high=change[1]),
        ]
    )
    rule = ">= 0: what is saved is more than what is lost"
    checks = (*checks, Check("check.cut_pays", net[-1] >= -hair, net[-1], rule))
    glance = {
        "cut": cut,
        "units": float(units),
        "periods": float(periods),
        "shock": -cut * budget / sd,
        "level": level,
    }
    source = source_of(pd.DataFrame(graph.weights, columns=list(graph.paths)), seed=seed)
    return Result("model.cut_scenario", tidy, glance, checks, source)


def break_even(net: np.ndarray, months: list[int], *, rise: bool = False) -> float:
    """The first month by whose end a running net is below 0, or, after a rise, is not below it; NaN if none.

    Examples
    --------
    >>> break_even(np.array([3.0, 1.0, -2.0]), [3, 6, 9])
    9.0
    """
    hair = 1e-9 * float(np.abs(net).max())
    there = np.flatnonzero(net >= -hair if rise else net < -hair)
    return float(months[there[0]]) if there.size else float("nan")


def _given(
    paths: OfficePaths | Mapping[str, float],
    lags: Mapping[str, int] | None,
    draws: pd.DataFrame | None,
    budget_sd: float | None,
    node: str,
) -> tuple[Mapping[str, float], Mapping[str, int] | None, pd.DataFrame | None, float]:
    if isinstance(paths, OfficePaths):
        if not paths.standardised:
            raise ModelError(
                "scenario: the paths are not standardised", hint="office_paths(standardised=True)"
            )
        sd = paths.scale.get(node, np.nan) if budget_sd is None else budget_sd
        return paths.paths, paths.lags if lags is None else lags, paths.draws if draws is None else draws, sd
    return paths, lags, draws, np.nan if budget_sd is None else budget_sd


def _admit(
    cut: float, budget: float, sd: float, units: int, periods: int, months_per_period: int, discount: float
) -> None:
    what = "scenario"
    if not -10 < cut < 1 or cut == 0:
        raise ModelError(f"{what}: a cut by {cut:g} of the budget", hint="a share, such as 0.10")
    if not (budget > 0 and np.isfinite(budget)):
        raise ModelError(f"{what}: a budget of {budget:g}")
    if not (sd > 0 and np.isfinite(sd)):
        raise ModelError(f"{what}: the budget's standard deviation is not known", hint="budget_sd")
    if units < 1 or not 1 <= periods <= LONGEST or months_per_period < 1:
        raise ModelError(f"{what}: {units} units, {periods} periods of {months_per_period} months")
    if not -0.5 < discount < 1:
        raise ModelError(f"{what}: a discount of {discount:g} a period", hint="0.05 means 5 %")


def _worth(
    worth: Mapping[str, float | tuple[float, float]], nodes: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    strange = next((name for name in worth if name not in nodes), None)
    if strange is not None:
        raise ModelError(f"scenario: '{strange}' is worth something, but is no node", hint=", ".join(nodes))
    if not worth:
        raise ModelError(
            "scenario: no node is worth anything", hint='worth={"RQ": money per standard deviation}'
        )
    pairs = {
        name: value if isinstance(value, tuple) else (float(value), 0.0) for name, value in worth.items()
    }
    price = np.array([pairs.get(name, (0.0, 0.0))[0] for name in nodes])
    error = np.array([pairs.get(name, (0.0, 0.0))[1] for name in nodes])
    if not np.isfinite([price, error]).all() or (error < 0).any():
        raise ModelError("scenario: a worth is no finite number, or its standard error is negative")
    return price, error
