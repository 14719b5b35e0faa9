"""Step 06, groups: for every grouping of a study invariance, paths and means, each only where the one before allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial as bound
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Result, attempt
from crmlab.structure.columns import known_columns
from crmlab.structure.composites import Composites, compare_composites
from crmlab.structure.dimension_means import dimension_means
from crmlab.structure.group_asked import Asked
from crmlab.structure.group_rows import veiled
from crmlab.structure.ladder import LEAST_IN_GROUP
from crmlab.structure.latent_classes import found_classes

SMALLEST = 0.20
ANSWERED = 0.5  # share of a dimension's items that must be answered for it to have a score
THRESHOLD = 5
ENGINES = ("sem", "pls")


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The saved results of the groups of step 06, by name; see `compare_groups`."""

    results: dict[str, Result]


def compare_groups(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    groupings: Mapping[str, Sequence[int]],
    *,
    higher_order: Mapping[str, Sequence[str]] | None = None,
    latent: Mapping[str, Mapping[str, Any]] | None = None,
    engines: Sequence[str] = ("sem",),
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    missing: str = "mean",
    estimator: str = "MLR",
    rule: str = "either",
    partial: bool = True,
    least: int | None = LEAST_IN_GROUP,
    smallest: float = SMALLEST,
    foretold: Result | None = None,
    threshold: int = THRESHOLD,
    seed: int = 0,
    level: float = 0.95,
) -> Groups:
    """For whom do the findings hold?

    Parameters
    ----------
    frame : answers, reverse items already turned; columns of the groupings as codes
    constructs : first-order construct -> items
    paths : (source, target) between constructs
    groupings : item -> codes that are compared; empty takes all
    higher_order : second-order construct -> its dimensions
    latent : name -> classes that are to be found in the answers and then compared like groups: `items` or
        `constructs` (name -> items), and `classes`, the most that are tried; see `latent_classes`
    engines : "sem" (multi-group models after measurement invariance), "pls" (composites after MICOM), or both
    modes, scheme, missing : of "pls", as in `pls.fit`
    estimator, rule, partial, level : as in `compare_paths`; `partial` also as in `compare_composites`
    least : rows a group must have; smaller groups are left out, each with the failed check `small_group`. None takes
        what the table of simulated power says, or 50 where there is none
    smallest : smallest difference of paths worth finding: unstandardised by "sem", standardised by "pls"
    foretold : from `foresee_groups`: how many respondents a group needs to show `smallest`
    threshold : groups with fewer rows are nobody's business: no number that is told gives their size away
    seed : of permutations, resamples and latent classes

    Returns
    -------
    Groups
        Groups are `<item>.<code>`; every result holds `n:<group>`, NaN where it would give away a smaller group.
        By "sem": `items_<item>`: the ladder of each first-order construct alone, `holds`, `delta_cfi`,
        `delta_rmsea`, `freed` (number), each `:<construct>.<rung>`, where constructs have dimensions.
        `invariance_<item>`, `paths_<item>`: as `invariance` and `compare_paths`, of the model in which a dimension
        is the mean of its items; `paths_` also with `detectable:<path>@<a>-<b>`, the difference that these groups
        would show with power .80, `size_needed:<path>`, rows of each group that would show `smallest`, and
        `foretold:<path>`, the same by simulation before the data, `short:<group>` of each group that is smaller. `means_<item>`: as `compare_means`, of the scores of the constructs; without scalar
        invariance it is empty with the failed check `comparable_means`. `dimensions_<item>`: the same of each
        first-order construct, where it is invariant by itself (the failed check `comparable_dimension` where not).
        By "pls": `composites_<item>`, `pls_paths_<item>`: as `compare_composites`.
        `classes_<name>`: as `latent_classes`. What these data do not allow is the failed check `possible`; a grouping
        without two groups that are large enough has empty results with the failed check `two_groups`.

    Notes
    -----
    Detectable difference = (z_(1+level)/2 + z_.80) se. Means of items as indicators keep the model small enough
    for groups; that the items of each dimension work alike is tested before, dimension by dimension.

    Source
    ------
    Little, T. D. et al. (2002). Structural Equation Modeling 9, 151-173 (parcels). Steenkamp, J.-B. & Baumgartner,
    H. (1998). Journal of Consumer Research 25, 78-90 (order of the tests). Cohen, J. (1988). Statistical power
    analysis for the behavioral sciences (power).
    """
    if not smallest > 0:
        raise ModelError(f"a smallest difference of {smallest} is not above zero", hint="0.20")
    unknown = set(engines) - set(ENGINES)
    if unknown:
        raise ModelError(f"engine '{min(unknown)}' is not known", hint=", ".join(ENGINES))
    higher = {name: list(parts) for name, parts in (higher_order or {}).items()}
    found: dict[str, Result] = {}
    if latent:
        frame, found = found_classes(frame, latent, threshold, seed)
    asked = {**groupings, **dict.fromkeys(latent or {}, ())}
    indicators = scored(frame, constructs, higher)
    how: dict[str, Any] = {"estimator": estimator, "rule": rule, "partial": partial}
    composites = {"modes": modes, "scheme": scheme, "missing": missing, "partial": partial, "seed": seed}
    for item, codes in asked.items():
        one = Asked(frame, indicators, item, tuple(codes), least, smallest, foretold, threshold, level)
        results: dict[str, Result] = {}
        if item in frame.columns or item not in (latent or {}):
            if "sem" in engines:
                results |= _by_models(one, constructs, list(paths), higher, how)
            else:
                results |= _alone(one, constructs, higher, how)
            if "pls" in engines:
                results |= _by_composites(one, constructs, list(paths), higher, composites)
        if one.too_few is not None:
            results = {name: Result(r.model, r.tidy, {}, (one.too_few,)) for name, r in results.items()}
        hidden = one.hidden
        found |= {f"{name}_{item}": veiled(result, hidden, threshold) for name, result in results.items()}
    return Groups(found)


def _by_models(
    one: Asked,
    constructs: Mapping[str, Sequence[str]],
    paths: list[tuple[str, str]],
    higher: Mapping[str, Sequence[str]],
    how: dict[str, Any],
) -> dict[str, Result]:
    """Covariance-based: the ladders, paths and means of one grouping."""
    parts = _parts(higher)
    model = {**{n: list(b) for n, b in constructs.items() if n not in parts}, **higher}
    found: dict[str, Result] = {}
    if higher:
        blocks = {name: constructs[name] for name in parts}
        found["items"] = attempt("model.group_items", bound(one.items, blocks, how))
    ladder = attempt("model.invariance", bound(one.invariance, model, how))
    found["invariance"] = ladder
    found["paths"] = attempt("model.compare_paths", bound(one.paths, model, paths, how))
    found["means"] = attempt("model.compare_means", bound(one.means, ladder, model))
    if higher:
        found["dimensions"] = attempt(
            "model.compare_means", bound(dimension_means, one, found["items"], blocks)
        )
    return found


def _alone(
    one: Asked,
    constructs: Mapping[str, Sequence[str]],
    higher: Mapping[str, Sequence[str]],
    how: dict[str, Any],
) -> dict[str, Result]:
    """Each first-order construct alone, where no model of all of them is asked for: its ladder and its means."""
    blocks = {name: constructs[name] for name in (_parts(higher) or constructs)}
    items = attempt("model.group_items", bound(one.items, blocks, how))
    ask = bound(dimension_means, one, items, blocks)
    return {"items": items, "dimensions": attempt("model.compare_means", ask)}


def _by_composites(
    one: Asked,
    constructs: Mapping[str, Sequence[str]],
    paths: list[tuple[str, str]],
    higher: Mapping[str, Sequence[str]],
    how: dict[str, Any],
) -> dict[str, Result]:
    """By PLS: MICOM, then paths and indirect effects of one grouping."""
    compared: list[Composites] = []

    def composites() -> Result:
        rows = one.rows()
        whole = {name: {"of": list(parts), "method": "two_stage"} for name, parts in higher.items()}
        compared.append(
            compare_composites(
                rows.of(one.frame), constructs, paths, one.item,
                higher_order=whole, smallest=one.smallest, level=one.level, **how,
            )
        )  # fmt: skip
        judged = compared[0].composites
        return Result(judged.model, judged.tidy, judged.glance, (*rows.checks, *judged.checks), judged.source)

    found = {"composites": attempt("model.composites", composites)}
    if compared:
        found["pls_paths"] = one.told(compared[0].paths)
    return found


def scored(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], higher: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The frame with a column for each dimension: the mean of its items where half of them are answered."""
    new = {}
    for name in _parts(higher):
        known_columns(frame, constructs[name])
        answers = frame[list(constructs[name])]
        new[name] = answers.mean(axis=1).where(answers.notna().mean(axis=1) >= ANSWERED)
    return frame.assign(**new)


def _parts(higher: Mapping[str, Sequence[str]]) -> list[str]:
    return [part for parts in higher.values() for part in parts]
