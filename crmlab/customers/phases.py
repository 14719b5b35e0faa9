"""Before, during and after the sale: a scorecard of each phase, and which phase moved when customers changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crmlab.customers.attributes import attributes
from crmlab.customers.clustered import contrasts, group_means
from crmlab.customers.days import PurchaseDays
from crmlab.customers.phase_drift import COLUMNS, KPIS, drift, windows_of
from crmlab.customers.touches import PHASES, Touches
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, attempt, tidy_block, tidy_frame
from crmlab.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class PhaseResults:
    """The saved results on the phases of the sale: `phase_scorecard`, `phase_drift`."""

    results: dict[str, Result]


def phases(
    touched: Touches | None, study: Study, *, answers: pd.DataFrame | None = None, days: PurchaseDays | None = None,
    ledger: pd.DataFrame | None = None,
) -> PhaseResults | None:  # fmt: skip
    """Everything on the phases that a study has data for; None where it has none.

    Parameters
    ----------
    touched : contacts, see `touches`
    answers : of the survey, reverse items turned
    days : purchases, in the money they are to be compared in
    ledger : admitted rows of the ledger, for the words of purchases
    """
    found: dict[str, Result] = {}
    asked = answers is not None and any(study.asks(item) for item in ("CAR1", "PHS"))
    if touched is None and not asked:
        return None
    level = study.estimator.level
    found["phase_scorecard"] = attempt(
        "model.phase_scorecard", lambda: scorecard(touched, answers, study, level)
    )
    if touched is not None:
        found["phase_drift"] = attempt(
            "model.phase_drift",
            lambda: drift(
                touched.rows, attributes(touched, study, days, ledger), windows_of(touched, study),
                alpha=study.rules.alpha, level=level,
            ),
        )  # fmt: skip
    return PhaseResults(found)


# -- the scorecard ---------------------------------------------------------------------------------


def scorecard(
    touched: Touches | None, answers: pd.DataFrame | None, study: Study, level: float = 0.95
) -> Result:
    """How each phase does: in the log of contacts, and in the eyes of those who answered.

    Returns
    -------
    Result
        `contacts:<phase>`, `share:<phase>` of all contacts, `customers:<phase>`, `acceptance:<phase>`, `quality:<phase>`,
        `cost:<phase>` (means with intervals, rows of one customer taken together), `personal:<phase>` (share of
        personalised contacts); from the survey `care:<item>` (mean of CAR1 to CAR4 with interval) and
        `respondents:<phase>`, `satisfaction:<phase>` (mean of the satisfaction items, by the phase of the latest
        contact). Check `phases_told`: contacts whose phase the log does not say.
    """
    blocks: list[pd.DataFrame] = []
    checks: list[Check] = []
    glance: dict[str, float] = {"level": level}
    parts: list[pd.DataFrame] = []
    if touched is not None:
        found, told, counted = _of_contacts(touched, level)
        blocks, checks, glance = [*blocks, *found], [*checks, *told], glance | counted
        parts.append(touched.rows)
    if answers is not None:
        blocks += _of_answers(answers, study, level)
    if not blocks:
        raise ModelError("neither contacts with a phase nor questions on the phases of the sale")
    source = source_of(parts[0]) if parts else source_of(answers if answers is not None else pd.DataFrame())
    return Result("model.phase_scorecard", pd.concat(blocks), glance, tuple(checks), source)


def _of_contacts(touched: Touches, level: float) -> tuple[list[pd.DataFrame], list[Check], dict[str, float]]:
    rows = touched.rows
    if "phase" not in rows:
        raise ModelError("the log of contacts has no phases", hint="name its column: contacts.columns.phase")
    unknown = int((rows["phase"] < 0).sum())
    rule = "<= 0.05 of the contacts without a known phase"
    checks = [Check("check.phases_told", unknown <= 0.05 * len(rows), unknown, rule)]
    if unknown == len(rows):
        raise ModelError("no contact tells a phase that is known", hint="phases.words")
    known = rows.loc[rows["phase"] >= 0]
    phase = known["phase"].to_numpy()
    n = np.bincount(phase, minlength=len(PHASES))
    here = [k for k in range(len(PHASES)) if n[k]]
    names = [PHASES[k] for k in here]
    people = known.groupby("phase")["customer"].nunique().reindex(range(len(PHASES)), fill_value=0)
    blocks = [
        tidy_block("contacts", names, n[here].astype(float)),
        tidy_block("share", names, n[here] / n.sum()),
        tidy_block("customers", names, people.to_numpy(dtype=float)[here]),
    ]
    for kpi in [kpi for kpi in KPIS if COLUMNS[kpi] in known]:
        blocks.append(_means(kpi, known, COLUMNS[kpi], here, level))
    if "personalised" in known:
        blocks.append(_means("personal", known, "personalised", here, level))
    if "accepted" in known:
        yes = float(np.nansum(known["accepted"].to_numpy()))
        checks.append(Check("check.outcomes_told", yes > 0, yes, "> 0 contacts whose outcome means yes"))
    return blocks, checks, {"contacts": float(len(rows)), "unknown_phase": float(unknown)}


def _means(kpi: str, rows: pd.DataFrame, column: str, groups: Sequence[int], level: float) -> pd.DataFrame:
    """Mean of a column in each phase with its interval; NaN where nothing is known of it."""
    x = rows[column].to_numpy(dtype=float)
    told = np.isfinite(x)
    found = group_means(
        x[told], rows["phase"].to_numpy()[told], rows["customer"].to_numpy()[told], len(PHASES)
    )
    one = contrasts(found, np.eye(len(PHASES)))
    low, high = one.limits(level)
    low, high = (np.clip(v, 0, 1) if kpi in ("acceptance", "personal") else v for v in (low, high))
    pick = list(groups)
    return tidy_block(
        kpi, [PHASES[k] for k in pick], found.mean[pick], std_error=one.error[pick], ci_low=low[pick], ci_high=high[pick]
    )  # fmt: skip


def _of_answers(answers: pd.DataFrame, study: Study, level: float) -> list[pd.DataFrame]:
    blocks = []
    care = [item for item in ("CAR1", "CAR2", "CAR3", "CAR4") if study.asks(item) and item in answers]
    if care:
        blocks.append(
            _plain_means("care", {item: answers[item].to_numpy(dtype=float) for item in care}, level)
        )
    items = [item for item in study.blocks.get("SAT", ()) if item in answers]
    if "PHS" in answers and study.asks("PHS"):
        phase = answers["PHS"].to_numpy(dtype=float)
        sizes = {name: float((phase == k).sum()) for k, name in enumerate(PHASES, 1)}
        known = {name: size for name, size in sizes.items() if size}
        blocks.append(tidy_block("respondents", known, list(known.values())))
        if items and known:
            score = answers[items].mean(axis=1).to_numpy(dtype=float)
            parts = {name: score[phase == k] for k, name in enumerate(PHASES, 1) if name in known}
            blocks.append(_plain_means("satisfaction", parts, level))
    return blocks


def _plain_means(quantity: str, columns: Mapping[str, np.ndarray], level: float) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for name, values in columns.items():
        x = values[np.isfinite(values)]
        row: dict[str, object] = {
            "term": f"{quantity}:{name}",
            "estimate": float(x.mean()) if len(x) else np.nan,
        }
        if len(x) > 1:
            error = float(x.std(ddof=1) / np.sqrt(len(x)))
            reach = float(stdtrit(len(x) - 1, (1 + level) / 2)) * error
            row |= {"std_error": error, "ci_low": float(x.mean()) - reach, "ci_high": float(x.mean()) + reach}
        rows.append(row)
    return tidy_frame(rows)
