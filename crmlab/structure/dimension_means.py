"""Do groups differ in single dimensions? Means of each, where its items mean the same to all groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.differences import compare_means
from crmlab.structure.group_asked import Asked

ANSWERED = 0.5  # share of a dimension's items that must be answered for it to have a score
RULE = "equal loadings and intercepts, at least in part (Steenkamp & Baumgartner 1998)"


def dimension_means(one: Asked, ladder: Result, dimensions: Mapping[str, Sequence[str]]) -> Result:
    """How far do the groups lie apart in each dimension?

    Parameters
    ----------
    one : the grouping
    ladder : `items` of the grouping: how far each dimension alone is invariant
    dimensions : first-order construct -> items

    Returns
    -------
    Result
        As `compare_means`, of the means of items; Holm's p is over the dimensions compared. A dimension whose loadings
        or intercepts differ, or whose items were too few to test that, is left out with the failed check
        `comparable_dimension`.
    """
    used = one.rows().of(one.frame)
    alike = [name for name in dimensions if _holds(ladder, f"holds:{name}.scalar")]
    checks = [
        Check(f"check.comparable_dimension:{name}", False, math.nan, RULE)
        for name in dimensions
        if name not in alike
    ]
    if not alike:
        return Result("model.compare_means", tidy_frame([]), {}, tuple(checks))
    answers = {name: used[list(dimensions[name])] for name in alike}
    scores = {n: a.mean(axis=1).where(a.notna().mean(axis=1) >= ANSWERED) for n, a in answers.items()}
    frame = used[[one.item]].assign(**scores)
    found = compare_means(frame, alike, one.item, level=one.level)
    return Result(found.model, found.tidy, found.glance, (*checks, *found.checks), found.source)


def _holds(ladder: Result, term: str) -> bool:
    return term in ladder and ladder[term] > 0
