"""The sections on measurement and on the PLS model's worth: every table and figure, in both languages, in all files."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from crmlab import measurement, structure
from crmlab.present import show
from crmlab.present.blocks import Figure, Table
from crmlab.present.theme import Theme
from crmlab.report import compose, write
from crmlab.report.trace import lint
from crmlab.result import Check, Result, tidy_frame

TABLES = {
    "missing", "item_analysis", "inter_item", "normality", "adequacy", "factor_number", "efa", "efa_cor", "general",
    "htmt_forms", "fornell_larcker", "cross_loadings", "method", "method_factor", "marker", "criteria", "pls_fit",
    "prediction", "cvpat", "q2", "ipma_CLV", "nca", "bottleneck", "endogeneity", "tetrads", "hidden_segments",
    "legacy_ks", "legacy_t", "legacy_friedman", "legacy_gof", "legacy_indirect",
}  # fmt: skip


@pytest.fixture(scope="module")
def answered(fx, tmp_path_factory):
    """The CRM study with made-up answers, and every result of the chapter computed from them."""
    study = fx.crm_study(
        tmp_path_factory.mktemp("chapter"),
        estimator={"engine": "both", "bootstrap": 100},
        measurement={"marker": ["MRK1", "MRK2"], "method_factor": ["common"]},
        evaluation={
            "necessity": ["CLV"],
            "robustness": ["endogeneity", "tetrads", "segments"],
            "segments": 2,
        },
    )
    rng = np.random.default_rng(8)
    top = rng.multivariate_normal(np.zeros(3), [[1, 0.5, 0.4], [0.5, 1, 0.5], [0.4, 0.5, 1]], 220)
    frame = {}
    for name, parts in fx.ORDERS.items():
        for part in parts:
            eta = 0.8 * top[:, list(fx.ORDERS).index(name)] + 0.6 * rng.standard_normal(220)
            for item in study.blocks[part]:
                frame[item] = np.clip(np.round(3 + 0.9 * eta + 0.6 * rng.standard_normal(220)), 1, 5)
    for item in ("MRK1", "MRK2"):
        frame[item] = np.clip(np.round(3 + 0.2 * top[:, 0] + rng.standard_normal(220)), 1, 5)
    answers = pd.DataFrame(frame)
    answers = answers.mask(rng.random(answers.shape) < 0.02)
    return study, results(study, answers)


def results(study, answers):
    explored = measurement.explore(answers, **study.explored)
    assessed = measurement.assess(answers, **study.measured, htmt_limit=study.rules.htmt)
    separated = measurement.separate(
        answers, assessed.reliability, assessed.correlations, **study.separated | {"n_boot": 50}
    )
    # one plain estimator is enough to fill the table: what it says is tested where it is computed
    biased = measurement.bias(answers, **study.biased | {"method_factor": ()})
    factor = tidy_frame(
        {"term": term, "estimate": value, "p_value": 0.01}
        for term, value in {
            "variance_trait": 0.5, "variance_method": 0.1, "variance_error": 0.4, "chi2_difference": 9.1,
        }.items()
    )  # fmt: skip
    model = structure.estimate(answers, **study.model, hypotheses=study.hypotheses)
    evaluated = structure.evaluate(answers, **study.evaluated)
    annex = measurement.annex(answers, model.results, **study.superseded)
    items = measurement.item_statistics(answers, study.construct_items, values=study.answer_values)
    found = {
        f"04_measurement/{k}": r
        for b in (explored, assessed, separated, biased)
        for k, r in b.results.items()
    }
    found |= {
        f"05_structure_mediation/{k}": r for b in (model, evaluated, annex) for k, r in b.results.items()
    }
    found["03_sample_description/items"] = items
    found["04_measurement/method_common"] = Result("model.clf", factor, {"df_difference": 1.0})
    return found


@pytest.fixture(scope="module")
def documents(answered):
    return {language: compose(*answered, language) for language in ("fa", "en")}


def test_every_table_and_figure_is_there(documents):
    for document in documents.values():
        keys = {block.key for block in document.blocks() if isinstance(block, Table | Figure)}
        assert keys >= TABLES | {"scree", "ipma_chart_CLV"}
        assert not any(text.startswith("(not in") for text in document.words())


def test_both_languages_say_the_same(documents):
    fa, en = (documents[language].facts for language in ("fa", "en"))
    assert sorted(fact.address for fact in fa) == sorted(fact.address for fact in en)


def test_every_saved_fact_is_a_cell(answered, documents):
    _, saved = answered
    for fact in documents["en"].facts:
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            result = saved[f"{step}/{name}"]
            value = result.glance[column] if term == ["glance"] else result.cell("/".join(term), column)
            assert fact.value == value or value != value, fact.address


def test_no_number_is_typed(documents):
    for document in documents.values():
        assert lint(document) == []


def test_every_limit_stands_with_its_source(answered, documents):
    """The note below the table of criteria names each limit, with the study's number and whose it is."""
    study, _ = answered
    table = next(table for table in documents["en"].tables if table.key == "criteria")
    told = " ".join(documents["en"].text(note.spans) for note in table.notes)
    for limit, source in (
        (study.rules.reliability, "Nunnally"), (study.rules.ave, "Fornell"), (study.rules.htmt, "Henseler"),
        (study.rules.kmo, "Kaiser"), (study.rules.harman, "Podsakoff"), (study.rules.full_collinearity, "Kock"),
    ):  # fmt: skip
        assert re.search(rf"{limit:.1f}\d? .*{source}|{limit:.1f}\d? .*\({source}", told), source


def test_wide_tables_have_one_narrow_column_a_construct(documents):
    for key, most in (("cross_loadings", 14), ("fornell_larcker", 14)):
        table = next(table for table in documents["fa"].tables if table.key == key)
        assert len(table.header) == most
        assert {row[0][0].text[0] for row in table.rows if len(row) == 1} <= set("۱۲۳۴۵۶۷۸۹")


def test_an_item_s_own_construct_is_bold(documents):
    table = next(table for table in documents["en"].tables if table.key == "cross_loadings")
    rows = [row for row in table.rows if len(row) > 1]
    assert all(
        sum(fact.strong for cell in row for fact in cell if hasattr(fact, "strong")) == 1 for row in rows
    )


def test_small_loadings_are_blank(answered, documents):
    study, saved = answered
    table = next(table for table in documents["en"].tables if table.key == "efa")
    shown = [f for row in table.rows[:-1] for cell in row[1:-2] for f in cell if hasattr(f, "value")]
    assert shown
    assert all(abs(fact.value) >= study.rules.factor_loading for fact in shown)
    own = saved["04_measurement/efa"].select("loading")["estimate"].abs()
    assert len(shown) == (own >= study.rules.factor_loading).sum()


def test_the_report_is_written(documents, tmp_path):
    paths = write(documents["fa"], tmp_path)
    assert [path.suffix for path in paths] == [".html", ".pdf", ".docx"]
    page = paths[0].read_text(encoding="utf-8")
    assert "<strong><data" in page


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_notebook_shows_every_result(answered, language):
    study, saved = answered
    for address, result in saved.items():
        page = show(result, language, study)._repr_html_()
        assert f'lang="{language}"' in page
        assert "<table" in page or address.endswith("/map"), address


def test_drawings_keep_inside_their_page(documents):
    """No label of the map runs out of the picture."""
    for document in documents.values():
        figure = next(figure for figure in document.figures if figure.key == "ipma_chart_CLV")
        with Theme.load().drawing():
            drawn = figure.draw()
            renderer = FigureCanvasAgg(drawn).get_renderer()
            box = drawn.bbox
            for text in drawn.axes[0].texts:
                inside = text.get_window_extent(renderer)
                assert inside.x0 >= box.x0 - 1, text.get_text()
                assert inside.x1 <= box.x1 + 1, text.get_text()


def test_what_could_not_be_computed_is_told(answered):
    study, saved = answered
    lost = Result(
        "model.kmo", tidy_frame([]), {}, (Check("check.possible", False, np.nan, "KMO: an exact tie"),)
    )
    document = compose(study, {**saved, "04_measurement/kmo": lost}, "en")
    assert any("could not be computed" in text and "an exact tie" in text for text in document.words())


def test_many_failed_checks_of_one_kind_make_one_note(answered):
    study, saved = answered
    old = saved["04_measurement/inter_item"]
    checks = tuple(
        Check(f"check.inter_item:{name}", False, 0.6, "0.15 to 0.50 (x)") for name in study.first_order
    )
    loud = Result(old.model, old.tidy, old.glance, checks, old.source)
    document = compose(study, {**saved, "04_measurement/inter_item": loud}, "en")
    table = next(table for table in document.tables if table.key == "inter_item")
    failed = [note for note in table.notes if note.role == "failed"]
    assert len(failed) == 1
    assert all(
        study.constructs[name].label.en in document.text(failed[0].spans) for name in study.first_order
    )


def test_a_study_can_leave_parts_out(fx, tmp_path):
    study = fx.crm_study(
        tmp_path, measurement={"efa": None, "method_bias": False}, evaluation={"quality": False, "importance": []},
        legacy=False,
    )  # fmt: skip
    assert study.explored["number"] is None
    assert study.evaluated["importance"] == ()
    assert not study.evaluated["quality"]
    assert not study.spec.legacy
    assert fx.crm_study(tmp_path / "b").evaluated["importance"] == ("CLV",), (
        "the last outcome unless said otherwise"
    )
