"""Polychoric statistics: against lavaan's numbers, against independent formulas, and what must not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, owens_t

from crmlab.errors import ModelError
from crmlab.sem.bivariate_normal import cdf_grid, density_grid
from crmlab.sem.ordinal import OrdinalStats, statistics
from crmlab.sem.polychoric import cell_probabilities

REFERENCE = Path(__file__).resolve().parent.parent / "reference" / "sem"


def own_data(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


def ordinal_sample(n: int, p: int, seed: int, cuts: tuple[float, ...] = (-1.0, 0.0, 1.0)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.digitize(rng.standard_normal((n, 1)) + rng.standard_normal((n, p)), cuts)


def like_lavaan(found: OrdinalStats) -> tuple[np.ndarray, np.ndarray]:
    """lavaan stores means with the sign turned."""
    sign = np.array([-1.0 if label.endswith("~1") else 1.0 for label in found.labels])
    return found.stats * sign, found.gamma * np.outer(sign, sign)


# -- the bivariate normal ----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.floats(-1, 1), st.integers(0, 2**32 - 1))
def test_the_bivariate_normal_agrees_with_owens_t(r, seed):
    # Phi2(h, k; r) = (Phi(h) + Phi(k))/2 - T(h, a_h) - T(k, a_k) - [h k < 0]/2 (Owen 1956)
    h, k = np.random.default_rng(seed).normal(0, 1.5, (2, 1, 4))
    r = float(np.clip(r, -1 + 1e-9, 1 - 1e-9))
    H, K = h[0][:, None], k[0][None, :]
    s = np.sqrt((1 - r) * (1 + r))
    expected = (
        (ndtr(H) + ndtr(K)) / 2
        - owens_t(H, (K - r * H) / (H * s))
        - owens_t(K, (H - r * K) / (K * s))
        - np.where(H * K < 0, 0.5, 0.0)
    )
    assert cdf_grid(h, k, np.array([r]))[0] == pytest.approx(expected, abs=2e-14)


@pytest.mark.parametrize("r", [0.0, 0.3, 0.75, 0.925, 0.93, 0.999999, 1.0, -0.2, -0.93, -1.0])
def test_equal_and_infinite_thresholds(r):
    h = np.array([[-np.inf, -1.2, 0.0, 0.7, np.inf]])
    found = cdf_grid(h, h, np.array([r]))[0]
    assert found[0] == pytest.approx(np.zeros(5), abs=1e-15)
    assert found[-1] == pytest.approx(ndtr(h[0]), abs=1e-14)
    assert found[2, 2] == pytest.approx(0.25 + np.arcsin(r) / (2 * np.pi), abs=1e-14)
    if r > 0:  # Phi2(h, h; r) = Phi(h) - 2 T(h, sqrt((1 - r)/(1 + r)))
        equal = ndtr(-1.2) - 2 * owens_t(-1.2, np.sqrt((1 - r) / (1 + r)))
        assert found[1, 1] == pytest.approx(equal, abs=1e-14)


@pytest.mark.parametrize("r", [-0.95, -0.4, 0.0, 0.6, 0.97])
def test_the_density_is_the_derivative_of_the_distribution(r):
    h, k, e = np.array([[-0.8, 0.1, 1.3]]), np.array([[-0.4, 0.9]]), 1e-5
    up, down = (cdf_grid(h, k, np.array([r + d])) for d in (e, -e))
    density, slope = density_grid(h, k, np.array([r]))
    assert density == pytest.approx((up - down) / (2 * e), abs=1e-8)
    up, down = (density_grid(h, k, np.array([r + d]))[0] for d in (e, -e))
    assert slope == pytest.approx((up - down) / (2 * e), abs=1e-5)


# -- against lavaan ----------------------------------------------------------------------------


def test_polychorics_and_thresholds_of_lavaan(shared, reference):
    book = reference("sem/datcat_polychoric")
    answers = pd.read_csv(shared / "data" / "sem" / "datcat_ordinal.csv")[book["polychoric"]["rows"]]
    found = statistics(answers.to_numpy(float), np.ones(8, bool), names=answers.columns)
    assert pytest.approx(np.array(book["polychoric"]["values"], float), abs=1e-6) == found.R
    where = dict(zip(found.labels, found.stats, strict=True))
    assert [where[name] for name in book["thresholds"]] == pytest.approx(
        list(book["thresholds"].values()), abs=1e-7
    )


def test_the_maximum_is_the_maximum(shared):
    """Two 7-point items with answers far from the diagonal, where lavaan 0.6-14 stops at r = .8720.

    It floors the probability of a cell at 1.5e-8, which takes the two cells farthest out, 3 answers, out of
    the likelihood. Without the floor the likelihood at .8720 is lower than at the maximum.
    """
    frame = pd.read_csv(shared / "data" / "sem" / "lancelot_miltgen_2016.csv")[["trust1", "trust2"]]
    found = statistics(frame.to_numpy(float), [True, True])
    h, k = (cuts[None] for cuts in found.thresholds)
    counts = np.histogram2d(frame["trust1"], frame["trust2"], bins=np.arange(0.5, 8))[0]

    def loglik(r: float) -> float:
        return float((counts * np.log(cell_probabilities(h, k, np.array([r]))[0])).sum())

    assert found.R[0, 1] == pytest.approx(0.8610, abs=1e-4)
    assert loglik(found.R[0, 1]) > max(loglik(0.8720), loglik(0.8600), loglik(0.8620))


@pytest.mark.parametrize("case", ["mixed_listwise", "mixed_pairwise", "binary"])
def test_statistics_and_their_covariance_of_lavaan(case, reference):
    book = reference("sem/ordinal_statistics")[case]
    frame = own_data("sim_binary" if case == "binary" else "sim_mixed")
    if case == "mixed_listwise":
        frame = frame.dropna()
    ordered = [name not in ("x", "y") for name in frame.columns]
    found = statistics(frame.to_numpy(float), ordered, names=frame.columns, pairwise=case == "mixed_pairwise")
    stats, gamma = like_lavaan(found)
    assert [label.replace("~1", "") for label in found.labels] == [
        label.replace("~1", "") for label in book["labels"]
    ]
    assert stats == pytest.approx(np.array(book["stats"]), rel=1e-5, abs=1e-6)
    theirs = np.array(book["gamma"])
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
    assert np.abs(gamma - theirs).max() / scale.max() < 1e-5
    assert (np.abs(gamma - theirs) / scale).max() < 1e-5


def test_an_empty_cell_of_a_2_by_2_table_is_named():
    frame = own_data("sim_binary")
    found = statistics(frame.to_numpy(float), [True] * 4, names=frame.columns)
    failed = [check.name for check in found.checks if not check.ok]
    assert "check.cell_empty:a,b" in failed
    assert found.empty_cells[0, 1] == 1


# -- the covariance matrix is that of repeated samples ------------------------------------------


@pytest.mark.slow
def test_gamma_is_the_spread_over_samples():
    rng = np.random.default_rng(8)
    draws, gammas = [], []
    for _ in range(1500):
        latent = rng.standard_normal((400, 1)) + rng.standard_normal((400, 4))
        Y = np.column_stack([np.digitize(latent[:, :3], [-1.2, 0.3, 1.4]), latent[:, 3]])
        found = statistics(Y, [True, True, True, False])
        draws.append(found.stats)
        gammas.append(np.diag(found.gamma))
    ratio = np.var(draws, axis=0) * 400 / np.mean(gammas, axis=0)
    assert ratio == pytest.approx(np.ones(len(ratio)), abs=4 * np.sqrt(2 / 1500) + 0.03)


# -- what must not matter ----------------------------------------------------------------------


def test_row_order_and_codes_are_no_information():
    Y = ordinal_sample(250, 4, 3)
    base = statistics(Y, [True] * 4)
    other = statistics(np.array([10.0, 20.0, 25.0, 40.0])[Y[::-1]], [True] * 4)
    assert other.stats == pytest.approx(base.stats, abs=1e-12)
    assert other.gamma == pytest.approx(base.gamma, abs=1e-9)


def test_column_order_only_permutes():
    Y = ordinal_sample(250, 4, 4)
    order = [2, 0, 3, 1]
    base = statistics(Y, [True] * 4, names=list("abcd"))
    other = statistics(Y[:, order], [True] * 4, names=[list("abcd")[j] for j in order])
    assert pytest.approx(base.R[np.ix_(order, order)], abs=1e-9) == other.R

    def key(label: str) -> tuple[str, ...]:
        return tuple(sorted(label.split("~~")))

    place = {key(label): j for j, label in enumerate(other.labels)}
    at = [place[key(label)] for label in base.labels]
    assert other.gamma[np.ix_(at, at)] == pytest.approx(base.gamma, abs=1e-8)


def test_turning_an_item_turns_its_correlations():
    Y = ordinal_sample(300, 3, 5)
    turned = Y.copy()
    turned[:, 0] = 3 - turned[:, 0]
    base, other = statistics(Y, [True] * 3), statistics(turned, [True] * 3)
    assert other.R[0, 1:] == pytest.approx(-base.R[0, 1:], abs=1e-9)
    assert other.thresholds[0] == pytest.approx(-base.thresholds[0][::-1], abs=1e-12)


def test_shift_and_scale_of_a_numeric_partner():
    rng = np.random.default_rng(6)
    y = rng.standard_normal((300, 1)) + rng.standard_normal((300, 3))
    Y = np.column_stack([np.digitize(y[:, :2], [-1, 1]), y[:, 2]])
    base = statistics(Y, [True, True, False])
    Y[:, 2] = 1000 * Y[:, 2] + 5
    other = statistics(Y, [True, True, False])
    assert other.R[2, :2] == pytest.approx(1000 * base.R[2, :2], rel=1e-8)
    assert np.sqrt(np.diag(other.gamma)[-1]) == pytest.approx(
        1000 * np.sqrt(np.diag(base.gamma)[-1]), rel=1e-8
    )


def test_numeric_variables_alone_give_their_covariances():
    Y = np.random.default_rng(7).normal(size=(200, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 2.0]])
    found = statistics(Y, [False] * 3)
    assert np.cov(Y.T, ddof=0) == pytest.approx(found.R, abs=1e-9)


def test_without_missing_answers_pairwise_is_listwise():
    Y = ordinal_sample(200, 3, 9)
    a, b = (statistics(Y, [True, True, True], pairwise=flag) for flag in (False, True))
    assert np.array_equal(a.gamma, b.gamma)


# -- messages ----------------------------------------------------------------------------------


def test_an_item_with_one_answer_is_named():
    Y = ordinal_sample(50, 3, 1)
    Y[:, 1] = 2
    with pytest.raises(ModelError, match="'b' has one answer only"):
        statistics(Y, [True] * 3, names=list("abc"))


def test_a_category_that_is_empty_in_a_group_is_named():
    Y = ordinal_sample(100, 2, 1)
    Y[Y[:, 0] == 3, 0] = 2
    with pytest.raises(ModelError, match="'a': nobody gave the answer 3 in group 'men'"):
        statistics(Y, [True] * 2, names=["a", "b"], categories=[[0, 1, 2, 3]] * 2, group="men")


def test_an_answer_outside_the_categories_is_named():
    with pytest.raises(ModelError, match="'y1' has the answer 3, which is none"):
        statistics(ordinal_sample(100, 2, 1), [True] * 2, categories=[[0, 1, 2]] * 2)


def test_two_items_that_determine_each_other_are_named():
    Y = ordinal_sample(100, 3, 2)
    Y[:, 2] = Y[:, 0]
    with pytest.raises(ModelError, match="no correlation can be estimated for 'a' and 'c'"):
        statistics(Y, [True] * 3, names=list("abc"))


def test_missing_answers_need_pairwise():
    Y = ordinal_sample(100, 2, 2).astype(float)
    Y[3, 1] = np.nan
    with pytest.raises(ModelError, match="'y2' has missing answers"):
        statistics(Y, [True] * 2)


def test_items_without_common_answers_are_named():
    Y = ordinal_sample(100, 2, 2).astype(float)
    Y[:50, 0] = np.nan
    Y[50:, 1] = np.nan
    with pytest.raises(ModelError, match="no correlation can be estimated for 'y1' and 'y2'"):
        statistics(Y, [True] * 2, pairwise=True)


def test_a_sparse_category_is_reported():
    Y = ordinal_sample(200, 2, 2)
    Y[:, 0] = np.minimum(Y[:, 0], 2)
    Y[0, 0] = 3
    found = statistics(Y, [True] * 2)
    assert "check.category_sparse:y1" in [check.name for check in found.checks if not check.ok]
