"""Step 05, how firm the findings are: verdicts under other choices, effects that matter, drivers that lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Result, attempt
from crmlab.structure.drivers import MOST, drivers
from crmlab.structure.equivalence import equivalence
from crmlab.structure.groups import scored
from crmlab.structure.sensitivity import sensitivity
from crmlab.study.hypotheses import Hypothesis

SET_ASIDE = "set_aside"
RESAMPLES = 500  # of the PLS choices; verdicts of the study itself rest on its own number
JUDGED = ("path:", "indirect:")


@dataclass(frozen=True, slots=True, eq=False)
class Firmness:
    """Saved results of step 05: `sensitivity`, `equivalence`, `drivers_<outcome>`; only what was asked for."""

    results: dict[str, Result]


def firmness(
    frame: pd.DataFrame,
    careless: pd.Series,
    found: Mapping[str, Result],
    constructs: Mapping[str, Sequence[str]],
    paths: Sequence[tuple[str, str]],
    hypotheses: Sequence[Hypothesis],
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    modes: Mapping[str, str] | None = None,
    estimators: Sequence[str] = ("pls", "plsc", "sem"),
    smallest: float | None = None,
    asked: bool = True,
    alpha: float = 0.05,
    estimator: str = "MLR",
    scheme: str = "path",
    seed: int = 0,
    level: float = 0.95,
) -> Firmness:
    """How far do the findings rest on how the study was analysed?

    Parameters
    ----------
    frame : answers of all kept rows, reverse items already turned
    careless : True for rows that the study leaves out of its analysis
    found : results of the step by name: `paths` and `effects`, or `sem_paths` and `sem_effects`
    constructs, paths, hypotheses, higher_order, modes : of the model; composites (mode "B") have no other choices
    estimators : the first is the study's own; see `sensitivity`
    smallest : smallest standardised effect of interest; None leaves equivalence out
    asked : whether the verdicts are followed through other choices
    alpha : of the two one-sided tests
    estimator, scheme, seed, level : of the estimators

    Returns
    -------
    Firmness
        As `sensitivity`, `equivalence` (of direct and specific indirect effects) and `drivers` (of every outcome
        that affects nothing else, by the dimensions of what affects it). What these data do not allow is the
        failed check `possible`.
    """
    rest = frame.loc[~careless.to_numpy(dtype=bool)]
    results: dict[str, Result] = {}
    if asked and hypotheses:
        rules = {SET_ASIDE: careless.astype(bool)} if careless.any() else {}
        how: dict[str, Any] = {"estimator": estimator, "scheme": scheme, "seed": seed, "level": level}
        how |= {"main": estimators[0], "estimators": estimators, "resamples": RESAMPLES}
        how |= {"higher_order": higher_order, "careless": rules}
        ask = partial(sensitivity, frame, constructs, paths, hypotheses, **how)
        results["sensitivity"] = attempt("model.sensitivity", partial(_reflective, modes or {}, ask))
    if smallest is not None:
        weigh = partial(_equivalence, found, smallest, alpha)
        results["equivalence"] = attempt("model.equivalence", weigh)
    higher = {name: list(whole["of"]) for name, whole in (higher_order or {}).items()}
    for outcome, predictors in _asked(paths, constructs, higher).items():
        scores = _scores(rest, constructs, higher)
        lead = partial(drivers, scores, outcome, predictors, seed=seed, level=level)
        results[f"drivers_{outcome}"] = attempt("model.drivers", lead)
    return Firmness(results)


def _reflective(modes: Mapping[str, str], ask: Any) -> Result:
    composite = next((name for name, mode in modes.items() if mode == "B"), None)
    if composite is not None:
        raise ModelError(
            f"'{composite}' is a composite; the other estimators take reflective constructs only"
        )
    result: Result = ask()
    return result


def _equivalence(found: Mapping[str, Result], smallest: float, alpha: float) -> Result:
    which = "" if "paths" in found else "sem_"
    both = [found[f"{which}{name}"] for name in ("paths", "effects")]
    tidy = pd.concat([one.tidy for one in both])
    tidy = tidy[tidy["term"].str.startswith(JUDGED) & (tidy["std_error"] > 0)]
    glance = {key: both[0].glance[key] for key in ("n",) if key in both[0].glance}
    return equivalence(Result("model.effects", tidy, glance, (), both[0].source), smallest, alpha=alpha)


def _asked(
    paths: Sequence[tuple[str, str]],
    constructs: Mapping[str, Sequence[str]],
    higher: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Outcomes that affect nothing else -> their drivers, by dimensions if there are not too many."""
    sources = {source for source, _ in paths}
    asked: dict[str, list[str]] = {}
    for outcome in dict.fromkeys(target for _, target in paths if target not in sources):
        direct = [source for source, target in paths if target == outcome]
        fine = [part for name in direct for part in higher.get(name, [name])]
        chosen = fine if len(fine) <= MOST else direct
        if 2 <= len(chosen) <= MOST and (outcome in higher or outcome in constructs):
            asked[outcome] = chosen
    return asked


def _scores(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], higher: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Mean of the items of each construct, of the dimensions of each second-order one."""
    first = scored(frame, constructs, {"all": list(constructs)})[list(constructs)]
    return first.assign(
        **{name: first[list(parts)].mean(axis=1, skipna=False) for name, parts in higher.items()}
    )
