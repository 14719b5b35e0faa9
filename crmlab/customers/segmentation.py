"""How many groups of people are there, if any? Criteria and stability over the number of groups, and the choice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from crmlab.customers.clusters import METHODS, Partition, partition
from crmlab.customers.features import Features, spread_ties
from crmlab.customers.stability import Stability, adjusted_rand, stability
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

STABLE = 0.75  # Hennig (2007): groups below are not to be trusted
HEAP = 0.10  # p of one heap up to which two groups stand apart
SAMPLE = 3000  # people from which groups are found; the others are put into them
SILHOUETTE = 2000  # people from which the silhouette is computed
FEWEST = 30
RULE = f">= {STABLE} for every group (Hennig 2007), adjusted Rand >= {STABLE}, and no two groups one heap (dip test, p <= {HEAP:.2f})"


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Groups of people, if there are any.

    Attributes
    ----------
    result : criteria and stability of each number of groups, and the choice
    labels : (n,) 0 .. k-1; all 0 where there are no groups; -1 for people of whom nothing is known
    part : the partition that was chosen; of one group where there are none
    steady : stability of the chosen partition; None for one group
    """

    result: Result
    labels: np.ndarray
    part: Partition
    steady: Stability | None

    @property
    def k(self) -> int:
        """Number of groups; 1 says that there are none."""
        return self.part.k


def segment(
    what: Features, *, method: str = "kmeans", number: int | None = None, most: int = 6, resamples: int = 20,
    stable: float = STABLE, seed: int = 0, source: dict[str, str] | None = None,
) -> Segmentation:  # fmt: skip
    """Find groups that would be found again, or say that there are none.

    Parameters
    ----------
    what : the people's features; rows with blanks do not find groups but are put into one by what is known
    method : see `partition`
    number : of groups, to have that many whether they are stable or not
    most : the largest number tried
    resamples : bootstrap samples for each number
    stable : least mean Jaccard index of every group over the resamples, and least adjusted Rand index

    Returns
    -------
    Segmentation
        `result`: `bic:<k>` (k = 1 too), `silhouette`, `rand`, `jaccard` (of the weakest group), `heap` (largest p that
        two neighbouring groups are one heap), `stable` (0 or 1), `chosen`, each `:<k>`; glance `n`, `sampled`, `blank`,
        `number` (1: no stable groups). The failed check `stable_clusters` says that there are none.

    Notes
    -----
    Of the numbers of groups that are stable and stand apart, the one of lowest BIC is taken. Structureless people of
    any one heap (normal, skewed, flat, with long tails) have no groups that stand apart, however steadily an
    algorithm cuts them. The people are sorted before anything is drawn, so that their order does not matter.

    Source
    ------
    Hennig (2007), Dolnicar & Leisch (2010), Hartigan & Hartigan (1985): see `stability`. Rousseeuw, P. J. (1987).
    Journal of Computational and Applied Mathematics 20, 53-65 (silhouette).
    """
    _admit(what, method, number, most, resamples)
    rng = np.random.default_rng(seed)
    whole = ~np.isnan(what.X).any(axis=1)
    X = spread_ties(_sampled(what.X[whole], rng), rng)
    tried = [number] if number else [k for k in range(2, most + 1) if len(X) >= k * FEWEST / 2]
    one = partition(X, 1, rng=rng)
    rows: list[dict[str, object]] = [{"term": "bic:1", "estimate": one.bic}]
    found: list[tuple[Partition, Stability | None, bool]] = []
    for k in tried:
        part = partition(X, k, method, rng=rng)
        if part.k < k:
            continue
        steady = stability(X, part, method, resamples=resamples, rng=rng)
        good = bool(
            steady.jaccard.min() >= stable and steady.rand.mean() >= stable and steady.apart.max() <= HEAP
        )
        rows += _told(X, part, steady, good, rng)
        found.append((part, steady, good))
    usable = [one for one in found if one[2] or number]
    none: tuple[Partition, Stability | None, bool] = (one, None, False)
    part, held, good = min(usable, key=lambda each: each[0].bic) if usable else none
    rows += [{"term": f"chosen:{each[0].k}", "estimate": float(each[0] is part)} for each in found]
    check = Check("check.stable_clusters", good, float(part.k) if good else math.nan, RULE)
    glance: dict[str, float] = {
        "n": len(what.X),
        "sampled": len(X),
        "blank": int((~whole).sum()),
        "number": part.k,
        "resamples": resamples,
    }
    labels = part.assign(what.X)
    labels[np.isnan(what.X).all(axis=1)] = -1
    result = Result(
        "model.segments_choice", tidy_frame(rows), glance, (check,), dict(source or {}) | {"seed": str(seed)}
    )
    return Segmentation(result, labels, part, held)


def compare(what: Features, found: Segmentation, methods: tuple[str, ...], seed: int = 0) -> dict[str, float]:
    """Adjusted Rand index of the chosen groups with as many groups found by other methods."""
    rng = np.random.default_rng(seed)
    X = _sampled(what.X[~np.isnan(what.X).any(axis=1)], rng)
    own = found.part.assign(X)
    return {name: adjusted_rand(own, partition(X, found.k, name, rng=rng).labels) for name in methods}


def _admit(what: Features, method: str, number: int | None, most: int, resamples: int) -> None:
    if method not in METHODS:
        raise ModelError(f"method is '{method}'; want one of {', '.join(METHODS)}")
    if most < 2 or resamples < 5 or (number is not None and number < 2):
        raise ModelError("want 2 groups or more and 5 resamples or more")
    n = int((~np.isnan(what.X).any(axis=1)).sum())
    least = max(FEWEST, 5 * (number or 2))
    if n < least:
        raise ModelError(
            f"{n} people of whom all is known are too few to look for groups", hint=f"{least} or more"
        )
    if n <= 3 * what.X.shape[1]:
        raise ModelError(f"{n} people for {what.X.shape[1]} features", hint="fewer features")


def _sampled(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The rows in an order of their own, or a sample of them."""
    X = X[np.lexsort(X.T)]
    return X if len(X) <= SAMPLE else X[np.sort(rng.choice(len(X), SAMPLE, replace=False))]


def _told(
    X: np.ndarray, part: Partition, steady: Stability, good: bool, rng: np.random.Generator
) -> list[dict[str, object]]:
    numbers = {
        "bic": part.bic, "silhouette": silhouette(X, part.labels, rng), "rand": steady.rand.mean(),
        "jaccard": steady.jaccard.min(), "heap": steady.apart.max(), "stable": float(good),
    }  # fmt: skip
    return [{"term": f"{name}:{part.k}", "estimate": value} for name, value in numbers.items()]


def silhouette(X: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> float:
    """Mean silhouette: 1 far apart, 0 touching, below 0 in the wrong group; from a sample of large data.

    s = (b - a) / max(a, b), a the mean distance to the own group, b to the nearest other one; 0 for a group of one.
    """
    if len(X) > SILHOUETTE:
        chosen = rng.choice(len(X), SILHOUETTE, replace=False)
        X, labels = X[chosen], labels[chosen]
    labels = np.unique(labels, return_inverse=True)[1]
    k = int(labels.max()) + 1
    if k < 2:
        return float("nan")
    square = (X**2).sum(axis=1)
    D = np.sqrt(np.maximum(square[:, None] - 2 * X @ X.T + square, 0))
    np.fill_diagonal(D, 0)
    member = np.eye(k)[labels]
    size = member.sum(axis=0)
    sums = D @ member
    rows = np.arange(len(X))
    own = size[labels]
    a = sums[rows, labels] / np.maximum(own - 1, 1)
    means = sums / size
    means[rows, labels] = np.inf
    b = means.min(axis=1)
    return float(np.where(own > 1, (b - a) / np.maximum(np.maximum(a, b), 1e-300), 0.0).mean())
