"""What else is asked of a PLS model: fit, prediction, importance, necessity, and robustness of its assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from crmlab import pls
from crmlab.pls import PlsFit
from crmlab.result import Check, Result, attempt, tidy_block

FOLDS, REPEATS = 10, 10  # of PLSpredict
DISTANCES = (7, 6, 5, 8, 9, 10, 11)  # omission distances, the first that does not divide the sample size
RESAMPLES = 1000  # of the fit test, the copulas and the permutations
STEPS = 10  # rows of a bottleneck table, in tenths of the target's range


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The saved results of the evaluation in step 05, by their names in docs/terms.md; only what was asked for."""

    results: dict[str, Result] = field(default_factory=dict)


def evaluate(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    missing: str = "mean",
    quality: bool = True,
    importance: Sequence[str] = (),
    necessity: Sequence[str] = (),
    robustness: Sequence[str] = (),
    segments: int = 3,
    scale: Mapping[str, tuple[float, float]] | None = None,
    necessity_limit: float = 0.10,
    seed: int = 0,
    level: float = 0.95,
) -> Evaluation:
    """Does the model fit, does it predict, what is worth attention, and do its assumptions hold?

    Parameters
    ----------
    frame, constructs, paths, modes, scheme, higher_order, missing : as in `pls.fit`
    quality : `fit` (SRMR, d_ULS, d_G with bootstrap quantiles), `prediction`, `cvpat`, `q2`
    importance : targets of importance-performance maps
    necessity : targets of necessary condition analysis
    robustness : of "endogeneity", "tetrads", "segments"
    segments : the largest number of segments tried
    scale : item -> ends of its answer scale; without it the answers seen
    necessity_limit : effect size from which a condition counts as necessary
    seed, level : of all random numbers, of all intervals

    Returns
    -------
    Evaluation
        A part that the model does not allow (blindfolding with interactions, tetrads with three items) is a
        Result without rows and with the failed check `check.possible`.
    """
    fitted = pls.fit(
        frame, constructs, paths, modes=modes, scheme=scheme, higher_order=higher_order, missing=missing
    )
    found: dict[str, Result] = {}
    if quality:
        found |= _quality(fitted, seed, level)
    if importance:
        dimensions = {name: list(how["of"]) for name, how in (higher_order or {}).items()}
        found["ipma"] = attempt(
            "model.ipma", lambda: _maps(fitted, importance, scale, constructs, dimensions)
        )
    if necessity:
        found["nca"] = attempt("model.nca", lambda: _necessity(fitted, necessity, necessity_limit, seed))
    if "endogeneity" in robustness:
        found["endogeneity"] = attempt("model.endogeneity", lambda: _copulas(fitted, seed))
    if "tetrads" in robustness:
        found["tetrads"] = attempt("model.tetrads", lambda: fitted.cta(RESAMPLES, seed, level))
    if "segments" in robustness:
        found["segments"] = attempt("model.segments", lambda: _segments(fitted, segments, seed))
    return Evaluation(found)


def _quality(fitted: PlsFit, seed: int, level: float) -> dict[str, Result]:
    @cache
    def predicted() -> pls.Prediction:
        return fitted.predict(min(FOLDS, fitted.n), REPEATS, seed)

    distance = next((d for d in DISTANCES if fitted.n % d), DISTANCES[0])
    return {
        "fit": attempt("model.pls_fit", lambda: fitted.fit_test(RESAMPLES, seed, level)),
        "prediction": attempt("model.pls_prediction", lambda: _owned(predicted())),
        "cvpat": attempt("model.cvpat", lambda: predicted().cvpat(level)),
        "q2": attempt("model.q2", lambda: fitted.q2(distance)),
    }


def _owned(prediction: pls.Prediction) -> Result:
    """Prediction errors with the construct each item belongs to: `<quantity>:<construct>=~<item>`."""
    plain = prediction.result()
    owner = dict(zip(prediction.items, prediction.owners, strict=True))
    parts = plain.tidy["term"].str.partition(":")
    terms = parts[0] + ":" + parts[2].map(owner) + "=~" + parts[2]
    return Result(plain.model, plain.tidy.assign(term=terms), plain.glance, plain.checks, plain.source)


def _maps(
    fitted: PlsFit,
    targets: Sequence[str],
    scale: Mapping[str, tuple[float, float]] | None,
    constructs: Mapping[str, Sequence[str]],
    dimensions: Mapping[str, Sequence[str]],
) -> Result:
    """One table for all targets: `importance:<target>~<construct>`, `performance:<construct>`.

    A dimension's importance is that of its items together, its performance their average weighted by importance:
    scores are weighted sums, so this is what the map of the dimensions' own scores would show.
    """
    blocks, checks, performance = [], dict[str, Check](), dict[str, float]()
    made = {target: fitted.ipma(target, scale) for target in targets}
    for target, one in made.items():
        for quantity in ("importance", "importance_std"):
            rows = one.select(quantity)["estimate"]
            blocks.append(tidy_block(quantity, [f"{target}~{name}" for name in rows.index], rows.to_numpy()))
        performance |= {str(k): float(v) for k, v in one.select("performance")["estimate"].items()}
        parts = _dimensions(one, constructs, dimensions)
        blocks.append(
            tidy_block("importance", [f"{target}~{name}" for name in parts], [a for a, _ in parts.values()])
        )
        performance |= {name: b for name, (_, b) in parts.items()}
        checks |= {check.name: check for check in one.checks}
    blocks.append(tidy_block("performance", performance, list(performance.values())))
    first = made[targets[0]]
    return Result("model.ipma", pd.concat(blocks), first.glance, tuple(checks.values()), first.source)


def _dimensions(
    one: Result, constructs: Mapping[str, Sequence[str]], dimensions: Mapping[str, Sequence[str]]
) -> dict[str, tuple[float, float]]:
    weight, level = one.select("item_importance")["estimate"], one.select("item_performance")["estimate"]
    found = {}
    for name, parts in dimensions.items():
        for part in parts:
            items = [f"{name}=~{item}" for item in constructs[part] if f"{name}=~{item}" in weight.index]
            share = float(weight[items].sum()) if items else 0.0
            if share:
                found[part] = (share, float((weight[items] * level[items]).sum()) / share)
    return found


def _necessity(fitted: PlsFit, targets: Sequence[str], limit: float, seed: int) -> Result:
    """Effect sizes with p, and the bottleneck table: `needed:<target>~<predictor>.<level>` in % of its range."""
    blocks, checks = [], []
    for target in targets:
        one = fitted.nca(target, RESAMPLES, seed)
        blocks.append(one.tidy)
        for check in one.checks:
            rule = f"effect size >= {limit:.2f} to count as a necessary condition (Dul 2016)"
            checks.append(Check(check.name, check.value >= limit, check.value, rule))
        table = fitted.bottleneck(target, steps=STEPS)
        for name in table.columns[1:]:
            subjects = [f"{target}~{name}.{round(share)}" for share in table.index]
            blocks.append(tidy_block("needed", subjects, table[name].to_numpy()))
    glance = {"n": float(fitted.n), "permutations": float(RESAMPLES)}
    return Result("model.nca", pd.concat(blocks), glance, tuple(checks), fitted.source | {"seed": str(seed)})


def _copulas(fitted: PlsFit, seed: int) -> Result:
    outcomes = list(
        dict.fromkeys(term.partition(":")[2].partition("~")[0] for term in fitted.result("path").tidy["term"])
    )
    made = [fitted.endogeneity(name, n=RESAMPLES, seed=seed) for name in outcomes]
    checks = {check.name: check for one in made for check in one.checks}
    return Result(
        "model.endogeneity",
        pd.concat([one.tidy for one in made]),
        made[0].glance,
        tuple(checks.values()),
        made[0].source,
    )


def _segments(fitted: PlsFit, most: int, seed: int) -> Result:
    """Criteria by number of segments, `<criterion>:<S>`; the smallest wins, entropy tells how clear-cut they are."""
    sizes = range(1, most + 1)
    made = {size: fitted.fimix(size, seed=seed).result for size in sizes}
    names = ("loglik", "aic3", "aic4", "bic", "caic", "entropy")
    labels = [str(size) for size in sizes]
    blocks = [
        tidy_block(name, labels, [made[size].glance.get(name, np.nan) for size in sizes]) for name in names
    ]
    shares = {
        f"{size}.{part}": row["estimate"]
        for size in sizes
        for part, row in made[size].select("segment_share").iterrows()
    }
    blocks.append(tidy_block("segment_share", shares, list(shares.values())))
    checks = [
        Check(f"{check.name}:fimix.{size}", check.ok, check.value, check.rule)
        for size, one in made.items()
        for check in one.checks
    ]
    return Result("model.segments", pd.concat(blocks), made[1].glance, tuple(checks), made[1].source)
