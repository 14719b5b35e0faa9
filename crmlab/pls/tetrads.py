"""CTA-PLS: do the items of a construct behave as effects of one factor? Vanishing tetrads."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import draw_rows, in_threads
from crmlab.pls.moments import correlations, products
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit


def tetrads(k: int) -> list[tuple[int, int, int, int]]:
    """Tetrads (a, b, c, d), r_ab r_cd - r_ac r_bd, that imply all others of k items: k (k - 3) / 2.

    With the first two items every pair of the others, (0, 1, i, j), and (0, 2, j, 1) for the fourth item
    and later: none of them follows from the rest, and where they vanish all tetrads do.

    Source
    ------
    Bollen, K. A. & Ting, K.-F. (1993). Sociological Methodology 23, 147-175.
    """
    if k < 4:
        return []
    found = [(0, 1, i, j) for i, j in combinations(range(2, k), 2)]
    return found + [(0, 2, j, 1) for j in range(3, k)]


def cta(fit: PlsFit, n: int, seed: int, level: float) -> Result:
    """Confirmatory tetrad analysis of every block of four items or more; see PlsFit.cta."""
    if n < 100 or not 0 < level < 1:
        raise ModelError(f"{n} resamples and level {level} cannot give an interval", hint="5000 and 0.95")
    blocks = {
        name: [fit.model.items.index(item) for item in items]
        for name, items in fit.model.words.blocks.items()
        if len(items) >= 4
    }
    if not blocks:
        raise ModelError("no construct has four items, which a tetrad needs")
    observed = fit.Z[:, : len(fit.model.observed)]
    moments = products(observed)
    plain = np.corrcoef(observed.T)[:, :, None]
    labels, quads = [], []
    for name, places in blocks.items():
        for quad in tetrads(len(places)):
            labels.append(name)
            quads.append([places[k] for k in quad])
    a, b, c, d = np.array(quads).T

    def values(R: np.ndarray) -> np.ndarray:
        return R[a, b] * R[c, d] - R[a, c] * R[b, d]

    estimate = values(plain)[:, 0]
    rows = draw_rows(np.random.default_rng(seed), n, fit.n)
    drawn = np.concatenate(in_threads(lambda one: values(correlations(moments, one)[0]), rows), axis=1)
    drawn = drawn[:, ~np.isnan(drawn).any(axis=0)]
    error = drawn.std(axis=1, ddof=1)
    bias = drawn.mean(axis=1) - estimate
    count = {name: labels.count(name) for name in blocks}
    reach = np.array([ndtri(1 - (1 - level) / (2 * count[name])) for name in labels]) * error
    low, high = estimate - bias - reach, estimate - bias + reach
    items = fit.model.items
    subjects = [
        f"{name}.{'.'.join(items[k] for k in quad)}" for name, quad in zip(labels, quads, strict=True)
    ]
    tidy = tidy_block("tetrad", subjects, estimate, std_error=error, ci_low=low, ci_high=high)
    outside = pd.Series((low > 0) | (high < 0)).groupby(pd.Series(labels), sort=False).sum()
    rule = "all tetrads vanish, Bonferroni within the construct (Gudergan et al. 2008): reflective"
    checks = tuple(
        Check(f"check.tetrads_vanish:{name}", number == 0, number, rule) for name, number in outside.items()
    )
    glance = {"n": float(fit.n), "resamples": float(n), "level": level}
    return Result("model.pls", tidy, glance, checks, fit.source | {"seed": str(seed)})
