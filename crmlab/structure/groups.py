"""Step 06, groups: for every grouping of a study invariance, paths and means, each only where the one before allows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial as bound
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt, tidy_frame
from crmlab.structure.columns import known_columns, word
from crmlab.structure.differences import compare_means
from crmlab.structure.group_paths import compare_paths
from crmlab.structure.invariance import invariance
from crmlab.structure.ladder import LEAST_IN_GROUP, climb_ladder

POWER = 0.80
SMALLEST = 0.20
LEAST_ANSWERED = 20  # complete answers to one dimension that every group must have
ANSWERED = 0.5  # share of a dimension's items that must be answered for it to have a score


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The saved results of the groups of step 06: `items_`, `invariance_`, `paths_`, `means_<item>`."""

    results: dict[str, Result]


def compare_groups(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    groupings: Mapping[str, Sequence[int]],
    *,
    higher_order: Mapping[str, Sequence[str]] | None = None,
    estimator: str = "MLR",
    rule: str = "either",
    partial: bool = True,
    least: int = LEAST_IN_GROUP,
    smallest: float = SMALLEST,
    level: float = 0.95,
) -> Groups:
    """For whom do the findings hold?

    Parameters
    ----------
    frame : answers, reverse items already turned; columns of the groupings as codes
    constructs : first-order construct -> items
    paths : (source, target) between constructs
    groupings : item -> codes that are compared; empty takes all
    higher_order : second-order construct -> its dimensions
    estimator, rule, partial, level : as in `compare_paths`
    least : rows a group must have; smaller groups are left out, each with the failed check `small_group`
    smallest : smallest difference of unstandardised paths worth finding

    Returns
    -------
    Groups
        Groups are `<item>.<code>`. `items_<item>`: the ladder of each first-order construct alone, `holds`,
        `delta_cfi`, `delta_rmsea`, `freed` (number), each `:<construct>.<rung>`, where constructs have dimensions.
        `invariance_<item>`, `paths_<item>`: as `invariance` and `compare_paths`, of the model in which a dimension
        is the mean of its items; `paths_` also with `detectable:<path>@<a>-<b>`, the difference that these groups
        would show with power .80, and `size_needed:<path>`, rows of each group that would show `smallest`.
        `means_<item>`: as `compare_means`, of the scores of the constructs; without scalar invariance it is empty
        with the failed check `comparable_means`. What these data do not allow is the failed check `possible`.

    Notes
    -----
    Detectable difference = (z_(1+level)/2 + z_.80) se. Means of items as indicators keep the model small enough
    for groups; that the items of each dimension work alike is tested before, dimension by dimension.

    Source
    ------
    Little, T. D. et al. (2002). Structural Equation Modeling 9, 151-173 (parcels). Steenkamp, J.-B. & Baumgartner,
    H. (1998). Journal of Consumer Research 25, 78-90 (order of the tests). Cohen, J. (1988). Statistical power
    analysis for the behavioral sciences (power).
    """
    if not smallest > 0:
        raise ModelError(f"a smallest difference of {smallest} is not above zero", hint="0.20")
    higher = {name: list(parts) for name, parts in (higher_order or {}).items()}
    indicators = scored(frame, constructs, higher)
    model = {**{n: list(b) for n, b in constructs.items() if n not in _parts(higher)}, **higher}
    how: dict[str, Any] = {"estimator": estimator, "rule": rule, "partial": partial, "least": least}
    found: dict[str, Result] = {}
    for item, codes in groupings.items():
        one = _Asked(frame, indicators, item, tuple(codes), least)
        if higher:
            blocks = {name: constructs[name] for name in _parts(higher)}
            found[f"items_{item}"] = attempt("model.group_items", bound(one.items, blocks, how))
        ladder = attempt("model.invariance", bound(one.invariance, model, how))
        ask = bound(one.paths, model, list(paths), how, smallest, level)
        found[f"invariance_{item}"] = ladder
        found[f"paths_{item}"] = attempt("model.compare_paths", ask)
        found[f"means_{item}"] = attempt("model.compare_means", bound(one.means, ladder, model, level))
    return Groups(found)


def scored(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], higher: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The frame with a column for each dimension: the mean of its items where half of them are answered."""
    new = {}
    for name in _parts(higher):
        known_columns(frame, constructs[name])
        answers = frame[list(constructs[name])]
        new[name] = answers.mean(axis=1).where(answers.notna().mean(axis=1) >= ANSWERED)
    return frame.assign(**new)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One grouping: whose answers are compared, and who is left out."""

    frame: pd.DataFrame
    indicators: pd.DataFrame
    item: str
    codes: tuple[int, ...]
    least: int

    def rows(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Check]]:
        """Rows of the groups that are large enough, named `<item>.<code>`."""
        known_columns(frame, [self.item])
        by = frame[self.item]
        if self.codes:
            by = by.where(by.isin(self.codes))
        sizes = by.value_counts().sort_index()
        large = sizes.index[sizes >= self.least]
        rule = f">= {self.least} members"
        checks = [  # without the number: a small group is nobody's business
            Check(f"check.small_group:{self.item}.{word(v)}", False, math.nan, rule)
            for v in sizes.index[sizes < self.least]
        ]
        if len(large) < 2:
            raise ModelError(
                f"'{self.item}' has {len(large)} group of {self.least} respondents or more; two are needed to compare"
            )
        kept = by[by.isin(large)]
        names = kept.map({v: f"{self.item}.{word(v)}" for v in large}).astype(object)
        return frame.loc[kept.index].assign(**{self.item: names}), checks

    def items(self, blocks: Mapping[str, Sequence[str]], how: dict[str, Any]) -> Result:
        """The ladder of each first-order construct alone."""
        used, checks = self.rows(self.frame)
        rows: list[dict[str, object]] = [
            {"term": f"n:{name}", "estimate": size}
            for name, size in used[self.item].value_counts().sort_index().items()
        ]
        some = how | {"least": max(LEAST_ANSWERED, self.least * 3 // 4), "missing": "listwise"}
        for name, items in blocks.items():
            if len(items) < 3:
                continue
            try:
                ladder = climb_ladder(used, {name: items}, self.item, upto="scalar", **some)
            except ModelError as error:
                reason = str(error).partition("\n")[0]
                checks.append(Check(f"check.not_tested:{name}", False, math.nan, reason))
                continue
            for step in ladder.steps[1:]:
                holds = (1.0 if step.full else 0.5) if step.holds else 0.0
                numbers = {"holds": holds, "delta_cfi": -step.cfi_loss, "delta_rmsea": step.rmsea_gain}
                numbers["freed"] = float(len(step.freed))
                rows += [{"term": f"{q}:{name}.{step.name}", "estimate": v} for q, v in numbers.items()]
        return Result("model.group_items", tidy_frame(rows), {"n": len(used)}, tuple(checks))

    def invariance(self, model: Mapping[str, Sequence[str]], how: dict[str, Any]) -> Result:
        """The ladder of the whole measurement model."""
        used, checks = self.rows(self.indicators)
        found = invariance(used, model, self.item, **how)
        return Result(found.model, found.tidy, found.glance, (*checks, *found.checks), found.source)

    def paths(
        self,
        model: Mapping[str, Sequence[str]],
        pairs: list[tuple[str, str]],
        how: dict[str, Any],
        smallest: float,
        level: float,
    ) -> Result:
        """Paths of the groups, their differences, and what differences these groups could show."""
        used, _ = self.rows(self.indicators)
        linked = {name for pair in pairs for name in pair}
        blocks = {name: items for name, items in model.items() if name in linked}
        found = compare_paths(used, blocks, pairs, self.item, resamples=0, level=level, **how)
        sizes = {str(k): float(v) for k, v in found.select("n")["estimate"].items()}
        rows = _detectable(found, sizes, smallest, level)
        checks = tuple(c for c in found.checks if not c.name.startswith("check.invariance"))
        glance = {**found.glance, "smallest": smallest, "power": POWER}
        tidy = pd.concat([found.tidy, tidy_frame(rows)]) if rows else found.tidy
        return Result(found.model, tidy, glance, checks, found.source)

    def means(
        self,
        ladder: Result,
        model: Mapping[str, Sequence[str]],
        level: float,
    ) -> Result:
        """Means of the construct scores, if intercepts are equal enough to compare them."""
        used, _ = self.rows(self.indicators)
        holds = "holds:scalar" in ladder and ladder["holds:scalar"] > 0
        rule = "scalar invariance, at least in part (Steenkamp & Baumgartner 1998)"
        comparable = Check("check.comparable_means", holds, math.nan, rule)
        if not comparable.ok:
            return Result("model.compare_means", tidy_frame([]), {}, (comparable,))
        scores = {name: used[list(items)].mean(axis=1) for name, items in model.items()}
        found = compare_means(
            pd.DataFrame(scores).assign(**{self.item: used[self.item]}), list(scores), self.item, level=level
        )
        return Result(found.model, found.tidy, found.glance, (comparable, *found.checks), found.source)


def _detectable(
    found: Result, sizes: Mapping[str, float], smallest: float, level: float
) -> list[dict[str, object]]:
    z = float(ndtri((1 + level) / 2) + ndtri(POWER))
    rows: list[dict[str, object]] = []
    needed: dict[str, float] = {}
    for subject, row in found.select("path_difference").iterrows():
        path, _, pair = str(subject).partition("@")
        reach = z * float(row["std_error"])
        rows.append({"term": f"detectable:{subject}", "estimate": reach})
        n = [size for name, size in sizes.items() if name in _two(pair)]
        harmonic = 2 / sum(1 / size for size in n) if len(n) == 2 else math.nan
        needed[path] = np.fmax(needed.get(path, 0.0), math.ceil(harmonic * (reach / smallest) ** 2))
    return rows + [{"term": f"size_needed:{path}", "estimate": n} for path, n in needed.items()]


def _two(pair: str) -> tuple[str, str]:
    """The names in "STG.1-STG.2"."""
    item = pair.partition(".")[0]
    first, _, second = pair.partition(f"-{item}.")
    return first, f"{item}.{second}"


def _parts(higher: Mapping[str, Sequence[str]]) -> list[str]:
    return [part for parts in higher.values() for part in parts]
