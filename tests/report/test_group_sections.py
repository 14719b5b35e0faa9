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
from crmlab.present.language import latin
from crmlab.report import compose, write
from crmlab.result import Check, Result, tidy_frame

STEP = "06_lifecycle_groups"
PATHS = ("RQ~CRM", "CLV~RQ", "CLV~CRM")
QUICK = {"estimator": {"engine": "sem", "bootstrap": 100, "covariance": {"estimator": "ML"}}}


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
    assert "Farthest apart lie “Man”" in told
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
    assert "never proves that groups are equal" in told
    assert "would have to differ by" in told
    assert "the groups here are smaller" in told


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
    assert "No two groups are large enough to be compared (Gender); the rule: at least 50 respondents" in told


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
    exact = 180 * (reach / 0.20) ** 2
    assert found["size_needed:RQ~CRM"] == np.ceil(exact / 10) * 10  # in tens: a group of three is left out


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
    tables = ("items", "invariance", "paths", "differences", "equal", "means", "dimensions", "forest")
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


def test_a_grouping_that_only_a_hypothesis_asks_for_has_no_part_where_nothing_came_of_it(
    fx, tmp_path, monkeypatch
):
    study = fx.crm_study(tmp_path, groups=[{"item": "GEN"}], **QUICK)
    check = Check(
        "check.two_groups:text:GEN", False, float("nan"), "at least 50 respondents in each of two groups"
    )
    refused = {f"{STEP}/invariance_GEN": Result("model.invariance", tidy_frame([]), {}, (check,))}
    keys = {getattr(b, "key", "") for b in compose(study, refused, "en").blocks()}
    assert "section-groups" in keys  # asked for under `groups`: why it is empty is said
    asked = study.groupings
    alone = fx.crm_study(tmp_path / "alone", **QUICK)
    monkeypatch.setattr(type(alone), "groupings", property(lambda self: asked))
    keys = {getattr(b, "key", "") for b in compose(alone, refused, "en").blocks()}
    assert "section-groups" not in keys


BOTH = {"estimator": {"engine": "both", "bootstrap": 100, "covariance": {"estimator": "ML"}}}


@pytest.fixture(scope="module")
def by_both(fx, tmp_path_factory):
    """Two groups that differ in one path, by both engines, after a simulation that asked for 300 in each."""
    study = fx.crm_study(tmp_path_factory.mktemp("both"), groups=[{"item": "GEN"}], **BOTH)
    asked = Result(
        "model.group_power", tidy_frame([{"term": f"n:{p}", "estimate": 300.0} for p in PATHS]), {}
    )
    answered = answers(fx, study, slope=(0.1, 0.9), n=240)
    found = structure.compare_groups(answered, **study.compared, foretold=asked)
    return study, {f"{STEP}/{name}": result for name, result in found.results.items()}


def test_both_engines_stand_side_by_side(by_both):
    told = text(*by_both)
    assert "By PLS the composites are" in told or "By PLS a composite differs" in told
    assert "standardised paths of the groups by PLS" in told
    assert "simulation asked for 300 respondents in each group" in told
    assert "no group has as many" in told
    keys = {b.key for b in section(compose(*by_both, "fa")) if isinstance(b, Table | Figure)}
    assert {"composites_GEN", "pls_group_paths_GEN", "pls_group_forest_GEN", "pls_group_equal_GEN"} <= keys
    blocks = show(by_both[1][f"{STEP}/pls_paths_GEN"], by_both[0]).blocks
    assert len(blocks) >= 2


def test_sizes_that_would_give_a_small_group_away_are_not_printed(by_both):
    """120, 120 and 3 people: one of the two large groups is hidden wherever its size would stand."""
    for language in ("en", "fa"):
        document = compose(*by_both, language)
        blocks = section(document)
        tables = [b for b in blocks if isinstance(b, Table) and b.key.endswith("paths_GEN")]
        assert len(tables) == 2
        for table in tables:
            cells = [document.language.plain(row[1]) for row in table.rows if len(row) > 1]
            assert document.language.word("hidden") in cells
            assert any("5" in latin(document.language.plain(note.spans)) for note in table.notes)
        numbers = {fact.value for fact in document.facts if fact.address.startswith(STEP)}
        assert not numbers & {3.0, 240.0}


def test_composites_that_differ_are_refused_in_both_languages(fx, tmp_path):
    study = fx.crm_study(tmp_path, groups=[{"item": "GEN"}], **BOTH | {"estimator": {"engine": "pls"}})
    rows = [{"term": f"n:GEN.{g}", "estimate": 120} for g in (1, 2)]
    for name in ("CRM", "RQ", "CLV"):
        of = f"{name}@GEN.1-GEN.2"
        rows += [
            {"term": f"{q}:{of}", "estimate": 0.9, "p_value": 0.01}
            for q in ("compositional", "mean_difference", "log_variance_ratio")
        ]
        rows.append({"term": f"invariant:{of}", "estimate": 0.0})
    check = Check("check.compositional:RQ~GEN.1~GEN.2", False, 0.01, "permutation p >= 0.05")
    composites = Result("model.composites", tidy_frame(rows), {"permutations": 500}, (check,))
    shown = [
        {"term": f"path:{path}@GEN.{g}", "estimate": 0.4, "ci_low": 0.2, "ci_high": 0.6}
        for path in PATHS
        for g in (1, 2)
    ]
    paths = Result(
        "model.compare_composites", tidy_frame(rows[:2] + shown), {"resamples": 500, "level": 0.95}
    )
    results = {f"{STEP}/composites_GEN": composites, f"{STEP}/pls_paths_GEN": paths}
    told = text(study, results)
    assert "a composite differs between two groups in 3 of 3 comparisons" in told
    assert "no means are compared by PLS" in told
    assert "No path is compared by PLS" in told
    assert "هیچ مسیری با PLS مقایسه نمی‌شود" in text(study, results, "fa")


def test_latent_classes_come_with_their_warning(fx, tmp_path):
    study = fx.crm_study(
        tmp_path, groups=[{"latent_class": {"constructs": ["TRU", "SAT"], "classes": 3}}], **BOTH
    )
    rows = [{"term": "classes", "estimate": 2}]
    for k in (1, 2, 3):
        rows += [
            {"term": f"{q}:{k}", "estimate": v}
            for q, v in (("loglik", -900.5), ("parameters", 5), ("bic", 1830.0), ("entropy", 0.7))
        ]
    for c, n in ((1, 200), (2, 100)):
        rows += [
            {"term": f"{q}:CLASS.{c}", "estimate": v}
            for q, v in (("n", n), ("share", n / 300), ("sure", 0.9))
        ]
        rows += [{"term": f"mean:{of}@CLASS.{c}", "estimate": 3.0} for of in ("TRU", "SAT")]
    found = Result("model.latent_classes", tidy_frame(rows), {"n": 300, "tried": 3})
    results = {f"{STEP}/classes_CLASS": found}
    told = text(study, results)
    assert "Of one to 3 latent classes, 2 describe the answers best" in told
    assert "They overlap (entropy 0.70)" in told
    assert "formed from these very answers" in told
    table = next(
        b for b in section(compose(study, results, "fa")) if getattr(b, "key", "") == "class_profile_CLASS"
    )
    assert compose(study, results, "fa").language.plain(table.header[1]) == "طبقهٔ ۱"
    one = Result("model.latent_classes", tidy_frame([{"term": "classes", "estimate": 1}]), {"tried": 3})
    assert "they show no groups" in text(study, {f"{STEP}/classes_CLASS": one})
    reason = Check(
        "check.possible",
        False,
        float("nan"),
        "latent classes need the package stepmix: pip install 'crmlab[latent]'",
    )
    absent = Result("model.latent_classes", tidy_frame([]), {}, (reason,))
    assert "crmlab[latent]" in text(study, {f"{STEP}/classes_CLASS": absent})


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ({"latent_class": {"items": ["AGE"]}}, "two different items or constructs"),
        ({"latent_class": {"items": ["AGE", "EDX"]}}, "unknown item 'EDX'"),
        ({"latent_class": {"constructs": ["TRU", "RQ"]}}, "'RQ' is a construct of dimensions"),
        ({"latent_class": {"constructs": ["TRU", "SAX"]}}, "unknown construct 'SAX'"),
        (
            {"latent_class": {"items": ["AGE", "EDU"], "constructs": ["TRU", "SAT"]}},
            "either items or constructs",
        ),
        (
            {"latent_class": {"items": ["AGE", "EDU"], "name": "TRU"}},
            "'TRU' is taken by an item or a construct",
        ),
        ({"item": "GEN", "latent_class": {"items": ["AGE", "EDU"]}}, "either an item or a latent_class"),
        ({"values": [1, 2]}, "either an item or a latent_class"),
    ],
)
def test_latent_classes_that_cannot_be_are_a_fault_of_the_study(fx, tmp_path, group, told):
    with pytest.raises(StudyError, match=re.escape(told)):
        fx.crm_study(tmp_path, groups=[group])
