"""Whom to make an offer so that he stays: gains, lift, and the profit of a retention campaign."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crmlab.clv.mixing import beta_nodes
from crmlab.clv.words import column, labels_of, positive
from crmlab.customers.calibration import admit_told
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

ACCEPT = (6.0, 14.0)  # beta law of the share that accepts, mean .30, of Verbraken et al.


def gains(probability: object, left: object, *, bins: int = 10) -> pd.DataFrame:
    """How many of those who left are found among the likeliest: cumulative gains and lift.

    Returns
    -------
    DataFrame
        One row per `bins`-th of the customers, likeliest first: share (of customers so far), customers,
        left (in this part), captured (share of all who left, so far), base (what choosing by lot would
        capture), lift (share that left in this part over the base rate), lift_cumulative, told, seen (mean
        probability and share that left in this part).

    Source
    ------
    Berry, M. J. A. & Linoff, G. (2004). Data Mining Techniques, 2nd ed., ch. 4.
    """
    p, y = admit_told(probability, left)
    if not 2 <= bins <= len(p):
        raise ModelError(f"bins is {bins}; want 2 to {len(p)}")
    place = ((rankdata(-p, method="ordinal") - 1) * bins // len(p)).astype(int)
    table = pd.DataFrame({"bin": place, "told": p, "left": y}).groupby("bin").agg(
        customers=("left", "size"), left=("left", "sum"), told=("told", "mean"), seen=("left", "mean")
    )  # fmt: skip
    share = table["customers"].cumsum() / len(p)
    captured = table["left"].cumsum() / y.sum()
    return table.assign(
        share=share, captured=captured, base=share, lift=table["seen"] / y.mean(), lift_cumulative=captured / share
    )[[
        "share", "customers", "left", "captured", "base", "lift", "lift_cumulative", "told", "seen"
    ]].reset_index(drop=True)  # fmt: skip


def profit_curve(
    probability: object, left: object, *, value: object, offer_cost: float, contact_cost: float = 0.0,
    accept: float = 0.3,
) -> pd.DataFrame:  # fmt: skip
    """Profit of making the offer to the likeliest share of customers, and to as many drawn by lot.

    Parameters
    ----------
    probability, left : told and seen, as from `churn`
    value : money that a customer who stays is worth, one number or (n,)
    offer_cost : money the offer costs if accepted; those who would have stayed accept it always
    contact_cost : money to reach one customer
    accept : share of those about to leave who accept and stay

    Returns
    -------
    DataFrame
        share (of customers reached, from 0), threshold (lowest probability reached), profit, profit_random;
        one row per distinct probability, likeliest first.

    Notes
    -----
    A customer about to leave brings accept (value - offer_cost) - contact_cost, another one costs
    offer_cost + contact_cost.

    Source
    ------
    Neslin, S. et al. (2006). J. Marketing Research 43(2), 204-211. Verbeke, W. et al. (2012). EJOR 218(1),
    211-229.
    """
    p, y = admit_told(probability, left)
    worth = _value(value, len(p))
    offer = positive(offer_cost, "offer_cost", zero=True)
    contact = positive(contact_cost, "contact_cost", zero=True)
    if not 0 <= accept <= 1:
        raise ModelError(f"accept is {accept:g}; it must be a share in [0, 1]", hint="0.30 for 30 %")
    flow = np.where(y == 1, accept * (worth - offer) - contact, -offer - contact)
    order = np.argsort(-p, kind="stable")
    last = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)  # customers told the same go together
    share = np.append(0.0, (last + 1) / len(p))
    return pd.DataFrame({
        "share": share, "threshold": np.append(np.inf, p[order][last]),
        "profit": np.append(0.0, np.cumsum(flow[order])[last]), "profit_random": share * flow.sum(),
    })  # fmt: skip


def best_offer(
    probability: object, left: object, *, value: object, offer_cost: float, contact_cost: float = 0.0,
    accept: float = 0.3,
) -> Result:  # fmt: skip
    """How many to reach for the greatest profit, and what the model is worth in money.

    Returns
    -------
    Result
        `profit_max`, `share_best`, `threshold_best`, `profit_all` (reaching everybody), `profit_gain` (over
        the better of reaching everybody and nobody), per customer of the base `mpc` (at `accept`) and `empc`
        (mean over a beta law of it, 6 and 14, scaled to the mean `accept`); `empc_share`. A failed
        check.offer_pays says that no offer pays.

    Source
    ------
    Verbraken, T., Verbeke, W. & Baesens, B. (2013). IEEE TKDE 25(5), 961-973, eqs. (14)-(17).
    """
    asked = {"value": value, "offer_cost": offer_cost, "contact_cost": contact_cost}
    curve = profit_curve(probability, left, **asked, accept=accept)  # type: ignore[arg-type]
    best = curve.iloc[int(curve["profit"].to_numpy().argmax())]
    everybody, n = float(curve["profit"].iloc[-1]), len(labels_of(probability))
    rows = [
        {"term": "profit_max", "estimate": best["profit"]},
        {"term": "share_best", "estimate": best["share"]},
        {"term": "threshold_best", "estimate": best["threshold"]},
        {"term": "profit_all", "estimate": everybody},
        {"term": "profit_gain", "estimate": best["profit"] - max(everybody, 0.0)},
        {"term": "mpc", "estimate": best["profit"] / n},
    ]
    if 0 < accept < 1:
        mean, share = _expected_maximum(probability, left, asked, accept)
        rows += [{"term": "empc", "estimate": mean / n}, {"term": "empc_share", "estimate": share}]
    pays = Check(
        "check.offer_pays", best["profit"] > 0, best["profit"], "some share brings more than it costs"
    )
    glance = {"n": float(n), "offer_cost": offer_cost, "contact_cost": contact_cost, "accept": accept}
    return Result(
        "model.churn_profit", tidy_frame(rows), glance, (pays,), source_of(curve[["share", "profit"]])
    )


def _expected_maximum(
    probability: object, left: object, asked: dict[str, object], accept: float
) -> tuple[float, float]:
    """Mean over the law of accepting of the greatest profit, and of the share reached for it."""
    total = sum(ACCEPT)
    nodes, weights = beta_nodes(np.array([accept * total]), np.array([(1 - accept) * total]), 48)
    profit, share = 0.0, 0.0
    # profit is linear in the share that accepts, so two curves give them all
    none, all_ = (profit_curve(probability, left, **asked, accept=a) for a in (0.0, 1.0))  # type: ignore[arg-type]
    low, high = none["profit"].to_numpy(), all_["profit"].to_numpy()
    for gamma, w in zip(nodes[0], weights[0], strict=True):
        curve = low + gamma * (high - low)
        place = int(curve.argmax())
        profit, share = profit + w * curve[place], share + w * float(none["share"].iloc[place])
    return profit, share


def _value(value: object, n: int) -> np.ndarray:
    if np.ndim(np.asarray(value)) == 0:
        return np.full(n, positive(float(value), "value"))  # type: ignore[arg-type]
    found = column(value, "value", labels_of(value))
    if len(found) != n:
        raise ModelError(f"value has {len(found)} values for {n} customers")
    return found
