"""Fonts, letters, diagrams: what can be checked without eyes."""

import itertools
import re
import shutil
from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.errors import StudyError
from crmlab.present import diagrams, figures
from crmlab.present.canvas import marked
from crmlab.present.facts import sources
from crmlab.present.language import Language
from crmlab.present.layout import layered
from crmlab.present.lettering import words
from crmlab.present.names import reader
from crmlab.present.theme import Theme, svg


def test_a_font_without_persian_letters_is_refused(tmp_path):
    source = Path(mpl.get_data_path()) / "fonts" / "ttf" / "STIXGeneral.ttf"
    shutil.copy(source, tmp_path / "Latin-Regular.ttf")
    with pytest.raises(StudyError, match=r"Latin-Regular\.ttf: the font has no .* cannot print Persian"):
        Theme.load(tmp_path, "Latin")


def test_a_folder_without_fonts_is_refused(tmp_path):
    with pytest.raises(StudyError, match="no font file"):
        Theme.load(tmp_path, "None")


def test_a_letter_no_font_has_is_named():
    with pytest.raises(StudyError, match=r"title: the fonts have no '漢' \(U\+6F22\)"):
        Theme.load().admit("abc 漢", "title")
    Theme.load().admit("می‌شود β ρ ≥ ☐ \u200e\u2068", "marks that are fine")


def test_persian_letters_are_joined():
    from matplotlib.figure import Figure

    theme = Theme.load()
    with theme.drawing():
        canvas = Figure()
        canvas.text(0.5, 0.5, "مشتری")
        text = svg(canvas)
    drawn = {int(code, 16) for code in re.findall(r'id="a([0-9a-f]+)"', text)}
    font = TTFont(theme.regular)
    alone = {font.getGlyphID(font.getBestCmap()[ord(letter)]) for letter in "مشت"}
    assert len(drawn) >= 4
    assert not alone & drawn, "letters stand alone"


def test_a_letter_of_no_font_is_not_drawn_as_a_box():
    from matplotlib.figure import Figure

    canvas = Figure()
    canvas.text(0.5, 0.5, "abc 漢")
    with Theme.load().drawing(), pytest.raises(UserWarning, match="Glyph 28450"):
        svg(canvas)


@pytest.mark.parametrize("text", ["رضایت مشتری (۳٫۴)", "\u200f۰", "Loyalty → value 0.52", "β ≥ می‌شود", " "])
def test_lines_are_as_wide_and_high_as_the_font_library_says(text):
    """Matplotlib's `FT2Font.set_text` measures the same line in hundredths of its size; within a hundredth of one."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.ft2font import LoadFlags
    from matplotlib.textpath import text_to_path

    with Theme.load().drawing():
        font = text_to_path._get_font(FontProperties())
        font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
        measured = [size / 64 for size in (*font.get_width_height(), font.get_descent())]
        line = words(font, text)
    assert [line.width, line.height, line.descent] == pytest.approx(measured, abs=0.01)


def test_what_reaches_beyond_its_axes_is_cut_and_nothing_else():
    from matplotlib.figure import Figure

    with Theme.load().drawing():
        canvas = Figure(figsize=(1, 1))
        axes = canvas.add_axes((0.25, 0.25, 0.5, 0.5))  # 18 to 54 points
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.barh([0.5], [5.0], left=-1.0, height=0.5, color="#112233")
        axes.plot([0.5, 0.5], [-1, 2], color="#445566", linewidth=2)
        axes.plot([0.1, 0.9], [0.2, 0.8], color="#778899")
        axes.plot([0.1, 0.9], [0.2, 1.8], color="#aabbcc")
        drawn = svg(canvas).split("\n")
    assert '<path d="M18 27h36v18h-36Z" fill="#112233"/>' in drawn
    assert '<path d="M35 18h2v36h-2Z" fill="#445566"/>' in drawn
    assert [line.count("clip-path") for line in drawn if "#778899" in line or "#aabbcc" in line] == [0, 1]


def test_drawings_are_the_same_every_time(crm):
    study, results = crm
    found, language = sources(results), reader(study, "fa")
    figure = diagrams.structure(found["05_structure_mediation/paths"], language, study)
    with Theme.load().drawing():
        first, second = svg(figure.draw()), svg(figure.draw())
    assert first == second
    assert "<text" not in first
    assert "date" not in first


def test_a_withheld_group_has_no_bar(crm):
    study, results = crm
    profile = sources(results)["03_sample_description/profile"]
    figure = figures.profile(profile, reader(study, "en"), 5)
    addresses = {fact.address for fact in figure.facts}
    assert not any("GEN.2" in address or "GEN.3" in address for address in addresses)
    assert any("AGE.1" in address for address in addresses)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 8).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    )
)
def test_any_acyclic_model_is_laid_out(model):
    size, pairs = model
    names = [f"C{k}" for k in range(size)]
    paths = [(names[a], names[b]) for a, b in sorted(pairs) if a < b]
    layout = layered(names, paths)
    for source, target in paths:
        assert layout.place[source][0] < layout.place[target][0]
        steps = [layout.place[knot][0] for knot in layout.routes[source, target]]
        assert steps == list(range(steps[0], steps[-1] + 1))
    for layer in range(layout.layers):
        row = sorted(spot for knot, (k, spot) in layout.place.items() if k == layer and isinstance(knot, str))
        assert all(b - a > 0.99 for a, b in itertools.pairwise(row))


def test_numbers_of_the_diagram_stand_off_the_ellipses(fx, tmp_path):
    study = fx.ecsi_study(tmp_path)
    source = sources(fx.results(study))["05_structure_mediation/paths"]
    figure = diagrams.structure(source, reader(study, "fa"), study)
    with Theme.load().drawing():
        axes = figure.draw().axes[0]
    ellipses = [patch for patch in axes.patches if type(patch).__name__ == "Ellipse"]
    numbers = [text for text in axes.texts if text.get_bbox_patch() is not None]
    assert len(ellipses) == 7
    assert len(numbers) == len(study.paths) == 12
    for text in numbers:
        x, y = text.get_position()
        for shape in ellipses:
            (a, b), half = shape.center, (shape.width / 2, shape.height / 2)
            assert ((x - a) / half[0]) ** 2 + ((y - b) / half[1]) ** 2 > 1, text.get_text()


def test_marks_of_an_axis_have_the_decimals_they_need():
    english, persian = Language.load("en"), Language.load("fa")
    assert marked(english, [-0.05, 0.0, 0.05, 0.1, 0.15000000000000002]) == [
        "−0.05",
        "0.00",
        "0.05",
        "0.10",
        "0.15",
    ]
    assert marked(english, [0.0, 0.5, 1.0]) == ["0.0", "0.5", "1.0"]
    assert marked(english, [0, 2000, 4000]) == ["0", "2,000", "4,000"]
    assert marked(persian, [0.0, 0.25]) == ["۰٫۰۰", "۰٫۲۵"]
