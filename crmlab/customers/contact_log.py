"""Past contacts as the loop reads them: which offer, which channel, which hour, answered or not, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from crmlab.customers.board import ANY
from crmlab.data.persian import key
from crmlab.errors import DataError
from crmlab.study.swift_spec import Actions


@dataclass(frozen=True, slots=True, eq=False)
class ContactLog:
    """Contacts of a study.

    Attributes
    ----------
    rows : one row a contact in the order of time: customer, day (since 1970), offer, channel, slot (places, -1 for
        none), accepted (0, 1, NaN where the log does not say), personalised (0, 1, NaN), cost, randomised, inward,
        topic, phase, made (True for contacts that made one of the offers and can be learnt from)
    slots : parts of the day
    aside : reason -> contacts that cannot be learnt from
    """

    rows: pd.DataFrame
    slots: tuple[str, ...]
    aside: dict[str, int]

    @property
    def made(self) -> pd.DataFrame:
        """Contacts that made an offer."""
        return self.rows.loc[self.rows["made"]]


def contact_log(contacts: pd.DataFrame, asked: Actions, file: str = "contacts") -> ContactLog:
    """Contacts admitted by `admit_contacts`, read by the words of the study's actions.

    Raises
    ------
    DataError
        The log knows none of the study's channels, or no outcome that means yes.
    """
    time = contacts["time"].to_numpy().astype("datetime64[s]")
    kept = contacts.loc[~np.isnat(time)]
    time = time[~np.isnat(time)]
    order = np.argsort(time, kind="stable")
    kept, time = kept.iloc[order].reset_index(drop=True), time[order]
    day = time.astype("datetime64[D]").astype(np.int64)
    hour = (time - time.astype("datetime64[D]")).astype(np.int64) // 3600
    outcome = _words(kept, "outcome")
    accepted = np.where(_blank(outcome), np.nan, among(outcome, asked.accepted).astype(float))
    channel = np.full(len(kept), -1)
    for place, one in enumerate(asked.channels.values()):
        channel[among(_words(kept, "channel"), one.words)] = place
    if len(kept) and (channel < 0).all():
        raise DataError(
            "none of its channels is one of actions.channels", file=file, column="channel",
            hint=f"the log says: {_said(kept, 'channel')}",
        )  # fmt: skip
    if len(kept) and not (accepted == 1).any():
        raise DataError(
            "no outcome is one of actions.accepted", file=file, column="outcome",
            hint=f"the log says: {_said(kept, 'outcome')}",
        )  # fmt: skip
    own = kept["personalised"].to_numpy(dtype=float) if "personalised" in kept else np.full(len(kept), np.nan)
    topic = _words(kept, "topic")
    outgoing = (
        among(_words(kept, "direction"), asked.direction) if asked.direction else np.ones(len(kept), bool)
    )
    cost = kept["cost"].to_numpy(dtype=float) if "cost" in kept else np.full(len(kept), np.nan)
    told = sum(
        (channel == place) * one.cost for place, one in enumerate(asked.channels.values())
    )  # what the study says a contact costs, where the log does not
    rows = pd.DataFrame({
        "customer": kept["customer"].to_numpy(dtype=object), "day": day,
        "offer": _offers(asked, topic, own), "channel": channel, "slot": np.searchsorted(asked.timing, hour, side="right"),
        "accepted": accepted, "personalised": own, "cost": np.where(np.isnan(cost), told, cost),
        "randomised": _drawn(kept, asked), "inward": among(_words(kept, "direction"), asked.needs.direction),
        "topic": topic, "phase": _words(kept, "phase"),
    })  # fmt: skip
    aside = {
        "no_time": len(contacts) - len(kept), "incoming": int((~outgoing).sum()),
        "no_offer": int((outgoing & (rows["offer"] < 0)).sum()),
        "no_channel": int((outgoing & (rows["offer"] >= 0) & (channel < 0)).sum()),
        "no_outcome": int((outgoing & (rows["offer"] >= 0) & (channel >= 0) & np.isnan(accepted)).sum()),
    }  # fmt: skip
    rows["made"] = outgoing & (rows["offer"] >= 0) & (channel >= 0) & ~np.isnan(accepted)
    return ContactLog(rows, _slots(asked), {reason: count for reason, count in aside.items() if count})


def _offers(asked: Actions, topic: np.ndarray, own: np.ndarray) -> np.ndarray:
    found = np.full(len(topic), -1)
    for place, offer in reversed(list(enumerate(asked.offers.values()))):
        fits = among(topic, offer.topics) if offer.topics else np.ones(len(topic), dtype=bool)
        if offer.personalised is not None:
            fits &= own == float(offer.personalised)
        found[fits] = place
    return found


def _drawn(kept: pd.DataFrame, asked: Actions) -> np.ndarray:
    if asked.randomised is None:
        return np.zeros(len(kept), dtype=bool)
    return among(_words(kept, asked.randomised.column), asked.randomised.values)


def _slots(asked: Actions) -> tuple[str, ...]:
    if not asked.timing:
        return (ANY,)
    ends = (0, *asked.timing, 24)
    return tuple(f"{start}-{end}" for start, end in pairwise(ends))


def _words(kept: pd.DataFrame, name: str) -> np.ndarray:
    return kept[name].to_numpy(dtype=object) if name in kept else np.full(len(kept), "", dtype=object)


def _blank(texts: np.ndarray) -> np.ndarray:
    return pd.isna(texts) | (texts == "")


def among(texts: np.ndarray, wanted: Iterable[str]) -> np.ndarray:
    """True where a text is one of the wanted, whatever keyboard either was typed on."""
    keys = {key(word) for word in wanted}
    codes, unique = pd.factorize(texts, use_na_sentinel=True)
    hit = np.array([isinstance(text, str) and key(text) in keys for text in unique] + [False], dtype=bool)
    return hit[codes]


def _said(kept: pd.DataFrame, name: str) -> str:
    return "; ".join(str(text) for text in list(dict.fromkeys(_words(kept, name)))[:6])
