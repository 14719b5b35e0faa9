"""Segments, prospects and the life cycle of a study, from what step 02 admitted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmlab.customers.alive_rule import alive_rule
from crmlab.customers.groups import CustomerGroups, construct_means, customer_groups
from crmlab.customers.life_cycle import LifeCycle, life_cycle
from crmlab.customers.prospects import ProspectResults, prospect_results
from crmlab.customers.question import days_of
from crmlab.customers.stages import STAGES, Rule
from crmlab.data.admitted import Survey
from crmlab.data.ledger import Ledger
from crmlab.data.warehouse import Warehouse
from crmlab.files import sha256_text
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_frame
from crmlab.study import Study

TOO_SMALL = "check.two_groups"  # as step 06 says that no two groups are large enough


def find_segments(study: Study, folder: str | Path) -> CustomerGroups | None:
    """The segments of a study's customers; `folder` holds what step 02 saved. None where nothing is asked.

    Scores go with customers through `survey.customer`; in a study without a ledger, respondents are grouped.
    """
    asked = study.segments
    if asked is None:
        return None
    ledger = Ledger.load(folder) if study.has_ledger else None
    survey = Survey.load(folder) if study.has_survey else None
    days = (
        days_of(ledger.deflated() if ledger.deflator is not None else ledger) if ledger is not None else None
    )
    scores = None
    if survey is not None and asked.scores:
        scores = _scores(study, survey, by_customer=days is not None)
    return customer_groups(
        asked,
        days=days,
        scores=scores,
        level=study.estimator.level,
        seed=study.seed,
        source=_source(ledger, survey),
    )


def _scores(study: Study, survey: Survey, *, by_customer: bool) -> pd.DataFrame | None:
    """Scores of those who answered, by customer or by respondent; None where customers are not named."""
    assert study.segments is not None
    wholes = {name: list(study.constructs[name].dimensions) for name in study.second_order}
    means = construct_means(survey.analysed, study.blocks, wholes, study.segments.scores)
    if not by_customer:
        return means
    if survey.customer is None:
        return None
    who = survey.customer.reindex(means.index)
    found = means.loc[who.notna()].set_axis(pd.Index(who.dropna(), name="customer"), axis=0)
    return found.loc[~found.index.duplicated()]


def score_prospects(study: Study, folder: str | Path) -> ProspectResults | None:
    """Who may become a customer; `folder` holds what step 02 saved. None without prospects."""
    asked = study.spec.prospects
    if asked is None:
        return None
    rows = Warehouse.load(folder).table("prospects")
    rows = rows.loc[~rows["prospect"].duplicated()].reset_index(drop=True)
    settings = study.spec.segments
    how: dict[str, Any] = {"most": settings.most, "resamples": settings.resamples} if settings else {}
    return prospect_results(
        rows, asked.figures, asked.words, converted="converted_on" if asked.converted_on else None, seed=study.seed,
        level=study.estimator.level, source=_of_frame(rows), **how,
    )  # fmt: skip


def follow_life_cycle(study: Study, folder: str | Path) -> LifeCycle | None:
    """Stages of a study's customers and their moves; `folder` holds what step 02 saved. None without a ledger."""
    if not study.has_ledger:
        return None
    asked, ledger = study.life_cycle, Ledger.load(folder)
    rows = ledger.deflated().rows if ledger.deflator is not None else ledger.rows
    zero = {"zero": ledger.rules["zero"]}
    rule = Rule(asked.new, asked.growth, asked.window, asked.times, asked.below)
    if asked.lost == "alive":
        rule = alive_rule(rows, rule, end=ledger.window.end, returns=ledger.rules["returns"], **zero)
    survey = Survey.load(folder) if study.has_survey else None
    return life_cycle(
        rows, months=asked.months, rule=rule, end=ledger.window.end, converted=_converted(study, folder),
        placed=_placed(study, survey), level=study.estimator.level, source=_source(ledger, survey), **zero,
    )  # fmt: skip


def _converted(study: Study, folder: str | Path) -> np.ndarray | None:
    asked = study.spec.prospects
    if asked is None or asked.converted_on is None:
        return None
    rows = Warehouse.load(folder).table("prospects")
    rows = rows.loc[~rows["prospect"].duplicated()]
    return rows["converted_on"].to_numpy().astype("datetime64[s]")


def _placed(study: Study, survey: Survey | None) -> pd.Series | None:
    """Customer -> own stage, of those who are named and answered the question."""
    item = study.life_cycle.item
    if survey is None or survey.customer is None or item not in survey.analysed:
        return None
    own = survey.analysed[item]
    who = survey.customer.reindex(own.index)
    return own.loc[who.notna()].set_axis(pd.Index(who.dropna(), name="customer"), axis=0)


def stage_effects(groups: Any, study: Study) -> LifeCycle | None:
    """What to stress at each stage, from the saved paths of the groups that customers placed themselves in.

    Parameters
    ----------
    groups : what `structure.compare_groups` found, or None

    Returns
    -------
    LifeCycle
        `stress`: `path:<path>.<stage>` (se, interval, p), `rank:<path>.<stage>` (1: the largest effect in its stage),
        `above:<path>.<stage>` (1: its difference from the smallest effect of the other stages has an interval above
        0); the failed check `comparable_stages` where the stages do not measure the same, `two_groups` where no two of
        them are large enough: nothing is compared.
        None where the study does not compare the stages.
    """
    name = f"paths_{study.life_cycle.item}"
    found = groups.results.get(name) if groups is not None else None
    if found is None:
        return None
    rule = "metric invariance of the stages, at least in part (Steenkamp & Baumgartner 1998)"
    paths = found.select("path")
    check = Check("check.comparable_stages", len(paths) > 0, math.nan, rule)
    if not len(paths):
        few = tuple(one for one in found.failed if one.name.startswith(TOO_SMALL))
        return LifeCycle(
            {"stress": Result("model.stress", tidy_frame([]), {}, few or (check,), found.source)}
        )
    rows = _stressed(paths, found.select("path_difference"))
    glance = {key: found.glance[key] for key in ("n", "level") if key in found.glance}
    return LifeCycle({"stress": Result("model.stress", tidy_frame(rows), glance, (check,), found.source)})


def _stressed(paths: pd.DataFrame, differences: pd.DataFrame) -> list[dict[str, object]]:
    effects: dict[str, dict[str, pd.Series]] = {}
    for subject, row in paths.iterrows():
        path, _, group = str(subject).partition("@")
        place = group.rpartition(".")[2]
        if place in ("1", "2", "3"):
            effects.setdefault(STAGES[int(place) - 1], {})[path] = row
    clear = {name for name, row in differences.iterrows() if row["ci_low"] > 0 or row["ci_high"] < 0}
    rows: list[dict[str, object]] = []
    for stage, own in effects.items():
        order = sorted(own, key=lambda path: (-float(own[path]["estimate"]), path))
        for path in own:
            others = [
                each[path]["estimate"] for name, each in effects.items() if name != stage and path in each
            ]
            apart = any(_between(str(one), path, stage) for one in clear)
            above = apart and bool(others) and float(own[path]["estimate"]) > max(others)
            rows.append(
                {"term": f"path:{path}.{stage}", **{str(key): value for key, value in own[path].items()}}
            )
            rows.append({"term": f"rank:{path}.{stage}", "estimate": order.index(path) + 1})
            rows.append({"term": f"above:{path}.{stage}", "estimate": float(above)})
    return rows


def _between(subject: str, path: str, stage: str) -> bool:
    """Whether a difference is of this path and of this stage with another one."""
    which, _, pair = subject.partition("@")
    code = str(STAGES.index(stage) + 1)
    return which == path and code in [part.rpartition(".")[2] for part in pair.split("-")]


def _source(ledger: Ledger | None, survey: Survey | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in (ledger, survey):
        found |= dict(table.source) if table is not None else {}
    return found


def _of_frame(rows: pd.DataFrame) -> dict[str, str]:
    text = rows.sort_values("prospect").to_csv(index=False)
    return {"data_sha256": sha256_text(text), **versions()}
