"""Channels of a study: parity in the log of contacts, and in the scores of those who answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crmlab.customers.parity import parity
from crmlab.customers.touches import Touches
from crmlab.errors import ModelError
from crmlab.result import Check, Result, attempt
from crmlab.study import Study

SERVICE = {"quality": "quality", "acceptance": "accepted"}


@dataclass(frozen=True, slots=True, eq=False)
class ChannelResults:
    """The saved results on channels: `channel_quality`, `channel_acceptance`, `channel_<construct>`."""

    results: dict[str, Result]


def channels(
    touched: Touches | None, study: Study, *, answers: pd.DataFrame | None = None,
    scales: Mapping[str, Result] | None = None,
) -> ChannelResults | None:  # fmt: skip
    """Parity of the channels in everything that a study knows of them; None where it knows nothing.

    Parameters
    ----------
    touched : contacts, see `touches`
    answers : of the survey, reverse items turned, with the item that tells the channel
    scales : construct -> whether its items measure the same in every channel (`holds:scalar`, see
        `structure.same_scales`); without it scores are not compared
    """
    found: dict[str, Result] = {}
    asked = study.spec.channels
    how = {"margin": asked.margin, "against": asked.against, "least": asked.least, "alpha": study.rules.alpha}
    if touched is not None:
        for name, column in SERVICE.items():
            if column in touched.rows or name == "quality":
                ask = partial(_of_contacts, touched, column, name, asked.points, how)
                found[f"channel_{name}"] = attempt("model.channel_parity", ask)
    for name, ladder in (scales or {}).items():
        found[f"channel_scale_{name}"] = ladder
        if answers is not None:
            ask = partial(_of_answers, answers, study, name, ladder, how)
            found[f"channel_score_{name}"] = attempt("model.channel_parity", ask)
    return ChannelResults(found) if found else None


def _of_contacts(
    touched: Touches, column: str, name: str, points: float | None, how: Mapping[str, Any]
) -> Result:
    rows = touched.rows
    if "channel" not in rows:
        raise ModelError(
            "the log of contacts has no channels", hint="name its column: contacts.columns.channel"
        )
    if column not in rows:
        raise ModelError(
            f"the log of contacts has no {name}", hint=f"name its column: contacts.columns.{name}"
        )
    words = np.array([*touched.names["channel"], ""], dtype=object)[rows["channel"].to_numpy()]
    limit = points if name == "quality" else None
    found = parity(
        rows[column].to_numpy(dtype=float), words, rows["customer"].to_numpy(), points=limit, **how
    )
    return _named(found, name)


def _of_answers(
    answers: pd.DataFrame, study: Study, name: str, ladder: Result, how: Mapping[str, Any]
) -> Result:
    rule = "scalar invariance, at least in part (Steenkamp & Baumgartner 1998)"
    if "holds:scalar" not in ladder or not ladder["holds:scalar"] > 0:
        reason = "its questions do not measure the same in every channel, so means cannot be compared"
        raise ModelError(reason)
    item = study.spec.channels.item
    codes = answers[item].to_numpy(dtype=float)
    words = [f"{item}.{code:g}" if np.isfinite(code) else "" for code in codes]
    used = set(ladder.select("n").index)
    words = [word if word in used else "" for word in words]
    score = answers[list(study.blocks[name])].mean(axis=1).to_numpy(dtype=float)
    found = parity(score, words, **how)
    partial = ladder["holds:scalar"] < 1
    check = Check(f"check.full_scale:{name}", not partial, ladder["holds:scalar"], rule)
    return _named(found, f"score_{name}", check)


def _named(found: Result, measure: str, *checks: Check) -> Result:
    """The result with what it compares among what it rests on."""
    source = found.source | {"measure": measure}
    return Result(found.model, found.tidy, found.glance, (*found.checks, *checks), source)
