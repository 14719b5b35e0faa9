"""All hypotheses of a study at once, of every kind and every step, judged by one rule that was set beforehand."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from crmlab.result import Result, tidy_frame
from crmlab.structure.evidence import (
    STRUCTURE,
    Evidence,
    Rule,
    of_behaviour,
    of_groups,
    of_moderation,
    of_offices,
    of_paths,
)
from crmlab.structure.multiplicity import benjamini_hochberg, holm
from crmlab.study.hypotheses import Hypothesis


def conclude(
    hypotheses: Sequence[Hypothesis],
    results: Mapping[str, Result],
    *,
    alpha: float = 0.05,
    smallest: float | None = None,
    smallest_path: float | None = None,
    held: Collection[str] = (),
) -> Result:
    """What do the data say to each hypothesis?

    Parameters
    ----------
    hypotheses : of any kind
    results : "step/name" -> saved result of all steps that ran
    alpha : of tests without an interval, and of each one-sided test of equivalence
    smallest : smallest standardised effect that matters; None leaves open what is too small
    smallest_path : smallest difference of a path between groups that matters, in the unit of the paths
    held : data that the study has beside its answers: "offices", "purchases" (of those who answered)

    Returns
    -------
    Result
        `hypothesis:<H>` (estimate, se, interval, p), `p_holm:<H>`, `p_fdr:<H>` (over all that have a p,
        sub-hypotheses on single dimensions among themselves), `verdict:<H>`
        (1 supported, 0 not shown, -1 contradicted, NaN not testable), `mediation:<H>` as in `judge`, `small:<H>` (of
        what is not shown: 1 too small to matter, 0 imprecise), `untested:<H>` (why there is no verdict: 1 the study
        has no such data, 2 the step did not run, 3 measures are not invariant, 4 too few groups, 5 it could not be
        computed, 6 no margin was set, 7 what customers did came before their answers, 8 too few who answered
        have purchases).

    Notes
    -----
    The estimate is of a path; an indirect effect; the product of a moderated regression (categories: the one of
    smallest p, with the p of all); the index of moderated mediation; the largest difference between two groups (of
    paths, or of means in pooled standard deviations) with the p of the test of all groups; for equivalence the same
    with the 1 - 2 alpha interval and the largest p of the two one-sided tests of all pairs (Berger 1982); the path,
    or the product of paths, between two offices. Without several groups, intervals decide; with several, the p.

    Source
    ------
    Holm, S. (1979). Scandinavian Journal of Statistics 6(2), 65-70. Benjamini, Y. & Hochberg, Y. (1995). Journal
    of the Royal Statistical Society B 57(1), 289-300. Berger, R. L. (1982). Technometrics 24(4), 295-300. Hayes,
    A. F. (2015). Multivariate Behavioral Research 50, 1-22.
    """
    rule = Rule(alpha, smallest, smallest_path, frozenset(held))
    judged = results.get(f"{STRUCTURE}/verdicts") or results.get(f"{STRUCTURE}/sem_verdicts")
    found = {one.id: _evidence(one, judged, results, rule) for one in hypotheses}
    p = np.array([each.row.get("p_value", math.nan) for each in found.values()], dtype=float)
    rows: list[dict[str, object]] = [{"term": f"hypothesis:{k}", **each.row} for k, each in found.items()]
    subs = results.get(f"{STRUCTURE}/sub_verdicts")
    single = np.array([subs is not None and f"verdict:{k}" in subs for k in found], dtype=bool)
    for quantity, correct in (("p_holm", holm), ("p_fdr", benjamini_hochberg)):
        values = np.where(single, correct(np.where(single, p, np.nan)), correct(np.where(single, np.nan, p)))
        rows += [{"term": f"{quantity}:{k}", "estimate": v} for k, v in zip(found, values, strict=True)]
    rows += [{"term": f"verdict:{k}", "estimate": each.verdict} for k, each in found.items()]
    for part in (judged, subs):
        mediated = {} if part is None else part.select("mediation")["estimate"].to_dict()
        rows += [{"term": f"mediation:{k}", "estimate": v} for k, v in mediated.items() if k in found]
    rows += [{"term": f"small:{k}", "estimate": e.small} for k, e in found.items() if not math.isnan(e.small)]
    rows += [{"term": f"untested:{k}", "estimate": e.untested} for k, e in found.items() if e.untested]
    glance = {"hypotheses": float(len(found)), "alpha": alpha, "level_equivalence": 1 - 2 * alpha}
    tested = int(np.isfinite(p).sum())
    glance |= {"tested": tested, "any_false": 1 - (1 - alpha) ** tested}
    glance |= {} if smallest is None else {"smallest": smallest}
    glance |= {} if smallest_path is None else {"smallest_path": smallest_path}
    glance |= {} if judged is None else {k: judged.glance[k] for k in ("n", "level") if k in judged.glance}
    checks, source = ((), {}) if judged is None else (judged.checks, judged.source)
    return Result("model.hypotheses_judged", tidy_frame(rows), glance, checks, source)


def _evidence(one: Hypothesis, judged: Result | None, results: Mapping[str, Result], rule: Rule) -> Evidence:
    if one.behavioural:
        return of_behaviour(one, results, rule)
    if one.moderated:
        return of_moderation(one, results, rule)
    if one.kind in ("difference", "equivalence"):
        return of_groups(one, results, rule)
    if one.kind == "cross-level":
        return of_offices(one, results, rule)
    subs = results.get(f"{STRUCTURE}/sub_verdicts")
    if subs is not None and f"verdict:{one.id}" in subs:
        return of_paths(one, subs, rule)
    return of_paths(one, judged, rule)
