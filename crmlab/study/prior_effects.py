"""Effects that earlier studies report: those bundled with crmlab, each seen in the place it names, and those of the user."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from crmlab.study.instrument import CATALOGUE, LANGUAGES

BETA, CORRELATION = "beta", "r"
KINDS = (BETA, CORRELATION)
CITED = "@"  # before the key of a work, in the name of a study: it is cited, not printed as typed


@dataclass(frozen=True, slots=True)
class PriorEffect:
    """What one earlier study says of one effect.

    Attributes
    ----------
    study : its name; "@key" where it is a work of the bibliography
    source, target : constructs
    estimate : standardised path or correlation, in (-1, 1); NaN where only the direction is reported
    sign : 1 or -1
    n : cases; NaN where not reported
    std_error : of the estimate; NaN where not reported
    kind : "beta" (standardised path) or "r" (correlation)
    year : NaN where not reported
    setting : language -> where it was done; None for the user's own
    label : how a text names it; empty for the user's own, which are named as typed
    """

    study: str
    source: str
    target: str
    estimate: float
    sign: float
    n: float = math.nan
    std_error: float = math.nan
    kind: str = BETA
    year: float = math.nan
    setting: Mapping[str, str] | None = None
    label: str = ""

    @property
    def path(self) -> str:
        """As terms name it: `target~source`."""
        return f"{self.target}~{self.source}"


@cache
def bundled_effects() -> tuple[PriorEffect, ...]:
    """The bundled library, in the order of its file.

    Every row was seen in the public place that its column `where` names (`mark` says so); what no such place tells is left blank.

    Examples
    --------
    >>> [one.estimate for one in bundled_effects() if one.path == "RQ~CRM" and one.estimate == one.estimate]
    [0.42]
    """
    with (CATALOGUE / "evidence.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(_effect(row) for row in csv.DictReader(lines))


def _effect(row: Mapping[str, str]) -> PriorEffect:
    number = {
        key: float(row[key]) if row[key] else math.nan for key in ("estimate", "n", "std_error", "year")
    }
    sign = math.copysign(1.0, number["estimate"]) if row["estimate"] else float(f"{row['sign']}1")
    return PriorEffect(
        study=f"{CITED}{row['key']}",
        source=row["source"],
        target=row["target"],
        sign=sign,
        kind=row["kind"] or BETA,
        setting={code: row[f"setting_{code}"] for code in LANGUAGES},
        label=row["label"],
        **number,
    )
