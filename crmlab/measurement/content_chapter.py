"""Content validity in step 01: Lawshe's ratio and the content validity index, whichever experts were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from crmlab.measurement.content import cvi, cvr
from crmlab.result import Result, attempt


@dataclass(frozen=True, slots=True, eq=False)
class ContentValidity:
    """The saved results `cvr` and `cvi`; None where experts were not asked."""

    cvr: Result | None = None
    cvi: Result | None = None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; only what was asked for."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: result for name, result in found.items() if result is not None}


def content_validity(
    necessity: pd.DataFrame | None = None,
    relevance: pd.DataFrame | None = None,
    essential: Sequence[int] = (3,),
    relevant: Sequence[int] = (3, 4),
) -> ContentValidity:
    """Do experts find the items needed and relevant?

    Parameters
    ----------
    necessity, relevance : one row an expert, one column an item; missing = not judged; None = not asked
    essential, relevant : the ratings that count
    """
    return ContentValidity(
        None
        if necessity is None
        else attempt("model.cvr", lambda: cvr(necessity, essential=tuple(essential))),
        None if relevance is None else attempt("model.cvi", lambda: cvi(relevance, relevant=tuple(relevant))),
    )
