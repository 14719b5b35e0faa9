"""Decide now or measure first? What it is worth to know the effects better before the budget is spent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.options import Options, admit_options
from crmlab.enterprise.roadmap import best_beside, best_plan, best_values
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

MOST_STEPS = 10


def value_of_information(
    steps: pd.DataFrame,
    values: pd.DataFrame,
    budget: float,
    *,
    studies: pd.DataFrame | None = None,
    net: bool = True,
) -> Result:
    """How much would perfect knowledge be worth, and which study pays for itself?

    Parameters
    ----------
    steps, values, budget, net : as for `roadmap`; steps of one `block` are learnt about together
    studies : one row a study: `study`, `block` (what it measures), `error` (standard error that its estimate of one
        step's value would have), `cost`

    Returns
    -------
    Result
        `decide_now` expected value of the best plan as things are known; `evpi` expected value of perfect
        information (se over scenarios), `evppi:<block>` of perfect information on one block; `evsi:<study>` of
        the study, `study_cost:<study>`, `study_net:<study>` = evsi - cost; `measure_first` 1 if a study is worth
        more than it costs, else 0.

    Raises
    ------
    ModelError
        As for `roadmap`; a study measures what no step belongs to, or without an error or cost.

    Notes
    -----
    evpi = mean over scenarios of the best plan's value - value of the plan that is best on average: never
    negative, and 0 if one plan is best in all of them. A study shrinks each draw of its block towards the mean
    by sqrt(s^2 / (s^2 + error^2)), which is the distribution of the posterior mean for a normal prior of standard
    deviation s; other blocks stand at their means, blocks being independent. With `studies` absent nothing is
    known about cost, and `measure_first` is not given.

    Source
    ------
    Raiffa, H. & Schlaifer, R. (1961). Applied statistical decision theory. Jalal, H. & Alarid-Escudero, F. (2018).
    Medical Decision Making 38(2), 174-188 (Gaussian approximation).
    """
    options = admit_options(steps, values, budget, net)
    mean = options.value.mean(axis=0)
    now = float(mean @ best_plan(options, mean))
    gain = best_values(options, options.value) - options.value @ best_plan(options, mean)
    rows: list[dict[str, object]] = [
        {"term": "decide_now", "estimate": now},
        {
            "term": "evpi",
            "estimate": _floor(float(gain.mean()), now),
            "std_error": float(gain.std(ddof=1)) / math.sqrt(len(gain)) if len(gain) > 1 else math.nan,
        },
    ]
    names = list(dict.fromkeys(options.blocks))
    each = {name: _block(options, mean, name) for name in names}
    known = [_gain(block, now, 0.0) for block in each.values()]
    blocks = [tidy_frame(rows), tidy_block("evppi", names, known)]
    checks: tuple[Check, ...] = ()
    if studies is not None:
        more, net_gain = _studies(each, now, studies)
        blocks += more
        best = max(net_gain.values())
        blocks.append(tidy_frame([{"term": "measure_first", "estimate": float(best > 0)}]))
        rule = "<= 0: no study is worth more than it costs, so decide now"
        checks = (Check("check.decide_now", best <= 0, best, rule),)
    glance = {
        "steps": float(len(options.names)),
        "scenarios": float(len(options.value)),
        "budget": options.budget,
    }
    source = source_of(pd.DataFrame(options.value, columns=list(options.names)).assign(budget=budget))
    return Result("model.information", pd.concat(blocks), glance, tuple(checks), source)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Steps of one block: choices among them, what each leaves for the other steps, and the draws of their values."""

    choices: np.ndarray
    beside: np.ndarray
    mean: np.ndarray
    away: np.ndarray


def _block(options: Options, mean: np.ndarray, name: str) -> _Block:
    here = np.array([one == name for one in options.blocks])
    if here.sum() > MOST_STEPS:
        raise ModelError(
            f"information: block '{name}' has {here.sum()} steps; up to {MOST_STEPS} can be judged"
        )
    choices, beside = best_beside(options, mean, here)
    return _Block(choices, beside, mean[here], options.value[:, here] - mean[here])


def _gain(block: _Block, now: float, error: float) -> float:
    """Expected gain from an estimate of one block's values with this standard error; 0 means exactly.

    Only this block's values differ between scenarios, so the best plan is the best of few choices within it.
    """
    variance = block.away.var(axis=0, ddof=1) if len(block.away) > 1 else np.zeros(len(block.mean))
    kept = np.divide(variance, variance + error**2, out=np.zeros_like(variance), where=variance > 0)
    value = (block.mean + np.sqrt(kept) * block.away) @ block.choices.T + block.beside
    return _floor(float(value.max(axis=1).mean()) - now, now)


def _floor(gain: float, size: float) -> float:
    """Rounding may leave a hair below zero, which no information is worth."""
    return 0.0 if abs(gain) <= 1e-9 * max(abs(size), 1e-300) else gain


def _studies(
    each: dict[str, _Block], now: float, studies: pd.DataFrame
) -> tuple[list[pd.DataFrame], dict[str, float]]:
    what = "studies"
    names = labels(studies, "study", what, unique=True)
    about = labels(studies, "block", what)
    numbers = figures(studies, ["error", "cost"], what)
    if not names or np.isnan(numbers).any() or (numbers < 0).any():
        raise ModelError(f"{what}: each study needs an error and a cost that are not negative")
    lost = next((block for block in about if block not in each), None)
    if lost is not None:
        raise ModelError(f"{what}: no step belongs to block '{lost}'")
    worth = np.array([_gain(each[b], now, float(e)) for b, e in zip(about, numbers[:, 0], strict=True)])
    left = worth - numbers[:, 1]
    tables = [
        tidy_block("evsi", names, worth),
        tidy_block("study_cost", names, numbers[:, 1]),
        tidy_block("study_net", names, left),
    ]
    return tables, dict(zip(names, map(float, left), strict=True))
