"""What the fitted models say: their parameters with intervals, and the parameters in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from crmlab import clv
from crmlab.clv import BtydFit, SpendFit
from crmlab.customers.histories import Histories
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

DRAWS = 1000


def purchase_parameters(fit: BtydFit, level: float) -> Result:
    """The parameters by the letters of the paper, then what they mean.

    `mean_rate` purchases per unit of time of a customer who is still there, `cv_rate` how customers' rates differ
    (coefficient of variation), and `dropout_chance` of being lost after a purchase (BG family) or `dropout_rate` per
    unit of time at the mean (Pareto/NBD).
    """
    plain = fit.result(level)
    per_time = fit.names[3] == "beta"
    names = ("mean_rate", "cv_rate", "dropout_rate" if per_time else "dropout_chance")
    own = _meaning(np.array([list(fit.params.values())]), per_time, _stages(fit))[0]
    found = {name: {"estimate": float(value)} for name, value in zip(names, own, strict=True)}
    try:
        drawn = _meaning(fit.draws(DRAWS, 0), per_time, _stages(fit))
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
        for j, name in enumerate(names):
            found[name] |= {"ci_low": float(low[j]), "ci_high": float(high[j])}
    except ModelError:
        pass  # without standard errors there is no interval; check.std_errors says so
    rows = tidy_frame({"term": name, **cells} for name, cells in found.items())
    return Result(plain.model, pd.concat([plain.tidy, rows]), plain.glance, plain.checks, plain.source)


def _meaning(p: np.ndarray, per_time: bool, k: int) -> np.ndarray:
    r, alpha, third, fourth = p[:, 0], p[:, 1], p[:, 2], p[:, 3]
    lost = third / fourth if per_time else third / (third + fourth)
    return np.column_stack([r / alpha / k, 1 / np.sqrt(r), lost])


def _stages(fit: BtydFit) -> int:
    """Erlang stages of the model's gaps, told by its key."""
    digits = fit.model.key.rpartition("cnbd")[2]
    return int(digits) if digits.isdigit() else 1


def spend_parameters(h: Histories, level: float) -> tuple[SpendFit | None, Result]:
    """Gamma-Gamma on repeat spend, with its assumption checked; without parameters where it cannot be fitted.

    `pearson` and `spearman` correlate repeat purchases with their mean spend; `mean_observed` is the money of a repeat
    purchase, `mean_spend` what the model expects of the population.
    """
    repeat = h.spend > 0  # repeat purchases for nothing tell no price
    try:
        fit = clv.gamma_gamma(np.where(repeat, h.x, 0.0), h.spend)
    except ModelError as error:
        check = Check("check.spend_fitted", False, float(repeat.sum()), str(error).splitlines()[0])
        return None, Result("model.gamma_gamma", tidy_frame([]), {"n": float(repeat.sum())}, (check,), {})
    plain = fit.result(level)
    pearson = next((c.value for c in fit.checks if c.name == "check.spend_frequency"), np.nan)
    spearman = spearmanr(h.x[repeat], h.spend[repeat]).statistic if np.ptp(h.x[repeat]) else np.nan
    rows = {
        "pearson": pearson, "spearman": float(spearman),
        "mean_observed": float(np.average(h.spend[repeat], weights=h.x[repeat])),
    }  # fmt: skip
    rows |= {"mean_spend": float(fit.mean()[0])} if fit.params["q"] > 1 else {}
    more = tidy_frame({"term": name, "estimate": value} for name, value in rows.items())
    return fit, Result(plain.model, pd.concat([plain.tidy, more]), plain.glance, plain.checks, plain.source)
