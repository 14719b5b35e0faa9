"""Fornell and Larcker's table: does a construct share more with its items than with other constructs?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block


def fornell_larcker(ave: Mapping[str, float], cor: pd.DataFrame) -> Result:
    """Is the root of each construct's AVE above its correlations with the others?

    Parameters
    ----------
    ave : construct -> average variance extracted; NaN for a single item or a formative construct
    cor : correlations of the constructs, with their names on both sides

    Returns
    -------
    Result
        `root_ave:<A>`, `cor:<A>~<B>` in the order of `ave`, and `margin:<A>~<B>`: the smaller root minus the
        size of the correlation. A pair whose margin is not positive is a failed check, and a NaN is not judged.

    Notes
    -----
    The criterion rarely notices that two constructs are one (Henseler, Ringle & Sarstedt 2015): see `htmt`.

    Source
    ------
    Fornell, C. & Larcker, D. F. (1981). Journal of Marketing Research 18(1), 39-50.
    """
    names = list(ave)
    _admit(ave, cor)
    pairs = list(combinations(names, 2))
    root = {name: math.sqrt(ave[name]) for name in names}
    R = cor.loc[names, names].to_numpy(dtype=float)
    r = R[np.triu_indices(len(names), 1)]
    margin = [
        float(np.minimum(root[a], root[b])) - abs(value) for (a, b), value in zip(pairs, r, strict=True)
    ]
    rule = "> 0: root of AVE above the correlation (Fornell & Larcker 1981; superseded by HTMT)"
    checks = tuple(
        Check(f"check.fornell_larcker:{a}~{b}", False, value, rule)
        for (a, b), value in zip(pairs, margin, strict=True)
        if value <= 0
    )
    subjects = [f"{a}~{b}" for a, b in pairs]
    tidy = pd.concat(
        [
            tidy_block("root_ave", names, list(root.values())),
            tidy_block("cor", subjects, r),
            tidy_block("margin", subjects, margin),
        ]
    )
    source = source_of(cor.loc[names, names].assign(ave=pd.Series(dict(ave))))
    return Result("model.fornell_larcker", tidy, {"constructs": len(names)}, checks, source)


def _admit(ave: Mapping[str, float], cor: pd.DataFrame) -> None:
    if len(ave) < 2:
        raise ModelError(f"Fornell-Larcker compares constructs, but {len(ave)} is given")
    for name, value in ave.items():
        if name not in cor.index or name not in cor.columns:
            raise ModelError(f"Fornell-Larcker: construct '{name}' has an AVE but no correlations")
        if not (math.isnan(value) or 0 <= value <= 1):
            raise ModelError(f"Fornell-Larcker: the AVE of '{name}' is {value:g}, not a share from 0 to 1")
    names = list(ave)
    R = cor.loc[names, names].to_numpy(dtype=float)
    wrong = np.argwhere(~(np.abs(R) <= 1 + 1e-12) | ~(np.abs(R - R.T) <= 1e-9))
    if len(wrong):
        i, j = wrong[0]
        raise ModelError(
            f"Fornell-Larcker: {R[i, j]:g} between '{names[i]}' and '{names[j]}' is not a correlation",
            hint="give the full symmetric matrix",
        )
