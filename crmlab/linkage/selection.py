"""Are those who answered like the other customers? Standardised gaps, a model of answering, and weights by it.

Source
------
Stuart, E. A. (2010). Statistical Science 25(1), 1-21 (standardised differences as a measure of balance). Hedges, L. V. &
Olkin, I. (1985). Statistical Methods for Meta-Analysis. Academic Press, p. 86 (their standard error). Kish, L. (1965).
Survey Sampling. Wiley, p. 427 (effective number under weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm, rankdata

from crmlab.errors import ModelError
from crmlab.linkage.matching import Joined
from crmlab.result import Check, Result, tidy_block, tidy_frame

SUBJECTS = ("recency", "frequency", "spend", "total", "tenure")
EXPLAINING = ("recency", "frequency", "total", "tenure")
BALANCED = 0.25  # standard deviations
EFFECTIVE = 0.50  # share of the matched that weights must leave
RIDGE = 1e-3  # holds coefficients where answering is told exactly by purchases
FEWEST = 10
STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Answering:
    """A logistic model of having answered: coefficients per SD, their covariance, chances (n,), whether it converged."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    vcov: np.ndarray
    chance: np.ndarray
    converged: bool


def selection(joined: Joined, *, level: float = 0.95, source: dict[str, str] | None = None) -> Result:
    """How the matched customers differ from the other customers of the ledger, and what weights make of that.

    Raises
    ------
    ModelError
        Fewer than FEWEST customers on either side, so that nothing can be compared.
    """
    model = answering(joined)
    own, w = joined.is_matched, response_weights(joined, model)
    figures, raw = traits(joined.rfm), _raw(joined.rfm)
    z = float(norm.ppf((1 + level) / 2))
    blocks, checks = [], []
    for name in SUBJECTS:
        d, se = gap(figures[name].to_numpy(), own)
        p = 2 * norm.sf(abs(d) / se)
        blocks.append(
            tidy_block(
                "gap", [name], [d], std_error=[se], ci_low=[d - z * se], ci_high=[d + z * se], p_value=[p]
            )
        )
        sides = [raw[name].to_numpy()[side & raw[name].notna().to_numpy()] for side in (own, ~own)]
        means = [float(side.mean()) if len(side) else np.nan for side in sides]
        blocks += [tidy_block("mean_matched", [name], means[:1]), tidy_block("mean_other", [name], means[1:])]
        blocks.append(tidy_block("weighted_gap", [name], [_weighted(figures[name].to_numpy(), joined, w)]))
        rule = f"|standardised difference| <= {BALANCED:.2f} (Stuart 2010)"
        checks.append(Check(f"check.selected:{name}", abs(d) <= BALANCED, d, rule))
    blocks.append(_odds(model, z))
    share = effective(w) / joined.matched
    rows = [
        {"term": "effective", "estimate": effective(w)},
        {"term": "auc", "estimate": _auc(model.chance, own)},
    ]
    rule = f">= {EFFECTIVE:.2f} of the matched customers are left by weighting (Kish 1965)"
    checks += [
        Check("check.weights_effective", share >= EFFECTIVE, share, rule),
        Check("check.converged", model.converged, float(model.converged), "the model of answering converged"),
    ]
    glance = {"n": float(len(own)), "matched": float(own.sum()), "level": level}
    return Result(
        "model.link_selection",
        pd.concat([*blocks, tidy_frame(rows)]),
        glance,
        tuple(checks),
        dict(source or {}),
    )


def traits(rfm: pd.DataFrame) -> pd.DataFrame:
    """What customers are compared by: time since the last purchase, log counts and money, time as a customer."""
    x, paid, total = (rfm[name].to_numpy(dtype=float) for name in ("x", "mean_spend", "total"))
    return pd.DataFrame({
        "recency": (rfm["T"] - rfm["t_x"]).to_numpy(dtype=float), "frequency": np.log1p(x),
        "spend": np.log(np.where((x > 0) & (paid > 0), paid, np.nan)),
        "total": _logs(total), "tenure": rfm["T"].to_numpy(dtype=float),
    })  # fmt: skip


def _raw(rfm: pd.DataFrame) -> pd.DataFrame:
    x = rfm["x"].to_numpy(dtype=float)
    found = traits(rfm)
    spend = np.where(np.isnan(found["spend"]), np.nan, rfm["mean_spend"].to_numpy(dtype=float))
    return found.assign(frequency=x, spend=spend, total=rfm["total"].to_numpy(dtype=float))


def _logs(total: np.ndarray) -> np.ndarray:
    """log(1 + money / mean money); refunds beyond purchases count as nothing."""
    mean = float(np.maximum(total, 0).mean())
    return np.log1p(np.maximum(total, 0) / mean) if mean > 0 else np.zeros(len(total))


def gap(values: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """Standardised difference (mean of own - mean of others) / sqrt((s1^2 + s0^2)/2) and its standard error.

    se^2 = (n1 + n0)/(n1 n0) + d^2/(2 (n1 + n0)). Missing values are left out; 0 where nothing varies.
    """
    a, b = (values[side & ~np.isnan(values)] for side in (own, ~own))
    n1, n0 = len(a), len(b)
    if min(n1, n0) < 2:
        return float("nan"), float("nan")
    sd = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    d = float((a.mean() - b.mean()) / sd) if sd > 0 else 0.0
    return d, float(np.sqrt((n1 + n0) / (n1 * n0) + d**2 / (2 * (n1 + n0))))


def answering(joined: Joined) -> Answering:
    """Logistic regression of having answered on recency, frequency, money and tenure, per standard deviation."""
    own = joined.is_matched
    if min(own.sum(), (~own).sum()) < FEWEST:
        raise ModelError(
            f"{int(own.sum())} customers answered and {int((~own).sum())} did not; a comparison wants {FEWEST} of each"
        )
    figures = traits(joined.rfm)[list(EXPLAINING)]
    spread = figures.std(ddof=0)
    names = tuple(name for name in EXPLAINING if spread[name] > 0)
    Z = ((figures - figures.mean()) / spread)[list(names)].to_numpy()
    X = np.column_stack([np.ones(len(Z)), Z])
    beta, y = np.zeros(X.shape[1]), own.astype(float)
    beta[0] = np.log(y.mean() / (1 - y.mean()))
    ridge = np.diag([0.0] + [RIDGE] * Z.shape[1])
    for _ in range(STEPS):
        p = expit(X @ beta)
        H = (X * (p * (1 - p))[:, None]).T @ X + ridge
        step = np.linalg.solve(H, X.T @ (y - p) - ridge @ beta)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    V = np.linalg.inv(H)
    return Answering(names, beta, V, expit(X @ beta), bool(np.abs(step).max() < 1e-8))


def response_weights(joined: Joined, model: Answering | None = None) -> np.ndarray:
    """(m,) inverse chances of answering of the matched customers, of mean 1."""
    chance = (model or answering(joined)).chance[joined.at]
    w = 1 / chance
    return w / w.mean()


def effective(w: np.ndarray) -> float:
    """Number of equally weighted customers that weights w are worth: (sum w)^2 / sum w^2."""
    return float(w.sum() ** 2 / (w**2).sum())


def _weighted(values: np.ndarray, joined: Joined, w: np.ndarray) -> float:
    """Standardised difference of the weighted matched customers from all customers."""
    mine = values[joined.at]
    known = ~np.isnan(mine)
    whole = values[~np.isnan(values)]
    sd = whole.std(ddof=1) if len(whole) > 1 else 0.0
    if not known.any() or sd == 0:
        return 0.0
    return float((np.average(mine[known], weights=w[known]) - whole.mean()) / sd)


def _odds(model: Answering, z: float) -> pd.DataFrame:
    b, se = model.coefficients[1:], np.sqrt(np.diag(model.vcov)[1:])
    p = 2 * norm.sf(np.abs(b) / se)
    return tidy_block("odds", model.names, b, std_error=se, ci_low=b - z * se, ci_high=b + z * se, p_value=p)


def _auc(chance: np.ndarray, own: np.ndarray) -> float:
    """Chance that one who answered has a higher predicted chance than one who did not."""
    ranks = rankdata(chance)
    n1, n0 = own.sum(), (~own).sum()
    return float((ranks[own].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))
