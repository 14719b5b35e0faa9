"""How many factors? Horn's parallel analysis and Velicer's minimum average partial."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.answers import answered, invertible
from crmlab.result import Result, tidy_block, tidy_frame

KINDS = ("component", "factor")
CHUNK = 500  # random matrices at a time; fixed, so that numbers do not depend on memory


def parallel_analysis(
    frame: pd.DataFrame,
    n: int = 1000,
    seed: int = 0,
    kind: str = "component",
    *,
    items: Sequence[str] | None = None,
    quantile: float = 0.95,
    missing: str = "fiml",
) -> Result:
    """How many factors stand out from what unrelated items of this many rows would show?

    Parameters
    ----------
    frame : answers
    n : random samples drawn
    seed : of these samples
    kind : "component" compares eigenvalues of the correlations, "factor" of the correlations with squared
        multiple correlations on the diagonal
    quantile : of the random eigenvalues that must be passed
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `eigenvalue:<k>`, `random_mean:<k>`, `random_quantile:<k>` (k = 1 ... p), and the number of factors
        before the first eigenvalue that does not pass: `factors_mean`, `factors_quantile`.

    Notes
    -----
    Correlations of independent normal items are drawn directly (Bartlett's decomposition of a Wishart
    matrix with rows - 1 degrees of freedom), which is the same law as drawing the rows and costs nothing
    per row.

    Source
    ------
    Horn, J. L. (1965). Psychometrika 30, 179-185. Glorfeld, L. W. (1995). Educational and Psychological
    Measurement 55, 377-393 (the upper quantile). Smith, W. B. & Hocking, R. R. (1972). Applied Statistics
    21, 341-345 (the decomposition).
    """
    if kind not in KINDS:
        raise ModelError(f"parallel analysis: kind '{kind}' is not one of {', '.join(KINDS)}")
    if n < 20 or not 0 < quantile < 1:
        raise ModelError(f"parallel analysis: {n} samples and quantile {quantile:g}", hint="1000 and 0.95")
    given = answered(frame, items, what="parallel analysis", missing=missing, seed=seed)
    R = invertible(given, "parallel analysis")
    own = eigenvalues(R[None], kind)[0]
    drawn = random_eigenvalues(given.n, len(R), n, np.random.default_rng(seed), kind)
    mean, upper = drawn.mean(axis=0), np.quantile(drawn, quantile, axis=0)
    order = [str(k) for k in range(1, len(R) + 1)]
    tidy = pd.concat(
        [
            tidy_block("eigenvalue", order, own),
            tidy_block("random_mean", order, mean),
            tidy_block("random_quantile", order, upper),
            tidy_frame(
                [
                    {"term": "factors_mean", "estimate": _first_failure(own > mean)},
                    {"term": "factors_quantile", "estimate": _first_failure(own > upper)},
                ]
            ),
        ]
    )
    glance = given.glance | {"samples": n, "quantile": quantile}
    return Result("model.parallel_analysis", tidy, glance, given.checks, given.source)


def eigenvalues(R: np.ndarray, kind: str) -> np.ndarray:
    """Eigenvalues (B, p), largest first, of correlations (B, p, p); see `parallel_analysis` for `kind`."""
    if kind == "factor":
        R = R.copy()
        place = np.arange(R.shape[1])
        R[:, place, place] = 1 - 1 / np.linalg.inv(R)[:, place, place]
    return np.linalg.eigvalsh(R)[:, ::-1]


def random_eigenvalues(n: int, p: int, samples: int, rng: np.random.Generator, kind: str) -> np.ndarray:
    """Eigenvalues (samples, p) of correlations of p independent normal items over n rows."""
    found, below = [], np.tril_indices(p, -1)
    place = np.arange(p)
    for start in range(0, samples, CHUNK):
        B = min(CHUNK, samples - start)
        A = np.zeros((B, p, p))
        A[:, place, place] = np.sqrt(rng.chisquare(n - 1 - place, (B, p)))
        A[:, below[0], below[1]] = rng.standard_normal((B, len(below[0])))
        A /= np.sqrt((A**2).sum(axis=2))[:, :, None]
        found.append(eigenvalues(A @ A.transpose(0, 2, 1), kind))
    return np.concatenate(found)


def map_test(frame: pd.DataFrame, items: Sequence[str] | None = None, *, missing: str = "fiml") -> Result:
    """How many components leave the least correlation among what is left?

    Parameters
    ----------
    frame, items : answers, and which columns to take; all if not given
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `map:<m>` (mean squared partial correlation after m components, m = 0 ... p - 2), `map_revised:<m>`
        (mean fourth power), and where each is least: `factors`, `factors_revised`.

    Source
    ------
    Velicer, W. F. (1976). Psychometrika 41, 321-327. Velicer, W. F., Eaton, C. A. & Fava, J. L. (2000).
    In Goffin & Helmes (eds.), Problems and Solutions in Human Assessment, 41-71 (fourth power).
    """
    given = answered(frame, items, what="MAP", missing=missing, least_items=3)
    square, fourth = average_partials(invertible(given, "MAP"))
    order = [str(m) for m in range(len(square))]
    best = [
        {"term": "factors", "estimate": int(np.nanargmin(square))},
        {"term": "factors_revised", "estimate": int(np.nanargmin(fourth))},
    ]
    tidy = pd.concat(
        [tidy_block("map", order, square), tidy_block("map_revised", order, fourth), tidy_frame(best)]
    )
    return Result("model.map", tidy, given.glance, given.checks, given.source)


def average_partials(R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean second and fourth power of the partial correlations after m = 0 ... p - 2 components, (p - 1,) each."""
    p = len(R)
    values, vectors = np.linalg.eigh(R)
    components = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    square, fourth = np.full(p - 1, math.nan), np.full(p - 1, math.nan)
    for m in range(p - 1):
        left = R - components[:, :m] @ components[:, :m].T
        spread = np.sqrt(np.maximum(np.diag(left), 0))
        if not (spread > 1e-8).all():
            break
        q = left / np.outer(spread, spread)
        np.fill_diagonal(q, 0.0)
        square[m], fourth[m] = (q**2).sum() / (p * (p - 1)), (q**4).sum() / (p * (p - 1))
    return square, fourth


def _first_failure(passed: np.ndarray) -> int:
    return int(len(passed) if passed.all() else np.argmin(passed))
