"""What is undefined is said, not hidden; what is missing is counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement
from crmlab.errors import ModelError

rng = np.random.default_rng(2)
F = rng.standard_normal((100, 1))
DATA = pd.DataFrame(
    np.clip(np.round(3 + F + 0.8 * rng.standard_normal((100, 6))), 1, 5), columns=list("abcdef")
)


def names(result) -> list[str]:
    return [check.name for check in result.failed]


def test_one_and_two_items():
    found = measurement.reliability(
        DATA, {"One": ["a"], "Two": ["b", "c"], "Three": ["d", "e", "f"]}, n_boot=20
    )
    assert np.isnan(found["alpha:One"])
    assert np.isnan(found["omega:One"])
    assert np.isnan(found["omega:Two"])
    assert found["alpha:Two"] > 0.3
    assert found["omega:Three"] > 0.3
    assert names(found) == ["check.reliability_defined:One", "check.reliability_defined:Two"]
    rest = measurement.item_rest(DATA, {"One": ["a"], "Two": ["b", "c"]})
    assert np.isnan(rest["item_rest:a"])
    assert np.isnan(rest["alpha_if_deleted:b"])
    assert rest["item_rest:b"] == pytest.approx(DATA["b"].corr(DATA["c"]))


def test_a_constant_item_is_named_and_alpha_stays_a_number():
    flat = DATA.assign(b=4.0)
    assert "check.variance:b" in names(measurement.item_statistics(flat))
    found = measurement.reliability(flat, {"X": ["a", "b", "c"]}, n_boot=20)
    assert "check.variance:X" in names(found)
    assert np.isfinite(found["alpha:X"])
    assert np.isnan(found["omega:X"])
    assert np.isnan(measurement.item_statistics(flat)["skewness:b"])


def test_an_item_against_the_rest_is_a_failed_check():
    found = measurement.item_rest(DATA.assign(b=6 - DATA["b"]), {"X": ["a", "b", "c"]})
    assert "check.item_rest:b" in names(found)


def test_heywood_case_is_a_failed_check():
    g = rng.standard_normal(200)
    odd = pd.DataFrame({"a": g, "b": g + 0.01 * rng.standard_normal(200), "c": g + rng.standard_normal(200)})
    odd["b"] = odd["a"] + 0.02 * odd["c"]
    assert "check.heywood:X" in names(measurement.reliability(odd, {"X": ["a", "b", "c"]}, n_boot=20))


def test_missing_answers_casewise_within_the_construct():
    holes = DATA.copy()
    holes.loc[:9, "a"] = np.nan
    blocks = {"X": ["a", "b", "c"], "Y": ["d", "e", "f"]}
    found = measurement.reliability(holes, blocks, n_boot=20, missing="listwise")
    assert found["alpha:X"] == measurement.reliability(DATA.iloc[10:], blocks, n_boot=20)["alpha:X"]
    assert found["alpha:Y"] == measurement.reliability(DATA, blocks, n_boot=20)["alpha:Y"]


def test_construct_scores_need_half_of_the_items():
    frame = pd.DataFrame({"a": [1, np.nan, np.nan], "b": [3, 4, np.nan], "c": [5, 5, np.nan], "d": [1, 2, 3]})
    scores = measurement.construct_scores(frame, {"X": ["a", "b", "c", "d"]})["X"]
    assert scores[0] == 2.5
    assert scores[1] == pytest.approx(11 / 3)
    assert np.isnan(scores[2])
    found = measurement.construct_statistics(frame, {"X": ["a", "b", "c", "d"]})
    assert (found["n:X"], found["missing:X"]) == (2, 1)


def test_profile_counts_empty_categories_and_refuses_strange_ones():
    frame = pd.DataFrame({"GEN": [1, 1, 2, np.nan]})
    found = measurement.profile(frame, {"GEN": [1, 2, 9]})
    assert [found[f"count:GEN.{code}"] for code in (1, 2, 9)] == [2, 1, 0]
    assert found["missing:GEN"] == 1
    # Wilson by hand: 2 of 3
    z, n, p = 1.959963984540054, 3, 2 / 3
    middle, half = (p + z**2 / 6) / (1 + z**2 / n), z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / 36)
    assert found.cell("share:GEN.1", "ci_low") == pytest.approx(middle - half, abs=1e-12)
    assert found.cell("share:GEN.1", "ci_high") == pytest.approx(middle + half, abs=1e-12)
    with pytest.raises(ModelError, match="'GEN' holds 2, which is none of its categories"):
        measurement.profile(frame, {"GEN": [1]})


def test_nobody_answered():
    frame = pd.DataFrame({"NPS": [np.nan] * 3, "CSAT": [4.0, 5.0, np.nan], "GEN": [np.nan] * 3})
    found = measurement.globals_(frame)
    assert np.isnan(found["nps:NPS"])
    assert names(found) == ["check.answered:NPS"]
    assert found["csat:CSAT"] == 4.5
    assert "ces:CES" not in found
    assert names(measurement.profile(frame[["GEN"]], {"GEN": [1, 2]})) == ["check.answered:GEN"]
    assert names(measurement.item_statistics(frame[["NPS"]])) == ["check.answered:NPS"]


def test_item_shares_are_given_for_every_allowed_answer():
    found = measurement.item_statistics(DATA, ["a"], values={"a": [1, 2, 3, 4, 5, 6]})
    assert found.select("share")["estimate"].sum() == pytest.approx(1.0)
    assert found["share:a.6"] == 0.0


def test_a_recommendation_off_the_scale_is_refused():
    with pytest.raises(ModelError, match="12 is not on the scale"):
        measurement.globals_(pd.DataFrame({"NPS": [12.0, 3.0]}))


def test_htmt_refuses_one_construct_and_flags_twins():
    with pytest.raises(ModelError, match="only one"):
        measurement.htmt(DATA, {"X": ["a", "b"]})
    found = measurement.htmt(DATA, {"X": ["a", "b", "c"], "Y": ["d", "e", "f"]}, n_boot=50)
    assert names(found) == ["check.htmt:X~Y"]


def test_omegas_interval_is_of_the_right_width():
    """Bootstrap standard error of omega against the spread over fresh samples of the same population."""
    draw = np.random.default_rng(8)

    def sample() -> pd.DataFrame:
        f = draw.standard_normal((300, 1))
        return pd.DataFrame(0.75 * f + 0.66 * draw.standard_normal((300, 4)), columns=list("abcd"))

    block = {"X": list("abcd")}
    fresh = [measurement.reliability(sample(), block, n_boot=0)["omega:X"] for _ in range(200)]
    inside = np.mean(
        [measurement.reliability(sample(), block, n_boot=300).cell("omega:X", "std_error") for _ in range(20)]
    )
    assert inside == pytest.approx(np.std(fresh), rel=0.25)


def test_the_whole_chapter_follows_the_terms():
    blocks = {"A": ["a", "b", "c"], "B": ["d", "e", "f"]}
    found = measurement.assess(DATA, blocks, [("A", "B")], n_boot=100, seed=1)
    quantities = {name: set(r.tidy["term"].str.partition(":")[0]) for name, r in found.results.items()}
    assert quantities == {
        "reliability": {"alpha", "alpha_std", "omega", "rho_a", "rho_c", "ave"},
        "loadings": {"loading", "weight"},
        "items": {"item_rest", "alpha_if_deleted", "vif"},
        "htmt": {"htmt"},
        "correlations": {"cor", "cross_loading"},
    }
    again = measurement.assess(DATA, blocks, [("A", "B")], n_boot=100, seed=1)
    assert all(r.equals(again.results[name]) for name, r in found.results.items())
