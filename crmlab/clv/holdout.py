"""Is the model any good? Expected against actual, in the calibration and in a holdout period, and against naive rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crmlab.clv.fitted import BtydFit
from crmlab.clv.search import parameter_rows
from crmlab.clv.words import bad_rows, column, labels_of, positive
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame


def tracking(fit: BtydFit, birth: object, purchases: object, edges: object) -> pd.DataFrame:
    """Repeat purchases per period, expected and actual, also cumulated.

    Parameters
    ----------
    fit : a fit without covariates
    birth : (n,) time of each customer's first purchase on a calendar axis in the fit's time unit
    purchases : (k,) times of all their REPEAT purchases on the same axis
    edges : (p+1,) increasing times; periods are (edge, next edge]

    Returns
    -------
    DataFrame
        until, actual, expected, actual_cumulative, expected_cumulative; one row per period.

    Source
    ------
    Fader, Hardie & Lee (2005). Marketing Science 24(2), 275-284, figs. 3-4.
    """
    if fit.buyers.purchase or fit.buyers.dropout:
        raise ModelError("tracking is for fits without covariates")
    born, bought = (column(v, name, labels_of(v)) for v, name in ((birth, "birth"), (purchases, "purchases")))
    ends = column(edges, "edges", labels_of(edges))
    if len(ends) < 2 or (np.diff(ends) <= 0).any():
        raise ModelError("edges must be at least two increasing times")
    starts, customers = np.unique(born, return_counts=True)
    ages = np.round(np.maximum(ends[:, None] - starts, 0), 9)
    distinct, place = np.unique(ages, return_inverse=True)
    by_age = np.array([float(fit.expected_new(age)[0]) for age in distinct])
    upto = (by_age[place.reshape(ages.shape)] * customers).sum(axis=1)
    actual = np.diff(np.searchsorted(np.sort(bought), ends, side="right"))
    return pd.DataFrame({
        "until": ends[1:], "actual": actual, "expected": np.diff(upto),
        "actual_cumulative": np.cumsum(actual), "expected_cumulative": upto[1:] - upto[0],
    })  # fmt: skip


def frequencies(fit: BtydFit, upto: int = 7) -> pd.DataFrame:
    """How many customers made 0, 1, ..., upto-1 and upto or more repeat purchases: actual and expected.

    Source
    ------
    Fader, Hardie & Lee (2005). Marketing Science 24(2), 275-284, fig. 2.
    """
    d = fit.buyers
    p = parameter_rows(fit.model, d, np.array(list(fit.params.values())))
    expected = [d.w @ fit.model.pmf(np.full(len(d.x), float(k)), d.T, p) for k in range(upto)]
    actual = [d.w[d.x == k].sum() for k in range(upto)]
    names = [*(str(k) for k in range(upto)), f"{upto}+"]
    expected.append(d.total - sum(expected))
    actual.append(d.total - sum(actual))
    return pd.DataFrame({"x": names, "actual": actual, "expected": expected}).astype(
        {"actual": float, "expected": float}
    )


def conditional(fit: BtydFit, x_star: object, horizon: float, upto: int = 7) -> pd.DataFrame:
    """Mean purchases in the holdout by purchases in the calibration (`upto` and more together).

    Parameters
    ----------
    x_star : (n,) purchases of the fit's customers, in its order, in the `horizon` after T

    Source
    ------
    Fader, Hardie & Lee (2005). Marketing Science 24(2), 275-284, fig. 5.
    """
    expected, actual = _pair(fit, x_star, horizon)
    x = np.minimum(fit.buyers.x[fit.buyers.inverse], upto)
    table = pd.DataFrame({"x": x.astype(int), "actual": actual, "expected": expected})
    found = table.groupby("x").agg(
        customers=("actual", "size"), actual=("actual", "mean"), expected=("expected", "mean")
    )
    return found.reset_index()


def judge(fit: BtydFit, x_star: object, horizon: float, *, recent: object = None) -> Result:
    """The model against naive rules on a holdout, as a card.

    Parameters
    ----------
    x_star : (n,) purchases of the fit's customers, in its order, in the `horizon` after T
    recent : (n,) purchases in the `horizon` before the end of calibration, for the rule "same as last time"

    Returns
    -------
    Result
        `mae:<rule>`, `rmse:<rule>`, `rank:<rule>` (Spearman) for model, pace (x/T times horizon), mean
        (the same for all: calibration purchases per time), recent; `rank:recency` and `rank:rfm` (mean rank
        of recency and frequency), `total:<rule>`. Failed checks say that the model is not better than naive.

    Source
    ------
    Wübben, M. & Wangenheim, F. v. (2008). Journal of Marketing 72(3), 82-93.
    """
    expected, actual = _pair(fit, x_star, horizon)
    rules = {"model": expected} | naive_rules(fit, horizon, recent)
    d, back = fit.buyers, fit.buyers.inverse
    orders = dict(rules) | {
        "recency": (d.t_x - d.T)[back],
        "rfm": (rankdata((d.t_x - d.T)[back]) + rankdata(d.x[back])) / 2,
    }
    rows = [
        {"term": f"total:{name}", "estimate": v.sum()} for name, v in ({"actual": actual} | rules).items()
    ]
    mae = {name: float(np.abs(v - actual).mean()) for name, v in rules.items()}
    rmse = {name: float(np.sqrt(((v - actual) ** 2).mean())) for name, v in rules.items()}
    rank = {name: rank_correlation(v, actual) for name, v in orders.items()}
    for quantity, values in (("mae", mae), ("rmse", rmse), ("rank", rank)):
        rows += [{"term": f"{quantity}:{name}", "estimate": value} for name, value in values.items()]
    checks = (_lower("mae", mae), _lower("rmse", rmse), _higher(rank), *fit.checks)
    glance = {"n": float(len(actual)), "horizon": horizon}
    return Result("model.clv_holdout", tidy_frame(rows), glance, checks, fit.source)


def naive_rules(fit: BtydFit, horizon: float, recent: object = None) -> dict[str, np.ndarray]:
    """What a manager would say without a model: purchases of each customer in the next `horizon`."""
    d = fit.buyers
    x, T = d.x[d.inverse], d.T[d.inverse] * d.scale
    found = {"pace": x / T * horizon, "mean": np.full(len(x), x.sum() / T.sum() * horizon)}
    if recent is not None:
        same = column(recent, "recent", labels_of(recent))
        if len(same) != len(x):
            raise ModelError(f"recent has {len(same)} values for {len(x)} customers")
        found["recent"] = same
    return found


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; NaN if one side is all the same."""
    p, q = rankdata(a), rankdata(b)
    p, q = p - p.mean(), q - q.mean()
    size = np.sqrt((p**2).sum() * (q**2).sum())
    return float((p * q).sum() / size) if size > 0 else float("nan")


def _lower(quantity: str, values: dict[str, float]) -> Check:
    best = min((name for name in values if name != "model"), key=values.__getitem__)
    rule = f"below {values[best]:.4g} of the naive rule '{best}'; otherwise not better than naive"
    return Check(f"check.better_than_naive:{quantity}", values["model"] < values[best], values["model"], rule)


def _higher(values: dict[str, float]) -> Check:
    known = {name: value for name, value in values.items() if name != "model" and np.isfinite(value)}
    if not known:
        return Check(
            "check.better_than_naive:rank", False, values["model"], "some naive rule ranks customers"
        )
    best = max(known, key=known.__getitem__)
    rule = f"above {known[best]:.4g} of the naive rule '{best}'; otherwise not better than naive"
    return Check("check.better_than_naive:rank", values["model"] > known[best], values["model"], rule)


def _pair(fit: BtydFit, x_star: object, horizon: float) -> tuple[np.ndarray, np.ndarray]:
    horizon = positive(horizon, "horizon")
    labels = labels_of(x_star)
    actual = column(x_star, "x_star", labels)
    expected = fit.expected(horizon)
    if len(actual) != len(expected):
        raise ModelError(f"x_star has {len(actual)} values for {len(expected)} customers")
    bad_rows(
        (actual < 0) | (actual != np.round(actual)), labels, "x_star", actual, "is not a whole number from 0"
    )
    return expected, actual
