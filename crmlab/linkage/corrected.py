"""Associations with a latent variable, freed from the error of its measurement.

Source
------
Spearman, C. (1904). American Journal of Psychology 15, 72-101 (attenuation). Croon, M. (2002). Using predicted latent
scores in general latent structure models. In Marcoulides & Moustaki (eds.), Latent Variable and Latent Structure Models,
195-223. Devlieger, I., Mayer, A. & Rosseel, Y. (2016). Educational and Psychological Measurement 76(5), 741-770.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.errors import ModelError

RESAMPLES = 1000
CELLS = 4_000_000


def disattenuate(r: float, rel_x: float, rel_y: float = 1.0) -> float:
    """The correlation of two variables without the errors of their measures: r / sqrt(rel_x rel_y).

    Raises
    ------
    ModelError
        A reliability that is not in (0, 1], a correlation beyond 1.

    Notes
    -----
    A result beyond 1 says that the reliabilities are too low or chance was kind; it is given as it is.

    Source
    ------
    Spearman, C. (1904). American Journal of Psychology 15, 72-101.

    Examples
    --------
    >>> round(disattenuate(0.42, 0.85, 0.80), 6)
    0.509325
    """
    for name, value in (("rel_x", rel_x), ("rel_y", rel_y)):
        if not 0 < value <= 1:
            raise ModelError(f"{name} is {value:g}; a reliability is in (0, 1]")
    if not -1 <= r <= 1:
        raise ModelError(f"r is {r:g}; a correlation is in [-1, 1]")
    return float(r / np.sqrt(rel_x * rel_y))


@dataclass(frozen=True, slots=True, eq=False)
class Regressed:
    """Standardised slope of an outcome on a latent variable, given controls, and its resamples (draws,)."""

    estimate: float
    drawn: np.ndarray

    def cells(self, level: float) -> dict[str, float]:
        """Estimate, bootstrap error and percentile interval, as columns of a tidy table."""
        found = {"estimate": self.estimate}
        sound = self.drawn[np.isfinite(self.drawn)]
        if len(sound) > 1:
            low, high = np.quantile(sound, [(1 - level) / 2, (1 + level) / 2], method="weibull")
            found |= {"std_error": float(sound.std(ddof=1)), "ci_low": float(low), "ci_high": float(high)}
        return found


def regress(
    y: np.ndarray, score: np.ndarray, error: np.ndarray, *, controls: np.ndarray | None = None,
    weights: np.ndarray | None = None, draws: int = RESAMPLES, seed: int = 0,
) -> Regressed:  # fmt: skip
    """Regress y on what a score measures.

    Parameters
    ----------
    y : (n,) outcome
    score : (n,) unbiased for the latent variable (Bartlett's), with error variance `error` (n,); 0 for a score that is
        taken at its word
    controls : (n, k) further predictors, measured without error
    weights : (n,) of the rows
    draws, seed : rows are drawn with replacement; the measurement model is held

    Returns
    -------
    Regressed
        Slope in standard deviations of y per standard deviation of the latent variable.

    Notes
    -----
    Moments of (score, controls, y) are those of the latent variable but for the score's variance, which is too large by
    the mean error variance; that is taken off (Croon 2002). Without controls and error the slope is the correlation.
    """
    C = np.empty((len(y), 0)) if controls is None else controls
    V = np.column_stack([score, C, y])
    if not np.isfinite(V).all() or not np.isfinite(error).all():
        raise ModelError("a score, a control or an outcome is missing or infinite")
    if len(y) < V.shape[1] + 2:
        raise ModelError(f"{len(y)} customers cannot carry {V.shape[1] - 1} predictors")
    own = np.ones(len(y)) if weights is None else weights
    found = _slopes(own[None] / own.sum(), V, error)[0]
    if not np.isfinite(found):
        raise ModelError("the score or the outcome does not vary beyond the error of measurement")
    rng = np.random.default_rng(seed)
    drawn, step = [], max(1, CELLS // len(y))
    for low in range(0, draws, step):
        counts = resampled(len(y), min(step, draws - low), rng) * own
        drawn.append(_slopes(counts / counts.sum(axis=1, keepdims=True), V, error))
    return Regressed(float(found), np.concatenate(drawn) if drawn else np.empty(0))


def resampled(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, n) how often each of n rows is drawn when n are drawn with replacement."""
    places = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(places.ravel(), minlength=n * draws).reshape(draws, n).astype(float)


def _slopes(W: np.ndarray, V: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Standardised slope of the last column of V on the first under each row of weights W (draws, n), summing to 1."""
    k = V.shape[1]
    V = V - V.mean(axis=0)
    means = W @ V
    products = (W @ (V[:, :, None] * V[:, None, :]).reshape(len(V), k * k)).reshape(-1, k, k)
    S = products - means[:, :, None] * means[:, None, :]
    S[:, 0, 0] -= W @ error
    good = (S[:, 0, 0] > 0) & (S[:, -1, -1] > 1e-300)
    A = np.where(good[:, None, None], S[:, :-1, :-1], np.eye(k - 1))
    good &= np.abs(np.linalg.det(A)) > 1e-12 * np.prod(np.diagonal(A, axis1=1, axis2=2), axis=1)
    A = np.where(good[:, None, None], A, np.eye(k - 1))
    slope = np.linalg.solve(A, S[:, :-1, -1:])[:, 0, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(good, slope * np.sqrt(S[:, 0, 0] / S[:, -1, -1]), np.nan)
