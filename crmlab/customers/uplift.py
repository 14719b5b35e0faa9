"""Do personalised contacts do better than standard ones, and by how much?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from crmlab.customers.shares import figures
from crmlab.customers.weighting import ARMS, overlap_checks, weight_table, weighted
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.wilson import wilson


def uplift(
    contacts: pd.DataFrame,
    *,
    outcome: str = "accepted",
    treated: str = "personalised",
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    level: float = 0.95,
) -> Result:
    """The difference in outcome between personalised and standard contacts.

    Parameters
    ----------
    contacts : one row a contact
    outcome : column, 0/1 (a rate) or any number (a mean)
    treated : column, 1 for personalised and 0 for standard
    covariates : numeric columns that decided who got which; none if it was drawn by lot
    cluster : column whose values belong together (the customer): their contacts are not independent
    level : of the intervals

    Returns
    -------
    Result
        `rate:<arm>` (interval), `contacts:<arm>`, `uplift` (se, interval, p), `relative_uplift` (of the standard
        rate); with covariates also `difference` (unweighted), `smd:<covariate>` and `smd_weighted:<covariate>`
        (standardised differences before and after weighting), `effective:<arm>` (contacts that the weights leave),
        `chance_min`, `chance_max`.

    Raises
    ------
    ModelError
        An arm has fewer than two contacts, `treated` is not 0/1, or the covariates tell the arms apart wholly.

    Notes
    -----
    By lot: two rates are compared with Newcombe's score interval and the pooled z test, two means with Welch's t,
    clustered contacts with a cluster-robust error (CR1, t with clusters - 1). With covariates: normalised inverse
    probability weights from a logistic regression; the error takes into account that the weights are estimated.

    Source
    ------
    Newcombe, R. G. (1998). Statistics in Medicine 17, 873-890 (method 10). Lunceford, J. K. & Davidian, M.
    (2004). Statistics in Medicine 23, 2937-2960. Crump, R. K. et al. (2009). Biometrika 96, 187-199 (overlap).
    Austin, P. C. (2009). Statistics in Medicine 28, 3083-3107 (balance).
    """
    what = "uplift"
    names = [outcome, treated, *covariates]
    X = figures(contacts, names, what)
    there = ~np.isnan(X).any(axis=1)
    groups = _groups(contacts, cluster, there)
    y, t, Z = X[there, 0], X[there, 1], X[there, 2:]
    _admit(y, t, treated)
    binary = bool(np.isin(y, (0, 1)).all())
    n = np.array([(t == arm).sum() for arm in (0, 1)])
    blocks = [tidy_block("contacts", ARMS, n)]
    checks = []
    if covariates:
        fit = weighted(y, t, Z)
        blocks += [
            _rates(fit.means, np.full(2, np.nan), np.full(2, np.nan)),
            weight_table(fit, t, Z, covariates),
        ]
        row = _robust(fit.means[1] - fit.means[0], fit.influence, groups, level)
        plain = y[t == 1].mean() - y[t == 0].mean()
        blocks.append(tidy_frame([{"term": "uplift", **row}, {"term": "difference", "estimate": plain}]))
        base = fit.means[0]
        checks += overlap_checks(fit, t, Z, covariates)
    else:
        means, low, high, row = _by_lot(y, t, groups, binary, level)
        blocks += [_rates(means, low, high), tidy_frame([{"term": "uplift", **row}])]
        base = means[0]
    if base:
        relative = float(str(row["estimate"])) / base
        blocks.append(tidy_frame([{"term": "relative_uplift", "estimate": relative}]))
    lost = int((~there).sum())
    if lost:
        rule = "contacts with a blank, left out; at most 5 % of all"
        checks.append(Check("check.contacts_left_out", lost <= 0.05 * len(there), lost, rule))
    glance = {
        "n": int(n.sum()),
        "clusters": len(set(groups)) if groups is not None else math.nan,
        "level": level,
    }
    source = source_of(contacts[[*names, *([cluster] if cluster else [])]])
    return Result("model.uplift", pd.concat(blocks), glance, tuple(checks), source)


def newcombe(x1: float, n1: float, x0: float, n0: float, level: float) -> tuple[float, float]:
    """Interval of the difference of two independent shares x1/n1 - x0/n0.

    Examples
    --------
    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80, 0.95)]
    [0.0524, 0.3339]
    """
    p1, l1, u1 = (float(end) for end in wilson(x1, n1, level))
    p0, l0, u0 = (float(end) for end in wilson(x0, n0, level))
    d = p1 - p0
    return d - math.hypot(p1 - l1, u0 - p0), d + math.hypot(u1 - p1, p0 - l0)


def _admit(y: np.ndarray, t: np.ndarray, treated: str) -> None:
    if not np.isin(t, (0, 1)).all():
        raise ModelError(f"uplift: '{treated}' holds {t[~np.isin(t, (0, 1))][0]:g}, but must be 0 or 1")
    for arm, name in enumerate(ARMS):
        if (t == arm).sum() < 2:
            raise ModelError(f"uplift: {int((t == arm).sum())} {name} contacts, at least 2 are needed")
    if np.ptp(y) == 0:
        raise ModelError("uplift: the outcome is the same for all contacts")


def _groups(contacts: pd.DataFrame, cluster: str | None, there: np.ndarray) -> np.ndarray | None:
    if cluster is None:
        return None
    if cluster not in contacts.columns:
        raise ModelError(f"uplift: there is no column '{cluster}'")
    codes = pd.factorize(contacts[cluster])[0]
    alone = codes < 0  # a contact of an unknown customer stands for itself
    codes[alone] = codes.max() + 1 + np.arange(alone.sum())
    found = pd.factorize(codes[there])[0]
    if found.max() < 2:
        raise ModelError(f"uplift: {found.max() + 1} values of '{cluster}' are too few to judge precision by")
    return found


def _by_lot(
    y: np.ndarray, t: np.ndarray, groups: np.ndarray | None, binary: bool, level: float
) -> tuple[tuple[float, float], np.ndarray, np.ndarray, dict[str, object]]:
    arms = [y[t == 0], y[t == 1]]
    n = np.array([len(arm) for arm in arms], dtype=float)
    means = (float(arms[0].mean()), float(arms[1].mean()))
    d = means[1] - means[0]
    if binary:
        _, low, high = wilson(np.array([arm.sum() for arm in arms]), n, level)
    else:
        error = np.array([arm.std(ddof=1) for arm in arms]) / np.sqrt(n)
        reach = stdtrit(n - 1, (1 + level) / 2) * error
        low, high = np.array(means) - reach, np.array(means) + reach
    if groups is not None:
        N = n.sum()
        influence = N * (t * (y - means[1]) / n[1] - (1 - t) * (y - means[0]) / n[0])
        return means, low, high, _robust(d, influence, groups, level)
    variance = np.array([arm.var(ddof=1) for arm in arms]) / n
    error1 = math.sqrt(variance.sum())
    if binary:
        lo, hi = newcombe(arms[1].sum(), n[1], arms[0].sum(), n[0], level)
        pooled = y.mean()
        p = 2 * float(ndtr(-abs(d) / math.sqrt(pooled * (1 - pooled) * (1 / n).sum())))
        row: dict[str, object] = {
            "estimate": d,
            "std_error": error1,
            "ci_low": lo,
            "ci_high": hi,
            "p_value": p,
        }
        return means, low, high, row
    df = variance.sum() ** 2 / (variance**2 / (n - 1)).sum()
    width = float(stdtrit(df, (1 + level) / 2)) * error1
    p = 2 * float(stdtr(df, -abs(d / error1)))
    return (
        means,
        low,
        high,
        {"estimate": d, "std_error": error1, "ci_low": d - width, "ci_high": d + width, "p_value": p},
    )


def _robust(d: float, influence: np.ndarray, groups: np.ndarray | None, level: float) -> dict[str, object]:
    """Interval and p from influence values, summed within clusters."""
    n = len(influence)
    if groups is None:
        error = math.sqrt(float((influence**2).sum()) / n / (n - 1))
        reach, p = float(ndtri((1 + level) / 2)) * error, 2 * float(ndtr(-abs(d / error)))
    else:
        sums = np.bincount(groups, weights=influence)
        G = len(sums)
        error = math.sqrt(float((sums**2).sum()) * G / (G - 1)) / n
        reach, p = float(stdtrit(G - 1, (1 + level) / 2)) * error, 2 * float(stdtr(G - 1, -abs(d / error)))
    return {"estimate": d, "std_error": error, "ci_low": d - reach, "ci_high": d + reach, "p_value": p}


def _rates(means: tuple[float, float], low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    return tidy_block("rate", ARMS, means, ci_low=low, ci_high=high)
