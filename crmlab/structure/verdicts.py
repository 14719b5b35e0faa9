"""From effects with intervals to verdicts, by rules that are set before the data are seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure.multiplicity import benjamini_hochberg, holm
from crmlab.study.hypotheses import Hypothesis

SUPPORTED, NOT_SHOWN, CONTRADICTED = 1, 0, -1
NONE, DIRECT_ONLY, INDIRECT_ONLY, COMPLEMENTARY, COMPETITIVE = range(5)


def judge(hypotheses: Sequence[Hypothesis], effects: Result) -> Result:
    """Which hypotheses do the effects support?

    Parameters
    ----------
    hypotheses : direct ones are judged by their path, mediation by the specific indirect effect
    effects : a Result with `path:...` and `indirect:...` and their intervals

    Returns
    -------
    Result
        `hypothesis:<H>` (the effect), `p_holm:<H>`, `p_fdr:<H>` (over all hypotheses given),
        `verdict:<H>`: 1 supported, 0 not shown, -1 contradicted; for mediation `mediation:<H>`: 0 none,
        1 direct only, 2 indirect only, 3 complementary, 4 competitive.

    Raises
    ------
    ModelError
        A hypothesis names an effect that the model does not have.

    Notes
    -----
    Supported: the interval leaves zero out on the expected side (on either side if no sign is expected).
    Contradicted: it leaves zero out on the other side. Not shown: it holds zero; this is not evidence of
    no effect. Verdicts use the interval, not the adjusted p values, which stand beside them.

    Source
    ------
    Zhao, X., Lynch, J. G. & Chen, Q. (2010). Journal of Consumer Research 37(2), 197-206 (typology).
    """
    rows = [_effect(hypothesis, effects) for hypothesis in hypotheses]
    p = np.array([row["p_value"] for row in rows], dtype=float)
    found: list[dict[str, object]] = [
        {"term": f"hypothesis:{h.id}", **row} for h, row in zip(hypotheses, rows, strict=True)
    ]
    for quantity, values in (("p_holm", holm(p)), ("p_fdr", benjamini_hochberg(p))):
        found += [
            {"term": f"{quantity}:{h.id}", "estimate": v} for h, v in zip(hypotheses, values, strict=True)
        ]
    found += [
        {"term": f"verdict:{h.id}", "estimate": verdict(row["ci_low"], row["ci_high"], h.sign)}
        for h, row in zip(hypotheses, rows, strict=True)
    ]
    found += [
        {"term": f"mediation:{h.id}", "estimate": _mediation(h, row, effects)}
        for h, row in zip(hypotheses, rows, strict=True)
        if h.kind == "mediation"
    ]
    return Result("model.verdicts", tidy_frame(found), effects.glance, effects.checks, effects.source)


def verdict(low: float, high: float, sign: str) -> float:
    """1 supported, 0 not shown, -1 contradicted; NaN without an interval."""
    if math.isnan(low) or math.isnan(high):
        return math.nan
    side = 1 if low > 0 else -1 if high < 0 else 0
    if side == 0:
        return NOT_SHOWN
    return SUPPORTED if sign == "" or (sign == "+") == (side > 0) else CONTRADICTED


def mediation_type(indirect: tuple[float, float], direct: tuple[float, float] | None) -> float:
    """Zhao's type from the intervals of the indirect and the direct effect (None: no direct path)."""
    carried = verdict(*indirect, "+")
    straight = NOT_SHOWN if direct is None else verdict(*direct, "+")
    if math.isnan(carried) or math.isnan(straight):
        return math.nan
    if carried and straight:
        return COMPLEMENTARY if carried == straight else COMPETITIVE
    return INDIRECT_ONLY if carried else DIRECT_ONLY if straight else NONE


def _mediation(hypothesis: Hypothesis, row: dict[str, float], effects: Result) -> float:
    direct = f"path:{hypothesis.target}~{hypothesis.source}"
    bounds = (effects.cell(direct, "ci_low"), effects.cell(direct, "ci_high")) if direct in effects else None
    return mediation_type((row["ci_low"], row["ci_high"]), bounds)


def _effect(hypothesis: Hypothesis, effects: Result) -> dict[str, float]:
    chain = "~".join((hypothesis.target, *reversed(hypothesis.via), hypothesis.source))
    term = f"path:{chain}" if hypothesis.kind == "direct" else f"indirect:{chain}"
    if term not in effects or (hypothesis.kind == "mediation") != bool(hypothesis.via):
        way = " -> ".join((hypothesis.source, *hypothesis.via, hypothesis.target))
        raise ModelError(
            f"hypothesis {hypothesis.id} is about {way}, which is no path of this model",
            hint="add the paths to the model, or leave the hypothesis out",
        )
    columns = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
    return {column: effects.cell(term, column) for column in columns}
