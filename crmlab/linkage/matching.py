"""Respondents and customers of the ledger brought together by their pseudonym, every one of both counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError

SECOND = ("keep_first", "keep_last", "refuse")
COLUMNS = ("customer", "x", "t_x", "T", "mean_spend", "total")


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Who is in both, and who is in one only.

    Attributes
    ----------
    rfm : one row a customer of the ledger, as `clv.rfm` gives it, without those that have not been seen for any time
    who : (m,) place of each matched respondent among the rows of the answers
    at : (m,) place of the matched respondent's customer in `rfm`
    respondents, with_key, repeated, refused_twice, survey_only, too_new : counts of respondents; `repeated` are
        answers beyond a customer's first, `refused_twice` those left out for it, `too_new` those whose customer
        came on the ledger's last day
    left_out : customers of the ledger that came on its last day
    """

    rfm: pd.DataFrame
    who: np.ndarray
    at: np.ndarray
    respondents: int
    with_key: int
    repeated: int
    refused_twice: int
    survey_only: int
    too_new: int
    left_out: int

    def __repr__(self) -> str:
        return f"<Joined: {self.respondents} respondents, {self.customers} customers, {self.matched} in both>"

    @property
    def matched(self) -> int:
        """Customers with answers and purchases."""
        return len(self.who)

    @property
    def customers(self) -> int:
        """Customers of the ledger."""
        return len(self.rfm) + self.left_out

    @property
    def is_matched(self) -> np.ndarray:
        """(n,) whether each row of `rfm` has answered."""
        found = np.zeros(len(self.rfm), dtype=bool)
        found[self.at] = True
        return found

    @property
    def own(self) -> pd.DataFrame:
        """The rows of `rfm` of the matched respondents, in their order."""
        return self.rfm.iloc[self.at].reset_index(drop=True)


def join(customer: pd.Series, rfm: pd.DataFrame, *, second: str = "keep_first") -> Joined:
    """Bring answers and purchases together.

    Parameters
    ----------
    customer : of each respondent, in the order of answering; None, NaN or "" where he gave none
    rfm : one row a customer: customer, x, t_x, T, mean_spend, total (and what else it holds)
    second : of several answers of one customer "keep_first", "keep_last" or "refuse" all

    Raises
    ------
    ModelError
        A column is missing, or a customer stands twice in `rfm`.
    """
    _admit(rfm, second)
    key = pd.Series(np.asarray(customer, dtype=object)).map(_text)
    has = key.notna().to_numpy()
    keep = {"keep_first": "first", "keep_last": "last", "refuse": False}[second]
    repeated = has & key.duplicated(keep="first").to_numpy()
    refused = has & key.duplicated(keep=keep).to_numpy()  # type: ignore[arg-type]
    seen = rfm["T"].to_numpy(dtype=float) > 0
    names = pd.Index(rfm["customer"].map(_text))
    place = names.get_indexer(pd.Index(key.where(has, None)))
    place[~has] = -1
    kept = rfm.loc[seen].reset_index(drop=True)
    new_place = np.cumsum(seen) - 1
    chosen = has & ~refused & (place >= 0)
    observed = chosen & seen[place]
    who = np.flatnonzero(observed)
    return Joined(
        rfm=kept, who=who, at=new_place[place[who]], respondents=len(key), with_key=int(has.sum()),
        repeated=int(repeated.sum()), refused_twice=int(refused.sum()),
        survey_only=int((has & ~refused & (place < 0)).sum()), too_new=int((chosen & ~observed).sum()),
        left_out=int((~seen).sum()),
    )  # fmt: skip


def _text(value: object) -> str | None:
    """A key as text; None where there is none. A whole number is the same key whether it came as 7 or 7.0."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).strip() or None


def _admit(rfm: pd.DataFrame, second: str) -> None:
    if second not in SECOND:
        raise ModelError(f"second is '{second}'; want one of {', '.join(SECOND)}")
    lost = [name for name in COLUMNS if name not in rfm]
    if lost:
        raise ModelError(
            f"the customers' table has no column {', '.join(lost)}", hint="give what clv.rfm makes"
        )
    twice = rfm["customer"][rfm["customer"].duplicated()]
    if len(twice):
        raise ModelError(f"{len(twice)} customers stand twice in the customers' table")
    numbers = rfm[["x", "t_x", "T", "mean_spend", "total"]].to_numpy(dtype=float)
    bad = ~np.isfinite(numbers).all(axis=1)
    if bad.any():
        raise ModelError(f"{int(bad.sum())} customers have figures that are missing or infinite")
