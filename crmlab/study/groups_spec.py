"""The study file's part on groups of respondents, and on how firm the verdicts are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from crmlab.study.strict_model import Strict

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")]
Codes = Annotated[tuple[Code, ...], Field(strict=False)]


class LatentClass(Strict):
    """Classes that are found in the answers; needs the extra `latent`.

    Attributes
    ----------
    name : of the classes in tables and terms
    items : items answered in categories, for latent class analysis; or
    constructs : first-order constructs whose mean scores are used, for latent profile analysis
    classes : the largest number that is tried; the number is chosen by BIC
    """

    name: Code = "CLASS"
    items: Codes = ()
    constructs: Codes = ()
    classes: Annotated[int, Field(ge=2, le=10)] = 5

    @model_validator(mode="after")
    def _of_one_kind(self) -> LatentClass:
        if bool(self.items) == bool(self.constructs):
            raise ValueError("either items or constructs are needed, not both")
        chosen = self.items or self.constructs
        if len(chosen) < 2 or len(set(chosen)) != len(chosen):
            raise ValueError("two different items or constructs or more are needed to find classes")
        return self


class Grouping(Strict):
    """Groups made by the answers to one item, or classes found in the answers to several.

    Attributes
    ----------
    item : its code; life-cycle stage, sale phase, channel, gender, tenure, ...
    values : codes that are compared; empty takes all
    latent_class : classes instead of an item
    """

    item: Code | None = None
    values: Annotated[tuple[int, ...], Field(strict=False)] = ()
    latent_class: LatentClass | None = None

    @field_validator("values")
    @classmethod
    def _several(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) == 1 or len(set(value)) != len(value):
            raise ValueError("two different codes or more are needed to compare groups")
        return value

    @model_validator(mode="after")
    def _of_one_kind(self) -> Grouping:
        if (self.item is None) == (self.latent_class is None):
            raise ValueError("either an item or a latent_class is needed, and not both")
        if self.latent_class is not None and self.values:
            raise ValueError("values choose codes of an item; a latent_class has none")
        return self

    @property
    def name(self) -> str:
        """Code of the item, or name of the classes: what the groups are called by."""
        return self.item if self.item is not None else self.latent_class.name  # type: ignore[union-attr]


class Comparison(Strict):
    """How groups are compared.

    Attributes
    ----------
    least : respondents a group must have; smaller ones are left out and named. "power" takes what the simulation of
        step 01 says that a group needs to show `smallest`
    rule : when a step of invariance holds: "fit" (CFI and RMSEA), "chisq" (chi-square difference), or "either"
    partial : let single parameters differ where a step fails; by PLS compare the composites that are the same
    smallest : the smallest difference of paths worth finding, in the unit of the paths compared
    """

    least: Annotated[int, Field(ge=20, le=100_000)] | Literal["power"] = 50
    rule: Literal["either", "fit", "chisq"] = "either"
    partial: bool = True
    smallest: Annotated[float, Field(gt=0, lt=10, strict=False)] = 0.20
