"""Fonts, colours and the one way to draw: what every figure of every report shares."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crmlab.errors import StudyError

FAMILY = "IBM Plex Sans Arabic"
FALLBACK = "DejaVu Sans"  # Greek letters and signs; ships with matplotlib
PERSIAN = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءآأؤئةۀ۰۱۲۳۴۵۶۷۸۹،؛؟«»٫٬٪"
IGNORABLE = frozenset(
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\n\t\r"
)
TEXT_WIDTH = 6.3  # inches between the margins of A4
DPI = 160  # of the pictures in Word; HTML and PDF hold them as lines


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that stay apart for colour-blind readers and, by lightness, in grey print."""

    ink: str = "#1c2733"
    quiet: str = "#66717d"
    line: str = "#b9c1c9"
    faint: str = "#eef1f4"
    main: str = "#1f5a8a"
    light: str = "#a9c8e3"
    bad: str = "#a4400a"
    low: tuple[str, ...] = ("#8c3b0c", "#d98a4e", "#f0cfae")  # darkest first
    high: tuple[str, ...] = ("#1b4f7a", "#5f9cc9", "#bcd7ea")
    middle: str = "#dfe3e6"

    def steps(self, count: int) -> list[str]:
        """A diverging row of `count` colours, lowest answer first."""
        from matplotlib.colors import LinearSegmentedColormap, to_hex

        stops = [*self.low, self.middle, *reversed(self.high)]
        ramp = LinearSegmentedColormap.from_list("answers", stops)
        return [to_hex(ramp(k / max(count - 1, 1))) for k in range(count)]


PALETTE = Palette()


@dataclass(frozen=True)
class Theme:
    """A family of fonts on disk; `files` hold its regular and bold faces."""

    family: str
    files: tuple[Path, ...]
    fallback: Path

    @classmethod
    def load(cls, folder: Path | None = None, family: str = FAMILY) -> Theme:
        """The bundled family, or one from `folder`; a font without Persian letters is refused."""
        return _theme(folder or _package("fontpkg_ibm_plex_sans_arabic") / "files", family)

    @property
    def regular(self) -> Path:
        """The text face."""
        return self.files[0]

    @property
    def bold(self) -> Path:
        """The bold face."""
        return self.files[-1]

    def missing(self, text: str) -> str:
        """The characters of `text` that no font of the theme can draw."""
        known, more = _characters(self.regular), _characters(self.fallback)
        lost = {char for char in text if char not in IGNORABLE and ord(char) not in known}
        return "".join(sorted(char for char in lost if ord(char) not in more))

    def missing_in_text_face(self, text: str) -> str:
        """The characters of `text` that only the fallback font can draw."""
        known = _characters(self.regular)
        return "".join(sorted({char for char in text if ord(char) not in known and char not in IGNORABLE}))

    def admit(self, text: str, where: str) -> None:
        """Refuse a text that would be printed as boxes."""
        lost = self.missing(text)
        if lost:
            shown = ", ".join(f"'{char}' (U+{ord(char):04X})" for char in lost[:5])
            raise StudyError(
                f"{where}: the fonts have no {shown}",
                hint="leave the character out of the study's labels, or name a font that has it",
            )

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Matplotlib with our fonts and lines; a glyph that is missing raises."""
        import matplotlib as mpl

        _register(self)
        with mpl.rc_context(_settings(self)), _words_set_once(), warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*[Gg]lyph.*")
            warnings.filterwarnings("error", message=".*findfont.*")
            yield


def svg(figure: Any) -> str:
    """A matplotlib figure as SVG text: no date, no random id."""
    from crmlab.present.vector import Paper

    paper = Paper(figure)
    engine = figure.get_layout_engine()
    if engine is not None and figure.axes:
        engine.execute(figure)
    figure.set_layout_engine(None)
    figure.draw(paper.sheet)
    return paper.sheet.text()


@cache
def _theme(folder: Path, family: str) -> Theme:
    faces = {path.stem.rpartition("-")[2]: path for path in sorted(folder.glob("*.ttf"))}
    regular = faces.get("Regular") or next(iter(faces.values()), None)
    if regular is None:
        raise StudyError(f"{folder}: no font file (.ttf) of {family}", hint="install the font package again")
    lost = [letter for letter in PERSIAN if ord(letter) not in _characters(regular)]
    if lost:
        raise StudyError(
            f"{regular.name}: the font has no {' '.join(lost[:5])} and cannot print Persian",
            hint=f"name another font, for example {FAMILY}",
        )
    fallback = _package("matplotlib") / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return Theme(family, (regular, faces.get("Bold", regular)), fallback)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise StudyError(f"the package {name} is not installed", hint="make .venv")
    return Path(spec.origin).parent


@cache
def _characters(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _register(theme: Theme) -> None:
    from matplotlib import font_manager

    for path in theme.files:
        font_manager.fontManager.addfont(path)


@contextmanager
def _words_set_once() -> Iterator[None]:
    """Matplotlib sets every word anew for every figure and measure; remembering them takes a fifth off the drawing."""
    from matplotlib import font_manager, text

    manager: Any = font_manager.fontManager
    with ExitStack() as stack:
        for owner, name, kept in (
            (manager, "_find_fonts_by_props", _by_properties),
            (text.Text, "_get_layout", _by_look),
            (text, "get_font", _by_file),
        ):
            found = getattr(owner, name, None)
            if found is not None:  # None in another version of matplotlib: drawing is slower and the same
                stack.enter_context(_put(owner, name, kept(found)))
        yield


@contextmanager
def _put(owner: Any, name: str, value: Any) -> Iterator[None]:
    """`owner.name` is `value` for a while."""
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


def _by_properties(look_up: Any) -> Any:
    known: dict[Any, Any] = {}

    def remembered(properties: Any, *more: Any, **how: Any) -> Any:
        key = (hash(properties), more, tuple(how.items()))
        if key not in known:
            known[key] = look_up(properties, *more, **how)
        return known[key]

    return remembered


def _by_look(lay_out: Any) -> Any:
    """Where the lines of a text stand around its place; asked for at every measure of the layout and again to draw."""
    known: dict[Any, Any] = {}

    from crmlab.present.vector import Sheet

    def remembered(self: Any, renderer: Any) -> Any:
        if self.get_wrap() or self.get_transform_rotates_text() or not isinstance(renderer, Sheet):
            return lay_out(self, renderer)
        key = (
            self.get_text(),
            hash(self.get_fontproperties()),
            self.get_rotation(),
            self.get_rotation_mode(),
            self.get_horizontalalignment(),
            self.get_verticalalignment(),
            self._get_multialignment(),
            self._linespacing,
        )
        if key not in known:
            known[key] = lay_out(self, renderer)
        return known[key]

    return remembered


def _by_file(load: Any) -> Any:
    """The fonts that words are laid out by: only their tables are asked for, which are read from the file each time."""
    known: dict[Any, Any] = {}

    def remembered(paths: Any) -> Any:
        key = tuple(paths) if isinstance(paths, list) else paths
        if key not in known:
            known[key] = _Tables(load(paths))
        return known[key]

    return remembered


class _Tables:
    """A font whose tables are read once."""

    def __init__(self, font: Any) -> None:
        self._font = font
        self._tables: dict[str, Any] = {}

    def get_sfnt_table(self, name: str) -> Any:
        if name not in self._tables:
            self._tables[name] = self._font.get_sfnt_table(name)
        return self._tables[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._font, name)


def _settings(theme: Theme) -> Any:
    return {
        "font.family": [theme.family, FALLBACK],
        "font.size": 8.5,
        "text.color": PALETTE.ink,
        "axes.labelcolor": PALETTE.ink,
        "axes.edgecolor": PALETTE.line,
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": True,
        "xtick.color": PALETTE.quiet,
        "ytick.color": PALETTE.ink,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
        "ytick.major.size": 0,
        "text.parse_math": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "crmlab",
        "savefig.facecolor": "white",
    }
