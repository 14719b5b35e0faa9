"""Model text cut into words, and words into statements, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crmlab.errors import ModelError
from crmlab.sem.expression import NAME

TOKEN = re.compile(
    rf"""(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<name>(?:{NAME})(?::(?:{NAME}))?)
    |(?P<quoted>"[^"\n]*"|'[^'\n]*')
    |(?P<op>~\*~|=~|<~|~~|:=|==|~|\||<|>)
    |(?P<sign>[-+*/^(),:])
    |(?P<end>[;\n])
    |(?P<space>[^\S\n]+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the model text; `line` and `column` count from 1, `at` from 0 in the whole text."""

    kind: str
    text: str
    line: int
    column: int
    at: int


def tokens(text: str) -> Iterator[Token]:
    line, begin, at = 1, 0, 0
    while at < len(text):
        if text[at] in "#!":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            continue
        hit = TOKEN.match(text, at)
        if hit is None:
            raise ModelError(
                f"model line {line}, column {at - begin + 1}: cannot read '{text[at]}'",
                hint="operators are =~ ~ ~~ ~1 := == < > | and * + for terms",
            )
        if hit.lastgroup != "space":
            yield Token(str(hit.lastgroup), hit.group(), line, at - begin + 1, at)
        at = hit.end()
        if hit.group() == "\n":
            line, begin = line + 1, at


def statements(words: Iterator[Token]) -> Iterator[list[Token]]:
    """Split at `;` and at line ends that do not continue."""
    current: list[Token] = []
    depth, broken = 0, False
    for token in words:
        if token.kind == "end" and token.text == "\n":
            broken = broken or bool(current)
            continue
        if token.kind == "end":
            if current:
                yield current
            current, depth, broken = [], 0, False
            continue
        if broken and depth == 0 and not _continues(current[-1], token):
            yield current
            current = []
        broken = False
        depth += (token.text == "(") - (token.text == ")")
        current.append(token)
    if current:
        yield current


def _continues(last: Token, first: Token) -> bool:
    return last.kind == "op" or last.text in "+*,/^-" or (first.text in "+*/^," or first.kind == "op")


def joined(words: list[Token]) -> str:
    return " ".join(token.text for token in words)


def error_at(token: Token, problem: str, hint: str = "") -> ModelError:
    return ModelError(f"model line {token.line}, column {token.column}: {problem}", hint=hint)
