"""Invariance and paths of groups: lavaan's references, planted differences, refusals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.sem.release import release_indices
from crmlab.structure import Population, compare_paths, invariance, sample

HS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
SIM = {c: [f"{c}{k}" for k in range(1, 5)] for c in ("kco", "km", "tech", "tru", "com", "sat")}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]


@pytest.fixture(scope="module")
def pupils(shared):
    return pd.read_csv(shared / "data" / "sem" / "holzinger_swineford_1939.csv")


def table(shared, name):
    path = shared / "data" / "sem" / "reference" / f"{name}.json"
    return {row["model"]: row for row in json.loads(path.read_text(encoding="utf-8"))["table"]}


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_ladder_of_the_pupils(shared, pupils, estimator):
    """lavaan's differences (Satorra-Bentler 2001 for MLR) to 1e-3, nothing set free."""
    want = table(shared, f"hs_inv_sex_{estimator.lower()}_lrt")
    found = invariance(pupils, HS, "sex", estimator=estimator, partial=False, rule="chisq")
    row = want["metric"]
    assert found["delta_chi2:metric"] == pytest.approx(row["Chisq diff"], rel=1e-3)
    assert found.cell("delta_chi2:metric", "p_value") == pytest.approx(row["Pr(>Chisq)"], rel=5e-3)
    assert found["holds:metric"] == 0
    assert "chi2:scalar" not in found  # no rung after one that fails
    assert "check.invariance:metric" in {check.name for check in found.failed}


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_ladder_where_nothing_differs(shared, estimator):
    data = pd.read_csv(shared / "data" / "sem" / "sim_crm_rq_clv_n400.csv")
    want = table(shared, f"sim400_inv_gender_{estimator.lower()}_lrt")
    found = invariance(data, SIM, "gender", estimator=estimator)
    for step in ("metric", "scalar", "strict"):
        assert found[f"delta_chi2:{step}"] == pytest.approx(want[step]["Chisq diff"], rel=2e-3)
        assert found.cell(f"delta_chi2:{step}", "p_value") == pytest.approx(
            want[step]["Pr(>Chisq)"], abs=2e-3
        )
        assert found[f"holds:{step}"] == 1
    fit = json.loads(
        (
            shared / "data" / "sem" / "reference" / f"sim400_inv_gender_{estimator.lower()}_scalar.json"
        ).read_text()
    )["fit_measures"]
    key = "cfi.robust" if estimator == "MLR" else "cfi"
    assert found["cfi:scalar"] == pytest.approx(fit[key], abs=1e-4)
    assert found["n:1"] + found["n:2"] == 400


def test_score_tests_of_equalities(pupils):
    """Near the chi-square that refitting without the equality gains; the largest one first."""
    text = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in HS.items())
    how = {"group": "school", "std_lv": True, "group_equal": ["loadings", "intercepts"]}
    equal = sem.cfa(text, pupils, **how)
    indices = release_indices(equal)
    assert len(indices) == 18
    for row in indices.head(3).itertuples():
        free = sem.cfa(text, pupils, group_partial=[row.name], **how)
        assert row.mi == pytest.approx(equal.test.chisq - free.test.chisq, rel=0.12)
    assert indices["name"][:2].tolist() == ["x3~1", "x7~1"]
    assert release_indices(sem.cfa(text, pupils, group="school")).empty


def test_partial_invariance_of_the_schools(pupils):
    """The intercepts of x3 and x7 differ between the schools (Jorgensen et al., semTools' example)."""
    found = invariance(pupils, HS, "school", rule="chisq", estimator="ML", most_freed=0.25)
    assert found["holds:metric"] == 1
    assert found["holds:scalar"] == 0.5
    assert found.select("freed").index.tolist()[:2] == ["scalar.x3~1", "scalar.x7~1"]
    assert "check.invariance_full:scalar" in {check.name for check in found.failed}


def population(b=0.5, loading=0.75, points=None):
    items = {c: {f"{c}{k}": 0.75 for k in (1, 2, 3, 4)} for c in "ABC"}
    items["B"]["B2"] = loading
    return Population(items, {("A", "B"): 0.6, ("B", "C"): b, ("A", "C"): 0.15}, points=points)


def two(one, other, n=400, seed=1):
    frames = [sample(one, n, seed), sample(other, n, seed + 1000)]
    return pd.concat(frames, ignore_index=True).assign(G=np.repeat([1, 2], n))


BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3, 4)] for c in "ABC"}


def test_planted_difference_of_a_path():
    data = two(population(0.6), population(0.1))
    found = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML", resamples=200)
    low, high = (
        found.cell("path_difference:C~B@1-2", "ci_low"),
        found.cell("path_difference:C~B@1-2", "ci_high"),
    )
    assert low > 0.2
    assert low < 0.5 < high
    assert found.cell("equal:C~B", "p_value") < 1e-3
    assert found.cell("equal:B~A", "p_value") > 0.01
    assert found["indirect_difference:C~B~A@1-2"] == pytest.approx(
        found["indirect:C~B~A@1"] - found["indirect:C~B~A@2"], abs=1e-9
    )
    assert found["std_path:C~B@1"] == pytest.approx(0.6, abs=0.13)
    assert found["p_holm:C~B"] < 0.001


def test_equality_test_is_a_chi_square_difference():
    data = two(population(), population(), n=200)
    found = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML", resamples=0)
    measured = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in BLOCKS.items())
    text = measured + "\nB ~ A\nC ~ B + A"
    free = sem.sem(text, data, group="G", group_equal=["loadings"])
    equal = sem.sem(text, data, group="G", group_equal=["loadings", "regressions"])
    assert found["equal_all"] == pytest.approx(equal.test.chisq - free.test.chisq, abs=1e-3)


def test_no_comparison_without_metric_invariance():
    data = two(population(), population(loading=0.15), n=500)
    found = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML", rule="chisq", partial=False)
    assert not found.tidy["term"].str.startswith(("path", "equal", "indirect")).any()
    assert "check.comparable" in {check.name for check in found.failed}
    helped = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML", rule="chisq", resamples=0)
    assert helped["holds:metric"] == 0.5
    assert helped.select("freed").index.tolist() == ["metric.B=~B2"]
    assert helped.cell("equal:C~B", "p_value") > 0.001


def test_second_order_constructs():
    parts = {"A": ("P", "Q", "R"), "B": ("S", "T", "U")}
    items = {p: {f"{p}{k}": 0.8 for k in (1, 2, 3)} for group in parts.values() for p in group}
    model = Population(items, {("A", "B"): 0.5}, {w: dict.fromkeys(p, 0.8) for w, p in parts.items()})
    data = two(model, model, n=250)
    found = compare_paths(
        data, model.blocks, [("A", "B")], "G", higher_order=model.higher_order, estimator="ML", resamples=0
    )
    assert found["holds:metric_second"] == 1
    assert found["delta_df:metric_second"] == 4
    assert found["std_path:B~A@1"] == pytest.approx(0.5, abs=0.2)


def test_ordered_answers():
    data = two(population(points=5), population(points=5), n=250)
    found = invariance(data, BLOCKS, "G", ordered=True)
    assert found["holds:metric"] == 1
    assert found["holds:scalar"] == 1
    assert "chi2:strict" not in found


def test_row_order_and_labels_change_nothing():
    data = two(population(), population(), n=150)
    one = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML", resamples=0)
    other = data.sample(frac=1, random_state=1).assign(G=lambda d: d["G"].map({1: "old", 2: "young"}))
    again = compare_paths(other, BLOCKS, PATHS, "G", estimator="ML", resamples=0)
    assert again["path_difference:C~B@old-young"] == pytest.approx(one["path_difference:C~B@1-2"], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.assign(G=1), "has 1 group"),
        (lambda d: d.assign(G=np.nan), "has 0 group"),
        (lambda d: d.assign(G=np.where(np.arange(len(d)) < 3, 1, 2)), "group '1' of 'G' has 3 rows"),
        (lambda d: d.drop(columns="A1"), "'A1' is not a column"),
        (lambda d: d.drop(columns="G"), "'G' is not a column"),
        (lambda d: d.assign(A1=3.0), "A1"),
    ],
)
def test_groups_that_cannot_be_compared(change, words):
    data = two(population(), population(), n=60)
    with pytest.raises(ModelError, match=words) as caught:
        compare_paths(change(data), BLOCKS, PATHS, "G")
    assert len(str(caught.value).splitlines()) <= 2


def test_faults_of_the_question():
    data = two(population(), population(), n=60)
    with pytest.raises(ModelError, match="'Z' is no construct"):
        compare_paths(data, BLOCKS, [("A", "Z")], "G")
    with pytest.raises(ModelError, match="no path"):
        compare_paths(data, BLOCKS, [], "G")
    with pytest.raises(ModelError, match="rule 'taste'"):
        invariance(data, BLOCKS, "G", rule="taste")


@pytest.mark.slow
def test_equal_groups_are_found_to_differ_at_the_rate_of_the_level():
    """Type I error of the scaled test of one path, 300 samples of two equal groups of 200: .05 +- .038."""
    from crmlab.structure.group_model import path_equality

    measured = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in BLOCKS.items())
    how = {"group": "G", "estimator": "MLR", "group_equal": ["loadings"], "group_partial": []}
    hits = 0
    for k in range(300):
        data = two(population(points=5), population(points=5), n=200, seed=k)
        free = sem.sem(measured + "\nB ~ A\nC ~ B + A", data, **how)
        rows = {row["term"]: row for row in path_equality(free, measured, PATHS, data, how)}
        hits += rows["equal:C~B"]["p_value"] < 0.05
    assert abs(hits / 300 - 0.05) < 0.038


@pytest.mark.slow
def test_power_is_what_was_foretold():
    """A path difference of .3 at 200 a group: share of significant tests against `power_difference`."""
    from crmlab.structure import power_difference
    from crmlab.structure.group_model import path_equality

    one, other = population(0.5), population(0.2)
    foretold = power_difference({"a": one, "b": other}, [200], replications=1000, workers=1)
    measured = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in BLOCKS.items())
    how = {"group": "G", "estimator": "ML", "group_equal": ["loadings"], "group_partial": []}
    hits = 0
    for k in range(300):
        data = two(one, other, n=200, seed=k)
        free = sem.sem(measured + "\nB ~ A\nC ~ B + A", data, **how)
        rows = {row["term"]: row for row in path_equality(free, measured, PATHS, data, how)}
        hits += rows["equal:C~B"]["p_value"] < 0.05
    power = foretold["power:C~B.a-b.200"]
    assert abs(hits / 300 - power) < 3 * np.sqrt(power * (1 - power) * (1 / 300 + 1 / 1000))


def test_missing_answers_are_kept_or_counted():
    data = two(population(), population(), n=150)
    rng = np.random.default_rng(0)
    items = [item for block in BLOCKS.values() for item in block]
    data[items] = data[items].mask(rng.random((300, 12)) < 0.03)
    data.loc[:4, "G"] = np.nan
    found = compare_paths(data, BLOCKS, PATHS, "G", estimator="ML")
    assert found.glance["n"] == 295
    assert found.glance["left_out"] == 5
    assert found.glance["resamples"] == 0
    whole = data.dropna()
    listwise = invariance(data, BLOCKS, "G", estimator="ML", missing="listwise")
    assert listwise.glance["n"] == len(whole)
    assert listwise["n:1"] == (whole["G"] == 1).sum()
