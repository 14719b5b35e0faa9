"""Step 12: the verdicts in every defensible specification, and our effects beside those of earlier studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab.data.prior_studies import PriorStudies, admit_prior_studies
from crmlab.result import Result, attempt
from crmlab.structure.firmness import RESAMPLES
from crmlab.structure.hidden_cause import hidden_cause
from crmlab.structure.literature import literature
from crmlab.structure.multiverse import multiverse
from crmlab.study import Study
from crmlab.study.literature_questions import named

Results = Mapping[str, Result]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Saved results of step 12, by their names in docs/terms.md."""

    results: dict[str, Result]


def found_in(folder: str | Path) -> dict[str, Result]:
    """The saved results of one step, by name."""
    return {path.stem: Result.load(path) for path in sorted(Path(folder).glob("*.json"))}


def turn(
    frame: pd.DataFrame,
    careless: pd.Series,
    found: Results,
    *,
    asked: bool = True,
    estimators: Sequence[str] = ("pls", "plsc", "sem"),
    **how: Any,
) -> Evidence | None:
    """`multiverse` of a study; None where its sensitivity was not asked for.

    Parameters
    ----------
    frame : answers of all kept rows, reverse items already turned
    careless : True for rows that the study leaves out of its analysis
    found : results of step 05 by name
    asked : whether the study wants it
    estimators, how : as in `structure.firmness`, with which the sensitivity table was made
    """
    base = found.get("sensitivity")
    if base is None or not asked:
        return None
    which = "" if "verdicts" in found else "sem_"
    own: dict[str, Any] = {"verdicts": found[f"{which}verdicts"], "outer": found[f"{which}outer"]}
    settings: dict[str, Any] = {"main": estimators[0], "estimators": estimators, "resamples": RESAMPLES}
    make = partial(multiverse, frame, careless, base, **own, **how, **settings)
    return Evidence({"multiverse": attempt("model.multiverse", make)})


def compare_literature(study: Study, found: Results) -> Evidence | None:
    """Our paths beside those that earlier studies report; None where nobody reports one of them.

    Parameters
    ----------
    study : names the file of earlier studies, if there is one
    found : results of step 05 by name; paths of sub-hypotheses come after those of the model

    Raises
    ------
    DataError, DataErrors
        The file of earlier studies is not as `admit_prior_studies` wants it.
    """
    admitted = _admitted(study)
    own = _own(found)
    if own is None:
        return None
    effects = admitted.effects if admitted is not None else ()
    make = partial(literature, own, effects, **study.beside_others)
    results = dict(admitted.results) if admitted is not None else {}
    results["literature"] = attempt("model.literature", make)
    return Evidence(results) if admitted is not None or len(results["literature"].tidy) else None


def ask_hidden_cause(study: Study, found: Results) -> Evidence | None:
    """How strong a cause that nobody measured would have to be, for every path of the model; None without paths.

    Parameters
    ----------
    study : its `rules.alpha` is that of the test
    found : results of step 05 by name
    """
    which = "" if "paths" in found else "sem_"
    paths, effects = found.get(f"{which}paths"), found.get(f"{which}effects")
    if paths is None:
        return None
    ways = [str(way) for way in effects.select("indirect").index] if effects is not None else []
    make = partial(hidden_cause, paths, ways, alpha=study.rules.alpha)
    return Evidence({"hidden_cause": attempt("model.hidden_cause", make)})


def _admitted(study: Study) -> PriorStudies | None:
    asked = study.spec.literature
    if asked.file is None:
        return None
    declared = asked.model_dump(exclude={"file", "columns", "missing", "bundled", "counts_as"})
    path = study.path_of(asked.file)
    how: dict[str, Any] = {"file": asked.file, "columns": dict(asked.columns), "missing": asked.missing}
    return admit_prior_studies(path, constructs=named(study), **how, **declared)


def _own(found: Results) -> Result | None:
    """The paths of the study's first engine, then those of models of dimensions that it has not got."""
    first = found.get("paths") or found.get("sem_paths")
    if first is None or not len(first.tidy):
        return None
    tidy = [first.tidy, *(found[name].tidy for name in sorted(found) if name.startswith("sub_paths_"))]
    rows = pd.concat(tidy)
    rows = rows[rows["term"].str.startswith("path:")].drop_duplicates("term")
    return Result(first.model, rows, first.glance, (), first.source)
