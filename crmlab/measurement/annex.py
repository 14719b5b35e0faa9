"""The annex of superseded statistics: what examiners ask for, computed from the answers and the saved effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

import pandas as pd

from crmlab.measurement.items import construct_scores
from crmlab.measurement.legacy import gof, sobel, superseded, vaf
from crmlab.measurement.legacy_tests import ks, t_midpoint
from crmlab.measurement.ranks import friedman
from crmlab.result import Check, Result, attempt, tidy_frame

TESTS = ("sobel", "aroian", "goodman")


@dataclass(frozen=True, slots=True, eq=False)
class Annex:
    """The saved results of the annex, by their names in docs/terms.md; only what the study's model allows."""

    results: dict[str, Result] = field(default_factory=dict)


def annex(
    frame: pd.DataFrame,
    model: Mapping[str, Result] | None,
    constructs: Mapping[str, Sequence[str]],
    *,
    midpoints: Mapping[str, float],
    level: float = 0.95,
) -> Annex:
    """What would an older guide have printed?

    Parameters
    ----------
    frame : answers
    model : of the PLS model: "paths" (`path`, `r2`), "effects" (`indirect`), "outer" (`loading`). Without them the annex
        has no GoF and no tests of indirect effects
    constructs : first-order construct -> items
    midpoints : construct -> the middle of its answer scale
    level : of the t intervals

    Returns
    -------
    Annex
        `legacy_ks`, `legacy_t`, `legacy_friedman` on construct means, `legacy_gof`, and `legacy_indirect` with
        `sobel|aroian|goodman:<chain>` (z, standard error, p) and `vaf:<chain>` of each specific indirect effect.
    """
    paths, effects, outer = (dict(model or {}).get(name) for name in ("paths", "effects", "outer"))
    scores = construct_scores(frame, constructs)
    items = list(dict.fromkeys(chain.from_iterable(constructs.values())))
    found = {"legacy_ks": attempt("model.ks", lambda: ks(frame, items))}
    if midpoints:
        found["legacy_t"] = attempt("model.t_midpoint", lambda: _against(scores, midpoints, level))
    if len(constructs) > 2 and len(set(midpoints.values())) == 1:
        found["legacy_friedman"] = attempt("model.friedman", lambda: friedman(scores, level=level))
    if paths is not None and outer is not None and len(paths.select("r2")):
        found["legacy_gof"] = attempt("model.gof", lambda: _gof(paths, outer))
    if paths is not None and effects is not None and len(effects.select("indirect")):
        found["legacy_indirect"] = attempt("model.sobel", lambda: _indirect(paths, effects))
    return Annex(found)


def _against(scores: pd.DataFrame, midpoints: Mapping[str, float], level: float) -> Result:
    """t tests of scores less the middle of their own scale."""
    names = list(midpoints)
    centred = scores[names] - pd.Series(dict(midpoints))
    return t_midpoint(centred, 0.0, level=level)


def _gof(paths: Result, outer: Result) -> Result:
    """Communality of a construct: the mean of its squared loadings; constructs of one item are left out."""
    loading = outer.select("loading")["estimate"]
    owner = loading.index.str.partition("=~").get_level_values(0)
    squared = (loading**2).groupby(owner, sort=False)
    several = squared.size() > 1
    communality = {str(name): float(value) for name, value in squared.mean()[several].items()}
    r2 = {str(name): max(float(value), 0.0) for name, value in paths.select("r2")["estimate"].items()}
    found = gof(communality, r2)
    return Result(found.model, found.tidy, found.glance, found.checks, paths.source)


def _indirect(paths: Result, effects: Result) -> Result:
    """Chains of two paths; longer ones have no such test."""
    rows: list[dict[str, object]] = []
    checks: dict[str, Check] = {}
    for subject in effects.select("indirect").index:
        ends = str(subject).split("~")
        if len(ends) != 3:
            continue
        b, a = (f"path:{outcome}~{origin}" for outcome, origin in pairwise(ends))
        tests = sobel(*(paths.cell(term, column) for term in (a, b) for column in ("estimate", "std_error")))
        for name in TESTS:
            row = {column: tests.cell(name, column) for column in ("estimate", "std_error", "p_value")}
            rows.append({"term": f"{name}:{subject}", **row})
        checks |= {check.name: check for check in tests.checks}
        direct = f"path:{ends[0]}~{ends[-1]}"
        if direct in paths:
            share = vaf(tests["indirect"], paths[direct])
            rows.append({"term": f"vaf:{subject}", "estimate": share["vaf"]})
            checks |= {
                f"{check.name}:{subject}": Check(f"{check.name}:{subject}", check.ok, check.value, check.rule)
                for check in share.checks
                if not check.name.startswith("legacy.")
            }
            checks["legacy.superseded:vaf"] = superseded("vaf")
    return Result(
        "model.legacy_indirect", tidy_frame(rows), paths.glance, tuple(checks.values()), paths.source
    )
