"""Every hypothesis in every defensible specification: estimator, missing and careless rule, and how items are used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.sensitivity import COLUMNS, sensitivity
from crmlab.structure.verdicts import SUPPORTED
from crmlab.study.hypotheses import Hypothesis

ITEMS, STRONG, MEANS = "items", "strong", "means"  # how the items are used
ASPECTS = ("estimator", "missing", "careless", "measured")
FEWEST = 2  # items that a construct keeps, however weak
Row = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way to use the items: the answers, and the model of them."""

    frame: pd.DataFrame
    constructs: Mapping[str, Sequence[str]]
    higher_order: Mapping[str, Mapping[str, Any]]


def multiverse(
    frame: pd.DataFrame,
    careless: pd.Series,
    base: Result,
    outer: Result,
    constructs: Mapping[str, Sequence[str]],
    paths: Sequence[tuple[str, str]],
    hypotheses: Sequence[Hypothesis],
    *,
    verdicts: Result | None = None,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    loading: float = 0.708,
    **how: Any,
) -> Result:
    """Do the conclusions hold in whichever defensible way the study is analysed?

    Parameters
    ----------
    frame : answers of all kept rows, reverse items already turned
    careless : True for rows that the study leaves out of its analysis
    base : `structure.sensitivity` of these answers: every estimator, missing and careless rule, with all items; its
        first choice is the study's own
    outer : `loading:<construct>=~<item>` of the study's own model
    constructs, paths, hypotheses, higher_order : as there
    verdicts : the study's own `hypothesis:<H>`, which stand in place of the first choice's, with their own intervals
    loading : items below it are weak
    how : the settings of `structure.sensitivity`, the same as those of `base`

    Returns
    -------
    Result
        `hypothesis:<H>.<choice>` (se, interval, p), `verdict:<H>.<choice>`, `n:<choice>`, a choice being
        `<estimator>.<missing>.<careless>.<measured>`, the study's own first; measured are `items` (all of them),
        `strong` (weak ones dropped, as long as a construct keeps two), `means` (second-order constructs measured by
        the means of their dimensions' items). `sign:<H>` share of choices with the sign of the first, `support:<H>`
        share that supports, `stands:<H>` share with the first one's verdict, `median:<H>` (lowest and highest as
        its limits); `median_by`, `support_by:<H>.<aspect>.<level>`; `spread:<H>.<aspect>` largest difference of these
        medians; `dropped:<item>` its loading. Failed checks `choice:<choice>` as in `base`; `way:<measured>` where
        none of its choices can be computed.

    Raises
    ------
    ModelError
        `base` has no choice.

    Notes
    -----
    Choices share the same respondents: the shares say how far a conclusion rests on one analyst's choices, and are
    no test; k choices are not k studies.

    Source
    ------
    Steegen, Tuerlinckx, Gelman & Vanpaemel 2016, Perspectives on Psychological Science 11, 702-712; Simonsohn,
    Simmons & Nelson 2020, Nature Human Behaviour 4, 1208-1214.
    """
    if not len(base.tidy):
        reason = base.failed[0].rule if base.failed else "no choice of the sensitivity table was computed"
        raise ModelError(reason)
    weak = _weak(outer, constructs, loading)
    parts = {ITEMS: base}
    checks = [
        Check(f"{one.name}.{ITEMS}", one.ok, one.value, one.rule) for one in base.checks if _choice(one)
    ]
    asked = base.glance["choices"]
    rules = {name: careless for name in _careless(base) if name != "all"}
    for name, way in _ways(Way(frame, constructs, higher_order or {}), weak).items():
        asked += base.glance["choices"]
        try:
            part = sensitivity(
                way.frame, way.constructs, paths, hypotheses,
                higher_order=way.higher_order, careless=rules, **how,
            )  # fmt: skip
        except ModelError as error:
            reason = str(error).partition("\n")[0]
            checks.append(Check(f"check.way:{name}", False, math.nan, reason))
            continue
        asked += part.glance["choices"] - base.glance["choices"]
        checks += [
            Check(f"{one.name}.{name}", one.ok, one.value, one.rule) for one in part.checks if _choice(one)
        ]
        parts[name] = part
    table = _table(parts, hypotheses, verdicts)
    rows = [*_rows(table, parts), *_shares(table, hypotheses)]
    rows += [{"term": f"dropped:{item}", "estimate": value} for item, value in weak.items()]
    glance = {"choices": asked, "computed": len(table) / len(hypotheses), "loading": loading}
    glance["level"] = base.glance["level"]
    return Result("model.multiverse", tidy_frame(rows), glance, tuple(checks), base.source)


def _choice(check: Check) -> bool:
    return check.name.startswith("check.choice:")


def _careless(base: Result) -> list[str]:
    return list(dict.fromkeys(str(choice).split(".")[2] for choice in base.select("n").index))


def _weak(outer: Result, constructs: Mapping[str, Sequence[str]], least: float) -> dict[str, float]:
    """Items with a loading below the rule, weakest first as long as their construct keeps enough -> loading."""
    found = {}
    for name, items in constructs.items():
        loadings = {item: outer[f"loading:{name}=~{item}"] for item in items if f"loading:{name}=~{item}" in outer}  # fmt: skip
        ranked = sorted(loadings, key=lambda item: loadings[item])
        for item in ranked[: max(0, len(items) - FEWEST)]:
            if loadings[item] < least:
                found[item] = loadings[item]
    return found


def _ways(base: Way, weak: Mapping[str, float]) -> dict[str, Way]:
    """The other ways to use the items that this study has."""
    ways = {}
    if weak:
        kept = {name: [i for i in items if i not in weak] for name, items in base.constructs.items()}
        ways[STRONG] = Way(base.frame, kept, base.higher_order)
    if base.higher_order:
        parts = [part for whole in base.higher_order.values() for part in whole["of"]]
        means = {part: base.frame[list(base.constructs[part])].mean(axis=1, skipna=False) for part in parts}
        alone = {name: list(items) for name, items in base.constructs.items() if name not in parts}
        wholes = {name: list(whole["of"]) for name, whole in base.higher_order.items()}
        items = [item for block in alone.values() for item in block]
        ways[MEANS] = Way(base.frame[items].assign(**means), alone | wholes, {})
    return ways


def _table(
    parts: Mapping[str, Result], hypotheses: Sequence[Hypothesis], verdicts: Result | None
) -> pd.DataFrame:
    """One row a hypothesis and choice, the study's own choice first: its aspects, its numbers, its verdict."""
    rows: list[Row] = []
    for measured, part in parts.items():
        for choice in map(str, part.select("n").index):
            aspects = dict(zip(ASPECTS, (*choice.split("."), measured), strict=True))
            for h in hypotheses:
                cells = {column: part.cell(f"hypothesis:{h.id}.{choice}", column) for column in COLUMNS}
                cells["verdict"] = part[f"verdict:{h.id}.{choice}"]
                rows.append({"h": h.id, "choice": f"{choice}.{measured}", **aspects, **cells})
    table = pd.DataFrame(rows)
    if verdicts is not None:
        first = table["choice"] == table["choice"].iloc[0]
        for h in hypotheses:
            at = first & (table["h"] == h.id)
            table.loc[at, list(COLUMNS)] = [verdicts.cell(f"hypothesis:{h.id}", column) for column in COLUMNS]
            table.loc[at, "verdict"] = verdicts[f"verdict:{h.id}"]
    return table


def _rows(table: pd.DataFrame, parts: Mapping[str, Result]) -> list[Row]:
    rows: list[Row] = []
    for measured, part in parts.items():
        counts = part.select("n")["estimate"]
        rows += [{"term": f"n:{choice}.{measured}", "estimate": n} for choice, n in counts.items()]
    for one in table.to_dict("records"):
        at = f"{one['h']}.{one['choice']}"
        rows.append({"term": f"hypothesis:{at}", **{column: one[column] for column in COLUMNS}})
        rows.append({"term": f"verdict:{at}", "estimate": one["verdict"]})
    return rows


def _shares(table: pd.DataFrame, hypotheses: Sequence[Hypothesis]) -> list[Row]:
    """How far each hypothesis keeps its sign, its verdict and its size, over all choices and by each aspect."""
    rows: list[Row] = []
    for h in hypotheses:
        mine = table[table["h"] == h.id]
        estimates, said = mine["estimate"].to_numpy(), mine["verdict"].to_numpy()
        share = {
            "sign": np.sign(estimates) == np.sign(estimates[0]),
            "support": said == SUPPORTED,
            "stands": said == said[0],
        }
        rows += [{"term": f"{key}:{h.id}", "estimate": float(hits.mean())} for key, hits in share.items()]
        limits = {"ci_low": float(estimates.min()), "ci_high": float(estimates.max())}
        rows.append({"term": f"median:{h.id}", "estimate": float(np.median(estimates)), **limits})
        for aspect in ASPECTS:
            levels = mine.groupby(aspect, sort=False)
            medians = levels["estimate"].median()
            if len(medians) < 2:
                continue
            supported = levels["verdict"].agg(lambda values: float((values == SUPPORTED).mean()))
            at = f"{h.id}.{aspect}"
            rows += [{"term": f"median_by:{at}.{name}", "estimate": v} for name, v in medians.items()]
            rows += [{"term": f"support_by:{at}.{name}", "estimate": v} for name, v in supported.items()]
            rows.append({"term": f"spread:{at}", "estimate": float(medians.max() - medians.min())})
    return rows
