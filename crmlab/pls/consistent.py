"""Consistent PLS: what the composites' correlations would be without measurement error."""

from __future__ import annotations

import numpy as np

from crmlab.pls.stage import Stage

REACH = 1 + 1e-9  # a correlation beyond this is no correlation


def rho_a(w: np.ndarray) -> np.ndarray:
    """(B,) reliability of a mode A composite from its weights w (k, B), scaled to w'Rw = 1.

    rho_A = (w'w)^2 * w'(R - I)w / w'(ww' - diag(ww'))w = (w'w)^2 (1 - w'w) / ((w'w)^2 - sum w^4).

    Source
    ------
    Dijkstra, T. K. & Henseler, J. (2015). MIS Quarterly 39(2), 297-316, eq. 3.
    """
    square, fourth = (w**2).sum(axis=0), (w**4).sum(axis=0)
    return square**2 * (1 - square) / (square**2 - fourth)


def attenuation(w: np.ndarray, stage: Stage) -> np.ndarray:
    """(J, B) square root of rho_A where the stage is consistent and a construct has mode A and two items.

    1 elsewhere (single items, modes B and unit are taken as measured without error). NaN where rho_A is
    not positive: there is no correction then.
    """
    q = np.ones((len(stage.names), w.shape[1]))
    if stage.consistent:
        for j, block in enumerate(stage.blocks):
            if stage.modes[j] == "A" and stage.sizes[j] > 1:
                reliability = rho_a(w[block])
                q[j] = np.sqrt(np.where(reliability > 0, reliability, np.nan))
    return q


def disattenuated(c: np.ndarray, q: np.ndarray) -> np.ndarray:
    """(J, J, B) correlations of scores c over the product of their attenuations q; 1 on the diagonal."""
    out = c / (q[:, None] * q)
    diagonal = np.arange(len(c))
    out[diagonal, diagonal] = 1.0
    return out


def inadmissible(q: np.ndarray, loadings: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(B,) whether a consistent solution cannot be: a reliability, loading or correlation beyond 1, or c
    not positive semidefinite.

    Source
    ------
    Dijkstra, T. K. & Henseler, J. (2015). CSDA 81, 10-23, section 2.4.
    """
    beyond = ~(q <= REACH).all(axis=0) | ~(np.abs(loadings) <= REACH).all(axis=0)
    beyond |= ~(np.abs(c) <= REACH).all(axis=(0, 1))
    finite = np.where(np.isfinite(c).all(axis=(0, 1)), c, np.eye(len(c))[:, :, None])
    return beyond | (np.linalg.eigvalsh(finite.transpose(2, 0, 1))[:, 0] < -1e-9)
