"""Effects of earlier studies: who found how strong an effect of what on what, with how many cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.persian import key as folded
from crmlab.data.small_table import SmallTable, settled
from crmlab.data.typed import Typed, account, counted, nearest, open_typed, require
from crmlab.study.instrument import read_catalogue
from crmlab.study.prior_effects import BETA, KINDS, PriorEffect

NEEDED = ("study", "source", "target")
FIGURES = ("estimate", "n", "se", "year")
SIGNS = {"+": 1.0, "-": -1.0}
FEWEST = 4  # cases; 1 / (n - 3) is the variance of Fisher's z


@dataclass(frozen=True, eq=False, repr=False)
class PriorStudies(SmallTable):
    """The admitted effects: study, source, target, estimate, n, se, year, kind, sign.

    Attributes
    ----------
    effects : one for each kept row, in the file's order
    """

    name = "prior_studies"

    @property
    def effects(self) -> tuple[PriorEffect, ...]:
        """The rows as effects."""
        order = ("study", "source", "target", "estimate", "sign", "n", "se", "kind", "year")
        columns = (self.frame[name].tolist() for name in order)
        return tuple(PriorEffect(*row) for row in zip(*columns, strict=True))


def admit_prior_studies(
    path: str | Path,
    *,
    constructs: Mapping[str, str],
    file: str | None = None,
    columns: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
    **declared: Any,
) -> PriorStudies:
    """Read and admit a table of effects that earlier studies report.

    Parameters
    ----------
    path : .csv, .xlsx, .xls, .sav or .parquet, one row an effect of one study
    constructs : name as it may be written, in either language -> code
    file, columns, missing, declared : as for `admit_ratings`

    Raises
    ------
    DataError, DataErrors
        A column is lost; a study, or a construct, is blank or unknown; a study gives one effect twice; an effect is
        not between -1 and 1, or has neither n nor se, or has no number and no sign; n is below 4 or no whole
        number; se is not above zero; a sign contradicts its number; a kind is neither "beta" nor "r".

    Notes
    -----
    A row without a number says the direction only (`sign`: + or -). Words for kind and sign may be Persian.
    """
    typed = open_typed(path, key="literature", file=file, columns=columns, missing=missing, **declared)
    require(typed, *NEEDED)
    study = typed.texts("study")
    known = {folded(word): code for word, code in constructs.items()}
    ends = {name: typed.coded(name, known, "construct") for name in ("source", "target")}
    blank = np.full(len(study), np.nan)
    figures = {name: typed.numbers(name) if typed.has(name) else blank.copy() for name in FIGURES}
    words = read_catalogue("literature_words")
    kind = _worded(typed, "kind", words, KINDS, BETA)
    sign = np.array([SIGNS.get(one, np.nan) for one in _worded(typed, "sign", words, tuple(SIGNS), "")])
    _within(typed, figures, sign)
    _once(typed, study, ends)
    estimate = figures["estimate"]
    sign = np.where(np.isfinite(estimate) & (estimate != 0), np.sign(estimate), np.nan_to_num(sign))
    kept, refused, source = settled(typed, {"study": study, **ends, **figures, "kind": kind, "sign": sign})
    return PriorStudies(kept, refused, _flow(typed, kept, source), source)


def _worded(
    typed: Typed, column: str, words: Sequence[Mapping[str, str]], meanings: Sequence[str], usual: str
) -> np.ndarray:
    """A column of words from the catalogue; `usual` where blank or where the file has no such column."""
    if not typed.has(column):
        return np.full(len(typed.table), usual, dtype=object)
    known = {row["word"].strip().casefold(): row["meaning"] for row in words if row["meaning"] in meanings}
    known |= {folded(word): meaning for word, meaning in list(known.items()) if folded(word)}
    found = np.full(len(typed.table), usual, dtype=object)
    for row, text in enumerate(typed.texts(column, needed=False)):
        if text is None:
            continue
        meaning = known.get(text.strip().casefold()) or known.get(folded(text))
        if meaning is None and typed.kept[row]:
            hint = f"one of {', '.join(meanings)}, or leave it blank"
            typed.fault(f"'{text}' is no {column} of an effect{nearest(text, known)}", column, [row], hint)
        found[row] = meaning or usual
    return found


def _within(typed: Typed, figures: Mapping[str, np.ndarray], sign: np.ndarray) -> None:
    """Every number in its range; every effect with a size, or at least a direction."""
    estimate, n, se = (figures[name] for name in ("estimate", "n", "se"))
    number = np.isfinite(estimate)
    said = _written(typed, "estimate") | _written(typed, "sign")  # what cannot be read is told already
    unsure = number & ~np.isfinite(n) & ~np.isfinite(se)
    against = number & np.isfinite(sign) & (np.sign(estimate) * sign < 0)
    for rows, what, column, hint in (
        (number & (np.abs(estimate) >= 1), "effect not between -1 and 1", "estimate",
         "give standardised paths (beta) or correlations (r)"),
        (unsure, "effect with neither n nor se", "estimate", "add the number of cases, or the standard error"),
        (~said, "row with neither a number nor a sign", None,
         "write the estimate, or + or - under sign"),
        (against, "sign that contradicts its number", "sign", "correct the one or the other"),
        (np.isfinite(n) & ((n < FEWEST) | (n % 1 != 0)), f"n below {FEWEST} or no whole number", "n",
         "give the number of cases analysed"),
        (np.isfinite(se) & (se <= 0), "standard error not above zero", "se", "correct it, or give n"),
    ):  # fmt: skip
        wrong = np.flatnonzero(typed.kept & rows)
        if len(wrong):
            typed.fault(counted(len(wrong), what), column, wrong, hint)


def _written(typed: Typed, column: str) -> np.ndarray:
    """True where a column has something in it."""
    if not typed.has(column):
        return np.zeros(len(typed.table), dtype=bool)
    return np.array([not typed.blank(cell) for cell in typed.cells(column)], dtype=bool)


def _once(typed: Typed, study: np.ndarray, ends: Mapping[str, np.ndarray]) -> None:
    same = np.flatnonzero(typed.kept & np.array([a is not None and a == b for a, b in zip(ends["source"], ends["target"], strict=True)], dtype=bool))  # fmt: skip
    if len(same):
        typed.fault(counted(len(same), "effect of a construct on itself"), "target", same, "correct the row")
    pairs = [
        (a, b) for a, b in typed.repeats((study, ends["source"], ends["target"])) if study[a] is not None
    ]
    if pairs:
        a, b = pairs[0]
        told = f"study '{study[b]}' gives {ends['source'][b]} -> {ends['target'][b]} twice (first in row {typed.table.rows[a]})"
        typed.fault(told, "study", [b for _, b in pairs], "give each sample a name of its own")


def _flow(typed: Typed, kept: pd.DataFrame, source: dict[str, str]) -> Any:
    number = kept["estimate"].notna()
    counts = {"studies": float(kept["study"].nunique()), "with_number": float(number.sum())}
    return account("model.prior_studies", typed, counts, (), source)
