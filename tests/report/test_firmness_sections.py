"""The section on how firm the findings are: every outcome has its words; nothing that cannot be is faked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import structure
from crmlab.errors import StudyError
from crmlab.present import show
from crmlab.present.blocks import Paragraph
from crmlab.report import compose
from crmlab.result import Result, tidy_frame

STEP = "05_structure_mediation"
MODEL = {"estimator": {"engine": "pls", "bootstrap": 100}, "smallest_effect": 0.10}


def answers(fx, study, n=240, seed=3):
    rng = np.random.default_rng(seed)
    crm = rng.standard_normal(n)
    rq = 0.6 * crm + 0.8 * rng.standard_normal(n)
    clv = 0.6 * rq + 0.7 * rng.standard_normal(n)
    frame = {}
    for name, eta in zip(fx.ORDERS, (crm, rq, clv), strict=True):
        for part in fx.ORDERS[name]:
            dimension = 0.8 * eta + 0.4 * rng.standard_normal(n)
            for item in study.blocks[part]:
                frame[item] = 3 + dimension + 0.6 * rng.standard_normal(n)
    return pd.DataFrame(frame)


@pytest.fixture(scope="module")
def made(fx, tmp_path_factory):
    study = fx.crm_study(tmp_path_factory.mktemp("firm"), **MODEL)
    data = answers(fx, study)
    data.iloc[:40, 0] = np.nan
    careless = pd.Series(np.arange(len(data)) >= 210, index=data.index)
    model = structure.estimate(data.loc[~careless], **study.model, hypotheses=study.hypotheses)
    found = structure.firmness(data, careless, model.results, **study.firm)
    return study, {f"{STEP}/{name}": result for name, result in found.results.items()}, model


def paragraphs(document):
    return " ".join(
        document.language.plain(b.spans)
        for b in document.blocks()
        if isinstance(b, Paragraph) and b.role in ("body", "failed")
    )


def test_the_first_choice_is_that_of_the_study(made):
    _, results, model = made
    found = results[f"{STEP}/sensitivity"]
    assert found["hypothesis:H1.pls.model.set_aside"] == pytest.approx(model.paths["path:RQ~CRM"], abs=1e-9)
    assert found["n:pls.model.set_aside"] == 210
    assert found["n:pls.model.all"] == 240
    assert found["n:pls.complete.set_aside"] == 170
    assert found.glance["choices"] == 8


def test_equivalence_is_of_paths_and_indirect_effects(made):
    _, results, model = made
    found = results[f"{STEP}/equivalence"]
    assert set(found.select("stands").index) == {
        "path:RQ~CRM", "path:CLV~RQ", "path:CLV~CRM", "indirect:CLV~RQ~CRM",
    }  # fmt: skip
    error = model.paths.cell("path:CLV~CRM", "std_error")
    low = model.paths["path:CLV~CRM"] - 1.6448536 * error
    assert found.cell("equivalence:path:CLV~CRM", "ci_low") == pytest.approx(low, rel=1e-6)


def test_the_shares_of_the_drivers_add_up(made):
    found = made[1][f"{STEP}/drivers_CLV"]
    assert len(found.select("dominance")) == 9
    assert found.select("dominance")["estimate"].sum() == pytest.approx(found["r2:CLV"], rel=1e-9)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_section_stands_in_both_languages(made, language):
    study, results, _ = made
    document = compose(study, results, language)
    keys = {getattr(block, "key", "") for block in document.blocks()}
    assert {"section-firmness", "sensitivity", "equivalence", "drivers_CLV"} <= keys
    for result in results.values():
        assert show(result, study).blocks
    for fact in document.facts:
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            result = results[f"{step}/{name}"]
            value = result.glance[column] if term == ["glance"] else result.cell("/".join(term), column)
            assert fact.value == value or value != value


def test_verdicts_that_change_are_told(made):
    study, results, _ = made
    rows = [
        ("n:pls.model.all", 200.0), ("n:plsc.model.all", 200.0),
        ("hypothesis:H1.pls.model.all", 0.3), ("hypothesis:H1.plsc.model.all", -0.1),
        ("verdict:H1.pls.model.all", 1.0), ("verdict:H1.plsc.model.all", 0.0),
        ("stands:H1", 0.5), ("sign:H1", 0.5), ("lowest:H1", -0.1), ("highest:H1", 0.3),
    ]  # fmt: skip
    tidy = tidy_frame({"term": term, "estimate": value} for term, value in rows)
    turned = Result("model.sensitivity", tidy, {"choices": 3.0, "computed": 2.0})
    told = paragraphs(compose(study, results | {f"{STEP}/sensitivity": turned}, "en"))
    for words in (
        "not all give the same verdict on H1",
        "H1 keeps its verdict in 50 percent",
        "its sign in 50 percent",
        "count in no share (1)",
    ):
        assert words in told


@pytest.mark.parametrize(("stands", "words"), [(0, "the sample cannot tell"), (1, "too small to matter:"), (2, "not shown to matter")])  # fmt: skip
def test_every_outcome_of_equivalence_has_words(made, stands, words):
    study, results, _ = made
    rows = [
        {"term": "equivalence:path:RQ~CRM", "estimate": 0.05, "std_error": 0.05, "ci_low": -0.03, "ci_high": 0.13},
        {"term": "stands:path:RQ~CRM", "estimate": float(stands)},
    ]  # fmt: skip
    weighed = Result("model.equivalence", tidy_frame(rows), {"margin": 0.1, "alpha": 0.05})
    assert words in paragraphs(compose(study, results | {f"{STEP}/equivalence": weighed}, "en"))


def test_composites_say_why_they_have_no_other_choices(fx, tmp_path, made):
    study, _, model = made
    data = answers(fx, study)
    none = pd.Series(False, index=data.index)
    found = structure.firmness(data, none, model.results, **study.firm | {"modes": {"RQ": "B"}}).results
    assert not len(found["sensitivity"].tidy)
    assert "composite" in found["sensitivity"].failed[0].rule
    assert show(found["sensitivity"], study).blocks


def test_a_study_without_hypotheses_and_smallest_effect_has_neither(fx, tmp_path):
    study = fx.crm_study(tmp_path, hypotheses=[], estimator=MODEL["estimator"])
    data = answers(fx, study, n=120)
    none = pd.Series(False, index=data.index)
    assert set(structure.firmness(data, none, {}, **study.firm).results) == {"drivers_CLV"}


def test_a_smallest_effect_is_above_zero(fx, tmp_path):
    with pytest.raises(StudyError, match="smallest_effect"):
        fx.crm_study(tmp_path, smallest_effect=0.0)
