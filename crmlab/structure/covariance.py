"""The structural model by covariance-based SEM: the same questions and the same terms as by PLS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.result import Result, attempt, tidy_block
from crmlab.sem.tidy import standardised_rows
from crmlab.structure.verdicts import judge
from crmlab.study import lavaan
from crmlab.study.hypotheses import Hypothesis


@dataclass(frozen=True, slots=True, eq=False)
class CovarianceStructure:
    """The saved results of step 05 by covariance-based SEM, by their names in docs/terms.md."""

    sem_paths: Result
    sem_effects: Result
    sem_outer: Result
    sem_verdicts: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, in the order of the chapter."""
        return {name: getattr(self, name) for name in self.__slots__}


def estimate_covariance(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    hypotheses: Sequence[Hypothesis] = (),
    modes: Mapping[str, str] | None = None,
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
    measures: bool = True,
    beside: bool = False,
) -> CovarianceStructure:
    """How do the latent constructs depend on each other, measurement error taken out?

    Parameters
    ----------
    frame : answers, reverse items already turned; missing = NaN
    constructs : first-order construct -> items
    paths : (source, target)
    higher_order : second-order construct -> {"of": [...]}
    hypotheses : about paths, or chains of paths, of this model
    modes : a construct of mode "B" is a composite of its items, which a factor model does not fit
    estimator, missing : as in `sem.sem`
    level : of the intervals
    measures : fit measures too; they cost as much again as the estimates
    beside : another estimator answers the questions as well, so that a model which the data do not allow is told
        (results without rows and with the failed check `check.possible`) and does not raise

    Returns
    -------
    CovarianceStructure
        Fully standardised `path`, `indirect`, `total_indirect`, `total`, `loading` with delta-method errors and
        normal-theory intervals, `z` of paths and loadings, `r2` (delta-method error, interval), fit measures in `glance`, and the verdicts.

    Raises
    ------
    ModelError
        The model cannot be computed, or holds a composite.
    """
    composite = [name for name, mode in (modes or {}).items() if mode == "B"]
    if composite:
        raise ModelError(
            f"construct '{composite[0]}' is a composite; covariance-based SEM here takes reflective constructs",
            hint="use engine: pls, or declare the construct reflective",
        )
    ordered = estimator == "WLSMV"  # the answers are categories, not amounts
    text = lavaan.structure(constructs, paths, higher_order or {}, ordered=ordered)
    used = frame[[item for items in constructs.values() for item in items]]
    try:
        fitted = sem.sem(text.model, used, estimator=estimator, missing=missing, ordered=ordered)
    except ModelError as error:
        if not beside:
            raise
        return _impossible(error)
    table = fitted.standardized()
    glance = {"n": float(fitted.n), "level": level, **(fitted.fit_measures if measures else {})}

    def result(model: str, *blocks: pd.DataFrame) -> Result:
        return Result(model, pd.concat(blocks), glance, fitted.checks, fitted.source)

    defined = table.loc[table["op"] == ":="]
    effects = standardised_rows([text.effects[name] for name in defined["lhs"]], defined, level)
    regressions = table.loc[table["op"] == "~"]
    subjects = (regressions["lhs"] + "~" + regressions["rhs"]).tolist()
    sem_paths = result(
        "model.sem_paths",
        standardised_rows([f"path:{subject}" for subject in subjects], regressions, level),
        tidy_block("z", subjects, regressions["z"].to_numpy()),
        _explained(table, dict.fromkeys(regressions["lhs"]), level),
    )
    sem_effects = result("model.sem_effects", effects)
    return CovarianceStructure(
        sem_paths=sem_paths,
        sem_effects=sem_effects,
        sem_outer=result("model.sem_outer", *_outer(table, level)),
        sem_verdicts=judge(hypotheses, result("model.sem_effects", sem_paths.tidy, effects)),
    )


def _impossible(error: ModelError) -> CovarianceStructure:
    """Results that say why there are none."""

    def again() -> Result:
        raise error

    return CovarianceStructure(
        **{name: attempt(f"model.{name}", again) for name in CovarianceStructure.__slots__}
    )


def _outer(table: pd.DataFrame, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = table.loc[table["op"] == "=~"]
    subjects = (rows["lhs"] + "=~" + rows["rhs"]).tolist()
    return (
        standardised_rows([f"loading:{subject}" for subject in subjects], rows, level),
        tidy_block("z", subjects, rows["z"].to_numpy()),
    )


def _explained(table: pd.DataFrame, outcomes: Iterable[str], level: float) -> pd.DataFrame:
    """R2 = 1 less the standardised residual variance, whose delta-method error it has; the interval keeps to 0 and 1."""
    rest = table.loc[(table["op"] == "~~") & (table["lhs"] == table["rhs"])].set_index("lhs")
    names = list(outcomes)
    r2, error = 1 - rest.loc[names, "est_std"].to_numpy(), rest.loc[names, "se"].to_numpy()
    reach = float(ndtri((1 + level) / 2)) * error
    low, high = np.clip(r2 - reach, 0, 1), np.clip(r2 + reach, 0, 1)
    return tidy_block("r2", names, r2, std_error=error, ci_low=low, ci_high=high)
