"""Do paths and indirect effects differ between groups? Multi-group models, after measurement invariance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from scipy.special import ndtri

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.sem import SemFit
from crmlab.structure.defined import defined_rows
from crmlab.structure.group_model import Pair, labelled, markers_first, path_equality
from crmlab.structure.invariance import ladder_checks, ladder_rows
from crmlab.structure.ladder import LEAST_IN_GROUP, RULES, Ladder, Step, climb_ladder, fitted, judged
from crmlab.study import lavaan

RESAMPLES = 1000


def compare_paths(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[Pair],
    group: str,
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    estimator: str = "MLR",
    missing: str = "fiml",
    rule: str = "either",
    partial: bool = True,
    least: int = LEAST_IN_GROUP,
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Do the groups differ in their paths and indirect effects?

    Parameters
    ----------
    frame, constructs, group, estimator, missing, rule, partial, least : as in `invariance`
    paths : (source, target) between constructs
    higher_order : second-order construct -> {"of": [...]}; their loadings are held equal as well
    resamples : bootstrap resamples within groups, 0: normal theory. None: 1000 of complete answers, 0 where
        cells are missing (each resample would be a fit by full information)
    seed, level : of the intervals

    Returns
    -------
    Result
        The rows of `invariance` up to `metric` (and `metric_second`, the loadings of second-order
        constructs). If that holds, fully or partly: `path:<t>~<s>@<group>` and
        `indirect:<...>@<group>` in the unit of the constructs' marker items, `std_path:<t>~<s>@<group>`
        within each group; `path_difference:<t>~<s>@<a>-<b>` and `indirect_difference:` (se, interval, p);
        `equal:<t>~<s>` (scaled chi-square difference of holding the path equal in all groups, p),
        `p_holm:<t>~<s>`, `equal_all` (all paths at once). If it fails: no comparison, and the failed check
        `comparable` says why.

    Raises
    ------
    ModelError
        As `invariance`; a path that names no construct.

    Notes
    -----
    Unstandardised paths are compared: standardised ones differ already where groups differ in spread.

    Source
    ------
    Jöreskog, K. G. (1971). Psychometrika 36, 409-426. Satorra, A. & Bentler, P. M. (2001). Psychometrika 66,
    507-514. Ryu, E. & Cheong, J. (2017). Frontiers in Psychology 8, 747 (indirect effects of groups).
    """
    pairs = list(paths)
    _admit(constructs, pairs, higher_order or {}, rule, resamples, level)
    ladder = climb_ladder(
        frame,
        constructs,
        group,
        estimator=estimator,
        missing=missing,
        rule=rule,
        partial=partial,
        least=least,
        upto="metric",
    )
    if higher_order and ladder.reached("metric"):
        ladder = _second_order(ladder, constructs, higher_order, group, estimator, ladder.missing, rule)
    rows, checks = ladder_rows(ladder), ladder_checks(ladder, rule)
    glance: dict[str, float] = {"n": len(ladder.frame), "left_out": ladder.left_out, "level": level}
    reached = ladder.steps[-1].holds
    words = "metric invariance, at least in part (Steenkamp & Baumgartner 1998)"
    checks.append(Check("check.comparable", reached, -ladder.steps[-1].cfi_loss, words))
    if reached:
        if resamples is None:
            resamples = RESAMPLES if ladder.missing == "listwise" else 0
        more, fit = _compared(
            ladder,
            constructs,
            pairs,
            higher_order or {},
            group,
            estimator,
            ladder.missing,
            resamples,
            seed,
            level,
        )
        rows += more
        checks += list(fit.checks)
        glance |= {"resamples": resamples, **fit.fit_measures}
    source = source_of(ladder.frame, seed=seed)
    return Result("model.compare_paths", tidy_frame(rows), glance, tuple(checks), source)


def _second_order(
    ladder: Ladder,
    constructs: Mapping[str, Sequence[str]],
    higher_order: Mapping[str, Mapping[str, Any]],
    group: str,
    estimator: str,
    missing: str,
    rule: str,
) -> Ladder:
    """The ladder with one rung more: the loadings of the second-order constructs are equal too."""
    text = lavaan.measurement(markers_first(constructs, ladder.partial), higher_order)
    how: dict[str, Any] = {"group": group, "estimator": estimator, "missing": missing}
    how["group_equal"] = ["loadings"]
    loose = [f"{whole}=~{part}" for whole, parts in higher_order.items() for part in parts["of"][1:]]
    freed = ladder.steps[-1].freed
    below = fitted("second-order", text, ladder.frame, group_partial=[*ladder.partial, *loose], **how)
    fit = fitted("second-order", text, ladder.frame, group_partial=list(ladder.partial), **how)
    step = judged("metric_second", fit, freed, Step("metric", below), rule)
    return replace(ladder, steps=(*ladder.steps, step))


def _compared(
    ladder: Ladder,
    constructs: Mapping[str, Sequence[str]],
    pairs: list[Pair],
    higher_order: Mapping[str, Mapping[str, Any]],
    group: str,
    estimator: str,
    missing: str,
    resamples: int,
    seed: int,
    level: float,
) -> tuple[list[dict[str, object]], SemFit]:
    labels = list(ladder.sizes)
    ordered = markers_first(constructs, ladder.partial)
    measured = lavaan.measurement(ordered, higher_order)
    model = labelled(measured, pairs, labels)
    how: dict[str, Any] = {"group": group, "estimator": estimator, "missing": missing}
    how |= {"group_equal": ["loadings"], "group_partial": list(ladder.partial)}
    free = sem.sem(model.text, ladder.frame, **how)
    rows = _standardised(free, labels, level)
    rows += defined_rows(free, model.effects, resamples, seed, level)
    rows += path_equality(free, measured, pairs, ladder.frame, how)
    return rows, free


def _standardised(fit: SemFit, labels: list[str], level: float) -> list[dict[str, object]]:
    table = fit.standardized()
    z = float(ndtri((1 + level) / 2))
    rows: list[dict[str, object]] = []
    for row in table.loc[table["op"] == "~"].to_dict("records"):
        reach = z * row["se"]
        rows.append(
            {
                "term": f"std_path:{row['lhs']}~{row['rhs']}@{labels[row['group'] - 1]}",
                "estimate": row["est_std"],
                "std_error": row["se"],
                "ci_low": row["est_std"] - reach,
                "ci_high": row["est_std"] + reach,
                "p_value": row["p_value"],
            }
        )
    return rows


def _admit(
    constructs: Mapping[str, Sequence[str]],
    pairs: list[Pair],
    higher_order: Mapping[str, Mapping[str, Any]],
    rule: str,
    resamples: int | None,
    level: float,
) -> None:
    if not pairs:
        raise ModelError("no path is given to compare")
    known = [*constructs, *higher_order]
    for pair in pairs:
        for name in pair:
            if name not in known:
                raise ModelError(f"'{name}' is no construct of the model", hint=", ".join(known))
    if rule not in RULES:
        raise ModelError(f"rule '{rule}' is not known", hint=", ".join(RULES))
    count = resamples or 0
    if 0 < count < 100 or count < 0 or not 0 < level < 1:
        raise ModelError(
            "0, or 100 resamples or more, and a level between 0 and 1 are needed", hint="1000, 0.95"
        )
