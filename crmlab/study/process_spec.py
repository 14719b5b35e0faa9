"""The study file's part on mediation and moderation of scores (PROCESS)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from crmlab.study.groups_spec import Code
from crmlab.study.strict_model import Strict

MEDIATED, MODERATED = (4, 6, 7, 8, 14, 15, 58, 59), (1, 7, 8, 14, 15, 58, 59)


def listed(value: Any) -> Any:
    """One name is a list of one."""
    return (value,) if isinstance(value, str) else value


Codes = Annotated[tuple[Code, ...], BeforeValidator(listed), Field(strict=False)]


class ProcessModel(Strict):
    """One model of mediation or moderation on scores, numbered as in Hayes' PROCESS.

    Attributes
    ----------
    model : 1 (moderation), 4 (mediators side by side), 6 (in a row), 7, 8, 14, 15, 58, 59 (moderated mediation)
    x, y : the predictor and the outcome, constructs or ordered items
    m : mediators, in causal order for model 6
    w : the moderator: a construct, an item, or a question with categories
    covariates : constructs or items that stand in every equation; categories become indicators
    errors : of the regressions: "OLS", or "HC0" to "HC4", which do not rest on equal variances
    probes : where on the moderator effects are shown: "percentiles" (16th, 50th, 84th), "sd", or values
    categorical : take the codes of `w` as categories (true) or as amounts (false); null goes by its scale
    center : take the means off what is multiplied
    latent : also as a latent model, where all variables are constructs and the study uses SEM
    """

    model: Literal[1, 4, 6, 7, 8, 14, 15, 58, 59]
    x: Code
    y: Code
    m: Codes = ()
    w: Code | None = None
    covariates: Codes = ()
    errors: Literal["OLS", "HC0", "HC1", "HC2", "HC3", "HC4"] = "HC3"
    probes: (
        Literal["percentiles", "sd"]
        | Annotated[
            tuple[Annotated[float, Field(strict=False)], ...], Field(strict=False, min_length=2, max_length=5)
        ]
    ) = "percentiles"
    categorical: bool | None = None
    center: bool = False
    latent: bool = True

    @model_validator(mode="after")
    def _roles(self) -> ProcessModel:
        for wanted, given, what in (
            (self.model in MEDIATED, bool(self.m), "mediator (m)"),
            (self.model in MODERATED, self.w is not None, "moderator (w)"),
        ):
            if wanted != given:
                raise ValueError(f"model {self.model} {'needs a' if wanted else 'has no'} {what}")
        if self.model == 6 and not 2 <= len(self.m) <= 4:
            raise ValueError(f"model 6 takes 2 to 4 mediators in a row, not {len(self.m)}")
        names = [self.x, *self.m, self.y, *([self.w] if self.w else []), *self.covariates]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise ValueError(f"'{name}' has two roles in the model")
        return self
