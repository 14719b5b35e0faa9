"""The first step of categorical estimation: one variable at a time, with casewise scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError
from crmlab.sem.polychoric import thresholds


@dataclass(frozen=True, slots=True, eq=False)
class FirstStep:
    """Thresholds, means and variances.

    Attributes
    ----------
    ordered : (p,) which variables are ordinal
    z : (n, p) numeric variables standardised, NaN if missing or ordinal
    codes : (n, p) categories from 0, -1 if missing or numeric
    mean, variance : (p,)
    thresholds, categories, counts : one array per ordered variable
    tau : (p, C - 1) thresholds padded with +inf
    widths : (p,) numbers of categories, 0 if numeric
    stats, labels : the q statistics: thresholds and means in variable order, then variances
    columns : (p, max(C - 1, 2)) where a variable's statistics stand among the q; q where it has fewer.
        A numeric variable's are its mean and its variance.
    scores : (n, q) casewise derivatives of each variable's own log-likelihood, zero where missing
    """

    ordered: np.ndarray
    z: np.ndarray
    codes: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    thresholds: tuple[np.ndarray, ...]
    categories: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]
    tau: np.ndarray
    widths: np.ndarray
    stats: np.ndarray
    labels: tuple[str, ...]
    columns: np.ndarray
    scores: np.ndarray


def first_step(
    Y: np.ndarray,
    ordered: np.ndarray,
    names: tuple[str, ...],
    categories: Sequence[Sequence[float] | np.ndarray] | None,
    where: str,
) -> FirstStep:
    """Univariate maximum likelihood: see `crmlab.sem.ordinal.statistics` for the arguments."""
    n, p = Y.shape
    items = np.flatnonzero(ordered)
    given = [None] * len(items) if categories is None else list(categories)
    sorted_codes = tuple(_categories(Y[:, j], names[j], g, where) for j, g in zip(items, given, strict=True))
    codes = np.full((n, p), -1)
    counts = []
    for j, known in zip(items, sorted_codes, strict=True):
        answered = ~np.isnan(Y[:, j])
        codes[answered, j] = np.searchsorted(known, Y[answered, j])
        counts.append(np.bincount(codes[answered, j], minlength=len(known)))
        _no_empty(counts[-1], known, names[j], where)
    cuts = tuple(thresholds(c) for c in counts)
    numeric = np.where(ordered, np.nan, Y)
    mean, variance = _moments(numeric, ordered, names, where)
    widths = np.zeros(p, dtype=int)
    widths[items] = [len(c) for c in counts]
    tau = np.full((p, max(int(widths.max(initial=2)) - 1, 1)), np.inf)
    for j, cut in zip(items, cuts, strict=True):
        tau[j, : len(cut)] = cut
    z = (numeric - mean) / np.sqrt(variance)
    columns, labels = _layout(ordered, widths, names)
    stats, scores = _scores(z, codes, tau, mean, variance, widths, columns, len(labels))
    return FirstStep(
        ordered, z, codes, mean, variance, cuts, sorted_codes, tuple(counts), tau, widths, stats, labels,
        columns, scores,
    )  # fmt: skip


def _categories(
    y: np.ndarray, name: str, known: Sequence[float] | np.ndarray | None, where: str
) -> np.ndarray:
    present = np.unique(y[~np.isnan(y)])
    codes = present if known is None else np.unique(np.asarray(known, dtype=float))
    strange = np.setdiff1d(present, codes)
    if strange.size:
        raise ModelError(f"'{name}' has the answer {strange[0]:g}{where}, which is none of its categories")
    if len(codes) < 2:
        raise ModelError(
            f"'{name}' has one answer only{where}", hint="a constant item measures nothing: drop it"
        )
    return codes


def _no_empty(counts: np.ndarray, codes: np.ndarray, name: str, where: str) -> None:
    if (counts == 0).any():
        empty = ", ".join(f"{code:g}" for code in codes[counts == 0])
        raise ModelError(
            f"'{name}': nobody gave the answer {empty}{where}",
            hint="join this category with its neighbour, in all groups",
        )


def _moments(
    numeric: np.ndarray, ordered: np.ndarray, names: tuple[str, ...], where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (divisor n) of each numeric variable; 0 and 1 for the ordinal ones."""
    mean, variance = np.zeros(len(ordered)), np.ones(len(ordered))
    for j in np.flatnonzero(~ordered):
        y = numeric[~np.isnan(numeric[:, j]), j]
        mean[j], variance[j] = (y.mean(), y.var()) if y.size else (0.0, 0.0)
        if not variance[j] > 0:
            raise ModelError(
                f"'{names[j]}' does not vary{where}", hint="a constant measures nothing: drop it"
            )
    return mean, variance


def _layout(
    ordered: np.ndarray, widths: np.ndarray, names: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where each variable's statistics stand, and their names."""
    p = len(ordered)
    heads = [[f"{names[j]}|t{c}" for c in range(1, widths[j])] or [f"{names[j]}~1"] for j in range(p)]
    starts = np.concatenate([[0], np.cumsum([len(head) for head in heads])])
    numeric = np.flatnonzero(~ordered)
    q = int(starts[-1]) + len(numeric)
    columns = np.full((p, max(int(widths.max(initial=0)) - 1, 2)), q)
    for j in range(p):
        columns[j, : len(heads[j])] = starts[j] + np.arange(len(heads[j]))
    columns[numeric, 1] = starts[-1] + np.arange(len(numeric))
    labels = [label for head in heads for label in head] + [f"{names[j]}~~{names[j]}" for j in numeric]
    return columns, tuple(labels)


def _scores(
    z: np.ndarray,
    codes: np.ndarray,
    tau: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    widths: np.ndarray,
    columns: np.ndarray,
    q: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The q statistics and their casewise scores.

    Ordinal: d log pi_c / d tau_a = phi(tau_a) / pi_c for the category below the threshold, minus that for
    the one above. Numeric: z / sd for the mean, (z^2 - 1) / (2 variance) for the variance.
    """
    n, p = codes.shape
    stats, scores = np.zeros(q + 1), np.zeros((n, q + 1))
    for j in range(p):
        at = columns[j]
        if widths[j] == 0:
            sd = np.sqrt(variance[j])
            stats[at[:2]] = mean[j], variance[j]
            scores[:, at[0]] = np.nan_to_num(z[:, j]) / sd
            scores[:, at[1]] = np.nan_to_num((z[:, j] ** 2 - 1) / (2 * variance[j]))
            continue
        t = widths[j] - 1
        stats[at[:t]] = tau[j, :t]
        answered = codes[:, j] >= 0
        share = np.bincount(codes[answered, j], minlength=t + 1) / answered.sum()
        density = np.exp(-(tau[j, :t] ** 2) / 2) / np.sqrt(2 * np.pi)
        table = np.zeros((t, t + 2))  # the last column is read by the code -1
        table[np.arange(t), np.arange(t)] = density / share[:-1]
        table[np.arange(t), np.arange(t) + 1] = -density / share[1:]
        scores[:, at[:t]] = table[:, codes[:, j]].T
    return stats[:q], scores[:, :q]
