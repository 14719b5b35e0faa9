"""What the study expects, each statement in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from crmlab.study.instrument import LANGUAGES, read_catalogue


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One expected effect.

    Attributes
    ----------
    id : "H1"
    kind : "direct" (source -> target) or "mediation" (source -> via -> target)
    source, target : construct names
    via : the mediators from source to target; empty for a direct effect
    sign : "+", "-" or "" (no direction expected)
    statement : language -> sentence
    """

    id: str
    kind: Literal["direct", "mediation"]
    source: str
    target: str
    via: tuple[str, ...]
    sign: Literal["+", "-", ""]
    statement: dict[str, str]

    @property
    def constructs(self) -> tuple[str, ...]:
        """All constructs it names, from source to target."""
        return (self.source, *self.via, self.target)


@cache
def catalogue() -> dict[str, Hypothesis]:
    """The bundled hypotheses that a path model can answer (direct effects and mediation), by id."""
    found = {}
    for row in read_catalogue("hypotheses"):
        if row["type"] in ("direct", "mediation"):
            found[row["id"]] = Hypothesis(
                id=row["id"],
                kind="direct" if row["type"] == "direct" else "mediation",
                source=row["from"],
                target=row["to"],
                via=tuple(part for part in row["via"].split(">") if part),
                sign="+" if row["sign"] == "+" else "",
                statement={language: row[f"statement_{language}"] for language in LANGUAGES},
            )
    return found
