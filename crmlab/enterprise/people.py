"""The customers behind the units: who answered what, who serves them, and what they paid, from the admitted tables."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.data.ledger_admitted import TABLE as LEDGER
from crmlab.data.ledger_admitted import Ledger
from crmlab.data.survey import Survey

if TYPE_CHECKING:
    from crmlab.data.members import Members
    from crmlab.study import Study

GROUPS = "customers.parquet"  # of step 07: one row a customer, with the group it belongs to
SEGMENTS = "segments.csv"  # of step 07, where the study asks for segments: the same


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Respondents that are analysed, one row each.

    Attributes
    ----------
    scores : mean answer to each construct (a second-order one is the mean of its dimensions), NaN if nothing was
        answered; the index is the record number
    answers : answers to the items, reverse-worded ones turned round
    customer : pseudonym, or None
    unit : the unit that serves the respondent, or None
    bounds : construct -> lowest and highest mean answer
    """

    scores: pd.DataFrame
    answers: pd.DataFrame
    customer: pd.Series
    unit: pd.Series
    bounds: dict[str, tuple[float, float]]

    def of_units(self, outcome: str) -> pd.DataFrame:
        """Unit and outcome of the respondents whose unit is known."""
        frame = pd.DataFrame({"unit": self.unit, outcome: self.scores[outcome]})
        return frame.loc[frame["unit"].notna()].reset_index(drop=True)


def people(
    study: Study, intake: Path, members: Members | None = None, known: Collection[str] = ()
) -> People | None:
    """The respondents of a study; None if it has no survey, or its intake has not run.

    Parameters
    ----------
    intake : results of step 02
    members : which unit serves which customer, if the study has such a table
    known : names of the units that are looked for, by which the language of an item's words is told
    """
    if not study.has_survey or not (intake / "survey").is_dir():
        return None
    survey = Survey.load(intake)
    answers = survey.analysed
    nobody = pd.Series(None, index=answers.index, dtype=object)
    customer = nobody if survey.customer is None else survey.customer.loc[answers.index]
    scores, bounds = _scores(study, answers)
    item = study.enterprise.unit
    if item is not None:
        unit = _worded(study, item, answers[item], known)
    else:
        served = _served(intake, members)
        unit = nobody if served is None else customer.map(served.get).astype(object)
    unit = unit.where(unit.notna(), None)
    return People(scores, answers, customer, unit, bounds)


def revenue(study: Study, intake: Path) -> pd.Series | None:
    """Customer -> what was earned with that customer over the time observed; None without a ledger.

    The margin where the ledger has one, else the amount times the study's margin; in real money where the study has a
    price index, refunds taken off.
    """
    if not study.has_ledger or not (intake / "ledger").is_dir():
        return None
    rows = Ledger.load(intake).deflated().rows
    money = rows["margin"] if "margin" in rows else rows["amount"] * study.behaviour.margin
    return money.groupby(rows["customer"], sort=True).sum()


def groups(behaviour: Path) -> dict[str, str]:
    """Customer -> segment, or group by purchases where the study asks for no segments, as step 07 found them."""
    asked = behaviour / SEGMENTS
    if asked.is_file():
        table = pd.read_csv(asked, dtype=str, keep_default_na=False)
        if {"customer", "segment"} <= set(table.columns):
            known = table.loc[(table["segment"] != "") & (table["customer"] != "")]
            return dict(zip(known["customer"], known["segment"], strict=True))
    file = behaviour / GROUPS
    if not file.is_file():
        return {}
    from crmlab.data.parquet import read_frame

    frame = read_frame(file)
    return dict(zip(frame["customer"], frame["group"].astype(str), strict=True)) if "group" in frame else {}


def _scores(study: Study, answers: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, tuple[float, float]]]:
    found: dict[str, pd.Series] = {}
    bounds: dict[str, tuple[float, float]] = {}
    for name in study.first_order:
        items = study.blocks[name]
        ends = [study.instrument.scale_of(code) for code in items]
        found[name] = answers[items].mean(axis=1)
        bounds[name] = (float(np.mean([s.low for s in ends])), float(np.mean([s.high for s in ends])))
    for name in study.second_order:
        parts = list(study.constructs[name].dimensions)
        found[name] = pd.DataFrame({part: found[part] for part in parts}).mean(axis=1, skipna=False)
        low, high = np.mean([bounds[part] for part in parts], axis=0)
        bounds[name] = (float(low), float(high))
    return pd.DataFrame(found, index=answers.index), bounds


def _worded(study: Study, item: str, codes: pd.Series, known: Collection[str]) -> pd.Series:
    """The words of an item's answers, in the language that the units are named in."""
    labels = study.instrument.scale_of(item).labels
    spoken = {
        language: {code: words[language] for code, words in labels.items()} for language in study.languages
    }
    best = max(spoken, key=lambda language: len(set(spoken[language].values()) & set(known)))
    return codes.map(lambda code: None if code != code else spoken[best].get(int(code), f"{code:g}")).astype(
        object
    )


def _served(intake: Path, members: Members | None) -> dict[str, str] | None:
    """Customer -> unit: by the table of members, else the branch where the customer bought most often."""
    if members is not None:
        return dict(zip(members.frame["customer"], members.frame["unit"], strict=True))
    if not (intake / "ledger" / LEDGER).is_file():
        return None
    rows = Ledger.load(intake).rows
    if "branch" not in rows:
        return None
    bought = rows.loc[(rows["kind"] == "purchase") & rows["branch"].notna() & (rows["branch"] != "")]
    often = bought.groupby(["customer", "branch"], sort=True).size().reset_index(name="n")
    first = often.sort_values("n", ascending=False, kind="stable").drop_duplicates("customer")
    return dict(zip(first["customer"], first["branch"], strict=True))
