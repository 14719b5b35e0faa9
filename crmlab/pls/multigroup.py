"""Multi-group analysis: do paths differ between groups?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import CHUNK, Solver, in_threads
from crmlab.pls.groups import Members, fit_group, members
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

METHODS = ("permutation", "parametric", "welch", "henseler")


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Differences of Q quantities between two groups: estimate, standard error and two-sided p, (Q,)."""

    estimate: np.ndarray
    error: np.ndarray
    p: np.ndarray
    failed: int


def multigroup(
    fit: PlsFit,
    by: pd.Series | Sequence[Hashable] | np.ndarray,
    *,
    method: str = "permutation",
    n: int = 1000,
    seed: int = 0,
    quantities: Sequence[str] = ("path",),
) -> Result:
    """Do the groups differ in their paths (or other quantities)? Every two groups; p corrected by Holm.

    Parameters
    ----------
    fit : the model on all rows
    by : group of each row; see `members`
    method : "permutation" (of group membership; Chin & Dibbern 2010), "parametric" (pooled t; Keil et al.
        2000), "welch" (t with unequal variances and Satterthwaite's degrees of freedom) or "henseler"
        (share of pairs of resamples in which the order is the other way round; Henseler 2012)
    n : permutations, or resamples of each group
    seed : of the random numbers
    quantities : "path", "total", "indirect", "loading", "r2", ...

    Returns
    -------
    Result
        `<quantity>:<subject>.<group>` in each group, `<quantity>_difference:<subject>.<a>-<b>` with
        standard error and two-sided p, `<quantity>_p_holm:<subject>.<a>-<b>` over all comparisons made.

    Source
    ------
    Sarstedt, M., Henseler, J. & Ringle, C. M. (2011). Advances in International Marketing 22, 195-218;
    Holm, S. (1979). Scandinavian Journal of Statistics 6, 65-70.
    """
    if method not in METHODS:
        raise ModelError(f"method '{method}' is not one of {', '.join(METHODS)}")
    if n < 19:
        raise ModelError(f"{n} resamples are too few for a 5 % test", hint="1000")
    groups = members(fit, by)
    fits = [fit_group(fit, rows, name) for rows, name in zip(groups.rows, groups.names, strict=True)]
    terms = fit.result(*quantities).tidy["term"].tolist()
    terms = [term for term in terms if not term.startswith(("f2:", "vif:"))]
    if not terms:
        raise ModelError(f"{', '.join(quantities)} cannot be compared between groups", hint="path")
    if method == "permutation":
        found = [_permuted(fit, groups, pair, terms, n, seed) for pair in groups.pairs]
    else:
        found = _resampled(fits, groups, terms, method, n, seed)
    return _result(fit, fits, groups, terms, found, {"n": float(fit.n), "resamples": float(n)}, seed)


def _result(
    fit: PlsFit,
    fits: list[PlsFit],
    groups: Members,
    terms: list[str],
    found: list[Difference],
    glance: dict[str, float],
    seed: int,
) -> Result:
    parts = [term.partition(":") for term in terms]
    rows = [
        {"term": f"{term}.{name}", "estimate": one.estimates[term]}
        for name, one in zip(groups.names, fits, strict=True)
        for term in terms
    ]
    blocks = [pd.DataFrame(rows)]
    adjusted = holm(np.concatenate([one.p for one in found])).reshape(len(found), len(terms))
    checks: list[Check] = [check for one in fits for check in one.checks]
    for (a, b), one, corrected in zip(groups.pairs, found, adjusted, strict=True):
        label = groups.label(a, b)
        for k, (quantity, _, subject) in enumerate(parts):
            name = [f"{subject}.{label}"]
            blocks.append(
                tidy_block(
                    f"{quantity}_difference",
                    name,
                    one.estimate[[k]],
                    std_error=one.error[[k]],
                    p_value=one.p[[k]],
                )
            )
            blocks.append(tidy_block(f"{quantity}_p_holm", name, corrected[[k]]))
        limit = 0.01 * glance["resamples"]
        rule = f"<= 1 % of {glance['resamples']:.0f} resamples without a solution"
        checks.append(Check(f"check.bootstrap_failed:{label}", one.failed <= limit, one.failed, rule))
    columns = ["term", "estimate", "std_error", "ci_low", "ci_high", "p_value"]
    tidy = pd.concat([block.reindex(columns=columns) for block in blocks], ignore_index=True)
    return Result("model.pls", tidy, glance, tuple(checks), fit.source | {"seed": str(seed)})


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment; NaN stays NaN and does not count."""
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if len(order) else steps
    return out


def _permuted(
    fit: PlsFit, groups: Members, pair: tuple[int, int], terms: list[str], n: int, seed: int
) -> Difference:
    a, b = pair
    rows = np.concatenate([groups.rows[a], groups.rows[b]])
    solver = Solver.of(fit_group(fit, rows, groups.label(a, b)))
    whole = np.zeros((len(rows), 1))
    whole[: len(groups.rows[a])] = 1.0

    def differences(members: np.ndarray) -> np.ndarray:
        one, other = solver.solve(members), solver.solve(1.0 - members)
        places = [one.terms.index(term) for term in terms]
        return one.values[places] - other.values[places]

    rng = np.random.default_rng([seed, a, b])
    sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
    drawn = [rng.permuted(np.repeat(whole, size, axis=1), axis=0) for size in sizes]
    values = np.concatenate(in_threads(differences, iter(drawn)), axis=1)
    observed = differences(whole)[:, 0]
    failed = np.isnan(values).all(axis=0)
    values = values[:, ~failed]
    slack = 1e-12  # a permutation that is the observed split counts as one as far off
    beyond = (np.abs(values) >= np.abs(observed)[:, None] - slack).sum(axis=1)
    p = (beyond + 1) / (values.shape[1] + 1)
    return Difference(observed, values.std(axis=1, ddof=1), p, int(failed.sum()))


def _resampled(
    fits: list[PlsFit], groups: Members, terms: list[str], method: str, n: int, seed: int
) -> list[Difference]:
    boots = [fit.bootstrap(n, seed + k) for k, fit in enumerate(fits)]
    places = [boots[0].terms.index(term) for term in terms]
    estimates = [np.array([fit.estimates[term] for term in terms]) for fit in fits]
    drawn = [boot.draws[places][:, ~np.isnan(boot.draws).all(axis=0)] for boot in boots]
    errors = [values.std(axis=1, ddof=1) for values in drawn]
    found = []
    for a, b in groups.pairs:
        gap = estimates[a] - estimates[b]
        if method == "henseler":
            p = _henseler(drawn[a], drawn[b], estimates[a], estimates[b])
            error = np.sqrt(errors[a] ** 2 + errors[b] ** 2)
        else:
            test = _pooled if method == "parametric" else _welch
            error, df = test(errors[a], errors[b], fits[a].n, fits[b].n)
            p = 2 * student.sf(np.abs(gap) / np.where(error > 0, error, np.nan), df)
        found.append(Difference(gap, error, p, boots[a].failed + boots[b].failed))
    return found


def _pooled(s1: np.ndarray, s2: np.ndarray, n1: int, n2: int) -> tuple[np.ndarray, np.ndarray | float]:
    """Standard error and degrees of freedom under equal variances (Keil et al. 2000)."""
    both = ((n1 - 1) ** 2 * s1**2 + (n2 - 1) ** 2 * s2**2) / (n1 + n2 - 2)
    return np.sqrt(both * (1 / n1 + 1 / n2)), float(n1 + n2 - 2)


def _welch(s1: np.ndarray, s2: np.ndarray, n1: int, n2: int) -> tuple[np.ndarray, np.ndarray | float]:
    """Standard error and Satterthwaite's degrees of freedom (Sarstedt et al. 2011)."""
    v1, v2 = (n1 - 1) / n1 * s1**2, (n2 - 1) / n2 * s2**2
    spread = (n1 - 1) / n1**2 * s1**4 + (n2 - 1) / n2**2 * s2**4
    return np.sqrt(v1 + v2), (v1 + v2) ** 2 / np.where(spread > 0, spread, np.nan) - 2


def _henseler(one: np.ndarray, other: np.ndarray, at: np.ndarray, other_at: np.ndarray) -> np.ndarray:
    """Two-sided p from all pairs of resamples, each centred on its estimate by the bootstrap's bias.

    2 min(P, 1 - P) with P the share of pairs in which the first group's value does not exceed the other's.
    """
    p = np.empty(len(one))
    for k, (x, y) in enumerate(zip(one, other, strict=True)):
        x = np.sort(x[~np.isnan(x)] - x[~np.isnan(x)].mean() + at[k])
        y = y[~np.isnan(y)] - y[~np.isnan(y)].mean() + other_at[k]
        share = np.searchsorted(x, y, side="right").sum() / (len(x) * len(y)) if len(x) and len(y) else np.nan
        floor = 1 / (len(x) + 1)
        p[k] = min(1.0, 2 * max(floor, min(share, 1 - share)))
    return p
