"""Reliability under a general factor: omega hierarchical (Schmid-Leiman) and second-order omega."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.answers import answered, invertible
from crmlab.measurement.extraction import extract
from crmlab.measurement.factors import Efa, explore
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_block, tidy_frame


@dataclass(frozen=True, slots=True, eq=False)
class SchmidLeiman:
    """A general factor and k group factors, all uncorrelated.

    Attributes
    ----------
    general : (p,) loadings on the general factor
    group : (p, k) loadings on what is left of the group factors
    unique : (p,) unique variances
    second : (k,) loadings of the group factors on the general one
    """

    general: np.ndarray
    group: np.ndarray
    unique: np.ndarray
    second: np.ndarray


def omega_hierarchical(
    frame: pd.DataFrame,
    n_factors: int = 3,
    method: str = "minres",
    *,
    items: Sequence[str] | None = None,
    missing: str = "fiml",
) -> Result:
    """Which share of the sum's variance is due to what ALL items share?

    Parameters
    ----------
    n_factors : group factors: three or more; with two the general factor is not determined and both are
        given the same weight, with a failed check
    method : of the extraction, see `efa`; the rotation is oblimin
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `omega_h`, `omega_total`, `omega_asymptotic` (omega_h / omega_total), `ecv` (share of the common
        variance that is general), `omega_group:F1` (share of the sum of the items that load highest on F1
        that is due to F1 alone); `general:<item>`, `group:F1=~<item>`, `uniqueness:<item>`, `second:F1`.

    Notes
    -----
    On standardised items. Group factors by oblimin; their correlations have one factor with loadings g
    (minimum residuals); general = L g, group = L sqrt(1 - g^2).
    omega_h = (sum general)^2 / sum R, omega_total = 1 - sum u / sum R.

    Source
    ------
    Schmid, J. & Leiman, J. M. (1957). Psychometrika 22, 53-61. Zinbarg, R. E., Revelle, W., Yovel, I. &
    Li, W. (2005). Psychometrika 70, 123-133.
    """
    given = answered(frame, items, what="omega hierarchical", missing=missing, least_items=5)
    R = invertible(given, "omega hierarchical")
    p = len(given.items)
    if n_factors < 2 or (p - n_factors) ** 2 < p + n_factors:
        raise ModelError(
            f"omega hierarchical: {n_factors} group factors of {p} items",
            hint="at least 2, and few enough that the items identify them",
        )
    base = explore(R, n_factors, method, "oblimin", False)
    found = schmid_leiman(base)
    terms, checks = _hierarchy(R, found), _hierarchy_checks(base, found, given.items)
    names = [f"F{j + 1}" for j in range(n_factors)]
    subjects = [f"{name}=~{item}" for name in names for item in given.items]
    tidy = pd.concat(
        [
            tidy_frame({"term": name, "estimate": value} for name, value in terms.items()),
            tidy_block("omega_group", names, _group_omegas(R, found)),
            tidy_block("general", given.items, found.general),
            tidy_block("group", subjects, found.group.T.ravel()),
            tidy_block("uniqueness", given.items, found.unique),
            tidy_block("second", names, found.second),
        ]
    )
    glance = given.glance | {"factors": float(n_factors)}
    return Result("model.omega_hierarchical", tidy, glance, (*given.checks, *checks), given.source)


def schmid_leiman(found: Efa) -> SchmidLeiman:
    """Split correlated factors into a general one and what is left of each; see `omega_hierarchical`."""
    k = len(found.cor)
    if k == 2:
        g = np.full(2, math.sqrt(max(found.cor[0, 1], 0.0)))
    else:
        g = extract(found.cor, 1, "minres").loadings[:, 0]
    left = np.sqrt(np.maximum(1 - g**2, 0.0))
    return SchmidLeiman(found.loadings @ g, found.loadings * left, found.unique, g)


def omega_second_order(
    first: Mapping[str, Mapping[str, float]],
    second: Mapping[str, float],
    *,
    covariance: pd.DataFrame | None = None,
) -> Result:
    """How reliable are sums of items, and of factors, under a second-order factor?

    Parameters
    ----------
    first : factor -> item -> standardised loading; each item of one factor
    second : factor -> its standardised loading on the second-order factor
    covariance : of the items. Given, the items keep their scale, and the variance of a sum is the observed
        one (as semTools' compRelSEM); not given, items have variance 1 and sums the variance of the model

    Returns
    -------
    Result
        `omega:<factor>`, `ave:<factor>`; `omega_l1` (share of the variance of the sum of all items that is
        due to the second-order factor), `omega_l2` (its share of the sum of the first-order factors),
        `omega_partial_l1` (its share of the sum of all items after the first-order factors' own variance is
        taken out).

    Notes
    -----
    With L the loadings, b the second-order loadings, s item standard deviations: general = (sum s L b)^2;
    omega_l1 = general / variance of the sum; omega_l2 = (sum b)^2 / ((sum b)^2 + sum(1 - b^2));
    omega_partial_l1 = general / (general + sum of unique variances).

    Source
    ------
    Raykov, T. & Zinbarg, R. E. (2011). British Journal of Mathematical and Statistical Psychology 64,
    193-207. Bollen, K. A. (1980). American Sociological Review 45, 370-385.
    """
    _admit_loadings(first, second)
    items = [item for block in first.values() for item in block]
    owner = np.repeat(np.arange(len(first)), [len(block) for block in first.values()])
    l = np.array([value for block in first.values() for value in block.values()], dtype=float)
    b = np.array([second[name] for name in first], dtype=float)
    S = _covariance(items, covariance)
    s = np.ones(len(items)) if S is None else np.sqrt(np.diag(S))
    cor = np.outer(b, b)
    np.fill_diagonal(cor, 1.0)
    model = np.outer(s * l, s * l) * cor[np.ix_(owner, owner)] + np.diag(s**2 * (1 - l**2))
    total = model if S is None else S
    general = float((s * l * b[owner]).sum() ** 2)
    noise = float((s**2 * (1 - l**2)).sum())
    rows = []
    for j, name in enumerate(first):
        own = owner == j
        common = float((s * l)[own].sum() ** 2)
        rows.append({"term": f"omega:{name}", "estimate": common / total[np.ix_(own, own)].sum()})
        rows.append({"term": f"ave:{name}", "estimate": ((s * l)[own] ** 2).sum() / (s[own] ** 2).sum()})
    rows += [
        {"term": "omega_l1", "estimate": general / total.sum()},
        {"term": "omega_l2", "estimate": b.sum() ** 2 / (b.sum() ** 2 + (1 - b**2).sum())},
        {"term": "omega_partial_l1", "estimate": general / (general + noise)},
    ]
    glance = {"items": float(len(items)), "factors": float(len(first))}
    return Result("model.omega_second_order", tidy_frame(rows), glance, (), dict(versions()))


def _hierarchy(R: np.ndarray, found: SchmidLeiman) -> dict[str, float]:
    whole = float(R.sum())
    hierarchical = float(found.general.sum() ** 2) / whole
    total = 1 - float(found.unique.sum()) / whole
    common = float((found.general**2).sum() + (found.group**2).sum())
    return {
        "omega_h": hierarchical,
        "omega_total": total,
        "omega_asymptotic": hierarchical / total,
        "ecv": float((found.general**2).sum()) / common,
    }


def _group_omegas(R: np.ndarray, found: SchmidLeiman) -> np.ndarray:
    """(k,) for each group factor its own share of the sum of the items that load highest on it."""
    home = np.abs(found.group).argmax(axis=1)
    out = np.full(found.group.shape[1], math.nan)
    for j in range(len(out)):
        own = home == j
        if own.any():
            out[j] = found.group[own, j].sum() ** 2 / R[np.ix_(own, own)].sum()
    return out


def _hierarchy_checks(base: Efa, found: SchmidLeiman, items: Sequence[str]) -> list[Check]:
    k = len(found.second)
    rule = "extraction and rotation settle"
    checks = [
        Check("check.converged:efa", base.converged, base.converged, rule),
        Check("check.general_determined", k >= 3, k, ">= 3 group factors determine the general one"),
    ]
    rule = ">= 0: group factors correlate positively, so that a general factor can exist"
    low = float(base.cor[np.triu_indices(k, 1)].min())
    checks.append(Check("check.general_factor", low >= 0, low, rule))
    rule = ">= 0: every item runs with the general factor (reverse items turned)"
    return checks + [
        Check(f"check.loading_sign:{item}", False, value, rule)
        for item, value in zip(items, found.general, strict=True)
        if value < 0
    ]


def _admit_loadings(first: Mapping[str, Mapping[str, float]], second: Mapping[str, float]) -> None:
    if len(first) < 2:
        raise ModelError(f"second-order omega: {len(first)} first-order factors, at least 2 are needed")
    if set(first) != set(second):
        odd = ", ".join(sorted(set(first) ^ set(second)))
        raise ModelError(f"second-order omega: '{odd}' stands only in `first` or only in `second`")
    seen: set[str] = set()
    for name, block in first.items():
        if not block:
            raise ModelError(f"second-order omega: factor '{name}' has no items")
        twice = seen & set(block)
        if twice:
            raise ModelError(f"second-order omega: item '{min(twice)}' belongs to two factors")
        seen |= set(block)
        for item, value in {**block, name: second[name]}.items():
            if not abs(value) <= 1:
                raise ModelError(
                    f"second-order omega: the loading of '{item}' is {value:g}, beyond 1 or missing",
                    hint="give standardised loadings of an admissible solution",
                )


def _covariance(items: Sequence[str], covariance: pd.DataFrame | None) -> np.ndarray | None:
    if covariance is None:
        return None
    lacking = [item for item in items if item not in covariance.index or item not in covariance.columns]
    if lacking:
        raise ModelError(f"second-order omega: item '{lacking[0]}' is not in the covariance matrix")
    S = covariance.loc[list(items), list(items)].to_numpy(dtype=float)
    if not np.isfinite(S).all() or not (np.diag(S) > 0).all() or not np.allclose(S, S.T):
        raise ModelError("second-order omega: the covariance matrix is not symmetric with positive variances")
    return S
