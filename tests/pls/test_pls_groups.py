"""Groups: invariance of composites against cSEM, and four ways to compare paths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pls_cases import CRM, CRM_PATHS, PARTS, WHOLE_PATHS, wholes
from scipy.stats import ttest_ind_from_stats

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.multigroup import holm

METHODS = ("permutation", "parametric", "welch", "henseler")
TWO = {"X": ["x1", "x2", "x3"], "Y": ["y1", "y2", "y3"]}


@pytest.fixture(scope="module")
def fit(sim400):
    return pls.fit(sim400, CRM, CRM_PATHS, tol=1e-10)


def planted(slopes, n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Groups with given paths X -> Y."""
    rng = np.random.default_rng(seed)
    parts = []
    for group, slope in enumerate(slopes):
        x, e = rng.standard_normal((2, n))
        f = np.repeat(np.column_stack([x, slope * x + np.sqrt(1 - slope**2) * e]), 3, axis=1)
        items = 0.85 * f + np.sqrt(1 - 0.85**2) * rng.standard_normal((n, 6))
        parts.append(pd.DataFrame(items, columns=[*TWO["X"], *TWO["Y"]]).assign(group=group))
    return pd.concat(parts, ignore_index=True)


def test_micom_against_csem(fit, sim400, reference):
    ref = reference("csem_sim400_micom_gender")
    result = pls.micom(fit, sim400["gender"], permutations=2000, seed=1)
    for key, quantity in (
        ("c", "compositional"),
        ("mean", "mean_difference"),
        ("log_variance", "log_variance_ratio"),
    ):
        for name, value in ref[key].items():
            assert result[f"{quantity}:{name}.1-2"] == pytest.approx(value, abs=1e-6)
            theirs = ref[f"{key}_p"][name]  # of 499 permutations
            room = 4 * np.sqrt(theirs * (1 - theirs) * (1 / 499 + 1 / 2000)) + 2 / 499
            assert result.cell(f"{quantity}:{name}.1-2", "p_value") == pytest.approx(theirs, abs=room)


def test_micom_of_second_order_constructs(sim400):
    fit = pls.fit(sim400, PARTS, WHOLE_PATHS, higher_order=wholes("two_stage"))
    result = pls.micom(fit, sim400["gender"], permutations=99)
    assert 0.98 < result["compositional:CRM.1-2"] <= 1
    assert result["compositional:CLV.1-2"] == pytest.approx(1, abs=1e-12)


def test_each_group_is_its_own_fit(fit, sim400):
    result = pls.multigroup(fit, sim400["gender"], n=99)
    for group in (1, 2):
        alone = pls.fit(sim400[sim400["gender"] == group], CRM, CRM_PATHS, tol=1e-10)
        for term, value in alone.result("path").tidy[["term", "estimate"]].itertuples(index=False):
            assert result[f"{term}.{group}"] == pytest.approx(value, abs=1e-8)
    difference = result["path:TRU~KCO.1"] - result["path:TRU~KCO.2"]
    assert result["path_difference:TRU~KCO.1-2"] == pytest.approx(difference, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_difference_is_found_and_none_is_not(method):
    data = planted([0.7, 0.3, 0.3])
    result = pls.multigroup(pls.fit(data, TWO, [("X", "Y")]), data["group"], method=method, n=499, seed=2)
    assert result.cell("path_difference:Y~X.0-1", "p_value") < 0.01
    assert result["path_p_holm:Y~X.0-1"] < 0.02
    assert result.cell("path_difference:Y~X.1-2", "p_value") > 0.05
    assert result.equals(
        pls.multigroup(pls.fit(data, TWO, [("X", "Y")]), data["group"], method=method, n=499, seed=2)
    )


def test_welch_and_pooled_t_are_close_to_scipy(fit, sim400):
    """With the standard errors taken for those of means, up to the small-sample factors of the papers."""
    sizes = sim400["gender"].value_counts()
    for method, equal in (("parametric", True), ("welch", False)):
        result = pls.multigroup(fit, sim400["gender"], method=method, n=300, seed=4)
        boots = [
            pls.fit(sim400[sim400["gender"] == g], CRM, CRM_PATHS, tol=1e-10).bootstrap(300, seed=3 + g)
            for g in (1, 2)
        ]
        one, two = (boot.result("path").tidy.set_index("term").loc["path:TRU~KCO"] for boot in boots)
        test = ttest_ind_from_stats(
            one["estimate"],
            one["std_error"] * np.sqrt(sizes[1]),
            sizes[1],
            two["estimate"],
            two["std_error"] * np.sqrt(sizes[2]),
            sizes[2],
            equal_var=equal,
        )
        assert result.cell("path_difference:TRU~KCO.1-2", "p_value") == pytest.approx(test.pvalue, abs=0.01)


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, np.nan])) == pytest.approx(
        [0.03, 0.06, 0.06, np.nan], nan_ok=True
    )


def test_groups_that_cannot_be(fit, sim400):
    with pytest.raises(ModelError, match="1 group cannot be compared"):
        pls.micom(fit, np.ones(400))
    with pytest.raises(ModelError, match="3 group values for 400 rows"):
        pls.multigroup(fit, [1, 2, 1])
    with pytest.raises(ModelError, match="group '2' has 2 rows"):
        pls.multigroup(fit, np.where(np.arange(400) < 2, 2, 1))
    with pytest.raises(ModelError, match="do not have the rows"):
        pls.multigroup(fit, sim400["gender"].iloc[:300])
    with pytest.raises(ModelError, match="method 'anova'"):
        pls.multigroup(fit, sim400["gender"], method="anova")
    flat = sim400.assign(kco1=sim400["kco1"].where(sim400["gender"] == 1, 4))
    with pytest.raises(ModelError, match=r"kco1 \(group 2\)"):
        pls.multigroup(pls.fit(flat, CRM, CRM_PATHS), flat["gender"], n=99)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_false_positives(method):
    found, sets = 0, 300
    for seed in range(sets):
        data = planted([0.5, 0.5], n=120, seed=1000 + seed)
        result = pls.multigroup(
            pls.fit(data, TWO, [("X", "Y")]), data["group"], method=method, n=199, seed=seed
        )
        found += result.cell("path_difference:Y~X.0-1", "p_value") < 0.05
    assert found / sets == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / sets))
