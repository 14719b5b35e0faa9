"""The admitted survey: every row of the file accounted for, every answer a code, nobody named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.data.flags import FLAGS
from crmlab.data.rules import REASONS
from crmlab.errors import ModelError
from crmlab.files import replacing, write_text
from crmlab.result import Result

RECORD = "record"
FOLDER, TABLE, FACTS = "survey", "answers.parquet", "facts.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the survey that has codes: its code, the ends of its scale, what it belongs to."""

    item: str
    low: float
    high: float
    reverse: bool
    ordered: bool
    measures: bool  # True if it measures a construct of the study


@dataclass(frozen=True, eq=False)
class Survey:
    """Respondent x item, as far as the study admits it. Treat the frames as read-only.

    Attributes
    ----------
    answers : kept rows, one float column an item, as answered (nothing reversed), NaN = no answer; the index is
        the record number: 1 for the first row below the headers, empty rows counted
    flags : kept rows, one column a flag: straight_line, attention, missing, fast
    excluded : kept rows: why the row is left out of the analysis, "" if it stays
    customer : kept rows: the customer's pseudonym, or None; None if the study names no customer column
    refused : record -> reason, in the order of the file
    repairs : item -> kind of repair -> cells, over all rows of the file; "any" counts each cell once
    asked : the items in the instrument's order
    read : rows in the file
    notes : what was found out about the file, for the manifest: {"key": ..., facts}
    source : hashes and versions
    """

    answers: pd.DataFrame
    flags: pd.DataFrame
    excluded: pd.Series
    customer: pd.Series | None
    refused: dict[int, str]
    repairs: dict[str, dict[str, int]]
    asked: tuple[Asked, ...]
    read: int
    notes: tuple[dict[str, Any], ...]
    source: dict[str, str]

    @cached_property
    def scored(self) -> pd.DataFrame:
        """`answers` with reverse-worded items turned round: low + high - x."""
        turned = {one.item: one.low + one.high - self.answers[one.item] for one in self.asked if one.reverse}
        return self.answers.assign(**turned) if turned else self.answers.copy()

    @cached_property
    def analysed(self) -> pd.DataFrame:
        """`scored` without the rows that the study excludes."""
        return self.scored.loc[self.excluded == ""]

    @property
    def records(self) -> tuple[int, ...]:
        """Record numbers of the kept rows."""
        return tuple(int(record) for record in self.answers.index)

    @property
    def items(self) -> tuple[str, ...]:
        """Codes of the items, in the instrument's order."""
        return tuple(one.item for one in self.asked)

    def flow(self) -> Result:
        """How many rows were read, refused, kept, flagged, excluded and analysed."""
        from crmlab.data.quality import flow

        return flow(self)

    def quality(self) -> Result:
        """Missing and repaired cells by item, and what looks wrong with the items."""
        from crmlab.data.quality import quality

        return quality(self)

    def summary(self) -> str:
        """The flow, the cells and the failed checks in a few lines of plain text."""
        result = self.quality()
        excluded = {flag: int((self.excluded == flag).sum()) for flag in FLAGS}
        lines = [
            f"{self.read} rows read",
            f"{len(self.refused)} refused{_counted(self.refused_by_reason)}",
            f"{len(self.answers)} kept",
            f"{sum(excluded.values())} of them excluded{_counted(excluded)}",
            f"{len(self.analysed)} analysed",
            f"{len(self.asked)} items, {result.glance['missing']:.0f} cells without an answer, "
            f"{result.glance['repaired']:.0f} cells repaired",
        ]
        lines += [
            f"check failed: {check.name} ({check.rule})" for check in (*self.flow().failed, *result.failed)
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"<Survey: {self.read} rows read, {len(self.refused)} refused, {len(self.answers)} kept, "
            f"{int((self.excluded == '').sum())} analysed, {len(self.asked)} items>"
        )

    def _repr_html_(self) -> str:
        """JupyterLab: the flow; never a respondent's row."""
        return self.flow()._repr_html_()

    # -- to paper and back -----------------------------------------------------------------------

    def save(self, folder: str | Path) -> Path:
        """Write `survey/answers.parquet` (codes, flags, pseudonyms) and `survey/facts.json` (the rest) into `folder`."""
        import pyarrow as pa
        from pyarrow.parquet import write_table

        folder = Path(folder) / FOLDER
        columns: dict[str, Any] = {f"item:{item}": self.answers[item].to_numpy() for item in self.answers}
        columns |= {f"flag:{flag}": self.flags[flag].to_numpy() for flag in FLAGS}
        columns[f"row:{RECORD}"] = self.answers.index.to_numpy()
        columns["row:excluded"] = pa.array(self.excluded.tolist(), pa.string())
        if self.customer is not None:
            columns["row:customer"] = pa.array(self.customer.tolist(), pa.string())
        with replacing(folder / TABLE) as part:
            write_table(pa.table(columns), part, compression="zstd")
        facts = {
            "refused": {str(record): reason for record, reason in self.refused.items()},
            "repairs": self.repairs,
            "asked": [[a.item, a.low, a.high, a.reverse, a.ordered, a.measures] for a in self.asked],
            "read": self.read,
            "notes": list(self.notes),
            "source": self.source,
        }
        write_text(folder / FACTS, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        return folder / TABLE

    @classmethod
    def load(cls, folder: str | Path) -> Survey:
        """Read what `save` wrote."""
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        folder = Path(folder) / FOLDER
        try:
            raw = ParquetFile(folder / TABLE).read().to_pydict()
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ArrowException, ValueError) as error:
            raise ModelError(
                f"{folder}: holds no saved survey ({error})", hint="run step 02_data_intake"
            ) from None
        index = pd.Index(raw[f"row:{RECORD}"], name=RECORD, dtype="int64")
        items = {name.removeprefix("item:"): raw[name] for name in raw if name.startswith("item:")}
        customer = raw.get("row:customer")
        return cls(
            answers=pd.DataFrame(items, index=index, dtype="float64"),
            flags=pd.DataFrame({flag: raw[f"flag:{flag}"] for flag in FLAGS}, index=index, dtype=bool),
            excluded=pd.Series(raw["row:excluded"], index=index, dtype="object"),
            customer=None if customer is None else pd.Series(customer, index=index, dtype="object"),
            refused={int(record): reason for record, reason in facts["refused"].items()},
            repairs=facts["repairs"],
            asked=tuple(Asked(*row) for row in facts["asked"]),
            read=facts["read"],
            notes=tuple(facts["notes"]),
            source=facts["source"],
        )

    @cached_property
    def refused_by_reason(self) -> dict[str, int]:
        """Reason -> rows, in the order the reasons are judged; only those that occur."""
        reasons = list(self.refused.values())
        return {reason: reasons.count(reason) for reason in REASONS if reason in reasons}


def _counted(reasons: dict[str, int]) -> str:
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.items() if count)
    return f" ({told})" if told else ""
