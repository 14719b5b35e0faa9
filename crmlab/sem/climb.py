"""Many maxima of one variable at once: Newton's step inside a bracket that only shrinks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

EDGE = 1.0  # a correlation lies in (-1, 1)
STEP = 1e-9  # the last step of a converged Newton iteration: what is left after it is its square
MAX_STEPS = 60

Slope = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def climb(slope: Slope, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Roots of falling functions on (-1, 1), each found for itself.

    Parameters
    ----------
    slope : slope(r, which) gives the first and second derivative of the log-likelihoods `which` at r
    start : array, shape (P,), inside (-1, 1)

    Returns
    -------
    (r, converged), shape (P,) each. A likelihood that rises to an end of the interval is not converged.

    Notes
    -----
    The sign of the slope says on which side the maximum lies, so every evaluation narrows the bracket.
    Newton's step is taken if the curvature is negative and the step stays inside it, else the bracket is
    halved. Near the maximum convergence is quadratic.
    """
    r = np.clip(np.asarray(start, dtype=float), -0.95, 0.95)
    low, high = np.full(r.shape, -EDGE), np.full(r.shape, EDGE)
    done = np.zeros(r.shape, dtype=bool)
    alive = np.arange(r.size)
    for _ in range(MAX_STEPS):
        g, curvature = slope(r[alive], alive)
        low[alive] = np.where(g > 0, r[alive], low[alive])
        high[alive] = np.where(g < 0, r[alive], high[alive])
        with np.errstate(divide="ignore", invalid="ignore"):  # a flat spot: halved on the next line
            new = r[alive] - g / curvature
        good = (curvature < 0) & (new > low[alive]) & (new < high[alive])
        new = np.where(good, new, (low[alive] + high[alive]) / 2)
        new = np.where(g == 0, r[alive], new)
        small = np.abs(new - r[alive]) < STEP
        r[alive] = new
        done[alive[small]] = True
        alive = alive[~small]
        if not alive.size:
            break
    return r, done & (np.abs(r) < EDGE - 1e-6)
