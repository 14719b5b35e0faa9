"""The study file's part on groups of respondents, and on how firm the verdicts are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from crmlab.study.strict_model import Strict

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$")]


class Grouping(Strict):
    """Groups made by the answers to one item.

    Attributes
    ----------
    item : its code; life-cycle stage, sale phase, channel, gender, tenure, ...
    values : codes that are compared; empty takes all
    """

    item: Code
    values: Annotated[tuple[int, ...], Field(strict=False)] = ()

    @field_validator("values")
    @classmethod
    def _several(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) == 1 or len(set(value)) != len(value):
            raise ValueError("two different codes or more are needed to compare groups")
        return value


class Comparison(Strict):
    """How groups are compared.

    Attributes
    ----------
    least : respondents a group must have; smaller ones are left out and named
    rule : when a step of invariance holds: "fit" (CFI and RMSEA), "chisq" (chi-square difference), or "either"
    partial : let single parameters differ where a step fails
    smallest : the smallest difference of paths worth finding, in the unit of the paths compared
    """

    least: Annotated[int, Field(ge=20, le=100_000)] = 50
    rule: Literal["either", "fit", "chisq"] = "either"
    partial: bool = True
    smallest: Annotated[float, Field(gt=0, lt=10, strict=False)] = 0.20
