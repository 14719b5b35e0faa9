"""Groups by PLS: composites that are the same or not, effects that differ or not, and what may be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.equality import equal_effects
from crmlab.structure import Population, compare_composites, sample
from crmlab.structure.composites import reach

BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3, 4)] for c in "ABC"}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]
QUICK = {"permutations": 199, "resamples": 200, "seed": 1}


def population(a=0.6, b=0.5, loadings=(0.75, 0.75, 0.75, 0.75)):
    items = {c: dict(zip(BLOCKS[c], (0.75,) * 4, strict=True)) for c in "ABC"}
    items["B"] = dict(zip(BLOCKS["B"], loadings, strict=True))
    return Population(items, {("A", "B"): a, ("B", "C"): b, ("A", "C"): 0.15}, points=None)


def groups(*populations, n=250, seed=1):
    frames = [sample(one, n, seed + 1000 * k) for k, one in enumerate(populations)]
    names = [f"G.{k}" for k in range(1, len(populations) + 1)]
    return pd.concat(frames, ignore_index=True).assign(G=np.repeat(names, n))


@pytest.fixture(scope="module")
def differing():
    return compare_composites(groups(population(0.8), population(0.3)), BLOCKS, PATHS, "G", **QUICK)


def test_a_planted_difference_is_found_in_its_path_only(differing):
    found = differing.paths
    assert found.cell("equal:B~A", "p_value") == pytest.approx(1 / 200)
    assert found["p_holm:B~A"] == pytest.approx(3 / 200)
    assert found.cell("equal:C~A", "p_value") > 0.05
    low, high = (found.cell("path_difference:B~A@G.1-G.2", side) for side in ("ci_low", "ci_high"))
    assert 0.2 < low < 0.42 < high  # .5 weakened by the composites
    assert found["path_difference:B~A@G.1-G.2"] == found["path:B~A@G.1"] - found["path:B~A@G.2"]
    assert found["indirect:C~B~A@G.1"] == pytest.approx(found["path:B~A@G.1"] * found["path:C~B@G.1"])
    assert found.cell("indirect_difference:C~B~A@G.1-G.2", "ci_low") > 0
    assert found.cell("equal_indirect:C~B~A", "p_value") == pytest.approx(1 / 200)
    assert differing.composites.select("invariant")["estimate"].min() > 0


def test_paths_of_a_group_are_those_of_its_own_fit(differing):
    data = groups(population(0.8), population(0.3))
    own = pls.fit(data[data["G"] == "G.2"].drop(columns="G"), BLOCKS, PATHS)
    assert differing.paths["path:C~B@G.2"] == pytest.approx(own.estimates["path:C~B"], abs=1e-6)
    assert differing.paths["indirect:C~B~A@G.2"] == pytest.approx(own.estimates["indirect:C~B~A"], abs=1e-6)


def test_another_composite_is_refused_and_the_rest_is_offered():
    data = groups(population(), population(loadings=(0.95, 0.45, 0.45, 0.45)), n=400, seed=7)
    found = compare_composites(data, BLOCKS, PATHS, "G", **QUICK)
    assert found.composites["invariant:B@G.1-G.2"] == 0
    assert found.composites["invariant:A@G.1-G.2"] > 0
    assert "p_holm:B@G.1-G.2" not in found.composites  # nor its mean
    compared = set(found.paths.select("path_difference").index)
    assert compared == {"C~A@G.1-G.2"}
    assert "check.comparable:C~B" in {check.name for check in found.paths.failed}
    assert "check.compositional:B~G.1~G.2" in {check.name for check in found.paths.failed}
    assert found.paths["path:C~B@G.1"] > 0  # what each group shows is told all the same
    whole = compare_composites(data, BLOCKS, PATHS, "G", partial=False, **QUICK)
    assert not len(whole.paths.select("path_difference"))
    assert not len(whole.paths.select("equal"))


def test_one_odd_group_does_not_forbid_the_others():
    odd = population(loadings=(0.95, 0.45, 0.45, 0.45))
    found = compare_composites(
        groups(population(), population(), odd, n=400, seed=7), BLOCKS, PATHS, "G", **QUICK
    )
    pairs = {
        of.partition("@")[2] for of in found.paths.select("path_difference").index if of.startswith("C~B@")
    }
    assert pairs == {"G.1-G.2"}
    assert "equal:C~B" not in found.paths  # the test over all groups is not made
    assert found.paths["p_holm_pair:C~B@G.1-G.2"] > 0.05


def test_two_groups_are_tested_as_their_difference_is():
    data = groups(population(b=0.5), population(b=0.35), n=150)
    whole = pls.fit(data, BLOCKS, PATHS)
    one = equal_effects(whole, data["G"], n=1999, seed=3)
    other = pls.multigroup(whole, data["G"], n=1999, seed=5)
    for path in ("B~A", "C~B", "C~A"):
        p, q = (
            one.cell(f"equal_path:{path}", "p_value"),
            other.cell(f"path_difference:{path}.G.1-G.2", "p_value"),
        )
        assert p == pytest.approx(q, abs=4 * np.sqrt(2 * q * (1 - q) / 1999) + 1e-3)
        half = other[f"path_difference:{path}.G.1-G.2"] / 2
        assert one[f"equal_path:{path}"] == pytest.approx(
            half**2, rel=1e-9
        )  # equal groups: the variance of two


def test_labels_and_row_order_change_no_estimate():
    data = groups(population(b=0.5), population(b=0.3), n=120)
    one = compare_composites(data, BLOCKS, PATHS, "G", **QUICK).paths
    again = data.sample(frac=1, random_state=1).assign(G=lambda d: d["G"].map({"G.1": "X.a", "G.2": "X.b"}))
    other = compare_composites(again, BLOCKS, PATHS, "G", **QUICK).paths
    assert other["path_difference:C~B@X.a-X.b"] == pytest.approx(one["path_difference:C~B@G.1-G.2"], abs=1e-6)
    repeated = compare_composites(data, BLOCKS, PATHS, "G", **QUICK).paths
    assert repeated.equals(one)


def test_second_order_constructs_and_gaps():
    parts = {"A": ("P", "Q"), "B": ("S", "T")}
    items = {p: {f"{p}{k}": 0.8 for k in (1, 2, 3)} for of in parts.values() for p in of}
    one = Population(
        items, {("A", "B"): 0.5}, {w: dict.fromkeys(p, 0.8) for w, p in parts.items()}, missing=0.03
    )
    data = groups(one, one)
    found = compare_composites(data, one.blocks, [("A", "B")], "G", higher_order=one.higher_order, **QUICK)
    assert set(found.composites.select("invariant").index) == {"A@G.1-G.2", "B@G.1-G.2"}
    assert found.paths["path:B~A@G.1"] == pytest.approx(0.35, abs=0.15)
    assert "equal_indirect" not in {term.partition(":")[0] for term in found.paths.tidy["term"]}


def test_what_groups_could_show():
    """n = n_h (detectable / smallest)^2 with n_h the harmonic mean, 2.8016 = z_.975 + z_.80."""
    rows = reach({"path_difference:C~B@G.1-G.2": 0.1}, {"G.1": 100, "G.2": 300}, 0.2, 0.95)
    told = {row["term"]: row["estimate"] for row in rows}
    assert told["detectable:C~B@G.1-G.2"] == pytest.approx(0.2801585, abs=1e-6)
    assert told["size_needed:C~B"] == np.ceil(150 * (0.2801585 / 0.2) ** 2)
    assert told["enough"] == 0


def test_groups_that_cannot_be_compared():
    data = groups(population(), population(), n=30)
    with pytest.raises(ModelError, match="1 group cannot be compared"):
        compare_composites(data.assign(G="G.1"), BLOCKS, PATHS, "G")
    few = data.assign(G=np.where(np.arange(60) < 4, "G.1", "G.2"))
    with pytest.raises(ModelError, match=r"group 'G.1' has 4 rows|group G.1") as caught:
        compare_composites(few, BLOCKS, PATHS, "G")
    assert len(str(caught.value).splitlines()) <= 2
    with pytest.raises(ModelError, match="no path"):
        compare_composites(data, BLOCKS, [], "G")


@pytest.mark.slow
def test_equal_groups_are_found_to_differ_at_the_rate_of_the_level():
    """Type I error of the permutation test over three equal groups, 300 samples: .05 +- .038."""
    hits = 0
    for k in range(300):
        data = groups(population(), population(), population(), n=80, seed=k)
        whole = pls.fit(data, BLOCKS, PATHS)
        hits += equal_effects(whole, data["G"], n=199, seed=k).cell("equal_path:C~B", "p_value") < 0.05
    assert abs(hits / 300 - 0.05) < 0.038
