"""Models that several PLS tests fit."""

from __future__ import annotations

import numpy as np
import pandas as pd

MOBI = {
    "Image": [f"IMAG{i}" for i in range(1, 6)],
    "Expectation": [f"CUEX{i}" for i in range(1, 4)],
    "Quality": [f"PERQ{i}" for i in range(1, 8)],
    "Value": ["PERV1", "PERV2"],
    "Satisfaction": ["CUSA1", "CUSA2", "CUSA3"],
    "Complaints": ["CUSCO"],
    "Loyalty": ["CUSL1", "CUSL2", "CUSL3"],
}
MOBI_PATHS = [
    ("Image", "Expectation"),
    ("Image", "Satisfaction"),
    ("Image", "Loyalty"),
    ("Expectation", "Quality"),
    ("Expectation", "Value"),
    ("Expectation", "Satisfaction"),
    ("Quality", "Value"),
    ("Quality", "Satisfaction"),
    ("Value", "Satisfaction"),
    ("Satisfaction", "Complaints"),
    ("Satisfaction", "Loyalty"),
    ("Complaints", "Loyalty"),
]
CRM = {name: [f"{name.lower()}{i}" for i in range(1, 5)] for name in ("KCO", "TRU", "SAT", "COM")}
CRM_PATHS = [("KCO", "TRU"), ("KCO", "SAT"), ("TRU", "SAT"), ("TRU", "COM"), ("SAT", "COM")]
LANCELOT = {
    "PrCon": [f"privcon{i}" for i in range(1, 5)],
    "Trust": ["trust1", "trust2"],
    "Risk": ["risk1", "risk2", "risk3"],
    "Int": ["intent1", "intent2"],
}
LANCELOT_PATHS = [
    ("Trust", "Int"),
    ("PrCon", "Int"),
    ("Risk", "Int"),
    ("Trust", "Risk"),
    ("PrCon", "Risk"),
    ("PrCon", "Trust"),
]
WHOLES = {"CRM": ["KCO", "KM", "TECH"], "RQ": ["TRU", "COM", "SAT"]}
PARTS = {part: [f"{part.lower()}{i}" for i in range(1, 5)] for its in WHOLES.values() for part in its}
PARTS["CLV"] = ["logclv"]
WHOLE_PATHS = [("CRM", "RQ"), ("CRM", "CLV"), ("RQ", "CLV")]


def wholes(method: str) -> dict[str, dict]:
    """Second-order constructs with one method."""
    return {whole: {"of": its, "method": method} for whole, its in WHOLES.items()}


def square(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """from/to rows as a matrix with zeros, predictors in rows."""
    cells = frame.set_index(["from", "to"])["estimate"]
    values = [[cells.get((a, b), 0.0) for b in like.columns] for a in like.index]
    return pd.DataFrame(values, index=like.index, columns=like.columns)


def wide(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """construct/item rows as a matrix with zeros, items in rows."""
    cells = frame.set_index(["item", "construct"])["estimate"]
    values = [[cells.get((item, name), 0.0) for name in like.columns] for item in like.index]
    return pd.DataFrame(values, index=like.index, columns=like.columns)


def gap(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Largest difference of two tables with the same labels; no cell of ours may be missing."""
    ours = ours.reindex(index=theirs.index, columns=theirs.columns)
    assert not (ours.isna() & theirs.notna()).to_numpy().any()
    return float(np.nanmax(np.abs(ours.to_numpy() - theirs.to_numpy())))


def below(frame: pd.DataFrame) -> np.ndarray:
    """The cells below the diagonal."""
    return frame.to_numpy()[np.tril_indices(len(frame), -1)]


def worst_resample(fit, refit, resamples: int = 4) -> float:
    """Largest difference between resamples solved in the batch and fits of their rows; signs aside.

    A lone fit turns its constructs by their own items, so only sizes are compared.
    """
    boot = fit.bootstrap(resamples, seed=9)
    rows = np.random.default_rng(9).integers(0, fit.n, (resamples, fit.n))
    kinds = ("path:", "loading:", "weight:", "r2:", "total:", "rho_a:", "htmt:")
    worst = 0.0
    for b in range(resamples):
        alone = refit(rows[b]).estimates
        for term, value in zip(boot.terms, boot.draws[:, b], strict=True):
            if term.startswith(kinds) and not np.isnan(value):
                worst = max(worst, abs(abs(value) - abs(alone[term])))
    return worst
