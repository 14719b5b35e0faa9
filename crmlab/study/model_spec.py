"""The study file on the model: own questions, constructs and hypotheses."""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from crmlab.study.hypotheses import KINDS
from crmlab.study.process_spec import listed
from crmlab.study.strict_model import Strict, Words

NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,30}$")


def _construct_name(value: Any) -> Any:
    if not isinstance(value, str) or not NAME.match(value):
        raise ValueError(
            f"{value!r} is not a name: a Latin letter, then at most 30 letters, digits or underscores"
        )
    if keyword.iskeyword(value):
        raise ValueError(f"{value!r} is a word of Python and cannot be a name")
    return value


def kind_of(value: Any) -> Any:
    """A kind as people write it: "moderated_mediation", "Cross level"."""
    if not isinstance(value, str):
        return value
    plain = value.strip().lower().replace("_", " ").replace("-", " ").removeprefix("group ")
    return "cross-level" if plain == "cross level" else plain


Name = Annotated[str, BeforeValidator(_construct_name)]


class OwnScale(Strict):
    """A scale of the user's own: whole numbers from the first to the second, with words for any of them."""

    points: Annotated[tuple[int, int], Field(strict=False)]
    labels: dict[int, Words] = Field(default_factory=dict)
    categories: bool = False

    @field_validator("labels", mode="before")
    @classmethod
    def _codes(cls, value: Any) -> Any:
        return {int(key): words for key, words in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _rising(self) -> OwnScale:
        if not self.points[0] < self.points[1]:
            raise ValueError("points: the first must be smaller than the second")
        return self


class OwnItem(Strict):
    """A question of the user's own."""

    text: Words
    scale: str
    reverse: bool = False


class Instrument(Strict):
    """The bundled questionnaire, the user's own items, or both."""

    base: Literal["bundled", "none"] = "bundled"
    agreement: Literal["agree5", "agree7"] = "agree5"
    scales: dict[Name, OwnScale] = Field(default_factory=dict)
    items: dict[Name, OwnItem] = Field(default_factory=dict)


class Construct(Strict):
    """A first-order construct has items, a second-order one has dimensions.

    Attributes
    ----------
    mode : "reflective" (the items mirror it; correlation weights) or "composite" (the items make it up; regression
        weights)
    """

    label: Words
    items: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    dimensions: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    mode: Literal["reflective", "composite"] = "reflective"

    @model_validator(mode="after")
    def _one_kind(self) -> Construct:
        if bool(self.items) == bool(self.dimensions):
            raise ValueError("give either items or dimensions")
        return self


class OwnHypothesis(Strict):
    """An expected effect in the user's own words.

    Attributes
    ----------
    kind : as in `Hypothesis`; left out, it follows from the roles given: `groups` makes a difference, `moderator` a
        moderation, `via` a mediation
    source, target, via : constructs; a difference or an equivalence of means has no source
    moderator : a construct or an item
    groups : the item whose answers make the groups
    model : of PROCESS, for moderated effects; null is 1 for a moderation and 7 for a moderated mediation
    margin : of an equivalence; null takes `smallest_effect` (means, in standard deviations) or
        `comparison.smallest` (paths)
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$")]
    kind: Annotated[Literal[KINDS] | None, BeforeValidator(kind_of)] = None  # type: ignore[valid-type]
    source: Name | Literal[""] = ""
    target: Name
    via: Annotated[tuple[Name, ...], BeforeValidator(listed), Field(strict=False)] = ()
    moderator: Name | Literal[""] = ""
    groups: Name | Literal[""] = ""
    model: int | None = None
    margin: Annotated[float, Field(gt=0, lt=10, strict=False)] | None = None
    sign: Literal["+", "-", ""] = "+"
    statement: Words


def _which(value: Any) -> str:
    return "str" if isinstance(value, str) else "OwnHypothesis"


Expected = Annotated[
    Annotated[str, Tag("str")] | Annotated[OwnHypothesis, Tag("OwnHypothesis")], Discriminator(_which)
]
