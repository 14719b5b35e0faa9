"""A number as it was printed: what it says, and which values could have been rounded to it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from crmlab.data.persian import normalise, number

Interval = tuple[float, float]

_RELATION = re.compile(r"^(?:[A-Za-z\u0600-\u06ff]{1,4}\s*)?([<>=≤≥])\s*")
_BODY = r"[-+−–]?(?:\d[\d,٬]*)?(?:[./٫]\d+|\d)[-]?"
_CELL = re.compile(rf"^({_BODY})\s*([%٪]?)$")
_STARS = re.compile(r"[*†‡]+|(?<=\d)\s*(?:ns|n\.s\.)$")
_SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})
IN_TEXT = re.compile(r"(?<![\w./٫-])([-−–]?\d*[./٫]?\d+)(?![\d/])")


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed number.

    Attributes
    ----------
    text : as it stands in the document
    value : what it says
    decimals : how many are printed
    relation : "=", "<" or ">"
    percent : whether a percent sign stands with it
    """

    text: str
    value: float
    decimals: int
    relation: str = "="
    percent: bool = False

    @property
    def span(self) -> Interval:
        """The values that are printed so: rounded to the nearest or cut off after the last decimal."""
        unit = 10.0**-self.decimals
        if self.relation == "<":
            return -math.inf, self.value
        if self.relation == ">":
            return self.value, math.inf
        cut = unit if self.decimals else 0.5
        return (
            (self.value - 0.5 * unit, self.value + cut)
            if self.value >= 0
            else (self.value - cut, self.value + 0.5 * unit)
        )

    @property
    def size(self) -> Interval:
        """The span of the absolute value."""
        low, high = self.span
        return (
            (0.0, max(-low, high)) if low < 0 < high else (min(abs(low), abs(high)), max(abs(low), abs(high)))
        )

    @property
    def whole(self) -> bool:
        """Whether it is a plain whole number."""
        return self.decimals == 0 and self.relation == "=" and self.value == int(self.value)


def meets(left: Interval, right: Interval) -> bool:
    """Whether two intervals share a value, allowing for the last bit of the machine."""
    slack = 1e-9 * max(1.0, *(abs(end) for end in (*left, *right) if math.isfinite(end)))
    return left[0] <= right[1] + slack and right[0] <= left[1] + slack


def added(first: Printed, second: Printed) -> Interval:
    """The values that the sum of two printed numbers may have."""
    return first.span[0] + second.span[0], first.span[1] + second.span[1]


def printed(text: str) -> Printed | None:
    """The number that a cell holds, in either script and with a slash or a comma as decimal mark; None if it is not one.

    Stars of significance, brackets and a leading `p <` are read away; a cell with two numbers gives the first one,
    if the second stands in brackets.

    Examples
    --------
    >>> printed("۰/۸۵۸**").value, printed("(2.34)").value, printed("< ۰/۰۰۱").relation
    (0.858, 2.34, '<')
    """
    raw = normalise(text).translate(_SIGNS)
    rest = _STARS.sub("", raw).strip()
    relation = "="
    if hit := _RELATION.match(rest):
        relation = {"≤": "<", "≥": ">"}.get(hit[1], hit[1])
        rest = rest[hit.end() :].strip()
    rest = re.sub(r"^([^()\[\]]+?)\s*[(\[][^()\[\]]*[)\]]$", r"\1", rest)
    rest = re.sub(r"^[(\[](.*)[)\]]$", r"\1", rest).strip()
    hit = _CELL.match(rest)
    if not hit:
        return None
    body = re.sub(r"(?<=\d)/(?=\d)|^(-?)/(?=\d)", lambda found: f"{found[1] or ''}.", hit[1])
    if re.fullmatch(r"-?\d*,\d{1,2}|-?0,\d+", body):
        body = body.replace(",", ".")
    value = number(body)
    if value is None:
        return None
    decimals = len(body.rstrip("-").replace("٫", ".").partition(".")[2])
    return Printed(text.strip(), value, decimals, relation, bool(hit[2]))


_PART = re.compile(r"/|-\d")


def in_text(sentence: str) -> list[tuple[int, Printed]]:
    """The numbers of a sentence with the places where they begin; dates and ranges of pages are not taken for one."""
    found = []
    plain = sentence.translate(_SIGNS)
    for hit in IN_TEXT.finditer(plain):
        if _PART.match(plain[hit.end() :]) or plain[: hit.start()].endswith("/"):
            continue  # of a date, a range, the number of a table
        before = plain[: hit.start()].rstrip()
        got = printed(hit[1])
        if got is not None:
            sign = before[-1:] if before[-1:] in ("<", ">") else "="
            tail = plain[hit.end() :].lstrip()[:1]
            found.append((hit.start(), Printed(hit[1], got.value, got.decimals, sign, tail in ("%", "٪"))))
    return found
