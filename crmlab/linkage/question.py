"""What a study asks of its answers and its ledger together, as `link` takes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.data.admitted import Survey
from crmlab.data.dates import stamp
from crmlab.data.ledger import Ledger
from crmlab.data.ledger_money import inflation, margin_share
from crmlab.linkage.asked import Asked
from crmlab.linkage.behaviour import DAYS, MODELS, YEAR, Money
from crmlab.linkage.coverage import AFTER
from crmlab.linkage.link import Linkage, link
from crmlab.study import Study
from crmlab.study.survey_spec import Fieldwork
from crmlab.study.worth_spec import Worth

MONTHS = 12


def link_study(study: Study, folder: str | Path) -> Linkage | None:
    """Answers joined with purchases, from what step 02 saved in `folder`; None where the study cannot join them.

    Examples
    --------
    >>> from crmlab import load_study
    >>> study = load_study("data/demo")  # doctest: +SKIP
    >>> link_study(study, "reports/demo/results/02_data_intake").results["join"]["matched"]  # doctest: +SKIP
    315.0
    """
    if study.worth is None:
        return None
    return link(**question(study, Survey.load(folder), Ledger.load(folder)))


def question(study: Study, survey: Survey, ledger: Ledger) -> dict[str, Any]:
    """Arguments of `link`: the study's settings, its answers, and its purchases in real money where it can be had."""
    worth, behaviour = study.worth, study.behaviour
    assert worth is not None
    real = ledger.deflator is not None
    told = ledger.deflated() if real else ledger
    horizon = behaviour.horizon_months / MONTHS * YEAR / DAYS[behaviour.unit]
    money = Money(behaviour.discount_rate, horizon, margin_share(ledger, behaviour.margin))
    rate = clv.nominal_rate(money.rate, inflation(ledger)) if real else money.rate
    days = _days(study, ledger)
    answers = survey.analysed
    return {
        "answers": answers,
        "customer": _keys(survey, answers.index),
        "rfm": told.rfm(),
        "items": items_of(study, worth.of or ""),
        "perceived": items_of(study, worth.perceived) if worth.perceived else None,
        "asked": _asked(study, worth),
        "money": money,
        "nominal": (ledger.rfm(), replace(money, rate=rate)) if real else None,
        "later": _later(told, days),
        "days": days,
        "rows": ledger.rows if "product" in ledger.rows else None,
    }


def items_of(study: Study, name: str) -> dict[str, list[str]]:
    """Dimensions of a construct with their items; a first-order one is its own."""
    one = study.constructs[name]
    return {part: list(study.constructs[part].items) for part in (one.dimensions or (name,))}


def _asked(study: Study, worth: Worth) -> Asked:
    named = study.behaviour.model
    return Asked(
        construct=worth.of or "", perceived=worth.perceived or "", unit=study.behaviour.unit,
        level=study.estimator.level, draws=worth.draws, seed=study.seed, least=worth.least, point=worth.point,
        outcome=worth.outcome, model=named if named in MODELS else "auto", second=worth.second,
        threshold=study.privacy_threshold,
    )  # fmt: skip


def _keys(survey: Survey, index: pd.Index) -> pd.Series:
    """The customer of each respondent; nobody's where the answers were admitted without the column."""
    if survey.customer is None:
        return pd.Series([None] * len(index), index=index, dtype=object)
    return survey.customer.reindex(index)


def _days(study: Study, ledger: Ledger) -> dict[str, float]:
    """Days since 1970: first and last of the ledger, and of the fieldwork as far as the study declares them."""
    found = {"ledger_first": _number(ledger.window.start), "ledger_end": _number(ledger.window.end)}
    asked: Fieldwork | None = study.survey.fieldwork
    for key, day in (("field_first", asked and asked.start), ("field_last", asked and asked.end)):
        if asked is not None and day and (moment := stamp(day, asked.calendar)) is not None:
            found[key] = _number(moment.date())
    return found


def _number(day: date) -> float:
    return float(np.datetime64(day, "D").astype(np.int64))


def _later(ledger: Ledger, days: dict[str, float]) -> pd.DataFrame | None:
    """Customers as they were on the last day of the fieldwork, and what they bought after it; None where nothing is after it."""
    last = days.get("field_last")
    if last is None or days["ledger_end"] - last < AFTER or last <= days["ledger_first"]:
        return None
    split = np.datetime64(int(last), "D")
    return clv.rfm(
        ledger.rows, customer="customer", date="day", amount="amount", end=ledger.window.end,
        calibration_end=str(split), unit=ledger.rules["unit"], returns=ledger.rules["returns"],  # type: ignore[arg-type]
        zero=ledger.rules["zero"],  # type: ignore[arg-type]
    )  # fmt: skip
