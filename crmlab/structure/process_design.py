"""The equations of Hayes' PROCESS models: which columns stand where, and what moderates what."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.structure.columns import word

MODERATED = {  # a: X -> M, b: M -> Y, c: X -> Y
    1: "c",
    4: "",
    6: "",
    7: "a",
    8: "ac",
    14: "b",
    15: "bc",
    58: "ab",
    59: "abc",
}
MOST_SERIAL = 4


@dataclass(frozen=True, eq=False)
class Moderator:
    """A moderator as columns of regressions.

    Attributes
    ----------
    name : of the variable
    columns : itself, or an indicator of every category but the first
    labels : of the probes: low, middle, high, or the values
    probes : (L, K) values of the columns at the probes
    continuous : whether it has more than two values that are amounts
    """

    name: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    probes: np.ndarray
    continuous: bool


@dataclass(frozen=True, eq=False)
class Design:
    """All equations of one model.

    Attributes
    ----------
    number : of the PROCESS model
    data : (n, k) named columns: variables, indicators, products
    x, y : focal predictor and outcome
    mediators : in their (causal) order
    moderator : or None
    equations : outcome -> its predictors in order; "" for the total effect
    outcomes : equation -> column it explains
    """

    number: int
    data: pd.DataFrame
    x: str
    y: str
    mediators: tuple[str, ...]
    moderator: Moderator | None
    equations: dict[str, tuple[str, ...]]

    def moderates(self, path: str) -> bool:
        """Whether the moderator acts on a path: "a", "b" or "c"."""
        return path in MODERATED[self.number]

    def explained(self, equation: str) -> str:
        """The column that an equation explains."""
        return equation or self.y

    @property
    def chains(self) -> list[tuple[str, ...]]:
        """The mediators of every indirect way."""
        if self.number != 6:
            return [(m,) for m in self.mediators]
        k = len(self.mediators)
        return [way for size in range(1, k + 1) for way in combinations(self.mediators, size)]


def design(
    frame: pd.DataFrame,
    number: int,
    x: str,
    y: str,
    mediators: Sequence[str],
    w: str | None,
    covariates: Sequence[str],
    probes: str | Sequence[float],
    categorical: bool,
    center: bool,
) -> Design:
    """Lay out complete rows; every fault is a ModelError."""
    moderator, columns = None, frame[[x, *mediators, y, *covariates]].astype(float)
    if w is not None:
        moderator, added = _moderator(frame[w], w, probes, categorical, center)
        columns = pd.concat([columns, added], axis=1)
    if center and w is not None:
        focal = [x, *mediators]
        columns[focal] -= columns[focal].mean()
    names = moderator.columns if moderator else ()
    acts = MODERATED[number]
    for focal_column in [x] * ("a" in acts or "c" in acts) + list(mediators) * ("b" in acts):
        for column in names:
            columns[f"{focal_column}*{column}"] = columns[focal_column] * columns[column]
    equations = _equations(number, x, y, tuple(mediators), names, tuple(covariates))
    return Design(number, columns, x, y, tuple(mediators), moderator, equations)


def _equations(
    number: int,
    x: str,
    y: str,
    mediators: tuple[str, ...],
    names: tuple[str, ...],
    covariates: tuple[str, ...],
) -> dict[str, tuple[str, ...]]:
    acts = MODERATED[number]
    found: dict[str, tuple[str, ...]] = {}
    for place, m in enumerate(mediators):
        before = mediators[:place] if number == 6 else ()
        by_w = (*names, *(f"{x}*{w}" for w in names)) if "a" in acts else ()
        found[m] = (x, *before, *by_w, *covariates)
    by_w = names if "b" in acts or "c" in acts else ()
    products = [f"{x}*{w}" for w in names] if "c" in acts else []
    products += [f"{m}*{w}" for m in mediators for w in names] if "b" in acts else []
    found[y] = (x, *mediators, *by_w, *products, *covariates)
    if number in (4, 6):
        found[""] = (x, *covariates)
    return found


def _moderator(
    values: pd.Series, name: str, probes: str | Sequence[float], categorical: bool, center: bool
) -> tuple[Moderator, pd.DataFrame]:
    known: list[Hashable] = sorted(values.unique(), key=lambda v: (isinstance(v, str), v))
    if len(known) < 2:
        raise ModelError(f"moderator '{name}' does not vary", hint="leave it out, or take model 4")
    words = not pd.api.types.is_numeric_dtype(values)
    if words or categorical:
        if len(known) > 12:
            raise ModelError(f"moderator '{name}' has {len(known)} categories", hint="12 at most")
        labels = tuple(word(v) for v in known)
        columns = tuple(f"{name}.{label}" for label in labels[1:])
        table = pd.DataFrame(
            {c: (values == v).astype(float) for c, v in zip(columns, known[1:], strict=True)}
        )
        at = np.vstack([np.zeros(len(columns)), np.eye(len(columns))])
        return Moderator(name, columns, labels, at, False), table
    amounts = values.astype(float)
    if center:
        amounts = amounts - amounts.mean()
    if not isinstance(probes, str):
        points = [float(v) - (values.mean() if center else 0.0) for v in probes]
        labels = tuple(word(float(v)) for v in probes)
    elif len(known) == 2:
        points = sorted(amounts.unique().tolist())
        labels = tuple(word(v) for v in known)
    elif probes == "percentiles":
        points = np.quantile(amounts, [0.16, 0.50, 0.84]).tolist()
        labels = ("low", "middle", "high")
    elif probes == "sd":
        points = (amounts.mean() + amounts.std() * np.array([-1.0, 0.0, 1.0])).tolist()
        labels = ("low", "middle", "high")
    else:
        raise ModelError(f"probes '{probes}' are not known", hint="percentiles, sd, or a list of values")
    at = np.array(points)[:, None]
    return Moderator(name, (name,), labels, at, len(known) > 2), amounts.to_frame(name)
