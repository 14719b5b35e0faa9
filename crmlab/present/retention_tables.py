"""Contracts as tables: groups and their stays, what makes customers leave, contract models, churn, and the offer."""

from __future__ import annotations

import math

from crmlab.present.behaviour_tables import head, hidden_note, note
from crmlab.present.behaviour_words import Ways, money
from crmlab.present.blocks import EMPTY, Hidden, Label, Paragraph, Spans, Strong, Table
from crmlab.present.facts import Source
from crmlab.present.table_parts import failed_notes, level_note

MODELS = ("sbg", "bdw")
LAWS = ("weibull", "lognormal", "loglogistic")
RIVALS = ("logistic", "boosting")


def flow(source: Source, ways: Ways) -> Table:
    """02 contract_flow: rows read, refused by reason, admitted, and who of them left."""
    language = ways.language
    rows: list[tuple[Spans, ...]] = []
    for term in map(str, source.result.tidy["term"]):
        kind, _, of = term.partition(":")
        if kind == "refused":
            rows.append(
                (
                    ways.said("contract.refused", reason=language.word(f"contract.reason.{of}")),
                    source.cell(term, style="integer"),
                )
            )
        else:
            key = f"contract.{kind}.{of}" if of else f"contract.{kind}"
            words: Spans = (language.word(key),) if of else (Strong(language.word(key)),)
            rows.append((words, source.cell(term, style="integer")))
    caption = ways.said("clv.caption.contract_flow")
    return Table("contract_flow", caption, head(ways, "stage", "ledger_rows"), tuple(rows), "sc", (3.0, 1.0))


def stays(source: Source, ways: Ways) -> Table:
    """07 stay_curves: customers, those who left, and the median stay of each group."""
    language, hidden = ways.language, False
    rows: list[tuple[Spans, ...]] = []
    for group in source.subjects("customers"):
        n, left = source.value(f"customers:{group}"), source.value(f"left:{group}")
        if n < ways.threshold:
            rows.append((group_word(ways, group), (Hidden(ways.threshold),), (Hidden(),), (Hidden(),)))
            hidden = True
            continue
        few = 0 < left < ways.threshold or 0 < n - left < ways.threshold
        hidden = hidden or few
        gone: Spans = (Hidden(ways.threshold),) if few else source.cell(f"left:{group}", style="integer")
        median = source.fact(f"median:{group}", digits=1)
        told: Spans = (language.word("clv.never_half"),) if math.isinf(median.value) else (median,)
        rows.append((group_word(ways, group), source.cell(f"customers:{group}", style="integer"), gone, told))
    notes = [note(ways, "stays")]
    if "logrank" in source:
        asked = {"chi2": source.fact("logrank", digits=1), "df": source.glance("logrank_df", "integer")}
        notes.append(note(ways, "logrank", **asked, p=source.fact("logrank", "p_value", "p_relation", 3)))
    notes += [hidden_note(ways)] if hidden else []
    notes += (
        [note(ways, "no_time", k=source.glance("no_time", "integer"))]
        if source.result.glance.get("no_time")
        else []
    )
    header = head(ways, "group", "customers", "left", "median_stay")
    everything = (*notes, *failed_notes(source, language))
    return Table(
        "stays", ways.said("clv.caption.stays"), header, tuple(rows), "", (2.4, 1.2, 1.2, 1.6), everything
    )


def group_word(ways: Ways, group: str) -> Spans:
    """The group's own name; a word of ours where there are no groups."""
    return (ways.language.word("clv.everybody"),) if group == "all" else (Label(group),)


def models(source: Source, ways: Ways) -> Table:
    """07 stay_models: the contract models, how near they come, and the stay they expect."""
    language, rows = ways.language, []
    for name in MODELS:
        if f"aic:{name}" not in source:
            continue
        title = language.word(f"model.{name}")
        picked = source.value(f"chosen:{name}") == 1
        cells = [source.cell(f"aic:{name}", digits=1), source.cell(f"gap:{name}", style="percent", digits=1)]
        cells += [source.cell(f"{q}:{name}", digits=1) for q in ("lifetime", "derl", "derl_now")]
        rows.append(((Strong(title) if picked else Label(title),), *cells))
    header = head(ways, "model", "aic", "gap", "lifetime", "derl", "derl_now")
    asked = {
        "h": source.glance("horizon_periods", "integer"),
        "rate": source.glance("rate_per_period", "percent", 2),
    }
    notes = (note(ways, "stay_models", **asked), *failed_notes(source, language))
    caption = ways.said("clv.caption.stay_models")
    return Table("stay_models", caption, header, tuple(rows), "", (1.0, 1.4, 1.5, 1.5, 1.5, 1.6), notes)


def cox(source: Source, ways: Ways) -> Table:
    """07 leaving_cox: by what factor the rate of leaving rises, and whether the factor is constant."""
    language, rows = ways.language, []
    for name in source.subjects("hazard_ratio"):
        term = f"hazard_ratio:{name}"
        rows.append((
            trait(name), source.cell(term), source.interval(term, language), source.cell(term, "p_value", "p", 3),
            source.cell(f"schoenfeld:{name}", "p_value", "p", 3),
        ))  # fmt: skip
    notes = [level_note(source, language), note(ways, "cox"), *_incomplete(source, ways)]
    header = head(ways, "trait", "hazard_ratio", "interval", "p", "p_schoenfeld")
    everything = (*notes, *failed_notes(source, language))
    widths = (3.0, 1.2, 1.7, 1.0, 1.3)
    return Table(
        "leaving_cox", ways.said("clv.caption.leaving_cox"), header, tuple(rows), "", widths, everything
    )


def aft(source: Source, ways: Ways) -> Table:
    """07 leaving_aft: by what factor a stay is longer, under the law of lowest AIC."""
    language, rows = ways.language, []
    for name in source.subjects("time_ratio"):
        term = f"time_ratio:{name}"
        cells = [source.cell(term), source.interval(term, language), source.cell(term, "p_value", "p", 3)]
        rows.append((trait(name), *cells))
    laws = {law: source.fact(f"aic:{law}", digits=1) for law in LAWS}
    notes = [level_note(source, language), note(ways, "aft", **laws), *_incomplete(source, ways)]
    caption = ways.said("clv.caption.leaving_aft", law=language.word(f"law.{law_of(source)}"))
    header = head(ways, "trait", "time_ratio", "interval", "p")
    everything = (*notes, *failed_notes(source, language))
    return Table("leaving_aft", caption, header, tuple(rows), "", (3.0, 1.2, 1.7, 1.0), everything)


def law_of(source: Source) -> str:
    """The law of stays with the lowest AIC."""
    return min(LAWS, key=lambda law: source.value(f"aic:{law}"))


def trait(name: str) -> Spans:
    """A covariate under the file's own header; a value of a word is set off by a colon."""
    column, dot, value = name.partition(".")
    return (Label(f"{column}: {value}" if dot else name),)


def _incomplete(source: Source, ways: Ways) -> list[Paragraph]:
    if not source.result.glance.get("incomplete"):
        return []
    return [note(ways, "incomplete", k=source.glance("incomplete", "integer"))]


def churn(source: Source, ways: Ways) -> Table:
    """07 churn: errors of the probabilities beside those of the base rate."""
    language, rows = ways.language, []
    for name in RIVALS:
        title = language.word(f"churn.{name}")
        picked = source.value(f"chosen:{name}") == 1
        cells = [
            source.cell(f"{q}:{name}", digits=3) for q in ("brier", "log_loss", "auc", "calibration_slope")
        ]
        skill = (
            *source.cell(f"skill:{name}", style="percent", digits=1),
            " (",
            *_percents(source, f"skill:{name}", ways),
            ")",
        )
        rows.append(((Strong(title) if picked else title,), *cells, skill))
    base = [source.cell(f"{q}:base", digits=3) for q in ("brier", "log_loss")]
    rows.append(((language.word("churn.base"),), *base, (EMPTY,), (EMPTY,), (EMPTY,)))
    header = head(ways, "model", "brier", "log_loss", "auc", "slope", "skill")
    notes = (
        note(ways, "churn", n=source.glance("n", "integer"), folds=source.glance("folds", "integer"), level=source.level),
        *failed_notes(source, language),
    )  # fmt: skip
    widths = (2.2, 1.0, 1.1, 1.0, 1.2, 2.2)
    return Table("churn", ways.said("clv.caption.churn"), header, tuple(rows), "", widths, notes)


def _percents(source: Source, term: str, ways: Ways) -> Spans:
    from crmlab.present.facts import fill

    low, high = (source.fact(term, side, "percent", 1) for side in ("ci_low", "ci_high"))
    return fill(ways.language.word("interval"), low=low, high=high)


def profit(source: Source, ways: Ways) -> Table:
    """07 churn_profit: whom to reach, and what that brings."""
    rows: list[tuple[Spans, ...]] = []
    for term in ("profit_max", "share_best", "threshold_best", "profit_all", "profit_gain", "mpc", "empc"):
        if term not in source or math.isinf(source.value(term)):
            continue
        share = term in ("share_best", "threshold_best")
        cell = source.cell(term, style="percent", digits=1) if share else (money(source, term),)
        rows.append((ways.said(f"offer.{term}"), cell))
    asked = {name: source.glance(name, digits=0) for name in ("offer_cost", "contact_cost", "mean_value")}
    asked |= {name: source.glance(name, "percent", 0) for name in ("accept", "margin")}
    notes = [note(ways, "churn_profit", **asked, h=source.glance("horizon_periods", "integer"))]
    notes += (
        [note(ways, "no_price", k=source.glance("no_price", "integer"))]
        if source.result.glance.get("no_price")
        else []
    )
    everything = (*notes, *failed_notes(source, ways.language))
    caption = ways.said("clv.caption.churn_profit")
    return Table(
        "churn_profit", caption, head(ways, "quantity", "value"), tuple(rows), "sc", (3.0, 1.4), everything
    )
