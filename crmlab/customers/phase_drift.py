"""When customers change, which of before, during and after the sale moves with them? What is due for review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.customers.attributes import Attribute
from crmlab.customers.clustered import contrasts, group_means, holm
from crmlab.customers.drift import Shift, number_shift, word_shift
from crmlab.customers.touches import PHASES, Touches, window
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.study import Study

KPIS = ("acceptance", "quality", "cost")
COLUMNS = {"acceptance": "accepted", "quality": "quality", "cost": "cost"}
WEEK = 7
FEWEST_WEEKS = 4  # whole weeks that a window must have for its volume to be compared
FEWEST_CUSTOMERS = 10  # in each window, below which nothing is said of a phase
REFERENCE = 0.75  # share of the observed days, where the study sets no windows


@dataclass(frozen=True, slots=True)
class Windows:
    """First and last day of the reference and of the recent window, in days since 1970."""

    reference: tuple[int, int]
    recent: tuple[int, int]

    def side(self, day: np.ndarray) -> np.ndarray:
        """0 in the reference, 1 in the recent window, -1 outside of both."""
        first = (day >= self.reference[0]) & (day <= self.reference[1])
        second = (day >= self.recent[0]) & (day <= self.recent[1])
        return np.where(first, 0, np.where(second, 1, -1))

    @property
    def lengths(self) -> tuple[int, int]:
        """Days of each."""
        return self.reference[1] - self.reference[0] + 1, self.recent[1] - self.recent[0] + 1


def windows_of(touched: Touches, study: Study) -> Windows:
    """The study's windows; what is open there meets after three quarters of the observed days.

    Raises
    ------
    ModelError
        The windows overlap, or one of them holds no contact.
    """
    if not len(touched.rows):
        raise ModelError("the log has no contact with a customer and a time")
    asked, calendar = study.spec.phases, touched.calendar
    before = window(asked.reference, calendar, study, "phases.reference")
    after = window(asked.recent, calendar, study, "phases.recent")
    first, last = touched.first, touched.last
    turn = first + round(REFERENCE * (last - first + 1))
    begin = after[0] if after[0] is not None else (before[1] + 1 if before[1] is not None else turn)
    end = before[1] if before[1] is not None else begin - 1
    found = Windows((before[0] or first, end), (begin, after[1] or last))
    if found.reference[1] >= found.recent[0]:
        raise ModelError(
            "the reference window reaches into the recent one", hint="phases.reference, phases.recent"
        )
    side = found.side(touched.rows["day"].to_numpy())
    for place, name in enumerate(("reference", "recent")):
        if not (side == place).any():
            raise ModelError(f"no contact lies in the {name} window", hint=f"phases.{name}")
    return found


def drift(
    rows: pd.DataFrame,
    attributes: Sequence[Attribute],
    windows: Windows,
    *,
    alpha: float = 0.05,
    level: float = 0.95,
) -> Result:
    """Did customers change, and which of the three phases moved with them?

    Parameters
    ----------
    rows : contacts: customer, day, phase, and any of accepted, quality, cost, personalised
    attributes : of customers
    windows : reference and recent
    alpha : chance of any false flag among the attributes, and of any among the phases

    Returns
    -------
    Result
        Of each attribute `psi:<a>` (std_error: what to expect without change), `band:<a>` (0 below .10, 1 below .25, 2
        above), `ks:<a>` or `chi2:<a>` (p), `p_attribute:<a>` by Holm, `drifted:<a>` 0/1. Of each phase and KPI (acceptance, quality,
        cost; volume: contacts a week; response: acceptance of personalised less that of standard contacts)
        `reference:<phase>.<kpi>`, `recent:<phase>.<kpi>`, `change:<phase>.<kpi>` (interval, p), `p_change:<phase>.<kpi>`
        by Holm over all phases and KPIs, `moved:<phase>.<kpi>` 1 up, -1 down, 0 not shown; `review:<phase>` how many of
        its KPIs moved: from 1 on its method is due for review. `drifted`: how many attributes moved.

    Source
    ------
    Siddiqi, N. (2006). Credit risk scorecards (index and bands); Holm, S. (1979). Scandinavian Journal of Statistics
    6, 65-70.
    """
    blocks, glance = _attribute_rows(attributes, windows, alpha)
    side = windows.side(rows["day"].to_numpy())
    kept = rows.loc[(side >= 0) & (rows["phase"].to_numpy() >= 0)] if "phase" in rows else rows.iloc[:0]
    moved, checks = _phase_rows(kept, windows, alpha, level)
    lengths = windows.lengths
    glance |= {
        "alpha": alpha, "level": level, "reference_start": windows.reference[0], "reference_end": windows.reference[1],
        "recent_start": windows.recent[0], "recent_end": windows.recent[1],
        "reference_days": lengths[0], "recent_days": lengths[1], "contacts": len(kept),
    }  # fmt: skip
    return Result("model.phase_drift", pd.concat([*blocks, *moved]), glance, tuple(checks), source_of(rows))


def _attribute_rows(
    attributes: Sequence[Attribute], windows: Windows, alpha: float
) -> tuple[list[pd.DataFrame], dict[str, float]]:
    shifts: dict[str, tuple[Shift, bool]] = {}
    for one in attributes:
        shift = _shift(one, windows)
        if shift is not None:
            shifts[one.name] = (shift, one.words)
    names = list(shifts)
    found = [shifts[name][0] for name in names]
    adjusted = holm(np.array([one.p_value for one in found]))
    drifted = (adjusted < alpha).astype(float)
    size = np.array([one.psi for one in found])
    blocks = [
        tidy_block("psi", names, size, std_error=[one.noise for one in found]),
        tidy_block("band", names, np.where(size < 0.10, 0.0, np.where(size < 0.25, 1.0, 2.0))),
        *(
            tidy_block("chi2" if shifts[n][1] else "ks", [n], [s.statistic], p_value=[s.p_value])
            for n, s in zip(names, found, strict=True)
        ),
        tidy_block("n_reference", names, [float(one.n[0]) for one in found]),
        tidy_block("n_recent", names, [float(one.n[1]) for one in found]),
        tidy_block("p_attribute", names, adjusted),
        tidy_block("drifted", names, drifted),
        tidy_frame([{"term": "drifted", "estimate": drifted.sum()}]),
    ]
    return blocks, {"attributes": float(len(names))}


def _shift(one: Attribute, windows: Windows) -> Shift | None:
    """The drift of one attribute; None where a window has hardly any of its customers."""
    side = windows.side(one.day)
    inside = side >= 0
    values, who, late = one.values[inside], one.customer[inside], side[inside] == 1
    if min(len(np.unique(who[~late])), len(np.unique(who[late]))) < FEWEST_CUSTOMERS:
        return None
    if one.words:
        return word_shift(np.unique(values, return_inverse=True)[1], late, who)
    parts = [_per_customer(values[late == s], who[late == s]) for s in (False, True)]
    return number_shift(*parts)


def _per_customer(values: np.ndarray, who: np.ndarray) -> np.ndarray:
    _, place = np.unique(who, return_inverse=True)
    return np.bincount(place, weights=values) / np.bincount(place)


def _phase_rows(
    rows: pd.DataFrame, windows: Windows, alpha: float, level: float
) -> tuple[list[pd.DataFrame], list[Check]]:
    table: list[dict[str, Any]] = []
    checks: list[Check] = []
    for place, phase in enumerate(PHASES):
        part = rows.loc[rows["phase"] == place] if len(rows) else rows
        side = windows.side(part["day"].to_numpy()) if len(part) else np.zeros(0, dtype=int)
        people = min(
            (part["customer"].to_numpy()[side == s].size and part.loc[side == s, "customer"].nunique())
            for s in (0, 1)
        )
        enough = people >= FEWEST_CUSTOMERS
        checks.append(
            Check(
                f"check.phase_size:{phase}", enough, people, f">= {FEWEST_CUSTOMERS} customers in each window"
            )
        )
        if enough:
            table += [{"phase": phase, **row} for row in _moves(part, side, windows, level)]
    if not table:
        return [], checks
    found = pd.DataFrame(table)
    found["holm"] = holm(found["p"].to_numpy())
    found["moved"] = np.where(found["holm"] < alpha, np.sign(found["change"]), 0.0)
    names = (found["phase"] + "." + found["kpi"]).tolist()
    blocks = [
        tidy_block("reference", names, found["reference"].to_numpy()),
        tidy_block("recent", names, found["recent"].to_numpy()),
        tidy_block(
            "change", names, found["change"].to_numpy(), std_error=found["error"].to_numpy(),
            ci_low=found["low"].to_numpy(), ci_high=found["high"].to_numpy(), p_value=found["p"].to_numpy(),
        ),
        tidy_block("p_change", names, found["holm"].to_numpy()),
        tidy_block("moved", names, found["moved"].to_numpy()),
    ]  # fmt: skip
    count = found.assign(one=found["moved"] != 0).groupby("phase", sort=False)["one"].sum()
    return [*blocks, tidy_block("review", count.index, count.to_numpy(dtype=float))], checks


def _moves(part: pd.DataFrame, side: np.ndarray, windows: Windows, level: float) -> list[dict[str, Any]]:
    """The change of each KPI of one phase from the reference to the recent window."""
    found = []
    who = part["customer"].to_numpy()
    for kpi in [kpi for kpi in KPIS if COLUMNS[kpi] in part]:
        x = part[COLUMNS[kpi]].to_numpy(dtype=float)
        told = np.isfinite(x)
        found.append(_changed(kpi, x[told], side[told], who[told], np.array([[-1.0, 1.0]]), level))
    found.append(_volume(part["day"].to_numpy(), windows, level))
    if "accepted" in part and "personalised" in part:
        x, own = part["accepted"].to_numpy(dtype=float), part["personalised"].to_numpy(dtype=float)
        told = np.isfinite(x) & np.isfinite(own)
        group = 2 * side[told] + own[told].astype(int)
        found.append(
            _changed("response", x[told], group, who[told], np.array([[1.0, -1.0, -1.0, 1.0]]), level)
        )
    return [row for row in found if row is not None and np.isfinite(row["error"]) and row["error"] > 0]


def _changed(
    kpi: str, x: np.ndarray, group: np.ndarray, who: np.ndarray, weights: np.ndarray, level: float
) -> dict[str, Any] | None:
    k = weights.shape[1]
    if not len(x) or np.bincount(group, minlength=k).min() < 2:
        return None
    means = group_means(x, group, who, k)
    one = contrasts(means, weights)
    low, high = one.limits(level)
    early, late = (
        (means.mean[0], means.mean[1])
        if k == 2
        else (means.mean[1] - means.mean[0], means.mean[3] - means.mean[2])
    )
    return {
        "kpi": kpi, "reference": early, "recent": late, "change": one.estimate[0], "error": one.error[0],
        "low": low[0], "high": high[0], "p": one.p_value()[0],
    }  # fmt: skip


def _volume(day: np.ndarray, windows: Windows, level: float) -> dict[str, Any] | None:
    """Contacts a week: whole weeks of each window as rows of their own."""
    counts = []
    for first, last in (windows.reference, windows.recent):
        weeks = (last - first + 1) // WEEK
        if weeks < FEWEST_WEEKS:
            return None
        inside = (day > last - weeks * WEEK) & (day <= last)
        counts.append(
            np.bincount((day[inside] - (last - weeks * WEEK + 1)) // WEEK, minlength=weeks).astype(float)
        )
    x = np.concatenate(counts)
    side = np.repeat([0, 1], [len(one) for one in counts])
    return _changed("volume", x, side, np.arange(len(x)), np.array([[-1.0, 1.0]]), level)
