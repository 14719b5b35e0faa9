"""What is left of a ledger's money, and how fast its prices rise."""

from __future__ import annotations

from crmlab.data.ledger import Ledger

YEAR = 365.25


def margin_share(ledger: Ledger, declared: float) -> float:
    """The margin column over the amounts of purchases; the declared share where there is no such column."""
    if "margin" not in ledger.rows:
        return declared
    bought = ledger.rows.loc[(ledger.rows["amount"] > 0) & ledger.rows["margin"].notna()]
    spent = float(bought["amount"].sum())
    share = float(bought["margin"].sum()) / spent if spent > 0 else declared
    return min(share, 1.0) if share > 0 else declared


def inflation(ledger: Ledger) -> float:
    """Yearly growth of the deflator over the observed months, as a share; 0 without one."""
    index = ledger.deflator
    if index is None or len(index) < 2:
        return 0.0
    years = (index.index[-1] - index.index[0]).days / YEAR
    return float((index.iloc[-1] / index.iloc[0]) ** (1 / years) - 1)
