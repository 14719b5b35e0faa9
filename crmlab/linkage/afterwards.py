"""Purchases after the answers, with and without what was to be expected from the history before.

A count (or money) after the answers is regressed on the expected latent variable given the answers by Poisson's
likelihood, with the time observed, or what the purchase model expected before, as exposure:

    E(Y_i) = expected_i exp(a + b m_i).

For z given answers N(m_i, v_i), E exp(b z) = exp(b m_i + b^2 v_i/2): b is the effect of the latent variable itself where
v_i is alike for all, whatever the law of Y, for the errors are the sandwich's.

Source
------
Gourieroux, C., Monfort, A. & Trognon, A. (1984). Econometrica 52(3), 701-720 (Poisson's likelihood for any mean).
Skrondal, A. & Laake, P. (2001). Psychometrika 66, 563-575.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.linkage.behaviour import Behaviour
from crmlab.linkage.estimates import told_of
from crmlab.linkage.matching import Joined
from crmlab.linkage.measure import Measured
from crmlab.result import Check, Result, tidy_frame

FEWEST = 20
HELD = ("x_holdout", "spend_holdout", "T_holdout")
STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """Log ratio per unit of a predictor, its sandwich error, and whether the search ended."""

    estimate: float
    std_error: float
    converged: bool


def afterwards(
    joined: Joined, measured: Measured, before: Behaviour, *, path: str = "", main: str = "spend", level: float = 0.95,
    source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """What the latent variable foretells of purchases and money after the answers.

    Parameters
    ----------
    joined : with the table of customers as it was at the end of the fieldwork, and what came after (x_holdout,
        spend_holdout, T_holdout)
    before : the purchase model of that time
    path, main : "CLV_B~RQ" tells `gross:<main>` ("spend" or "purchases") once more as that path: what the latent variable
        foretells; `given` is what it foretells beyond the history, which carries a lasting variable already

    Raises
    ------
    ModelError
        The table has nothing after the answers; too few matched customers, or none of them bought.
    """
    table = _admit(joined)
    m = measured.mean[joined.who]
    T = table["T_holdout"].to_numpy(dtype=float)
    expected = before.fit.expected(float(T[0]))[joined.at]
    each = before.each[joined.at] if before.in_money else np.ones(len(m))
    counted = {
        "purchases": (table["x_holdout"], expected),
        "spend": (table["spend_holdout"], expected * each),
    }
    z = float(norm.ppf((1 + level) / 2))
    rows: list[dict[str, object]] = []
    good = True
    for name, (values, foreseen) in counted.items():
        y = np.maximum(values.to_numpy(dtype=float), 0.0)
        for kind, exposure in (("gross", T), ("given", np.maximum(foreseen, 1e-9 * foreseen.max()))):
            found = log_ratio(y, m, exposure)
            cells = told_of(found.estimate, found.std_error, z)
            rows.append({"term": f"{kind}:{name}", **cells})
            if path and (kind, name) == ("gross", main):
                rows.append({"term": f"path:{path}", **cells})
            good &= found.converged
    rows.append({"term": "after", "estimate": float(T[0])})
    rows.append({"term": "bought", "estimate": float((table["x_holdout"] > 0).sum())})
    checks = (Check("check.converged", good, float(good), "the search for each slope ended"),)
    return Result(
        "model.link_afterwards", tidy_frame(rows), {"n": len(m), "level": level}, checks, dict(source or {})
    )


def log_ratio(y: np.ndarray, m: np.ndarray, exposure: np.ndarray) -> Slope:
    """Slope of log E(y / exposure) on m by Poisson's likelihood."""
    X = np.column_stack([np.ones(len(m)), m - m.mean()])
    mean = y.sum() / exposure.sum()
    if not mean > 0:
        raise ModelError("no matched customer bought after the answers")
    offset = np.log(exposure * mean)
    y = y / y.mean()  # money of any unit takes the same steps
    offset = offset - np.log(np.exp(offset).mean())
    beta, step = np.zeros(2), np.ones(2)
    for _ in range(STEPS):
        mu = np.exp(np.clip(offset + X @ beta, -500, 500))
        H = (X * mu[:, None]).T @ X
        step = np.linalg.solve(H, X.T @ (y - mu))
        step *= min(1.0, 1.0 / max(np.abs(step).max(), 1e-300))
        beta = beta + step
        if np.abs(step).max() < 1e-12:
            break
    mu = np.exp(offset + X @ beta)
    H = (X * mu[:, None]).T @ X
    G = X * (y - mu)[:, None]
    V = np.linalg.solve(H, np.linalg.solve(H, G.T @ G).T)
    return Slope(float(beta[1]), float(np.sqrt(V[1, 1])), bool(np.abs(step).max() < 1e-9))


def _admit(joined: Joined) -> pd.DataFrame:
    lost = [name for name in HELD if name not in joined.rfm]
    if lost:
        raise ModelError(
            f"the customers' table has no {', '.join(lost)}, so nothing is known of the time after the answers"
        )
    if joined.matched < FEWEST:
        raise ModelError(
            f"{joined.matched} customers have answers and purchases before them; this wants {FEWEST}"
        )
    return joined.own
