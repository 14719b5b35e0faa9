"""Groups that nobody named: classes of respondents found in their answers, by mixture models (stepmix)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, attempt, tidy_frame
from crmlab.structure.columns import known_columns, numeric_columns
from crmlab.structure.group_rows import unsaid

STARTS = 10  # starting values of each run; two runs must end in the same place
ITERATIONS, STOP = 2000, 1e-7  # of the EM algorithm; gain of log-likelihood per respondent
REPLICATED = 1e-4  # per respondent, between the two runs
CLEAR, SURE = 0.80, 0.70  # relative entropy; mean probability of the class that one is put in
EXTRA = "latent classes need the package stepmix: pip install 'crmlab[latent]'"


def latent_classes(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    categories: bool = True,
    most: int = 5,
    name: str = "CLASS",
    threshold: int = 5,
    seed: int = 0,
) -> tuple[Result, pd.Series]:
    """Which classes of respondents do the answers show, and who belongs to which?

    Parameters
    ----------
    frame : one row per respondent; blanks are allowed and used by full information
    columns : items answered in categories, or scores
    categories : True for items (independent categories within a class), False for scores (normal, each class with
        means and variances of its own)
    most : the largest number of classes tried; the number is the one of smallest BIC
    name : of the classes in terms
    threshold : classes with fewer members are not counted out
    seed : of the starting values

    Returns
    -------
    Result
        `loglik`, `parameters`, `bic`, `entropy:<k>` (relative) of every number k; `classes` chosen;
        of every class, largest first, `n`, `share`, `sure:<name>.<c>` (mean probability of its members), and
        `mean:<column>@<name>.<c>`. Failed checks: one class only, so nothing to compare; a number at the end of
        those tried; two runs that do not end in the same place; classes that overlap.
    pandas.Series
        Class of each row, 1 the largest; missing for rows without any answer, and everywhere if one class is best.

    Raises
    ------
    ModelError
        stepmix is not installed; columns that are unknown or words; an answer that never varies; too few rows.

    Notes
    -----
    BIC = -2 l + q log n. Relative entropy = 1 + sum p log p / (n log k). Rows are sorted by their answers
    first, so that their order changes nothing. Everybody is put in the class of largest probability; where classes
    overlap this makes groups look more alike than the classes are.

    Source
    ------
    Morin, S. et al. (2025). Journal of Statistical Software 113(8) (stepmix). Nylund, K. L., Asparouhov, T. &
    Muthén, B. O. (2007). Structural Equation Modeling 14, 535-569 (BIC). Celeux, G. & Soromenho, G. (1996). Journal
    of Classification 13, 195-212 (entropy). Nagin, D. S. (2005). Group-based modeling of development (.70).
    """
    used = _admit(frame, columns, most)
    make = _stepmix()
    order = np.lexsort([np.nan_to_num(used[c].to_numpy(dtype=float), nan=-np.inf) for c in reversed(columns)])
    used = used.iloc[order]
    X = _coded(used) if categories else used.to_numpy(dtype=float)
    kind = "categorical_nan" if categories else "gaussian_diag_nan"
    tried = {k: _fit(make, kind, X, k, seed) for k in range(1, most + 1)}
    best = min(tried, key=lambda k: tried[k].bic)
    rows: list[dict[str, object]] = [{"term": "classes", "estimate": best}]
    for k, one in tried.items():
        numbers = {"loglik": one.loglik, "parameters": one.parameters, "bic": one.bic, "entropy": one.entropy}
        rows += [{"term": f"{quantity}:{k}", "estimate": value} for quantity, value in numbers.items()]
    chosen = tried[best]
    found = pd.Series(np.nan, index=frame.index, name=name)
    if best > 1:
        rank = np.argsort(-np.bincount(chosen.member, minlength=best), kind="stable")
        place = np.argsort(rank) + 1
        found.loc[used.index] = place[chosen.member].astype(float)
        rows += _told(used, found.loc[used.index], chosen, rank, name, threshold)
    checks = _checks(tried, best, most)
    glance: dict[str, float] = {"n": len(used), "left_out": len(frame) - len(used), "tried": most}
    source = source_of(frame[list(columns)], seed=seed)
    return Result("model.latent_classes", tidy_frame(rows), glance, checks, source), found


def found_classes(
    frame: pd.DataFrame, asked: Mapping[str, Mapping[str, Any]], threshold: int, seed: int
) -> tuple[pd.DataFrame, dict[str, Result]]:
    """The frame with a column for each set of classes that was found, and `classes_<name>` of every one asked."""
    results: dict[str, Result] = {}
    members: dict[str, pd.Series] = {}

    def look(name: str, one: Mapping[str, Any]) -> Result:
        table, columns = frame, list(one["items"])
        if one["constructs"]:
            known_columns(frame, [item for items in one["constructs"].values() for item in items])
            scores = {c: frame[list(items)].mean(axis=1) for c, items in one["constructs"].items()}
            table, columns = pd.DataFrame(scores, index=frame.index), list(scores)
        how: dict[str, Any] = {"categories": bool(one["items"]), "most": one["classes"], "name": name}
        result, members[name] = latent_classes(table, columns, **how, threshold=threshold, seed=seed)
        return result

    for name, one in asked.items():
        results[f"classes_{name}"] = attempt("model.latent_classes", partial(look, name, one))
    several = {name: found for name, found in members.items() if found.notna().any()}
    return frame.assign(**several), results


@dataclass(frozen=True, slots=True, eq=False)
class _Mixture:
    """One number of classes: the better of two runs."""

    loglik: float
    apart: float
    parameters: int
    bic: float
    entropy: float
    probability: np.ndarray  # (n, k)
    member: np.ndarray  # (n,)


def _fit(make: Any, kind: str, X: np.ndarray, k: int, seed: int) -> _Mixture:
    from sklearn.exceptions import ConvergenceWarning

    runs = []
    for start in (seed, seed + 1):
        model = make(
            n_components=k, measurement=kind, n_init=STARTS, max_iter=ITERATIONS, abs_tol=STOP, rel_tol=0.0,
            random_state=start, progress_bar=0, verbose=0,
        )  # fmt: skip
        with warnings.catch_warnings():
            # a run that does not settle is a check of the numbers chosen
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X)
        runs.append((float(model.score(X)) * len(X), model))
        if k == 1:
            break
    loglik, model = max(runs, key=lambda run: run[0])
    p = np.asarray(model.predict_proba(X))
    q = int(model.n_parameters)
    spread = -(p * np.log(np.maximum(p, 1e-300))).sum()
    entropy = 1 - spread / (len(X) * math.log(k)) if k > 1 else math.nan
    bic = -2 * loglik + q * math.log(len(X))
    apart = abs(runs[0][0] - runs[-1][0]) / len(X) if model.converged_ else math.inf
    return _Mixture(loglik, apart, q, bic, float(entropy), p, p.argmax(axis=1))


def _told(
    used: pd.DataFrame, member: pd.Series, chosen: _Mixture, rank: np.ndarray, name: str, threshold: int
) -> list[dict[str, object]]:
    counts = {f"{name}.{c}": int((member == c).sum()) for c in range(1, len(rank) + 1)}
    hidden = unsaid(counts, threshold)
    rows: list[dict[str, object]] = []
    for c, (label, n) in enumerate(counts.items(), 1):
        own = (member == c).to_numpy()
        sure = chosen.probability[own, rank[c - 1]].mean() if n else math.nan
        told = label not in hidden
        rows += [
            {"term": f"n:{label}", "estimate": n if told else math.nan},
            {"term": f"share:{label}", "estimate": n / len(used) if told else math.nan},
            {"term": f"sure:{label}", "estimate": sure},
        ]
        if n >= threshold:
            means = used[own].mean()
            rows += [{"term": f"mean:{column}@{label}", "estimate": value} for column, value in means.items()]
    return rows


def _checks(tried: Mapping[int, _Mixture], best: int, most: int) -> tuple[Check, ...]:
    one = tried[best]
    bic = "the number of smallest BIC (Nylund, Asparouhov & Muthén 2007)"
    checks = [
        Check("check.classes_found", best > 1, best, f">= 2 classes, {bic}"),
        Check("check.classes_replicated", one.apart <= REPLICATED, math.nan,
              "two runs from other starting values settle, and at the same log-likelihood"),
    ]  # fmt: skip
    if best > 1:
        checks.append(Check("check.classes_inside", best < most, best, f"< {most}, the most that were tried"))
        rule = f">= {CLEAR:.2f} (Celeux & Soromenho 1996)"
        checks.append(Check("check.classes_clear", one.entropy >= CLEAR, one.entropy, rule))
        own = [one.probability[one.member == c, c] for c in range(best)]
        least = min((float(p.mean()) for p in own if len(p)), default=math.nan)
        checks.append(Check("check.classes_sure", least >= SURE, least, f">= {SURE:.2f} (Nagin 2005)"))
        formed = "groups that were given, not found in the answers that are compared"
        checks.append(Check("check.classes_formed", False, math.nan, formed))
    return tuple(checks)


def _coded(used: pd.DataFrame) -> np.ndarray:
    """Categories as 0, 1, 2, ... of each item; NaN stays."""
    columns = []
    for name in used.columns:
        codes, _ = pd.factorize(used[name], sort=True)
        columns.append(np.where(codes < 0, np.nan, codes.astype(float)))
    return np.column_stack(columns)


def _stepmix() -> Any:
    try:
        from stepmix.stepmix import StepMix
    except ImportError:
        raise ModelError(EXTRA) from None
    return StepMix


def _admit(frame: pd.DataFrame, columns: Sequence[str], most: int) -> pd.DataFrame:
    if len(columns) < 2 or len(set(columns)) < len(columns):
        raise ModelError("latent classes need two different items or scores, or more")
    if most < 2:
        raise ModelError(f"{most} class is nothing to compare", hint="5")
    numeric_columns(frame, columns)
    used = frame[list(columns)].astype(float).dropna(how="all")
    for name in columns:
        if used[name].nunique() < 2:
            raise ModelError(f"'{name}' does not vary, so it tells no classes apart")
    if len(used) < 20 * most:
        raise ModelError(
            f"{len(used)} respondents are too few to look for {most} classes", hint="20 for each class"
        )
    return used
