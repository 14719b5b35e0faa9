"""Groups of customers that lie together: k-means, normal mixture, Ward's tree, latent class. Arrays in, labels out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError

METHODS = ("kmeans", "mixture", "ward", "latent")
STARTS = 4  # random starts of k-means; the best is taken
ROUNDS = 100
RIDGE = 1e-6  # smallest variance of a cluster, in units of the data's own


@dataclass(frozen=True, eq=False)
class Partition:
    """A partition into k groups, by centres and spreads, so that others can be put in as well.

    Attributes
    ----------
    labels : (n,) 0 .. k-1
    centres : (k, d)
    covariances : (k, d, d) within groups, or (d, d) where groups share one
    shares : (k,)
    loglik : of the normal mixture with these groups
    parameters : of that mixture
    """

    labels: np.ndarray
    centres: np.ndarray
    covariances: np.ndarray
    shares: np.ndarray
    loglik: float
    parameters: int

    @property
    def k(self) -> int:
        """Number of groups."""
        return len(self.centres)

    @property
    def bic(self) -> float:
        """-2 log L + parameters log n (Schwarz 1978); lower is better."""
        return -2 * self.loglik + self.parameters * math.log(len(self.labels))

    def memberships(self, X: np.ndarray) -> np.ndarray:
        """(m, k) probabilities of the groups; unknown values are left out, a row without any has the shares."""
        return _posterior(_log_density(X, self.centres, self.covariances) + np.log(self.shares))[0]

    def assign(self, X: np.ndarray) -> np.ndarray:
        """(m,) likeliest group of each row."""
        return self.memberships(X).argmax(axis=1)


def partition(X: np.ndarray, k: int, method: str = "kmeans", *, rng: np.random.Generator) -> Partition:
    """Put the rows of X into k groups.

    Parameters
    ----------
    X : (n, d) without missing values
    method : "kmeans" (squared distances), "mixture" (normal, own covariances), "ward" (tree of least growth of
        the squares within), "latent" (latent class with normal indicators, independent within a class)

    Source
    ------
    Lloyd, S. (1982). IEEE Trans. Information Theory 28, 129-137; Arthur, D. & Vassilvitskii, S. (2007). SODA (starts).
    Ward, J. H. (1963). JASA 58, 236-244. McLachlan, G. & Peel, D. (2000). Finite Mixture Models.
    Vermunt, J. K. & Magidson, J. (2002). Latent class cluster analysis. In Applied Latent Class Analysis.
    """
    if k == 1:
        return _shared(X, np.zeros(len(X), dtype=int), 1)
    make: dict[str, Callable[[], Partition]] = {
        "kmeans": lambda: _shared(X, _kmeans(X, k, rng), k),
        "ward": lambda: _shared(X, _ward(X, k), k),
        "mixture": lambda: _mixture(X, k, rng),
        "latent": lambda: _latent(X, k, rng),
    }
    return make[method]()


def _kmeans(X: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Labels of the best of some starts."""
    best, least = np.zeros(len(X), dtype=int), math.inf
    square = (X**2).sum(axis=1)
    for _ in range(STARTS):
        C = _spread_starts(X, square, k, rng)
        labels = np.full(len(X), -1)
        for _ in range(ROUNDS):
            D = square[:, None] - 2 * X @ C.T + (C**2).sum(axis=1)
            new = D.argmin(axis=1)
            if (new == labels).all():
                break
            labels = new
            size = np.bincount(labels, minlength=k)
            sums = np.stack([np.bincount(labels, X[:, j], k) for j in range(X.shape[1])], axis=1)
            lonely = D.min(axis=1).argsort()[::-1][:k]  # an empty group starts again at the worst placed row
            C = np.where(size[:, None] > 0, sums / np.maximum(size, 1)[:, None], X[lonely])
        inertia = float(D[np.arange(len(X)), labels].sum())
        if inertia < least - 1e-12:
            best, least = labels, inertia
    return best


def _spread_starts(X: np.ndarray, square: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Starting centres drawn with chances by squared distance to those chosen so far (k-means++)."""
    chosen = [int(rng.integers(len(X)))]
    near = np.full(len(X), np.inf)
    for _ in range(k - 1):
        c = X[chosen[-1]]
        near = np.minimum(near, np.maximum(square - 2 * X @ c + c @ c, 0))
        total = near.sum()
        draw = rng.random() * total
        chosen.append(int(np.searchsorted(np.cumsum(near), draw)) if total > 0 else int(rng.integers(len(X))))
    return X[np.minimum(chosen, len(X) - 1)]


def _ward(X: np.ndarray, k: int) -> np.ndarray:
    from scipy.cluster.hierarchy import fcluster, linkage

    return np.asarray(fcluster(linkage(X, "ward"), k, "maxclust"), dtype=int) - 1


def _shared(X: np.ndarray, labels: np.ndarray, k: int) -> Partition:
    """A partition as a mixture whose groups share one covariance; likelihood of the mixture at its means."""
    labels = np.unique(labels, return_inverse=True)[1]
    k = int(labels.max()) + 1
    n, d = X.shape
    size = np.bincount(labels, minlength=k)
    centres = np.stack([np.bincount(labels, X[:, j], k) for j in range(d)], axis=1) / size[:, None]
    rest = X - centres[labels]
    covariance = rest.T @ rest / n + RIDGE * np.eye(d)
    shares = size / n
    R, loglik = _posterior(_log_density(X, centres, covariance) + np.log(shares))
    nearest = R.argmax(axis=1)  # so that a row is put where `assign` would put it
    labels = nearest if len(np.unique(nearest)) == k else labels
    return Partition(labels, centres, covariance, shares, loglik, k * d + d * (d + 1) // 2 + k - 1)


def _mixture(X: np.ndarray, k: int, rng: np.random.Generator) -> Partition:
    """Normal mixture with a covariance of its own for each group, by EM from a k-means start."""
    n, d = X.shape
    labels = _kmeans(X, k, rng)
    R = np.eye(k)[labels]
    last = -math.inf
    floor = RIDGE * np.eye(d)
    loglik = last
    for _ in range(200):
        size = R.sum(axis=0) + 1e-10
        centres = R.T @ X / size[:, None]
        rest = X[:, None, :] - centres
        V = np.einsum("nk,nki,nkj->kij", R, rest, rest, optimize=True) / size[:, None, None] + floor
        R, loglik = _posterior(_log_density(X, centres, V) + np.log(size / n))
        if loglik - last < 1e-6 * n:
            break
        last = loglik
    size = R.sum(axis=0)
    return Partition(R.argmax(axis=1), centres, V, size / n, loglik, k * (d + d * (d + 1) // 2) + k - 1)


def _latent(X: np.ndarray, k: int, rng: np.random.Generator) -> Partition:
    """Latent class model with normal indicators by stepmix."""
    try:
        from stepmix import StepMix
    except ImportError:
        raise ModelError(
            "latent classes need the package stepmix, which is not installed",
            hint="pip install crmlab[latent]",
        ) from None
    model = StepMix(
        k, measurement="gaussian_diag", n_init=STARTS, random_state=int(rng.integers(2**31)), progress_bar=0, verbose=0
    )  # fmt: skip
    model.fit(X)
    labels = np.asarray(model.predict(X), dtype=int)
    R = np.asarray(model.predict_proba(X))
    size = R.sum(axis=0) + 1e-10
    centres = R.T @ X / size[:, None]
    variances = np.maximum(R.T @ X**2 / size[:, None] - centres**2, RIDGE)
    V = np.stack([np.diag(v) for v in variances])
    shares = size / size.sum()
    loglik = _posterior(_log_density(X, centres, V) + np.log(shares))[1]
    return Partition(labels, centres, V, shares, loglik, 2 * k * X.shape[1] + k - 1)


def _log_density(X: np.ndarray, centres: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(n, k) log normal densities; each row by its known values alone."""
    known = ~np.isnan(X)
    if known.all():
        return _whole_density(X, centres, covariances)
    found = np.zeros((len(X), len(centres)))
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    which = which.ravel()
    for place, pattern in enumerate(patterns):
        if pattern.any():
            rows, keep = which == place, np.flatnonzero(pattern)
            V = covariances[..., keep[:, None], keep]
            found[rows] = _whole_density(X[np.ix_(rows, keep)], centres[:, keep], V)
    return found


def _whole_density(X: np.ndarray, centres: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    d = X.shape[1]
    if covariances.ndim == 2:
        L = np.linalg.cholesky(covariances)
        Z, M = np.linalg.solve(L, X.T).T, np.linalg.solve(L, centres.T).T
        square = (Z**2).sum(axis=1)[:, None] - 2 * Z @ M.T + (M**2).sum(axis=1)
        return np.asarray(-0.5 * (square + d * math.log(2 * math.pi)) - np.log(np.diag(L)).sum())
    L = np.linalg.cholesky(covariances)
    half = np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    Z = np.linalg.solve(L, (X[None] - centres[:, None]).transpose(0, 2, 1))
    return np.asarray(-0.5 * ((Z**2).sum(axis=1).T + d * math.log(2 * math.pi)) - half)


def _posterior(logs: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities of the groups, and the log likelihood, from log densities plus log shares."""
    top = logs.max(axis=1, keepdims=True)
    weight = np.exp(logs - top)
    total = weight.sum(axis=1, keepdims=True)
    return weight / total, float((np.log(total) + top).sum())
