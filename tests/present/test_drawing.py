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
from crmlab.present.facts import sources
from crmlab.present.layout import layered
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
    drawn = {int(code, 16) for code in re.findall(r'id="IBMPlexSansArabic-Regular-([0-9a-f]+)"', text)}
    font = TTFont(theme.regular)
    alone = {font.getGlyphID(font.getBestCmap()[ord(letter)]) for letter in "مشت"}
    assert len(drawn) >= 4
    assert not alone & drawn, "letters stand alone"


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
