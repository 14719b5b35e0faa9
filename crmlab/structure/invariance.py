"""Do the items measure the same in every group? What stands before any comparison of groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.ladder import (
    CFI_LOSS,
    LEAST_IN_GROUP,
    RMSEA_GAIN,
    SIGNIFICANT,
    Ladder,
    climb_ladder,
    measure,
)

SOURCE = "Chen 2007; Cheung & Rensvold 2002"


def invariance(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    group: str,
    *,
    estimator: str = "MLR",
    missing: str = "fiml",
    ordered: bool = False,
    rule: str = "either",
    partial: bool = True,
    most_freed: float = 0.25,
    least: int = LEAST_IN_GROUP,
) -> Result:
    """May paths and means be compared between the groups?

    Parameters
    ----------
    frame : answers with a column of groups
    constructs : first-order construct -> items
    group : column of the groups, two or more; rows without a group are left out and counted
    estimator : as in `sem.sem`; `ordered` answers are fitted by WLSMV
    missing : "fiml" (pairs of answers, if ordered) or "listwise"; rows left out are counted
    rule : a rung holds if it costs little fit (CFI falls by at most .010 and RMSEA rises by at most .015:
        "fit"), if the (scaled) chi-square difference is not significant at .05 ("chisq"), or "either"
    partial : where a rung fails, let the parameter with the largest score test differ, one after another
    most_freed : largest share of a rung's parameters that may be let free
    least : rows every group must have

    Returns
    -------
    Result
        For every rung `configural`, `metric` (loadings), `scalar` (and intercepts, or thresholds), `strict` (and
        residual variances; not for ordered answers): `chi2` (p), `df`, `cfi`, `rmsea`, `srmr`,
        `delta_chi2` (p), `delta_cfi`, `delta_rmsea`, each `:<rung>`; `holds:<rung>` 1 yes, 0.5 partly, 0 no;
        `freed:<rung>.<parameter>` (its score test, p); `n:<group>`. Checks `invariance:<rung>`; a rung after one
        that fails is not tested.

    Raises
    ------
    ModelError
        Fewer than two groups, a group that is too small, a model that cannot be fitted.

    Notes
    -----
    Factors are identified by their variance in the first group, so that no item is taken as invariant
    beforehand. Letting parameters free after looking is a search: a partial rung says so.

    Source
    ------
    Chen, F. F. (2007). Structural Equation Modeling 14, 464-504. Cheung, G. W. & Rensvold, R. B. (2002). Structural
    Equation Modeling 9, 233-255. Byrne, B. M., Shavelson, R. J. & Muthén, B. (1989). Psychological Bulletin 105,
    456-466 (partial). Millsap, R. E. & Yun-Tein, J. (2004). Multivariate Behavioral Research 39, 479-515 (ordered).
    """
    ladder = climb_ladder(
        frame,
        constructs,
        group,
        estimator=estimator,
        missing=missing,
        ordered=ordered,
        rule=rule,
        partial=partial,
        most_freed=most_freed,
        least=least,
    )
    checks = (*ladder.steps[0].fit.checks, *ladder_checks(ladder, rule))
    glance: dict[str, float] = {
        "n": len(ladder.frame),
        "left_out": ladder.left_out,
        "groups": len(ladder.sizes),
    }
    source = source_of(ladder.frame)
    return Result("model.invariance", tidy_frame(ladder_rows(ladder)), glance, checks, source)


def ladder_rows(ladder: Ladder) -> list[dict[str, object]]:
    """Tidy rows of all rungs."""
    rows: list[dict[str, object]] = [
        {"term": f"n:{name}", "estimate": size} for name, size in ladder.sizes.items()
    ]
    for step in ladder.steps:
        test, name = step.fit.test, step.name
        scaled = math.isfinite(test.scaled)
        chisq, p = (test.scaled, test.p_scaled) if scaled else (test.chisq, test.p_value)
        rows += [
            {"term": f"chi2:{name}", "estimate": chisq, "p_value": p},
            {"term": f"df:{name}", "estimate": test.df},
            {"term": f"cfi:{name}", "estimate": measure(step.fit, "cfi")},
            {"term": f"rmsea:{name}", "estimate": measure(step.fit, "rmsea")},
            {"term": f"srmr:{name}", "estimate": step.fit.fit_measures.get("srmr", math.nan)},
        ]
        if step is not ladder.steps[0]:
            rows += [
                {"term": f"delta_chi2:{name}", "estimate": step.chisq, "p_value": step.p},
                {"term": f"delta_df:{name}", "estimate": step.df},
                {"term": f"delta_cfi:{name}", "estimate": -step.cfi_loss},
                {"term": f"delta_rmsea:{name}", "estimate": step.rmsea_gain},
                {
                    "term": f"holds:{name}",
                    "estimate": (1.0 if step.full else 0.5) if step.holds else 0.0,
                },
            ]
        rows += [{"term": f"freed:{name}.{n}", "estimate": mi, "p_value": q} for n, mi, q in step.freed]
    return rows


def ladder_checks(ladder: Ladder, rule: str) -> list[Check]:
    """Whether each rung that was tested holds, by the rule that was set."""
    fit = f"change of CFI >= -{CFI_LOSS:.3f} and of RMSEA <= {RMSEA_GAIN:.3f} ({SOURCE})"
    test = f"p of the chi-square difference >= {SIGNIFICANT:.2f}"
    words = {"fit": fit, "chisq": test, "either": f"{fit}, or {test}"}[rule]
    return [
        Check(f"check.invariance:{step.name}", step.holds, -step.cfi_loss, words) for step in ladder.steps[1:]
    ] + [
        Check(
            f"check.invariance_full:{step.name}",
            False,
            len(step.freed),
            "no parameter set free (Byrne et al. 1989)",
        )
        for step in ladder.steps[1:]
        if step.holds and not step.full
    ]
