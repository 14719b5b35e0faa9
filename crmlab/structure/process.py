"""Mediation and moderation on scores: Hayes' PROCESS models 1, 4, 6, 7, 8, 14, 15, 58 and 59.

Scores carry measurement error, which weakens their paths; the latent models of `crmlab.sem` take it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.structure.columns import known_columns, numeric_columns
from crmlab.structure.process_design import MODERATED, MOST_SERIAL, Design, design
from crmlab.structure.process_effects import Slopes, indirect_effects, resampled_slopes
from crmlab.structure.process_regress import regress
from crmlab.structure.process_rows import conditional_rows, equation_rows

ERRORS = ("OLS", "HC0", "HC1", "HC2", "HC3", "HC4")
FAILED_SHARE = 0.01


def process(
    frame: pd.DataFrame,
    model: int,
    *,
    x: str,
    y: str,
    mediators: str | Sequence[str] = (),
    moderator: str | None = None,
    covariates: Sequence[str] = (),
    errors: str = "HC3",
    probes: str | Sequence[float] = "percentiles",
    categorical: bool = False,
    center: bool = False,
    resamples: int = 5000,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Does X act on Y directly, through mediators, and under which conditions?

    Parameters
    ----------
    frame : one row per respondent; rows with a missing value in any variable used are left out and counted
    model : 1 (moderation), 4 (parallel mediators), 6 (mediators in series), 7, 8, 14, 15, 58, 59 (moderated
        mediation)
    x, y : focal predictor and outcome, numeric
    mediators : one or several; in causal order for model 6 (up to 4)
    moderator : numeric, or with categories (words, or `categorical`): indicators against the first
    covariates : numeric, in every equation
    errors : of the regressions: "OLS" or heteroscedasticity-consistent "HC0" to "HC4"
    probes : of a continuous moderator: "percentiles" (16th, 50th, 84th), "sd" (mean and one standard
        deviation each way), or values; a moderator of two values is probed at both
    categorical : whether a numeric moderator is made of categories
    center : take the means off the variables that are multiplied; probes and regions are then deviations
    resamples, seed : of the bootstrap of indirect effects
    level : of the intervals

    Returns
    -------
    Result
        `coef:<outcome>~<term>` (se, t interval, p; "1" is the intercept), `r2:<outcome>`, `r2_change:<outcome>~
        <product>` (p of the products together), `total:` and `direct:<Y>~<X>` (`direct:...@<probe>` where
        moderated), `effect:<outcome>~<focal>@<probe>` (conditional paths), `probe:<W>.<label>`;
        `indirect:<Y>~<M>~<X>` (`@<probe>`), `total_indirect`, `indirect_difference:<M1>-<M2>`, `indirect_std`,
        `contrast:...@<b>-<a>`, `index:<Y>~<M>~<X>` (bootstrap se, percentile interval, p); `jn...` see
        `region_rows`.

    Raises
    ------
    ModelError
        An unknown model or column, words where numbers are needed, a variable that does not vary, roles that
        do not fit the model, too few rows, predictors that determine each other.

    Source
    ------
    Hayes, A. F. (2022). Introduction to mediation, moderation, and conditional process analysis, 3rd ed.
    Guilford. Long, J. S. & Ervin, L. H. (2000). The American Statistician 54, 217-224 (HC3). Cribari-Neto, F.
    (2004). Computational Statistics & Data Analysis 45, 215-233 (HC4).
    """
    mediators = (mediators,) if isinstance(mediators, str) else tuple(mediators)
    used = _admit(frame, model, x, y, mediators, moderator, tuple(covariates))
    if errors not in ERRORS:
        raise ModelError(f"errors '{errors}' are not known", hint=", ".join(ERRORS))
    if resamples < 100 or not 0 < level < 1:
        raise ModelError("100 resamples or more and a level between 0 and 1 are needed", hint="5000, 0.95")
    laid = design(used, model, x, y, mediators, moderator, tuple(covariates), probes, categorical, center)
    fits = {name: regress(laid, name, errors) for name in laid.equations}
    rows = [row for name in laid.equations for row in equation_rows(laid, name, fits[name], level)]
    rows += conditional_rows(laid, fits, level)
    checks = [_left_out(frame, used)]
    blocks = [tidy_frame(rows)]
    if laid.mediators:
        block, check = _bootstrap_rows(laid, fits, resamples, seed, level)
        blocks.append(block)
        checks.append(check)
    glance = {"n": len(used), "left_out": len(frame) - len(used), "model": model, "level": level}
    glance["errors"] = ERRORS.index(errors)
    glance |= {"resamples": resamples} if laid.mediators else {}
    return Result("model.process", pd.concat(blocks), glance, tuple(checks), source_of(used, seed=seed))


def _bootstrap_rows(
    laid: Design, fits: dict[str, Any], resamples: int, seed: int, level: float
) -> tuple[pd.DataFrame, Check]:
    sample: Slopes = {
        (equation, name): np.array([float(fits[equation].params[name])])
        for equation, names in laid.equations.items()
        for name in names
    }
    slopes, ratio = resampled_slopes(laid, resamples, seed)
    at, drawn = indirect_effects(laid, sample), indirect_effects(laid, slopes)
    spread = laid.data.std(ddof=0)
    if laid.moderator is None:
        for term in [t for t in at if t.startswith("indirect:")]:
            name = term.replace("indirect:", "indirect_std:")
            at[name] = at[term] * spread[laid.x] / spread[laid.y]
            drawn[name] = drawn[term] * ratio
    D = np.array([drawn[term] for term in at])
    good = np.isfinite(D).all(axis=0)
    lost = int((~good).sum())
    rule = f"<= {FAILED_SHARE:.0%} of {resamples} resamples without a solution"
    check = Check("check.bootstrap_failed", lost <= FAILED_SHARE * resamples, lost, rule)
    D = D[:, good]
    if D.shape[1] < 2:
        raise ModelError("no resample can be solved", hint="more rows, or fewer predictors")
    low, high = np.quantile(D, [(1 - level) / 2, (1 + level) / 2], axis=1)
    beyond = np.minimum((D <= 0).sum(axis=1), (D >= 0).sum(axis=1))
    rows = pd.concat(
        [
            tidy_block(quantity, [subject], at[term], std_error=[e], ci_low=[a], ci_high=[b], p_value=[p])
            for (quantity, _, subject), term, e, a, b, p in zip(
                (term.partition(":") for term in at),
                at,
                D.std(axis=1, ddof=1),
                low,
                high,
                np.minimum(1.0, 2 * (beyond + 1) / (D.shape[1] + 1)),
                strict=True,
            )
        ]
    )
    return rows, check


def _left_out(frame: pd.DataFrame, used: pd.DataFrame) -> Check:
    lost = len(frame) - len(used)
    rule = "rows with a missing answer, left out; at most 5 % of all (Hair et al. 2022)"
    return Check("check.missing_casewise", lost <= 0.05 * len(frame), lost, rule)


def _admit(
    frame: pd.DataFrame,
    model: int,
    x: str,
    y: str,
    mediators: tuple[str, ...],
    w: str | None,
    covariates: tuple[str, ...],
) -> pd.DataFrame:
    """Complete rows of the variables, all roles checked."""
    if model not in MODERATED:
        raise ModelError(f"PROCESS model {model} is not available", hint=", ".join(map(str, MODERATED)))
    if model == 1 and mediators:
        raise ModelError(f"model 1 has no mediator, but '{mediators[0]}' is given", hint="model 4, 7 or 14")
    if model != 1 and not mediators:
        raise ModelError(f"model {model} needs a mediator", hint="mediators='RQ'")
    if model == 6 and not 2 <= len(mediators) <= MOST_SERIAL:
        raise ModelError(f"model 6 takes 2 to {MOST_SERIAL} mediators in series, not {len(mediators)}")
    if MODERATED[model] and w is None:
        raise ModelError(f"model {model} needs a moderator", hint="moderator='W'")
    if not MODERATED[model] and w is not None:
        raise ModelError(f"model {model} has no moderator, but '{w}' is given", hint="model 7, 8, 14, 15, 59")
    names = [x, *mediators, y, *([w] if w else []), *covariates]
    known_columns(frame, names)
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ModelError(f"'{name}' has two roles in the model")
        if "*" in name or "~" in name or "@" in name:
            raise ModelError(f"column '{name}': a name cannot hold *, ~ or @ here", hint="rename it")
    numeric_columns(frame, [name for name in names if name != w])
    used = frame[names].dropna()
    if w and pd.api.types.is_numeric_dtype(frame[w]):
        numeric_columns(frame, [w])
    least = 3 * len(names) + 4
    if len(used) < least:
        raise ModelError(f"{len(used)} complete rows are too few for this model", hint=f"{least} or more")
    for name in names:
        if used[name].nunique() < 2:
            role = "moderator" if name == w else "variable"
            raise ModelError(f"{role} '{name}' does not vary", hint="leave it out")
    return used
