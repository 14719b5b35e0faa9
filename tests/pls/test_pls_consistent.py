"""PLSc and distances of fit against seminr and cSEM, and where consistency can be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pls_cases import (
    CRM,
    CRM_PATHS,
    LANCELOT,
    LANCELOT_PATHS,
    MOBI,
    MOBI_PATHS,
    below,
    gap,
    square,
    wide,
    worst_resample,
)

from crmlab import pls
from crmlab.errors import ModelError

TOL = 1e-6
CSEM = {
    "csem_sim400_plsc": {"consistent": True},
    "csem_sim400_plsc_centroid": {"consistent": True, "scheme": "centroid"},
    "csem_sim400_pls_uncorrected": {},
    "csem_lancelot_plsc_factorial": {"consistent": True, "scheme": "factorial"},
}


def test_mobi_against_seminr(mobi, reference, matrix):
    ref = reference("plsc_mobi_path")
    fit = pls.fit(mobi, MOBI, MOBI_PATHS, consistent=True)
    for ours, key in ((fit.paths, "path_coef"), (fit.total, "total_effects"), (fit.f2, "f2")):
        assert gap(square(ours, matrix(ref[key])), matrix(ref[key])) < TOL
    for ours, key in ((fit.loadings, "outer_loadings"), (fit.weights, "outer_weights")):
        assert gap(wide(ours, matrix(ref[key])), matrix(ref[key])) < TOL
    r2 = matrix(ref["rSquared"])
    assert np.abs(fit.r2[r2.columns] - r2.loc["Rsq"]).max() < TOL
    assert np.abs(fit.r2_adjusted[r2.columns] - r2.loc["AdjRsq"]).max() < TOL
    rel = matrix(ref["reliability"]).rename(columns={"rhoC": "rho_c", "AVE": "ave", "rhoA": "rho_a"})
    assert gap(fit.reliability.drop(index="Complaints"), rel.drop(index="Complaints")) < TOL
    assert np.abs(below(fit.construct_cor) - below(matrix(ref["construct_cor"]))).max() < TOL
    vif = fit.vif.set_index(["from", "to"])["estimate"]
    assert vif["Image", "Satisfaction"] == pytest.approx(
        ref["vif_antecedents"]["Satisfaction"]["Image"], abs=TOL
    )


def test_correlations_that_cannot_be_are_a_failed_check(mobi):
    fit = pls.fit(mobi, MOBI, MOBI_PATHS, consistent=True)
    check = next(check for check in fit.checks if check.name == "check.admissible")
    assert not check.ok
    assert check.value < 0
    boot = fit.bootstrap(200, seed=1)
    assert boot.inadmissible > 0
    assert "check.bootstrap_inadmissible" in [check.name for check in boot.result("path").failed]


@pytest.mark.parametrize("case", CSEM)
def test_against_csem(case, sim400, shared, reference, matrix):
    ref, options = reference(case), CSEM[case]
    if "lancelot" in case:
        data = pd.read_csv(shared / "data" / "sem" / "lancelot_miltgen_2016.csv")
        fit = pls.fit(data, LANCELOT, LANCELOT_PATHS, tol=1e-10, **options)
    else:
        fit = pls.fit(sim400, CRM, CRM_PATHS, tol=1e-10, **options)
    paths = matrix(ref["path"]).T
    assert gap(square(fit.paths, paths), paths) < TOL
    loadings = matrix(ref["loadings"]).T
    assert gap(wide(fit.loadings, loadings), loadings) < TOL
    if "assess" not in ref or "DG" not in ref["assess"]:
        return
    assess = ref["assess"]
    assert fit.srmr == pytest.approx(assess["SRMR"], abs=TOL)
    assert fit.d_uls == pytest.approx(assess["DL"], abs=TOL)
    assert fit.distances.loc["estimated", "d_g_log10"] == pytest.approx(assess["DG"], abs=TOL)
    assert fit.d_g == pytest.approx(assess["DG"] * np.log(10) ** 2, abs=6 * TOL)
    for kind, key in (("htmt", "HTMT"), ("htmt2", "HTMT2")):
        theirs = matrix(assess[key]["htmts"])
        ours = fit.htmt(kind).loc[theirs.index, theirs.columns]
        assert np.abs(below(ours) - below(theirs)).max() < TOL
    assert max(abs(fit.reliability.ave[name] - value) for name, value in assess["AVE"].items()) < TOL
    assert max(abs(fit.reliability.rho_c[name] - value) for name, value in assess["RhoC"].items()) < TOL


def test_resamples_are_fits_of_their_rows(mobi, sim400):
    def refit(rows):
        return pls.fit(sim400.iloc[rows].reset_index(drop=True), CRM, CRM_PATHS, consistent=True, tol=1e-10)

    assert worst_resample(refit(np.arange(400)), refit) < 1e-6


def population(n: int, seed: int) -> pd.DataFrame:
    """X -> Y .6 with three items each, loadings .8, .7, .6."""
    rng = np.random.default_rng([seed, 5])
    x = rng.standard_normal(n)
    y = 0.6 * x + 0.8 * rng.standard_normal(n)
    load = np.array([0.8, 0.7, 0.6])
    noise = rng.standard_normal((n, 6)) * np.tile(np.sqrt(1 - load**2), 2)
    items = np.column_stack([x[:, None] * load, y[:, None] * load]) + noise
    return pd.DataFrame(items, columns=["x1", "x2", "x3", "y1", "y2", "y3"])


TWO = {"X": ["x1", "x2", "x3"], "Y": ["y1", "y2", "y3"]}


def test_plsc_finds_the_latent_path_where_pls_falls_short():
    data = population(40_000, 1)
    plain, consistent = (pls.fit(data, TWO, [("X", "Y")], consistent=how) for how in (False, True))
    assert plain.paths["estimate"].item() < 0.50
    assert consistent.paths["estimate"].item() == pytest.approx(0.6, abs=0.015)
    assert consistent.loadings["estimate"].to_numpy() == pytest.approx([0.8, 0.7, 0.6] * 2, abs=0.02)
    assert consistent.srmr < 0.01


def test_single_items_and_composites_are_not_corrected(sim400):
    blocks = {"KCO": CRM["KCO"], "TRU": CRM["TRU"], "SAT": ["sat1"]}
    fit = pls.fit(
        sim400, blocks, [("KCO", "SAT"), ("TRU", "SAT")], modes={"KCO": "B", "TRU": "unit"}, consistent=True
    )
    plain = pls.fit(sim400, blocks, [("KCO", "SAT"), ("TRU", "SAT")], modes={"KCO": "B", "TRU": "unit"})
    assert fit.paths.equals(plain.paths)


def test_a_true_model_is_seldom_rejected_and_a_false_one_often():
    good = pls.fit(population(300, 3), TWO, [("X", "Y")], consistent=True).fit_test(300, seed=1)
    assert (good.tidy["p_value"] > 0.05).all()
    assert good["srmr:saturated"] == pytest.approx(good["srmr:estimated"], abs=1e-12)
    mixed = {"X": ["x1", "x2", "y1"], "Y": ["x3", "y2", "y3"]}
    bad = pls.fit(population(300, 3), mixed, [("X", "Y")], consistent=True).fit_test(300, seed=1)
    assert bad.cell("srmr:estimated", "p_value") < 0.05
    assert bad["srmr:estimated"] > bad.cell("srmr:estimated", "ci_high")


def test_fit_test_is_the_same_for_a_seed(sim400):
    fit = pls.fit(sim400, CRM, CRM_PATHS, consistent=True)
    assert fit.fit_test(100, seed=2).equals(fit.fit_test(100, seed=2))


def test_what_plsc_does_not_do_is_said(sim400, mobi):
    whole = {"H": {"of": ["KCO", "TRU", "SAT"], "method": "repeated_indicators"}}
    with pytest.raises(ModelError, match="higher-order constructs by repeated_indicators"):
        pls.fit(sim400, CRM, [("H", "COM")], higher_order=whole, consistent=True)
    product = [("TRU", "KCO", "SAT", "orthogonal")]
    with pytest.raises(ModelError, match="consistent PLS with products of items"):
        pls.fit(sim400, CRM, CRM_PATHS, interactions=product, consistent=True)
    rng = np.random.default_rng(4)
    e, y = rng.standard_normal((2, 300))
    apart = pd.DataFrame({"x1": e + 0.6 * y, "x2": 0.6 * y - e, "y1": y, "y2": y + rng.standard_normal(300)})
    with pytest.raises(ModelError, match="construct 'X': rho_A is not positive"):
        pls.fit(apart, {"X": ["x1", "x2"], "Y": ["y1", "y2"]}, [("X", "Y")], consistent=True)


def test_what_needs_scores_is_not_done_with_those_of_plsc():
    fit = pls.fit(population(200, 4), TWO, [("X", "Y")], consistent=True)
    for analysis in (fit.q2, fit.fimix, fit.pos, lambda: fit.endogeneity("Y")):
        with pytest.raises(ModelError, match="with consistent PLS is not available"):
            analysis()


@pytest.mark.slow
def test_coverage_of_plsc():
    hits = sum(
        row["ci_low"] <= 0.6 <= row["ci_high"]
        for seed in range(300)
        for row in [
            pls.fit(population(300, 100 + seed), TWO, [("X", "Y")], consistent=True)
            .bootstrap(500, seed=seed)
            .result("path")
            .tidy.iloc[0]
        ]
    )
    assert hits / 300 == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 300))
