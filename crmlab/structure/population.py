"""What a study expects to be true, and samples of answers drawn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from crmlab.data.simulate import THRESHOLDS
from crmlab.errors import ModelError
from crmlab.study import lavaan


@dataclass(frozen=True, eq=False)
class Population:
    """A standardised population model: every latent and item variable has mean 0 and variance 1.

    Attributes
    ----------
    constructs : first-order construct -> item -> loading
    paths : (source, target) -> standardised path; no circle
    second_order : second-order construct -> part -> loading
    correlations : (a, b) -> correlation of two constructs that nothing explains; 0 if not given
    points : points of the answer scale, None for continuous items
    thresholds : where the scale cuts the normal variable of every item (points - 1 values, ascending);
        None: the bundled ones for 5 and 7 points, evenly spaced ones otherwise
    missing : probability that a cell is left blank, at random
    """

    constructs: Mapping[str, Mapping[str, float]]
    paths: Mapping[tuple[str, str], float]
    second_order: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    correlations: Mapping[tuple[str, str], float] = field(default_factory=dict)
    points: int | None = 5
    thresholds: Sequence[float] | None = None
    missing: float = 0.0

    def __post_init__(self) -> None:
        _admit(self)
        structural(self)  # a model that explains more than everything is told at once

    @property
    def items(self) -> list[str]:
        """All items, construct by construct."""
        return [item for items in self.constructs.values() for item in items]

    @property
    def blocks(self) -> dict[str, list[str]]:
        """Construct -> items, as estimators take them."""
        return {name: list(items) for name, items in self.constructs.items()}

    @property
    def higher_order(self) -> dict[str, dict[str, list[str]]]:
        """Second-order construct -> {"of": parts}, as estimators take it."""
        return {name: {"of": list(parts)} for name, parts in self.second_order.items()}

    @property
    def text(self) -> lavaan.Text:
        """The model in lavaan's operators."""
        return lavaan.structure(self.blocks, list(self.paths), self.higher_order)

    @property
    def chains(self) -> list[tuple[str, ...]]:
        """Every indirect way, from source to target."""
        return [
            tuple(reversed(term.partition(":")[2].split("~")))
            for term in self.text.effects.values()
            if term.startswith("indirect:")
        ]

    def effect(self, chain: Sequence[str]) -> float:
        """The planted effect along a chain of constructs."""
        return float(np.prod([self.paths[step] for step in pairwise(chain)]))

    @property
    def cuts(self) -> np.ndarray:
        """(points - 1,) thresholds."""
        if self.points is None:
            return np.empty(0)
        if self.thresholds is not None:
            return np.asarray(self.thresholds, dtype=float)
        known = THRESHOLDS.get(self.points)
        return np.array(known) if known else np.linspace(-2, 2, self.points - 1)


def structural(population: Population) -> tuple[list[str], np.ndarray]:
    """Names and correlations of the constructs that paths join, and of those that stand alone.

    Raises
    ------
    ModelError
        The paths explain a construct by more than its whole variance, or run in a circle.
    """
    parts = {part for whole in population.second_order.values() for part in whole}
    names = [name for name in (*population.second_order, *population.constructs) if name not in parts]
    place = {name: k for k, name in enumerate(names)}
    B = np.zeros((len(names), len(names)))
    for (source, target), value in population.paths.items():
        B[place[target], place[source]] = value
    R = np.eye(len(names))
    for (a, b), value in population.correlations.items():
        R[place[a], place[b]] = R[place[b], place[a]] = value
    explained = np.any(B != 0, axis=1)
    done = [int(k) for k in np.flatnonzero(~explained)]
    while len(done) < len(names):
        ready = [k for k in range(len(names)) if k not in done and set(np.flatnonzero(B[k])) <= set(done)]
        if not ready:
            raise ModelError("the expected paths run in a circle", hint="leave one of them out")
        for k in ready:
            known = R[np.ix_(done, done)] @ B[k, done]
            r2 = float(B[k, done] @ known)
            if r2 >= 1:
                raise ModelError(
                    f"the expected paths explain {r2:.0%} of the variance of '{names[k]}'",
                    hint="smaller standardised paths",
                )
            R[k, done] = R[done, k] = known
            done.append(k)
    if np.linalg.eigvalsh(R)[0] <= 1e-10:
        raise ModelError("the expected correlations of the constructs cannot be together")
    return names, R


def draw(population: Population, n: int, samples: int, rng: np.random.Generator) -> np.ndarray:
    """(samples, n, items) answers; NaN where left blank."""
    names, R = structural(population)
    whole = rng.standard_normal((samples, n, len(names))) @ np.linalg.cholesky(R).T
    place = {name: k for k, name in enumerate(names)}
    above = {
        part: (place[top], value)
        for top, parts in population.second_order.items()
        for part, value in parts.items()
    }
    Y: np.ndarray = rng.standard_normal((samples, n, len(population.items)))
    column = 0
    for name, items in population.constructs.items():
        if name in above:
            top, value = above[name]
            factor = value * whole[:, :, top] + np.sqrt(1 - value**2) * rng.standard_normal((samples, n))
        else:
            factor = whole[:, :, place[name]]
        for loading in items.values():
            Y[:, :, column] = loading * factor + np.sqrt(1 - loading**2) * Y[:, :, column]
            column += 1
    if population.points is not None:
        Y = np.searchsorted(population.cuts, Y) + 1.0
    if population.missing:
        Y[rng.random(Y.shape) < population.missing] = np.nan
    return Y


def sample(population: Population, n: int, seed: int) -> pd.DataFrame:
    """One sample of answers from the population, a column per item."""
    if n < 2:
        raise ModelError(f"a sample of {n} cannot be drawn", hint="400")
    return pd.DataFrame(draw(population, n, 1, np.random.default_rng(seed))[0], columns=population.items)


def _admit(population: Population) -> None:
    if not population.constructs:
        raise ModelError("no construct is given", hint="constructs={'RQ': {'RQ1': 0.8, ...}}")
    for name, items in population.constructs.items():
        for item, loading in items.items():
            if not 0 < loading < 1:
                raise ModelError(
                    f"construct '{name}', item '{item}': loading {loading} does not lie between 0 and 1",
                    hint="a reverse item is taken as turned",
                )
    if len(set(population.items)) < len(population.items):
        raise ModelError("an item stands in two constructs")
    for whole, parts in population.second_order.items():
        for part, loading in parts.items():
            if part not in population.constructs:
                raise ModelError(f"'{whole}' is said to have the part '{part}', which is no construct")
            if not 0 < loading < 1:
                raise ModelError(f"'{whole}', part '{part}': loading {loading} does not lie between 0 and 1")
    parts_of = [part for parts in population.second_order.values() for part in parts]
    known = [*population.second_order, *(c for c in population.constructs if c not in parts_of)]
    if not population.paths:
        raise ModelError("no path is expected", hint="paths={('CRM', 'RQ'): 0.3}")
    for pair in (*population.paths, *population.correlations):
        for name in pair:
            if name not in known:
                raise ModelError(f"'{name}' is no construct that a path can join", hint=", ".join(known))
    if any(source == target for source, target in population.paths):
        raise ModelError("a construct cannot have a path to itself")
    explained = {target for _, target in population.paths}
    for pair in population.correlations:
        for name in pair:
            if name in explained:
                raise ModelError(f"the correlations of '{name}' follow from its paths and cannot be given")
    _scale(population)


def _scale(population: Population) -> None:
    if population.points is not None and population.points < 2:
        raise ModelError(f"a scale of {population.points} points holds no answers", hint="5, 7, or None")
    cuts = population.cuts
    if population.points is not None and (len(cuts) != population.points - 1 or (np.diff(cuts) <= 0).any()):
        raise ModelError(f"{population.points} points need {population.points - 1} ascending thresholds")
    if not 0 <= population.missing < 0.6:
        raise ModelError(f"{population.missing:.0%} missing cells leave too little to fit", hint="0.03")
