"""How tall a table will be, near enough to say whether it may break over pages; measuring it costs half of setting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from crmlab.present.theme import IGNORABLE, Theme

MM = 72 / 25.4  # points
WHOLE = 105 * MM  # a table is kept whole while it takes less than some two fifths of a page
PAGE = 230 * MM  # and is broken where no page has room for it
SHORT, LONG = 6, 18  # rows up to which a table is short whatever it says, and beyond which it is not
SHEET = {False: 210 * MM, True: 297 * MM}  # upright, on its side
MARGINS = 48 * MM  # both
INSET = (8.0, 7.2)  # of a cell, across and down
GROUP = 10.6  # the same of a row that titles those below it, down
CAPITAL = 0.698  # height of a line and, with `LEADING`, from line to line, in sizes of the text
LEADING = 0.62
JOINED = 0.8  # width of a Persian letter in a word, by its width alone


def breaks(
    header: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float], turned: bool, theme: Theme
) -> bool:
    """Whether a table may break over pages; `turned` is whether it stands on a page turned on its side."""
    if len(rows) > LONG:
        return True
    return height(header, rows, shares, turned, theme) > (WHOLE if len(rows) > SHORT else PAGE)


def height(
    header: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float], turned: bool, theme: Theme
) -> float:
    """Points, within some tenth: words are as wide as their letters, and lines are filled one after the other."""
    plain, bold = advances(theme.regular), advances(theme.bold)
    count = len(header)
    size = 8.5 if turned else 7.5 if count > 9 else 8.5 if count > 6 else 9.0
    room = SHEET[turned] - MARGINS
    rooms = [(room * share / sum(shares) - INSET[0]) / size for share in shares]

    def tall(cells: Sequence[str], spaces: Sequence[float], letters: Mapping[int, float]) -> float:
        most = max(
            (lines(text, space, letters) for text, space in zip(cells, spaces, strict=False)), default=1
        )
        return size * (most * CAPITAL + (most - 1) * LEADING)

    total = tall(header, rooms, bold) + INSET[1]
    for row in rows:
        if len(row) == 1 and count > 1:
            total += tall(row, [(room - INSET[0]) / size], bold) + GROUP
        else:
            total += tall(row, rooms, plain) + INSET[1]
    return total


def lines(text: str, room: float, letters: Mapping[int, float]) -> int:
    """How many lines a text takes in a `room` told in sizes of the text."""
    count, used, space = 1, 0.0, letters[32]
    for word in text.split():
        width = sum([letters.get(ord(char), 0.55) for char in word if char not in IGNORABLE])
        if used and used + space + width > room:
            count, used = count + 1, width
        else:
            used += width + (space if used else 0.0)
        while used > room > 0:
            count, used = count + 1, used - room
    return count


@cache
def advances(path: Path) -> dict[int, float]:
    """Code of a letter -> its width in sizes of the text; Persian ones as they are in a word."""
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        widths, units = font["hmtx"].metrics, font["head"].unitsPerEm
        found = {code: widths[name][0] / units for code, name in font.getBestCmap().items()}
    return {
        code: width * (JOINED if 0x620 <= code <= 0x64A or 0x671 <= code <= 0x6D3 else 1)
        for code, width in found.items()
    }
