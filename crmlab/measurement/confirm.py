"""Confirmatory factor analysis of the study's constructs, first and second order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.result import Result, attempt, tidy_block
from crmlab.sem import SemFit
from crmlab.sem.tidy import standardised_rows
from crmlab.study import lavaan


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """The saved results of the confirmatory part of step 04, by their names in docs/terms.md.

    `cfa` is the model of correlated first-order constructs; `cfa_second` that of the second-order ones, None if
    the study has none.
    """

    cfa: Result
    cfa_second: Result | None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; only what the study has."""
        found = {"cfa": self.cfa, "cfa_second": self.cfa_second}
        return {name: result for name, result in found.items() if result is not None}


def confirm(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
) -> Confirmed:
    """Do the items follow the constructs they are meant for?

    Parameters
    ----------
    frame : answers, reverse items already turned; missing = NaN
    constructs : first-order construct -> items
    higher_order : second-order construct -> {"of": [...]}
    estimator, missing : as in `sem.cfa`
    level : of the intervals

    Returns
    -------
    Confirmed
        Results with standardised `loading:<construct>=~<item>` (delta-method se, interval, p), `z:…`, factor
        correlations `cor:<A>~<B>`, `rho_c` and `ave` of each construct from its standardised loadings, and the
        fit measures in `glance`. A model that the data do not allow is a result without rows and with the failed
        check `check.possible`.

    Notes
    -----
    rho_c = (sum l)^2 / ((sum l)^2 + sum(1 - l^2)), ave = mean(l^2).

    Source
    ------
    Fornell, C. & Larcker, D. F. (1981). Journal of Marketing Research 18(1), 39-50.
    """
    used = frame[[item for items in constructs.values() for item in items]]
    ordered = estimator == "WLSMV"  # the answers are categories, not amounts
    plain = lavaan.measurement(constructs, {}, ordered=ordered)

    def fitted(text: str, model: str) -> Result:
        fit = sem.cfa(text, used, estimator=estimator, missing=missing, ordered=ordered, std_lv=True)
        return printed(fit, model, level)

    first = attempt("model.cfa", lambda: fitted(plain, "model.cfa"))
    if not higher_order:
        return Confirmed(first, None)
    whole = lavaan.measurement(constructs, higher_order, ordered=ordered)
    return Confirmed(first, attempt("model.cfa_second", lambda: fitted(whole, "model.cfa_second")))


def printed(fitted: SemFit, model: str, level: float) -> Result:
    """Standardised loadings, their z, factor correlations, CR and AVE, and the fit of a fitted model."""
    table = fitted.standardized()
    loadings = table.loc[table["op"] == "=~"]
    subjects = (loadings["lhs"] + "=~" + loadings["rhs"]).tolist()
    apart = table.loc[(table["op"] == "~~") & (table["lhs"] != table["rhs"])]
    latent = set(loadings["lhs"])
    apart = apart.loc[apart["lhs"].isin(latent) & apart["rhs"].isin(latent)]
    blocks = {str(name): part["est_std"].to_numpy() for name, part in loadings.groupby("lhs", sort=False)}
    several = {name: values for name, values in blocks.items() if len(values) > 1}
    tidy = pd.concat(
        [
            standardised_rows([f"loading:{subject}" for subject in subjects], loadings, level),
            tidy_block("z", subjects, loadings["z"].to_numpy()),
            standardised_rows(("cor:" + apart["lhs"] + "~" + apart["rhs"]).tolist(), apart, level),
            tidy_block("rho_c", several, [composite_reliability(values) for values in several.values()]),
            tidy_block("ave", several, [float(np.mean(values**2)) for values in several.values()]),
        ]
    )
    glance = {"n": float(fitted.n), "level": level, **fitted.fit_measures}
    return Result(model, tidy, glance, fitted.checks, fitted.source)


def composite_reliability(loadings: np.ndarray) -> float:
    """rho_c of one construct from its standardised loadings, shape (k,)."""
    common = loadings.sum() ** 2
    return float(common / (common + (1 - loadings**2).sum()))
