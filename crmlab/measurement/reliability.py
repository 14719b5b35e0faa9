"""Are the items of a construct consistent? Alpha, omega, item-rest correlations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import fdtri

from crmlab.errors import ModelError
from crmlab.measurement.onefactor import one_factor
from crmlab.pls.admit import numbers
from crmlab.pls.bootstrap import PlsBootstrap, correlations, draw_rows, products, summary
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

FROM_OUTER = ("rho_a", "rho_c", "ave")


def reliability(
    frame: pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    *,
    outer: PlsBootstrap | None = None,
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """How reliable is the sum of each construct's items?

    Parameters
    ----------
    frame : answers, reverse items already turned; one row per respondent
    blocks : construct -> its items
    outer : a bootstrapped PLS fit of the same constructs: `rho_a`, `rho_c`, `ave` are then given too
    n_boot : resamples for omega's percentile interval
    seed : of these resamples
    level : probability covered by all intervals

    Returns
    -------
    Result
        `alpha` (Feldt interval), `omega` (percentile interval), and the three from `outer`, per construct.

    Notes
    -----
    Rows with all items of the construct answered (casewise within the construct).
    alpha = k/(k-1) (1 - sum of item variances / variance of the sum).
    omega = (sum l)^2 / ((sum l)^2 + sum u) of the one-factor maximum likelihood solution on the raw scale.
    Undefined, hence NaN and a failed check: alpha for one item, omega for fewer than three (two items
    do not identify a factor).

    Source
    ------
    Feldt, L. S. (1965). Psychometrika 30, 357-370 (interval of alpha).
    McDonald, R. P. (1999). Test Theory, ch. 6 (omega).
    """
    rows: dict[str, list[dict[str, object]]] = {"alpha": [], "omega": []}
    checks: list[Check] = []
    for name, items in blocks.items():
        X = _complete(frame, name, items)
        checks += _defined(name, X)
        rows["alpha"].append({"term": f"alpha:{name}", **_alpha_row(X, level)})
        row, found = _omega_row(name, X, n_boot, seed, level)
        rows["omega"].append({"term": f"omega:{name}", **row})
        checks += found
    tables = [tidy_frame(rows["alpha"]), tidy_frame(rows["omega"])]
    if outer is not None:
        tidy = outer.result(*FROM_OUTER).tidy
        tables.append(tidy[tidy["term"].str.partition(":")[2].isin(blocks)])
    items = list(dict.fromkeys(item for block in blocks.values() for item in block))
    glance = {"n": len(frame), "resamples": n_boot, "level": level}
    source = source_of(frame[items], seed=seed)
    return Result("model.reliability", pd.concat(tables), glance, tuple(checks), source)


def item_rest(
    frame: pd.DataFrame, blocks: Mapping[str, Sequence[str]], *, vif: Mapping[str, float] | None = None
) -> Result:
    """Does each item belong? Its correlation with the sum of the others, and alpha without it.

    Returns
    -------
    Result
        `item_rest:<item>`, `alpha_if_deleted:<item>`, and `vif:<item>` if given. Rows complete within the
        construct. NaN for a single item (both) and for two items (alpha if deleted), with a failed check;
        an item that correlates negatively with the rest is a failed check too.
    """
    rest: dict[str, float] = {}
    without: dict[str, float] = {}
    checks: list[Check] = []
    for name, items in blocks.items():
        X = _complete(frame, name, items)
        checks += _defined(name, X)
        for place, item in enumerate(items):
            others = np.delete(X, place, axis=1)
            rest[item] = _correlation(X[:, place], others.sum(axis=1)) if others.shape[1] else math.nan
            without[item] = alpha(others)
            if rest[item] < 0:
                rule = "> 0: an item against the rest is usually one that was not reversed"
                checks.append(Check(f"check.item_rest:{item}", False, rest[item], rule))
    tables = [
        tidy_block("item_rest", rest, list(rest.values())),
        tidy_block("alpha_if_deleted", without, list(without.values())),
    ]
    if vif is not None:
        tables.append(tidy_block("vif", vif, list(vif.values())))
    glance = {"n": float(len(frame))}
    return Result("model.item_rest", pd.concat(tables), glance, tuple(checks), source_of(frame[list(rest)]))


def alpha(X: np.ndarray) -> float:
    """Cronbach's alpha of complete answers (n, k); NaN for k < 2 or a sum without variance."""
    k = X.shape[1]
    if k < 2 or len(X) < 2:
        return math.nan
    total = X.sum(axis=1).var(ddof=1)
    return float(k / (k - 1) * (1 - X.var(axis=0, ddof=1).sum() / total)) if total > 0 else math.nan


def feldt(value: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Feldt's interval of alpha: 1 - (1 - alpha) F, F with n - 1 and (n - 1)(k - 1) degrees of freedom."""
    upper, lower = fdtri(n - 1, (n - 1) * (k - 1), [(1 - level) / 2, (1 + level) / 2])
    return float(1 - (1 - value) * lower), float(1 - (1 - value) * upper)


def omega(R: np.ndarray, sd: np.ndarray, *, tol: float = 1e-9) -> tuple[np.ndarray, np.ndarray]:
    """Omega of correlations (k, k, B) with standard deviations (k, B); with it whether a unique variance hit its floor."""
    found = one_factor(R, tol=tol)
    common = (sd * found.loadings).sum(axis=0) ** 2
    value = common / (common + (sd**2 * found.unique).sum(axis=0))
    return np.where(found.converged, value, np.nan), found.improper


def _alpha_row(X: np.ndarray, level: float) -> dict[str, float]:
    value = alpha(X)
    if math.isnan(value):
        return {"estimate": value}
    low, high = feldt(value, X.shape[0], X.shape[1], level)
    return {"estimate": value, "ci_low": low, "ci_high": high}


def _omega_row(
    name: str, X: np.ndarray, n_boot: int, seed: int, level: float
) -> tuple[dict[str, float], list[Check]]:
    n, k = X.shape
    sd = X.std(axis=0)
    if k < 3 or n < 3 or not (sd > 0).all():
        return {"estimate": math.nan}, []
    Z = (X - X.mean(axis=0)) / sd
    R = np.einsum("ni,nj->ij", Z, Z) / n
    value, improper = omega(R[:, :, None], sd[:, None])
    checks = []
    if improper[0]:
        rule = "every unique variance of the one-factor solution > 0.005 (no Heywood case)"
        checks.append(Check(f"check.heywood:{name}", False, float(improper[0]), rule))
    if math.isnan(value[0]):
        checks.append(
            Check(f"check.converged:omega.{name}", False, math.nan, "the one-factor solution settles")
        )
    draws = _omega_draws(Z, sd, n_boot, seed)
    failed = int(np.isnan(draws).sum())
    if failed > 0.01 * n_boot:
        rule = f"<= 1% of {n_boot} resamples without a solution"
        checks.append(Check(f"check.bootstrap_failed:omega.{name}", False, failed, rule))
    spread = summary(draws[None], level)
    row = {key: float(spread[key][0]) for key in ("std_error", "ci_low", "ci_high")}
    return {"estimate": float(value[0])} | row, checks


def _omega_draws(Z: np.ndarray, sd: np.ndarray, n_boot: int, seed: int) -> np.ndarray:
    rng, moments, draws = np.random.default_rng(seed), products(Z), []
    for rows in draw_rows(rng, n_boot, len(Z)):
        R, spread = correlations(moments, rows)
        draws.append(omega(R, spread * sd[:, None], tol=1e-6)[0])
    return np.concatenate(draws) if draws else np.empty(0)


def _defined(name: str, X: np.ndarray) -> list[Check]:
    k = X.shape[1]
    flat = int((np.ptp(X, axis=0) == 0).sum()) if len(X) else k
    found = []
    if k < 3:
        rule = ">= 3 items: omega needs three, alpha and item-rest correlations two, alpha if deleted three"
        found.append(Check(f"check.reliability_defined:{name}", False, k, rule))
    if flat:
        found.append(Check(f"check.variance:{name}", False, flat, "= 0 items without variance"))
    return found


def _complete(frame: pd.DataFrame, name: str, items: Sequence[str]) -> np.ndarray:
    if not items:
        raise ModelError(f"construct '{name}' has no items")
    X = numbers(frame, items)
    X = X[~np.isnan(X).any(axis=1)]
    if len(X) < 3:
        raise ModelError(
            f"construct '{name}': {len(X)} rows have all its {len(items)} items answered, 3 are needed"
        )
    return X


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])
