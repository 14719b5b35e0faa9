"""Everything that answers joined with purchases say, in one call: step 08."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.linkage.afterwards import HELD, afterwards
from crmlab.linkage.asked import Asked
from crmlab.linkage.behaviour import Behaviour, Money, behave
from crmlab.linkage.coverage import coverage, enough, time_order
from crmlab.linkage.estimates import estimates
from crmlab.linkage.joint import JointFit, joint_fit, score_fit
from crmlab.linkage.joint_result import joint_result
from crmlab.linkage.loyalty import quadrants
from crmlab.linkage.matching import Joined, join
from crmlab.linkage.measure import Items, Measured, measure
from crmlab.linkage.products import next_products
from crmlab.linkage.selection import response_weights, selection
from crmlab.linkage.spending import SpendEffect, spend_effect
from crmlab.linkage.worth import worth
from crmlab.provenance import source_of
from crmlab.result import Check, Result, attempt

RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Linkage:
    """The saved results of the link by name, and what they rest on; None where it could not be had.

    Attributes
    ----------
    found : name -> result, in the order of the section
    join : who is in both
    measured, behaviour, fit : the latent variable, the purchase and spend models, the joint fit
    """

    found: dict[str, Result]
    join: Joined
    measured: Measured | None = None
    behaviour: Behaviour | None = None
    fit: JointFit | None = None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result."""
        return dict(self.found)


def link(
    answers: pd.DataFrame, customer: pd.Series, rfm: pd.DataFrame, items: Items, *, asked: Asked | None = None,
    money: Money | None = None, perceived: Items | None = None, nominal: tuple[pd.DataFrame, Money] | None = None,
    later: pd.DataFrame | None = None, days: Mapping[str, float] | None = None, rows: pd.DataFrame | None = None,
    source: dict[str, str] | None = None,
) -> Linkage:  # fmt: skip
    """Join answers with purchases and say what relationship quality does and is worth.

    Parameters
    ----------
    answers : one row a respondent of the analysis, reverse items turned round
    customer : of the same respondents, their customer's key; missing where they gave none
    rfm : one row a customer of the ledger, as `clv.rfm` gives it, in real money where it can be had
    items : dimension -> items of the latent variable, or one entry for a first-order one
    money : how money to come is counted
    perceived : items of the customer's own view of his value, by dimension
    nominal : the same customers in nominal money, and how that is counted
    later : customers as they were on the last day of the fieldwork, with x_holdout, spend_holdout, T_holdout
    days : ledger_first, ledger_end, field_first, field_last as days since 1970-01-01, as far as known
    rows : purchases with customer and product, for the next-product table

    Returns
    -------
    Linkage
        A part that the data do not allow is an empty result whose failed check says why.

    Raises
    ------
    ModelError
        Arguments that do not fit together: a table without its columns, a customer twice.
    """
    asked, money, days = asked or Asked(), money or Money(), dict(days or {})
    if len(answers) != len(customer):
        raise ModelError(f"{len(answers)} respondents have answers, {len(customer)} have a place for a key")
    joined = join(customer, rfm, second=asked.second)
    made = _Made(answers, items, asked, money, dict(source or _source(answers, customer, rfm)))
    common: dict[str, Any] = {"level": asked.level, "source": made.source}
    order = time_order(days)
    found = {
        "join": coverage(joined, least=asked.least, days=days, **common),
        "selection": attempt("model.link_selection", lambda: selection(joined, **common)),
    }
    measured, why = _tried(lambda: measure(answers, items, asked.construct))
    behaviour, why_not = _tried(lambda: behave(joined.rfm, unit=asked.unit, money=money, model=asked.model))
    found["measure"] = measured.result() if measured else _empty("model.link_measure", why)
    if measured is None or behaviour is None:
        for name in ("estimates", "joint", "money", "curve"):
            found[name] = _empty(f"model.link_{name}", why or why_not)
        found |= _others(made, joined, behaviour, why_not, perceived, rows)
        return Linkage(found, joined, measured, behaviour)
    weights, _ = _tried(lambda: response_weights(joined))
    after = _after(made, customer, later)
    found["estimates"] = attempt(
        "model.link_estimates",
        lambda: estimates(
            joined, measured, items, behaviour.outcomes(), answers=answers, weights=weights, draws=RESAMPLES,
            seed=asked.seed, **common,
        ),
    )  # fmt: skip
    path = f"CLV_B~{asked.construct}"
    fit, more = _joint(made, joined, measured, behaviour, weights, nominal, path if after is None else "")
    found |= more
    if after is not None:
        found["afterwards"] = attempt(
            "model.link_afterwards",
            lambda: afterwards(after[0], measured, after[1], path=path, main=made.counted, **common),
        )
    found |= _others(made, joined, behaviour, why_not, perceived, rows)
    whole = (enough(joined.matched, asked.least), *order)
    for name in ("estimates", "joint", "money"):
        found[name] = _with(found[name], whole)
    found["quadrants"] = _with(found["quadrants"], whole[:1])
    return Linkage(found, joined, measured, behaviour, fit)


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What all parts are made from."""

    answers: pd.DataFrame
    items: Items
    asked: Asked
    money: Money
    source: dict[str, str]

    @property
    def counted(self) -> str:
        """What is counted after the answers."""
        return "spend" if self.asked.outcome == "margin" else "purchases"


def _tried(make: Any) -> tuple[Any, str]:
    """What a function makes, or None and why it cannot."""
    try:
        return make(), ""
    except ModelError as error:
        return None, str(error).partition("\n")[0]


def _empty(model: str, reason: str) -> Result:
    return attempt(model, lambda: _refuse(reason))


def _refuse(reason: str) -> Result:
    raise ModelError(reason)


def _with(result: Result, checks: tuple[Check, ...]) -> Result:
    """The result with the checks of the join, if it says anything at all."""
    if not len(result.tidy):
        return result
    own = {check.name for check in result.checks}
    return replace(result, checks=(*result.checks, *(c for c in checks if c.name not in own)))


def _joint(
    made: _Made, joined: Joined, measured: Measured, behaviour: Behaviour, weights: np.ndarray | None,
    nominal: tuple[pd.DataFrame, Money] | None, path: str,
) -> tuple[JointFit | None, dict[str, Result]]:  # fmt: skip
    """The joint model, the worth of the latent variable, and its curve."""
    asked, names = made.asked, ("joint", "money", "curve")
    fit, why = _tried(lambda: joint_fit(joined, measured, behaviour))
    if fit is None:
        return None, {name: _empty(f"model.link_{name}", why) for name in names}
    spend, _ = _tried(lambda: spend_effect(joined, measured.mean, behaviour))
    naive = _naive(joined, measured, behaviour)
    heavy, _ = (
        _tried(lambda: joint_fit(joined, measured, behaviour, weights=weights))
        if weights is not None
        else (None, "")
    )
    found = {
        "joint": joint_result(
            fit, behaviour.name, spend, score=naive, weighted=heavy, level=asked.level, source=made.source
        )
    }
    other = None
    if nominal is not None and joined.matched:
        table = (
            nominal[0]
            .set_index(nominal[0]["customer"].astype(str))
            .reindex(joined.rfm["customer"].astype(str))
        )
        other, _ = _tried(
            lambda: behave(
                table.reset_index(drop=True), unit=asked.unit, money=nominal[1], model=behaviour.name
            )
        )
    priced, why = _tried(
        lambda: worth(
            fit, joined.at, behaviour, spend, scale_points=measured.scale_points, point=asked.point,
            outcome=asked.outcome, naive=naive, nominal=other, path=path, draws=asked.draws, level=asked.level, seed=asked.seed,
            source=made.source,
        )
    )  # fmt: skip
    if priced is None:
        return fit, found | {name: _empty(f"model.link_{name}", why) for name in names[1:]}
    return fit, found | {"money": priced.money, "curve": priced.curve}


def _naive(
    joined: Joined, measured: Measured, behaviour: Behaviour
) -> tuple[JointFit, SpendEffect | None] | None:
    """The joint model with the sum score, standardised among the matched, taken for the latent variable."""
    own = measured.score[joined.who]
    fit, _ = _tried(lambda: score_fit(joined, measured.score, behaviour))
    if fit is None:
        return None
    z = (measured.score - np.nanmean(own)) / np.nanstd(own)
    spend, _ = _tried(lambda: spend_effect(joined, z, behaviour))
    return fit, spend


def _after(made: _Made, customer: pd.Series, later: pd.DataFrame | None) -> tuple[Joined, Behaviour] | None:
    """Customers as they were when the fieldwork ended, and the purchase model of that time."""
    if later is None or any(name not in later for name in HELD):
        return None
    joined, _ = _tried(lambda: join(customer, later, second=made.asked.second))
    if joined is None:
        return None
    before, _ = _tried(
        lambda: behave(joined.rfm, unit=made.asked.unit, money=made.money, model=made.asked.model)
    )
    return None if before is None else (joined, before)


def _others(
    made: _Made, joined: Joined, behaviour: Behaviour | None, why: str, perceived: Items | None,
    rows: pd.DataFrame | None,
) -> dict[str, Result]:  # fmt: skip
    """The customer's own view against his value, and the next product."""
    asked = made.asked

    def compare() -> Result:
        if not perceived:
            raise ModelError("the study names no items of the customer's own view of his value")
        if behaviour is None:
            raise ModelError(why)
        own = measure(made.answers, perceived, asked.perceived)
        value = behaviour.value if asked.outcome == "margin" else behaviour.purchases
        return quadrants(
            joined, own, value, threshold=asked.threshold, level=asked.level, draws=RESAMPLES, seed=asked.seed,
            source=made.source,
        )  # fmt: skip

    def products() -> Result:
        if rows is None:
            raise ModelError("the ledger names no products")
        return next_products(rows, threshold=asked.threshold, level=asked.level, source=made.source)

    return {
        "quadrants": attempt("model.link_quadrants", compare),
        "next_product": attempt("model.link_next_product", products),
    }


def _source(answers: pd.DataFrame, customer: pd.Series, rfm: pd.DataFrame) -> dict[str, str]:
    key = pd.Series(np.asarray(customer, dtype=object)).astype("string").fillna("")
    found = source_of(answers.reset_index(drop=True).assign(**{"customer.key": key}))
    return found | {
        "customers_sha256": source_of(rfm[["customer", "x", "t_x", "T", "mean_spend"]])["data_sha256"]
    }
