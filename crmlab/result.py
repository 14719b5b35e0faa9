"""The running type: what every estimator returns and all that tables, figures and reports accept."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.files import write_text

TIDY = ("term", "estimate", "std_error", "ci_low", "ci_high", "p_value")
NUMBERS = TIDY[1:]


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about a result that can be true or false.

    Attributes
    ----------
    name : label key, optionally with the subject after a colon: "check.converged", "check.variance:FOC1"
    ok : whether it holds
    value : the number it was judged by (NaN where there is none)
    rule : the rule with its source, ">= 0.70 (Nunnally 1978)"
    """

    name: str
    ok: bool
    value: float
    rule: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "ok", bool(self.ok))
        object.__setattr__(self, "value", float(self.value))


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """One analysis: its quantities, its fit, what was verified and what it rests on.

    Attributes
    ----------
    model : label key of the method, e.g. "model.pls"
    tidy : one row per quantity, columns TIDY in that order. A term is a key `quantity:subject`, e.g.
        "alpha:FOC", "path:RQ~CRM", "htmt:FOC~ORG"; it is unique. Numbers are floats, NaN where a
        quantity has none (a count has no standard error).
    glance : one number per fit statistic (n, iterations, srmr, ...)
    checks : what was verified; a failed one is shown, never hidden
    source : sha256 of the input, the seed, the versions; no clock, no path, no memory address
    """

    model: str
    tidy: pd.DataFrame
    glance: dict[str, float] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    source: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if tuple(self.tidy.columns) != TIDY:
            raise ValueError(f"{self.model}: tidy columns are {list(self.tidy.columns)}, want {list(TIDY)}")
        tidy = self.tidy.reset_index(drop=True)
        tidy = tidy.astype({"term": "object", **dict.fromkeys(NUMBERS, "float64")})
        twice = tidy.loc[tidy["term"].duplicated(), "term"]
        if len(twice):
            raise ValueError(f"{self.model}: term '{twice.iloc[0]}' stands twice")
        object.__setattr__(self, "tidy", tidy)
        object.__setattr__(self, "glance", {key: float(value) for key, value in self.glance.items()})
        object.__setattr__(self, "checks", tuple(self.checks))

    @property
    def ok(self) -> bool:
        """True if every check holds."""
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.ok)

    def __getitem__(self, term: str) -> float:
        """The estimate of one term."""
        return self.cell(term, "estimate")

    def __contains__(self, term: str) -> bool:
        return bool((self.tidy["term"] == term).any())

    def cell(self, term: str, column: str = "estimate") -> float:
        """One number of the table; an unknown term names its nearest neighbours."""
        hit = self.tidy.loc[self.tidy["term"] == term, column]
        if hit.empty:
            import difflib

            near = difflib.get_close_matches(term, self.tidy["term"].tolist(), 3, 0.5)
            raise KeyError(
                f"{self.model} has no term '{term}'" + (f"; near: {', '.join(near)}" if near else "")
            )
        return float(hit.iloc[0])

    def select(self, quantity: str) -> pd.DataFrame:
        """The rows of one quantity, indexed by subject: `select("alpha").loc["FOC", "estimate"]`."""
        parts = self.tidy["term"].str.partition(":").reindex(columns=range(3))  # an empty table has no parts
        rows = self.tidy.loc[parts[0] == quantity].drop(columns="term")
        return rows.set_axis(pd.Index(parts.loc[rows.index, 2], name="of"), axis=0)

    def equals(self, other: Result) -> bool:
        """Same numbers to the last bit, same words."""
        return self.to_json() == other.to_json()

    # -- to paper and back ---------------------------------------------------------------------

    def to_json(self) -> str:
        """Strict JSON that loses nothing: floats keep every digit, NaN is null, infinity a word."""
        return json.dumps(
            {
                "model": self.model,
                "columns": list(TIDY),
                "tidy": [
                    [row[0], *map(_out, row[1:])] for row in self.tidy.itertuples(index=False, name=None)
                ],
                "glance": {key: _out(value) for key, value in self.glance.items()},
                "checks": [[c.name, c.ok, _out(c.value), c.rule] for c in self.checks],
                "source": dict(sorted(self.source.items())),
            },
            ensure_ascii=False,
            indent=1,
            allow_nan=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Result:
        """The inverse of `to_json`."""
        try:
            raw = json.loads(text)
            return cls(
                model=raw["model"],
                tidy=pd.DataFrame(
                    [[row[0], *map(_in, row[1:])] for row in raw["tidy"]], columns=raw["columns"]
                ),
                glance={key: _in(value) for key, value in raw["glance"].items()},
                checks=tuple(Check(name, ok, _in(value), rule) for name, ok, value, rule in raw["checks"]),
                source=raw["source"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"not a saved result: {error}", hint="run the step again") from None

    def save(self, folder: str | Path, name: str) -> Path:
        """Write `<name>.json` (the whole result) and `<name>.csv` (its table) into `folder`."""
        folder = Path(folder)
        write_text(folder / f"{name}.json", self.to_json() + "\n")
        write_text(folder / f"{name}.csv", self.tidy.to_csv(index=False, lineterminator="\n"))
        return folder / f"{name}.json"

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a result saved by `save`."""
        path = Path(path)
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError(f"{path}: no such saved result", hint="run the step that makes it") from None

    # -- for the eye ---------------------------------------------------------------------------

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} of {len(self.checks)} checks failed" if self.failed else ""
        return f"<Result {self.model}: {len(self.tidy)} terms{failed}>\n{self.tidy.to_string(index=False)}"

    def _repr_html_(self) -> str:
        """JupyterLab: the table, the fit line, and the failed checks first."""
        head = "".join(f"<th>{html.escape(column)}</th>" for column in TIDY)
        rows = "".join(
            "<tr><td style='text-align:left'><code>"
            + html.escape(str(row[0]))
            + "</code></td>"
            + "".join(f"<td>{_short(value)}</td>" for value in row[1:])
            + "</tr>"
            for row in self.tidy.head(200).itertuples(index=False, name=None)
        )
        more = f"<p>… and {len(self.tidy) - 200} more terms</p>" if len(self.tidy) > 200 else ""
        glance = " · ".join(f"{html.escape(key)} = {_short(value)}" for key, value in self.glance.items())
        checks = "".join(
            f"<li><b>failed</b> {html.escape(c.name)} = {_short(c.value)}; rule {html.escape(c.rule)}</li>"
            for c in self.failed
        )
        return (
            f"<div><b>{html.escape(self.model)}</b> <span>{glance}</span>"
            f"<ul style='color:#a8071a'>{checks}</ul>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}</div>"
        )


class Bundle(Protocol):
    """Several results of one question, by name."""

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result."""


def save_all(folder: str | Path, *bundles: Bundle | None, **results: Result) -> None:
    """Save the results of one step under their names; a bundle that the study did not ask for is None."""
    for bundle in bundles:
        results |= bundle.results if bundle is not None else {}
    for name, result in results.items():
        result.save(folder, name)


def load_results(folder: str | Path) -> dict[str, Result]:
    """All saved results below `folder`, which holds one folder a step; the key is "step/name"."""
    found = {}
    for path in sorted(Path(folder).glob("[0-9]*/*.json")):
        found[f"{path.parent.name}/{path.stem}"] = Result.load(path)
    return found


def attempt(model: str, make: Callable[[], Result]) -> Result:
    """The result under the label `model`; where the data do not allow it, an empty one that says why.

    A part of a chapter that a small study cannot have is a failed check `check.possible`, not a stop.
    """
    try:
        found = make()
    except ModelError as error:
        reason = str(error).partition("\n")[0]
        return Result(model, tidy_frame([]), {}, (Check("check.possible", False, math.nan, reason),))
    return Result(model, found.tidy, found.glance, found.checks, found.source)


def tidy_frame(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """A tidy table from rows that name only the columns they have."""
    return pd.DataFrame(list(rows), columns=list(TIDY))


def tidy_block(
    quantity: str,
    subjects: Iterable[str],
    estimate: Iterable[float] | np.ndarray,
    *,
    std_error: Iterable[float] | np.ndarray | float = math.nan,
    ci_low: Iterable[float] | np.ndarray | float = math.nan,
    ci_high: Iterable[float] | np.ndarray | float = math.nan,
    p_value: Iterable[float] | np.ndarray | float = math.nan,
) -> pd.DataFrame:
    """Rows `quantity:subject` from parallel arrays."""
    return pd.DataFrame(
        {
            "term": [f"{quantity}:{subject}" for subject in subjects],
            "estimate": estimate,
            "std_error": std_error,
            "ci_low": ci_low,
            "ci_high": ci_high,
            "p_value": p_value,
        }
    )


def _out(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _in(value: float | str | None) -> float:
    return math.nan if value is None else float(value)


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"
