"""The study file's part on what relationship quality is worth: answers joined with purchases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from crmlab.study.strict_model import Strict


class Worth(Strict):
    """How answers are joined with purchases, and what is asked of both together.

    Attributes
    ----------
    of : the construct whose worth is asked; null takes the origin of a hypothesis on CLV_B, else RQ
    perceived : lifetime value as customers see it (CLV_P), set beside what they bought (CLV_B); null takes CLV
    outcome : "purchases" (how often customers buy and how long they stay; a purchase is worth the same to all) or
        "margin" (also how much they spend on one)
    point : points of the answer scale that the worth is told for, beside one standard deviation
    second : which answer counts where one customer answered more than once; "refuse" leaves such customers out
    least : customers with answers and purchases that the estimates need
    draws : of the parameters behind the intervals of money
    """

    of: str | None = None
    perceived: str | None = None
    outcome: Literal["purchases", "margin"] = "margin"
    point: Annotated[float, Field(gt=0, le=10, strict=False)] = 1.0
    second: Literal["keep_first", "keep_last", "refuse"] = "keep_first"
    least: Annotated[int, Field(ge=30, le=100_000)] = 100
    draws: Annotated[int, Field(ge=50, le=5000)] = 200
