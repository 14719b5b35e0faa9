"""How long do customers of a contract stay? Kaplan-Meier by group, and the sBG and BdW models beside it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.clv.contract import ContractFit
from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

FEWEST_LEFT = 5  # customers who left, below which a group's curve says little


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """Admitted stays: duration (n,) above 0, left (n,) 0 or 1, kept (all,) which of the given rows these are."""

    duration: np.ndarray
    left: np.ndarray
    kept: np.ndarray

    @property
    def no_time(self) -> int:
        """Rows that came in on the last day: still there after no time at all, so they say nothing."""
        return int((~self.kept).sum())

    @property
    def counts(self) -> dict[str, float]:
        """Rows read, used, without time, and customers who left."""
        used = float(len(self.duration))
        read = {"read": float(len(self.kept)), "n": used, "no_time": float(self.no_time)}
        return read | {"left": float(self.left.sum())}


def admit_stays(duration: object, left: object) -> Stays:
    """Check durations and endings, and count the rows that carry no time.

    Raises
    ------
    ModelError
        Lengths differ; a value is missing or negative; `left` is neither 0 nor 1; somebody left after no
        time; nobody left.
    """
    labels = labels_of(duration)
    t, gone = column(duration, "duration", labels), column(left, "left", labels)
    if len(t) != len(gone):
        raise ModelError(f"duration and left have {len(t)} and {len(gone)} values")
    if not len(t):
        raise ModelError("there are no customers")
    bad_rows(t < 0, labels, "duration", t, "is negative")
    bad_rows((gone != 0) & (gone != 1), labels, "left", gone, "is neither 0 nor 1")
    bad_rows(
        (t == 0) & (gone == 1), labels, "duration", t, "is 0 for a customer who left",
        "count the period in which he left, so that it is at least 1",
    )  # fmt: skip
    kept = t > 0
    if not gone[kept].any():
        raise ModelError("no customer left, so nothing can be said of leaving", hint="observe for longer")
    return Stays(t[kept], gone[kept], kept)


def kaplan_meier(duration: object, left: object, *, group: object = None, level: float = 0.95) -> Result:
    """Share of customers still there after t periods, by group, and whether the groups differ.

    Parameters
    ----------
    duration : (n,) periods under contract so far, or until the customer left
    left : (n,) 1 if he left at the end of them, 0 if he was still there when last seen
    group : (n,) names of groups; None for all together

    Returns
    -------
    Result
        `survival:<group>.<t>` at each time at which somebody left (interval on the log-log scale),
        `median:<group>` (infinite where more than half stay), `customers:<group>`, `left:<group>`; with
        groups `logrank` (chi-square, p; df in glance).

    Source
    ------
    Kaplan, E. L. & Meier, P. (1958). JASA 53, 457-481; intervals: Kalbfleisch & Prentice (2002), eq. (1.20).
    Log-rank: Mantel, N. (1966). Cancer Chemotherapy Reports 50, 163-170. Computed by lifelines.
    """
    stays = admit_stays(duration, left)
    names = _groups(group, stays)
    curve = survival_curve(duration, left, group=group, level=level)
    drop = curve[curve["left"] > 0]
    subjects = [f"{g}.{t:g}" for g, t in zip(drop["group"], drop["t"], strict=True)]
    ends = {"ci_low": drop["ci_low"].to_numpy(), "ci_high": drop["ci_high"].to_numpy()}
    blocks = [tidy_block("survival", subjects, drop["survival"].to_numpy(), **ends)]
    each = sorted(set(names))
    blocks.append(tidy_block("median", each, [_median(curve[curve["group"] == g]) for g in each]))
    blocks.append(tidy_block("customers", each, [float((names == g).sum()) for g in each]))
    gone = [float(stays.left[names == g].sum()) for g in each]
    blocks.append(tidy_block("left", each, gone))
    glance = stays.counts | {"level": level}
    if len(each) > 1:
        chi2, df, p = _logrank(stays, names)
        blocks.append(tidy_frame([{"term": "logrank", "estimate": chi2, "p_value": p}]))
        glance |= {"logrank_df": df}
    rule = f">= {FEWEST_LEFT} customers left; fewer say little"
    checks = tuple(
        Check(f"check.left:{g}", k >= FEWEST_LEFT, k, rule) for g, k in zip(each, gone, strict=True)
    )
    return Result("model.kaplan_meier", pd.concat(blocks), glance, checks, _source(stays, names))


def survival_curve(
    duration: object, left: object, *, group: object = None, level: float = 0.95
) -> pd.DataFrame:
    """The Kaplan-Meier steps to be drawn: group, t, at_risk, left, survival, ci_low, ci_high; from t = 0."""
    from lifelines import KaplanMeierFitter

    stays = admit_stays(duration, left)
    names = _groups(group, stays)
    parts = []
    for g in sorted(set(names)):
        s = names == g
        fit = KaplanMeierFitter(alpha=1 - level)
        heard(partial(fit.fit, stays.duration[s], stays.left[s], label="survival"))
        table = fit.event_table
        ends = fit.confidence_interval_survival_function_.reindex(table.index).to_numpy()
        parts.append(pd.DataFrame({
            "group": g, "t": table.index.to_numpy(dtype=float), "at_risk": table["at_risk"].to_numpy(dtype=float),
            "left": table["observed"].to_numpy(dtype=float),
            "survival": fit.survival_function_["survival"].reindex(table.index).to_numpy(),
            "ci_low": ends[:, 0], "ci_high": ends[:, 1],
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def contract_fits(tenure: object, churned: object) -> dict[str, ContractFit]:
    """The sBG and the BdW fit of customers who have been there for at least one period."""
    stays = admit_stays(tenure, churned)
    asked = {"tenure": stays.duration, "churned": stays.left}
    return {"sbg": clv.sbg(**asked), "bdw": clv.bdw(**asked)}


def best_contract(fits: dict[str, ContractFit]) -> str:
    """Name of the fit of lowest AIC among those that converged; among all if none did."""
    sound = [name for name, fit in fits.items() if fit.converged]
    return min(sound or fits, key=lambda name: fits[name].aic)


def contract_survival(
    tenure: object, churned: object, *, ahead: int = 12, rate: float | None = None, horizon: int | None = None,
) -> Result:  # fmt: skip
    """The contract models beside the curve that needs no model, and what they say of the periods ahead.

    Parameters
    ----------
    tenure : (n,) whole periods paid for; churned : (n,) 1 if the customer then left
    ahead : periods beyond the longest tenure to be told
    rate, horizon : discount rate a period (0.01 for 1 %) and periods ahead of the expected stay; both or none

    Returns
    -------
    Result
        `survival_km:<t>` to the longest tenure, `survival_sbg:<t>`, `survival_bdw:<t>`, `retention_sbg:<t>`,
        `retention_bdw:<t>` to `ahead` periods after it, `aic:sbg`, `aic:bdw`, `gap:sbg`, `gap:bdw` (largest
        distance from the Kaplan-Meier curve), `chosen:sbg`, `chosen:bdw` (lowest AIC of those that converged); with rate and horizon
        `lifetime:<model>` (periods that a new customer is expected to pay for to the horizon, the first one
        counted) and `derl:<model>` (the same discounted), `derl_now:<model>` (mean discounted renewals of
        those still there, the one now due undiscounted); checks of both fits.

    Source
    ------
    Fader, P. S. & Hardie, B. G. S. (2007). J. Interactive Marketing 21(1), 76-90, and Fader et al. (2018),
    J. Interactive Marketing 43, 1-16.
    """
    stays = admit_stays(tenure, churned)
    fits = contract_fits(tenure, churned)
    curve = survival_curve(tenure, churned)
    longest = int(curve["t"].max())
    t = np.arange(1, longest + 1)
    place = np.searchsorted(curve["t"].to_numpy(), t, side="right") - 1
    km = curve["survival"].to_numpy()[place]
    future = np.arange(1, longest + int(ahead) + 1)
    blocks = [tidy_block("survival_km", map(str, t), km)]
    for name, fit in fits.items():
        blocks.append(tidy_block(f"survival_{name}", map(str, future), fit.survival(future)))
        blocks.append(tidy_block(f"retention_{name}", map(str, future), fit.retention(future)))
    blocks.append(tidy_block("aic", fits, [fit.aic for fit in fits.values()]))
    blocks.append(tidy_block("gap", fits, [np.abs(fit.survival(t) - km).max() for fit in fits.values()]))
    best = best_contract(fits)
    blocks.append(tidy_block("chosen", fits, [float(name == best) for name in fits]))
    glance = stays.counts
    if rate is not None and horizon is not None:
        blocks += _lifetimes(fits, stays, rate, int(horizon))
        glance |= {"rate_per_period": rate, "horizon_periods": float(horizon)}
    checks = tuple(
        Check(f"{check.name.partition(':')[0]}:{name}", check.ok, check.value, check.rule)
        for name, fit in fits.items()
        for check in {check.name.partition(":")[0]: check for check in fit.checks}.values()
    )
    return Result("model.contract", pd.concat(blocks), glance, checks, fits["bdw"].source)


def _lifetimes(fits: dict[str, ContractFit], stays: Stays, rate: float, horizon: int) -> list[pd.DataFrame]:
    """Expected stay of a new customer, plain and discounted, and of those still there."""
    here = stays.duration[stays.left == 0]
    rest = max(horizon - 1, 0)
    new = [1 + float(fit.expected(rest)[0]) for fit in fits.values()]
    paid = [1 + float(fit.dert(rate, horizon=rest)[0]) for fit in fits.values()]
    found = [tidy_block("lifetime", fits, new), tidy_block("derl", fits, paid)]
    if len(here):
        now = [(1 + rate) * float(fit.dert(rate, here, horizon=horizon).mean()) for fit in fits.values()]
        found.append(tidy_block("derl_now", fits, now))
    return found


def heard(call: Callable[[], Any]) -> tuple[Any, int]:
    """What a call of lifelines returns, and of how many troubles of its search it told.

    Its use of pandas warns of pandas to come; that is none of the reader's business. Its own warnings are.
    """
    from lifelines.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = call()
    return found, sum(issubclass(w.category, ConvergenceWarning) for w in told)


def _groups(group: object, stays: Stays) -> np.ndarray:
    """The group of each admitted stay, "all" without groups."""
    if group is None:
        return np.full(len(stays.duration), "all", dtype=object)
    names = pd.Series(np.asarray(group, dtype=object)).astype("string")
    if len(names) != len(stays.kept):
        raise ModelError(f"group has {len(names)} values for {len(stays.kept)} customers")
    if names.isna().any():
        raise ModelError(
            f"group is missing for {int(names.isna().sum())} customers", hint="name them 'unknown'"
        )
    return names.to_numpy(dtype=object)[stays.kept]


def _median(curve: pd.DataFrame) -> float:
    """First time at which no more than half are there."""
    below = curve.loc[curve["survival"] <= 0.5 + 1e-12, "t"]
    return float(below.iloc[0]) if len(below) else np.inf


def _logrank(stays: Stays, names: np.ndarray) -> tuple[float, float, float]:
    from lifelines.statistics import multivariate_logrank_test

    found, _ = heard(lambda: multivariate_logrank_test(stays.duration, names, stays.left))
    return float(found.test_statistic), float(len(set(names)) - 1), float(found.p_value)


def _source(stays: Stays, names: np.ndarray) -> dict[str, str]:
    return source_of(pd.DataFrame({"duration": stays.duration, "left": stays.left, "group": names}))
