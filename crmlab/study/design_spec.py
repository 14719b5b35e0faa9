"""The study file's part on design: what is expected before data, and how large a sample is asked for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from crmlab.study.strict_model import Cells, Strict, TableFile

if TYPE_CHECKING:
    from crmlab.study.hypotheses import Hypothesis

Loading = Annotated[float, Field(gt=0, lt=1, strict=False)]
Effect = Annotated[float, Field(gt=-1, lt=1, strict=False)]
Size = Annotated[int, Field(ge=2, le=100_000)]


def _close(value: Any) -> Any:
    """`RQ ~ CRM` and `RQ~CRM` are one path."""
    if not isinstance(value, dict):
        return value
    return {re.sub(r"\s*~\s*", "~", key) if isinstance(key, str) else key: one for key, one in value.items()}


class ExpertFile(TableFile):
    """Ratings of the items by experts: one row an expert, one column an item under its code; blank is not judged.

    Attributes
    ----------
    counts : the ratings that count: of necessity those that mean "essential" (3), of relevance "relevant" (3, 4)
    missing : cells that mean "no answer", besides blanks
    """

    counts: Annotated[tuple[int, ...], Field(strict=False)] | None = None
    missing: Cells = ()

    @property
    def key(self) -> str:
        """The part of the study file it stands in, for messages."""
        return "design.experts"


class Experts(Strict):
    """What experts said of the items before the fieldwork.

    Attributes
    ----------
    necessity : how needed an item is, for Lawshe's content validity ratio
    relevance : how relevant an item is in four steps, for the content validity index
    """

    necessity: ExpertFile | None = None
    relevance: ExpertFile | None = None


class Design(Strict):
    """What is expected, and the sample that is to show it.

    Attributes
    ----------
    effects : standardised effect of every path, by a direct hypothesis ("H1") or by the path ("RQ ~ CRM"); without
        it no power is simulated
    loadings : of the items on their constructs, one for all or by item
    dimension_loadings : of dimensions on their second-order constructs, one for all or by dimension
    blank : share of answers expected to be left blank
    population : people the sample is drawn from; null for a very large number
    n : respondents planned
    proportion, margin : of the formulas for a proportion (Cochran; Krejcie and Morgan)
    power : that is wanted
    sizes : numbers of respondents that are tried besides `n`; null is 100, 200, 300, 400
    replications : samples simulated at each size
    resamples : of each simulated sample by PLS
    engines : by which samples are simulated: "sem", "pls", "plsc"; PLS takes about twenty times as long
    experts : ratings of the items
    """

    effects: Annotated[dict[str, Effect], BeforeValidator(_close)] = Field(default_factory=dict)
    loadings: Loading | dict[str, Loading] = 0.75
    dimension_loadings: Loading | dict[str, Loading] = 0.80
    blank: Annotated[float, Field(ge=0, lt=0.5, strict=False)] = 0.0
    population: Annotated[int, Field(ge=2)] | None = None
    n: Size | None = None
    proportion: Annotated[float, Field(gt=0, lt=1)] = 0.5
    margin: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.05, lt=1)] = 0.80
    sizes: Annotated[tuple[Size, ...], Field(strict=False, min_length=1)] | None = None
    replications: Annotated[int, Field(ge=20, le=100_000)] = 200
    resamples: Annotated[int, Field(ge=50, le=10_000)] = 200
    engines: Annotated[tuple[Literal["sem", "pls", "plsc"], ...], Field(strict=False, min_length=1)] = (
        "sem",
    )
    experts: Experts = Experts()

    @property
    def decided(self) -> dict[str, Any]:
        """What a design card holds of it: not how long the simulation runs."""
        kept = (
            "effects",
            "loadings",
            "dimension_loadings",
            "blank",
            "population",
            "n",
            "proportion",
            "margin",
            "power",
        )
        return {key: value for key, value in self.model_dump(mode="json").items() if key in kept}


def bad_effects(
    design: Design | None, hypotheses: Iterable[Hypothesis], paths: Iterable[tuple[str, str]]
) -> Iterable[str]:
    """What is wrong with the expected effects, one line each."""
    if design is None or not design.effects:
        return
    pairs = list(paths)
    kinds: Mapping[str, Hypothesis] = {h.id: h for h in hypotheses}
    written = {f"{target}~{source}": (source, target) for source, target in pairs}
    given: list[tuple[str, str]] = []
    for name in design.effects:
        if name in kinds and kinds[name].kind == "mediation":
            yield f"design.effects: '{name}' is a mediation; its effect follows from the paths it runs along"
        elif name in kinds and kinds[name].of_the_model:
            given.append((kinds[name].source, kinds[name].target))
        elif name in written:
            given.append(written[name])
        else:
            known = ", ".join([*(h for h, one in kinds.items() if one.kind == "direct"), *written])
            yield f"design.effects: '{name}' is no direct hypothesis and no path of the study ({known or 'it has none'})"
    for pair in pairs:
        if pair not in given:
            yield f"design.effects: no effect is expected for the path '{pair[1]} ~ {pair[0]}'; write 0 if there is none"
        elif given.count(pair) > 1:
            yield f"design.effects: two effects are expected for the path '{pair[1]} ~ {pair[0]}'"
