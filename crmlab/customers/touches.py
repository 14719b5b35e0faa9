"""The contact log of a study as numbers: who, when, in which phase of the sale, accepted or not, how well, at what cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.data.dates import Calendar, stamp
from crmlab.data.persian import is_blank, key
from crmlab.data.warehouse import Warehouse
from crmlab.errors import StudyError
from crmlab.study import Study
from crmlab.study.channels_spec import Window

PHASES = ("before", "during", "after")
USUAL = Path(__file__).parents[1] / "study" / "catalogue" / "contact_words.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Touches:
    """Contacts with customers.

    Attributes
    ----------
    rows : customer (code from 0), day (since 1970), phase (0 before, 1 during, 2 after, -1 not told), accepted, personalised
        (0, 1, NaN), quality, cost (NaN where not told), and channel, topic, direction (codes, -1 not told), as far as
        the log has them
    names : column of codes -> its words
    aside : reason -> contacts: "no_time", "unknown_phase", "unknown_personalised"
    calendar : of the log
    """

    rows: pd.DataFrame
    names: dict[str, tuple[str, ...]]
    aside: dict[str, int]
    calendar: Calendar

    @property
    def first(self) -> int:
        """First day."""
        return int(self.rows["day"].min())

    @property
    def last(self) -> int:
        """Last day."""
        return int(self.rows["day"].max())


def touches(study: Study, folder: str | Path) -> Touches | None:
    """The contacts of a study, as step 02 saved them in `folder`; None without a log."""
    if not study.has_contacts:
        return None
    stored = Warehouse.load(folder)
    if not stored.has("contacts"):
        return None
    return touches_of(stored.table("contacts"), study)


def touches_of(contacts: pd.DataFrame, study: Study) -> Touches:
    """Admitted contacts as numbers.

    Parameters
    ----------
    contacts : customer, time, and any of phase, outcome, channel, topic, direction, personalised, quality, cost
    """
    usual = pd.read_csv(USUAL, dtype=str, keep_default_na=False)
    when = contacts["time"].to_numpy().astype("datetime64[D]")
    timed = ~np.isnat(when)
    kept = contacts.loc[timed]
    rows = pd.DataFrame({"customer": pd.factorize(kept["customer"], sort=True)[0]})
    rows["day"] = when[timed].astype(np.int64)
    aside = {"no_time": int((~timed).sum())}
    if "phase" in kept:
        told = {name: (*getattr(study.spec.phases.words, name), *_usual(usual, name)) for name in PHASES}
        rows["phase"] = _phase(kept["phase"], told)
        aside["unknown_phase"] = int((rows["phase"] < 0).sum())
    if "outcome" in kept:
        rows["accepted"] = _accepted(kept["outcome"], _yes(study, usual))
    for name in ("quality", "cost"):
        if name in kept:
            rows[name] = kept[name].to_numpy(dtype=float)
    if "personalised" in kept:
        own = kept["personalised"].to_numpy(dtype=float)
        rows["personalised"] = np.where((own == 0) | (own == 1), own, np.nan)
        aside["unknown_personalised"] = int((~np.isnan(own) & (own != 0) & (own != 1)).sum())
    names = {}
    for name in ("channel", "topic", "direction"):
        if name in kept:
            rows[name], names[name] = coded(kept[name])
    return Touches(rows, names, aside, study.spec.contacts.calendar if study.spec.contacts else "jalali")


def coded(cells: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """Words as codes in order of letters, -1 for a blank; spellings of one word are one."""
    places, texts = _different(cells)
    keys = [key(text) for text in texts]
    shown: dict[str, str] = {}
    for text, word in zip(texts, keys, strict=True):
        shown.setdefault(word, text.strip())
    order = {word: place for place, word in enumerate(sorted(shown))}
    codes = np.array([*(order[word] for word in keys), -1], dtype=np.int64)
    return codes[places], tuple(shown[word] for word in order)


def window(asked: Window, calendar: Calendar, study: Study, name: str) -> tuple[int | None, int | None]:
    """First and last day of a window, in days since 1970; None where it is open.

    Raises
    ------
    StudyError
        A day that cannot be read, or an end before its start.
    """
    first, last = (
        day_of(text, calendar, study, f"{name}.{end}")
        for text, end in ((asked.start, "start"), (asked.end, "end"))
    )
    if first is not None and last is not None and last < first:
        raise StudyError(f"ends on {asked.end}, before it starts", file=study.file, key=name)
    return first, last


def day_of(text: str | None, calendar: Calendar, study: Study, name: str) -> int | None:
    """A day of the study file in days since 1970; None for none."""
    if text is None:
        return None
    try:
        found = stamp(text, calendar)
    except ValueError as error:
        raise StudyError(
            f"'{text}' is no day: {error}", file=study.file, key=name, hint="1402/10/01"
        ) from None
    if found is None:
        raise StudyError("the day is blank", file=study.file, key=name, hint="leave the key out")
    return int(np.datetime64(found.date(), "D").astype(np.int64))


def _usual(table: pd.DataFrame, name: str) -> tuple[str, ...]:
    return tuple(table.loc[table["meaning"] == name, "word"])


def _yes(study: Study, usual: pd.DataFrame) -> tuple[str, ...]:
    """Words that mean yes: of the phases, of the actions, or the usual ones."""
    if study.spec.phases.accepted:
        return tuple(study.spec.phases.accepted)
    actions = getattr(study.spec, "actions", None)
    return tuple(actions.accepted) if actions is not None else _usual(usual, "accepted")


def _phase(cells: pd.Series, told: dict[str, tuple[str, ...]]) -> np.ndarray:
    known = {key(word): place for place, name in enumerate(PHASES) for word in told[name]}
    places, texts = _different(cells)
    return np.array([*(known.get(key(text), -1) for text in texts), -1], dtype=np.int64)[places]


def _accepted(cells: pd.Series, words: Iterable[str]) -> np.ndarray:
    yes = {key(word) for word in words}
    places, texts = _different(cells)
    return np.array([*(float(key(text) in yes) for text in texts), np.nan])[places]


def _different(cells: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Each cell's place among the different texts, -1 for a blank; and these texts, in order of appearance."""
    codes, unique = pd.factorize(cells.astype(object))
    texts = ["" if pd.isna(cell) else str(cell) for cell in unique]
    told = np.array([bool(text) and not is_blank(text) for text in texts], dtype=bool)
    place = np.append(np.where(told, np.cumsum(told) - 1, -1), -1)
    return place[codes], [text for text, known in zip(texts, told, strict=True) if known]
