"""Thresholds and polychoric correlations of ordinal items, with their joint asymptotic covariance.

First step: thresholds of each ordinal variable, mean and variance of each numeric one. Second step: each
correlation by maximum likelihood with the first step held. Both steps solve estimating equations, and their
casewise scores give the asymptotic covariance of everything at once (`crmlab.sem.ordinal_nacov`).

Source
------
Muthén, B. (1984). Psychometrika 49(1), 115-132.
Olsson, U. (1979). Psychometrika 44(4), 443-460.
Olsson, U., Drasgow, F. & Dorans, N. J. (1982). Psychometrika 47(3), 337-347.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError
from crmlab.result import Check
from crmlab.sem.ordinal_nacov import second_step
from crmlab.sem.ordinal_step import FirstStep, first_step

SPARSE = 5  # a category with fewer answers leaves its threshold to chance


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalStats:
    """The sample statistics that categorical least squares is fitted to.

    Attributes
    ----------
    n : cases (with pairwise deletion: cases with any answer)
    thresholds : one array per ordered variable, in variable order
    mean : (p,) means of numeric variables, 0 for ordered ones
    variance : (p,) variances (divisor n) of numeric variables, 1 for ordered ones
    R : (p, p) polychoric, polyserial and product-moment correlations on the scale of `variance`:
        covariances wherever a numeric variable takes part
    stats : (k,) thresholds and means in variable order, then the variances of numeric variables, then the
        elements below the diagonal of R column by column. Means have their own sign (lavaan stores -mean).
    gamma : (k, k) asymptotic covariance of sqrt(n) * stats
    labels : names of the k statistics, "u1|t1", "x~1", "x~~x", "u1~~u2"
    categories : one array per ordered variable: the codes that became categories 1, 2, ...
    counts : one array per ordered variable: how many answered each category
    empty_cells : (p, p) number of empty cells in the table of each ordinal pair
    checks : sparse categories, empty cells filled in 2 x 2 tables, positive definiteness
    """

    n: int
    thresholds: tuple[np.ndarray, ...]
    mean: np.ndarray
    variance: np.ndarray
    R: np.ndarray
    stats: np.ndarray
    gamma: np.ndarray
    labels: tuple[str, ...]
    categories: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]
    empty_cells: np.ndarray
    checks: tuple[Check, ...]


def statistics(
    Y: np.ndarray,
    ordered: Sequence[bool] | np.ndarray,
    *,
    names: Sequence[str] | None = None,
    categories: Sequence[Sequence[float] | np.ndarray] | None = None,
    pairwise: bool = False,
    group: str = "",
) -> OrdinalStats:
    """Two-step statistics of ordinal and numeric variables.

    Parameters
    ----------
    Y : array, shape (n, p), codes and numbers; NaN only with `pairwise`
    ordered : shape (p,), which variables are ordinal
    names : of the variables, for labels and messages; "y1", "y2", ... without
    categories : for each ordered variable the codes it may take, in ascending order; those present
        without. Hand over the codes of the whole sample to compare groups: then a category that is empty
        in one group is an error and not, silently, one threshold fewer.
    pairwise : use for each threshold and each correlation all cases that have the answers
    group : its label, for messages

    Returns
    -------
    OrdinalStats

    Raises
    ------
    ModelError
        An item with one answer only, an empty category, a code not among `categories`, a pair whose
        likelihood has no maximum inside (-1, 1) (one item determines the other), a missing value
        without `pairwise`.

    Notes
    -----
    A 2 x 2 table with one empty cell is given 0.5 there with its margins kept, as lavaan does by
    default; the pair is named in `checks`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.standard_normal((500, 1)) + rng.standard_normal((500, 3))
    >>> s = statistics(np.digitize(x, [-1, 1]), [True, True, True])
    >>> s.labels[0], s.labels[-1], s.gamma.shape
    ('y1|t1', 'y2~~y3', (9, 9))
    """
    Y = np.asarray(Y, dtype=float)
    ordered = np.asarray(ordered, dtype=bool)
    words = tuple(names) if names is not None else tuple(f"y{j + 1}" for j in range(Y.shape[1]))
    where = f" in group '{group}'" if group else ""
    if np.isnan(Y).any() and not pairwise:
        bad = words[int(np.isnan(Y).any(axis=0).argmax())]
        raise ModelError(
            f"'{bad}' has missing answers{where}", hint='missing="listwise" or missing="pairwise"'
        )
    Y = Y[~np.isnan(Y).all(axis=1)]
    first = first_step(Y, ordered, words, categories, where)
    second = second_step(first)
    insist(second.converged, second.pairs, words, where)
    R = np.diag(first.variance)
    for (a, b), value in zip(second.pairs, second.covariance, strict=True):
        R[a, b] = R[b, a] = value
    pairs = tuple(f"{words[b]}~~{words[a]}" for a, b in second.pairs)
    return OrdinalStats(
        n=len(Y),
        thresholds=first.thresholds,
        mean=first.mean,
        variance=first.variance,
        R=R,
        stats=np.concatenate([first.stats, second.covariance]),
        gamma=second.influence.T @ second.influence / len(Y),
        labels=first.labels + pairs,
        categories=first.categories,
        counts=first.counts,
        empty_cells=second.empty,
        checks=verdicts(first, R, words, second.filled, where),
    )


def insist(converged: np.ndarray, pairs: np.ndarray, names: tuple[str, ...], where: str) -> None:
    """Every correlation has a maximum inside (-1, 1)."""
    if converged.all():
        return
    bad = [f"'{names[b]}' and '{names[a]}'" for a, b in pairs[~converged]]
    more = f" and {len(bad) - 1} more pairs" if len(bad) > 1 else ""
    raise ModelError(
        f"no correlation can be estimated for {bad[0]}{more}{where}: one determines the other, "
        "or they have no common answers",
        hint="drop one of the two items, or join rare categories",
    )


def verdicts(
    first: FirstStep, R: np.ndarray, names: tuple[str, ...], filled: list[tuple[int, int]], where: str
) -> tuple[Check, ...]:
    """What a reader of the fit should know about the answers."""
    found = []
    for variable, counts in zip(np.flatnonzero(first.ordered), first.counts, strict=True):
        if counts.min() < SPARSE:
            found.append(
                Check(
                    f"check.category_sparse:{names[variable]}",
                    False,
                    counts.min(),
                    f">= {SPARSE} answers in every category{where}",
                )
            )
    for a, b in filled:
        rule = f"no empty cell in a 2 x 2 table{where}; 0.5 was put in"
        found.append(Check(f"check.cell_empty:{names[b]},{names[a]}", False, 0.0, rule))
    scale = np.sqrt(np.diag(R))
    smallest = float(np.linalg.eigvalsh(R / np.outer(scale, scale))[0])
    rule = f"> 0: smallest eigenvalue of the polychoric matrix{where}"
    found.append(Check("check.polychoric_positive_definite", smallest > 0, smallest, rule))
    return tuple(found)
