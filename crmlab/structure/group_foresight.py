"""How large must groups be to show that a path differs between them? Simulated before data, for step 06."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.result import Result, attempt, tidy_frame
from crmlab.structure.executor import Progress
from crmlab.structure.population import Population
from crmlab.structure.power_groups import power_difference, size_needed

SAVED = "group_power"
SIZES = (50, 100, 200, 400, 800)
REPLICATIONS = 200


def foresee_groups(
    population: Population | None,
    *,
    smallest: float,
    sizes: Sequence[int] = SIZES,
    wanted: float = 0.80,
    replications: int = REPLICATIONS,
    seed: int = 0,
    alpha: float = 0.05,
    executor: Executor | None = None,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> Result:
    """How many respondents does each group need to show a difference of `smallest` in each path?

    Parameters
    ----------
    population : what is expected to be true in one group; in the other every path is lower by `smallest`. None, or
        one that cannot be lowered so, simulates nothing
    smallest : difference of the standardised paths
    sizes : respondents in each group to try; those too small for the model are left out
    wanted : power wanted
    replications, seed, executor, workers, progress : as in `power_difference`
    alpha : of the two-sided test of one path

    Returns
    -------
    Result
        `power:<path>.<n>` (Monte Carlo error, Wilson interval), `n:<path>`, respondents of each group that give the
        power wanted, NaN with the failed check `power_reached` where no size tried does; `failed:<n>`. What is not
        possible is the failed check `possible`.

    Notes
    -----
    The groups are simulated as step 06 compares them, by the means of the items of each dimension: a dimension's
    mean, and each item of a construct without dimensions, is a continuous indicator with the loading that is left
    of it on a coarse answer scale. A difference of unstandardised paths is one of standardised paths here, for
    the constructs vary alike in both groups.
    """
    if population is None:
        return Result("model.group_power", tidy_frame([]), {"smallest": smallest, "wanted": wanted})
    glance = {"smallest": smallest, "wanted": wanted, "replications": replications, "alpha": alpha}

    def simulated() -> Result:
        one = parcelled(population)
        other = replace(one, paths={pair: value - smallest for pair, value in one.paths.items()})
        fit = [n for n in sizes if n >= len(one.items) + 2]
        how: dict[str, Any] = {"replications": replications, "seed": seed, "alpha": alpha}
        found = power_difference(
            {"a": one, "b": other}, fit, executor=executor, workers=workers, progress=progress, **how
        )
        plain = found.tidy.assign(term=found.tidy["term"].str.replace(".a-b", "", regex=False))
        told = Result(found.model, plain, found.glance, found.checks, found.source)
        needed = size_needed(told, power=wanted)
        tidy = pd.concat([plain[~plain["term"].str.startswith("planted:")], needed.tidy])
        return Result(found.model, tidy, glance, (*found.checks, *needed.checks), found.source)

    return attempt("model.group_power", partial(simulated))


def foretold(folder: str | Path) -> Result | None:
    """What step 01 saved of it in its folder; None if it did not run or had nothing to simulate."""
    path = Path(folder) / f"{SAVED}.json"
    found = Result.load(path) if path.is_file() else None
    return found if found is not None and len(found.tidy) and len(found.select("n")) else None


def parcelled(population: Population) -> Population:
    """The population as groups are compared: dimensions by the mean of their items, all indicators continuous.

    Notes
    -----
    On a scale of cuts t a normal variable keeps the correlation r = sum phi(t) / sd of its codes, so an item's
    loading becomes l r; the mean of items loads by sum(l r) / sqrt(k + sum over i != j of l_i l_j r^2) on its
    dimension, and by that times the dimension's loading on the second-order construct.
    """
    r = coarsened(population.cuts)
    items = {
        name: {item: l * r for item, l in block.items()} for name, block in population.constructs.items()
    }
    parts = {part for of in population.second_order.values() for part in of}
    constructs: dict[str, dict[str, float]] = {name: b for name, b in items.items() if name not in parts}
    missing = (
        population.missing if constructs else 0.0
    )  # the mean of a dimension bridges the blanks of its items
    for whole, of in population.second_order.items():
        constructs[whole] = {part: value * _mean(items[part]) for part, value in of.items()}
    return Population(constructs, population.paths, {}, population.correlations, None, None, missing)


def coarsened(cuts: np.ndarray) -> float:
    """Correlation of a standard normal variable with its codes between ascending cuts; 1 without cuts."""
    if not len(cuts):
        return 1.0
    share = np.diff(np.concatenate([[0.0], norm.cdf(cuts), [1.0]]))
    codes = np.arange(len(share))
    spread = math.sqrt(float(share @ codes**2 - (share @ codes) ** 2))
    return float(norm.pdf(cuts).sum() / spread)


def _mean(loadings: Mapping[str, float]) -> float:
    values = np.array(list(loadings.values()))
    if not len(values):
        raise ModelError("a dimension without items cannot be simulated")
    total = values.sum()
    return float(total / math.sqrt(len(values) + total**2 - (values**2).sum()))
