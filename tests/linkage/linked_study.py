"""Studies whose answers and purchases come from one latent variable; nobody in them is real."""

from __future__ import annotations

import numpy as np
import pandas as pd

ITEMS = {d: [f"{d}{k}" for k in range(1, 5)] for d in ("TRU", "SAT", "COM")}
FIRST = {"RQ": ["q1", "q2", "q3", "q4"]}
LOADINGS, SECOND = np.array([0.85, 0.78, 0.71, 0.65]), {"TRU": 0.85, "SAT": 0.82, "COM": 0.75}
R, MEAN, A, B, P, Q = 1.4, 0.18, 1.2, 10.8, 6.0, 4.0


def study(n, customers, seed, effects=(0.15, -0.25, 0.05), *, pull=0.0, per_time=False):
    """(answers, keys, customers): MBG/NBD purchases with effects on log rate, log odds of dropout and log spend.

    With `per_time` purchases are of Pareto/NBD. `pull` makes those answer who bought much.
    """
    rng = np.random.default_rng(seed)
    g, d, e = effects
    z, T = rng.standard_normal(customers), rng.uniform(40, 160, customers)
    rate = rng.gamma(R, MEAN / R, customers) * np.exp(g * z)
    if per_time:
        until = rng.exponential(1 / (rng.gamma(1.5, 1 / 120, customers) * np.exp(d * z)))
        lives = np.full(customers, 10**9)
    else:
        odds = np.log(A / B) + d * z
        p = rng.beta((A + B) / (1 + np.exp(-odds)), (A + B) / (1 + np.exp(odds)))
        until, lives = np.full(customers, np.inf), rng.geometric(p) - 1
    more = rng.poisson(rate * T)
    who = np.repeat(np.arange(customers), more)
    when = rng.random(len(who)) * T[who]
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    rank = np.arange(len(who)) - np.repeat(np.cumsum(more) - more, more)
    kept = (rank < lives[who]) & (when < until[who])
    x = np.bincount(who[kept], minlength=customers).astype(float)
    t_x = np.zeros(customers)
    np.maximum.at(t_x, who[kept], when[kept])
    level = np.exp(e * z) * 100 * (Q - 1) / rng.gamma(Q, 1.0, customers)
    paid = np.where(x > 0, level * rng.gamma(np.maximum(P * x, 1.0)) / np.maximum(P * x, 1.0), 0.0)
    names = np.array([f"C{k}" for k in range(customers)], dtype=object)
    rfm = pd.DataFrame(
        {"customer": names, "x": x, "t_x": t_x, "T": T, "mean_spend": paid, "total": paid * (x + 1)}
    )
    asked = np.argsort(rng.exponential(np.exp(-pull * np.log1p(x))))[:n]
    answers = {}
    for dimension, weight in SECOND.items():
        eta = weight * z[asked] + np.sqrt(1 - weight**2) * rng.standard_normal(n)
        for item, loading in zip(ITEMS[dimension], LOADINGS, strict=True):
            answers[item] = 3 + loading * eta + np.sqrt(1 - loading**2) * rng.standard_normal(n)
    for item, loading in zip(FIRST["RQ"], LOADINGS, strict=True):
        answers[item] = 3 + loading * z[asked] + np.sqrt(1 - loading**2) * rng.standard_normal(n)
    return pd.DataFrame(answers), pd.Series(names[asked]), rfm
