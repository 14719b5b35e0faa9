"""Do people put things in the same order? Friedman's test and Kendall's W."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc, stdtr, stdtrit
from scipy.stats import rankdata

from crmlab.errors import ModelError
from crmlab.measurement.answers import complete
from crmlab.result import Check, Result, tidy_block, tidy_frame


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Ranks (m, n) of n things by m people, 1 the smallest, ties shared; Kendall's W and Friedman's chi-square."""

    ranks: np.ndarray
    w: float
    chi2: float


def kendall_w(frame: pd.DataFrame) -> Result:
    """How far do the raters agree on an order?

    Parameters
    ----------
    frame : one row per rater, one column per thing that is rated or ranked; complete rows are used

    Returns
    -------
    Result
        `kendall_w` (0 to 1, corrected for ties) with its p, `chi2`, `mean_r` (mean rank correlation of two
        raters), `mean_rank:<thing>` (1 = lowest).

    Notes
    -----
    W = 12 S / (m^2 (n^3 - n) - m T), S the sum of squared deviations of the rank sums, T = sum(t^3 - t)
    over all ties; chi2 = m (n - 1) W with n - 1 degrees of freedom; mean_r = (m W - 1)/(m - 1).

    Source
    ------
    Kendall, M. G. & Babington Smith, B. (1939). Annals of Mathematical Statistics 10, 275-287.
    """
    given = complete(frame, what="Kendall's W", least_rows=2, varying=False)
    found = concordance(given.X)
    m, n = given.X.shape
    p = float(chdtrc(n - 1, found.chi2))
    rows = [
        {"term": "kendall_w", "estimate": found.w, "p_value": p},
        {"term": "chi2", "estimate": found.chi2, "p_value": p},
        {"term": "mean_r", "estimate": (m * found.w - 1) / (m - 1)},
    ]
    tidy = pd.concat([tidy_frame(rows), tidy_block("mean_rank", given.items, found.ranks.mean(axis=0))])
    checks = (*given.checks, *_few(m, n))
    return Result("model.kendall_w", tidy, {"n": m, "things": n, "df": n - 1}, checks, given.source)


def friedman(frame: pd.DataFrame, *, level: float = 0.95) -> Result:
    """Are some things put higher than others, and by how much?

    Parameters
    ----------
    frame : one row per person, one column per thing; complete rows are used

    Returns
    -------
    Result
        `chi2` with p; `f` (Iman and Davenport, less conservative) with p; `kendall_w`, its size;
        `mean_rank:<thing>`; `rank_difference:<A>~<B>` for every pair: mean difference of the ranks a person
        gives, standard error, t interval, and p after Holm.

    Notes
    -----
    A rank order without sizes says little: two things whose interval of the difference holds zero have no
    order.

    Source
    ------
    Friedman, M. (1937). JASA 32, 675-701. Iman, R. L. & Davenport, J. M. (1980). Communications in
    Statistics A9, 571-595. Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70.
    """
    given = complete(frame, what="Friedman's test", least_rows=2, varying=False)
    found = concordance(given.X)
    m, n = given.X.shape
    F = (m - 1) * found.w / (1 - found.w) if found.w < 1 else np.inf
    rows = [
        {"term": "chi2", "estimate": found.chi2, "p_value": float(chdtrc(n - 1, found.chi2))},
        {"term": "f", "estimate": F, "p_value": float(fdtrc(n - 1, (n - 1) * (m - 1), F))},
        {"term": "kendall_w", "estimate": found.w},
    ]
    tidy = pd.concat(
        [
            tidy_frame(rows),
            tidy_block("mean_rank", given.items, found.ranks.mean(axis=0)),
            _differences(found.ranks, given.items, level),
        ]
    )
    glance = {"n": m, "things": n, "df": n - 1, "level": level}
    return Result("model.friedman", tidy, glance, (*given.checks, *_few(m, n)), given.source)


def concordance(X: np.ndarray) -> Ranking:
    """Ranks within rows of (m, n), W with the correction for ties, and chi-square."""
    ranks = rankdata(X, axis=1)
    m, n = ranks.shape
    S = ((ranks.sum(axis=0) - m * (n + 1) / 2) ** 2).sum()
    # sum(t^3 - t) of a row's ties = n^3 - n - 12 (sum of squared deviations of its ranks)
    room = 12 * m * ((ranks - (n + 1) / 2) ** 2).sum()
    if room <= 0:
        raise ModelError("ranks: every row gives all things the same value, so there is no order")
    w = float(12 * S / room)
    return Ranking(ranks, w, m * (n - 1) * w)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's adjusted p values, in the order given; NaN stays."""
    out = np.full(len(p), np.nan)
    order = [i for i in np.argsort(p, kind="stable") if not np.isnan(p[i])]
    highest = 0.0
    for step, i in enumerate(order):
        highest = max(highest, min(1.0, float(p[i]) * (len(order) - step)))
        out[i] = highest
    return out


def _differences(ranks: np.ndarray, things: tuple[str, ...], level: float) -> pd.DataFrame:
    pairs = list(combinations(range(len(things)), 2))
    a, b = np.array(pairs).T
    d = ranks[:, a] - ranks[:, b]
    m = len(d)
    mean, se = d.mean(axis=0), d.std(axis=0, ddof=1) / np.sqrt(m)
    t = np.divide(mean, se, out=np.full(len(pairs), np.nan), where=se > 0)
    reach = stdtrit(m - 1, (1 + level) / 2) * se
    return tidy_block(
        "rank_difference",
        [f"{things[i]}~{things[j]}" for i, j in pairs],
        mean,
        std_error=se,
        ci_low=mean - reach,
        ci_high=mean + reach,
        p_value=holm(2 * stdtr(m - 1, -np.abs(t))),
    )


def _few(m: int, n: int) -> tuple[Check, ...]:
    if n > 7 or m * n >= 24:
        return ()
    rule = ">= 24 rows times columns, or more than 7 columns, for the chi-square (Siegel & Castellan 1988)"
    return (Check("check.chi2_small", False, m * n, rule),)
