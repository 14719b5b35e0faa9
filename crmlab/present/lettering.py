"""Lines of text as outlines of letters: each line is set once, each letter read once, for all figures of all reports."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ft2font import LoadFlags
from matplotlib.path import Path

FONT_SCALE = 100.0  # points a letter's height is set at, whatever it is shown at
BOXES = "LastResort"  # the font matplotlib shows a box from where no other has the letter
EM = 1600  # units a letter's height is counted in: finer than the fonts' own 1000
MARKS = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
ARGUMENTS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
POINTS = {Path.MOVETO: 1, Path.LINETO: 1, Path.CURVE3: 2, Path.CURVE4: 3}


@dataclass(frozen=True, slots=True)
class Letter:
    """A glyph.

    Attributes
    ----------
    data : its outline in units of `EM`, downwards
    bottom, top : of its outline's points, in units of `FONT_SCALE`
    advance : how far the next one stands off, in the same units
    """

    name: str
    data: str
    bottom: float
    top: float
    advance: float


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text, set: its size in units of `FONT_SCALE`, and each letter with its place in units of `EM`."""

    width: float
    height: float
    descent: float
    places: tuple[tuple[Letter, int, int], ...]


# With the font, which must live as long as its id is known.
_words: dict[tuple[int, str], tuple[Any, Words]] = {}
_letters: dict[tuple[int, int], tuple[Any, Letter]] = {}


def words(font: Any, text: str) -> Words:
    """Set a line of text; each is set once."""
    key = (id(font), text)
    found = _words.get(key)
    if found is None:
        found = _words[key] = (font, _set(font, text))
    return found[1]


def _set(font: Any, text: str) -> Words:
    """What `FT2Font.set_text` measures, from the same shaping that gives the letters."""
    width, bottom, top = 0.0, math.inf, -math.inf
    places = []
    for item in font._layout(text, LoadFlags.NO_HINTING, features=None, language=None):
        if item.ft_object.postscript_name.startswith(BOXES):
            warnings.warn(f"Glyph {ord(item.char[0])} ({item.char!r}) is in none of the fonts", stacklevel=2)
        letter = _letter(item.ft_object, item.glyph_index)
        width = max(width, item.x + (0.0 if item.char in MARKS else letter.advance))
        bottom, top = min(bottom, item.y + letter.bottom), max(top, item.y + letter.top)
        if letter.data:
            places.append((letter, round(item.x * EM / FONT_SCALE), round(-item.y * EM / FONT_SCALE)))
    if bottom > top:
        bottom = top = 0.0
    return Words(width, top - bottom, -bottom, tuple(places))


def _letter(font: Any, index: int) -> Letter:
    key = (id(font), index)
    found = _letters.get(key)
    if found is None:
        size = font.load_glyph(index, flags=LoadFlags.NO_HINTING)
        points, codes = font.get_path()
        high = points[codes != Path.CLOSEPOLY, 1] if len(codes) else np.zeros(1)
        letter = Letter(
            f"{font.postscript_name}-{index:x}",
            _relative(points, codes),
            float(high.min()),
            float(high.max()),
            size.linearHoriAdvance / 65536,
        )
        found = _letters[key] = (font, letter)
    return found[1]


def _relative(vertices: Any, codes: Any) -> str:
    """An outline in steps from point to point."""
    points = np.rint(vertices * [EM / FONT_SCALE, -EM / FONT_SCALE]).astype(int).tolist()
    here = first = [0, 0]
    parts: list[str] = []
    k = 0
    while k < len(codes):
        code = codes[k]
        if code == Path.CLOSEPOLY:
            parts.append("z")
            here = first
            k += 1
            continue
        count = POINTS[code]
        parts.append(
            ARGUMENTS[code].lower() + _joined([(x - here[0], y - here[1]) for x, y in points[k : k + count]])
        )
        here = points[k + count - 1]
        if code == Path.MOVETO:
            first = here
        k += count
    return "".join(parts)


def _joined(steps: Sequence[tuple[int, int]]) -> str:
    """Numbers with no more between them than SVG needs: a minus parts by itself."""
    numbers = [str(part) for step in steps for part in step]
    return numbers[0] + "".join(each if each[0] == "-" else f" {each}" for each in numbers[1:])
