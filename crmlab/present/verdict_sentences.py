"""What is said of hypotheses of every kind, chosen by computed facts only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crmlab.present.blocks import Fact, Label, Ref, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.outcomes import apart
from crmlab.present.sentences import listed, quoted, say, templates
from crmlab.present.table_parts import arrow
from crmlab.present.tally_sentences import counted, tallied
from crmlab.present.verdict_tables import asked, reason

if TYPE_CHECKING:
    from crmlab.study import Hypothesis

ENDS = {1: "supported", 0: "not_shown", -1: "contradicted"}
MANY = 5  # hypotheses from which the chance of a false one among them is told


def untested(source: Source, language: Language, name: str) -> Spans:
    """Why a hypothesis has no verdict; empty if it has one."""
    if math.isnan(source.value(f"untested:{name}")):
        return ()
    return say(language, "kind_untested", hid=Label(name), why=reason(source, language, name))


def told(source: Source, language: Language, one: Hypothesis, alpha: float) -> Spans:
    """What the data say to a hypothesis about a moderator, groups or offices."""
    verdict = source.value(f"verdict:{one.id}")
    if math.isnan(verdict):
        return untested(source, language, one.id) or say(language, "no_verdict", hid=Label(one.id))
    term = f"hypothesis:{one.id}"
    values: dict[str, object] = {
        "hid": Label(one.id), "b": source.fact(term, digits=3), "lo": source.fact(term, "ci_low", digits=3),
        "hi": source.fact(term, "ci_high", digits=3), "level": source.level,
        "p": source.fact(term, "p_value", "p_relation", 3), "target": quoted(language, one.target),
        "source": quoted(language, one.source) if one.source else (),
        "via": listed(language, [quoted(language, name) for name in one.via]),
        "w": asked(language, one.moderator or one.groups), "what": _what(language, one), "margin": _margin(source, one),
    }  # fmt: skip
    if one.kind == "equivalence":
        values["elevel"] = source.glance("level_equivalence", "percent", 0)
    end = (
        "apart"
        if one.kind == "equivalence" and verdict == 0 and apart(source, one.id)
        else ENDS[int(verdict)]
    )
    key = f"kind_{end}_{one.kind.replace(' ', '_')}"
    return say(language, key, **values) + qualified(source, language, one, alpha)


def qualified(source: Source, language: Language, one: Hypothesis, alpha: float) -> Spans:
    """What takes back from a verdict: imprecision, triviality, the number of hypotheses."""
    spans: Spans = ()
    small = source.value(f"small:{one.id}")
    if not math.isnan(small) and one.kind != "equivalence":
        several = "_groups" if one.kind == "difference" else ""
        key = f"kind_{'small' if small == 1 else 'imprecise'}{several}"
        spans += say(language, key, margin=_margin(source, one))
    adjusted = source.fact(f"p_holm:{one.id}", style="p_relation", digits=3)
    if source.value(f"verdict:{one.id}") == 1 and adjusted.value >= alpha:
        spans += say(language, "not_holm", p=adjusted)
        expected = source.fact(f"p_fdr:{one.id}", style="p_relation", digits=3)
        spans += say(language, "kind_fdr" if expected.value < alpha else "kind_no_fdr", p=expected)
    return spans


def summary(source: Source, language: Language) -> Spans:
    """How many hypotheses came out how, and what so many tests mean."""
    values = [source.value(f"verdict:{name}") for name in source.subjects("verdict")]
    counts = {word: values.count(float(value)) for value, word in ENDS.items()}
    counts |= {"all": len(values), "unjudged": sum(math.isnan(value) for value in values)}
    tally = tallied(language, counted(source.address, counts))
    spans = say(language, "summary", ref=Ref("verdicts"), tally=tally)
    if not source.glance("tested").value >= MANY:
        return spans
    any_false = source.glance("any_false", "percent", 1)
    n = source.glance("tested", "integer")
    return spans + say(language, "many_false", n=n, any=any_false, alpha=source.glance("alpha"))


def _what(language: Language, one: Hypothesis) -> Spans:
    """In what groups differ."""
    pattern = {code: templates()[f"kind_{code}"][language.code] for code in ("path", "paths", "mean")}
    if not one.source:
        return fill(pattern["mean"], target=quoted(language, one.target))
    return fill(
        pattern["paths" if one.via else "path"], path=arrow(language, "~".join(reversed(one.constructs)))
    )


def _margin(source: Source, one: Hypothesis) -> Fact:
    """The smallest difference that matters to this hypothesis."""
    if one.margin:
        return Fact(f"study/hypotheses/{one.id}/margin", one.margin)
    grouped = one.kind in ("difference", "equivalence") and one.source
    return source.glance("smallest_path" if grouped else "smallest")
