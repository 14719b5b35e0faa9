"""The study file's part on segments of customers and on their life cycle."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from crmlab.study.strict_model import Strict, Words

Label = Annotated[str, Field(pattern=r"^(S([1-9]|1[0-2])|best|loyal|promising|new|at_risk|asleep)$")]


class Segments(Strict):
    """How customers are put into groups.

    Attributes
    ----------
    by : what they are grouped by: "behaviour" (recency, frequency and spend of the ledger), "scores" (of constructs);
        null takes behaviour where there is a ledger, else scores
    scores : constructs whose scores count; empty takes those of first order that have no whole, and the wholes
    method : "rfm" (rule of fifths), "kmeans", "mixture", "ward" or "latent" (latent class; needs stepmix)
    compare : other methods whose groups are compared with the chosen ones
    number : of groups, stable or not; null looks for the number that is stable
    most : the largest number tried
    resamples : bootstrap samples behind the stability
    stable : least mean Jaccard index of every group, and least adjusted Rand index, over resamples
    names : label of a group -> its name; labels are S1 (most valuable) onwards, or those of the rule
    """

    by: Annotated[tuple[Literal["behaviour", "scores"], ...], Field(strict=False, min_length=1)] | None = None
    scores: Annotated[tuple[str, ...], Field(strict=False)] = ()
    method: Literal["rfm", "kmeans", "mixture", "ward", "latent"] = "kmeans"
    compare: Annotated[tuple[Literal["kmeans", "mixture", "ward", "latent"], ...], Field(strict=False)] = (
        "ward",
    )
    number: Annotated[int, Field(ge=2, le=12)] | None = None
    most: Annotated[int, Field(ge=2, le=12)] = 6
    resamples: Annotated[int, Field(ge=5, le=1000)] = 20
    stable: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.75
    names: dict[Label, Words] = Field(default_factory=dict)


class LifeCycle(Strict):
    """By which rule a customer is in a stage, and what is asked of the stages.

    Attributes
    ----------
    months : length of a period; periods end with the last day observed
    new : periods after the first purchase in which a customer is being acquired
    growth : growth of money over the period before, or, where the ledger names products, a product never bought
        before, from which a customer is being enhanced
    window : periods over which growth is counted
    lost : "silence" (longer than `times` the customer's own time between purchases) or "alive" (the chance to be
        active is below `below`)
    times, below : of that rule
    item : question of the survey in which customers place themselves: 1 acquire, 2 enhance, 3 retain
    """

    months: Annotated[int, Field(ge=1, le=24)] = 3
    new: Annotated[int, Field(ge=1, le=24)] = 1
    growth: Annotated[float, Field(gt=0, le=10, strict=False)] = 0.25
    window: Annotated[int, Field(ge=1, le=12)] = 2
    lost: Literal["silence", "alive"] = "silence"
    times: Annotated[float, Field(gt=0, le=50, strict=False)] = 3.0
    below: Annotated[float, Field(gt=0, lt=1)] = 0.10
    item: str = "STG"

    @model_validator(mode="after")
    def _fits(self) -> LifeCycle:
        if self.months * max(self.new, self.window) > 120:
            raise ValueError("new and window reach over more than ten years")
        return self
