"""Endogeneity, tetrads, hidden segments: planted truths are found, and their absence too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pls_cases import MOBI, MOBI_PATHS
from scipy.stats import norm

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.copula import copula_terms, lilliefors
from crmlab.pls.tetrads import tetrads

ONE = {"X": ["x1"], "Z": ["z1"], "Y": ["y1"]}
PATHS = [("X", "Y"), ("Z", "Y")]


def tied(link: float, n: int = 1500, seed: int = 3) -> pd.DataFrame:
    """x is skewed and, with `link`, correlated with the error of y = .5 x + .3 z + e."""
    rng = np.random.default_rng(seed)
    g, h, z = rng.standard_normal((3, n))
    e = link * g + np.sqrt(1 - link**2) * h
    x = -np.log(1 - norm.cdf(g))  # exponential with the copula of g
    return pd.DataFrame({"x1": x, "z1": z, "y1": 0.5 * x + 0.3 * z + e})


def test_criteria_against_seminr(mobi, shared, matrix):
    import json

    path = shared / "data" / "sem" / "reference" / "pls_mobi_modeA_path.json"
    theirs = matrix(json.loads(path.read_text(encoding="utf-8"))["it_criteria"]).T
    ours = pls.fit(mobi, MOBI, MOBI_PATHS).criteria.loc[theirs.index]
    assert np.abs(ours["aic"] - theirs["AIC"]).max() < 1e-6
    assert np.abs(ours["bic"] - theirs["BIC"]).max() < 1e-6


def test_copula_terms_by_hand():
    terms = copula_terms(np.array([[1.0], [3.0], [3.0], [2.0]]))[:, 0]
    assert terms == pytest.approx(norm.ppf([0.25, 0.8, 0.8, 0.5]))


def test_lilliefors_tells_skewed_from_normal():
    rng = np.random.default_rng(1)
    assert lilliefors(rng.exponential(size=200)) < 0.001
    share = np.mean([lilliefors(rng.standard_normal(100)) < 0.05 for _ in range(400)])
    assert share == pytest.approx(0.05, abs=0.035)


def test_a_copula_sees_and_mends_endogeneity():
    data = tied(0.6)
    result = pls.fit(data, ONE, PATHS).endogeneity("Y", ["X"], n=300, seed=1)
    spread = data["x1"].std() / data["y1"].std()
    naive = pls.fit(data, ONE, PATHS).estimates["path:Y~X"]
    assert result.cell("copula:Y~X", "p_value") < 0.05
    assert naive > 0.5 * spread * 1.4
    assert result["path:Y~X"] == pytest.approx(0.5 * spread, abs=0.08)
    assert "check.exogenous:Y~X" in [check.name for check in result.failed]


def test_no_endogeneity_no_copula():
    result = pls.fit(tied(0.0), ONE, PATHS).endogeneity("Y", n=300, seed=1)
    assert result.cell("copula:Y~X", "p_value") > 0.05
    assert "check.not_normal:Z" in [check.name for check in result.failed]
    with pytest.raises(ModelError, match="'Q' is no predictor of 'Y'"):
        pls.fit(tied(0.0), ONE, PATHS).endogeneity("Y", ["Q"])
    with pytest.raises(ModelError, match="'X' is no construct that others explain"):
        pls.fit(tied(0.0), ONE, PATHS).endogeneity("X")


@pytest.mark.parametrize("k", [4, 5, 6, 8])
def test_tetrads_are_independent_and_complete(k):
    """As linear forms in log correlations they span everything that one factor sets to zero."""
    pairs = {pair: place for place, pair in enumerate(combinations(range(k), 2))}
    rows = np.zeros((len(tetrads(k)), len(pairs)))
    for row, (a, b, c, d) in zip(rows, tetrads(k), strict=True):
        for pair, sign in (((a, b), 1), ((c, d), 1), ((a, c), -1), ((b, d), -1)):
            row[pairs[tuple(sorted(pair))]] += sign
    assert len(rows) == k * (k - 3) // 2 == np.linalg.matrix_rank(rows)
    factor = np.array([[float(i in pair) for pair in pairs] for i in range(k)])
    assert np.abs(rows @ factor.T).max() == 0


def test_tetrads_of_a_factor_vanish_and_those_of_two_do_not(sim400):
    rng = np.random.default_rng(2)
    load = np.array([0.8, 0.7, 0.6, 0.75, 0.65])
    f = rng.standard_normal((500, 1))
    items = f * load + np.sqrt(1 - load**2) * rng.standard_normal((500, 5))
    data = pd.DataFrame(items, columns=[f"f{i}" for i in range(1, 6)]).assign(
        y1=f + rng.standard_normal((500, 1))
    )
    result = pls.fit(data, {"F": [f"f{i}" for i in range(1, 6)], "Y": ["y1"]}, [("F", "Y")]).cta(1000, seed=1)
    assert len(result.tidy) == 5
    assert result.ok
    mixed = {"X": ["kco1", "kco2", "com1", "com2"], "Y": ["sat1"]}
    assert not pls.fit(sim400, mixed, [("X", "Y")]).cta(1000, seed=1).ok
    with pytest.raises(ModelError, match="no construct has four items"):
        pls.fit(sim400, {"X": ["kco1"], "Y": ["sat1"]}, [("X", "Y")]).cta()


def segments(n: int = 300, seed: int = 4) -> tuple[pd.DataFrame, np.ndarray]:
    """Two thirds with x -> y .9, one third with -.6."""
    rng = np.random.default_rng(seed)
    x, z = rng.standard_normal((2, n))
    second = np.arange(n) % 3 == 0
    y = np.where(second, -0.6, 0.9) * x + 0.3 * rng.standard_normal(n)
    return pd.DataFrame({"x1": x, "z1": z, "y1": y}), second


def test_mixture_finds_the_planted_segments():
    data, second = segments()
    fit = pls.fit(data, ONE, PATHS)
    found = fit.fimix(2, starts=5, seed=1)
    result = found.result
    assert result.ok
    assert result["segment_share:1"] == pytest.approx(2 / 3, abs=0.07)
    scale = data["x1"].std() / data["y1"].std()
    assert result["path:Y~X.1"] == pytest.approx(0.9 * scale, abs=0.05)
    assert result["path:Y~X.2"] == pytest.approx(-0.6 * scale, abs=0.05)
    assert ((found.segment == "2") == second).mean() > 0.85
    one, three = (fit.fimix(k, starts=5, seed=1).result.glance for k in (1, 3))
    for criterion in ("bic", "caic", "aic3"):
        assert result.glance[criterion] < one[criterion]
    assert result.glance["bic"] < three["bic"]
    assert three["loglik"] >= result.glance["loglik"] >= one["loglik"]


def test_one_segment_is_the_model_itself():
    data, _ = segments()
    fit = pls.fit(data, ONE, PATHS)
    result = fit.fimix(1, starts=1).result
    assert result["path:Y~X.1"] == pytest.approx(fit.estimates["path:Y~X"], abs=1e-6)
    with pytest.raises(ModelError, match="40 segments of 300 rows"):
        fit.fimix(40)


def test_prediction_oriented_segments_find_the_planted_ones():
    data, second = segments()
    fit = pls.fit(data, ONE, PATHS)
    found = fit.pos(2, starts=3, seed=1)
    assert found.result.ok
    assert ((found.segment == "2") == second).mean() > 0.85
    assert found.result["path:Y~X.1"] > 0.7
    assert found.result["path:Y~X.2"] < -0.5
    assert found.result.glance["r2_sum"] > 0.8 > fit.r2["Y"]
    assert found.result.equals(fit.pos(2, starts=3, seed=1).result)
    with pytest.raises(ModelError, match="1 segments"):
        fit.pos(1)


# -- blindfolding --------------------------------------------------------------------------------


def test_blindfolding_by_hand_with_single_items():
    data, _ = segments(200)
    fit = pls.fit(data, {"X": ["x1"], "Y": ["y1"]}, [("X", "Y")])
    z = (data - data.mean()) / data.std()
    off = 0.0
    for turn in range(7):
        hidden = np.arange(200) % 7 == turn
        y = z["y1"].where(~hidden, 0.0)
        y = (y - y.mean()) / y.std()
        guess = z["x1"] * np.corrcoef(z["x1"], y)[0, 1]
        off += ((z["y1"] - guess)[hidden] ** 2).sum()
    assert fit.q2(7)["q2:Y"] == pytest.approx(1 - off / (z["y1"] ** 2).sum(), abs=1e-9)


def test_blindfolding_tells_prediction_from_noise(mobi):
    fit = pls.fit(mobi, MOBI, MOBI_PATHS)
    assert fit.q2(7).ok
    found = []
    for seed in range(10):
        noise = pd.DataFrame(np.random.default_rng(seed).standard_normal((200, 2)), columns=["x1", "y1"])
        found.append(pls.fit(noise, {"X": ["x1"], "Y": ["y1"]}, [("X", "Y")]).q2(7)["q2:Y"])
    assert np.mean(found) < 0.01
    with pytest.raises(ModelError, match="omission distance 5 divides 250"):
        fit.q2(5)
