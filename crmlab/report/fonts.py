"""The letters a page needs and no others, as fonts to put into it."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path

from crmlab.present.theme import IGNORABLE, PERSIAN, Theme

ALWAYS = frozenset(PERSIAN) | {chr(code) for code in range(0x20, 0x7F)} | set("–—−×≥≤→←∞…“”‘’²أإؤئةًَُِّٔ")


FEATURES = [
    "ccmp",
    "locl",
    "isol",
    "init",
    "medi",
    "fina",
    "rlig",
    "calt",
    "liga",
    "mark",
    "mkmk",
]  # what joins letters


def faces(theme: Theme, text: str) -> str:
    """CSS `@font-face` rules that carry the fonts themselves, cut down to the letters of `text`."""
    used = set(text)
    signs = theme.missing_in_text_face("".join(sorted(used)))
    letters = "".join(sorted(ALWAYS | (used - IGNORABLE - set(signs))))
    rules = [
        _rule("Report", 400, theme.regular, letters),
        _rule("Report", 700, theme.bold, letters),
        _rule("Report Signs", 400, theme.fallback, signs, joined=False),
    ]
    return "\n".join(rule for rule in rules if rule)


def _rule(family: str, weight: int, path: Path, letters: str, *, joined: bool = True) -> str:
    if not letters:
        return ""
    data = base64.b64encode(subset(path, letters, joined)).decode("ascii")
    source = f'url("data:font/woff;base64,{data}") format("woff")'
    return f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: {source}; }}'


@cache
def subset(path: Path, letters: str, joined: bool = True) -> bytes:
    """A font file with these letters only, the same bytes every time; with their shapes and joins where `joined`."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, recalc_timestamp=False, glyph_names=False)
    options.layout_features = FEATURES
    options.drop_tables += ["FFTM", "meta", *(() if joined else ("GSUB", "GPOS", "GDEF", "kern"))]
    with TTFont(path, recalcTimestamp=False) as font:
        names = font["name"]
        del font["name"]  # searching the whole font for uses of names takes longer than all the rest
        cutter = Subsetter(options)
        cutter.populate(text=letters)
        cutter.subset(font)
        names.names = [record for record in names.names if record.nameID in (1, 2, 4, 6, 13, 14)]
        font["name"] = names
        font.flavor = "woff"
        out = io.BytesIO()
        font.save(out)
    return out.getvalue()
