"""A column of words -> one spelling each: what differs only by keyboard is one word, told by its commonest form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.persian import is_blank, key, normalise


def words(cells: Sequence[Any]) -> np.ndarray:
    """Each cell in the commonest repaired spelling of its word; None where the cell is blank.

    Cells are one word if they differ at most in spaces, half-spaces, letters of another keyboard, hamza, letter case
    or the script of their digits. Of two equally common spellings the first in the order of letters stays.
    """
    codes, unique = pd.factorize(np.array(cells, dtype=object), use_na_sentinel=True)
    counts = np.bincount(codes[codes >= 0], minlength=len(unique))
    plain = [normalise(_text(cell)) for cell in unique]
    spelled: dict[str, Counter[str]] = {}
    for text, count in zip(plain, counts, strict=True):
        spelled.setdefault(key(text) or text, Counter())[text] += int(count)
    best = {folded: min(forms, key=lambda form: (-forms[form], form)) for folded, forms in spelled.items()}
    known = [None if is_blank(text) else best[key(text) or text] for text in plain]
    return np.array([*known, None], dtype=object)[codes]


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
