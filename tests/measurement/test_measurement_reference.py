"""Item statistics, alpha, omega, HTMT against psych, semTools, lavaan and worked values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab import measurement
from crmlab.measurement.reliability import alpha, omega
from crmlab.measurement.validity import plain_stage
from crmlab.pls.quality import htmt as ratios
from crmlab.pls.quality import reliability as reliability_of
from crmlab.pls.solution import Solved
from crmlab.pls.weights import Outer

SIM = {name: [f"{name}{i}" for i in range(1, 5)] for name in ("com", "kco", "km", "sat", "tech", "tru")}
HS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture(scope="module", params=["sim400", "hs"])
def study(request, reference):
    if request.param == "sim400":
        return request.getfixturevalue("sim400"), SIM, reference("sim400_reliability")
    folder = request.getfixturevalue("shared")
    frame = pd.read_csv(folder / "data" / "sem" / "holzinger_swineford_1939.csv")
    return frame, HS, reference("hs_reliability")


def test_alpha_and_feldt_interval(study):
    frame, blocks, ref = study
    found = measurement.reliability(frame, blocks, n_boot=10)
    for name, want in ref["blocks"].items():
        assert found[f"alpha:{name}"] == pytest.approx(want["alpha"], abs=1e-6)
        assert found.cell(f"alpha:{name}", "ci_low") == pytest.approx(want["alpha_feldt_lower"], abs=1e-6)
        assert found.cell(f"alpha:{name}", "ci_high") == pytest.approx(want["alpha_feldt_upper"], abs=1e-6)


def test_a_one_percent_mutant_of_alpha_is_noticed(study):
    frame, blocks, ref = study
    found = measurement.reliability(frame, blocks, n_boot=10)
    for name, want in ref["blocks"].items():
        assert found[f"alpha:{name}"] != pytest.approx(want["alpha"] * 1.01, abs=1e-6)


def test_item_rest_and_alpha_if_deleted(study):
    frame, blocks, ref = study
    found = measurement.item_rest(frame, blocks)
    for want in ref["blocks"].values():
        for item, rest, without in zip(
            want["items"], want["item_rest_r"], want["alpha_if_dropped"], strict=True
        ):
            assert found[f"item_rest:{item}"] == pytest.approx(rest, abs=1e-9)
            assert found[f"alpha_if_deleted:{item}"] == pytest.approx(without, abs=1e-9)


def test_item_moments(study):
    frame, _, ref = study
    for want in ref["blocks"].values():
        found = measurement.item_statistics(frame, want["items"])
        for item, mean, sd in zip(want["items"], want["item_mean"], want["item_sd"], strict=True):
            assert found[f"mean:{item}"] == pytest.approx(mean, abs=1e-10)
            assert found[f"sd:{item}"] == pytest.approx(sd, abs=1e-10)
            x = frame[item].to_numpy(dtype=float)
            assert found[f"skewness:{item}"] == pytest.approx(stats.skew(x, bias=False), abs=1e-10)
            assert found[f"kurtosis:{item}"] == pytest.approx(stats.kurtosis(x, bias=False), abs=1e-10)
            low, high = stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x))
            assert found.cell(f"mean:{item}", "ci_low") == pytest.approx(low, abs=1e-10)
            assert found.cell(f"mean:{item}", "ci_high") == pytest.approx(high, abs=1e-10)


def test_omega_of_standardised_items_is_near_psychs(study):
    # psych fits by minimum residuals, we by maximum likelihood: the third decimal is all they share
    frame, _, ref = study
    for name, want in ref["blocks"].items():
        R = frame[want["items"]].corr().to_numpy()[:, :, None]
        value, improper = omega(R, np.ones((len(R), 1)))
        assert value[0] == pytest.approx(want["omega_total_1factor"], abs=5e-4), name
        assert not improper[0]


def test_one_factor_against_lavaan(sim400, reference):
    want = reference("sim400_onefactor")["std_loadings"]
    R = sim400[list(want)].corr().to_numpy()[:, :, None]
    found = measurement.one_factor(R)
    assert found.converged.all()
    assert found.loadings[:, 0] == pytest.approx(np.array(list(want.values())), abs=2e-5)


def test_three_items_are_reproduced_exactly():
    loadings = np.array([0.9, 0.7, 0.5])
    R = np.outer(loadings, loadings)
    np.fill_diagonal(R, 1)
    found = measurement.one_factor(R[:, :, None])
    assert found.loadings[:, 0] == pytest.approx(loadings, abs=1e-7)
    value, _ = omega(R[:, :, None], np.ones((3, 1)))
    assert value[0] == pytest.approx(2.1**2 / (2.1**2 + 3 - (loadings**2).sum()), abs=1e-7)


def test_a_batch_is_its_columns():
    rng = np.random.default_rng(3)
    draws = [np.corrcoef((rng.standard_normal((60, 1)) + rng.standard_normal((60, 4))).T) for _ in range(20)]
    batch = measurement.one_factor(np.stack(draws, axis=-1))
    for b, R in enumerate(draws):
        alone = measurement.one_factor(R[:, :, None])
        assert np.abs(batch.loadings[:, b] - alone.loadings[:, 0]).max() < 1e-7


def test_htmt(study, matrix):
    frame, blocks, ref = study
    want = matrix(ref["htmt_arithmetic"])
    named = {name.upper() if name.upper() in want.index else name: items for name, items in blocks.items()}
    found = measurement.htmt(frame, named, n_boot=200, seed=1)
    order = list(want.index)
    for term in found.tidy["term"]:
        a, b = sorted(term.removeprefix("htmt:").split("~"), key=order.index, reverse=True)
        assert found[term] == pytest.approx(want.loc[a, b], abs=1e-6)
        assert found.cell(term, "ci_low") < found[term] < found.cell(term, "ci_high")


# -- values worked by hand


def test_oracle_re1_alpha():
    X = np.array(
        [[4, 5, 4, 4], [3, 3, 2, 3], [5, 5, 5, 4], [2, 3, 2, 2], [4, 4, 5, 5], [1, 2, 1, 2]], dtype=float
    )
    assert alpha(X) == pytest.approx(0.963303, abs=1e-5)


def test_oracle_re2_average_variance_extracted():
    stage = plain_stage({"A": ["1", "2", "3"]})
    loadings = np.array([0.7, 0.8, 0.9])[:, None, None]
    one = np.ones((1, 1, 1))
    outer = Outer(loadings[:, 0] / 2, loadings, one, np.ones(1), np.ones(1, dtype=bool))
    ave = reliability_of(Solved(stage, np.eye(3)[:, :, None] + 0.5, outer))[3, 0, 0]
    assert ave == pytest.approx(0.646667, abs=1e-6)


def test_oracle_re4_htmt():
    R = np.array(
        [
            [1.0, 0.6, 0.5, 0.3, 0.35],
            [0.6, 1.0, 0.55, 0.28, 0.33],
            [0.5, 0.55, 1.0, 0.4, 0.31],
            [0.3, 0.28, 0.4, 1.0, 0.62],
            [0.35, 0.33, 0.31, 0.62, 1.0],
        ]
    )
    stage = plain_stage({"A": ["1", "2", "3"], "B": ["4", "5"]})
    assert ratios(R[:, :, None], stage)[0, 1, 0] == pytest.approx(0.562261, abs=1e-6)


def test_oracle_cx1_net_promoter_score():
    frame = pd.DataFrame({"NPS": [10] * 25 + [9] * 25 + [8] * 15 + [7] * 15 + [6] * 10 + [0] * 10})
    found = measurement.globals_(frame)
    assert found["nps:NPS"] == pytest.approx(30, abs=1e-12)
    scored = np.repeat([100.0, 0.0, -100.0], [50, 30, 20])
    assert found.cell("nps:NPS", "std_error") == pytest.approx(scored.std() / 10, abs=1e-10)
