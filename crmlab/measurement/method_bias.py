"""Is it the method that correlates? Harman's share, full collinearity, a marker variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtr

from crmlab.errors import ModelError
from crmlab.measurement.answers import answered, invertible
from crmlab.measurement.extraction import extract
from crmlab.result import Check, Result, tidy_block, tidy_frame

KINDS = ("component", "axis")


def harman(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    kind: str = "component",
    missing: str = "fiml",
) -> Result:
    """Which share of all items' variance does one unrotated axis take?

    Parameters
    ----------
    frame : the items of ALL constructs
    kind : "component" (first principal component, what theses print) or "axis" (one principal-axis factor)
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `harman` (share, 0 to 1); `eigenvalue` of the first component; for "axis" a Heywood check.

    Notes
    -----
    The test hardly reacts to method variance: it passes with a strong method factor when there are many
    constructs, and fails without any when constructs correlate highly or have a second-order factor. It
    is given because examiners ask; design remedies, a marker and a method factor answer the question.

    Source
    ------
    Podsakoff, P. M., MacKenzie, S. B., Lee, J.-Y. & Podsakoff, N. P. (2003). Journal of Applied Psychology
    88, 879-903 (the test and its weakness).
    """
    if kind not in KINDS:
        raise ModelError(f"Harman: kind '{kind}' is not one of {', '.join(KINDS)}")
    given = answered(frame, items, what="Harman", missing=missing, least_items=3)
    R = given.correlation if kind == "component" else invertible(given, "Harman")
    first = float(np.linalg.eigvalsh(R)[-1])
    share, checks = first / len(R), list(given.checks)
    if kind == "axis":
        found = extract(R, 1, "pa")
        share = float((found.loadings**2).sum()) / len(R)
        checks.append(Check("check.converged:harman", found.converged, found.converged, "the axis settles"))
    rule = (
        "< 0.50 of the variance; insensitive: passing does not exclude method variance, and a second-order "
        "structure can fail it without any (Podsakoff et al. 2003)"
    )
    checks.append(Check("check.harman", share < 0.50, share, rule))
    rows = [{"term": "harman", "estimate": share}, {"term": "eigenvalue", "estimate": first}]
    glance = given.glance | {"items": float(len(R))}
    return Result(f"model.harman_{kind}", tidy_frame(rows), glance, tuple(checks), given.source)


def full_collinearity(scores: pd.DataFrame, *, limit: float = 3.3, missing: str = "fiml") -> Result:
    """Does any construct go up in all the others together?

    Parameters
    ----------
    scores : one column per construct, predictors and outcomes alike
    limit : variance inflation above which a construct is suspicious: 3.3 for composite scores, 5 where
        measurement error is corrected for
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `vif:<construct>`: diagonal of the inverse of the scores' correlations.

    Notes
    -----
    A real common cause raises it as well as a common method: a high value is a question, not a proof.

    Source
    ------
    Kock, N. & Lynn, G. S. (2012). Journal of the Association for Information Systems 13, 546-580. Kock, N.
    (2015). International Journal of e-Collaboration 11(4), 1-10.
    """
    given = answered(scores, what="full collinearity", missing=missing)
    vif = np.diag(np.linalg.inv(invertible(given, "full collinearity")))
    rule = f"<= {limit:g} (Kock 2015)"
    checks = tuple(
        Check(f"check.full_collinearity:{name}", False, value, rule)
        for name, value in zip(given.items, vif, strict=True)
        if value > limit
    )
    tidy = tidy_block("vif", given.items, vif)
    return Result("model.full_collinearity", tidy, given.glance, (*given.checks, *checks), given.source)


def marker(
    frame: pd.DataFrame,
    marker: str,
    *,
    rank: int = 1,
    r_marker: float | None = None,
    level: float = 0.95,
    missing: str = "fiml",
) -> Result:
    """What is left of the correlations when the marker's is taken out?

    Parameters
    ----------
    frame : scores of the constructs and of the marker, which should have nothing to do with at least one
        of them
    marker : its column
    rank : which of the marker's positive correlations stands for the method: 1 the smallest (Lindell &
        Whitney), 2 the second smallest (Malhotra et al., less at the mercy of chance)
    r_marker : give the method correlation instead
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `marker_cor:<A>`; `cor:<A>~<B>` and `cor_adjusted:<A>~<B>` with intervals and p. A pair that is
        significant before and not after is a failed check; so is a marker without a positive correlation,
        for then nothing is taken out.

    Notes
    -----
    (r - m) / (1 - m); t = r_a / sqrt((1 - r_a^2)/(n - 3)) with n - 3 degrees of freedom. Intervals are
    Fisher's z of r, moved with m, which is taken as known. A strongly negative r may leave the range; it is
    then NaN.

    Source
    ------
    Lindell, M. K. & Whitney, D. J. (2001). Journal of Applied Psychology 86, 114-121. Malhotra, N. K., Kim,
    S. S. & Patil, A. (2006). Management Science 52, 1865-1883.
    """
    _admit_marker(frame, marker, rank, r_marker)
    others = [name for name in frame.columns if name != marker]
    names = [str(name) for name in others]
    given = answered(frame, [*others, marker], what="marker", missing=missing, least_items=3, least_rows=5)
    R = given.correlation
    m, found = (float(r_marker), True) if r_marker is not None else _method(R[-1, :-1], rank)
    pairs = _adjusted(R[:-1, :-1], names, m, given.n, level)
    tidy = pd.concat([tidy_block("marker_cor", names, R[-1, :-1]), *pairs])
    rule = "> 0: a positive correlation of the marker to take out (Lindell & Whitney 2001)"
    checks = [Check("check.marker", found, m, rule)]
    rule = f"p < {1 - level:.2g} as before the adjustment"
    before, after = pairs
    checks += [
        Check(f"check.marker_adjusted:{term.partition(':')[2]}", False, value, rule)
        for term, value, p0, p1 in zip(
            after["term"], after["estimate"], before["p_value"], after["p_value"], strict=True
        )
        if p0 < 1 - level <= p1
    ]
    glance = given.glance | {"r_marker": m, "level": level}
    return Result("model.marker", tidy, glance, (*given.checks, *checks), given.source)


def _adjusted(
    R: np.ndarray, names: Sequence[str], m: float, n: int, level: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the correlations as they are, and with the method's m taken out."""
    r = R[np.triu_indices(len(names), 1)]
    subjects = [f"{a}~{b}" for a, b in combinations(names, 2)]
    reach = float(ndtri((1 + level) / 2)) / math.sqrt(n - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    low, high = np.tanh(z - reach), np.tanh(z + reach)
    less, less_low, less_high = ((x - m) / (1 - m) for x in (r, low, high))
    less = np.where(less < -1, np.nan, less)
    return (
        tidy_block("cor", subjects, r, ci_low=low, ci_high=high, p_value=_p(r, n - 2)),
        tidy_block(
            "cor_adjusted", subjects, less, ci_low=less_low, ci_high=less_high, p_value=_p(less, n - 3)
        ),
    )


def _method(with_marker: np.ndarray, rank: int) -> tuple[float, bool]:
    positive = np.sort(with_marker[with_marker > 0])
    return (float(positive[rank - 1]), True) if positive.size >= rank else (0.0, False)


def _p(r: np.ndarray, df: int) -> np.ndarray:
    inside = np.clip(r, -1 + 1e-12, 1 - 1e-12)
    return 2 * stdtr(df, -np.abs(inside) / np.sqrt((1 - inside**2) / df))


def _admit_marker(frame: pd.DataFrame, marker: str, rank: int, r_marker: float | None) -> None:
    if marker not in frame.columns:
        raise ModelError(f"marker '{marker}' is not a column of the data", hint="name the marker's column")
    if rank < 1:
        raise ModelError(f"marker: rank {rank}; 1 is the smallest correlation")
    if r_marker is not None and not 0 <= r_marker < 1:
        raise ModelError(f"marker: a method correlation of {r_marker:g} is not from 0 to below 1")
