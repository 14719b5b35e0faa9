"""Reliability, discriminant validity and effect sizes of a solved stage. Batch last, arrays only."""

from __future__ import annotations

import numpy as np

from crmlab.pls.consistent import rho_a
from crmlab.pls.solution import Solved
from crmlab.pls.stage import Stage
from crmlab.pls.weights import solve

RELIABILITY = ("alpha", "rho_a", "rho_c", "ave")


def reliability(solved: Solved) -> np.ndarray:
    """Standardised alpha, rho_A, rho_C and AVE of each construct, shape (4, J, B).

    NaN for a construct with one item, and for one not in mode A: they are statements about a reflective
    construct, and unit weights or regression weights (mode B) are not estimates of its loadings.

    Notes
    -----
    alpha = k / (k - 1) * (1 - k / sum R); rho_C = (sum l)^2 / ((sum l)^2 + sum(1 - l^2)); AVE = mean l^2;
    rho_A = (w'w)^2 * w'(R - I)w / w'(ww' - diag(ww'))w, with w'Rw = 1.

    Source
    ------
    Dijkstra, T. K. & Henseler, J. (2015). MIS Quarterly 39(2), 297-316, eq. 3 (rho_A).
    Fornell, C. & Larcker, D. F. (1981). Journal of Marketing Research 18(1), 39-50 (rho_C, AVE).
    """
    stage, loadings, w = solved.stage, solved.loadings, solved.outer.w
    out = np.full((4, len(stage.names), w.shape[1]), np.nan)
    for j, block in enumerate(stage.blocks):
        k = block.stop - block.start
        if k < 2 or stage.modes[j] == "B":
            continue
        out[0, j] = k / (k - 1) * (1 - k / solved.R[block, block].sum(axis=(0, 1)))
        if stage.modes[j] != "A":
            continue
        out[1, j] = rho_a(w[block])
        common, unique = loadings[block].sum(axis=0) ** 2, (1 - loadings[block] ** 2).sum(axis=0)
        out[2, j] = common / (common + unique)
        out[3, j] = (loadings[block] ** 2).mean(axis=0)
    return out


def htmt(R: np.ndarray, stage: Stage) -> np.ndarray:
    """Heterotrait-monotrait ratio of every pair, shape (J, J, B); R are item correlations (p, p, B).

    Mean absolute correlation between two blocks over the geometric mean of the mean absolute correlations
    within them (as seminr, cSEM and semTools have it, so that one item that points down does not make two
    constructs look different); a single item counts as correlating 1 with itself. NaN on the diagonal.

    Source
    ------
    Henseler, J., Ringle, C. M. & Sarstedt, M. (2015). JAMS 43, 115-135, eq. 6.
    """
    k = np.array([block.stop - block.start for block in stage.blocks], dtype=float)
    J, size = len(k), np.abs(R)
    total = np.empty((J, J, R.shape[2]))
    for j, block in enumerate(stage.blocks):
        column = size[:, block].sum(axis=1)
        for i, other in enumerate(stage.blocks):
            total[i, j] = column[other].sum(axis=0)
    inside = total[np.arange(J), np.arange(J)]
    pairs = np.where(k > 1, k * (k - 1), 1.0)[:, None]
    mono = np.where((k > 1)[:, None], (inside - k[:, None]) / pairs, 1.0)
    root = np.sqrt(np.where(mono > 0, mono, np.nan))
    ratio = total / (k[:, None] * k)[:, :, None] / (root[:, None] * root)
    ratio[np.arange(J), np.arange(J)] = np.nan
    return ratio


def htmt2(R: np.ndarray, stage: Stage) -> np.ndarray:
    """Heterotrait-monotrait ratio with geometric means, shape (J, J, B); as `htmt` in all else.

    Right also where loadings differ within a block (congeneric items). Of absolute correlations; 0 where
    one of those between the blocks is exactly 0.

    Source
    ------
    Roemer, E., Schuberth, F. & Henseler, J. (2021). Industrial Management & Data Systems 121, 2637-2650.
    """
    J, size = len(stage.names), np.abs(R)
    with np.errstate(divide="ignore"):  # log 0 = -inf is what a zero correlation means here
        logs = np.log(size)
    middle = np.zeros((J, J, R.shape[2]))
    for j, block in enumerate(stage.blocks):
        for i, other in enumerate(stage.blocks):
            if i != j:
                middle[i, j] = logs[other, block].mean(axis=(0, 1))
            elif stage.sizes[j] > 1:
                k = stage.sizes[j]
                middle[j, j] = logs[block, block].sum(axis=(0, 1)) / (
                    k * (k - 1)
                )  # log 1 = 0 on the diagonal
    inside = middle[np.arange(J), np.arange(J)]
    inside = np.where(np.isfinite(inside), inside, np.nan)
    ratio = np.exp(middle - (inside[:, None] + inside) / 2)
    ratio[np.arange(J), np.arange(J)] = np.nan
    return ratio


def path_vif(solved: Solved) -> np.ndarray:
    """Variance inflation of the predictor of every path, in the order of `stage.arrows`, shape (A, B).

    The predictor's diagonal element of the inverse correlation of all predictors of the outcome.
    """
    stage, c = solved.stage, solved.outer.c
    vif: dict[tuple[int, int], np.ndarray] = {}
    for sources, outcomes in stage.regressions.items():
        k = len(sources)
        eye = np.broadcast_to(np.eye(k)[:, :, None], (k, k, c.shape[2]))
        inverse = solve(c[np.ix_(sources, sources)], eye)
        for place, source in enumerate(sources):
            for outcome in outcomes:
                vif[source, outcome] = inverse[place, place]
    return np.array([vif[arrow] for arrow in stage.arrows])


def item_vif(R: np.ndarray, stage: Stage) -> np.ndarray:
    """(p,) variance inflation of each item among the items of its block; infinite if they are collinear."""
    out = np.ones(len(stage.items))
    for block in stage.blocks:
        values, vectors = np.linalg.eigh(R[block, block])
        if values[0] < 1e-12:
            tied = (vectors[:, values < 1e-12] ** 2).sum(axis=1) > 1e-6
            out[block] = np.where(tied, np.inf, np.nan)
        else:
            out[block] = np.diag(np.linalg.inv(R[block, block]))
    return out
