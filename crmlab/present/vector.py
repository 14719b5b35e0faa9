"""A drawing as short SVG: letters once a figure, numbers no longer than a printer can show, nothing that is not seen.

Matplotlib's own writer names every artist, sets every colour as CSS and every number with six decimals; the text takes
longer to write, to read again (by the typesetter, twice) and to load in a browser than the drawing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Transform

from crmlab.present.lettering import ARGUMENTS, EM, FONT_SCALE, POINTS, Letter, words

POINTS_AN_INCH = 72
FINE = 1e-4  # points that are none
CAPS = {"projecting": "square", "butt": "butt", "round": "round"}
HATCH = 72  # points of a side of a hatching's tile


class Paper(FigureCanvasBase):
    """A figure's canvas that measures words as they will be drawn."""

    def __init__(self, figure: Any) -> None:
        super().__init__(figure)
        figure.set_dpi(POINTS_AN_INCH)
        self.sheet = Sheet(*(POINTS_AN_INCH * size for size in figure.get_size_inches()))

    def get_renderer(self) -> Sheet:
        """What layouts measure with."""
        return self.sheet


class Sheet(RendererBase):
    """What matplotlib draws on; `text` gives it as SVG. Sizes are in points; images and formulas have no place here."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height
        self._setter: Any = text_to_path
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._body: list[str] = []
        self._kept: dict[str, str] = {}  # a definition -> its id
        self._letters: dict[str, str] = {}  # a glyph -> its id
        self._faces: dict[str, str] = {}  # a font -> the letter its glyphs' ids start with
        self._names: dict[str, str] = {}

    def text(self) -> str:
        """The whole drawing."""
        width, height = number(self.width), number(self.height)
        kept = "".join(self._kept)
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" stroke-linejoin="round">\n'
            + (f"<defs>{kept}</defs>\n" if kept else "")
            + "\n".join(self._body)
            + "\n</svg>\n"
        )

    # -- what matplotlib calls

    def draw_path(self, gc: Any, path: Path, transform: Transform, rgbFace: Any = None) -> None:
        line = rgbFace is None and gc.get_hatch_path() is None
        clean = path.cleaned(
            transform + self._flip,
            remove_nans=True,
            clip=(0.0, 0.0, self.width, self.height) if line else None,
            simplify=path.should_simplify and line,
            curves=True,
            sketch=gc.get_sketch_params(),
        )
        if len(clean) > 1:
            self._path(gc, clean.vertices, clean.codes, rgbFace)

    def draw_markers(
        self,
        gc: Any,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,
    ) -> None:
        clean = marker_path.cleaned(marker_trans + Affine2D().scale(1, -1), curves=True)
        spots = _ends(path, trans + self._flip)
        if len(spots) == 1:
            self._path(gc, clean.vertices + spots, clean.codes, rgbFace)
        elif len(spots):
            name = self._keep("m", f'<path id="{{}}" d="{outline(clean.vertices, clean.codes)}"/>')
            uses = [f'<use href="#{name}" x="{number(x)}" y="{number(y)}"/>' for x, y in spots.tolist()]
            low, high = _extent(clean.vertices, clean.codes)
            clip = self._clip(gc, (spots.min(axis=0) + low, spots.max(axis=0) + high))
            self._body.append(f"<g{clip}{self._look(gc, rgbFace)}>{''.join(uses)}</g>")

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float,
        ismath: Any = False, mtext: Any = None,
    ) -> None:  # fmt: skip
        del ismath, mtext  # no text of ours is a formula
        places = words(self._setter._get_font(prop), s).places
        if not places:
            return
        uses = "".join([self._use(*place) for place in places])
        scale = prop.get_size_in_points() / EM
        turn = f"rotate({number(-angle)})" if angle else ""
        self._body.append(
            f"<g{self._clip(gc)}{_ink('fill', gc)} "
            f'transform="translate({number(x)} {number(y)}){turn}scale({scale:.5g})">{uses}</g>'
        )

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        del ismath
        scale = prop.get_size_in_points() / FONT_SCALE
        line = words(self._setter._get_font(prop), s)
        return line.width * scale, line.height * scale, line.descent * scale

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def flipy(self) -> bool:
        return True

    # -- how it is written

    def _path(self, gc: Any, points: Any, codes: Any, face: Any) -> None:
        low, high = extent = _extent(points, codes)
        clip = self._clip(gc, extent)
        if clip and gc.get_clip_path()[0] is None and gc.get_hatch() is None:
            # what stands upright is cut here: cutting is the dearest work of all who draw an SVG
            if face is not None and not gc.get_linewidth() and _is_box(points, extent):
                self._box(gc, low, high, self._look(gc, face))
                return
            if face is None and _is_upright(points, extent) and gc.get_dashes()[1] is None:
                half = 0.5 * gc.get_linewidth()
                ends = half if gc.get_capstyle() == "projecting" else 0.0
                reach = np.where(high - low > FINE, ends, half)
                self._box(gc, low - reach, high + reach, _ink("fill", gc))
                return
        self._body.append(f'<path d="{outline(points, codes)}"{clip}{self._look(gc, face)}/>')

    def _box(self, gc: Any, low: Any, high: Any, look: str) -> None:
        """A box, as far as it stands within its axes."""
        edges = self._edges(gc.get_clip_rectangle())
        (left, top), (right, bottom) = np.maximum(low, edges[0]), np.minimum(high, edges[1])
        if left < right and top < bottom:
            x, y, wide, tall = number(left), number(top), number(right - left), number(bottom - top)
            self._body.append(f'<path d="M{x} {y}h{wide}v{tall}h-{wide}Z"{look}/>')

    def _use(self, letter: Letter, x: int, y: int) -> str:
        known = self._letters.get(letter.name)
        if known is None:
            font, _, code = letter.name.rpartition("-")
            face = self._faces.setdefault(font, "abcdefgh"[len(self._faces) % 8])
            known = self._letters[letter.name] = face + code
            self._kept[f'<path id="{known}" d="{letter.data}"/>'] = known
        return f'<use href="#{known}"' + (f' x="{x}"' if x else "") + (f' y="{y}"/>' if y else "/>")

    def _keep(self, kind: str, definition: str) -> str:
        """The id of a definition; `{}` in it is where the id goes."""
        if definition not in self._names:
            name = f"{kind}{len(self._names)}"
            self._names[definition] = name
            self._kept[definition.replace("{}", name, 1)] = name
        return self._names[definition]

    def _clip(self, gc: Any, extent: tuple[Any, Any] | None = None) -> str:
        """What keeps a drawing within its axes; nothing where it does not reach their edges."""
        shape, transform = gc.get_clip_path()
        box = gc.get_clip_rectangle()
        if shape is not None:
            clean = shape.cleaned(transform + self._flip, curves=True)
            inner = f'<path d="{outline(clean.vertices, clean.codes)}"/>'
        elif box is not None:
            low, high = self._edges(box)
            if extent is not None:
                # a line is half as wide again at its ends, and longer yet where it turns to a point
                reach = gc.get_linewidth() * (0.5 if gc.get_joinstyle() == "round" else 2) + 0.01
                if (extent[0] - reach >= low).all() and (extent[1] + reach <= high).all():
                    return ""
            (x, y), (wide, high_) = low, high - low
            inner = f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high_)}"/>'
        else:
            return ""
        return (
            f' clip-path="url(#{self._keep("p", f"<clipPath id={chr(34)}{{}}{chr(34)}>{inner}</clipPath>")})"'
        )

    def _edges(self, box: Any) -> tuple[Any, Any]:
        x0, y0, x1, y1 = box.extents
        return np.array([x0, self.height - y1]), np.array([x1, self.height - y0])

    def _look(self, gc: Any, face: Any) -> str:
        """Fill and line as attributes."""
        width, both = gc.get_linewidth(), ""
        if gc.get_hatch() is not None:
            text = f' fill="url(#{self._hatching(gc, face)})"'
        elif face is None:
            text = ' fill="none"'
        else:
            text = f' fill="{colour(face)}"'
            if gc.get_forced_alpha() and width:
                both = _faint("opacity", gc.get_alpha())
            else:
                text += _faint("fill-opacity", face[3] if len(face) == 4 else 1.0)
        return text + both + (self._line(gc, width, "" if both else None) if width else "")

    def _line(self, gc: Any, width: float, faint: str | None) -> str:
        text = _ink("stroke", gc, faint)
        if width != 1:
            text += f' stroke-width="{number(width)}"'
        if gc.get_joinstyle() != "round":
            text += f' stroke-linejoin="{gc.get_joinstyle()}"'
        if gc.get_capstyle() != "butt":
            text += f' stroke-linecap="{CAPS[gc.get_capstyle()]}"'
        start, dashes = gc.get_dashes()
        if dashes is not None:
            text += f' stroke-dasharray="{",".join(number(each) for each in dashes)}"'
            text += f' stroke-dashoffset="{number(start)}"' if start else ""
        return text

    def _hatching(self, gc: Any, face: Any) -> str:
        tile = gc.get_hatch_path().cleaned(Affine2D().scale(HATCH, -HATCH).translate(0, HATCH), curves=True)
        ink = colour(gc.get_hatch_color())
        ground = "none" if face is None else colour(face)
        return self._keep(
            "h",
            f'<pattern id="{{}}" patternUnits="userSpaceOnUse" width="{HATCH}" height="{HATCH}">'
            f'<rect width="{HATCH + 1}" height="{HATCH + 1}" fill="{ground}"/>'
            f'<path d="{outline(tile.vertices, tile.codes)}" fill="{ink}" stroke="{ink}" stroke-width="{number(gc.get_hatch_linewidth())}" '
            'stroke-linejoin="miter"/></pattern>',
        )


def number(value: float) -> str:
    """Hundredths of a point, written as short as can be."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def colour(rgb: Sequence[float]) -> str:
    """A colour as SVG has it; how clear it is is told apart."""
    return f"#{round(255 * rgb[0]):02x}{round(255 * rgb[1]):02x}{round(255 * rgb[2]):02x}"


def outline(vertices: Any, codes: Any) -> str:
    """A cleaned path (with its codes) as the `d` of SVG."""
    found: list[str] = []
    points, codes = vertices.tolist(), codes.tolist()
    k = 0
    while k < len(codes):
        code = codes[k]
        if code == Path.STOP:
            break
        if code == Path.CLOSEPOLY:
            found.append("Z")
            k += 1
            continue
        count = POINTS[code]
        inside = " ".join([f"{number(x)} {number(y)}" for x, y in points[k : k + count]])
        found.append(ARGUMENTS[code] + inside)
        k += count
    return "".join(found)


def _ink(kind: str, gc: Any, faint: str | None = None) -> str:
    """The colour of lines and letters; how clear it is as well, unless `faint` says it."""
    rgb = gc.get_rgb()
    if faint is None:
        faint = _faint(f"{kind}-opacity", gc.get_alpha() if gc.get_forced_alpha() else rgb[3])
    return f' {kind}="{colour(rgb)}"{faint}'


def _faint(name: str, alpha: float | None) -> str:
    return "" if alpha is None or alpha == 1 else f' {name}="{alpha:.3g}"'


def _ends(path: Path, transform: Transform) -> Any:
    """Where markers stand: the points of a line, the ends of its curves."""
    if path.codes is None:
        points = transform.transform(path.vertices)
    else:
        ends = [points[-2:] for points, _ in path.iter_segments(transform, simplify=False) if len(points)]
        points = np.array(ends).reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1)]


def _extent(points: Any, codes: Any) -> tuple[Any, Any]:
    """The least and the greatest point; those that only end a path do not count."""
    seen = points[(codes != Path.CLOSEPOLY) & (codes != Path.STOP)]
    return seen.min(axis=0), seen.max(axis=0)


def _is_box(points: Any, extent: tuple[Any, Any]) -> bool:
    """Whether a closed path is an upright rectangle."""
    corners = points[:4]
    near = (np.abs(corners - extent[0]) < FINE) | (np.abs(corners - extent[1]) < FINE)
    return (
        len(points) in (5, 6) and bool(near.all()) and len(np.unique(corners > extent[0] + FINE, axis=0)) == 4
    )


def _is_upright(points: Any, extent: tuple[Any, Any]) -> bool:
    """Whether a path is one line along an axis."""
    return len(points) == 3 and bool((extent[1] - extent[0] < FINE).sum() == 1)
