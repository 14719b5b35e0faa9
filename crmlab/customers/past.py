"""What past contacts say: who is known, which needs were met, what contacts brought, and whether the personal form did better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.customers.board import Board
from crmlab.customers.contact_log import ContactLog
from crmlab.customers.days import PurchaseDays
from crmlab.customers.shares import clustered_share
from crmlab.customers.uplift import uplift
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, attempt, tidy_block, tidy_frame
from crmlab.study.swift_spec import Actions
from crmlab.wilson import wilson

FEWEST_IN_ARM = 30
LINKED = 0.90


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The saved results on past contacts, by their names in docs/terms.md."""

    identity: Result
    needs_met: Result
    contact_return: Result | None
    uplift: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; what the study did not ask for is not among them."""
        names = ("identity", "needs_met", "contact_return", "uplift")
        return {name: found for name in names if (found := getattr(self, name)) is not None}


def past_contacts(
    log: ContactLog, asked: Actions, board: Board | None, gain: np.ndarray | None, days: PurchaseDays | None,
    level: float = 0.95,
) -> Past:  # fmt: skip
    """Look back on all contacts of a log.

    Parameters
    ----------
    gain : (m,) margin of an answer in each cell of the board; None without offers
    days : purchases that customers are known by, or None
    """
    brought = None
    if board is not None and gain is not None:
        brought = attempt("model.contact_return", lambda: contact_return(log, asked, board, gain, level))
    return Past(
        identity(log, days, level),
        attempt("model.needs_met", lambda: needs_met(log, asked, level)),
        brought,
        attempt("model.uplift", lambda: personal_uplift(log, days, level)),
    )


def identity(log: ContactLog, days: PurchaseDays | None, level: float) -> Result:
    """How many contacts can be joined with a customer, and how many customers were ever contacted?

    `contacts`, `matched` (share of contacts whose customer has purchases; interval), `customers`, `reached` (share of
    customers with a contact; interval), `aside:<reason>` contacts that cannot be learnt from, `made` those that can.
    """
    rows = log.rows
    terms = [
        {"term": "contacts", "estimate": len(rows)},
        {"term": "made", "estimate": int(rows["made"].sum())},
    ]
    checks = []
    if days is not None:
        known = rows["customer"].isin(days.customers)
        p, low, high = (float(end) for end in wilson(float(known.sum()), float(len(rows)), level))
        terms.append({"term": "matched", "estimate": p, "ci_low": low, "ci_high": high})
        reached = float(days.customers.isin(rows["customer"].unique()).sum())
        q, low, high = (float(end) for end in wilson(reached, float(len(days.customers)), level))
        terms.append({"term": "customers", "estimate": len(days.customers)})
        terms.append({"term": "reached", "estimate": q, "ci_low": low, "ci_high": high})
        if len(rows):
            checks.append(Check("check.contacts_matched", p >= LINKED, p, f">= {LINKED:.2f} of the contacts"))
    reasons = tidy_block("aside", list(log.aside), list(log.aside.values()))
    return Result(
        "model.contact_identity", pd.concat([tidy_frame(terms), reasons]) if log.aside else tidy_frame(terms),
        {"level": level}, tuple(checks), source_of(_figures(rows)),
    )  # fmt: skip


def needs_met(log: ContactLog, asked: Actions, level: float) -> Result:
    """Of the needs that customers told, how many got a fitting answer?

    A need is a contact that the customer began, on one of the study's topics. It is met if that contact, or another
    one with the same customer on the same topic within `needs.days`, has an accepted outcome.

    `needs`, `met`, `rate` (interval: Wilson's with the design effect of customers), `needs:<topic>`, `rate:<topic>`
    (interval), `at_once` (share met in the same contact). Blank outcomes answer nothing.
    """
    rows = log.rows.reset_index(drop=True)
    topics = asked.needs.topics
    want = rows["inward"].to_numpy() & rows["topic"].notna().to_numpy() & (rows["topic"] != "").to_numpy()
    if topics:
        from crmlab.customers.contact_log import among

        want &= among(rows["topic"].to_numpy(dtype=object), topics)
    needs = rows.loc[want]
    met = _answered(rows, needs, asked.needs.days)
    who = needs["customer"].to_numpy(dtype=object)
    terms = [{"term": "needs", "estimate": len(needs)}, {"term": "met", "estimate": int(met.sum())}]
    if len(needs):
        p, low, high = clustered_share(met.astype(float), who, level)
        terms.append({"term": "rate", "estimate": p, "ci_low": low, "ci_high": high})
        at_once = float((needs["accepted"] == 1).mean())
        terms.append({"term": "at_once", "estimate": at_once})
    names = sorted(needs["topic"].unique())
    for name in names:
        mine = (needs["topic"] == name).to_numpy()
        p, low, high = clustered_share(met[mine].astype(float), who[mine], level)
        terms.append({"term": f"needs:{name}", "estimate": int(mine.sum())})
        terms.append({"term": f"rate:{name}", "estimate": p, "ci_low": low, "ci_high": high})
    check = Check("check.needs_told", len(needs) > 0, len(needs), "at least 1 contact that tells a need")
    glance = {"level": level, "days": asked.needs.days}
    return Result("model.needs_met", tidy_frame(terms), glance, (check,), source_of(_figures(rows)))


def _answered(rows: pd.DataFrame, needs: pd.DataFrame, days: int) -> np.ndarray:
    """True for needs with an accepted contact on the same topic from that day on, `days` at most."""
    yes = rows.loc[rows["accepted"] == 1, ["customer", "topic", "day"]].dropna()
    own = (needs["accepted"] == 1).to_numpy()
    if not len(yes) or not len(needs):
        return own
    both = pd.concat([needs[["customer", "topic"]], yes[["customer", "topic"]]])
    pair = both.groupby(["customer", "topic"], sort=False, dropna=False).ngroup().to_numpy()
    span = int(rows["day"].max()) - int(rows["day"].min()) + days + 2
    start = int(rows["day"].min())
    at = np.sort(pair[len(needs) :] * span + (yes["day"].to_numpy() - start))
    asked = pair[: len(needs)] * span + (needs["day"].to_numpy() - start)
    nearest = np.searchsorted(at, asked, side="left")
    found = at[np.minimum(nearest, len(at) - 1)]
    return own | ((nearest < len(at)) & (found - asked <= days))


def contact_return(log: ContactLog, asked: Actions, board: Board, gain: np.ndarray, level: float) -> Result:
    """What did past contacts cost, and what did their answers bring?

    `spent`, `brought`, `return` = brought / spent - 1 (se and interval: linearised ratio, customers as clusters), the
    same by offer and by channel (`return:<offer>`, `return:<channel>`). An answer counts with the margin of its offer, whether
    or not the customer would have bought without the contact.

    Source
    ------
    Cochran, W. G. (1977). Sampling Techniques, 3rd ed., section 6.3 (ratio).
    """
    made = log.made
    margin = np.nan_to_num(_margins(board, gain, len(asked.offers)))[made["offer"].to_numpy(dtype=int)]
    dear = np.array([offer.cost for offer in asked.offers.values()])[made["offer"].to_numpy(dtype=int)]
    C, R = made["cost"].to_numpy() + dear, made["accepted"].to_numpy() * margin
    who = pd.factorize(made["customer"].to_numpy(dtype=object))[0]
    groups: dict[str, np.ndarray] = {"": np.ones(len(made), dtype=bool)}
    for place, name in enumerate(asked.offers):
        groups[name] = (made["offer"] == place).to_numpy()
    for place, name in enumerate(asked.channels):
        groups[name] = (made["channel"] == place).to_numpy()
    terms: list[dict[str, object]] = []
    for name, mine in groups.items():
        of = f":{name}" if name else ""
        terms.append({"term": f"contacts{of}", "estimate": int(mine.sum())})
        terms.append({"term": f"spent{of}", "estimate": C[mine].sum()})
        terms.append({"term": f"brought{of}", "estimate": R[mine].sum()})
        if C[mine].sum() > 0:
            terms.append({"term": f"return{of}", **_ratio(R[mine], C[mine], who[mine], level)})
    whole = C.sum()
    pays = _ratio(R, C, who, level)["ci_low"] if whole > 0 else np.nan
    check = Check("check.contacts_paid", not pays < 0, pays, "the return's interval lies above 0")
    return Result(
        "model.contact_return", tidy_frame(terms), {"level": level}, (check,), source_of(_figures(made))
    )


def _margins(board: Board, gain: np.ndarray, offers: int) -> np.ndarray:
    """(offers,) mean margin over segments."""
    means = []
    for place in range(offers):
        mine = gain[board.offer == place]
        means.append(mine[np.isfinite(mine)].mean() if np.isfinite(mine).any() else np.nan)
    return np.array(means)


def _ratio(R: np.ndarray, C: np.ndarray, who: np.ndarray, level: float) -> dict[str, float]:
    ratio = R.sum() / C.sum()
    sums = np.bincount(pd.factorize(who)[0], weights=R - ratio * C)
    G = len(sums)
    error = float(np.sqrt((sums**2).sum() * G / (G - 1)) / C.sum()) if G > 1 else np.nan
    reach = float(ndtri((1 + level) / 2)) * error
    return {
        "estimate": ratio - 1, "std_error": error, "ci_low": ratio - 1 - reach, "ci_high": ratio - 1 + reach,
    }  # fmt: skip


def personal_uplift(log: ContactLog, days: PurchaseDays | None, level: float) -> Result:
    """The uplift of personal contacts: on the contacts drawn by lot, else weighted by what is known of each contact.

    Glance `randomised` is 1 where the personal form was drawn by lot, and only then may anybody speak of an effect.
    """
    rows = log.rows.loc[log.rows["accepted"].notna() & log.rows["personalised"].notna()]
    if not len(rows):
        raise ModelError("uplift: no contact says whether it was personal and whether it was accepted")
    drawn = rows.loc[rows["randomised"]]
    by_lot = len(drawn) > 0
    frame = drawn if by_lot else rows.loc[~rows["inward"]] if (~rows["inward"]).any() else rows
    given = pd.DataFrame({
        "accepted": frame["accepted"].astype(float), "personalised": frame["personalised"].astype(float),
        "customer": frame["customer"],
    })  # fmt: skip
    covariates = [] if by_lot else _covariates(given, frame, days)
    found = uplift(given, covariates=covariates, cluster="customer", level=level)
    few = min(found["contacts:standard"], found["contacts:personalised"])
    check = Check("check.uplift_arms", few >= FEWEST_IN_ARM, few, f">= {FEWEST_IN_ARM} contacts of each form")
    glance = found.glance | {"randomised": float(by_lot), "others": float(len(rows) - len(frame))}
    return Result(found.model, found.tidy, glance, (*found.checks, check), found.source)


def _covariates(given: pd.DataFrame, frame: pd.DataFrame, days: PurchaseDays | None) -> list[str]:
    """What is known before the answer and varies, joined to `given`: channel, phase, topic, purchases so far (log)."""
    names: list[str] = []
    parts = {"channel": frame["channel"], "phase": frame["phase"], "topic": frame["topic"]}
    if days is not None:
        given["purchases"] = np.log1p(_bought_before(days, frame))
        names += ["purchases"] if given["purchases"].std() > 0 else []
    seen: list[np.ndarray] = []
    for name, column in parts.items():
        values = sorted({str(value) for value in column if value is not None and value == value})
        for value in values[1:]:
            told = (column.astype(str) == value).to_numpy(dtype=float)
            tied = any(abs(np.corrcoef(told, one)[0, 1]) > 0.999 for one in seen if 0 < told.mean() < 1)
            if 0.02 <= told.mean() <= 0.98 and not tied:
                key = f"{name}.{value}"
                given[key] = told
                seen.append(told)
                names.append(key)
    return _independent(given, names)


def _bought_before(days: PurchaseDays, frame: pd.DataFrame) -> np.ndarray:
    """(n,) purchase days of each contact's customer before its day."""
    at = days.customers.get_indexer(pd.Index(frame["customer"], dtype=object))
    when = frame["day"].to_numpy()
    start = int(min(days.day.min(), when.min()))
    span = int(max(days.day.max(), when.max())) - start + 2
    past = np.searchsorted(days.who * span + (days.day - start), at * span + (when - start), side="left")
    return np.where(at >= 0, past - days.starts[np.maximum(at, 0)], 0)


def _independent(given: pd.DataFrame, names: list[str]) -> list[str]:
    """The covariates that are no sum of those before them."""
    kept: list[str] = []
    for name in names:
        X = np.column_stack([np.ones(len(given)), *(given[one] for one in (*kept, name))])
        if np.linalg.matrix_rank(X) == X.shape[1]:
            kept.append(name)
    return kept


def _figures(rows: pd.DataFrame) -> pd.DataFrame:
    """What the results rest on, without the keys of customers."""
    return rows[["day", "offer", "channel", "accepted", "personalised", "cost"]].astype(float)


__all__ = ["Past", "contact_return", "identity", "needs_met", "past_contacts", "personal_uplift"]
