"""Which variable plays which part: latent, indicator, predictor, outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crmlab.sem.syntax import Syntax


@dataclass(frozen=True, slots=True)
class Roles:
    """Variables of a model by their part in it, each tuple in order of first appearance.

    Attributes
    ----------
    latent : left of `=~`
    indicators : right of `=~` (observed or latent)
    observed : all that are not latent; indicators first, then outcomes, predictors, the rest
    exogenous : observed, only predictors, without a variance, covariance or mean in the text; their moments
        are taken from the sample as fixed
    random_x : the same where they are not fixed; they have free variances and covariances
    latent_x, latent_y : latent variables at the beginning, at the end of the chain
    observed_y : observed outcomes at the end of the chain
    """

    latent: tuple[str, ...]
    indicators: tuple[str, ...]
    observed: tuple[str, ...]
    exogenous: tuple[str, ...]
    random_x: tuple[str, ...]
    latent_x: tuple[str, ...]
    latent_y: tuple[str, ...]
    observed_y: tuple[str, ...]


def roles(syntax: Syntax, fixed_x: bool = True) -> Roles:
    """Read the parts from the statements."""
    terms = syntax.terms
    latent = _order(t.lhs for t in terms if t.op == "=~")
    indicators = _order(t.rhs for t in terms if t.op == "=~")
    outcomes = _order(t.lhs for t in terms if t.op == "~")
    predictors = _order(t.rhs for t in terms if t.op == "~")
    said = {t.lhs for t in terms if t.op in ("~~", "~1", "|")} | {t.rhs for t in terms if t.op == "~~"}
    rest = _order(v for t in terms if t.op in ("~~", "~1", "|", "~*~") for v in _both(t.lhs, t.op, t.rhs))
    chain = _order([*indicators, *outcomes, *predictors, *rest])
    ends = [v for v in outcomes if v not in predictors and v not in indicators]
    alone = tuple(
        v
        for v in predictors
        if v not in latent and v not in outcomes and v not in indicators and v not in said
    )
    return Roles(
        latent=latent,
        indicators=indicators,
        observed=tuple(v for v in chain if v not in latent),
        exogenous=alone if fixed_x else (),
        random_x=() if fixed_x else alone,
        latent_x=tuple(v for v in latent if v not in outcomes and v not in indicators),
        latent_y=tuple(v for v in latent if v in ends),
        observed_y=tuple(v for v in ends if v not in latent),
    )


def _order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _both(lhs: str, op: str, rhs: str) -> tuple[str, ...]:
    return (lhs, rhs) if op == "~~" else (lhs,)
