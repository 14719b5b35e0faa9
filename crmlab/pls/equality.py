"""Is an effect the same in all groups at once? One permutation test for any number of groups."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import CHUNK, Solver, in_threads
from crmlab.pls.groups import members
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

SLACK = 1e-12  # a permutation that is the observed split counts as one as far off


def equal_effects(
    fit: PlsFit,
    by: pd.Series | Sequence[Hashable] | np.ndarray,
    *,
    n: int = 1000,
    seed: int = 0,
    quantities: Sequence[str] = ("path", "indirect"),
) -> Result:
    """Do paths (or other quantities) differ between any of the groups?

    Parameters
    ----------
    fit : the model on all rows; rows without a group are left out
    by : group of each row; see `members`
    n : permutations of group membership, over all groups at once
    seed : of the random numbers
    quantities : "path", "indirect", "total", "loading", ...

    Returns
    -------
    Result
        `equal_<quantity>:<subject>`: the statistic and its p. Too many permutations without a solution are the
        failed check `bootstrap_failed`.

    Raises
    ------
    ModelError
        Fewer than two groups or 19 permutations, a quantity that the fit does not have.

    Notes
    -----
    T = sum_g n_g (b_g - b)^2 / N, b the mean of the groups' b_g weighted by n_g; p = (1 + #{T* >= T}) / (1 + B).
    With two groups T grows with the size of their difference, and this is the permutation test of that difference.

    Source
    ------
    Chin, W. W. & Dibbern, J. (2010). In Handbook of Partial Least Squares, 171-193. Sarstedt, M., Henseler, J. &
    Ringle, C. M. (2011). Advances in International Marketing 22, 195-218 (more than two groups).
    """
    if n < 19:
        raise ModelError(f"{n} permutations are too few for a 5 % test", hint="1000")
    groups = members(fit, by)
    terms = [t for t in fit.result(*quantities).tidy["term"] if not t.startswith(("f2:", "vif:"))]
    if not terms:
        raise ModelError(f"{', '.join(quantities)} cannot be compared between groups", hint="path")
    solver = Solver.of(fit)
    label = np.full(fit.n, -1)
    for g, rows in enumerate(groups.rows):
        label[rows] = g
    inside = np.flatnonzero(label >= 0)
    size = np.array([len(rows) for rows in groups.rows], dtype=float)

    def statistic(labels: np.ndarray) -> np.ndarray:
        """(Q, B) from labels (rows in a group, B)."""
        values = []
        for g in range(len(size)):
            counts = np.zeros((fit.n, labels.shape[1]))
            counts[inside] = labels == g
            one = solver.solve(counts)
            values.append(one.values[[one.terms.index(term) for term in terms]])
        b = np.stack(values)
        weight = (size / size.sum())[:, None, None]
        return (weight * (b - (weight * b).sum(axis=0)) ** 2).sum(axis=0)

    observed = statistic(label[inside][:, None])[:, 0]
    rng = np.random.default_rng(seed)
    whole = label[inside][:, None]
    chunks = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
    drawn = [rng.permuted(np.repeat(whole, k, axis=1), axis=0) for k in chunks]
    values = np.concatenate(in_threads(statistic, iter(drawn)), axis=1)
    failed = np.isnan(values).all(axis=0)
    values = values[:, ~failed]
    p = ((values >= observed[:, None] - SLACK).sum(axis=1) + 1) / (values.shape[1] + 1)
    blocks = [
        tidy_block(f"equal_{term.partition(':')[0]}", [term.partition(":")[2]], observed[[k]], p_value=p[[k]])
        for k, term in enumerate(terms)
    ]
    lost, rule = int(failed.sum()), f"<= 1 % of {n} resamples without a solution"
    checks = (Check("check.bootstrap_failed:permutation", lost <= 0.01 * n, lost, rule),)
    glance = {"n": float(len(inside)), "permutations": float(n), "groups": float(len(size))}
    tidy = pd.concat(blocks, ignore_index=True)
    return Result("model.pls", tidy, glance, checks, fit.source | {"seed": str(seed)})
