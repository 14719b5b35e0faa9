"""Consistent PLS with higher-order constructs and with products of latent variables: planted truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls

LOADINGS = np.array([0.8, 0.7, 0.6, 0.75])
PARTS = np.array([0.9, 0.8, 0.7])


def items(name: str, v: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        f"{name}{i}": l * v + np.sqrt(1 - l**2) * rng.standard_normal(len(v)) for i, l in enumerate(LOADINGS)
    }


def blocks(*names: str) -> dict[str, list[str]]:
    return {name.upper(): [f"{name}{i}" for i in range(4)] for name in names}


def second_order(n: int, seed: int) -> pd.DataFrame:
    """G of three parts; H = .5 G, Y = .4 H + .2 G."""
    rng = np.random.default_rng(seed)
    g, e, u = rng.standard_normal((3, n))
    h = 0.5 * g + np.sqrt(0.75) * e
    y = 0.4 * h + 0.2 * g + np.sqrt(1 - 0.28) * u
    found = items("h", h, rng) | items("y", y, rng)
    for k, l in enumerate(PARTS):
        found |= items(f"p{k}", l * g + np.sqrt(1 - l**2) * rng.standard_normal(n), rng)
    return pd.DataFrame(found)


SECOND = blocks("p0", "p1", "p2", "h", "y")
WHOLE = {"G": {"of": ["P0", "P1", "P2"]}}
WAYS = [("G", "H"), ("H", "Y"), ("G", "Y")]


def moderated(n: int, seed: int, other: str = "m") -> tuple[pd.DataFrame, np.ndarray]:
    """Y = .4 A + .3 M + .25 A M (or A^2), all over its standard deviation."""
    rng = np.random.default_rng(seed)
    a, e, u = rng.standard_normal((3, n))
    m = 0.4 * a + np.sqrt(1 - 0.16) * e
    y = 0.4 * a + 0.3 * m + 0.25 * a * {"m": m, "a": a}[other] + 0.6 * u
    size = y.std()
    frame = pd.DataFrame(items("a", a, rng) | items("m", m, rng) | items("y", y / size, rng))
    return frame, np.array([0.4, 0.3, 0.25]) / size


def test_a_second_order_factor_is_freed_of_both_attenuations():
    """n = 40,000: paths within .015, loadings of the parts within .01; plain PLS is off by far more."""
    frame = second_order(40_000, 1)
    fit = pls.fit(frame, SECOND, WAYS, consistent=True, higher_order=WHOLE)
    plain = pls.fit(frame, SECOND, WAYS, higher_order=WHOLE)
    truth = np.array([0.5, 0.4, 0.2])
    assert np.abs(fit.paths["estimate"] - truth).max() < 0.015
    assert np.abs(plain.paths["estimate"] - truth).max() > 0.08
    loads = fit.loadings.set_index(["construct", "item"])["estimate"]
    assert np.abs(loads["G"] - PARTS).max() < 0.01
    assert np.abs(loads["P1"] - LOADINGS).max() < 0.01
    assert [check.name for check in fit.checks if not check.ok] == []
    assert np.allclose(fit.scores.std(), 1)


def test_a_composite_whole_of_latent_parts():
    """Mode B: the whole is the weighted sum of the latent parts; its paths follow from their correlations."""
    frame = second_order(40_000, 2)
    fit = pls.fit(frame, SECOND, WAYS, consistent=True, higher_order=WHOLE, modes={"G": "B"})
    C = np.outer(PARTS, PARTS)
    np.fill_diagonal(C, 1.0)
    w = np.linalg.solve(C, PARTS)  # what the parts correlate with H and Y is in proportion to their loadings
    reach = w @ PARTS / np.sqrt(w @ C @ w)  # correlation of the best composite with G
    path = fit.paths.set_index(["from", "to"])["estimate"]
    assert path["G", "H"] == pytest.approx(0.5 * reach, abs=0.02)


def test_third_order_is_consistent_too():
    rng = np.random.default_rng(3)
    n = 40_000
    top = rng.standard_normal(n)
    found, names = {}, {}
    for k in range(3):
        whole = 0.85 * top + np.sqrt(1 - 0.85**2) * rng.standard_normal(n)
        for j in range(3):
            part = 0.8 * whole + 0.6 * rng.standard_normal(n)
            found |= items(f"q{k}{j}", part, rng)
            names[f"Q{k}{j}"] = [f"q{k}{j}{i}" for i in range(4)]
    y = 0.6 * top + 0.8 * rng.standard_normal(n)
    found |= items("y", y, rng)
    names |= blocks("y")
    higher = {f"W{k}": {"of": [f"Q{k}{j}" for j in range(3)]} for k in range(3)} | {
        "T": {"of": ["W0", "W1", "W2"]}
    }
    fit = pls.fit(pd.DataFrame(found), names, [("T", "Y")], consistent=True, higher_order=higher)
    assert fit.paths["estimate"][0] == pytest.approx(0.6, abs=0.015)
    loads = fit.loadings.set_index(["construct", "item"])["estimate"]
    assert loads["T", "W1"] == pytest.approx(0.85, abs=0.015)
    assert loads["W2", "Q20"] == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize("other", ["m", "a"])
def test_a_product_of_latent_variables_is_freed_of_attenuation(other):
    """Products attenuate most: plain PLS finds about 4/5 of the interaction. n = 60,000, within .02."""
    frame, truth = moderated(60_000, 4, other)
    product = [(other.upper(), "A", "Y", "two_stage")]
    ways = [("A", "Y"), ("M", "Y")]
    fit = pls.fit(frame, blocks("a", "m", "y"), ways, consistent=True, interactions=product)
    plain = pls.fit(frame, blocks("a", "m", "y"), ways, interactions=product)
    assert np.abs(fit.paths["estimate"] - truth).max() < 0.02
    assert plain.paths["estimate"][2] < 0.85 * truth[2]
    assert fit.r2["Y"] > plain.r2["Y"] + 0.1


def test_two_products_beside_each_other_and_their_intervals():
    frame, truth = moderated(3000, 5)
    fit = pls.fit(
        frame,
        blocks("a", "m", "y"),
        [("A", "Y"), ("M", "Y")],
        consistent=True,
        interactions=[("M", "A", "Y", "two_stage"), ("A", "A", "Y", "two_stage")],
    )
    table = fit.bootstrap(200, 1).result("path").tidy.set_index("term")
    assert table.loc["path:Y~A*M", "ci_low"] < truth[2] < table.loc["path:Y~A*M", "ci_high"]
    assert table.loc["path:Y~A*A", "ci_low"] < 0 < table.loc["path:Y~A*A", "ci_high"]


def test_a_whole_as_predictor_in_a_product():
    """Second-order moderator: its score's reach, not its loading on scores, corrects the product."""
    rng, n = np.random.default_rng(60), 60_000
    frame = second_order(n, 6)
    g = np.random.default_rng(6).standard_normal((3, n))[0]
    a = rng.standard_normal(n)
    y = 0.3 * g + 0.3 * a + 0.3 * g * a + 0.6 * rng.standard_normal(n)
    size = y.std()
    extra = pd.DataFrame(items("a", a, rng) | items("z", y / size, rng))
    names = {k: v for k, v in SECOND.items() if k.startswith("P")} | blocks("a", "z")
    fit = pls.fit(
        pd.concat([frame, extra], axis=1),
        names,
        [("G", "Z"), ("A", "Z")],
        consistent=True,
        higher_order=WHOLE,
        interactions=[("G", "A", "Z", "two_stage")],
    )
    path = fit.paths.set_index(["from", "to"])["estimate"]
    assert path["A*G", "Z"] == pytest.approx(0.3 / size, abs=0.02)
    assert path["G", "Z"] == pytest.approx(0.3 / size, abs=0.02)


def test_order_of_rows_and_units_change_nothing():
    frame = second_order(300, 7)
    fit = pls.fit(frame, SECOND, WAYS, consistent=True, higher_order=WHOLE)
    other = pls.fit(
        frame.sample(frac=1, random_state=2) * 10 - 3, SECOND, WAYS, consistent=True, higher_order=WHOLE
    )
    assert np.abs(fit.paths["estimate"] - other.paths["estimate"]).max() < 1e-9


@pytest.mark.slow
def test_coverage_of_consistent_products():
    """120 sets of 300: the 95 % interval of the product covers in 90 to 99 %."""
    hits = 0
    for seed in range(120):
        frame, truth = moderated(300, 100 + seed)
        fit = pls.fit(
            frame,
            blocks("a", "m", "y"),
            [("A", "Y"), ("M", "Y")],
            consistent=True,
            interactions=[("M", "A", "Y", "two_stage")],
        )
        row = fit.bootstrap(400, seed).result("path").tidy.set_index("term").loc["path:Y~A*M"]
        hits += row["ci_low"] <= truth[2] <= row["ci_high"]
    assert 0.90 <= hits / 120 <= 0.99
