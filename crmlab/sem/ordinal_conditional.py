"""Statistics of ordinal and numeric variables given fixed predictors, as `ordinal.statistics` gives them without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.ordinal import OrdinalStats, insist, verdicts
from crmlab.sem.ordinal_given import given
from crmlab.sem.ordinal_step import first_step


def conditional(
    Y: np.ndarray,
    ordered: Sequence[bool] | np.ndarray,
    X: np.ndarray,
    *,
    names: tuple[str, ...],
    categories: Sequence[np.ndarray],
    pairwise: bool,
    group: str,
) -> OrdinalStats:
    """Thresholds and intercepts, slopes, residual variances, residual polychorics of Y (n, p) given X (n, k).

    Returns
    -------
    OrdinalStats
        `stats` are thresholds and intercepts in variable order, slopes variable by variable, residual variances
        of numeric variables, elements below the diagonal of R; `gamma` is their asymptotic covariance.

    Raises
    ------
    ModelError
        As `ordinal.statistics`; a numeric variable that the predictors determine.
    """
    ordered = np.asarray(ordered, dtype=bool)
    where = f" in group '{group}'" if group else ""
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(X)), X])) <= X.shape[1]:
        raise ModelError(
            f"the observed predictors are linearly dependent{where}", hint="leave one of them out"
        )
    if np.isnan(Y).any() and not pairwise:
        bad = names[int(np.isnan(Y).any(axis=0).argmax())]
        raise ModelError(
            f"'{bad}' has missing answers{where}", hint='missing="listwise" or missing="pairwise"'
        )
    step = first_step(Y, ordered, names, categories, where)
    found = given(step, Y, X, names, where)
    insist(found.converged, found.pairs, names, where)
    R = np.diag(found.variance)
    for (a, b), value in zip(found.pairs, found.covariance, strict=True):
        R[a, b] = R[b, a] = value
    mean = np.array([0.0 if o else float(head[0]) for o, head in zip(ordered, found.heads, strict=True)])
    return OrdinalStats(
        n=len(Y),
        thresholds=tuple(head for o, head in zip(ordered, found.heads, strict=True) if o),
        mean=mean,
        variance=found.variance,
        R=R,
        stats=np.concatenate(
            [*found.heads, found.slopes.ravel(), found.variance[~ordered], found.covariance]
        ),
        gamma=found.influence.T @ found.influence / len(Y),
        labels=(),
        categories=step.categories,
        counts=step.counts,
        empty_cells=np.zeros((len(names), len(names)), dtype=int),
        checks=verdicts(step, R, names, [], where),
    )
