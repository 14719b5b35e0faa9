"""The study file on earlier studies: where their effects stand, and what they are compared with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from crmlab.study.enterprise_tables import SmallFile
from crmlab.study.model_spec import Name
from crmlab.study.strict_model import below_the_study

Column = Literal["study", "source", "target", "estimate", "n", "se", "year", "doi", "kind", "sign"]
Names = Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]


class Literature(SmallFile):
    """Effects of earlier studies: one row an effect of one study.

    Attributes
    ----------
    file : path below the study's folder; null where only the bundled library is used
    columns : ours are study, source, target, estimate, n, se, year, doi, kind, sign
    bundled : take the effects that come with crmlab, for the constructs CRM, RQ, CLV and their dimensions
    counts_as : construct -> others whose effects are taken for its own, e.g. {CLV: [LOY]}
    """

    place = "literature"
    file: str | None = None  # type: ignore[assignment]
    columns: dict[Column, str] = Field(default_factory=dict)  # type: ignore[assignment]
    bundled: bool = True
    counts_as: dict[Name, Names] = Field(default_factory=dict)

    @field_validator("file")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:  # type: ignore[override]
        return None if value is None else below_the_study(value)
