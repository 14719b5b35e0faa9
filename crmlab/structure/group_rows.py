"""Whose answers are compared: rows of groups that are large enough, and which of their sizes may be told."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result
from crmlab.structure.columns import known_columns, word

TELL_NO_SIZE = frozenset({  # what a reader could work a number of rows out from
    "n", "left_out", "ntotal", "logl", "unrestricted.logl", "aic", "bic", "bic2", "rmsea", "chisq", "chisq.scaled",
    "fmin", "ecvi", "rmsea.scaled", "rmsea.robust",
})  # fmt: skip
ROUGH = 10  # numbers of respondents are rounded up to it where a size is hidden
FIT, FIT_DIGITS = ("rmsea", "delta_rmsea"), 2  # with its chi-square an exact RMSEA gives the number of rows


class TooFewGroups(ModelError):
    """Fewer than two groups are large enough: nothing is wrong, there is only nothing to compare."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One grouping: the groups that are compared.

    Attributes
    ----------
    place : index labels of the rows of these groups
    names : `<item>.<code>` of each of these rows
    sizes : group -> rows
    hidden : groups whose size would give that of a smaller one away
    checks : a failed `small_group` for each group that is left out
    """

    item: str
    place: pd.Index
    names: pd.Series
    sizes: dict[str, int]
    hidden: frozenset[str]
    checks: tuple[Check, ...]

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of these groups, with the names of the groups in the grouping's column."""
        return frame.loc[self.place].assign(**{self.item: self.names})


def grouped_rows(frame: pd.DataFrame, item: str, codes: Sequence[int], least: int, threshold: int) -> Rows:
    """The groups of an item with `least` rows or more; counts below `threshold` are nobody's business.

    Raises
    ------
    ModelError
        No such column; `TooFewGroups` where fewer than two groups are large enough.
    """
    known_columns(frame, [item])
    by = frame[item]
    everybody = {f"{item}.{word(value)}": int(size) for value, size in by.value_counts().sort_index().items()}
    if codes:
        by = by.where(by.isin(list(codes)))
    sizes = by.value_counts().sort_index()
    large = sizes.index[sizes >= least]
    rule = f">= {least} members"
    checks = tuple(  # without the number: a small group is nobody's business
        Check(f"check.small_group:{item}.{word(value)}", False, math.nan, rule)
        for value in sizes.index[sizes < least]
    )
    if len(large) < 2:
        raise TooFewGroups(_too_few(item, len(sizes), len(large), least))
    kept = by[by.isin(large)]
    names = kept.map({value: f"{item}.{word(value)}" for value in large}).astype(object)
    told = {f"{item}.{word(value)}": int(sizes[value]) for value in large}
    hidden = unsaid(everybody, threshold) & set(told)
    return Rows(item, kept.index, names, told, frozenset(hidden), checks)


def _too_few(item: str, known: int, large: int, least: int) -> str:
    if known < 2:
        return f"the answers to '{item}' make {known} {'group' if known == 1 else 'groups'}; two are needed to compare"
    return f"'{item}' has {large} {'group' if large == 1 else 'groups'} of {least} respondents or more; two are needed to compare"


def unsaid(counts: Mapping[str, int], threshold: int) -> set[str]:
    """Groups whose number is not told: those of fewer than `threshold`, and as many more as keep these unknown.

    Who knows the total could work out a single hidden number, so the next smallest is hidden with it, of equal
    ones the first: as in the table of who answered.
    """
    hidden = {name for name, count in counts.items() if 0 < count < threshold}
    others = sorted((name for name in counts if counts[name] >= threshold), key=lambda name: counts[name])
    while hidden and others and (len(hidden) < 2 or sum(counts[name] for name in hidden) < threshold):
        hidden.add(others.pop(0))
    return hidden


def veiled(found: Result, hidden: Collection[str], threshold: int) -> Result:
    """The result without what would tell how large the hidden groups are.

    Their `n`, `sd` and standard errors of means are left out, numbers of respondents needed are rounded up to
    tens, RMSEA to two decimals, and `glance` loses what depends on the number of rows; `threshold` stands there
    instead.
    """
    if not hidden or not len(found.tidy):
        return found
    tidy = found.tidy.copy()
    quantity = tidy["term"].str.partition(":")[0]
    theirs = tidy["term"].map(lambda term: any(str(term).endswith((f":{g}", f".{g}")) for g in hidden))
    tidy.loc[theirs & quantity.isin(["n", "sd", "share"]), "estimate"] = np.nan
    tidy.loc[theirs & quantity.isin(["mean"]), "std_error"] = np.nan
    needed = quantity == "size_needed"
    tidy.loc[needed, "estimate"] = np.ceil(tidy.loc[needed, "estimate"] / ROUGH) * ROUGH
    fit = quantity.isin(FIT)
    tidy.loc[fit, "estimate"] = tidy.loc[fit, "estimate"].round(FIT_DIGITS)
    glance = {key: value for key, value in found.glance.items() if key not in TELL_NO_SIZE}
    return Result(found.model, tidy, glance | {"hidden_below": threshold}, found.checks, found.source)
