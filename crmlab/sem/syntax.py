"""Model text in lavaan's operators: what the user wrote, statement by statement, with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from crmlab.errors import ModelError
from crmlab.sem import lexer
from crmlab.sem.expression import Expression
from crmlab.sem.expression import parse as parse_expression
from crmlab.sem.lexer import Token, error_at, joined

CONSTRAINTS = (":=", "==", "<", ">")


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter as written.

    Attributes
    ----------
    lhs, op, rhs : e.g. "visual", "=~", "x2"; an intercept has op "~1" and rhs ""
    fixed : one value for each group, or one for all; NaN frees a parameter (`NA*`)
    start, label : likewise
    line, column : where rhs stands in the text
    """

    lhs: str
    op: str
    rhs: str
    fixed: tuple[float | None, ...]
    start: tuple[float | None, ...]
    label: tuple[str, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """`lhs op rhs` with op one of `:=`, `==`, `<`, `>`."""

    lhs: Expression
    op: str
    rhs: Expression
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Syntax:
    """A parsed model text."""

    terms: tuple[Term, ...]
    constraints: tuple[Constraint, ...]


def parse(text: str) -> Syntax:
    """Read a model text.

    Parameters
    ----------
    text : statements, one a line or parted by `;`. A line that begins or ends with `+`, `*`, `,` or an
        operator continues the statement. `#` and `!` begin a comment.

    Raises
    ------
    ModelError
        A statement cannot be read; line and column are named.
    """
    if not isinstance(text, str):
        raise ModelError(f"the model must be text, not {type(text).__name__}")
    terms: dict[tuple[str, str, str], Term] = {}
    constraints: list[Constraint] = []
    for tokens in lexer.statements(lexer.tokens(text)):
        op = _operator(tokens)
        if op.text in CONSTRAINTS:
            constraints.append(_constraint(tokens, op, text))
            continue
        for term in _terms(tokens, op):
            key = (term.lhs, term.op, term.rhs)
            if term.op == "~~" and (term.rhs, "~~", term.lhs) in terms:
                key = (term.rhs, "~~", term.lhs)
            terms[key] = _merge(terms[key], term) if key in terms else term
    if not terms:
        raise ModelError("the model text has no statement", hint="visual =~ x1 + x2 + x3")
    return Syntax(tuple(terms.values()), tuple(constraints))


def _operator(tokens: list[Token]) -> Token:
    found = [token for token in tokens if token.kind == "op"]
    if not found:
        if len(tokens) >= 2 and tokens[1].text == ":":
            raise error_at(tokens[0], f"blocks ('{tokens[0].text}:') are not supported")
        raise error_at(tokens[0], f"'{joined(tokens)}' has no operator", "one of =~ ~ ~~ := == < > |")
    if len(found) > 1:
        raise error_at(found[1], f"a second operator '{found[1].text}' in one statement", "begin a new line")
    if found[0].text == "<~":
        raise error_at(found[0], "formative constructs ('<~') are not supported", "crmlab.pls, modes='B'")
    if tokens[0] is found[0]:
        raise error_at(found[0], f"nothing stands before '{found[0].text}'")
    if tokens[-1] is found[0]:
        raise error_at(found[0], f"nothing stands after '{found[0].text}'")
    return found[0]


def _constraint(tokens: list[Token], op: Token, text: str) -> Constraint:
    place = tokens.index(op)
    left, right = tokens[:place], tokens[place + 1 :]
    if op.text == ":=" and (len(left) != 1 or left[0].kind != "name"):
        raise error_at(left[0], "one name must stand before ':='")
    sides = []
    for part in (left, right):
        plain = " ".join(token.text for token in part)
        begin, end = part[0], part[-1]
        if begin.line == end.line:
            plain = text[begin.at : end.at + len(end.text)]
        sides.append(parse_expression(plain, begin.line, begin.column))
    return Constraint(sides[0], op.text, sides[1], op.line, op.column)


def _terms(tokens: list[Token], op: Token) -> Iterator[Term]:
    place = tokens.index(op)
    for left in _split(tokens[:place]):
        if len(left) != 1 or left[0].kind != "name":
            raise error_at(left[0], f"'{joined(left)}' is not the name of a variable")
        for right in _split(tokens[place + 1 :]):
            yield _term(left[0].text, op.text, right)


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """Parts between `+` outside of brackets."""
    part: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "+" and depth == 0:
            if not part:
                raise error_at(token, "nothing stands before '+'")
            yield part
            part = []
        else:
            part.append(token)
    if not part:
        raise error_at(tokens[-1], f"nothing stands after '{tokens[-1].text}'")
    yield part


def _term(lhs: str, op: str, tokens: list[Token]) -> Term:
    *modifiers, target = _factors(tokens)
    word = target[0]
    rhs = word.text
    if op == "~" and word.text in ("1", "0"):
        op, rhs = "~1", ""
        if word.text == "0":
            modifiers.append([word])
    elif word.kind != "name" or len(target) != 1:
        raise error_at(
            word, f"'{joined(target)}' is not the name of a variable", "a value or label goes before '*'"
        )
    if op == "|" and not re.fullmatch(r"t\d+", rhs):
        raise error_at(word, f"'{rhs}' is not a threshold", "t1, t2, ...")
    term = Term(lhs, op, rhs, (), (), (), word.line, word.column)
    for modifier in modifiers:
        term = _merge(term, _modified(term, modifier))
    return term


def _factors(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "*" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    for part in parts:
        if not part:
            raise error_at(tokens[0], f"'{joined(tokens)}' has an empty side of '*'")
    return parts


def _modified(term: Term, tokens: list[Token]) -> Term:
    """The term with one modifier: number, label, NA, start(), label(), fixed(), c(...)."""
    head = tokens[0]
    if len(tokens) > 1 and tokens[1].text == "(" and head.kind == "name":
        if tokens[-1].text != ")":
            raise error_at(head, f"'{head.text}(' is not closed")
        inner = tokens[2:-1]
        if head.text == "c":
            return _vector(term, inner, head)
        if head.text in ("start", "fixed", "label", "equal"):
            return _function(term, head, inner)
        raise error_at(head, f"'{head.text}()' is not a modifier", "start(), label(), fixed() or c()")
    return _vector(term, tokens, head)


def _function(term: Term, head: Token, inner: list[Token]) -> Term:
    if inner and inner[0].text == "c" and len(inner) > 1 and inner[1].text == "(":
        inner = inner[2:-1]
    values = list(_commas(inner, head))
    if head.text in ("label", "equal"):
        return _replace(term, label=tuple(part[0].text.strip("\"'") for part in values))
    numbers = tuple(_number(part) for part in values)
    return _replace(term, start=numbers) if head.text == "start" else _replace(term, fixed=numbers)


def _vector(term: Term, tokens: list[Token], head: Token) -> Term:
    parts = list(_commas(tokens, head))
    if all(
        len(p) == 1 and (p[0].kind == "quoted" or (p[0].kind == "name" and p[0].text != "NA")) for p in parts
    ):
        return _replace(term, label=tuple(part[0].text.strip("\"'") for part in parts))
    return _replace(term, fixed=tuple(_number(part) for part in parts))


def _commas(tokens: list[Token], head: Token) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in [*tokens, Token("sign", ",", head.line, head.column, head.at)]:
        if token.text == ",":
            if not part:
                raise error_at(head, "an empty place in a list of values")
            yield part
            part = []
        else:
            part.append(token)


def _number(tokens: list[Token]) -> float:
    negative = tokens[0].text == "-"
    rest = tokens[1:] if negative or tokens[0].text == "+" else tokens
    if len(rest) == 1 and rest[0].text == "NA" and not negative:
        return math.nan
    if len(rest) == 3 and rest[1].text == "/" and rest[0].kind == rest[2].kind == "number":
        value = float(rest[0].text) / float(rest[2].text)
    elif len(rest) == 1 and rest[0].kind == "number":
        value = float(rest[0].text)
    else:
        raise error_at(tokens[0], f"'{joined(tokens)}' is neither a number nor a label")
    return -value if negative else value


def _replace(
    term: Term,
    *,
    fixed: tuple[float | None, ...] = (),
    start: tuple[float | None, ...] = (),
    label: tuple[str, ...] = (),
) -> Term:
    return Term(term.lhs, term.op, term.rhs, fixed, start, label, term.line, term.column)


def _merge(old: Term, new: Term) -> Term:
    """One parameter named twice: the later modifiers win, others are kept."""
    return Term(
        old.lhs,
        old.op,
        old.rhs,
        new.fixed or old.fixed,
        new.start or old.start,
        new.label or old.label,
        old.line,
        old.column,
    )
