"""How far are the items' correlations from those that the model implies? SRMR, d_ULS, d_G."""

from __future__ import annotations

import numpy as np

from crmlab.pls.solution import Solved

DISTANCES = ("srmr", "d_uls", "d_g")
MODELS = ("saturated", "estimated")


def implied(solved: Solved, model: str) -> np.ndarray:
    """(p, p, B) correlations of the items that the model implies.

    A construct in mode A is taken as a common factor (its items correlate by the product of their
    loadings), in modes B and unit as a composite (its items correlate as observed). "saturated": the
    constructs correlate as estimated; "estimated": as their paths imply. As cSEM and ADANCO have it.
    """
    stage, loadings = solved.stage, solved.loadings
    c = solved.c if model == "saturated" else path_implied(solved)
    home = stage.home
    sigma = loadings[:, None] * loadings * c[np.ix_(home, home)]
    for mode, block in zip(stage.modes, stage.blocks, strict=True):
        if mode != "A":
            sigma[block, block] = solved.R[block, block]
    diagonal = np.arange(len(home))
    sigma[diagonal, diagonal] = 1.0
    return sigma


def path_implied(solved: Solved) -> np.ndarray:
    """(J, J, B) correlations of the constructs that follow from the paths; exogenous ones as estimated."""
    stage, beta = solved.stage, solved.standard_beta
    c = solved.c.copy()
    placed = [j for j in range(len(stage.names)) if not stage.sources[j]]
    while len(placed) < len(stage.names):
        for j in range(len(stage.names)):
            if j not in placed and set(stage.sources[j]) <= set(placed):
                sources = list(stage.sources[j])
                c[j, placed] = np.einsum("sb,spb->pb", beta[sources, j], c[np.ix_(sources, placed)])
                c[placed, j] = c[j, placed]
                placed.append(j)
    return c


def distances(R: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """(3, B) SRMR, d_ULS and d_G of observed R and implied sigma, (p, p, B).

    SRMR = sqrt(2 sum_{i<=j} (r_ij - s_ij)^2 / (p (p + 1))); d_ULS = 1/2 sum_ij (r_ij - s_ij)^2;
    d_G = 1/2 sum (log eigenvalues of R^-1 sigma)^2, NaN where one of the two is not positive definite.

    Source
    ------
    Dijkstra, T. K. & Henseler, J. (2015). CSDA 81, 10-23, section 2.4; Hu, L. & Bentler, P. M. (1998).
    Psychological Methods 3, 424-453 (SRMR).
    """
    p = R.shape[0]
    d_uls = 0.5 * ((R - sigma) ** 2).sum(axis=(0, 1))
    return np.array([np.sqrt(2 * d_uls / (p * (p + 1))), d_uls, geodesic(R, sigma)])


def geodesic(R: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """(B,) geodesic distance of two positive definite matrices, (p, p, B)."""
    R, sigma = R.transpose(2, 0, 1), sigma.transpose(2, 0, 1)
    fine = np.isfinite(R).all(axis=(1, 2)) & np.isfinite(sigma).all(axis=(1, 2))
    out = np.full(len(R), np.nan)
    values, vectors = np.linalg.eigh(R[fine])
    positive = values[:, 0] > 1e-12
    root = vectors[positive] / np.sqrt(values[positive])[:, None]
    roots = np.linalg.eigvalsh(root.transpose(0, 2, 1) @ sigma[fine][positive] @ root)
    good = roots[:, 0] > 1e-12
    out[np.flatnonzero(fine)[positive][good]] = 0.5 * (np.log(roots[good]) ** 2).sum(axis=1)
    return out
