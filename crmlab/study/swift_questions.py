"""Do the study's actions agree with its contacts? One line for each thing that does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmlab.study.spec import StudyFile


def bad_actions(content: StudyFile) -> Iterable[str]:
    """Actions without contacts, columns they need, words that stand for two channels, margins without a ledger."""
    asked = content.actions
    if asked is None:
        return
    if content.contacts is None:
        yield "actions: the study has no contacts; name their file under contacts"
        return
    named = content.contacts.columns.model_dump(exclude_none=True)
    needed = {"outcome": "accepted", "channel": "channels"}
    needed |= {"topic": "offers.topics"} if any(offer.topics for offer in asked.offers.values()) else {}
    if any(offer.personalised is not None for offer in asked.offers.values()):
        needed["personalised"] = "offers.personalised"
    needed |= {"direction": "direction"} if asked.direction else {}
    if asked.randomised is not None:
        needed |= {asked.randomised.column: "randomised", "personalised": "randomised"}
    for column, key in needed.items():
        if column not in named:
            yield f"actions.{key} needs the column contacts.columns.{column}"
    seen: dict[str, str] = {}
    for name, channel in asked.channels.items():
        for word in channel.words:
            if seen.setdefault(word, name) != name:
                yield f"actions.channels: '{word}' stands for two channels, '{seen[word]}' and '{name}'"
    for name, offer in asked.offers.items():
        if offer.margin == "purchase" and content.ledger is None:
            yield f"actions.offers.{name}.margin: 'purchase' needs a ledger; give an amount"
