"""Arithmetic of parameters: the right-hand sides of `:=` and the two sides of `==`, `<`, `>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from crmlab.errors import ModelError

NAME = r"[^\W\d][\w.\u200c]*|\.[^\W\d][\w.\u200c]*"
TOKEN = re.compile(rf"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|({NAME})|(\*\*|[-+*/^()]))")
STEP = 1e-20

Value = complex | float | np.ndarray


def _absolute(x: Value) -> Value:
    return np.where(np.real(np.asarray(x)) < 0, -1.0, 1.0) * x  # differentiable along the imaginary axis


FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "abs": _absolute,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: `text` as written, `names` in order of appearance, `tree` for evaluation."""

    text: str
    names: tuple[str, ...]
    tree: tuple

    def value(self, values: Mapping[str, Any]) -> Any:
        """Evaluate with a value (number or array) for each name."""
        return _evaluate(self.tree, values)

    def gradient(self, values: Mapping[str, float]) -> dict[str, float]:
        """Partial derivative by each name, exact to rounding.

        Source
        ------
        Squire, W. & Trapp, G. (1998). Using complex variables to estimate derivatives of real functions.
        SIAM Review 40(1), 110-112.
        """
        found = {}
        for name in self.names:
            turned: dict[str, Value] = dict(values)
            turned[name] = complex(values[name], STEP)
            found[name] = float(np.imag(_evaluate(self.tree, turned))) / STEP
        return found


def parse(text: str, line: int = 1, column: int = 1) -> Expression:
    """Parse `text`; `line` and `column` say where it stands in the model, for the error message."""
    tokens = list(_tokens(text, line, column))
    reader = _Reader(tokens, text, line, column)
    tree = reader.sum()
    if reader.place < len(tokens):
        raise reader.error()
    return Expression(" ".join(text.split()), tuple(dict.fromkeys(_names(tree))), tree)


def _tokens(text: str, line: int, column: int) -> Iterator[tuple[str, str, int]]:
    place = 0
    stop = len(text.rstrip())
    while place < stop:
        hit = TOKEN.match(text, place)
        if hit is None:
            where = place + len(text[place:]) - len(text[place:].lstrip())
            raise ModelError(
                f"model line {line}, column {column + where}: cannot read '{text[where]}' in '{text.strip()}'"
            )
        kind = ("number", "name", "sign")[(hit.lastindex or 1) - 1]
        yield kind, hit.group(hit.lastindex or 1), hit.start(hit.lastindex or 1)
        place = hit.end()


class _Reader:
    """Recursive descent: sum > product > sign > power > atom."""

    def __init__(self, tokens: list[tuple[str, str, int]], text: str, line: int, column: int) -> None:
        self.tokens, self.text, self.line, self.column, self.place = tokens, text, line, column, 0

    def error(self) -> ModelError:
        if self.place < len(self.tokens):
            _, word, at = self.tokens[self.place]
            return ModelError(
                f"model line {self.line}, column {self.column + at}: "
                f"'{word}' is not expected in '{self.text.strip()}'"
            )
        return ModelError(
            f"model line {self.line}, column {self.column + len(self.text.rstrip())}: "
            f"'{self.text.strip()}' ends too early"
        )

    def take(self, *words: str) -> str | None:
        if self.place < len(self.tokens):
            kind, word, _ = self.tokens[self.place]
            if kind == "sign" and word in words:
                self.place += 1
                return word
        return None

    def sum(self) -> tuple:
        tree = self.product()
        while sign := self.take("+", "-"):
            tree = (sign, tree, self.product())
        return tree

    def product(self) -> tuple:
        tree = self.signed()
        while sign := self.take("*", "/"):
            tree = (sign, tree, self.signed())
        return tree

    def signed(self) -> tuple:
        if sign := self.take("-", "+"):
            return ("negative", self.signed()) if sign == "-" else self.signed()
        return self.power()

    def power(self) -> tuple:
        tree = self.atom()
        return ("^", tree, self.signed()) if self.take("^", "**") else tree

    def atom(self) -> tuple:
        if self.take("("):
            return self.closed()
        if self.place >= len(self.tokens) or self.tokens[self.place][0] == "sign":
            raise self.error()
        kind, word, _ = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return ("number", float(word))
        if word in FUNCTIONS and self.take("("):
            return ("call", word, self.closed())
        return ("name", word)

    def closed(self) -> tuple:
        tree = self.sum()
        if not self.take(")"):
            raise self.error()
        return tree


def _names(tree: tuple) -> Iterator[str]:
    if tree[0] == "name":
        yield tree[1]
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from _names(part)


def _evaluate(tree: tuple, values: Mapping[str, Any]) -> Any:
    head = tree[0]
    if head == "number":
        return tree[1]
    if head == "name":
        return values[tree[1]]
    if head == "call":
        return FUNCTIONS[tree[1]](_evaluate(tree[2], values))
    if head == "negative":
        return -_evaluate(tree[1], values)
    a, b = _evaluate(tree[1], values), _evaluate(tree[2], values)
    if head == "+":
        return a + b
    if head == "-":
        return a - b
    if head == "*":
        return a * b
    return np.divide(a, b) if head == "/" else a**b
