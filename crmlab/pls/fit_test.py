"""Is the distance between observed and implied correlations larger than chance would make it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import draw_rows, in_threads
from crmlab.pls.distance import DISTANCES, MODELS, distances, implied
from crmlab.pls.moments import correlations, products
from crmlab.pls.solution import solve_stage
from crmlab.result import Check, Result, tidy_frame

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit


def fit_test(fit: PlsFit, n: int, seed: int, level: float) -> Result:
    """Bootstrap test of exact fit; see PlsFit.fit_test."""
    if fit.model.words.interactions or fit.model.words.method == "repeated_indicators":
        raise ModelError(
            "a test of exact fit needs items that stand for one construct each",
            hint="a model without interactions and repeated indicators",
        )
    if n < 19 or not 0 < level < 1:
        raise ModelError(
            f"{n} resamples and level {level} cannot give a critical value", hint="1000 and 0.95"
        )
    rows, checks = [], []
    for model in MODELS:
        drawn = _under_the_model(fit, model, n, seed)
        observed = distances(fit.solution.final.R, implied(fit.solution.final, model))[:, 0]
        for name, values, value in zip(DISTANCES, drawn, observed.tolist(), strict=True):
            known = values[~np.isnan(values)]
            term = f"{name}:{model}"
            high = float(np.quantile(known, level)) if known.size else np.nan
            p = (float((known >= value).sum()) + 1) / (known.size + 1)
            rows.append({"term": term, "estimate": value, "ci_high": high, "p_value": p})
            rule = f"<= {level:.0%} quantile if the model held (Dijkstra & Henseler 2015)"
            checks.append(Check(f"check.exact_fit:{name}.{model}", value <= high, value, rule))
        failed = int(np.isnan(drawn[1]).sum())
        rule = f"<= 1 % of {n} resamples without a solution"
        checks.append(Check(f"check.bootstrap_failed:{model}", failed <= 0.01 * n, failed, rule))
    glance = {"n": float(fit.n), "resamples": float(n), "level": level}
    return Result("model.pls", tidy_frame(rows), glance, tuple(checks), fit.source | {"seed": str(seed)})


def _under_the_model(fit: PlsFit, model: str, n: int, seed: int) -> np.ndarray:
    """(3, n) distances in resamples of items that were turned to have the implied correlations.

    Source
    ------
    Beran, R. & Srivastava, M. S. (1985). Annals of Statistics 13(1), 95-115.
    """
    final = fit.solution.final
    sigma = implied(final, model)
    turned = fit.final_items @ _root(final.R[:, :, 0], -0.5) @ _root(sigma[:, :, 0], 0.5)
    moments = products(turned)

    def work(rows: np.ndarray) -> np.ndarray:
        R, _ = correlations(moments, rows)
        again = solve_stage(R, final.stage, fit.tol, fit.max_iter, final)
        found = distances(R, implied(again, model))
        found[:, ~again.outer.converged] = np.nan
        return found

    drawn = in_threads(work, draw_rows(np.random.default_rng(seed), n, fit.n))
    return np.concatenate(drawn, axis=1)


def _root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < 1e-10:
        raise ModelError(
            "the implied or observed correlations are not positive definite: no test of exact fit"
        )
    return (vectors * values**power) @ vectors.T
