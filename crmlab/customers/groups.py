"""The segments of a study: customers grouped by what they did or think, stable groups where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.days import PurchaseDays
from crmlab.customers.features import Features, behaviour_features, features
from crmlab.customers.profiles import Grouped, profile
from crmlab.customers.segmentation import Segmentation, compare, segment
from crmlab.customers.segments import GROUPS, rfm_groups
from crmlab.customers.worth import write_table
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.study.segments_spec import Segments


@dataclass(frozen=True, eq=False)
class CustomerGroups:
    """The saved results on segments, by their names in docs/terms.md, and the group of each customer."""

    results: dict[str, Result]
    table: pd.DataFrame

    def save_table(self, folder: str | Path) -> list[Path]:
        """`customer_segments.csv` in `folder`: customer (pseudonym), segment, probability of belonging to it."""
        return write_table(self.table, [Path(folder) / "customer_segments.csv"])


def customer_groups(
    asked: Segments, *, days: PurchaseDays | None = None, scores: pd.DataFrame | None = None, level: float = 0.95,
    seed: int = 0, source: dict[str, str] | None = None,
) -> CustomerGroups:  # fmt: skip
    """Which groups of customers are there, and what are they like?

    Parameters
    ----------
    asked : how customers are grouped
    days : purchases; needed for "behaviour" and for the rule of fifths
    scores : constructs of those who answered, by customer where `days` are given

    Returns
    -------
    CustomerGroups
        `segments_choice` (see `segment`, with `agreement:<method>`), not for the rule; `segments` (see `profile`).
        Groups are S1 (most money of a person, or highest scores) onwards. Where no groups are stable, customers with
        purchases stand in those of the rule of fifths, and people without in none.
    """
    what = _what(asked, days, scores)
    value = _value(what.raw.index, days)
    results: dict[str, Result] = {}
    if asked.method != "rfm":
        found = segment(
            what, method=asked.method, number=asked.number, most=asked.most, resamples=asked.resamples,
            stable=asked.stable, seed=seed, source=source,
        )  # fmt: skip
        results["segments_choice"] = _compared(what, found, asked, seed)
        if found.k > 1:
            return _named(what, found, value, scores, results, level, source)
    if days is None:
        return CustomerGroups(results, pd.DataFrame({"customer": [], "segment": [], "probability": []}))
    raw = behaviour_features(days)
    of = Grouped(rfm_groups(days).astype(object), GROUPS, raw.raw, raw.X, days.total, scores)
    results["segments"] = profile(of, level=level, source=source)
    table = pd.DataFrame({"customer": days.customers, "segment": of.group, "probability": 1.0})
    return CustomerGroups(results, table)


def _what(asked: Segments, days: PurchaseDays | None, scores: pd.DataFrame | None) -> Features:
    """The features that are asked for; of both kinds, everybody who bought, with blanks where nobody answered."""
    by = asked.by or ("behaviour",)
    if "behaviour" in by and days is None:
        raise ModelError("segments by behaviour need a ledger")
    if "scores" in by and (scores is None or not len(scores)):
        raise ModelError("segments by scores need answers of customers")
    if "scores" not in by:
        assert days is not None
        return behaviour_features(days)
    assert scores is not None
    if "behaviour" not in by:
        return features(scores)
    assert days is not None
    did = behaviour_features(days)
    think = features(scores.loc[~scores.index.duplicated()].reindex(did.raw.index))
    return Features(did.raw.join(think.raw), np.hstack([did.X, think.X]))


def _value(index: pd.Index, days: PurchaseDays | None) -> np.ndarray | None:
    if days is None or not index.equals(days.customers):
        return None
    return np.maximum(days.total, 0.0)


def _compared(what: Features, found: Segmentation, asked: Segments, seed: int) -> Result:
    others = tuple(name for name in asked.compare if name != asked.method)
    result = found.result
    if found.k < 2 or not others:
        return result
    rows = [
        {"term": f"agreement:{name}", "estimate": v} for name, v in compare(what, found, others, seed).items()
    ]
    return Result(
        result.model, pd.concat([result.tidy, tidy_frame(rows)]), result.glance, result.checks, result.source
    )


def _named(
    what: Features, found: Segmentation, value: np.ndarray | None, scores: pd.DataFrame | None,
    results: dict[str, Result], level: float, source: dict[str, str] | None,
) -> CustomerGroups:  # fmt: skip
    """Stable groups, the most valuable first."""
    worth = value if value is not None else np.nanmean(what.X, axis=1)
    names, group = labelled(found, worth, "S")
    jaccard = found.steady.jaccard[names] if found.steady is not None else ()
    of = Grouped(group, [f"S{k + 1}" for k in range(found.k)], what.raw, what.X, value, scores)
    made = profile(of, level=level, jaccard=jaccard, source=source)
    few = Check(
        "check.ungrouped",
        not (found.labels < 0).any(),
        float((found.labels < 0).sum()),
        "0 people of whom nothing is known",
    )
    results["segments"] = Result(made.model, made.tidy, made.glance, (*made.checks, few), made.source)
    table = pd.DataFrame(
        {
            "customer": what.raw.index,
            "segment": group,
            "probability": found.part.memberships(what.X).max(axis=1),
        }
    )
    return CustomerGroups(results, table)


def labelled(found: Segmentation, worth: np.ndarray, letter: str) -> tuple[np.ndarray, np.ndarray]:
    """Places of the groups by falling mean worth, and each person's label: letter and place from 1; None for -1."""
    known = found.labels >= 0
    size = np.bincount(found.labels[known], minlength=found.k)
    mean = np.bincount(found.labels[known], worth[known], found.k) / np.maximum(size, 1)
    order = np.asarray(np.lexsort((*found.part.centres.T, -mean)))
    place = np.empty(found.k, dtype=int)
    place[order] = np.arange(found.k)
    words = np.array([f"{letter}{k + 1}" for k in range(found.k)], dtype=object)
    label = words[place[np.maximum(found.labels, 0)]]
    label[~known] = None
    return order, label


def construct_means(answers: pd.DataFrame, blocks: Mapping[str, Sequence[str]], wholes: Mapping[str, Sequence[str]],
                    names: Sequence[str]) -> pd.DataFrame:  # fmt: skip
    """Mean of a construct's items where half of them are answered; of a whole, the mean of its dimensions."""
    parts = {
        name: answers[list(items)].mean(axis=1).where(answers[list(items)].notna().mean(axis=1) >= 0.5)
        for name, items in blocks.items()
    }
    means = pd.DataFrame(parts)
    for name, dimensions in wholes.items():
        means[name] = means[list(dimensions)].mean(axis=1)
    return means[list(names)]
