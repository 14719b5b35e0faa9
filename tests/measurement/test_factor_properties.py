"""What factor analysis must give whatever the data: planted structure back, no memory of scale or order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement
from crmlab.errors import ModelError
from crmlab.measurement.extraction import extract
from crmlab.measurement.factor_number import average_partials, random_eigenvalues
from crmlab.measurement.factors import explore
from crmlab.measurement.hierarchy import schmid_leiman
from crmlab.measurement.rotation import rotate

PATTERN = np.zeros((12, 3))
PATTERN[:4, 0], PATTERN[4:8, 1], PATTERN[8:, 2] = (
    (0.8, 0.7, 0.6, 0.5),
    (0.75, 0.7, 0.65, 0.6),
    (0.9, 0.8, 0.6, 0.5),
)
PHI = np.array([[1.0, 0.3, 0.5], [0.3, 1.0, 0.2], [0.5, 0.2, 1.0]])


def implied(pattern: np.ndarray, phi: np.ndarray) -> np.ndarray:
    R = pattern @ phi @ pattern.T
    np.fill_diagonal(R, 1.0)
    return R


def answers(R: np.ndarray, n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Rows whose correlations are R to the last digits."""
    Z = np.random.default_rng(seed).standard_normal((n, len(R)))
    Z = np.linalg.qr(Z - Z.mean(axis=0))[0]
    return pd.DataFrame(Z @ np.linalg.cholesky(R).T * 10 + 3, columns=[f"i{j}" for j in range(len(R))])


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
@pytest.mark.parametrize(("rotation", "kaiser"), [("oblimin", False), ("oblimin", True)])
def test_a_planted_simple_structure_comes_back(method, rotation, kaiser):
    found = explore(implied(PATTERN, PHI), 3, method, rotation, kaiser)
    order = np.abs(found.loadings).argmax(axis=1)[[0, 4, 8]]
    assert np.abs(found.loadings[:, order] - PATTERN).max() < 2e-5
    assert np.abs(found.cor[np.ix_(order, order)] - PHI).max() < 5e-5
    assert found.communality + found.unique == pytest.approx(np.ones(12), abs=1e-5)


@pytest.mark.parametrize("rotation", ["none", "varimax", "promax", "oblimin"])
def test_rotation_keeps_what_the_factors_explain(rotation):
    frame = answers(implied(PATTERN, PHI)) + np.random.default_rng(1).standard_normal((300, 12))
    bare, turned = (measurement.efa(frame, 3, "minres", r) for r in ("none", rotation))
    for quantity in ("communality", "uniqueness"):
        assert turned.select(quantity)["estimate"].to_numpy() == pytest.approx(
            bare.select(quantity)["estimate"].to_numpy(), abs=1e-8
        )
    assert turned.select("variance")["estimate"].sum() == pytest.approx(
        bare.select("variance")["estimate"].sum(), abs=1e-8
    )
    assert turned.glance["chi2"] == pytest.approx(bare.glance["chi2"], abs=1e-8)


def test_neither_scale_nor_order_matters():
    frame = answers(implied(PATTERN, PHI)) + np.random.default_rng(1).standard_normal((300, 12))
    base = measurement.efa(frame, 3)
    other = measurement.efa((frame * np.arange(1, 13) - 7).iloc[::-1, ::-1], 3)
    for term in base.tidy["term"]:
        assert other[term] == pytest.approx(base[term], abs=2e-5)


def test_principal_axes_end_in_the_minimum_residual_solution():
    R = (
        answers(implied(PATTERN, PHI))
        .add(np.random.default_rng(1).standard_normal((300, 12)))
        .corr()
        .to_numpy()
    )
    axes, residuals = extract(R, 3, "pa"), extract(R, 3, "minres")
    assert np.abs(axes.unique - residuals.unique).max() < 1e-5
    assert np.abs(axes.loadings - residuals.loadings).max() < 1e-5


def test_the_varimax_maximum_is_not_below_the_early_stop():
    L = extract(implied(PATTERN, PHI), 3, "ml").loadings

    def criterion(A: np.ndarray) -> float:
        scaled = A / np.sqrt((A**2).sum(axis=1, keepdims=True))
        return float(((scaled**2 - (scaled**2).mean(axis=0)) ** 2).sum())

    early, top = rotate(L, "varimax", True), rotate(L, "varimax", True, stop=0)
    assert criterion(top.loadings) >= criterion(early.loadings) - 1e-12
    same = np.abs(top.loadings.T @ early.loadings).argmax(axis=0)
    assert np.abs(np.abs(top.loadings[:, same]) - np.abs(early.loadings)).max() < 5e-3


def test_heywood_case_is_flagged_and_one_factor_needs_no_rotation():
    rng = np.random.default_rng(4)
    f = rng.standard_normal(120)
    frame = pd.DataFrame(f[:, None] * 0.5 + rng.standard_normal((120, 4)), columns=list("abcd"))
    frame["a"] = f + 0.01 * rng.standard_normal(120)
    frame["b"] = f + 0.3 * frame["c"]
    for method in ("minres", "ml", "pa"):
        found = measurement.efa(frame, 1, method)
        assert [c.name for c in found.failed if c.name.startswith("check.heywood")], method
        assert found.select("uniqueness")["estimate"].min() >= 0.005
        assert "factor_cor" not in set(found.tidy["term"].str.partition(":")[0])


def test_random_eigenvalues_are_those_of_random_rows():
    rng = np.random.default_rng(5)
    n, p = 60, 6
    rows = np.array(
        [np.linalg.eigvalsh(np.corrcoef(rng.standard_normal((n, p)).T))[::-1] for _ in range(3000)]
    )
    drawn = random_eigenvalues(n, p, 3000, np.random.default_rng(6), "component")
    assert np.abs(drawn.mean(axis=0) - rows.mean(axis=0)).max() < 4 * rows.std(axis=0).max() * np.sqrt(
        2 / 3000
    )
    assert np.abs(np.quantile(drawn, 0.95, axis=0) - np.quantile(rows, 0.95, axis=0)).max() < 0.025
    assert drawn.sum(axis=1) == pytest.approx(np.full(3000, p))


@pytest.mark.parametrize("kind", ["component", "factor"])
def test_parallel_analysis_counts_planted_factors_and_none_in_noise(kind):
    rng = np.random.default_rng(7)
    L = np.linalg.cholesky(implied(PATTERN, PHI))
    planted, null = [], []
    for seed in range(40):
        Z = rng.standard_normal((400, 12))
        planted.append(
            measurement.parallel_analysis(pd.DataFrame(Z @ L.T), 200, seed, kind)["factors_quantile"]
        )
        null.append(measurement.parallel_analysis(pd.DataFrame(Z), 200, seed, kind)["factors_quantile"])
    assert np.mean(np.array(planted) == 3) > 0.9
    assert np.mean(np.array(null) > 0) <= 0.15  # 5 % expected; 40 sets


def test_parallel_analysis_is_its_seed():
    frame = answers(implied(PATTERN, PHI))
    first = measurement.parallel_analysis(frame, 100, 1)
    assert first.equals(measurement.parallel_analysis(frame, 100, 1))
    assert not first.equals(measurement.parallel_analysis(frame, 100, 2))


def test_map_finds_the_planted_number():
    square, fourth = average_partials(implied(PATTERN, np.eye(3)))
    assert np.nanargmin(square) == np.nanargmin(fourth) == 3


def test_mardia_is_one_where_one_item_is_told():
    x = np.random.default_rng(8).exponential(size=200)
    found = measurement.mardia(pd.DataFrame({"x": x}), divisor="n")
    d = (x - x.mean()) / x.std()
    assert found["skewness"] == pytest.approx(np.mean(d**3) ** 2)
    assert found["kurtosis"] == pytest.approx(np.mean(d**4))


def test_mardias_test_holds_its_size():
    rng = np.random.default_rng(9)
    p = [
        [
            found.cell("skewness_chi2_small", "p_value"),
            found.cell("kurtosis_z", "p_value"),
        ]
        for found in (
            measurement.mardia(pd.DataFrame(rng.standard_normal((200, 4))), divisor="n") for _ in range(400)
        )
    ]
    share = (np.array(p) < 0.05).mean(axis=0)
    assert (share > 0.02).all()
    assert (share < 0.085).all()


# -- a general factor


def hierarchical() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    second = np.array([0.9, 0.7, 0.6])
    phi = np.outer(second, second)
    np.fill_diagonal(phi, 1.0)
    return implied(PATTERN, phi), PATTERN @ second, second


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_schmid_leiman_gives_the_planted_general_factor(method):
    R, general, second = hierarchical()
    found = schmid_leiman(explore(R, 3, method, "oblimin", False))
    assert np.abs(found.general - general).max() < 1e-4
    assert np.sort(found.second) == pytest.approx(np.sort(second), abs=1e-4)
    assert (found.general**2 + (found.group**2).sum(axis=1) + found.unique) == pytest.approx(
        np.ones(12), abs=1e-5
    )


def test_omega_hierarchical_is_second_order_omega_where_the_model_holds():
    R, general, second = hierarchical()
    found = measurement.omega_hierarchical(answers(R), 3)
    assert found["omega_h"] == pytest.approx(general.sum() ** 2 / R.sum(), abs=1e-4)
    blocks = {f"F{j}": {f"i{i}": PATTERN[i, j] for i in np.flatnonzero(PATTERN[:, j])} for j in range(3)}
    given = measurement.omega_second_order(blocks, {f"F{j}": second[j] for j in range(3)})
    assert given["omega_l1"] == pytest.approx(found["omega_h"], abs=1e-4)
    covariance = pd.DataFrame(R, index=[f"i{i}" for i in range(12)], columns=[f"i{i}" for i in range(12)])
    observed = measurement.omega_second_order(
        blocks, {f"F{j}": second[j] for j in range(3)}, covariance=covariance
    )
    for term in given.tidy["term"]:
        assert observed[term] == pytest.approx(given[term], abs=1e-12)
    by_hand = PATTERN[:4, 0].sum() ** 2 / (PATTERN[:4, 0].sum() ** 2 + (1 - PATTERN[:4, 0] ** 2).sum())
    assert given["omega:F0"] == pytest.approx(by_hand)


def test_two_group_factors_do_not_determine_a_general_one():
    R = implied(PATTERN[:8, :2], PHI[:2, :2])
    found = measurement.omega_hierarchical(answers(R), 2)
    assert "check.general_determined" in [c.name for c in found.failed]
    assert found["second:F1"] == pytest.approx(np.sqrt(0.3), abs=1e-3)


# -- what cannot be computed


SMALL = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 5)), columns=list("abcde"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: measurement.efa(SMALL, 3), "3 factors of 5 items; 5 items identify 1 to 2"),
        (lambda: measurement.efa(SMALL, 0), "0 factors"),
        (lambda: measurement.efa(SMALL, 1, "uls"), "method 'uls' is not one of minres, ml, pa"),
        (lambda: measurement.efa(SMALL, 1, rotation="quartimax"), "rotation 'quartimax' is not one of"),
        (lambda: measurement.efa(SMALL[["a", "b"]], 1), "2 columns are given, at least 3"),
        (lambda: measurement.efa(SMALL.assign(f=SMALL["a"] + SMALL["b"]), 1), "an exact tie runs through"),
        (lambda: measurement.kmo(SMALL.head(4)), "cannot be inverted"),
        (lambda: measurement.kmo(SMALL.assign(e=1.0)), "item 'e': every answer is the same"),
        (lambda: measurement.bartlett(SMALL.assign(e=np.nan)), "item 'e' has no answers at all"),
        (lambda: measurement.bartlett(SMALL.assign(e=np.nan), missing="listwise"), "0 of 30 rows"),
        (lambda: measurement.mardia(SMALL.head(5)), "5 rows for 5 items"),
        (lambda: measurement.mardia(SMALL.assign(f=SMALL["a"])), "linearly dependent"),
        (lambda: measurement.mardia(SMALL, divisor="N"), "divisor 'N'"),
        (lambda: measurement.parallel_analysis(SMALL, 5), "5 samples"),
        (lambda: measurement.parallel_analysis(SMALL, kind="pca"), "kind 'pca' is not one of"),
        (lambda: measurement.kmo(SMALL, ["a", "a", "b"]), "item 'a' is named twice"),
        (lambda: measurement.kmo(SMALL, ["a", "z"]), "item 'z' is not a column"),
        (lambda: measurement.kmo(SMALL.assign(a="x")), "item 'a' holds words"),
        (lambda: measurement.omega_hierarchical(SMALL, 3), "3 group factors of 5 items"),
        (
            lambda: measurement.omega_second_order({"A": {"a": 0.5}}, {"A": 0.5}),
            "1 first-order factors",
        ),
        (
            lambda: measurement.omega_second_order({"A": {"a": 0.5}, "B": {"a": 0.5}}, {"A": 0.5, "B": 0.5}),
            "item 'a' belongs to two factors",
        ),
        (
            lambda: measurement.omega_second_order({"A": {"a": 1.5}, "B": {"b": 0.5}}, {"A": 0.5, "B": 0.5}),
            "the loading of 'a' is 1.5",
        ),
        (
            lambda: measurement.omega_second_order({"A": {"a": 0.5}, "B": {"b": 0.5}}, {"A": 0.5, "C": 0.5}),
            "stands only in",
        ),
    ],
)
def test_what_cannot_be_computed_says_why(call, says):
    with pytest.raises(ModelError, match=says):
        call()


def test_missing_rows_are_counted():
    holes = SMALL.copy()
    holes.loc[:4, "a"] = np.nan
    found = measurement.kmo(holes, missing="listwise")
    assert found.glance["n"] == 25
    check = next(c for c in found.checks if c.name == "check.missing_casewise")
    assert (check.value, check.ok) == (5, False)
    assert found["kmo"] == measurement.kmo(SMALL.iloc[5:])["kmo"]
