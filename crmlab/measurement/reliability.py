"""Are the items of a construct consistent? Alpha, omega, item-rest correlations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import fdtri

from crmlab.errors import ModelError
from crmlab.measurement.answers import Answers, answered
from crmlab.measurement.onefactor import one_factor
from crmlab.pls.bootstrap import PlsBootstrap, correlations, draw_rows, summary
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
    missing: str = "fiml",
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
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `alpha` (Feldt interval), `omega` (percentile interval), and the three from `outer`, per construct.

    Notes
    -----
    Each construct from the answers to its own items: with "fiml" every row with one of them, with
    "listwise" the rows with all of them. A check for each construct with missing answers counts its rows.
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
        given = _given(frame, name, items, missing)
        checks += [*_counted(name, given), *_defined(name, given)]
        rows["alpha"].append({"term": f"alpha:{name}", **_alpha_row(given, level)})
        row, found = _omega_row(name, given, n_boot, seed, level)
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
    frame: pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    *,
    vif: Mapping[str, float] | None = None,
    missing: str = "fiml",
) -> Result:
    """Does each item belong? Its correlation with the sum of the others, and alpha without it.

    Parameters
    ----------
    frame, blocks, missing : as in `reliability`
    vif : item -> variance inflation, to be printed beside

    Returns
    -------
    Result
        `item_rest:<item>`, `alpha_if_deleted:<item>`, and `vif:<item>` if given. NaN for a single item (both) and for two items (alpha if deleted), with a failed check;
        an item that correlates negatively with the rest is a failed check too.
    """
    rest: dict[str, float] = {}
    without: dict[str, float] = {}
    checks: list[Check] = []
    for name, items in blocks.items():
        given = _given(frame, name, items, missing)
        checks += [*_counted(name, given), *_defined(name, given)]
        S = given.moments.cov
        for place, item in enumerate(items):
            others = np.delete(np.arange(len(items)), place)
            rest[item] = _rest(S, place, others)
            without[item] = alpha_of(S[np.ix_(others, others)])
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
    return alpha_of(np.atleast_2d(np.cov(X, rowvar=False))) if len(X) > 1 else math.nan


def alpha_of(S: np.ndarray) -> float:
    """Cronbach's alpha of covariances (k, k); NaN for k < 2 or a sum without variance."""
    k, total = len(S), S.sum()
    return float(k / (k - 1) * (1 - np.trace(S) / total)) if k > 1 and total > 0 else math.nan


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


def _alpha_row(given: Answers, level: float) -> dict[str, float]:
    value = alpha_of(given.moments.cov)
    if math.isnan(value):
        return {"estimate": value}
    low, high = feldt(value, given.n, len(given.items), level)
    return {"estimate": value, "ci_low": low, "ci_high": high}


def _omega_row(
    name: str, given: Answers, n_boot: int, seed: int, level: float
) -> tuple[dict[str, float], list[Check]]:
    sd = given.sd
    if len(sd) < 3 or not (sd > 0).all():
        return {"estimate": math.nan}, []
    value, improper = omega(given.correlation[:, :, None], sd[:, None])
    checks = []
    if improper[0]:
        rule = "every unique variance of the one-factor solution > 0.005 (no Heywood case)"
        checks.append(Check(f"check.heywood:{name}", False, float(improper[0]), rule))
    if math.isnan(value[0]):
        checks.append(
            Check(f"check.converged:omega.{name}", False, math.nan, "the one-factor solution settles")
        )
    draws = _omega_draws(given, n_boot, seed)
    failed = int(np.isnan(draws).sum())
    if failed > 0.01 * n_boot:
        rule = f"<= 1% of {n_boot} resamples without a solution"
        checks.append(Check(f"check.bootstrap_failed:omega.{name}", False, failed, rule))
    spread = summary(draws[None], level)
    row = {key: float(spread[key][0]) for key in ("std_error", "ci_low", "ci_high")}
    return {"estimate": float(value[0])} | row, checks


def _omega_draws(given: Answers, n_boot: int, seed: int) -> np.ndarray:
    rng, moments, draws = np.random.default_rng(seed), given.products(), []
    for rows in draw_rows(rng, n_boot, given.n):
        R, spread = correlations(moments, rows)
        draws.append(omega(R, spread * given.sd[:, None], tol=1e-6)[0])
    return np.concatenate(draws) if draws else np.empty(0)


def _defined(name: str, given: Answers) -> list[Check]:
    k, flat = len(given.items), int((given.sd == 0).sum())
    found = []
    if k < 3:
        rule = ">= 3 items: omega needs three, alpha and item-rest correlations two, alpha if deleted three"
        found.append(Check(f"check.reliability_defined:{name}", False, k, rule))
    if flat:
        found.append(Check(f"check.variance:{name}", False, flat, "= 0 items without variance"))
    return found


def _given(frame: pd.DataFrame, name: str, items: Sequence[str], missing: str) -> Answers:
    if not items:
        raise ModelError(f"construct '{name}' has no items")
    what = f"construct '{name}'"
    return answered(frame, list(items), what=what, missing=missing, least_items=1, varying=False)


def _counted(name: str, given: Answers) -> list[Check]:
    return [Check(f"{check.name}:{name}", check.ok, check.value, check.rule) for check in given.checks]


def _rest(S: np.ndarray, place: int, others: np.ndarray) -> float:
    """Correlation of one item with the sum of others, of covariances S."""
    spread = S[place, place] * S[np.ix_(others, others)].sum()
    return float(S[place, others].sum() / math.sqrt(spread)) if spread > 0 else math.nan
