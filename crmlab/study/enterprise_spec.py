"""The study file's part on the enterprise: what is asked of ratings, goals, canvas, panel, needs, units and peers."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from crmlab.study.enterprise_tables import (
    BLOCKS,
    Benchmark,
    Canvas,
    Goals,
    Members,
    Needs,
    OfficePanel,
    Ratings,
)
from crmlab.study.instrument import LANGUAGES, read_catalogue
from crmlab.study.maturity import HIGHEST, LOWEST, elements, elements_of
from crmlab.study.strict_model import Strict

Level = Annotated[float, Field(ge=LOWEST, le=HIGHEST, strict=False)]
Money = Annotated[float, Field(strict=False)]
Cost = Annotated[float, Field(ge=0, strict=False)]
Estimate = Annotated[tuple[Money, Cost], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Investment(Strict):
    """What it costs to raise elements by one level, and what that is expected to bring.

    Attributes
    ----------
    model : whose elements are invested in; of crm_strategy the gates must be laid from top to bottom
    costs : element -> money for one level up; elements without one are not for sale
    effects : element -> [effect of one level, its standard error], in units that `worth` prices
    worth : money for one unit of effect, or [value, standard error]
    budget : money for all steps together
    """

    model: Literal["gartner", "crm_strategy", "lic"] = "gartner"
    costs: Annotated[dict[str, Cost], Field(min_length=1)]
    effects: dict[str, Estimate]
    worth: Money | Estimate = 1.0
    budget: Cost


class Cut(Strict):
    """A change of the middle office's budget whose consequences are followed through the offices.

    Attributes
    ----------
    share : of the budget that is cut; below 0 for a rise
    worth : node (BO, FO, RQ, ...) -> money that one standard deviation more of it is worth in one unit and period,
        or [value, standard error]
    budget : of one unit and period; the panel's mean without one
    periods, months : how far ahead, and how many months a period has
    discount : rate of one period
    """

    share: Annotated[float, Field(gt=-10, lt=1, strict=False)] = 0.10
    worth: Annotated[dict[str, Money | Estimate], Field(min_length=1)]
    budget: Annotated[float, Field(gt=0, strict=False)] | None = None
    periods: Annotated[int, Field(ge=1, le=120)] = 12
    months: Annotated[int, Field(ge=1, le=12)] = 3
    discount: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.0


class Need(Strict):
    """A need that the questionnaire asks about twice: how important, and how well met. Both items have one scale."""

    label: dict[Literal["en", "fa"], str]
    importance: str
    performance: str

    @field_validator("label")
    @classmethod
    def _both(cls, value: dict[str, str]) -> dict[str, str]:
        return in_both(value)


class Added(Strict):
    """A design consideration of the user's own: its title in both languages, and the themes that reach it."""

    title: dict[Literal["en", "fa"], str]
    themes: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]

    @field_validator("title")
    @classmethod
    def _both(cls, value: dict[str, str]) -> dict[str, str]:
        return in_both(value)


class Enterprise(Strict):
    """What is asked of ratings, goals, canvas, panel, needs, members and benchmark.

    Attributes
    ----------
    target : level that every element should reach, or element -> level
    threshold : level from which a gate or stage counts as passed
    months : element -> months that raising it by one level takes, for the schedule; each waits for the one before
    investment : costs and effects, for the roadmap
    effects : block of the canvas -> path of the study's model ("RQ~CRM") whose estimate speaks for it
    cut : a scenario of the office graph
    unit : item whose answer names the respondent's unit; without one the table `members` says it, or else the branch
        of the ledger where the customer bought most often
    outcome : construct that units' maturity is linked with
    conditions : elements asked about in that link; all of Gartner's without any
    satisfaction : construct by which revenue is paid with satisfaction or at risk
    satisfied, dissatisfied : mean answers from which, and below which; three quarters and half of the scale without one
    answers : block of the canvas -> construct whose mean answer speaks for it
    needs : key -> need that the questionnaire asks about
    segment : item whose answers make the segments of the product brief; the groups of step 07 without one
    profile : constructs that describe the segments
    considerations : key -> design consideration beyond those of the source
    money : what the amounts of `investment`, `cut` and the office panel are counted in, in both languages
    """

    target: Level | dict[str, Level] = 4.0
    threshold: Level = 3.0
    months: dict[str, Annotated[float, Field(ge=0, strict=False)]] = Field(default_factory=dict)
    investment: Investment | None = None
    effects: dict[str, str] = Field(default_factory=dict)
    cut: Cut | None = None
    unit: str | None = None
    outcome: str = "RQ"
    conditions: Names = ()
    satisfaction: str = "SAT"
    satisfied: Money | None = None
    dissatisfied: Money | None = None
    answers: dict[Literal[BLOCKS], str] = Field(default_factory=dict)  # type: ignore[valid-type]
    needs: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,19}$")], Need] = Field(
        default_factory=dict
    )
    segment: str | None = None
    profile: Names = ()
    considerations: dict[str, Added] = Field(default_factory=dict)
    money: dict[Literal["en", "fa"], str] | None = None

    @field_validator("money")
    @classmethod
    def _named_in_both(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        return None if value is None else in_both(value)

    @field_validator("target", "months")
    @classmethod
    def _known(cls, value: Any) -> Any:
        return named(value)

    @field_validator("conditions")
    @classmethod
    def _elements(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        named(dict.fromkeys(value))
        if len(set(value)) < len(value):
            raise ValueError("an element stands twice")
        return value

    @field_validator("considerations")
    @classmethod
    def _additions(cls, value: dict[str, Added]) -> dict[str, Added]:
        taken = {row["consideration"] for row in read_catalogue("considerations")}
        themes = [row["theme"] for row in read_catalogue("crosswalk")]
        for key, one in value.items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,19}", key):
                raise ValueError(f"'{key[:40]}' is no key: a Latin letter, then letters, digits or '_'")
            if key in taken:
                raise ValueError(f"'{key}' is in the register already")
            strange = next((name for name in one.themes if name not in themes), None)
            if strange is not None:
                raise ValueError(f"{key}: '{strange}' is no theme; themes are {', '.join(themes)}")
        return value

    @model_validator(mode="after")
    def _priced(self) -> Enterprise:
        if (
            self.satisfied is not None
            and self.dissatisfied is not None
            and self.dissatisfied > self.satisfied
        ):
            raise ValueError("dissatisfied lies above satisfied")
        asked = self.investment
        if asked is None:
            return self
        named(asked.costs)
        strange = [code for code in asked.costs if code not in elements_of(asked.model)]
        if strange:
            raise ValueError(f"investment.costs: '{strange[0]}' is no element of {asked.model}")
        lost = [code for code in asked.costs if code not in asked.effects]
        if lost:
            raise ValueError(f"investment.effects: '{lost[0]}' has a cost, but no effect")
        return self


def in_both(value: dict[str, str]) -> dict[str, str]:
    """Words in both languages.

    Raises
    ------
    ValueError
        One is lacking.
    """
    lost = [language for language in LANGUAGES if not value.get(language, "").strip()]
    if lost:
        raise ValueError(f"'{lost[0]}' is lacking")
    return value


def named(value: Any) -> Any:
    """A mapping whose keys are elements of the models.

    Raises
    ------
    ValueError
        One is not; the nearest are named.
    """
    if isinstance(value, dict):
        from difflib import get_close_matches

        for code in value:
            if code not in elements():
                near = ", ".join(get_close_matches(code, elements(), 3, 0.4)) or ", ".join(elements())
                raise ValueError(f"'{code}' is no element; near: {near}")
    return value


__all__ = [
    "Added",
    "Benchmark",
    "Canvas",
    "Cut",
    "Enterprise",
    "Goals",
    "Investment",
    "Members",
    "Need",
    "Needs",
    "OfficePanel",
    "Ratings",
]
