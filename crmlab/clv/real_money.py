"""Money of one month in money of another: consumer prices or a rate of exchange, month by month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.errors import ModelError


def deflate(amounts: object, months: object, index: object, *, base: object = None) -> np.ndarray:
    """Amounts in the money of one month, so that sums over years add like with like.

    Parameters
    ----------
    amounts : (n,) money of the day
    months : (n,) month of each amount: "2024-03", "1403-01", a date or a period
    index : consumer price index, or price of a foreign currency, by month: a Series indexed by month or a
        mapping; above 0
    base : the month whose money is wanted; the last one of `index` by default

    Returns
    -------
    (n,) amounts times index[base] / index[month]. Divide by index[base] once more to count in the foreign
    currency itself.

    Raises
    ------
    ModelError
        A month of the amounts is not in the index; the index has a month twice or a value that is not above 0.

    Examples
    --------
    >>> deflate([100.0, 100.0], ["2023-01", "2024-01"], {"2023-01": 50.0, "2024-01": 75.0}).tolist()
    [150.0, 100.0]
    """
    labels = labels_of(amounts)
    money, level = column(amounts, "amounts", labels), _index(index)
    asked = _months(months)
    if len(asked) != len(money):
        raise ModelError(f"amounts and months have {len(money)} and {len(asked)} values")
    known = level.reindex(asked).to_numpy(dtype=float)
    missing = sorted(set(asked[np.isnan(known)]))
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise ModelError(
            f"the index has no value for {shown}", hint="complete the series, or drop these amounts"
        )
    last = str(level.index[-1]) if base is None else str(_months([base])[0])
    if last not in level.index:
        raise ModelError(f"the index has no value for the base month {last}")
    return money * (float(level[last]) / known)


def yearly_inflation(index: object, *, months: int | None = None) -> float:
    """Mean yearly growth of a monthly index over its last `months` steps (all by default), 0.40 for 40 %.

    (I_last / I_first)^(12 / months) - 1; the months must follow each other without a gap.

    Examples
    --------
    >>> round(yearly_inflation({"2024-01": 100.0, "2024-02": 101.0, "2024-03": 102.01}), 6)
    0.126825
    """
    level = _index(index)
    steps = len(level) - 1 if months is None else int(months)
    if not 1 <= steps < len(level):
        raise ModelError(f"the index has {len(level)} months; want more than {max(steps, 1)}")
    numbers = np.array([12 * int(m[:4]) + int(m[5:7]) for m in level.index[-steps - 1 :]])
    if (np.diff(numbers) != 1).any():
        raise ModelError("the months of the index do not follow each other without a gap")
    return float((level.iloc[-1] / level.iloc[-steps - 1]) ** (12 / steps) - 1)


def _index(index: object) -> pd.Series:
    """The index by month as text, in order of time."""
    if isinstance(index, Mapping):
        index = pd.Series(dict(index), dtype=float)
    if not isinstance(index, pd.Series) or not len(index):
        raise ModelError("index must be a Series or a mapping from month to number")
    months = _months(index.index)
    if len(set(months)) < len(months):
        raise ModelError("the index has a month twice")
    values = column(index.to_numpy(dtype=float), "index", pd.Index(months))
    bad_rows(values <= 0, pd.Index(months), "index", values, "is not above 0")
    return pd.Series(values, index=months).sort_index()


def _months(months: object) -> np.ndarray:
    """Months as "YYYY-MM"; dates and periods are cut to it."""
    if isinstance(months, pd.Series | pd.Index):
        given = pd.Series(months)
    else:
        given = pd.Series(np.atleast_1d(np.asarray(months, dtype=object)))
    if isinstance(given.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(given.dtype):
        return given.dt.strftime("%Y-%m").to_numpy(dtype=object)
    text = np.array([value if isinstance(value, str) else str(value) for value in given], dtype=object)
    text = np.array([value[:7] for value in text], dtype=object)
    bad = [value for value in text if not _is_month(value)]
    if bad:
        raise ModelError(f"'{bad[0]}' is not a month", hint="write months as 2024-03 or 1403-01")
    return text


def _is_month(value: str) -> bool:
    whole = len(value) == 7 and value[4] == "-" and value[:4].isdigit() and value[5:].isdigit()
    return whole and 1 <= int(value[5:]) <= 12
