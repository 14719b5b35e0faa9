"""Formulas as trees, in no file format: what a page says in MathML, Word's own formulas or Typst is made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["letter", "name", "number", "sign"]


@dataclass(frozen=True, slots=True)
class Atom:
    """A letter (set in italics), a name of several letters (upright), a number, or a sign."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Parts side by side."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Frac:
    """A fraction."""

    over: Node
    under: Node


@dataclass(frozen=True, slots=True)
class Script:
    """A base with something below, above, or both."""

    base: Node
    low: Node | None = None
    high: Node | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    inside: Node


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum over an index, with its limits."""

    low: Node
    high: Node | None
    inside: Node


@dataclass(frozen=True, slots=True)
class Fence:
    """Something in brackets that grow with it."""

    inside: Node
    left: str = "("
    right: str = ")"


Node: TypeAlias = "Atom | Row | Frac | Script | Root | Sum | Fence"
SIGNS = frozenset("=+-−×·<>≤≥,|±")


def atom(text: str | Node) -> Node:
    """A node from its text: one letter, a number, a sign, or a name."""
    if not isinstance(text, str):
        return text
    if text in SIGNS:
        return Atom("sign", "−" if text == "-" else text)
    if text.replace(".", "", 1).isdigit():
        return Atom("number", text)
    return Atom("letter" if len(text) == 1 and text.isalpha() else "name", text)


def row(*parts: str | Node) -> Node:
    """Parts side by side; a string is split at its spaces."""
    found: list[Node] = []
    for part in parts:
        found += [atom(word) for word in part.split()] if isinstance(part, str) else [part]
    return found[0] if len(found) == 1 else Row(tuple(found))


def frac(over: str | Node, under: str | Node) -> Node:
    """over / under."""
    return Frac(row(over), row(under))


def script(base: str | Node, low: str | Node = "", high: str | Node = "") -> Node:
    """base with a subscript, a superscript, or both."""
    return Script(row(base), row(low) if low else None, row(high) if high else None)


def total(low: str | Node, high: str | Node, inside: str | Node) -> Node:
    """The sum of `inside` from `low` to `high`."""
    return Sum(row(low), row(high) if high else None, row(inside))


def root(inside: str | Node) -> Node:
    """A square root."""
    return Root(row(inside))


def fence(inside: str | Node, left: str = "(", right: str = ")") -> Node:
    """Something in brackets."""
    return Fence(row(inside), left, right)


def letters(node: Node | None) -> str:
    """Every character of a formula, for the check of the fonts."""
    if node is None:
        return ""
    if isinstance(node, Atom):
        return node.text
    return "".join(_signs(node)) + "".join(letters(part) for part in children(node))


def _signs(node: Node) -> Sequence[str]:
    if isinstance(node, Fence):
        return (node.left, node.right)
    return ("∑",) if isinstance(node, Sum) else ("√",) if isinstance(node, Root) else ()


def children(node: Node) -> tuple[Node | None, ...]:
    """The parts a node is made of, in reading order."""
    if isinstance(node, Row):
        return node.parts
    if isinstance(node, Frac):
        return (node.over, node.under)
    if isinstance(node, Script):
        return (node.base, node.low, node.high)
    if isinstance(node, Sum):
        return (node.low, node.high, node.inside)
    return (node.inside,) if isinstance(node, Root | Fence) else ()
