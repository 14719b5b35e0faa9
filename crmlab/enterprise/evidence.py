"""What stands behind the ratings: needs, the merging of data, customers' own words, and peers to learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from crmlab.data.ledger_admitted import Ledger
from crmlab.data.warehouse import Warehouse
from crmlab.enterprise.benchmark import Frontier, borrowed, frontier
from crmlab.enterprise.dominance import dominance
from crmlab.enterprise.integration import integration
from crmlab.enterprise.necessary import necessary_conditions
from crmlab.enterprise.needs import need_gaps, product_brief
from crmlab.enterprise.outcomes import outcome_links
from crmlab.enterprise.question import Findings, Question
from crmlab.enterprise.unit_means import unit_means
from crmlab.errors import ModelError, StudyError
from crmlab.result import Result, attempt

_MATCHED = """SELECT {by} AS source, count(*) AS records, count(b.customer) AS matched FROM {table} t
LEFT JOIN ({bought}) b ON t.customer = b.customer GROUP BY 1 ORDER BY 1"""


def look_behind(question: Question, rated: Findings | None) -> Findings | None:
    """What the five stages of LIC rest on, as far as the study has it; None if it has nothing of it.

    Need gaps (from a table of needs or from pairs of items), the product brief by segment, match rates of data and
    contact points, the frontier of units and peers, and the practices that a unit can borrow from its peers.
    """
    results: dict[str, Result] = {}
    for table in (question.needs, question.members, question.benchmark):
        results |= table.results if table is not None else {}
    wanted = wants(question)
    if wanted is not None:
        results["need_gaps"] = attempt("model.need_gaps", lambda: need_gaps(wanted, level=question.level))
        brief = briefed(question, wanted)
        if brief is not None:
            results["product_brief"] = attempt("model.product_brief", brief)
    house = question.warehouse
    if house is not None:
        counts = match_counts(house)
        if len(counts):
            results["integration"] = attempt(
                "model.integration", lambda: integration(counts, level=question.level)
            )
    results |= _compared(question, rated)
    return Findings(results) if results else None


def link_customers(question: Question, rated: Findings | None) -> Findings | None:
    """What Gartner's capabilities mean to customers: links, weights and bottlenecks; None where nobody knows who serves whom.

    Results
    -------
    unit_means, outcome_links, dominance, necessary
    """
    people, asked = question.people, question.asked
    if people is None or asked.outcome not in people.scores or not people.unit.notna().any():
        return None
    outcome, frame = asked.outcome, people.of_units(asked.outcome)
    found = {
        "unit_means": attempt(
            "model.unit_means", lambda: unit_means(frame, outcome=outcome, level=question.level)
        )
    }
    if rated is None or rated.levels is None:
        return Findings(found)
    table = rated.levels.table
    codes = [code for code in asked.conditions or GARTNER if code in table]
    lost = [code for code in asked.conditions if code not in table]
    if lost:
        raise StudyError(f"'{lost[0]}' has not been rated", key="enterprise.conditions")
    if not codes:
        return Findings(found)
    means = frame.dropna().groupby("unit")[outcome].mean()
    both = table[codes].join(means, how="inner").dropna(subset=[outcome])
    varied = [code for code in codes if np.ptp(both[code].dropna().to_numpy()) > 0] if len(both) else codes
    same: dict[str, Any] = {"level": question.level, "seed": question.seed}
    makes: dict[str, tuple[str, Callable[[], Result]]] = {
        "outcome_links": (
            "model.outcome_links",
            lambda: outcome_links(frame, table[codes], outcome=outcome, **same),
        ),
        "dominance": ("model.dominance", lambda: dominance(both, outcome, varied, **same)),
        "necessary": (
            "model.necessary",
            lambda: necessary_conditions(both, outcome, varied, seed=question.seed),
        ),
    }
    return Findings(found | {name: attempt(model, make) for name, (model, make) in makes.items()})


def wants(question: Question) -> pd.DataFrame | None:
    """One row a need and person: need, importance, performance, who, customer, segment; None if nobody was asked."""
    asked, people = question.asked, question.people
    parts = []
    if question.needs is not None:
        frame = question.needs.frame[["need", "importance", "performance", "customer", "segment"]]
        parts.append(frame.assign(who=frame["customer"]))
    if asked.needs and people is not None:
        for need, one in asked.needs.items():
            parts.append(
                pd.DataFrame(
                    {
                        "need": need,
                        "importance": people.answers[one.importance],
                        "performance": people.answers[one.performance],
                        "customer": people.customer,
                        "segment": None,
                        "who": [f"r{record}" for record in people.answers.index],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else None


def briefed(question: Question, wanted: pd.DataFrame) -> Callable[[], Result] | None:
    """The product brief of the segments, ready to be made; None where nobody knows to which segment a judge belongs."""
    known = wanted.loc[wanted["who"].notna() | wanted["segment"].notna()]
    segment = _segments(question, known)
    if not segment.notna().any():
        return None
    known = known.assign(
        segment=segment, who=known["who"].where(known["who"].notna(), known.index.astype(str))
    )

    def make() -> Result:
        names = list(dict.fromkeys(known["need"]))
        wide = known.pivot_table(
            index="who", columns="need", values=["importance", "performance"], aggfunc="mean", dropna=False
        )
        frame = wide.set_axis([".".join(pair) for pair in wide.columns.tolist()], axis=1)
        one = known.drop_duplicates("who").set_index("who")
        frame["segment"] = one["segment"].reindex(frame.index)
        described = _described(question, one["customer"].reindex(frame.index), frame.index)
        frame = frame.join(described)
        pairs = {need: (f"importance.{need}", f"performance.{need}") for need in names}
        return product_brief(frame, pairs, profile=list(described.columns), level=question.level)

    return make


def _segments(question: Question, known: pd.DataFrame) -> pd.Series:
    """The segment of each row: as its table says, by the answer to an item, or by purchases."""
    if known["segment"].notna().any():
        return known["segment"]
    item, people = question.asked.segment, question.people
    if item is not None and people is not None and item in people.answers:
        answered = people.answers[item]
        of_record = {f"r{record}": value for record, value in answered.items()}
        of_customer = dict(zip(people.customer, answered, strict=True))
        value = (
            known["who"]
            .map(of_record)
            .fillna(known["customer"].map(lambda name: of_customer.get(name, np.nan)))
        )
        return value.map(lambda code: None if code != code else f"{item}.{code:g}").astype(object)
    return known["customer"].map(lambda name: question.groups.get(name)).astype(object)


def _described(question: Question, customer: pd.Series, who: pd.Index) -> pd.DataFrame:
    """What describes the judges: their answers to the profile's constructs, NaN where they gave none."""
    people, names = question.people, question.asked.profile
    if people is None or not names:
        return pd.DataFrame(index=who)
    scores = people.scores[list(names)]
    by_record = scores.set_axis([f"r{record}" for record in scores.index])
    linked = scores.assign(customer=people.customer).dropna(subset=["customer"]).groupby("customer").mean()
    found = by_record.reindex(who)
    return found.fillna(linked.reindex(customer.to_numpy()).set_axis(who))


def match_counts(house: Warehouse) -> pd.DataFrame:
    """source, kind, records, matched: rows of each table of a warehouse, and those whose customer has bought.

    Of the ledgers' own rows those are matched that name a customer at all. Contacts are counted channel by channel.
    """
    rows: list[dict[str, object]] = []
    if (house.folder.parent / "ledger").is_dir():
        ledger = Ledger.load(house.folder.parent)
        for source, counts in ledger.by_source.items():
            nameless = list(ledger.refused[source].values()).count("missing_id")
            rows.append(
                {
                    "source": source,
                    "kind": "ledger",
                    "records": counts["kept"] + nameless,
                    "matched": counts["kept"],
                }
            )
    if not house.has("transactions"):
        return pd.DataFrame(rows, columns=["source", "kind", "records", "matched"])
    bought = "SELECT DISTINCT customer FROM transactions"
    with house.connect() as base:
        for table, kind in (("respondents", "survey"), ("contacts", "contacts")):
            if not house.has(table):
                continue
            named = "channel" in [row[0] for row in base.execute(f"DESCRIBE {table}").fetchall()]
            by = "coalesce(t.channel, '')" if named else f"'{table}'"
            found = base.execute(_MATCHED.format(by=by, table=table, bought=bought)).fetchall()
            rows += [
                {"source": str(name) or kind, "kind": kind, "records": n, "matched": hit}
                for name, n, hit in found
            ]
    frame = pd.DataFrame(rows, columns=["source", "kind", "records", "matched"])
    twin = frame["source"].duplicated(keep=False)
    return frame.assign(source=frame["source"].where(~twin, frame["kind"] + " " + frame["source"]))


def _compared(question: Question, rated: Findings | None) -> dict[str, Result]:
    """The frontier, and what can be borrowed from its peers."""
    table = question.benchmark
    if table is None:
        return {}
    held: list[Frontier] = []

    def drawn() -> Result:
        asked = {name: question.returns[name] for name in ("orientation", "returns")}
        held.append(frontier(table.frame, table.inputs, table.outputs, **asked))
        return held[0].result

    results = {"frontier": attempt("model.frontier", drawn)}
    levels = rated.levels if rated is not None else None
    if held and levels is not None:
        results["borrowed"] = attempt(
            "model.borrowed",
            lambda: borrowed(_by_name(levels.table), held[0], least=question.returns["lead"]),
        )
    return results


def _by_name(table: pd.DataFrame) -> pd.DataFrame:
    if not len(table):
        raise ModelError("borrowing: no unit has been rated")
    return table.set_axis([str(name) for name in table.index])


GARTNER = tuple(f"GAR{number}" for number in range(1, 9))
