"""The study's own effects beside those that earlier studies report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.meta_analysis import Pooled, difference, pool, shrink
from crmlab.structure.multiplicity import holm
from crmlab.study.prior_effects import CORRELATION, PriorEffect

COLUMNS = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
LEAST = 2  # studies with a number that can be put together
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Own:
    """One path of this study on the scale of Fisher's z."""

    path: str
    cells: Mapping[str, float]
    alone: bool  # the outcome's only predictor: then a standardised path is a correlation

    @property
    def z(self) -> float:
        """Fisher's z of the estimate."""
        return math.atanh(self.cells["estimate"])

    @property
    def se(self) -> float:
        """Its standard error (delta method)."""
        return float(self.cells["std_error"] / (1 - self.cells["estimate"] ** 2))

    @property
    def side(self) -> float:
        """1 or -1 where the interval leaves zero out, else 0."""
        return 1.0 if self.cells["ci_low"] > 0 else -1.0 if self.cells["ci_high"] < 0 else 0.0


@dataclass(frozen=True, slots=True)
class Prior:
    """One earlier study's effect on one path."""

    effect: PriorEffect
    stands_in: bool  # reported of a construct that counts as the path's own

    @property
    def z(self) -> float:
        """Fisher's z; NaN where only the direction is reported."""
        return math.atanh(self.effect.estimate)

    @property
    def v(self) -> float:
        """Its variance: from the standard error, or 1 / (n - 3)."""
        one = self.effect
        if math.isfinite(one.std_error):
            return float((one.std_error / (1 - one.estimate**2)) ** 2)
        return 1 / (one.n - 3)

    def limits(self, level: float) -> tuple[float, float, float]:
        """Estimate and limits."""
        reach = float(ndtri(0.5 + level / 2)) * math.sqrt(self.v)
        return self.effect.estimate, math.tanh(self.z - reach), math.tanh(self.z + reach)


def literature(
    own: Result,
    effects: Sequence[PriorEffect] = (),
    *,
    library: Sequence[PriorEffect] = (),
    counts_as: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.95,
) -> Result:
    """Do our effects agree with those that earlier studies report?

    Parameters
    ----------
    own : `path:<outcome>~<predictor>`, standardised, with errors and intervals
    effects : of earlier studies; those of other paths are left out, and said to be by a failed check
    library : further ones, for the paths that are there; of a study that `effects` has too, nothing is taken
    counts_as : construct -> others whose effects are taken for its own
    level : of all intervals

    Returns
    -------
    Result
        Per path `own`, and per study of it `study:<path>@<study>` (interval, p), `sign`, `n`, `year`, `stands_in` (1:
        reported of a construct that counts as the path's), `agrees` (1 the same direction, -1 the other, 0 ours is
        not shown), `difference` (ours less theirs; interval, p), `p_holm` (over the studies of the path). Two studies
        or more with a number, comparable with ours, give `pooled` (interval, p), `pooled_z` (se), `prediction`
        (interval), `tau2`, `i2`, `q` (p), `within` (1: our interval overlaps the prediction interval; p that a new
        study of our size lies so far off), `shrunken` (interval), `weight` (of our own data), each `:<path>`.
        Comparable is a standardised path, or a correlation where our outcome has one predictor.

    Raises
    ------
    ModelError
        No path of the study.

    Source
    ------
    `meta_analysis.pool`, `meta_analysis.shrink`; interval of a difference: Zou 2007, Psychological Methods 12,
    399-413.
    """
    ours, checks = _ours(own)
    _, lost = _matched(ours, effects, counts_as or {})
    given = {one.study for one in effects}
    more = [one for one in library if one.study not in given]
    matched, _ = _matched(ours, [*effects, *more], counts_as or {})
    rows: list[Row] = []
    for path, priors in matched.items():
        rows += _path(ours[path], priors, level)
    rule = "the effect is one of a path of this model"
    names = [one.study for one in lost]
    checks += [
        Check(f"check.path_of_ours:{name}", False, names.count(name), rule) for name in dict.fromkeys(names)
    ]
    glance = {"level": level, "paths": len(matched), "effects": sum(map(len, matched.values())), "lost": len(lost)}  # fmt: skip
    return Result("model.literature", tidy_frame(rows), glance, tuple(checks), {**own.source, **versions()})


def _ours(own: Result) -> tuple[dict[str, Own], list[Check]]:
    """Our paths; one beyond the range of a correlation is a failed check."""
    rows = own.select("path")
    if not len(rows):
        raise ModelError("the study has no path to set beside those of others")
    outcomes = [str(path).partition("~")[0] for path in rows.index]
    found: dict[str, Own] = {}
    checks: list[Check] = []
    for path, outcome, values in zip(map(str, rows.index), outcomes, rows[list(COLUMNS)].to_numpy(), strict=True):  # fmt: skip
        cells = dict(zip(COLUMNS, map(float, values), strict=True))
        if abs(cells["estimate"]) < 1 and cells["std_error"] > 0:
            found[path] = Own(path, cells, outcomes.count(outcome) == 1)
        else:
            rule = "-1 < path < 1, with a standard error"
            checks.append(Check(f"check.comparable_path:{path}", False, cells["estimate"], rule))
    return found, checks


def _matched(
    ours: Mapping[str, Own], effects: Sequence[PriorEffect], counts_as: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[Prior]], list[PriorEffect]]:
    """Path -> its studies, in our order of paths; and effects of paths that we have not got."""
    owners: dict[str, list[str]] = {}
    for name, others in counts_as.items():
        for other in others:
            owners.setdefault(other, []).append(name)
    found: dict[str, dict[str, list[Prior]]] = {path: {} for path in ours}
    lost = []
    for one in effects:
        paths = [one.path] if one.path in ours else [
            f"{target}~{source}"
            for target in (one.target, *owners.get(one.target, ()))
            for source in (one.source, *owners.get(one.source, ()))
            if f"{target}~{source}" in ours
        ]  # fmt: skip
        lost += [] if paths else [one]
        for path in paths:
            found[path].setdefault(one.study, []).append(Prior(one, path != one.path))
    joined = {path: [_joined(same) for same in studies.values()] for path, studies in found.items()}
    return {path: priors for path, priors in joined.items() if priors}, lost


def _joined(same: list[Prior]) -> Prior:
    """One effect for one study: of the constructs themselves if it has it, else the mean of those that stand in."""
    exact = [one for one in same if not one.stands_in]
    numbers = [one for one in (exact or same) if math.isfinite(one.effect.estimate)]
    if not numbers:
        return (exact or same)[0]
    if len(numbers) == 1:
        return numbers[0]
    first = numbers[0]
    z = float(np.mean([one.z for one in numbers]))
    se = math.sqrt(float(np.mean([one.v for one in numbers]))) * (1 - math.tanh(z) ** 2)
    mean = replace(first.effect, estimate=math.tanh(z), std_error=se, sign=math.copysign(1.0, z))
    return Prior(mean, first.stands_in)


def _path(ours: Own, priors: Sequence[Prior], level: float) -> list[Row]:
    rows: list[Row] = [{"term": f"own:{ours.path}", **ours.cells}]
    numbers = [one for one in priors if _comparable(one, ours)]
    gaps = [(ours.z - one.z) / math.hypot(ours.se, math.sqrt(one.v)) for one in numbers]
    p = 2 * ndtr(-np.abs(gaps)) if gaps else np.empty(0)
    adjusted = dict(zip((one.effect.study for one in numbers), zip(p, holm(p), strict=True), strict=True))
    for one in priors:
        rows += _study(ours, one, adjusted.get(one.effect.study), level)
    rows.append({"term": f"k:{ours.path}", "estimate": len(numbers)})
    if len(numbers) >= LEAST:
        pooled = pool(np.array([one.z for one in numbers]), np.array([one.v for one in numbers]), level)
        rows += _together(ours, pooled, level)
    return rows


def _comparable(one: Prior, ours: Own) -> bool:
    """Whether it has a number of the same kind as ours."""
    return math.isfinite(one.effect.estimate) and (ours.alone or one.effect.kind != CORRELATION)


def _study(ours: Own, one: Prior, p: tuple[float, float] | None, level: float) -> list[Row]:
    effect = one.effect
    at = f"{ours.path}@{effect.study}"
    rows: list[Row] = []
    if math.isfinite(effect.estimate):
        b, low, high = one.limits(level)
        se = math.sqrt(one.v)
        row = {"estimate": b, "std_error": se * (1 - b**2), "ci_low": low, "ci_high": high}
        rows.append({"term": f"study:{at}", **row, "p_value": float(2 * ndtr(-abs(one.z) / se))})
    rows.append({"term": f"sign:{at}", "estimate": effect.sign})
    for name, value in (("n", effect.n), ("year", effect.year)):
        if math.isfinite(value):
            rows.append({"term": f"{name}:{at}", "estimate": value})
    if one.stands_in:
        rows.append({"term": f"stands_in:{at}", "estimate": 1.0})
    rows.append({"term": f"agrees:{at}", "estimate": ours.side * effect.sign})
    if p is not None:
        own = tuple(ours.cells[name] for name in ("estimate", "ci_low", "ci_high"))
        d, low, high = difference(own, one.limits(level))  # type: ignore[arg-type]
        row = {"estimate": d, "ci_low": low, "ci_high": high, "p_value": float(p[0])}
        rows.append({"term": f"difference:{at}", **row})
        rows.append({"term": f"p_holm:{at}", "estimate": float(p[1])})
    return rows


def _together(ours: Own, pooled: Pooled, level: float) -> list[Row]:
    """What the studies say together, and what follows for ours."""
    path, back = ours.path, math.tanh
    after = shrink(ours.z, ours.se, pooled)
    reach = float(ndtri(0.5 + level / 2)) * after.sd
    low, high = back(pooled.new_low), back(pooled.new_high)
    overlaps = ours.cells["ci_low"] <= high and ours.cells["ci_high"] >= low
    far = abs(ours.z - pooled.mu) / math.hypot(pooled.spread, ours.se)
    rows: list[Row] = [
        {"term": "pooled", "estimate": back(pooled.mu), "ci_low": back(pooled.low), "ci_high": back(pooled.high),
         "p_value": pooled.p},
        {"term": "pooled_z", "estimate": pooled.mu, "std_error": pooled.se},
        {"term": "prediction", "estimate": back(pooled.mu), "ci_low": low, "ci_high": high},
        {"term": "tau2", "estimate": pooled.tau2},
        {"term": "i2", "estimate": pooled.i2},
        {"term": "q", "estimate": pooled.q, "p_value": pooled.q_p},
        {"term": "within", "estimate": float(overlaps), "p_value": float(2 * stdtr(pooled.k - 1, -far))},
        {"term": "shrunken", "estimate": back(after.mean), "ci_low": back(after.mean - reach),
         "ci_high": back(after.mean + reach)},
        {"term": "weight", "estimate": after.weight},
    ]  # fmt: skip
    return [{**row, "term": f"{row['term']}:{path}"} for row in rows]
