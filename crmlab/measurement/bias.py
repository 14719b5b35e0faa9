"""The part of step 04 on the common method: Harman, full collinearity, a marker, factors of the method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.measurement.cfa_marker import cfa_marker
from crmlab.measurement.items import construct_scores
from crmlab.measurement.method_bias import full_collinearity, harman, marker
from crmlab.measurement.method_factor import common_latent_factor, ulmc
from crmlab.result import Check, Result, attempt

MARKER = "marker"


@dataclass(frozen=True, slots=True, eq=False)
class Bias:
    """The saved results on the common method, by their names in docs/terms.md; None is not asked for."""

    harman: Result
    full_collinearity: Result
    marker: Result | None
    method_common: Result | None
    method_free: Result | None
    method_marker: Result | None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; only what was asked for."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: result for name, result in found.items() if result is not None}


def bias(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    missing: str = "mean",
    marker_items: Sequence[str] = (),
    method_factor: Sequence[str] = (),
    estimator: str = "MLR",
    missing_answers: str = "fiml",
    harman_limit: float = 0.50,
    collinearity_limit: float = 3.3,
    level: float = 0.95,
) -> Bias:
    """Do the answers hang together because of how they were asked?

    Parameters
    ----------
    frame : answers, with the marker's items where there are any
    constructs, paths, modes, scheme, higher_order, missing : the outer model, as in `pls.fit`
    marker_items : items that have nothing to do with the constructs; their mean is the marker
    method_factor : of "common", "free" (a method factor with one loading, with free ones), "marker" (the marker's factor)
    estimator, missing_answers : of these factor models, as in `sem.cfa`
    harman_limit, collinearity_limit : limits of the study
    level : of the marker's intervals

    Returns
    -------
    Bias
        Full collinearity is judged among the constructs of the path model; the marker among the mean scores of
        the first-order constructs, by its second smallest positive correlation.
    """
    items = list(dict.fromkeys(chain.from_iterable(constructs.values())))
    pairs = tuple(paths)
    names = list(dict.fromkeys(chain.from_iterable(pairs)))

    def scores() -> pd.DataFrame:
        fitted = pls.fit(
            frame, constructs, pairs, modes=modes, scheme=scheme, higher_order=higher_order, missing=missing
        )
        return fitted.scores[names]

    how: dict[str, Any] = {"estimator": estimator, "missing": missing_answers, "level": level}
    several = {name: block for name, block in constructs.items() if len(block) > 1}
    factors = {
        "common": ("model.clf", lambda: common_latent_factor(frame, constructs, **how)),
        "free": ("model.ulmc", lambda: ulmc(frame, constructs, **how)),
        "marker": ("model.cfa_marker", lambda: cfa_marker(frame, several, marker_items, **how)),
    }
    made = {name: attempt(*factors[name]) for name in method_factor}
    return Bias(
        method_common=made.get("common"),
        method_free=made.get("free"),
        method_marker=made.get("marker"),
        harman=_by(attempt("model.harman", lambda: harman(frame, items)), harman_limit),
        full_collinearity=attempt(
            "model.full_collinearity", lambda: full_collinearity(scores(), limit=collinearity_limit)
        ),
        marker=attempt("model.marker", lambda: _marker(frame, constructs, marker_items, level))
        if marker_items
        else None,
    )


def _by(result: Result, limit: float) -> Result:
    """Harman's share judged by the study's limit."""
    rule = f"< {limit:.2f} of the variance; insensitive, passing excludes nothing (Podsakoff et al. 2003)"
    checks = [
        Check(check.name, check.value < limit, check.value, rule) if check.name == "check.harman" else check
        for check in result.checks
    ]
    return Result(result.model, result.tidy, result.glance, tuple(checks), result.source)


def _marker(
    frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]], items: Sequence[str], level: float
) -> Result:
    lacking = [item for item in items if item not in frame.columns]
    if lacking:
        raise ModelError(f"marker: item '{lacking[0]}' is not a column of the answers")
    scores = construct_scores(frame, {**constructs, MARKER: list(items)})
    return marker(scores, MARKER, rank=min(2, len(constructs)), level=level)
