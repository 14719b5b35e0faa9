"""Do probabilities hold what they say? Told against seen, and how well those who left are ranked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm, rankdata

from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.errors import ModelError

SMALLEST = 1e-6  # probabilities are kept this far from 0 and 1 in logarithms


def calibration_table(probability: object, left: object, *, bins: int = 10) -> pd.DataFrame:
    """Told against seen: customers in `bins` groups of equal size by probability.

    Returns
    -------
    DataFrame
        bin, customers, told (mean probability), seen (share that left), ci_low, ci_high (Wilson, 95 %).
    """
    p, y = admit_told(probability, left)
    place = np.minimum((rankdata(p, method="ordinal") - 1) * bins // len(p), bins - 1).astype(int)
    found = pd.DataFrame({"bin": place, "told": p, "seen": y}).groupby("bin").agg(
        customers=("told", "size"), told=("told", "mean"), seen=("seen", "mean")
    )  # fmt: skip
    n, s, z = found["customers"], found["seen"], float(norm.ppf(0.975))
    centre, half = s + z**2 / (2 * n), z * np.sqrt(s * (1 - s) / n + z**2 / (4 * n**2))
    ends = {"ci_low": (centre - half) / (1 + z**2 / n), "ci_high": (centre + half) / (1 + z**2 / n)}
    return found.assign(**ends).reset_index()


def calibration_gap(probability: object, left: object, *, bins: int = 10) -> float:
    """Mean distance between told and seen over bins of equal size (expected calibration error)."""
    table = calibration_table(probability, left, bins=bins)
    weight = table["customers"] / table["customers"].sum()
    return float(((table["told"] - table["seen"]).abs() * weight).sum())


def area(p: np.ndarray, y: np.ndarray) -> float:
    """Chance that one who left was told a higher probability than one who stayed; ties count half."""
    gone = y == 1
    n1, n0 = gone.sum(), (~gone).sum()
    return float((rankdata(p)[gone].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def recalibration(p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of the logistic regression of what happened on logit(p), by Newton steps."""
    A = np.column_stack([np.ones(len(p)), logit(np.clip(p, SMALLEST, 1 - SMALLEST))])
    if np.ptp(A[:, 1]) < 1e-9:
        return float("nan"), float("nan")
    coef = np.array([0.0, 1.0])
    for _ in range(50):
        m = 1 / (1 + np.exp(-np.clip(A @ coef, -30, 30)))
        step = np.linalg.solve(A.T @ (A * (m * (1 - m))[:, None]) + 1e-12 * np.eye(2), A.T @ (y - m))
        coef = coef + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(coef[0]), float(coef[1])


def log_loss(p: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log-likelihood of what happened."""
    q = np.clip(p, SMALLEST, 1 - SMALLEST)
    return float(-np.mean(y * np.log(q) + (1 - y) * np.log1p(-q)))


def admit_told(probability: object, left: object) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and what happened as checked arrays of one length."""
    labels = labels_of(probability)
    p, y = column(probability, "probability", labels), column(left, "left", labels_of(left))
    if len(p) != len(y):
        raise ModelError(f"probability and left have {len(p)} and {len(y)} values")
    bad_rows((p < 0) | (p > 1), labels, "probability", p, "is not in [0, 1]")
    bad_rows((y != 0) & (y != 1), labels_of(left), "left", y, "is neither 0 nor 1")
    return p, y
