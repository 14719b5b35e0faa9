"""Contracts, admitted: how long each customer stayed or has stayed so far, whether he left, and what is known of him."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.dates import stamp
from crmlab.data.persian import key as folded
from crmlab.data.privacy import load_key, masked, pseudonyms
from crmlab.data.saved import read_saved
from crmlab.data.spelling import words
from crmlab.data.typed import Typed, counted, open_typed, require, void
from crmlab.errors import DataError, StudyError
from crmlab.files import replacing, write_text
from crmlab.provenance import versions
from crmlab.result import Result, tidy_frame
from crmlab.study.contract_spec import Contracts as Declared
from crmlab.study.study import Study

DAYS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
FOLDER, TABLE, FACTS = "contracts", "contracts.parquet", "facts.json"
OWN = ("record", "customer", "duration", "periods", "left", "group", "price")
TOLD = {  # reason -> what is said of its rows, and the way out
    "missing_id": ("has no customer", "give each row its customer"),
    "missing_left": ("does not say whether the customer left", "fill it"),
    "unknown_left": (
        "says neither that the customer left nor that he stayed",
        "name its words in contracts.left_values and contracts.stayed_values",
    ),
    "missing_duration": ("has no duration or no start", "fill it"),
    "impossible_date": ("has a day that does not exist", "correct it, or contracts.calendar"),
    "impossible_duration": (
        "lasts less than no time, or no time for a customer who left",
        "count the period in which he left, so that it is at least 1",
    ),
    "after_end": ("starts after the last day observed", "correct it, or contracts.observed"),
    "second_contract": ("is a further contract of the same customer", "keep one row a customer"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """Admitted contracts.

    Attributes
    ----------
    rows : kept rows: record (1 for the first below the header), customer (pseudonym), duration (periods, from 0),
        periods (whole ones: that in which a customer left counts, one not yet over does not), left (0 or 1), group
        and price where the study names them, and a column `z.<name>` for each of `figures` and `words`
    figures, words : names of what is known of the customers
    refused : record -> reason
    read : rows in the file
    repairs : kind of repair -> cells
    source : hashes and versions
    """

    rows: pd.DataFrame
    figures: tuple[str, ...]
    words: tuple[str, ...]
    refused: dict[int, str]
    read: int
    repairs: dict[str, int]
    source: dict[str, str]

    @property
    def known(self) -> pd.DataFrame:
        """What is known of the customers, under the file's own headers."""
        return pd.DataFrame({name: self.rows[f"z.{name}"] for name in (*self.figures, *self.words)})

    def flow(self) -> Result:
        """Rows read, refused by reason, admitted, and how many of these left."""
        reasons = list(self.refused.values())
        rows: list[dict[str, object]] = [{"term": "read", "estimate": self.read}]
        rows += [{"term": f"refused:{one}", "estimate": reasons.count(one)} for one in dict.fromkeys(reasons)]
        left = int(self.rows["left"].sum())
        counts = {"kept": len(self.rows), "kind:left": left, "kind:stayed": len(self.rows) - left}
        rows += [{"term": term, "estimate": count} for term, count in counts.items()]
        return Result("model.contract_flow", tidy_frame(rows), {}, (), self.source)

    def summary(self) -> str:
        """One line of plain text."""
        return f"contracts: {self.read} rows read, {len(self.refused)} refused, {len(self.rows)} kept"

    def save(self, folder: str | Path) -> Path:
        """Write `contracts/contracts.parquet` (kept rows) and `contracts/facts.json` (the rest) into `folder`."""
        from crmlab.data.parquet import write_frame

        folder = Path(folder) / FOLDER
        with replacing(folder / TABLE) as part:
            write_frame(self.rows, part)
        facts = {
            "figures": self.figures, "words": self.words, "read": self.read, "repairs": self.repairs,
            "refused": {str(k): reason for k, reason in self.refused.items()}, "source": self.source,
        }  # fmt: skip
        write_text(folder / FACTS, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        return folder / TABLE

    @classmethod
    def load(cls, folder: str | Path) -> Contracts:
        """Read what `save` wrote."""
        rows, facts = read_saved(Path(folder) / FOLDER, TABLE, FACTS, "contracts")
        return cls(
            rows, tuple(facts["figures"]), tuple(facts["words"]),
            {int(k): one for k, one in facts["refused"].items()}, facts["read"], facts["repairs"], facts["source"],
        )  # fmt: skip


def admit_contracts(study: Study) -> Contracts | None:
    """The contracts of a study; None if it has none.

    Raises
    ------
    DataError, DataErrors
        What is wrong with the file: one fault, or all that could be found in one reading.
    StudyError
        `contracts.observed` is no day.
    PrivacyError
        There is no key to make the customers' pseudonyms with.
    """
    asked = study.spec.contracts
    if asked is None:
        return None
    named = asked.columns.model_dump(exclude_none=True)
    typed = _open(study, asked, named)
    frame = pd.DataFrame({"record": np.arange(len(typed.table)) + 1})
    frame["customer"] = pd.Series(
        pseudonyms(typed.cells("customer"), study.name, load_key(study.folder)), dtype=object
    )
    _copies(typed)
    _mark(typed, asked, frame["customer"].isna().to_numpy(), "missing_id")
    for column, values in _stays(typed, asked, study).items():
        frame[column] = values
    _mark(typed, asked, _again(typed, frame["customer"]), "second_contract")
    for column, values in _known(typed, asked, named).items():
        frame[column] = values
    if not typed.problems.found and not typed.kept.any():
        typed.problems.add(
            DataError("no row is left", file=typed.table.file, hint="compare contracts with the file")
        )
    typed.problems.tell()
    refused = {int(k) + 1: str(typed.status[k]) for k in np.flatnonzero(~typed.kept)}
    source = {"file_sha256": typed.table.sha256, **versions()}
    kept = frame.loc[typed.kept].reset_index(drop=True)
    return Contracts(kept, asked.figures, asked.words, refused, len(typed.table), typed.repairs, source)


def _open(study: Study, asked: Declared, named: dict[str, str]) -> Typed:
    reading = {name: getattr(asked, name) for name in ("sheet", "encoding", "separator", "header_rows")}
    columns = named | {f"z.{name}": name for name in (*asked.figures, *asked.words)}
    typed = open_typed(
        study.path_of(asked.file), key="contracts", file=asked.file, columns=columns, **reading
    )
    require(typed, *columns)
    return typed


def _mark(typed: Typed, asked: Declared, rows: np.ndarray, reason: str, column: str | None = None) -> None:
    """Refuse rows for a reason that the study lists; tell of them where it does not."""
    hit = np.flatnonzero(rows & typed.kept)
    if not len(hit):
        return
    if reason not in asked.refuse:
        said, way = TOLD[reason]
        hint = f"{way}, or list {reason} under contracts.refuse"
        typed.fault(f"{counted(len(hit), 'row')}: each {said}", column, hit, hint)
    typed.refuse(rows, reason)


def _copies(typed: Typed) -> None:
    """Rows that equal an earlier one in every cell are one row."""
    again = pd.DataFrame(dict(enumerate(typed.table.columns)), dtype=object).duplicated().to_numpy()
    typed.refuse(again, "exact_duplicate")


def _again(typed: Typed, who: pd.Series) -> np.ndarray:
    """Further rows of a customer who has a kept one before."""
    kept = typed.kept
    again = np.zeros(len(who), dtype=bool)
    again[kept] = who[kept].duplicated().to_numpy()
    return again


def _stays(typed: Typed, asked: Declared, study: Study) -> dict[str, np.ndarray]:
    """duration and periods of each row, and whether the customer left; NaN where the row is refused."""
    duration, left, column = (
        _counted(typed, asked) if asked.columns.duration is not None else _dated(typed, asked, study)
    )
    nothing = (duration < 0) | ((duration == 0) & (left == 1))
    _mark(typed, asked, nothing, "impossible_duration", column)
    with np.errstate(invalid="ignore"):
        whole = np.where(left == 1, np.ceil(duration - 1e-9), np.floor(duration + 1e-9))
    return {"duration": duration, "periods": whole, "left": left}


def _counted(typed: Typed, asked: Declared) -> tuple[np.ndarray, np.ndarray, str]:
    """Durations as they are given, and the words for those who left."""
    said = typed.texts("left", needed=False)
    known = {folded(one): 1.0 for one in asked.left_values} | {
        folded(one): 0.0 for one in asked.stayed_values
    }
    left = np.array([np.nan if text is None else known.get(folded(text), np.nan) for text in said])
    _mark(typed, asked, void(said), "missing_left", "left")
    _mark(typed, asked, np.isnan(left) & ~void(said), "unknown_left", "left")
    duration = typed.numbers("duration")
    blank = np.array([typed.blank(cell) for cell in typed.cells("duration")], dtype=bool)
    _mark(typed, asked, blank, "missing_duration", "duration")
    return duration, left, "duration"


def _dated(typed: Typed, asked: Declared, study: Study) -> tuple[np.ndarray, np.ndarray, str]:
    """Durations from start to end, or to the last day observed; who left on the day he came stayed one day."""
    start, bad = typed.days("start", asked.calendar, tell=False)
    end, worse = typed.days("end", asked.calendar, tell=False)
    for column, wrong in (("start", bad), ("end", worse)):
        rows = np.isin(np.arange(len(start)), list(wrong))
        _mark(typed, asked, rows, "impossible_date", column)
    _mark(typed, asked, np.isnat(start), "missing_duration", "start")
    day = "datetime64[D]"
    start, end = start.astype(day), end.astype(day)
    last = _observed(asked, study)
    if last is None:
        seen = np.concatenate([start[typed.kept], end[typed.kept]])
        seen = seen[~np.isnat(seen)]
        last = seen.max() if len(seen) else np.datetime64("NaT", "D")
    _mark(typed, asked, start > last, "after_end", "start")
    left = (~np.isnat(end) & (end <= last)).astype(float)  # an end to come is a contract that still runs
    days = (np.where(left == 1, end, last) - start) / np.timedelta64(1, "D")
    days = np.where((left == 1) & (days == 0), 1.0, days)
    return days / DAYS[asked.unit], left, "start"


def _observed(asked: Declared, study: Study) -> Any:
    if asked.observed is None:
        return None
    try:
        moment = stamp(asked.observed, asked.calendar)
    except ValueError as error:
        raise StudyError(
            f"'{masked(asked.observed)}' {error}", file=study.file, key="contracts.observed"
        ) from None
    return None if moment is None else np.datetime64(moment.date(), "D")


def _known(typed: Typed, asked: Declared, named: dict[str, str]) -> dict[str, np.ndarray]:
    """Group, price, figures and words; blanks stay blank and are counted where they matter."""
    found: dict[str, np.ndarray] = {}
    if "group" in named:
        found["group"] = words(typed.cells("group"))
    if "price" in named:
        found["price"] = typed.numbers("price")
    found |= {f"z.{name}": typed.numbers(f"z.{name}") for name in asked.figures}
    return found | {f"z.{name}": words(typed.cells(f"z.{name}")) for name in asked.words}
