"""Customers simulated from the models' own stories, for tests."""

from __future__ import annotations

import numpy as np


def bg_shoppers(
    n: int,
    params: tuple[float, float, float, float],
    rng,
    *,
    k: int = 1,
    modified: bool = False,
    T=(26.0, 39.0),
    ahead=80.0,
) -> dict[str, np.ndarray]:
    """x, t_x, T, litt and the purchases up to `ahead` after T (times since T), from the (M)BG/CNBD-k process.

    T is uniform between two numbers, or one of three or more.
    """
    r, alpha, a, b = params
    end = ends(T, n, rng)
    rate, p = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, litt, later = np.zeros(n), np.zeros(n), np.zeros(n), []
    for i in range(n):
        alive = not (modified and rng.random() < p[i])
        t, after = 0.0, []
        while alive and t < end[i] + ahead:
            gap = rng.gamma(k, 1 / rate[i])
            t += gap
            if t <= end[i]:
                x[i], t_x[i], litt[i] = x[i] + 1, t, litt[i] + np.log(gap)
            else:
                after.append(t - end[i])
            alive = rng.random() >= p[i]
        later.append(np.array(after))
    return {"x": x, "t_x": t_x, "T": end, "litt": litt, "later": later}


def pareto_shoppers(
    n: int, params: tuple[float, float, float, float], rng, *, T=(26.0, 39.0), purchase=0.0, dropout=0.0
) -> dict[str, np.ndarray]:
    """x, t_x, T, covariate z and true P(alive) state from Pareto/NBD; coefficients act on log rates."""
    r, alpha, s, beta = params
    end, z = ends(T, n, rng), rng.standard_normal(n)
    rate = rng.gamma(r, 1 / alpha, n) * np.exp(purchase * z)
    death = rng.exponential(1 / (rng.gamma(s, 1 / beta, n) * np.exp(dropout * z)))
    span = np.minimum(end, death)
    x = rng.poisson(rate * span).astype(float)
    t_x = np.where(x > 0, span * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return {"x": x, "t_x": t_x, "T": end, "z": z, "alive": death > end, "rate": rate}


def ends(T, n: int, rng) -> np.ndarray:
    """Times of observation of n customers."""
    return rng.uniform(*T, n) if len(T) == 2 else rng.choice(np.array(T, dtype=float), n)


def spenders(x: np.ndarray, params: tuple[float, float, float], rng, scale=1.0) -> np.ndarray:
    """Mean spend of x repeat purchases from Gamma-Gamma, 0 where x = 0."""
    p, q, v = params
    nu = rng.gamma(q, 1 / (v * scale), len(x))
    return np.where(x > 0, rng.gamma(p * np.maximum(x, 1), 1 / (nu * np.maximum(x, 1))), 0.0)
