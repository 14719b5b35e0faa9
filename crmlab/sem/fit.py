"""Fit a structural equation model: the public functions `sem`, `cfa` and `growth`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem import estimators, partable, placement, rows, syntax
from crmlab.sem.data import Data, prepare
from crmlab.sem.fitted import SemFit
from crmlab.sem.inference import infer
from crmlab.sem.matrices import Model
from crmlab.sem.names import roles
from crmlab.sem.problem import pose
from crmlab.sem.rows import near
from crmlab.sem.sample import Admitted, admit, group_labels
from crmlab.sem.teststat import test as chi_square
from crmlab.sem.verify import identify, verify

Words = str | Sequence[str]


def sem(
    model: str,
    data: pd.DataFrame,
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    ordered: Words | bool = (),
    group: str | None = None,
    group_equal: Words = (),
    group_partial: Words = (),
    std_lv: bool = False,
    meanstructure: bool | None = None,
    orthogonal: bool = False,
    likelihood: str = "normal",
    parameterization: str = "delta",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
) -> SemFit:
    """Fit a structural equation model to the rows of a frame, with lavaan's defaults for `sem`.

    Parameters
    ----------
    model : text in lavaan's operators: `=~` loadings, `~` regressions, `~~` (co)variances, `~ 1` intercepts,
        `|` thresholds, `:=` defined parameters, `==`, `<`, `>` constraints; `*` for fixed values, labels,
        start(), NA and c(...) by group
    data : one row per case
    estimator : ML, MLM, MLMV, MLMVS, MLR, MLF, GLS, ULS, ULSM, ULSMV, WLS, DWLS, WLSM, WLSMV
    missing : "listwise", "fiml" ("ml"), "two.stage", "robust.two.stage" or "pairwise"
    ordered : names of ordinal items, or True for all observed variables; then WLSMV unless asked otherwise;
        observed predictors are held as given, and all moments are conditional on them
    group : column whose values form the groups, in order of appearance
    group_equal : of "loadings", "intercepts", "means", "thresholds", "regressions", "residuals",
        "residual.covariances", "lv.variances", "lv.covariances"
    group_partial : parameters that stay free in each group, "visual=~x2", "x3~1"
    std_lv : fix variances of latent variables to 1 instead of first loadings
    meanstructure : include means; None: where groups, missing data, ordered items or the text need them
    orthogonal : no covariances among exogenous latent variables
    likelihood : "normal" (divisor n) or "wishart" (n - 1, as AMOS and LISREL)
    parameterization : "delta" or "theta", of ordered items
    information : "expected" or "observed"; None: lavaan's choice for the estimator
    se : "standard", "robust", "robust.sem", "robust.huber.white", "first.order" or "none"
    test : "standard", "satorra.bentler", "yuan.bentler.mplus", "scaled.shifted", "mean.var.adjusted"

    Returns
    -------
    SemFit

    Raises
    ------
    ModelError
        A text that cannot be read (with line and column), an unknown variable (with near names), data that
        cannot carry the model, a model that is not identified, a combination that is not supported.

    Source
    ------
    Bollen, K. A. (1989). Structural equations with latent variables. Wiley. Defaults and names follow
    Rosseel, Y. (2012). lavaan: an R package for structural equation modeling. J. Statistical Software 48(2).
    """
    options = rows.Options(
        kind="sem",
        group_equal=_words(group_equal),
        group_partial=_words(group_partial),
        std_lv=std_lv,
        orthogonal=orthogonal,
        parameterization=parameterization,
    )
    how = {"likelihood": likelihood, "information": information, "se": se, "test": test}
    return _fit(model, data, options, estimator, missing, ordered, group, meanstructure, how)


def cfa(
    model: str,
    data: pd.DataFrame,
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    ordered: Words | bool = (),
    group: str | None = None,
    group_equal: Words = (),
    group_partial: Words = (),
    std_lv: bool = False,
    meanstructure: bool | None = None,
    orthogonal: bool = False,
    likelihood: str = "normal",
    parameterization: str = "delta",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
) -> SemFit:
    """Fit a confirmatory factor model; arguments as in `sem` (lavaan's defaults for both are the same)."""
    return sem(
        model,
        data,
        estimator=estimator,
        missing=missing,
        ordered=ordered,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        std_lv=std_lv,
        meanstructure=meanstructure,
        orthogonal=orthogonal,
        likelihood=likelihood,
        parameterization=parameterization,
        information=information,
        se=se,
        test=test,
    )


def growth(
    model: str,
    data: pd.DataFrame,
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    ordered: Words | bool = (),
    group: str | None = None,
    group_equal: Words = (),
    group_partial: Words = (),
    std_lv: bool = False,
    meanstructure: bool | None = None,
    orthogonal: bool = False,
    likelihood: str = "normal",
    parameterization: str = "delta",
    information: str | None = None,
    se: str | None = None,
    test: str | None = None,
) -> SemFit:
    """Fit a growth curve model: as `sem`, but intercepts of indicators are 0 and latent means are free."""
    options = rows.Options(
        kind="growth",
        group_equal=_words(group_equal),
        group_partial=_words(group_partial),
        std_lv=std_lv,
        orthogonal=orthogonal,
        parameterization=parameterization,
    )
    how = {"likelihood": likelihood, "information": information, "se": se, "test": test}
    return _fit(model, data, options, estimator, missing, ordered, group, meanstructure, how)


def _words(value: Words) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _fit(
    text: str,
    data: pd.DataFrame,
    options: rows.Options,
    estimator: str,
    missing: str,
    ordered: Words | bool,
    group: str | None,
    meanstructure: bool | None,
    how: dict[str, str | None],
) -> SemFit:
    parsed = syntax.parse(text)
    everything = roles(parsed).observed
    if options.parameterization not in ("delta", "theta"):
        raise ModelError(f"parameterization='{options.parameterization}' is not known", hint="delta, theta")
    items = _ordered(ordered, everything, data)
    kind = estimators.resolve(
        estimator,
        missing=missing,
        ordinal=bool(items),
        likelihood=str(how["likelihood"]),
        information=how["information"],
        se=how["se"],
        test=how["test"],
    )
    options = replace(options, fixed_x=kind.fit == "ML" or kind.ordinal)  # lavaan's default
    parts = roles(parsed, options.fixed_x)
    labels = group_labels(data, group)
    means = meanstructure
    needed = len(labels) > 1 or bool(items) or kind.missing not in ("listwise", "pairwise")
    needed = needed or options.kind == "growth" or any(term.op == "~1" for term in parsed.terms)
    if means is False and needed:
        raise ModelError(
            "meanstructure=False does not go with groups, ordered items, intercepts or missing data"
        )
    options = replace(options, groups=len(labels), meanstructure=bool(means) or needed)
    admitted = admit(data, parts.observed, parts.exogenous, ordered=items, group=group, missing=kind.missing)
    table = partable.build(parsed, options, {name: len(codes) for name, codes in admitted.levels.items()})
    return estimate(placement.build(table), prepare(admitted, parts.exogenous, kind), admitted, kind)


def estimate(model: Model, data: Data, admitted: Admitted, kind: estimators.Estimator) -> SemFit:
    """Fit a model that is already in matrices."""
    problem = pose(model, data, kind)
    start = problem.start()
    identify(problem, start)
    optimum = problem.solve(start)
    inference = infer(problem, optimum.theta)
    df = problem.statistics() - problem.constraints.freedom
    found = chi_square(problem, optimum.theta, optimum.value, df)
    checks = (*verify(problem, optimum, inference, found), *data.checks)
    return SemFit(problem, optimum, inference, found, admitted.samples, checks, admitted.frame)


def _ordered(ordered: Words | bool, observed: tuple[str, ...], data: pd.DataFrame) -> tuple[str, ...]:
    if isinstance(ordered, bool):
        return observed if ordered else ()
    found = _words(ordered)
    columns = [str(column) for column in getattr(data, "columns", ())]
    for name in found:
        if name not in observed and name not in columns:
            raise ModelError(
                f"ordered: '{name}' is neither in the model nor in the data{near(name, columns)}"
            )
    return tuple(name for name in observed if name in found)


__all__ = ["cfa", "estimate", "growth", "sem"]
