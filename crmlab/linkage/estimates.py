"""How behaviour goes along with the latent variable: the sum score's answer beside those that know measurement error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.linkage.corrected import regress
from crmlab.linkage.matching import Joined
from crmlab.linkage.measure import Items, Measured, model_of
from crmlab.result import Check, Result, tidy_frame

FEWEST = 10
Cells = dict[str, float]


def estimates(
    joined: Joined, measured: Measured, items: Items, outcomes: pd.DataFrame, *, answers: pd.DataFrame,
    weights: np.ndarray | None = None, controls: pd.DataFrame | None = None, level: float = 0.95,
    draws: int = 1000, seed: int = 0, source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """Standardised association of what customers do with the latent variable, by several ways.

    Parameters
    ----------
    joined, measured, items, answers : who is in both; the latent variable, its items and the answers to them
    outcomes : (customers of the ledger) one column an outcome, logarithms; NaN where there is none
    weights : (m,) response weights of the matched customers, for a sensitivity analysis
    controls : (respondents, k) further predictors, numbers; rows with a gap are left out of the controlled slope

    Raises
    ------
    ModelError
        Fewer than FEWEST matched customers, or no outcome that varies among them.
    """
    if joined.matched < FEWEST:
        raise ModelError(
            f"{joined.matched} customers have answers and purchases; an association wants {FEWEST}"
        )
    found: dict[str, Cells] = {}
    checks: list[Check] = []
    varied: dict[str, np.ndarray] = {}
    for name in outcomes.columns:
        y = outcomes[name].to_numpy(dtype=float)[joined.at]
        spread = float(np.nanstd(y)) if np.isfinite(y).sum() > FEWEST else 0.0
        checks.append(
            Check(f"check.outcome_varies:{name}", spread > 0, spread, "> 0: customers differ in it")
        )
        if spread > 0:
            varied[str(name)] = y
            found |= _of(str(name), y, joined, measured, weights, controls, level, draws, seed)
    if not found:
        raise ModelError("matched customers do not differ in anything they did, or in what they said")
    known = {name: y for name, y in varied.items() if np.isfinite(y).all()}
    apart = [{name: y} for name, y in varied.items() if name not in known]
    for some in ([known] if known else []) + apart:
        found |= _by_sem(some, joined, items, answers, measured, level)
    found |= {
        "reliability": {"estimate": measured.reliability}, "attenuation": {"estimate": float(np.sqrt(measured.reliability))},
        "scale_points": {"estimate": measured.scale_points},
    }  # fmt: skip
    tidy = tidy_frame({"term": term, **cells} for term, cells in found.items())
    glance = {"n": joined.matched, "level": level, "draws": draws}
    told = {"seed": str(seed), **(source or {})}
    return Result("model.link_estimates", tidy, glance, (measured.check, *checks), told)


def _of(
    name: str, y: np.ndarray, joined: Joined, measured: Measured, weights: np.ndarray | None,
    controls: pd.DataFrame | None, level: float, draws: int, seed: int,
) -> dict[str, Cells]:  # fmt: skip
    """Sum score, Spearman's correction, Croon's, with response weights, and with controls."""
    score, error = (v[joined.who] for v in measured.bartlett)
    total = measured.score[joined.who]
    kept = np.isfinite(y) & np.isfinite(score) & np.isfinite(total)
    none = np.zeros(int(kept.sum()))
    if len(none) < FEWEST or np.ptp(total[kept]) == 0:
        return {}
    plain = regress(y[kept], total[kept], none, draws=draws, seed=seed)
    root = float(np.sqrt(measured.reliability))
    spearman = {key: value / root for key, value in plain.cells(level).items()}
    own = regress(y[kept], score[kept], error[kept], draws=draws, seed=seed)
    found = {
        f"naive:{name}": fisher(plain.estimate, len(none), level), f"spearman:{name}": spearman,
        f"croon:{name}": own.cells(level), f"n:{name}": {"estimate": float(len(none))},
    }  # fmt: skip
    if weights is not None:
        again = regress(y[kept], score[kept], error[kept], weights=weights[kept], draws=draws, seed=seed)
        found[f"weighted:{name}"] = again.cells(level)
    if controls is not None:
        C = controls.to_numpy(dtype=float)[joined.who]
        all_there = kept & np.isfinite(C).all(axis=1)
        given = regress(
            y[all_there], score[all_there], error[all_there], controls=C[all_there], draws=draws, seed=seed
        )
        found[f"controlled:{name}"] = given.cells(level)
    return found


def _by_sem(
    outcomes: dict[str, np.ndarray],
    joined: Joined,
    items: Items,
    answers: pd.DataFrame,
    measured: Measured,
    level: float,
) -> dict[str, Cells]:
    """Outcomes regressed on the latent variable in one step, by full information; nothing where it does not converge.

    An outcome that some have not got stands alone: who has no repeat spend has no margin either, and the normal law would
    fill the gap by going on in a straight line.
    """
    latent = measured.name
    data = answers[list(measured.items)].astype(float).reset_index(drop=True)
    data.columns = [f"i{k}" for k in range(data.shape[1])]  # items may be called as outcomes are
    place = dict(zip(measured.items, data.columns, strict=True))
    own = {d: [place[item] for item in its] for d, its in items.items()}
    spread = {name: float(np.nanstd(y)) for name, y in outcomes.items()}
    names = {name: f"y.{name}" for name in outcomes}
    data = data.assign(**{names[name]: _spread(y / spread[name], joined) for name, y in outcomes.items()})
    told = list(names.values())
    lines = [f"{y} ~ {latent}" for y in told]
    lines += [f"{y} ~~ {' + '.join(told[k + 1 :])}" for k, y in enumerate(told[:-1])]
    text = "\n".join([model_of(own, latent), *lines])
    data = data[data[told].notna().all(axis=1)]
    missing = "fiml" if data.isna().any(axis=None) else "listwise"
    try:
        fit = sem.sem(text, data, estimator="MLR", missing=missing, std_lv=True, meanstructure=True)
    except ModelError:
        return {}
    if not fit.converged:
        return {}
    z = float(norm.ppf((1 + level) / 2))
    full, plain = (
        frame[frame["op"] == "~"].set_index("lhs") for frame in (fit.standardized(), fit.estimates)
    )
    found: dict[str, Cells] = {}
    for name, y in names.items():
        found[f"sem:{name}"] = told_of(float(full["est_std"][y]), float(full["se"][y]), z)
        found[f"slope:{name}"] = told_of(
            float(plain["est"][y]) * spread[name], float(plain["se"][y]) * spread[name], z
        )
    return found


def told_of(b: float, se: float, z: float) -> Cells:
    """Estimate, error, interval and p of a normal estimate, as columns of a tidy table."""
    p = float(2 * norm.sf(abs(b / se))) if se > 0 else np.nan
    return {"estimate": b, "std_error": se, "ci_low": b - z * se, "ci_high": b + z * se, "p_value": p}


def _spread(values: np.ndarray, joined: Joined) -> np.ndarray:
    """Values of the matched respondents at their places among all; NaN for the others."""
    found = np.full(joined.respondents, np.nan)
    found[joined.who] = values
    return found


def fisher(r: float, n: int, level: float, spread: float = 1.0) -> Cells:
    """A correlation with Fisher's interval and p; `spread` 1.06 for ranks (Fieller, Hartley & Pearson 1957)."""
    if n < 4:
        return {"estimate": r}
    z, se = float(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))), float(np.sqrt(spread / (n - 3)))
    low, high = np.tanh(z + np.array([-1, 1]) * norm.ppf((1 + level) / 2) * se)
    p = float(2 * norm.sf(abs(z) / se))
    return {
        "estimate": r,
        "std_error": se * (1 - r**2),
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": p,
    }
