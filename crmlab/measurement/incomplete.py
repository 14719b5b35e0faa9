"""Means and covariances of answers with holes: the likeliest ones, and what each row adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.moments import on_grid
from crmlab.sem.missing import information, patterns, saturated, scores

TIED = 1e-10  # smallest eigenvalue of correlations without an exact tie


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Means (p,), covariances (p, p; divisor n), correlations (p, p), and whether the search for them settled."""

    mean: np.ndarray
    cov: np.ndarray
    correlation: np.ndarray
    converged: bool = True


def plain(X: np.ndarray) -> Moments:
    """Of answers without holes (n, p)."""
    mean = X.mean(axis=0)
    D = np.where(np.ptp(X, axis=0) > 0, X - mean, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):  # an item without variance correlates with nothing
        Z = D / np.sqrt((D**2).sum(axis=0))
        R = Z.T @ Z
    return Moments(mean, D.T @ D / len(X), _symmetric(R))


def likeliest(X: np.ndarray, items: Sequence[str]) -> Moments:
    """Of answers with holes: the normal likelihood at its maximum.

    An item that does not vary is taken as that constant throughout.

    Raises
    ------
    ModelError
        An item without answers, two that nobody answered together, or a singular covariance matrix.
    """
    p = X.shape[1]
    seen = ~np.isnan(X)
    empty = np.flatnonzero(~seen.any(axis=0))
    if empty.size:
        raise ModelError(f"item '{items[empty[0]]}' has no answers at all", hint="leave it out")
    moves = np.flatnonzero(np.nanmax(X, axis=0) > np.nanmin(X, axis=0))
    mean, cov = np.nanmean(X, axis=0), np.zeros((p, p))
    converged = True
    if moves.size:
        names = tuple(items[int(j)] for j in moves)
        _untied(X[:, moves], names)
        found = saturated(patterns(X[:, moves]), names)
        mean[moves], cov[np.ix_(moves, moves)], converged = found.mean, found.cov, found.converged
    root = np.sqrt(np.diag(cov))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Moments(mean, cov, _symmetric(cov / np.outer(root, root)), converged)


def influence(X: np.ndarray, moments: Moments) -> np.ndarray:
    """(n, p + p(p+1)/2): each row's influence on mean and covariance, in standard deviations; rows have answers.

    The covariance itself is added to its influence, so that the mean of the rows are the moments about the mean,
    as with the products of complete answers.

    Notes
    -----
    I^-1 s_i, s_i the row's score and I the observed information per row, in (mean, vech(cov)).
    """
    data = patterns(X)
    mean, cov = moments.mean, moments.cov
    inverse = np.linalg.inv(information(mean, cov, data))
    F = scores(mean, cov, data) @ ((inverse + inverse.T) / 2)
    p = len(mean)
    a, b = np.triu_indices(p)
    sd = np.sqrt(np.diag(cov))
    F[:, p:] += cov[a, b]
    return on_grid(F / np.concatenate([sd, sd[a] * sd[b]]))


def _untied(X: np.ndarray, items: Sequence[str]) -> None:
    """Refuse items that are an exact sum or copy of others in the rows that answered them all."""
    whole = X[~np.isnan(X).any(axis=1)]
    if len(whole) <= X.shape[1]:
        return
    Z = whole - whole.mean(axis=0)
    Z = Z / np.maximum(np.sqrt((Z**2).sum(axis=0)), 1e-300)
    values, vectors = np.linalg.eigh(Z.T @ Z)
    if values[0] < TIED and (np.ptp(whole, axis=0) > 0).all():
        tied = ", ".join(f"'{items[j]}'" for j in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)[:5])
        raise ModelError(
            f"an exact tie runs through {tied} wherever all are answered",
            hint="leave out an item that is a sum or a copy of others",
        )


def _symmetric(R: np.ndarray) -> np.ndarray:
    R = (R + R.T) / 2
    np.fill_diagonal(R, np.where(np.isnan(np.diag(R)), np.nan, 1.0))
    return R
