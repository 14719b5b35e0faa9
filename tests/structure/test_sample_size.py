"""Sample sizes: closed forms, published tables, references, bad input."""

from __future__ import annotations

import json

import pytest

from crmlab.errors import ModelError
from crmlab.structure import (
    cochran,
    gamma_exponential,
    group_sample_size,
    inverse_square_root,
    krejcie_morgan,
    one_sample_size,
    regression_power,
    regression_sample_size,
    rmsea_power,
    rmsea_sample_size,
)


def test_cochran_and_krejcie_morgan():
    """Closed forms to three decimals; the printed table of Krejcie and Morgan (1970) gives 80 and 370."""
    assert cochran()["exact:cochran"] == pytest.approx(384.1459, abs=1e-3)
    assert cochran()["n:cochran"] == 385
    finite = cochran(population=1000)
    assert finite["exact:cochran"] == pytest.approx(277.7335, abs=1e-3)
    assert finite["n:cochran"] == 278
    assert krejcie_morgan(100)["exact:krejcie_morgan"] == pytest.approx(79.5073, abs=1e-3)
    assert krejcie_morgan(10_000)["exact:krejcie_morgan"] == pytest.approx(369.9281, abs=1e-3)
    assert krejcie_morgan(10_000)["n:krejcie_morgan"] == 370
    for population, printed in ((500, 217), (1000, 278), (5000, 357), (75_000, 382)):
        assert abs(krejcie_morgan(population)["exact:krejcie_morgan"] - printed) < 0.75


def test_kock_and_hadaya():
    """160 and 146 for .197 (2018, table 4)."""
    assert inverse_square_root(0.197)["n:inverse_square_root"] == 160
    assert inverse_square_root(-0.197)["n:inverse_square_root"] == 160
    assert gamma_exponential(0.197)["n:gamma_exponential"] == 146
    assert gamma_exponential(0.197).ok
    assert not gamma_exponential(0.5).ok  # a sample of 100 or fewer asks for another correction


def test_reference_grid(shared):
    path = shared / "data" / "sem" / "reference" / "power_shared.json"
    want = json.loads(path.read_text(encoding="utf-8"))
    for row in want["rmsea_grid"]:
        found = rmsea_sample_size(row["df"], alternative=row["ra"])
        assert found["n:rmsea_close"] == row["n_power80"]
        power = rmsea_power(row["df"], 200, alternative=row["ra"])["power:rmsea"]
        assert power == pytest.approx(row["power_n200"], abs=1e-9)
    for row in want["inverse_square_root"]:
        for alpha, key in ((0.05, "n_5pct_80"), (0.01, "n_1pct_80"), (0.10, "n_10pct_80")):
            found = inverse_square_root(row["p_min"], alpha=alpha)
            assert found["n:inverse_square_root"] == row[key]


def test_fit_tests_of_maccallum():
    """Tables 2 and 4 of MacCallum, Browne & Sugawara (1996)."""
    assert rmsea_sample_size(100)["n:rmsea_close"] == 132
    assert rmsea_sample_size(50, test="not_close")["n:rmsea_not_close"] == 268
    assert rmsea_sample_size(100, test="not_close")["n:rmsea_not_close"] == 178
    assert rmsea_power(100, 200, test="not_close")["power:rmsea"] == pytest.approx(0.870, abs=6e-4)
    assert rmsea_power(5, 500)["power:rmsea"] == pytest.approx(0.397, abs=6e-4)
    exact = rmsea_power(20, 1_000, test="exact", alternative=1e-9)["power:rmsea"]
    assert exact == pytest.approx(0.05, abs=1e-4)


def test_regression_and_means():
    """As G*Power 3.1: 92 (f2 .15, 5 predictors), 55 (one of 5), 34 (d .5), 64 a group (d .5), 53 (f .25, 3)."""
    assert regression_sample_size(0.15, predictors=5, tested=5)["n:regression"] == 92
    assert regression_sample_size(0.15, predictors=5)["n:regression"] == 55
    assert regression_power(0.15, 92, predictors=5, tested=5)["power:regression"] == pytest.approx(
        0.8042, abs=5e-4
    )
    assert one_sample_size(0.5)["n:one_sample"] == 34
    assert group_sample_size(0.5)["n:smallest_group"] == 64
    assert group_sample_size(0.25, groups=3)["n:smallest_group"] == 53
    assert group_sample_size(0.25, groups=3)["n:all_groups"] == 159


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cochran(p=1.0), "p = 1.0"),
        (lambda: cochran(population=0), "population = 0"),
        (lambda: krejcie_morgan(float("nan")), "population = nan"),
        (lambda: inverse_square_root(0.0), "effect = 0.0"),
        (lambda: gamma_exponential(1.2), "effect = 1.2"),
        (lambda: rmsea_sample_size(10, null=0.05, alternative=0.05), "both 0.05"),
        (lambda: rmsea_power(0, 200), "df = 0"),
        (lambda: rmsea_power(10, 200, test="near"), "test 'near'"),
        (lambda: regression_power(0.1, 4, predictors=5), "n = 4"),
        (lambda: regression_power(0.1, 50, predictors=2, tested=3), "3 predictors are tested"),
        (lambda: regression_sample_size(0.0, predictors=2), "no sample"),
        (lambda: group_sample_size(0.5, groups=1), "groups = 1"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ModelError, match=words):
        call()
