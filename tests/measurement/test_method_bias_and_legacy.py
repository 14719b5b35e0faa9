"""Method bias and the annex of superseded statistics: worked values, weaknesses shown, undefined cases told."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab import measurement
from crmlab.errors import ModelError
from crmlab.measurement.legacy import SUPERSEDED
from crmlab.measurement.legacy_tests import _distance, lilliefors


def questionnaire(rng, n: int, cor: np.ndarray, method: float, per: int = 4) -> pd.DataFrame:
    """Items with loading .7 on their construct and sqrt(method) on one method factor."""
    F = rng.standard_normal((n, len(cor))) @ np.linalg.cholesky(cor).T
    M = rng.standard_normal((n, 1))
    E = rng.standard_normal((n, len(cor) * per))
    return pd.DataFrame(0.7 * np.repeat(F, per, axis=1) + np.sqrt(method) * M + np.sqrt(0.51 - method) * E)


def test_harman_passes_with_a_method_factor_and_fails_without():
    rng = np.random.default_rng(1)
    biased = questionnaire(rng, 2000, np.eye(6), method=0.30)  # three tenths of every item are method
    assert measurement.harman(biased).ok
    alike = questionnaire(rng, 2000, np.full((6, 6), 0.95) + 0.05 * np.eye(6), method=0.0)
    alike = alike.rolling(1).mean() + 0.8 * np.repeat(alike.mean(axis=1).to_numpy()[:, None], 24, axis=1)
    found = measurement.harman(alike)  # one strong second-order factor, no method
    assert [c.name for c in found.failed] == ["check.harman"]
    assert "second-order" in found.failed[0].rule


def test_full_collinearity_is_the_regressions_vif():
    rng = np.random.default_rng(2)
    X = pd.DataFrame(rng.standard_normal((100, 3)), columns=list("ABC"))
    X["C"] += 3 * X["A"]
    found = measurement.full_collinearity(X)
    A = np.column_stack([np.ones(100), X[["A", "B"]]])
    left = X["C"] - A @ np.linalg.lstsq(A, X["C"], rcond=None)[0]
    assert found["vif:C"] == pytest.approx(X["C"].var(ddof=0) * 100 / (left**2).sum(), rel=1e-9)
    assert {c.name for c in found.failed} == {"check.full_collinearity:A", "check.full_collinearity:C"}


def test_marker_by_hand():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(
        rng.standard_normal((200, 4)) + 0.6 * rng.standard_normal((200, 1)), columns=list("ABCm")
    )
    found = measurement.marker(X, "m")
    r, m = X.corr().loc["A", "B"], X.corr()["m"].drop("m").min()
    adjusted = (r - m) / (1 - m)
    assert found["cor_adjusted:A~B"] == pytest.approx(adjusted, abs=1e-12)
    t = adjusted / np.sqrt((1 - adjusted**2) / 197)
    assert found.cell("cor_adjusted:A~B", "p_value") == pytest.approx(2 * stats.t.sf(abs(t), 197), abs=1e-12)
    peer = stats.pearsonr(X["A"], X["B"])
    assert found.cell("cor:A~B", "p_value") == pytest.approx(peer.pvalue, rel=1e-6)
    assert found.cell("cor:A~B", "ci_low") == pytest.approx(peer.confidence_interval().low, abs=1e-9)
    second = measurement.marker(X, "m", rank=2)
    assert second.glance["r_marker"] == pytest.approx(sorted(X.corr()["m"].drop("m"))[1])
    assert measurement.marker(X, "m", r_marker=0.0)["cor_adjusted:A~B"] == pytest.approx(r)


def test_a_marker_takes_the_method_out():
    rng = np.random.default_rng(4)
    left = []
    for _ in range(200):
        M = rng.standard_normal((300, 1))
        X = pd.DataFrame(
            np.sqrt(0.2) * M + np.sqrt(0.8) * rng.standard_normal((300, 3)), columns=["A", "B", "m"]
        )
        found = measurement.marker(X, "m", r_marker=0.2)
        left.append([found["cor:A~B"], found["cor_adjusted:A~B"]])
    raw, adjusted = np.mean(left, axis=0)
    assert raw == pytest.approx(0.2, abs=0.02)
    assert adjusted == pytest.approx(0.0, abs=0.02)


def test_a_marker_that_goes_against_everything_takes_nothing_out():
    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.standard_normal((100, 2)) + rng.standard_normal((100, 1)), columns=["A", "B"])
    found = measurement.marker(X.assign(m=-X.sum(axis=1) + rng.standard_normal(100)), "m")
    assert "check.marker" in [c.name for c in found.failed]
    assert found["cor_adjusted:A~B"] == found["cor:A~B"]


# -- the annex


def test_oracle_me1_sobel_and_its_relatives():
    found = measurement.sobel(0.5, 0.1, 0.4, 0.1)
    assert found["sobel"] == pytest.approx(3.123475, abs=1e-6)
    assert found["aroian"] == pytest.approx(0.2 / np.sqrt(0.0041 + 0.0001), abs=1e-9)
    assert found["goodman"] == pytest.approx(0.2 / np.sqrt(0.0041 - 0.0001), abs=1e-9)
    assert found.cell("sobel", "p_value") == pytest.approx(2 * stats.norm.sf(3.123475), rel=1e-5)
    assert np.isnan(measurement.sobel(0.05, 0.1, 0.05, 0.1)["goodman"])


def test_oracle_me3_vaf():
    assert measurement.vaf(0.5 * 0.4, 0.3)["vaf"] == pytest.approx(0.4, abs=1e-9)
    for indirect, direct in ((0.2, -0.3), (-0.1, 0.4), (0.0, 0.0)):
        found = measurement.vaf(indirect, direct)
        assert np.isnan(found["vaf"])
        assert [c.name for c in found.failed] == ["check.vaf_defined"]


def test_gof_against_plspm(shared):
    folder = shared / "data" / "sem" / "reference"
    for name in ("centroid_scaled", "path_raw", "factorial_scaled"):
        ref = json.loads((folder / f"plspmR_satisfaction_{name}.json").read_text(encoding="utf-8"))
        ave = {row["lv"]: row["AVE"] for row in ref["inner_summary"]}
        r2 = {row["lv"]: row["R2"] for row in ref["inner_summary"] if row["Type"] == "Endogenous"}
        items = {row["_row"]: row["MVs"] for row in ref["unidim"]}
        assert measurement.gof(ave, r2, items=items)["gof"] == pytest.approx(ref["gof"], abs=1e-9)


def test_lilliefors_holds_its_size():
    rng = np.random.default_rng(6)
    for n in (20, 100, 384):
        p = np.array([lilliefors(_distance(rng.standard_normal(n)), n) for _ in range(3000)])
        for level in (0.01, 0.05, 0.10):
            assert (p < level).mean() == pytest.approx(level, abs=4 * np.sqrt(level / 3000) + 0.004)


def test_lilliefors_against_statsmodels():
    from statsmodels.stats.diagnostic import lilliefors as peer

    rng = np.random.default_rng(7)
    for n in (30, 90, 250):
        x = rng.standard_t(3, n)
        distance, p = peer(x, pvalmethod="approx")
        found = measurement.ks(pd.DataFrame({"x": x}))
        assert found["ks_d:x"] == pytest.approx(distance, abs=1e-12)
        if p < 0.1:
            assert found.cell("ks_d:x", "p_value") == pytest.approx(p, rel=1e-9)
        z = stats.kstwobign.sf(found["ks_z:x"])
        assert found.cell("ks_z:x", "p_value") == pytest.approx(z, abs=1e-12)


def test_ks_rejects_any_likert_item():
    """A normal latent trait in five steps, n = 384: always rejected, while the skewness stays small (DOMAIN 3.6)."""
    rng = np.random.default_rng(8)
    X = pd.DataFrame(np.clip(np.round(3 + rng.standard_normal((384, 100))), 1, 5))
    assert (measurement.ks(X).select("ks_d")["p_value"] < 0.05).all()
    assert measurement.item_statistics(X).select("skewness")["estimate"].abs().max() < 1


def test_t_against_the_midpoint():
    rng = np.random.default_rng(9)
    X = pd.DataFrame({"a": rng.integers(1, 6, 50).astype(float), "b": 3.0})
    X.loc[:4, "a"] = np.nan
    found, peer = measurement.t_midpoint(X, 3), stats.ttest_1samp(X["a"].dropna(), 3)
    assert found["t:a"] == pytest.approx(peer.statistic, abs=1e-12)
    assert found.cell("difference:a", "p_value") == pytest.approx(peer.pvalue, abs=1e-12)
    assert found.cell("difference:a", "ci_low") == pytest.approx(
        peer.confidence_interval().low - 3, abs=1e-12
    )
    assert found["n:a"] == 45
    assert np.isnan(found["t:b"])
    assert [c.name for c in found.failed] == ["check.variance:b"]


def test_every_legacy_result_says_what_superseded_it():
    frame = pd.DataFrame({"a": np.random.default_rng(1).standard_normal(40)})
    results = {
        "gof": measurement.gof({"A": 0.5}, {"A": 0.3}),
        "sobel": measurement.sobel(0.5, 0.1, 0.4, 0.1),
        "vaf": measurement.vaf(0.2, 0.3),
        "ks": measurement.ks(frame),
        "t_midpoint": measurement.t_midpoint(frame, 3),
    }
    assert results.keys() == SUPERSEDED.keys()
    for name, result in results.items():
        assert f"legacy.superseded:{name}" in [c.name for c in result.checks]
        assert result.ok  # it states, it does not judge


FRAME = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 3)), columns=list("ABC"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: measurement.harman(FRAME, kind="ml"), "kind 'ml' is not one of"),
        (lambda: measurement.harman(FRAME[["A", "B"]]), "2 columns are given"),
        (
            lambda: measurement.full_collinearity(FRAME.assign(D=FRAME["A"])),
            "an exact tie runs through 'A', 'D'",
        ),
        (lambda: measurement.marker(FRAME, "M"), "marker 'M' is not a column"),
        (lambda: measurement.marker(FRAME, "C", r_marker=1), "a method correlation of 1"),
        (lambda: measurement.marker(FRAME, "C", rank=0), "rank 0"),
        (lambda: measurement.gof({}, {"A": 0.2}), "no communality"),
        (lambda: measurement.gof({"A": 1.2}, {"A": 0.2}), "the communality of 'A' is 1.2"),
        (lambda: measurement.gof({"A": 1.0}, {"A": 0.2}, items={"A": 1}), "more than one item"),
        (lambda: measurement.gof({"A": 0.5}, {"A": 0.2}, items={}), "the number of items of 'A'"),
        (lambda: measurement.sobel(0.5, -0.1, 0.4, 0.1), "standard errors -0.1 and 0.1"),
        (lambda: measurement.sobel(float("nan"), 0.1, 0.4, 0.1), "not both numbers"),
        (lambda: measurement.vaf(float("inf"), 1), "not both numbers"),
        (lambda: measurement.ks(FRAME.head(4)), "item 'A' has 4 answers, 5 are needed"),
        (lambda: measurement.ks(FRAME, ["Z"]), "item 'Z' is not a column"),
        (lambda: measurement.t_midpoint(pd.DataFrame(), 3), "no items"),
    ],
)
def test_what_cannot_be_computed_says_why(call, says):
    with pytest.raises(ModelError, match=says):
        call()
