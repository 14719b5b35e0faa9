"""What a customer is worth beyond his own purchases: referrals, influence, knowledge.

Every number must be observed or assumed by the analyst; nothing is estimated here. Periods are those of
`rate`; a row in period 0 is not discounted.

Source
------
Kumar, V., Aksoy, L., Donkers, B., Venkatesan, R., Wiesel, T. & Tillmanns, S. (2010). Undervalued or
overvalued customers: capturing total customer engagement value. J. Service Research 13(3), 297-310.
Kumar, V., Petersen, J. A. & Leone, R. P. (2010). Driving profitability by encouraging customer referrals.
J. Marketing 74(5), 1-17 (referral value).
Kumar, V., Bhaskaran, V., Mirchandani, R. & Shah, M. (2013). Creating a measurable social media marketing
strategy. Marketing Science 32(2), 194-212 (influence value).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.clv.words import bad_rows, column
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Result, tidy_frame

REFERRAL = ("referrer", "period", "margin", "cost", "saved", "would_join")
INFLUENCE = ("influencer", "period", "margin", "share", "cost")
KNOWLEDGE = ("contributor", "period", "margin", "share", "cost")


def referral_value(referrals: pd.DataFrame, *, rate: float) -> pd.Series:
    """Value of the customers that a customer brought (CRV), by referrer.

    Parameters
    ----------
    referrals : one row per customer brought and period: `referrer`; `period` (whole, from 0); `margin`
        (his contribution in the period); `cost` (of the reward and of marketing to him); `saved` (cost of
        winning him that was saved); `would_join` (1 if he would have come anyway, else 0)
    rate : discount rate per period, 0.10 for 10 %

    Notes
    -----
    CRV = sum_t sum_y (margin - cost + saved) (1+rate)^-t over those who came because of the referral, plus
    sum_t sum_y saved (1+rate)^-t over those who would have come anyway, less what they cost.

    Examples
    --------
    >>> brought = pd.DataFrame({"referrer": ["a", "a"], "period": [0, 1], "margin": [50.0, 60.0],
    ...     "cost": [10.0, 0.0], "saved": [20.0, 0.0], "would_join": [0, 0]})
    >>> round(float(referral_value(brought, rate=0.2)["a"]), 6)
    110.0
    """
    columns = _columns(referrals, REFERRAL, rate)
    anyway = columns["would_join"]
    bad_rows((anyway != 0) & (anyway != 1), referrals.index, "would_join", anyway, "is neither 0 nor 1")
    flow = (1 - anyway) * columns["margin"] - columns["cost"] + columns["saved"]
    return _by(referrals, "referrer", flow, columns["period"], rate, "crv")


def influence_value(influences: pd.DataFrame, *, rate: float) -> pd.Series:
    """Value of what others bought because a customer spoke of it (CIV), by influencer.

    Parameters
    ----------
    influences : one row per influenced customer and period: `influencer`; `period`; `margin` of the
        influenced customer; `share` of it that is due to the influencer, in [0, 1]; `cost` of the incentive
    rate : discount rate per period

    Notes
    -----
    CIV = sum_t sum_j (share margin - cost)(1+rate)^-t. Shares of one influenced customer's period must not
    add up to more than 1 over influencers; give `influenced` to have that checked.
    """
    columns = _columns(influences, INFLUENCE, rate)
    _shares(influences, columns["share"])
    return _by(
        influences, "influencer", columns["share"] * columns["margin"] - columns["cost"], columns["period"],
        rate, "civ",
    )  # fmt: skip


def knowledge_value(ideas: pd.DataFrame, *, rate: float) -> pd.Series:
    """Value of ideas and complaints that bettered the offer (CKV), by contributor.

    Parameters
    ----------
    ideas : one row per idea and period: `contributor`; `period`; `margin` that the change brought; `share`
        of it that is due to the contributor, in [0, 1]; `cost` of taking it up
    """
    columns = _columns(ideas, KNOWLEDGE, rate)
    _shares(ideas, columns["share"])
    flow = columns["share"] * columns["margin"] - columns["cost"]
    return _by(ideas, "contributor", flow, columns["period"], rate, "ckv")


def engagement_value(
    clv: pd.Series,
    *,
    crv: pd.Series | None = None,
    civ: pd.Series | None = None,
    ckv: pd.Series | None = None,
) -> tuple[pd.DataFrame, Result]:
    """Engagement value of each customer, CEV = CLV + CRV + CIV + CKV, and the totals as a Result.

    Parameters
    ----------
    clv : lifetime value indexed by customer; the other parts by the same keys, 0 for those they do not name

    Raises
    ------
    ModelError
        A part names a customer that `clv` has not got: nothing is dropped in silence.
    """
    parts: Mapping[str, pd.Series | None] = {"crv": crv, "civ": civ, "ckv": ckv}
    table = pd.DataFrame({"clv": pd.Series(clv, dtype=float)})
    if table.index.has_duplicates:
        raise ModelError("clv has a customer twice")
    for name, part in parts.items():
        if part is None:
            continue
        strange = part.index.difference(table.index)
        if len(strange):
            raise ModelError(
                f"{name} names {len(strange)} customers without a lifetime value",
                hint="add them to clv, with 0 if they never bought",
            )
        table[name] = part.reindex(table.index).fillna(0.0).astype(float)
    table["cev"] = table.sum(axis=1)
    rows = [{"term": f"{name}.total", "estimate": table[name].sum()} for name in table]
    rows += [{"term": f"{name}.mean", "estimate": table[name].mean()} for name in table]
    above = table["cev"].rank() - table["clv"].rank()
    rows.append({"term": "rank_gain.max", "estimate": above.max()})
    glance = {"n": float(len(table)), "parts": float(table.shape[1] - 1)}
    return table, Result("model.engagement", tidy_frame(rows), glance, (), source_of(table))


def _columns(frame: pd.DataFrame, names: tuple[str, ...], rate: float) -> dict[str, np.ndarray]:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ModelError(f"the table lacks the columns {', '.join(missing)}")
    if not (np.isfinite(rate) and rate > -1):
        raise ModelError(f"rate is {rate:g}; it must be above -1", hint="0.10 for 10 % a period")
    found = {name: column(frame[name], name, frame.index) for name in names[1:]}
    period = found["period"]
    bad_rows(
        (period < 0) | (period != np.round(period)),
        frame.index,
        "period",
        period,
        "is not a whole number from 0",
    )
    bad_rows(
        frame[names[0]].isna().to_numpy(), frame.index, names[0], np.full(len(frame), np.nan), "is missing"
    )
    return found


def _shares(frame: pd.DataFrame, share: np.ndarray) -> None:
    bad_rows((share < 0) | (share > 1), frame.index, "share", share, "is not in [0, 1]")
    if "influenced" in frame.columns:
        whole = pd.Series(share).groupby([frame["influenced"].to_numpy(), frame["period"].to_numpy()]).sum()
        if (whole > 1 + 1e-9).any():
            raise ModelError(
                f"shares of (customer, period) {whole.idxmax()} add up to {whole.max():.3g}, above 1"
            )


def _by(
    frame: pd.DataFrame, who: str, flow: np.ndarray, period: np.ndarray, rate: float, name: str
) -> pd.Series:
    worth = flow * (1 + rate) ** -period
    return pd.Series(worth, name=name).groupby(frame[who].to_numpy()).sum()
