"""Amounts as people and systems write them -> numbers, and currencies -> how much of the study's one they are worth."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.persian import HALF_SPACE, key, normalise, number

MOST = 1e18  # beyond it a number is a fault of the file, not money
RIAL_WORTH = {"IRR": 1.0, "IRT": 10.0}  # one toman is ten rial
_WORDS = {key("ریال"): "IRR", key("تومان"): "IRT", key("تومن"): "IRT", "rial": "IRR", "toman": "IRT"}
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_EASTERN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٬٫−", "01234567890123456789,.-")
_COMMA = re.compile(r"([+-]?)(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?")
_LOSS = re.compile(r"\((.+)\)")


def amount(cell: Any, decimal: str = ".") -> float | None:
    """The money a cell stands for; None if it is blank, no number, or could be two.

    Persian digits and marks are understood always; with decimal "," the point groups thousands. Brackets are a minus.

    Examples
    --------
    >>> amount("۱٬۵۰۰"), amount("1,500"), amount("1.500,00", ","), amount("(250)"), amount("1,5")
    (1500.0, 1500.0, 1500.0, -250.0, None)
    """
    if cell is None or isinstance(cell, float | int):
        return None if cell is None or not abs(cell) <= MOST else float(cell)
    if not isinstance(cell, str):
        return None
    text = (cell if cell.isascii() else cell.translate(_EASTERN)).strip()
    found: float | None
    if _PLAIN.fullmatch(text) and (decimal == "." or "." not in text):
        found = float(text)
    elif decimal == "." and _GROUPED.fullmatch(text):
        found = float(text.replace(",", ""))
    elif hit := _LOSS.fullmatch(cell.strip()):
        inner = amount(hit[1], decimal)
        found = -inner if inner is not None and inner >= 0 else None
    else:
        found = _comma(cell) if decimal == "," else number(cell)
    return found if found is not None and abs(found) <= MOST else None


def _comma(cell: str) -> float | None:
    text = normalise(cell).replace("٫", ",").replace("٬", ".").replace(HALF_SPACE, "").replace("−", "-")
    hit = _COMMA.fullmatch(text)
    return float(f"{hit[1]}{hit[2].replace('.', '')}.{hit[3] or 0}") if hit else None


def amounts(cells: Sequence[Any], decimal: str = ".") -> np.ndarray:
    """All amounts of a column; NaN where there is none. Each different cell is read once."""
    codes, unique = pd.factorize(np.array(cells, dtype=object), use_na_sentinel=True)
    known = np.array(
        [math.nan if (one := amount(cell, decimal)) is None else one for cell in unique] + [math.nan]
    )
    return known[codes]


def currency(cell: Any) -> str:
    """The code of a currency: in capitals, Iran's units also by their words; empty if the cell is blank.

    Examples
    --------
    >>> currency(" irr "), currency("تومان")
    ('IRR', 'IRT')
    """
    text = normalise(str(cell)) if cell is not None else ""
    return _WORDS.get(key(text), text.upper())


def worth(code: str, into: str, rates: Mapping[str, float]) -> float | None:
    """How many of currency `into` one `code` is worth; None if nobody has said so.

    Examples
    --------
    >>> worth("IRT", "IRR", {}), worth("IRR", "IRT", {}), worth("USD", "IRR", {"USD": 500_000}), worth("USD", "IRR", {})
    (10.0, 0.1, 500000.0, None)
    """
    if code in rates:
        return float(rates[code])
    if code == into:
        return 1.0
    if code in RIAL_WORTH and into in RIAL_WORTH:
        return RIAL_WORTH[code] / RIAL_WORTH[into]
    return None
