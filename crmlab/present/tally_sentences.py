"""How many hypotheses came out how, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.present.blocks import Fact, Spans
from crmlab.present.facts import fill
from crmlab.present.language import Language
from crmlab.present.sentences import listed, templates

OUTCOMES = ("supported", "not_shown", "contradicted", "unjudged")


def counted(address: str, counts: Mapping[str, int]) -> dict[str, Fact]:
    """The counts of a tally as facts."""
    return {key: Fact(f"counted/{address}/tally.{key}", count, "integer") for key, count in counts.items()}


def tallied(language: Language, n: Mapping[str, Fact]) -> Spans:
    """The sentence, with no space after it; an outcome that no hypothesis has is left out of it."""
    there = [key for key in OUTCOMES if n[key].value]
    if n["all"].value == 1:
        return fill(templates()["tally_one"][language.code], what=language.word(f"tally.one.{there[0]}"))
    if len(there) == 1:
        return fill(language.word(f"tally.all.{there[0]}"), n=n["all"])
    parts = [fill(language.word(f"tally.{key}"), k=n[key]) for key in there]
    return fill(templates()["tally"][language.code], n=n["all"], list=listed(language, parts))
