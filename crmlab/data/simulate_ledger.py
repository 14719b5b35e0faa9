"""Purchases of simulated customers: gamma rates, a chance to leave after each purchase, gamma-gamma spend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

RATE_SHAPE, RATE_MEAN = 1.4, 1 / 40  # purchases a day
DROPOUT, DROPOUT_SD = 0.10, 0.4  # chance to leave after a purchase; spread of its log odds
SPEND_P, SPEND_Q, SPEND_MEAN = 6.0, 4.0, 8_500_000  # gamma-gamma shapes; mean receipt in rial
NEWCOMERS = 2 / 3  # first purchases fall into this first part of the period


@dataclass(frozen=True, eq=False)
class LedgerTruth:
    """What drives each customer; arrays of one length.

    Attributes
    ----------
    customer_id : strings
    rq : latent relationship quality
    rate : purchases a day while a customer
    dropout : chance to leave after a purchase
    spend : mean receipt (rial)
    """

    customer_id: np.ndarray
    rq: np.ndarray
    rate: np.ndarray
    dropout: np.ndarray
    spend: np.ndarray


def ledger_of(
    rng: np.random.Generator,
    rq: np.ndarray,
    log_rate_per_sd: float,
    log_odds_dropout_per_sd: float,
    observed: tuple[str, str],
) -> tuple[pd.DataFrame, LedgerTruth]:
    """Every purchase of every customer between the first and the last day observed.

    rate = gamma draw * exp(log_rate_per_sd * rq); log odds of leaving after a purchase =
    logit(.10) + normal draw + log_odds_dropout_per_sd * rq. A customer starts with a purchase; the
    following ones come with exponential waiting times until the customer leaves. Mean receipts are
    inverse gamma, receipts gamma around them, independent of the number of purchases.

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284 (the process).
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). JMR 42(4), 415-430 (the spend).
    """
    n = len(rq)
    first, last = pd.Timestamp(observed[0]), pd.Timestamp(observed[1])
    days = (last - first).days + 1
    rate = rng.gamma(RATE_SHAPE, RATE_MEAN / RATE_SHAPE, n) * np.exp(log_rate_per_sd * rq)
    odds = (
        np.log(DROPOUT / (1 - DROPOUT)) + DROPOUT_SD * rng.standard_normal(n) + log_odds_dropout_per_sd * rq
    )
    dropout = 1 / (1 + np.exp(-odds))
    spend = SPEND_MEAN * (SPEND_Q - 1) / rng.gamma(SPEND_Q, 1.0, n)
    names = np.array([f"C{k:06d}" for k in rng.permutation(n) + 1], dtype=object)

    start = rng.random(n) * days * NEWCOMERS
    lifetime = rng.geometric(dropout)  # purchases until the customer leaves, the first one counted
    more = rng.poisson(rate * (days - start))
    who = np.repeat(np.arange(n), more)
    when = start[who] + rng.random(len(who)) * (days - start[who])
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    rank = np.arange(len(who)) - np.repeat(np.cumsum(more) - more, more)
    alive = rank + 1 < lifetime[who]
    who, when = np.concatenate([np.arange(n), who[alive]]), np.concatenate([start, when[alive]])
    amount = np.round(rng.gamma(SPEND_P, spend[who] / SPEND_P) / 1000) * 1000
    table = pd.DataFrame(
        {
            "customer_id": names[who],
            "date": (first + pd.to_timedelta(np.floor(when), unit="D")).strftime("%Y-%m-%d"),
            "amount": np.maximum(amount, 1000).astype(np.int64),
        }
    )
    table = table.sort_values(["date", "customer_id"], kind="stable", ignore_index=True)
    return table, LedgerTruth(names, rq, rate, dropout, spend)
