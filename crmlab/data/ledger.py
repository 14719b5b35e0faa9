"""Admission of transactions: from the raw files to the `Ledger`, every row accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from crmlab.data.dates import stamp
from crmlab.data.days import FINE
from crmlab.data.deflator import read_deflator
from crmlab.data.ledger_admitted import Ledger
from crmlab.data.ledger_columns import WORDS, Part, read_part
from crmlab.data.ledger_rows import KEPT, Judged, Window, judge, tell
from crmlab.data.privacy import load_key, pseudonyms
from crmlab.data.problems import Problems
from crmlab.errors import DataError, StudyError
from crmlab.provenance import versions
from crmlab.study.study import Study

__all__ = ["Ledger", "Window", "admit_ledger"]
CALIBRATED = 2 / 3  # of the observed days, where the study leaves the choice to us


def admit_ledger(study: Study, *, pseudonymous: bool = True) -> Ledger:
    """Read the transactions of a study and admit them.

    Parameters
    ----------
    pseudonymous : customers by their pseudonyms, as all saved results have them; False keeps the file's own ids
        for a table that goes back to the file's owner

    Raises
    ------
    DataError, DataErrors
        What is wrong with the files: one fault, or all that could be found in one reading.
    StudyError
        The study has no ledger, or its days cannot be.
    PrivacyError
        There is no key to make the customers' pseudonyms with.
    """
    ledger = study.ledger
    declared = _declared(study)
    secret = load_key(study.folder) if pseudonymous else None
    problems = Problems()
    parts = [read_part(study.path_of(file.file), file, ledger, problems) for file in ledger.files]
    problems.tell()
    window = _window(parts, declared, study)
    judged = judge(parts, ledger, window)
    for part, one in zip(parts, judged, strict=True):
        tell(part, one, ledger, problems, window)
    if not problems.found and not any((one.status == KEPT).any() for one in judged):
        problems.add(
            DataError("no row is left", file=parts[0].table.file, hint="compare ledger with the file")
        )
    problems.tell()
    rows = pd.concat([_rows(part, one) for part, one in zip(parts, judged, strict=True)], ignore_index=True)
    codes, unique = pd.factorize(rows["customer"])
    if secret is not None:
        names = np.array(pseudonyms(unique, study.name, secret), dtype=object)
        rows["customer"] = pd.Series(names[codes], dtype=object)
    return Ledger(
        rows=rows,
        refused={part.source: _refused(one) for part, one in zip(parts, judged, strict=True)},
        copies={part.source: _copies(one) for part, one in zip(parts, judged, strict=True)},
        unkept={
            part.source: _unkept(part, one, study, secret) for part, one in zip(parts, judged, strict=True)
        },
        read={part.source: len(part) for part in parts},
        repairs={part.source: part.repairs for part in parts},
        window=window,
        currency=ledger.currency,
        rules={"returns": ledger.returns, "zero": ledger.zero, "unit": study.behaviour.unit},
        deflator=read_deflator(study),
        notes=tuple({"key": "note.format", "source": part.source, **part.table.facts} for part in parts),
        source=_source(parts),
    )


def _declared(study: Study) -> dict[str, date | None]:
    """The days the study file names, or a fault of the study file."""
    named = {
        "ledger.start": study.ledger.start,
        "ledger.end": study.ledger.end,
        "behaviour.calibration_end": study.behaviour.calibration_end,
    }
    found: dict[str, date | None] = {}
    for key, text in named.items():
        try:
            moment = None if text in (None, "auto") else stamp(text, study.ledger.calendar)
        except ValueError as error:
            raise StudyError(f"'{text}' {error}", file=study.file, key=key) from None
        found[key] = None if moment is None else moment.date()
    return found


def _window(parts: Sequence[Part], declared: dict[str, date | None], study: Study) -> Window:
    start, end, split = declared.values()
    known = [part.days.values[part.days.states == FINE] for part in parts]
    seen = np.concatenate(known) if known else np.empty(0, dtype="datetime64[D]")
    if not len(seen) and (start is None or end is None):
        raise DataError(
            f"none of {sum(map(len, parts))} rows has a date that can be read", file=parts[0].table.file,
            column=parts[0].table.title(parts[0].places["date"]), hint="ledger.calendar: jalali or gregorian",
        )  # fmt: skip
    end = end or seen.max().item()
    start = start or seen.min().item()
    if not start < end:
        raise StudyError(
            f"the first day observed, {start}, is not before the last, {end}",
            file=study.file,
            key="ledger.end",
        )
    if study.behaviour.calibration_end == "auto":
        split = (np.datetime64(start) + int(CALIBRATED * (end - start).days)).item()
    if split is not None and not start < split < end:
        raise StudyError(
            f"{split} is not between the first day observed, {start}, and the last, {end}",
            file=study.file, key="behaviour.calibration_end",
        )  # fmt: skip
    return Window(start, end, split)


def _rows(part: Part, judged: Judged) -> pd.DataFrame:
    kept = np.flatnonzero(judged.status == KEPT)
    amount = part.amount[kept]
    kinds = np.array(["refund", "zero", "purchase"], dtype=object)
    columns: dict[str, object] = {
        "record": kept + 1,
        "source": np.full(len(kept), part.source, dtype=object),
        "customer": part.customer[kept],
        "day": part.days.values[kept].astype("datetime64[s]"),
        "amount": amount,
        "kind": kinds[np.sign(amount).astype(int) + 1],
    }
    if part.receipt is not None:
        columns["receipt"] = part.receipt[kept]
    columns |= {name: part.words[name][kept] for name in WORDS if name in part.words}
    if part.margin is not None:
        columns["margin"] = part.margin[kept]
    texts = [name for name, values in columns.items() if getattr(values, "dtype", None) == np.dtype(object)]
    return pd.DataFrame(columns).astype(dict.fromkeys(texts, object))


def _refused(judged: Judged) -> dict[int, str]:
    return {int(place) + 1: str(judged.status[place]) for place in np.flatnonzero(judged.status != KEPT)}


def _unkept(part: Part, judged: Judged, study: Study, secret: bytes | None) -> tuple[str, ...]:
    """Customers whom only refused rows of this file name: known, but without a transaction."""
    kept = judged.status == KEPT
    rest = set(part.customer[~kept]) - set(part.customer[kept]) - {""}
    if secret is None:
        return tuple(sorted(map(str, rest)))
    return tuple(sorted(name for name in pseudonyms(rest, study.name, secret) if name))


def _copies(judged: Judged) -> dict[int, int]:
    return {again + 1: first + 1 for again, first in sorted(judged.copies.items())}


def _source(parts: Sequence[Part]) -> dict[str, str]:
    return {**{f"{part.source}_sha256": part.table.sha256 for part in parts}, **versions()}
