"""The bootstrap: the batch equals single fits, intervals as in the papers, failures counted."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from crmlab import sem
from crmlab.errors import ModelError

RNG = np.random.default_rng(11)
F = RNG.normal(size=150)
DATA = pd.DataFrame({f"x{k}": 0.8 * F + 0.7 * RNG.normal(size=150) for k in range(1, 5)})
DATA["y"] = 0.5 * F + RNG.exponential(size=150)
DATA["z"] = RNG.normal(size=150)
MODEL = "f =~ x1 + x2 + x3 + x4\ny ~ a*f + b*z\nab := a*b"


def resample(seed, count, n=150):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, n, n) for _ in range(count)]


@pytest.mark.parametrize(
    "how", [{}, {"meanstructure": True}, {"estimator": "GLS"}, {"likelihood": "wishart"}]
)
def test_every_resample_is_a_fit_of_its_own(how):
    fit = sem.sem(MODEL, DATA, **how)
    boot = fit.bootstrap(4, seed=7)
    for rows, draw, chisq in zip(resample(7, 4), boot.draws, boot.chisq, strict=True):
        again = sem.sem(MODEL, DATA.iloc[rows].reset_index(drop=True), **how)
        assert draw == pytest.approx(again.estimates["est"].to_numpy(), abs=2e-4)
        assert chisq == pytest.approx(again.fit_measures["chisq"], rel=1e-4)


def test_ordered_items_are_resampled_too():
    codes = DATA[["x1", "x2", "x3", "x4"]].apply(lambda v: np.digitize(v, [-0.7, 0.7]))
    fit = sem.cfa("f =~ x1 + x2 + x3 + x4", codes, ordered=True)
    boot = fit.bootstrap(5, seed=2)
    again = sem.cfa("f =~ x1 + x2 + x3 + x4", codes.iloc[resample(2, 1)[0]], ordered=True)
    assert boot.draws[0] == pytest.approx(again.estimates["est"].to_numpy(), abs=1e-4)


def test_a_seed_gives_the_same_numbers():
    fit = sem.sem(MODEL, DATA)
    assert np.array_equal(fit.bootstrap(60, 3).draws, fit.bootstrap(60, 3).draws)


def test_intervals_and_standard_errors():
    fit = sem.sem(MODEL, DATA)
    boot = fit.bootstrap(800, 5)
    assert boot.failed == 0
    assert boot.check.ok
    table = boot.intervals().set_index("label")
    classic = fit.estimates.set_index("label")
    assert table.loc["b", "se"] == pytest.approx(classic.loc["b", "se"], rel=0.35)
    draws = boot.draws[:, list(boot.names["lhs"]).index("ab")]
    assert table.loc["ab", "ci_lower"] == pytest.approx(np.quantile(draws, 0.025))
    z0 = norm.ppf(np.mean(draws < boot.names.set_index("lhs").loc["ab", "est"]))
    low = np.quantile(draws, norm.cdf(2 * z0 + norm.ppf(0.025)))
    assert boot.intervals("bc").set_index("label").loc["ab", "ci_lower"] == pytest.approx(low)


def test_the_acceleration_is_the_jackknife():
    fit = sem.sem(MODEL, DATA)
    boot = fit.bootstrap(50, 1)
    left = np.array(
        [sem.sem(MODEL, DATA.drop(index=i)).estimates["est"].to_numpy() for i in DATA.index[:150]]
    )
    place = list(boot.names["label"]).index("a")
    d = left[:, place].mean() - left[:, place]
    assert boot._acceleration[place] == pytest.approx((d**3).sum() / (6 * (d**2).sum() ** 1.5), abs=2e-3)


def test_bollen_stine_p_of_a_model_that_holds():
    fit = sem.cfa("f =~ x1 + x2 + x3 + x4", DATA)
    boot = fit.bootstrap(400, 4, "bollen.stine")
    assert boot.p_value == pytest.approx(fit.fit_measures["pvalue"], abs=0.12)
    assert np.mean(boot.chisq) == pytest.approx(fit.test.df, rel=0.3)
    with pytest.raises(ModelError, match="no intervals"):
        boot.intervals()


def test_what_cannot_be_bootstrapped_is_said():
    fit = sem.sem(MODEL, DATA)
    with pytest.raises(ModelError, match="kind 'double'"):
        fit.bootstrap(10, 1, "double")
    with pytest.raises(ModelError, match="1 resamples"):
        fit.bootstrap(1)
    with pytest.raises(ModelError, match="intervals 'abc'"):
        fit.bootstrap(10).intervals("abc")
