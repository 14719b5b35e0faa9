"""Who may become a customer? Groups of prospects, likeness to those who did, and a calibrated, ranked list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.customers.calibration import area, calibration_table
from crmlab.customers.churn import LEAK, MODELS, Churn, churn
from crmlab.customers.features import Features, features
from crmlab.customers.groups import labelled
from crmlab.customers.judging import area_interval, spiegelhalter
from crmlab.customers.profiles import Grouped, profile
from crmlab.customers.segmentation import Segmentation, segment
from crmlab.customers.worth import write_table
from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt, tidy_block, tidy_frame
from crmlab.wilson import wilson_limits

FOLDS = 5
ODD = 0.05  # p of the test of calibration below which probabilities do not hold what they say
LATE = f"area under the curve of one feature, or of its blanks, < {LEAK}; otherwise it is known only after the conversion"


@dataclass(frozen=True, eq=False)
class ProspectResults:
    """The saved results on prospects, by their names in docs/terms.md, and the ranked list.

    Attributes
    ----------
    table : one row a prospect who has not converted: prospect, rank, probability, likeness, group; where nothing
        predicts, the probability is the base rate and there is no rank
    """

    results: dict[str, Result]
    table: pd.DataFrame

    def save_table(self, folder: str | Path) -> list[Path]:
        """`prospects.csv` in `folder`."""
        return write_table(self.table, [Path(folder) / "prospects.csv"])


def prospect_results(
    rows: pd.DataFrame, figures: Sequence[str], words: Sequence[str] = (), *, converted: str | None = None,
    seed: int = 0, level: float = 0.95, most: int = 6, resamples: int = 20, source: dict[str, str] | None = None,
) -> ProspectResults:  # fmt: skip
    """Group prospects, and tell who is likely to become a customer.

    Parameters
    ----------
    rows : one row a prospect: prospect (key), figures, words, and the day of the conversion, NaT if there is none
    figures, words : what was known of a prospect BEFORE any conversion
    converted : column of that day

    Returns
    -------
    ProspectResults
        `prospect_choice`: see `segment`. `prospect_groups`: see `profile`, with `conversion:<group>` (Wilson), for
        groups P1 (most conversions) onwards. `prospect_model`: see `churn`, of converting, with the interval of
        `auc:<model>` and `auc:likeness`. `prospect_calibration`: `told`, `seen`, `customers:<tenth>`.

    Notes
    -----
    Likeness says how many times as often as on average prospects of the same groups became customers, by the other
    prospects (folds). The chances of belonging to a group are features of the model too. A
    feature that by itself tells nearly all, by its values or by its blanks, is taken to be known only after the
    conversion, and left out.
    """
    rows = rows.sort_values(
        "prospect", kind="stable", ignore_index=True
    )  # so that their order does not matter
    raw = rows[list(figures)].astype(float).set_index(rows["prospect"])
    y = None if converted is None else rows[converted].notna().to_numpy(dtype=float)
    results: dict[str, Result] = {}
    what, found = None, None
    if figures:
        grouped: list[tuple[Features, Segmentation]] = []

        def grouping() -> Result:
            made = features(raw)
            grouped.append((made, segment(made, seed=seed, most=most, resamples=resamples, source=source)))
            return grouped[0][1].result

        results["prospect_choice"] = attempt("model.prospect_choice", grouping)
        what, found = grouped[0] if grouped else (None, None)
    group = np.full(len(rows), None, dtype=object)
    if found is not None and what is not None and found.k > 1:
        order, group = labelled(
            found, np.bincount(found.labels.clip(0))[found.labels.clip(0)] * 1.0 if y is None else y, "P"
        )
        jaccard = found.steady.jaccard[order] if found.steady is not None else ()
        results["prospect_groups"] = _groups(what, group, found.k, y, jaccard, level, source)
    told: list[_Told] = []
    if y is not None:

        def model() -> Result:
            told.append(_model(rows, figures, words, y, what, found, seed, level))
            return told[0].result

        results["prospect_model"] = attempt("model.prospect_model", model)
        if told:
            results["prospect_calibration"] = _calibration(told[0].p, y, source)
    return ProspectResults(results, _table(rows, y, told[0] if told else None, group))


def _groups(
    what: Features, group: np.ndarray, k: int, y: np.ndarray | None, jaccard: Sequence[float], level: float,
    source: dict[str, str] | None,
) -> Result:  # fmt: skip
    """What the groups are like, and how many of each converted."""
    names = [f"P{place + 1}" for place in range(k)]
    found = profile(
        Grouped(group, names, what.raw, what.X), model="model.prospect_groups", level=level, jaccard=jaccard
    )
    if y is None:
        return found
    n = np.array([(group == name).sum() for name in names], dtype=float)
    share = np.array([y[group == name].mean() for name in names])
    low, high = wilson_limits(share, n, level)
    blocks = [found.tidy, tidy_block("conversion", names, share, ci_low=low, ci_high=high)]
    blocks.append(tidy_block("converted", names, share * n))
    return Result(found.model, pd.concat(blocks), found.glance, found.checks, dict(source or {}))


@dataclass(frozen=True, eq=False)
class _Told:
    """The judged model, and what it and the likeness say of each prospect."""

    result: Result
    p: np.ndarray
    likeness: np.ndarray
    predicts: bool


def _model(
    rows: pd.DataFrame, figures: Sequence[str], words: Sequence[str], y: np.ndarray, what: Features | None,
    found: Segmentation | None, seed: int, level: float,
) -> _Told:  # fmt: skip
    n, came = len(y), int(y.sum())
    if came == 0 or came == n:
        raise ModelError(
            f"{'none' if came == 0 else 'all'} of {n} prospects became customers: there is nothing to learn from"
        )
    if min(came, n - came) < 3 * FOLDS:
        raise ModelError(
            f"{min(came, n - came)} prospects of the rarer kind are too few to learn from; {3 * FOLDS} are needed"
        )
    frame = rows[list(figures)].astype(float)
    for name in words:
        frame[name] = rows[name]
    late = _too_late(frame, y)
    usable = [name for name in frame if name not in late]
    if not usable:
        raise ModelError("no feature of the prospects was known before the conversion")
    features_ = frame[usable].assign(**_memberships(what, found))
    judged = churn(features_, y, seed=seed, level=level, folds=FOLDS)
    alike = _likeness(what, found, y, judged.fold)
    best = judged.chosen
    checks = [check for check in judged.result.checks if check.name.startswith("check.better_than_base")]
    z, odd = spiegelhalter(judged.probability, y)
    checks.append(
        Check("check.calibrated_prospects", odd >= ODD, odd, f"p of z >= {ODD} (Spiegelhalter 1986)")
    )
    checks += [Check(f"check.known_too_late:{name}", False, value, LATE) for name, value in late.items()]
    rule = next(check for check in checks if check.name == f"check.better_than_base:{best}")
    tidy = pd.concat(
        [
            _with_areas(judged, alike, y, level),
            tidy_frame([{"term": "spiegelhalter", "estimate": z, "p_value": odd}]),
        ]
    )
    glance = {name: value for name, value in judged.result.glance.items() if name != "left"} | {
        "converted": float(came)
    }
    result = Result("model.prospect_model", tidy, glance, tuple(checks), judged.result.source)
    return _Told(result, judged.probability, alike, rule.ok)


def _memberships(what: Features | None, found: Segmentation | None) -> dict[str, np.ndarray]:
    """Chances of belonging to each group but the last; nothing where there are no groups."""
    if what is None or found is None or found.k < 2:
        return {}
    return {f"group {k + 1}": column for k, column in enumerate(found.part.memberships(what.X).T[:-1])}


def _with_areas(judged: Churn, alike: np.ndarray, y: np.ndarray, level: float) -> pd.DataFrame:
    """The table of the model, with intervals of the areas under the curve and with that of likeness alone."""
    tidy = judged.result.tidy.copy().set_index("term")
    scores: dict[str, Any] = {name: judged.by_model[name].to_numpy() for name in MODELS}
    if np.isfinite(alike).all():
        scores["likeness"] = alike
    for name, score in scores.items():
        value, se, low, high = area_interval(score, y, level)
        tidy.loc[f"auc:{name}", ["estimate", "std_error", "ci_low", "ci_high"]] = [value, se, low, high]
    return tidy.reset_index()


def _too_late(frame: pd.DataFrame, y: np.ndarray) -> dict[str, float]:
    """Features that by themselves tell nearly all, with the area under their curve."""
    found = {}
    for name in frame:
        blank = frame[name].isna().to_numpy(dtype=float)
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            score = values.fillna(values.median()).to_numpy(dtype=float) if values.notna().any() else blank
        else:
            blank = (values.isna() | (values.astype(str) == "")).to_numpy(dtype=float)
            means = pd.Series(y).groupby(values.astype(str).to_numpy()).transform("mean")
            score = means.to_numpy() if values.nunique() <= max(50, len(values) / 20) else blank
        best = max(max(area(one, y), 1 - area(one, y)) for one in (score, blank))
        if best >= LEAK:
            found[str(name)] = best
    return found


def _likeness(
    what: Features | None, found: Segmentation | None, y: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """(n,) how many times as often as on average prospects of the same groups became customers; NaN without groups.

    Rates are those of the other folds, each with as many average prospects added as make one conversion.
    """
    alike = np.full(len(y), np.nan)
    if what is None or found is None or found.k < 2:
        return alike
    member = found.part.memberships(what.X)
    for number in range(int(fold.max()) + 1):
        test = fold == number
        base = y[~test].mean()
        came, there = member[~test].T @ y[~test], member[~test].sum(axis=0)
        alike[test] = member[test] @ ((came + 1) / (there + 1 / base)) / base
    return alike


def _calibration(p: np.ndarray, y: np.ndarray, source: dict[str, str] | None) -> Result:
    table = calibration_table(p, y)
    bins = [str(k + 1) for k in range(len(table))]
    ends = {"ci_low": table["ci_low"].to_numpy(), "ci_high": table["ci_high"].to_numpy()}
    blocks = [
        tidy_block("told", bins, table["told"].to_numpy()),
        tidy_block("seen", bins, table["seen"].to_numpy(), **ends),
        tidy_block("customers", bins, table["customers"].to_numpy(dtype=float)),
    ]
    return Result("model.prospect_calibration", pd.concat(blocks), {"level": 0.95}, (), dict(source or {}))


def _table(rows: pd.DataFrame, y: np.ndarray | None, told: _Told | None, group: np.ndarray) -> pd.DataFrame:
    """The open prospects, likeliest first."""
    table = pd.DataFrame({"prospect": rows["prospect"].to_numpy(), "rank": np.nan, "probability": np.nan,
                          "likeness": np.nan, "group": group})  # fmt: skip
    if told is not None and y is not None:
        table["likeness"] = told.likeness
        table["probability"] = told.p if told.predicts else y.mean()
    table = table.loc[y != 1] if y is not None else table
    if told is not None and told.predicts:
        table = table.sort_values(["probability", "prospect"], ascending=[False, True], kind="stable")
        table["rank"] = np.arange(len(table)) + 1
        return table.astype({"rank": "Int64"}).reset_index(drop=True)
    return table.sort_values("prospect", kind="stable").astype({"rank": "Int64"}).reset_index(drop=True)
