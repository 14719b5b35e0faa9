"""What theses call things: spellings of headings and of the words of a sentence, folded so that typing does not count."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from crmlab.data.persian import key

LONG = 5  # letters a spelling needs to be recognised inside a longer heading
FILE = Path(__file__).with_name("vocabulary.yml")


@cache
def catalogue() -> dict[str, Any]:
    """The file of spellings as it stands."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


@cache
def words(group: str) -> tuple[str, ...]:
    """The spellings of one group, longest first."""
    return tuple(sorted(catalogue()[group], key=len, reverse=True))


@cache
def folded(group: str) -> tuple[str, ...]:
    """The same, folded as `crmlab.data.persian.key` folds."""
    return tuple(sorted({fold(word) for word in catalogue()[group]}, key=len, reverse=True))


def fold(text: str) -> str:
    """Letters and digits only; Greek letters and raised figures as plain ones."""
    return key(text.replace("χ", "chi").replace("²", "2").replace("Χ", "chi"))


@cache
def quantity(heading: str) -> str | None:
    """Which quantity a heading names; None if none is recognised."""
    text = fold(heading)
    if not text:
        return "percent" if heading.strip() in ("%", "٪") else None
    exact, inside = _spellings()
    if text in exact:
        return exact[text]
    for spelling, name in inside:
        if text.startswith(spelling) or text.endswith(spelling):
            return name
    return None


def is_a(text: str, group: str) -> bool:
    """Whether a heading or a cell is one of the group's spellings, or holds a long one at its beginning or end."""
    plain = fold(text)
    return bool(plain) and any(
        plain == word
        or (
            len(word) >= LONG
            and word not in folded("whole_only")
            and (plain.startswith(word) or plain.endswith(word))
        )
        for word in folded(group)
    )


def mentions(sentence: str, group: str) -> bool:
    """Whether a sentence holds one of the group's words."""
    plain = fold(sentence)
    return any(word in plain for word in folded(group))


@cache
def _spellings() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    exact: dict[str, str] = {}
    for name, spellings in catalogue()["quantities"].items():
        for spelling in spellings:
            if folded_one := fold(str(spelling)):
                exact.setdefault(folded_one, name)
    inside = sorted(
        (
            (word, name)
            for word, name in exact.items()
            if len(word) >= LONG and word not in folded("whole_only")
        ),
        key=lambda pair: -len(pair[0]),
    )
    return exact, tuple(inside)
