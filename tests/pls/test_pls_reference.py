"""PLS against seminr, cSEM and plspm: full-precision numbers, held to 1e-6 or better."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pls_cases import MOBI as CONSTRUCTS
from pls_cases import MOBI_PATHS as PATHS

from crmlab import pls
from crmlab.errors import ModelError

HOC = {
    "CRM": {"of": ["KCO", "KM", "TECH"], "method": "two_stage"},
    "RQ": {"of": ["TRU", "COM", "SAT"], "method": "two_stage"},
}
HOC_CONSTRUCTS = {
    name: [f"{name.lower()}{i}" for i in range(1, 5)] for how in HOC.values() for name in how["of"]
}
HOC_CONSTRUCTS["CLV"] = ["logclv"]
HOC_PATHS = [("CRM", "RQ"), ("CRM", "CLV"), ("RQ", "CLV")]
TOL = 1e-6


def square(frame: pd.DataFrame, names) -> pd.DataFrame:
    """from/to rows as a matrix with zeros."""
    cells = frame.set_index(["from", "to"])["estimate"]
    return pd.DataFrame([[cells.get((a, b), 0.0) for b in names] for a in names], index=names, columns=names)


def wide(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    cells = frame.set_index(["item", "construct"])["estimate"]
    values = [[cells.get((item, name), 0.0) for name in like.columns] for item in like.index]
    return pd.DataFrame(values, index=like.index, columns=like.columns)


def close(ours: pd.DataFrame, theirs: pd.DataFrame, tol: float = TOL) -> None:
    ours = ours.reindex(index=theirs.index, columns=theirs.columns)
    assert not ours.isna().to_numpy().any()
    assert np.abs(ours.to_numpy() - theirs.to_numpy()).max() < tol


def lower(frame: pd.DataFrame) -> pd.Series:
    """The cells below the diagonal."""
    names = list(frame.index)
    return pd.Series({(a, b): frame.loc[a, b] for i, a in enumerate(names) for b in names[:i]})


CASES = {
    "pls_mobi_modeA_path": {},
    "pls_mobi_modeA_factorial": {"scheme": "factorial"},
    "pls_mobi_modeB_path": {"modes": dict.fromkeys(CONSTRUCTS, "B")},
}


@pytest.fixture(scope="module", params=CASES)
def case(request, mobi, reference):
    options = CASES[request.param]
    return pls.fit(mobi, CONSTRUCTS, PATHS, **options), reference(request.param), options


def test_mobi_inner_model(case, matrix):
    fit, ref, _ = case
    names = list(CONSTRUCTS)
    close(square(fit.paths, names), matrix(ref["path_coef"]))
    close(square(fit.total, names), matrix(ref["total_effects"]))
    close(square(fit.total_indirect, names), matrix(ref["total_indirect"]))
    close(fit.construct_cor, matrix(ref["construct_cor"]))
    r2 = matrix(ref["rSquared"])
    for ours, row in ((fit.r2, "Rsq"), (fit.r2_adjusted, "AdjRsq")):
        assert np.abs(ours[r2.columns] - r2.loc[row]).max() < TOL
    close(square(fit.f2, names), matrix(ref["f2"]))
    vif = fit.vif.set_index(["from", "to"])["estimate"]
    for target, predictors in ref["vif_antecedents"].items():
        for source, value in predictors.items():
            assert vif[source, target] == pytest.approx(1.0 if value is None else value, abs=TOL)


def test_mobi_outer_model(case, matrix):
    fit, ref, options = case
    for ours, key in ((fit.loadings, "outer_loadings"), (fit.weights, "outer_weights")):
        theirs = matrix(ref[key])
        close(wide(ours, theirs), theirs)
    close(fit.cross_loadings, matrix(ref["cross_loadings"]))
    theirs = matrix(ref["htmt"])
    ours = lower(fit.htmt().loc[theirs.index, theirs.columns])
    assert np.abs(ours - lower(theirs)).max() < TOL
    for block in ref["vif_items"].values():
        for item, value in block.items():
            assert fit.item_vif[item] == pytest.approx(value, abs=TOL)
    if not options.get("modes"):
        rel = matrix(ref["reliability"]).rename(columns={"rhoC": "rho_c", "AVE": "ave", "rhoA": "rho_a"})
        several = [name for name, items in CONSTRUCTS.items() if len(items) > 1]
        close(fit.reliability.loc[several], rel.loc[several])
        fornell = matrix(ref["fornell_larcker"])
        assert np.abs(lower(fit.fornell_larcker) - lower(fornell)).max() < TOL
        diagonal = pd.Series(np.diag(fit.fornell_larcker), index=fit.fornell_larcker.index)
        assert np.abs(diagonal[several] - np.sqrt(rel.loc[several, "ave"])).max() < TOL


def test_reliability_of_one_item_is_undefined(mobi):
    fit = pls.fit(mobi, CONSTRUCTS, PATHS)
    assert fit.reliability.loc["Complaints"].isna().all()


def test_specific_indirect_effects_add_up(case):
    fit, _, _ = case
    sums = fit.indirect.groupby(["from", "to"])["estimate"].sum()
    whole = fit.total_indirect.set_index(["from", "to"])["estimate"]
    assert np.abs(sums - whole).max() < 1e-12
    assert fit.indirect["via"].map(len).max() >= 3


def test_bootstrap_standard_errors_match_seminr(mobi, reference, matrix):
    ref = reference("pls_mobi_modeA_path")["bootstrap"]
    boot = pls.fit(mobi, CONSTRUCTS, PATHS).bootstrap(4000, seed=3).result()
    room = 4 / np.sqrt(2 * ref["nboot"])
    for key, quantity, mark, turned in (
        ("paths", "path", "~", True),
        ("loadings", "loading", "=~", True),
        ("htmt", "htmt", "~", False),
        ("total", "total", "~", True),
    ):
        for label, row in matrix(ref[key]).iterrows():
            a, b = (part.strip() for part in label.split("->"))
            term = f"{quantity}:{b}{mark}{a}" if turned else f"{quantity}:{a}{mark}{b}"
            theirs = row["Bootstrap SD"]
            if theirs < 1e-6:
                continue
            # where the resampling distribution has a long tail its SD is noisier than a normal one's
            assert boot.cell(term, "std_error") == pytest.approx(theirs, rel=3 * room), term


def test_two_stage_against_seminr(sim400, reference, matrix):
    ref = reference("pls_sim400_hoc_twostage")
    fit = pls.fit(sim400, HOC_CONSTRUCTS, HOC_PATHS, higher_order=HOC)
    close(square(fit.paths, ["CRM", "RQ", "CLV"]), matrix(ref["path_coef"]))
    close(square(fit.total, ["CRM", "RQ", "CLV"]), matrix(ref["total_effects"]))
    close(square(fit.f2, ["CRM", "RQ", "CLV"]), matrix(ref["f2"]))
    r2 = matrix(ref["rSquared"])
    assert np.abs(fit.r2[r2.columns] - r2.loc["Rsq"]).max() < TOL
    for ours, key in ((fit.loadings, "outer_loadings"), (fit.weights, "outer_weights")):
        theirs = matrix(ref[key])
        close(wide(ours, theirs), theirs)
    cross = matrix(ref["cross_loadings"])
    close(fit.cross_loadings.loc[cross.index], cross)
    rel = matrix(ref["reliability"]).rename(columns={"rhoC": "rho_c", "AVE": "ave", "rhoA": "rho_a"})
    close(fit.reliability.drop(index="CLV"), rel.drop(index="CLV"))
    htmt = lower(matrix(ref["htmt"]))
    ours = pd.Series({pair: fit.htmt().loc[pair] for pair in htmt.index}).dropna()
    assert ("RQ", "CRM") in ours.index
    assert len(ours) == 21 + 3 - 0
    assert np.abs(ours - htmt[ours.index]).max() < TOL
    for block in ref["vif_items"].values():
        for item, value in block.items():
            assert fit.item_vif[item] == pytest.approx(value, abs=TOL)


def test_two_stage_bootstrap_against_seminr(sim400, reference, matrix):
    ref = reference("pls_sim400_hoc_twostage")["bootstrap"]
    fit = pls.fit(sim400, HOC_CONSTRUCTS, HOC_PATHS, higher_order=HOC)
    boot = fit.bootstrap(4000, seed=5).result()
    for label, row in matrix(ref["paths"]).iterrows():
        a, b = (part.strip() for part in label.split("->"))
        assert boot.cell(f"path:{b}~{a}", "std_error") == pytest.approx(row["Bootstrap SD"], rel=0.15)


@pytest.mark.parametrize("scheme", ["centroid", "factorial", "path"])
def test_schemes_against_plspm(scheme, shared, reference, matrix):
    ref = reference(f"plspmR_satisfaction_{scheme}_scaled")
    data = pd.read_csv(shared / "data" / "sem" / "satisfaction_bank.csv")
    inner = matrix(ref["path_matrix"])
    paths = [
        (source, target) for target in inner.index for source in inner.columns if inner.loc[target, source]
    ]
    blocks = dict(zip(inner.index, ref["blocks"], strict=True))
    fit = pls.fit(data, blocks, paths, scheme=scheme, tol=1e-9)
    close(square(fit.paths, list(inner.index)).T, matrix(ref["path"]), 1e-5)  # plspm stops at 1e-6
    loadings = fit.loadings.set_index("item")["estimate"]
    for row in ref["outer"]:
        assert loadings[row["name"]] == pytest.approx(row["loading"], abs=1e-5)
    for row in ref["unidim"]:
        assert fit.reliability.loc[row["_row"], "alpha"] == pytest.approx(row["C.alpha"], abs=1e-6)


@pytest.mark.parametrize("scheme", ["centroid", "factorial", "path"])
def test_items_that_keep_their_units_against_plspm(scheme, shared, matrix):
    """plspm R 0.5.1, scaled = FALSE, which stops at 1e-6: 1e-5; its weights are of raw items, divisor n."""
    folder = shared / "data" / "sem"
    ref = json.loads(
        (folder / "reference" / f"plspmR_satisfaction_{scheme}_raw.json").read_text(encoding="utf-8")
    )
    data = pd.read_csv(folder / "satisfaction_bank.csv")
    inner = matrix(ref["path_matrix"])
    paths = [
        (source, target) for target in inner.index for source in inner.columns if inner.loc[target, source]
    ]
    fit = pls.fit(
        data, dict(zip(inner.index, ref["blocks"], strict=True)), paths, scheme=scheme, scaled=False, tol=1e-9
    )
    close(square(fit.paths, list(inner.index)).T, matrix(ref["path"]), 1e-5)
    loadings = fit.loadings.set_index("item")["estimate"]
    weights = fit.weights.set_index("item")["estimate"]
    for row in ref["outer"]:
        assert loadings[row["name"]] == pytest.approx(row["loading"], abs=1e-5)
        raw = weights[row["name"]] / data[row["name"]].std(ddof=0)
        assert raw == pytest.approx(row["weight"], abs=1e-5)
    for row in ref["inner_summary"]:
        if row["Type"] == "Endogenous":
            assert fit.r2[row["lv"]] == pytest.approx(row["R2"], abs=1e-5)


def test_items_that_keep_their_units_are_resampled_in_them(sim400):
    """A resample is a fit of its rows; standardised columns make `scaled` mean nothing."""
    blocks = {name: HOC_CONSTRUCTS[name] for name in ("KCO", "TRU", "SAT")}
    paths = [("KCO", "TRU"), ("TRU", "SAT")]
    wide = sim400.assign(kco1=sim400["kco1"] * 5, sat2=sim400["sat2"] * 0.2)
    fit = pls.fit(wide, blocks, paths, scaled=False, tol=1e-9)
    plain = pls.fit(wide, blocks, paths, tol=1e-9)
    assert np.abs(fit.paths["estimate"] - plain.paths["estimate"]).max() > 1e-3
    boot = fit.bootstrap(20, seed=3)
    rows = np.random.default_rng(3).integers(0, 400, (20, 400))
    for b in (0, 7, 19):
        again = pls.fit(wide.iloc[rows[b]], blocks, paths, scaled=False, tol=1e-9).estimates["path:TRU~KCO"]
        assert boot.draws[boot.terms.index("path:TRU~KCO"), b] == pytest.approx(again, abs=1e-7)
    z = (wide - wide.mean()) / wide.std()
    one, other = (pls.fit(z, blocks, paths, scaled=s, tol=1e-9).paths["estimate"] for s in (True, False))
    assert np.abs(one - other).max() < 1e-10
    with pytest.raises(ModelError, match="consistent PLS with items that are not standardised"):
        pls.fit(wide, blocks, paths, scaled=False, consistent=True)


def test_against_csem(sim400, reference, matrix):
    ref = reference("csem_sim400_pls_uncorrected")
    blocks = {name: HOC_CONSTRUCTS[name] for name in ("KCO", "TRU", "SAT", "COM")}
    paths = [("KCO", "TRU"), ("KCO", "SAT"), ("TRU", "SAT"), ("TRU", "COM"), ("SAT", "COM")]
    fit = pls.fit(sim400, blocks, paths, tol=1e-10)
    close(square(fit.paths, list(blocks)).T, matrix(ref["path"]), 1e-4)  # cSEM stops at 1e-5
    for name, value in ref["R2adj"].items():
        assert fit.r2_adjusted[name] == pytest.approx(value, abs=1e-4)


def test_a_one_percent_mutant_of_the_reference_is_noticed(sim400, reference, matrix):
    ref = json.loads(json.dumps(reference("pls_sim400_hoc_twostage")))
    theirs = matrix(ref["path_coef"])
    fit = pls.fit(sim400, HOC_CONSTRUCTS, HOC_PATHS, higher_order=HOC)
    for source, target in HOC_PATHS:
        mutant = theirs.copy()
        mutant.loc[source, target] *= 1.01
        with pytest.raises(AssertionError):
            close(square(fit.paths, ["CRM", "RQ", "CLV"]), mutant)


def test_unit_weights_are_plain_composites(sim400):
    blocks = {name: HOC_CONSTRUCTS[name] for name in ("KCO", "TRU")}
    fit = pls.fit(sim400, blocks, [("KCO", "TRU")], modes={"KCO": "unit", "TRU": "unit"})
    items = sim400[[item for block in blocks.values() for item in block]]
    z = (items - items.mean()) / items.std()
    sums = pd.DataFrame({name: z[block].sum(axis=1) for name, block in blocks.items()})
    assert fit.paths["estimate"].item() == pytest.approx(sums.corr().iloc[0, 1], abs=1e-12)


def test_effect_size_by_definition():
    # oracle PL2: f2 = (.41 - .33) / (1 - .41); two predictors built to give exactly these R2
    r12 = 0.3
    R2, without = 0.41, 0.33
    b2 = np.sqrt((R2 - without) / (1 - r12**2))
    b1 = np.sqrt(without) - r12 * b2
    C = np.array([[1, r12, b1 + r12 * b2], [r12, 1, r12 * b1 + b2], [b1 + r12 * b2, r12 * b1 + b2, 1]])
    z = np.random.default_rng(0).standard_normal((60, 3))
    z -= z.mean(axis=0)
    exact = np.linalg.qr(z)[0] @ np.linalg.cholesky(C).T
    data = pd.DataFrame(exact, columns=["x1", "x2", "y1"])
    fit = pls.fit(data, {"X1": ["x1"], "X2": ["x2"], "Y": ["y1"]}, [("X1", "Y"), ("X2", "Y")])
    assert fit.r2["Y"] == pytest.approx(0.41, abs=1e-12)
    assert fit.f2.set_index("from")["estimate"]["X2"] == pytest.approx(0.135593, abs=1e-6)
