"""The section on groups: every outcome has its words, in both languages, and nothing is typed."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from crmlab import structure
from crmlab.errors import StudyError
from crmlab.present import show
from crmlab.present.blocks import Figure, Heading, Paragraph, Table
from crmlab.report import compose, write

STEP = "06_lifecycle_groups"
QUICK = {"estimator": {"engine": "pls", "bootstrap": 100, "covariance": {"estimator": "ML"}}}


def answers(fx, study, n=360, *, slope=(0.5, 0.5), loading=(0.8, 0.8), shift=(0.0, 0.0), seed=4):
    """Two groups of women and men, one of three people; planted path CLV ~ RQ, loading of TRU, mean of SAT."""
    rng = np.random.default_rng(seed)
    g = np.repeat([0, 1], n // 2)
    crm = rng.standard_normal(n)
    rq = 0.5 * crm + 0.8 * rng.standard_normal(n)
    clv = np.array(slope)[g] * rq + 0.2 * crm + 0.7 * rng.standard_normal(n)
    frame = {}
    for name, eta in zip(fx.ORDERS, (crm, rq, clv), strict=True):
        for part in fx.ORDERS[name]:
            strength = np.array(loading)[g] if part == "TRU" else 0.8
            dimension = strength * eta + 0.4 * rng.standard_normal(n)
            dimension = dimension + (np.array(shift)[g] if part == "SAT" else 0.0)
            for item in study.blocks[part]:
                frame[item] = 3 + dimension + 0.6 * rng.standard_normal(n)
    table = pd.DataFrame(frame).assign(GEN=g + 1.0)
    few = table.head(3).assign(GEN=9.0)
    return pd.concat([table, few], ignore_index=True)


def made(fx, folder, groups=({"item": "GEN"},), **planted):
    study = fx.crm_study(folder, groups=list(groups), **QUICK)
    found = structure.compare_groups(answers(fx, study, **planted), **study.compared)
    return study, {f"{STEP}/{name}": result for name, result in found.results.items()}


@pytest.fixture(scope="module")
def differing(fx, tmp_path_factory):
    return made(fx, tmp_path_factory.mktemp("groups"), slope=(0.1, 0.9))


def section(document):
    """The blocks of the section on groups."""
    blocks = list(document.blocks())
    start = next(k for k, b in enumerate(blocks) if getattr(b, "key", "") == "section-groups")
    rest = range(start + 1, len(blocks))
    end = next((k for k in rest if isinstance(blocks[k], Heading) and blocks[k].level <= 2), len(blocks))
    return blocks[start:end]


def text(study, results, language="en"):
    document = compose(study, results, language)
    return " ".join(document.language.plain(b.spans) for b in section(document) if isinstance(b, Paragraph))


def test_a_planted_difference_is_found_and_told(differing):
    study, results = differing
    found = results[f"{STEP}/paths_GEN"]
    assert found["path_difference:CLV~RQ@GEN.1-GEN.2"] < -0.4
    assert found["p_holm:CLV~RQ"] < 0.001
    told = text(study, results)
    assert (
        "The path “Relationship quality → Customer lifetime value (customer's view)” is not the same" in told
    )
    assert "strongest in “Man”" in told
    assert "GEN.9" not in told


def test_the_small_group_is_named_without_its_size(differing):
    study, results = differing
    check = next(c for c in results[f"{STEP}/invariance_GEN"].failed if c.name == "check.small_group:GEN.9")
    assert np.isnan(check.value)
    document = compose(study, results, "en")
    notes = [
        document.language.plain(n.spans) for b in section(document) if isinstance(b, Table) for n in b.notes
    ]
    assert any("Prefer not to say" in note and "at least 50 respondents" in note for note in notes)


def test_no_difference_is_not_called_equality(fx, tmp_path):
    told = text(*made(fx, tmp_path))
    assert "does not prove that they are equal" in told
    assert "would have to differ by" in told
    assert "not enough power" in told


def test_without_metric_invariance_nothing_is_compared(fx, tmp_path):
    study = fx.crm_study(tmp_path, groups=[{"item": "GEN"}], **QUICK)
    strict = study.compared | {"partial": False, "rule": "fit"}
    planted = answers(fx, study, loading=(1.3, -0.5), n=400)
    found = structure.compare_groups(planted, **strict).results
    results = {f"{STEP}/{name}": result for name, result in found.items()}
    assert not found["paths_GEN"].tidy["term"].str.startswith("path").any()
    assert not len(found["means_GEN"].tidy)
    for language, words in (("en", "neither paths nor means are compared"), ("fa", "نه مسیرها مقایسه می‌شود")):
        assert words in text(study, results, language)
    assert show(found["paths_GEN"], study).blocks  # the ladder, not an empty page


def test_shifted_intercepts_refuse_means_but_not_paths(fx, tmp_path):
    study, _ = made(fx, tmp_path)
    planted = answers(fx, study, shift=(0.0, 1.5))
    found = structure.compare_groups(planted, **study.compared | {"partial": False, "rule": "fit"}).results
    assert found["paths_GEN"].select("path").size
    assert not len(found["means_GEN"].tidy)
    assert [c.name for c in found["means_GEN"].failed] == ["check.comparable_means"]
    told = text(study, {f"{STEP}/{name}": result for name, result in found.items()})
    assert "paths may be compared, means may not" in told
    assert "Means of these groups cannot be compared" in told


def test_groups_that_cannot_be_made_are_said(fx, tmp_path):
    study = fx.crm_study(tmp_path, groups=[{"item": "GEN", "values": [2, 9]}, {"item": "AGE"}], **QUICK)
    found = structure.compare_groups(answers(fx, study), **study.compared).results
    assert all(not len(result.tidy) for result in found.values())
    told = text(study, {f"{STEP}/{name}": result for name, result in found.items()})
    assert "no groups could be compared" in told
    assert "'AGE' is not a column of the data" in told
    assert "1 group of 50 respondents or more" in told


def test_row_order_and_code_shift_change_nothing(fx, tmp_path):
    study = fx.crm_study(tmp_path, groups=[{"item": "GEN"}], **QUICK)
    data = answers(fx, study)
    one = structure.compare_groups(data, **study.compared).results["paths_GEN"]
    other = structure.compare_groups(data.sample(frac=1.0, random_state=1), **study.compared).results[
        "paths_GEN"
    ]
    assert np.allclose(one.tidy["estimate"], other.tidy["estimate"], rtol=1e-4, atol=1e-5, equal_nan=True)


def test_size_needed_is_what_the_detectable_difference_says(differing):
    """n = n_h (detectable / smallest)^2, detectable = (1.95996 + 0.84162) se."""
    found = differing[1][f"{STEP}/paths_GEN"]
    error = found.cell("path_difference:RQ~CRM@GEN.1-GEN.2", "std_error")
    reach = found["detectable:RQ~CRM@GEN.1-GEN.2"]
    assert reach == pytest.approx(2.801585 * error, rel=1e-6)
    assert found["size_needed:RQ~CRM"] == np.ceil(180 * (reach / 0.20) ** 2)


def test_both_languages_say_the_same_and_no_number_is_typed(differing):
    documents = {language: compose(*differing, language) for language in ("fa", "en")}
    fa, en = (sorted(f.address for f in documents[code].facts) for code in ("fa", "en"))
    assert fa == en
    for fact in documents["en"].facts:
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            result = differing[1][f"{step}/{name}"]
            value = result.glance[column] if term == ["glance"] else result.cell("/".join(term), column)
            assert fact.value == value or value != value
    for block in section(documents["en"]):
        if isinstance(block, Paragraph) and block.role == "body":
            assert not [s for s in block.spans if isinstance(s, str) and re.search(r"\d", s)]
    keys = {b.key for b in section(documents["fa"]) if isinstance(b, Table | Figure)} - {"record"}
    tables = ("items", "invariance", "paths", "differences", "equal", "means", "forest")
    assert keys == {f"group_{table}_GEN" for table in tables}


def test_all_files_are_written(differing, tmp_path):
    for language in ("fa", "en"):
        document = compose(*differing, language)
        assert not any(word.startswith("(not in") for word in document.words())
        write(document, tmp_path)
    assert len(list(tmp_path.glob("report.*"))) == 6


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ([{"item": "GEM"}], "unknown item 'GEM' (did you mean 'GEN'?)"),
        ([{"item": "TRU1"}], "measures construct 'TRU'"),
        ([{"item": "SOW"}], "make no groups"),
        ([{"item": "GEN", "values": [1, 5]}], "5 is no answer of item 'GEN'"),
        ([{"item": "GEN", "values": [1]}], "two different codes or more"),
        ([{"item": "GEN"}, {"item": "GEN"}], "twice"),
    ],
)
def test_a_grouping_that_cannot_be_is_a_fault_of_the_study(fx, tmp_path, groups, told):
    with pytest.raises(StudyError, match=re.escape(told)):
        fx.crm_study(tmp_path, groups=groups)


def test_a_study_without_groups_has_no_section(fx, tmp_path):
    study = fx.crm_study(tmp_path)
    document = compose(study, fx.results(study), "en")
    assert "section-groups" not in {getattr(b, "key", "") for b in document.blocks()}
