"""What the study expects, each statement in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from crmlab.study.instrument import LANGUAGES, bundled, read_catalogue

Kind = Literal[
    "direct", "mediation", "moderation", "moderated mediation", "difference", "equivalence", "cross-level"
]
KINDS: tuple[Kind, ...] = (
    "direct",
    "mediation",
    "moderation",
    "moderated mediation",
    "difference",
    "equivalence",
    "cross-level",
)
BEHAVIOURAL = ("CLV_B",)  # what customers do: of the ledger, not of the questionnaire
OFFICES = {
    "MO_BUDGET": "MO",
    "BO_CAPACITY": "BO",
    "FO_SERVICE": "FO",
    "RQ": "RQ",
}  # figures of the office panel
DEFAULT_MODEL = {"moderation": 1, "moderated mediation": 7}  # of Hayes' PROCESS
MODELS = {"moderation": (1,), "moderated mediation": (7, 8, 14, 15, 58, 59)}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One expected effect.

    Attributes
    ----------
    id : "H1"
    kind : "direct" (source -> target), "mediation" (source -> via -> target), "moderation" (the moderator changes
        source -> target), "moderated mediation" (it changes source -> via -> target), "difference" and "equivalence"
        (groups differ, or do not, in the path from source to target, or in the mean of target), "cross-level" (from
        one office to another)
    source, target : construct names; for groups the source may be empty, for offices they are figures of the panel
    via : the mediators from source to target; empty for a direct effect
    sign : "+", "-" or "" (no direction expected)
    statement : language -> sentence
    moderator : a construct or an item
    groups : the item whose answers make the groups
    model : number of the PROCESS model of a moderated effect; 0 for the other kinds
    margin : of equivalence: the smallest difference that matters; None takes the study's
    """

    id: str
    kind: Kind
    source: str
    target: str
    via: tuple[str, ...]
    sign: Literal["+", "-", ""]
    statement: dict[str, str]
    moderator: str = ""
    groups: str = ""
    model: int = 0
    margin: float | None = None

    @property
    def constructs(self) -> tuple[str, ...]:
        """All constructs on its way, from source to target."""
        return tuple(name for name in (self.source, *self.via, self.target) if name)

    @property
    def behavioural(self) -> bool:
        """Whether it is about what customers do, which no questionnaire says."""
        return bool({self.source, self.target, *self.via} & set(BEHAVIOURAL))

    @property
    def of_the_model(self) -> bool:
        """Whether paths of the study's model answer it."""
        return self.kind in ("direct", "mediation") and not self.behavioural

    @property
    def moderated(self) -> bool:
        """Whether it is about what a moderator changes."""
        return self.kind in ("moderation", "moderated mediation")


@cache
def catalogue() -> dict[str, Hypothesis]:
    """The bundled hypotheses, by id: H1-H4, the extensions H5-H9, 60 sub-hypotheses and the layout of four (H2R)."""
    return {row["id"]: _bundled(row) for row in read_catalogue("hypotheses")}


def _bundled(row: dict[str, str]) -> Hypothesis:
    via = tuple(part for part in row["via"].split(">") if part)
    kind: Kind = row["type"]  # type: ignore[assignment]
    source, groups, moderator = row["from"], "", row["moderator"]
    if kind == "moderation" and moderator in bundled().items and not bundled().scale_of(moderator).ordered:
        kind, groups, moderator = "difference", moderator, ""  # a moderator made of groups
    elif kind == "equivalence":
        source, groups = "", source
    return Hypothesis(
        id=row["id"],
        kind=kind,
        source=source,
        target=row["to"],
        via=via,
        sign="+" if row["sign"] == "+" else "",
        statement={language: row[f"statement_{language}"] for language in LANGUAGES},
        moderator=moderator,
        groups=groups,
        model=DEFAULT_MODEL.get(kind, 0),
    )
