"""The ladder of invariance: what is held equal on each rung, what is let free, and whether a rung holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.sem import SemFit
from crmlab.sem.release import release_indices
from crmlab.structure.columns import known_columns, numeric_columns, word
from crmlab.study import lavaan

LEAST_IN_GROUP = 50
LEAST_INVARIANT = 2  # loadings (or intercepts) of a construct that stay equal in partial invariance
CFI_LOSS, RMSEA_GAIN, SIGNIFICANT = 0.010, 0.015, 0.05
RULES = ("either", "fit", "chisq")
STEPS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDINAL_STEPS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "thresholds"),
}
KINDS = {"metric": "=~", "scalar": "~1", "strict": "~~"}


@dataclass(frozen=True, eq=False)
class Step:
    """One rung: its fit, what was set free, and whether it holds against the rung before."""

    name: str
    fit: SemFit
    freed: tuple[tuple[str, float, float], ...] = ()  # parameter, its index, its p
    chisq: float = math.nan
    df: float = math.nan
    p: float = math.nan
    cfi_loss: float = math.nan
    rmsea_gain: float = math.nan
    holds: bool = True
    full: bool = True  # whether it holds without anything set free


@dataclass(frozen=True, eq=False)
class Ladder:
    """All rungs that were climbed, and the rows that were used."""

    steps: tuple[Step, ...]
    frame: pd.DataFrame
    sizes: dict[str, int]
    left_out: int
    missing: str

    def reached(self, name: str) -> bool:
        """Whether a rung was tested and holds, fully or partly."""
        return any(step.name == name and step.holds for step in self.steps)

    @property
    def partial(self) -> tuple[str, ...]:
        """Parameters that are free to differ on the highest rung that holds."""
        held = [step for step in self.steps if step.holds]
        return tuple(name for name, _, _ in held[-1].freed)


def climb_ladder(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    group: str,
    *,
    estimator: str = "MLR",
    missing: str = "fiml",
    ordered: bool = False,
    rule: str = "either",
    partial: bool = True,
    most_freed: float = 0.25,
    least: int = LEAST_IN_GROUP,
    upto: str = "strict",
) -> Ladder:
    """The rungs up to `upto`; see `invariance`."""
    if rule not in RULES:
        raise ModelError(f"rule '{rule}' is not known", hint=", ".join(RULES))
    if not 0 <= most_freed < 1:
        raise ModelError(f"a share of {most_freed} of the parameters cannot be let free", hint="0.25")
    used, sizes, lost = grouped(frame, constructs, group, least, missing == "listwise")
    gaps = bool(used.isna().to_numpy().any())
    missing = ("pairwise" if ordered else missing) if gaps else "listwise"
    how: dict[str, Any] = {"group": group, "std_lv": True, "missing": missing}
    how |= {"estimator": "WLSMV", "ordered": True} if ordered else {"estimator": estimator}
    text = lavaan.measurement(constructs, {}, ordered=ordered)
    ladder = ORDINAL_STEPS if ordered else STEPS
    steps: list[Step] = []
    free: tuple[tuple[str, float, float], ...] = ()
    for name, equal in ladder.items():
        if not steps:
            steps.append(Step(name, fitted(name, text, used, **how)))
        else:
            carried = _carried(free, name)
            climbing = _climb(text, used, how, name, equal, carried, steps[-1], rule)
            step = next(climbing)
            limit = int(most_freed * _parameters(step.fit, name)) if partial else 0
            found = step
            while not found.holds and len(found.freed) - len(carried) < limit:
                further = next(climbing, None)
                if further is None:
                    break
                found = further
            steps.append(found if found.holds else step)
            free = steps[-1].freed
        if name == upto or not steps[-1].holds:
            break
    return Ladder(tuple(steps), used, sizes, lost, missing)


def _climb(
    text: str,
    used: pd.DataFrame,
    how: dict[str, Any],
    name: str,
    equal: tuple[str, ...],
    carried: tuple[tuple[str, float, float], ...],
    below: Step,
    rule: str,
) -> Iterator[Step]:
    """The rung with nothing more set free than below, then with one parameter more each time."""
    freed = carried
    while True:
        partial = [one for one, _, _ in freed]
        fit = fitted(name, text, used, group_equal=equal, group_partial=partial, **how)
        yield judged(name, fit, freed, below, rule)
        further = _next_release(fit, name)
        if further is None:
            return
        freed = (*freed, further)


def fitted(name: str, text: str, used: pd.DataFrame, **how: Any) -> SemFit:
    """A factor model; one that cannot be computed is told with the name of its rung."""
    try:
        return sem.cfa(text, used, **how)
    except np.linalg.LinAlgError:
        raise ModelError(
            f"the {name} model of the groups cannot be computed: its equations have no solution",
            hint="fewer or larger groups, or items that belong together",
        ) from None


def difference(small: SemFit, large: SemFit) -> tuple[float, float]:
    """Chi-square difference and p; scaled, by the always positive form where the plain one turns negative."""
    try:
        found = small.compare(large)
    except ModelError as error:
        if "negative" not in str(error):
            raise
        try:
            found = small.compare(large, "satorra.bentler.2010")
        except (ModelError, np.linalg.LinAlgError):
            return math.nan, math.nan
    except np.linalg.LinAlgError:
        return math.nan, math.nan
    return float(found.chisq), float(found.p_value)


def judged(
    name: str, fit: SemFit, freed: tuple[tuple[str, float, float], ...], below: Step, rule: str
) -> Step:
    if fit.test.df == below.fit.test.df:  # constructs of one item: nothing is held equal
        return Step(name, fit, freed, df=0.0, full=not freed)
    chisq, p = difference(fit, below.fit)
    loss = measure(below.fit, "cfi") - measure(fit, "cfi")
    gain = measure(fit, "rmsea") - measure(below.fit, "rmsea")
    by_fit = loss <= CFI_LOSS and gain <= RMSEA_GAIN
    by_test = p >= SIGNIFICANT
    holds = fit.converged and {"fit": by_fit, "chisq": by_test, "either": by_fit or by_test}[rule]
    return Step(
        name,
        fit,
        freed,
        chisq,
        fit.test.df - below.fit.test.df,
        p,
        loss,
        gain,
        holds,
        holds and not freed,
    )


def measure(fit: SemFit, name: str) -> float:
    """The robust form where there is one, then the scaled, then the plain."""
    measures = fit.fit_measures
    for key in (f"{name}.robust", f"{name}.scaled", name):
        if math.isfinite(measures.get(key, math.nan)):
            return float(measures[key])
    return math.nan


def _carried(freed: tuple[tuple[str, float, float], ...], name: str) -> tuple[tuple[str, float, float], ...]:
    """What a rung takes over: an item whose loading differs has an intercept of its own too."""
    found = {one[0]: one for one in freed}
    if name == "scalar":
        for parameter, mi, p in freed:
            item = parameter.partition("=~")[2]
            if item:
                found[f"{item}~1"] = (f"{item}~1", mi, p)
    return tuple(found.values())


def _next_release(fit: SemFit, name: str) -> tuple[str, float, float] | None:
    """The equality of this rung that costs most, if its construct keeps enough equal ones."""
    table = release_indices(fit)
    op = "|" if name == "scalar" and fit.problem.estimator.ordinal else KINDS[name]
    home = {row.rhs: row.lhs for row in fit.problem.model.rows if row.op == "=~"}
    held = [n for n in table["name"] if op in n]
    for parameter, mi, p in zip(table["name"], table["mi"], table["p_value"], strict=True):
        item = _item(parameter, op)
        if op not in parameter:
            continue
        construct = home.get(item)
        left = {_item(n, op) for n in held if home.get(_item(n, op)) == construct} - {item}
        if len(left) >= LEAST_INVARIANT:
            return str(parameter), float(mi), float(p)
    return None


def _item(name: str, op: str) -> str:
    left, _, right = name.partition(op)
    return right if op == "=~" else left


def _parameters(fit: SemFit, name: str) -> int:
    op = "|" if name == "scalar" and fit.problem.estimator.ordinal else KINDS[name]
    return sum(op in one for one in release_indices(fit)["name"])


def grouped(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], group: str, least: int, complete: bool
) -> tuple[pd.DataFrame, dict[str, int], int]:
    """Items and groups of the rows that have a group, by group; sizes; rows left out.

    `complete` leaves out rows with a gap; else only those without any answer.
    """
    items = [item for block in constructs.values() for item in block]
    for place, name in enumerate(items):
        if name in items[:place]:
            raise ModelError(f"item '{name}' stands twice in the constructs")
    known_columns(frame, [group])
    if group in items:
        raise ModelError(f"'{group}' is an item and cannot make the groups as well")
    numeric_columns(frame, items, "item")
    used = frame.loc[frame[group].notna(), [*items, group]].sort_values(group, kind="stable")
    used = used.dropna(subset=items, how="any" if complete else "all")
    labels = {value: word(value) for value in used[group].unique()}
    used = used.assign(**{group: used[group].map(labels).astype(object)})
    sizes = {str(name): int((used[group] == name).sum()) for name in labels.values()}
    if len(sizes) < 2:
        raise ModelError(f"'{group}' has {len(sizes)} group; two are needed to compare")
    for name, size in sizes.items():
        if size < least:
            raise ModelError(
                f"group '{name}' of '{group}' has {size} rows, fewer than the {least} a comparison needs",
                hint="join it with another group, or leave it out",
            )
    return used, sizes, len(frame) - len(used)
