"""What the source material says of CRM deployment, and where crmlab takes each statement up."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Literal

from crmlab.result import Result, tidy_frame
from crmlab.study.instrument import CATALOGUE, LANGUAGES, read_catalogue

STATED = ("title", "definition", "scope", "example", "reference")  # kinds that call for no computation
PARTS = ("design", "lic", "gartner", "strategy", "lifecycle", "swift")  # what the first source is made of
MODELS = ("lic", "gartner", "strategy", "lifecycle", "swift")
ANSWERED, NOT_ASKED, OPEN, TOLD = 1.0, 0.0, -1.0, 2.0
State = Literal["answered", "not_asked", "open", "told"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement is computed: a saved result of a step, and the report's section that shows it.

    Attributes
    ----------
    step : "05_structure_mediation"
    result : name of the saved result; empty where the step itself is meant
    section : key of the report's section; empty where the report has none
    """

    step: str
    result: str
    section: str

    @property
    def address(self) -> str:
        """The result's address."""
        return f"{self.step}/{self.result}"


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of the source.

    Attributes
    ----------
    id : such as "A-D11"
    part : which part of the source it stands in
    kind : title, definition, scope, example, reference, statement, consideration, stage, block, phase
    text : language -> words of our own
    places : where it is computed; empty if nowhere
    """

    id: str
    part: str
    kind: str
    text: dict[str, str]
    places: tuple[Place, ...]

    @property
    def told(self) -> bool:
        """Whether it is a title, definition or example that nothing computes."""
        return self.kind in STATED and not self.places

    def state(self, running: Collection[str]) -> State:
        """How a study with these steps (or saved results) stands to it."""
        if self.told:
            return "told"
        if not self.places:
            return "open"
        at = any(place.step in running or place.address in running for place in self.places)
        return "answered" if at else "not_asked"


@cache
def claims() -> tuple[Claim, ...]:
    """Every statement of the source, in its order."""
    places = _places()
    return tuple(
        Claim(
            row["id"], row["part"], row["kind"], {code: row[f"claim_{code}"] for code in LANGUAGES},
            tuple(dict.fromkeys(places.get(row["id"], ()))),
        )
        for row in read_catalogue("claims")
    )  # fmt: skip


def _places() -> dict[str, list[Place]]:
    """Places by claim, from every `coverage_*.csv` of the catalogue."""
    found: dict[str, list[Place]] = {}
    for file in sorted(CATALOGUE.glob("coverage_*.csv")):
        with open(file, encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                place = Place(row["step"], row["result"], row["section"])
                found.setdefault(row["claim"], []).append(place)
    return found


def coverage(running: Collection[str]) -> Result:
    """Which statements of the source will a study answer?

    Parameters
    ----------
    running : names of the steps that run

    Returns
    -------
    Result
        `claims`, `answered`, `not_asked`, `open`, `told` (counts); `state:<claim>` (1 answered by a step that runs,
        0 only by steps that do not, -1 by none, 2 a title or definition).
    """
    value = {"answered": ANSWERED, "not_asked": NOT_ASKED, "open": OPEN, "told": TOLD}
    states = {claim.id: claim.state(running) for claim in claims()}
    rows: list[dict[str, object]] = [{"term": "claims", "estimate": float(len(states))}]
    rows += [
        {"term": name, "estimate": float(sum(state == name for state in states.values()))} for name in value
    ]
    rows += [{"term": f"state:{name}", "estimate": value[state]} for name, state in states.items()]
    return Result("model.coverage_of_claims", tidy_frame(rows))
