"""KMO, Bartlett, Mardia, MAP, factor analysis and Harman's share against psych, GPArotation and factanal."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from crmlab import measurement
from crmlab.measurement.adequacy import sampling_adequacy

METHODS, ROTATIONS = ("ml", "minres", "pa"), ("none", "varimax", "oblimin", "promax")


@pytest.fixture(scope="module", params=["sim400", "hs"])
def case(request, reference):
    ref = reference(f"{request.param}_efa")
    if request.param == "sim400":
        return request.getfixturevalue("sim400")[ref["items"]], ref
    folder = request.getfixturevalue("shared")
    frame = pd.read_csv(folder / "data" / "sem" / "holzinger_swineford_1939.csv")
    return frame[ref["items"]], ref


def pattern(found, items) -> np.ndarray:
    return found.select("loading")["estimate"].to_numpy().reshape(-1, len(items)).T


def factor_cor(found, k: int) -> np.ndarray:
    cor = np.eye(k)
    for i, j in itertools.combinations(range(k), 2):
        cor[i, j] = cor[j, i] = found[f"factor_cor:F{i + 1}~F{j + 1}"]
    return cor


def aligned(want: np.ndarray, got: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which column of `got` stands for each of `want`, and its sign: the order of factors is no information."""
    inner = want.T @ got
    _, place = linear_sum_assignment(-np.abs(inner))
    return place, np.sign(inner[np.arange(len(place)), place])


def test_adequacy_and_normality(case):
    frame, ref = case
    found = measurement.kmo(frame)
    assert found["kmo"] == pytest.approx(ref["KMO"], abs=1e-9)
    for item, want in ref["KMO_items"].items():
        assert found[f"kmo:{item}"] == pytest.approx(want, abs=1e-9)
    found = measurement.bartlett(frame)
    assert found["chi2"] == pytest.approx(ref["bartlett"]["chisq"], rel=1e-9)
    assert found.glance["df"] == ref["bartlett"]["df"]
    assert found.cell("chi2", "p_value") == pytest.approx(ref["bartlett"]["p"], rel=1e-6, abs=1e-300)
    found, want = measurement.mardia(frame), ref["mardia"]
    assert found["skewness"] == pytest.approx(want["skew_b1p"], rel=1e-9)
    assert found["kurtosis"] == pytest.approx(want["kurt_b2p"], rel=1e-9)
    assert found["skewness_chi2"] == pytest.approx(want["skew_chi2"], rel=1e-9)
    assert found["skewness_chi2_small"] == pytest.approx(want["small_sample_skew"], rel=1e-9)
    assert found["kurtosis_z"] == pytest.approx(want["kurt_z"], rel=1e-7)
    assert found.cell("skewness_chi2", "p_value") == pytest.approx(want["skew_p"], rel=1e-6)
    assert found.cell("kurtosis_z", "p_value") == pytest.approx(want["kurt_p"], rel=1e-6)


def test_map_and_eigenvalues(case):
    frame, ref = case
    found = measurement.map_test(frame)
    for m, want in enumerate(ref["vss_map"][: len(frame.columns) - 2], 1):
        assert found[f"map:{m}"] == pytest.approx(want, abs=1e-9)
    own = measurement.parallel_analysis(frame, 50).select("eigenvalue")["estimate"]
    assert own.to_numpy() == pytest.approx(np.array(ref["eigenvalues_cor"]), abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_factor_analysis_against_psych(case, matrix, method, rotation):
    frame, ref = case
    want, k = ref[f"{method}_{rotation}"], ref["n_factors"]
    found = measurement.efa(frame, k, method, rotation)
    L, got = matrix(want["loadings"]).to_numpy(), pattern(found, ref["items"])
    place, sign = aligned(L, got)
    assert np.abs(L - got[:, place] * sign).max() < 3e-5
    assert found.select("uniqueness")["estimate"].to_numpy() == pytest.approx(want["uniquenesses"], abs=3e-5)
    if "phi" in want:
        cor = factor_cor(found, k)[np.ix_(place, place)] * np.outer(sign, sign)
        assert np.abs(cor - matrix(want["phi"]).to_numpy()).max() < 3e-5
    assert found.glance["df"] == want["dof"]
    assert found.glance["chi2"] == pytest.approx(want["chi2"], abs=2e-4)
    assert found.glance["tli"] == pytest.approx(want["tli"], abs=1e-6)
    for ours, theirs in (("rmsea", "RMSEA"), ("rmsea_low", "lower"), ("rmsea_high", "upper")):
        assert found.glance[ours] == pytest.approx(want["rmsea"][theirs], abs=1e-6)
    if rotation in ("none", "varimax"):
        variance = found.select("variance")["estimate"].to_numpy()
        assert variance[place] == pytest.approx(want["ss_loadings"], abs=1e-4)
    assert found.ok


@pytest.mark.parametrize("rotation", ["varimax", "promax"])
def test_factor_analysis_against_factanal(case, matrix, rotation):
    frame, ref = case
    want = ref["factanal"][rotation]
    found = measurement.efa(frame, ref["n_factors"], "ml", rotation, kaiser=rotation == "varimax")
    L, got = matrix(want["loadings"]).to_numpy(), pattern(found, ref["items"])
    place, sign = aligned(L, got)
    assert np.abs(L - got[:, place] * sign).max() < 3e-5
    uniqueness = list(want["uniquenesses"].values())
    assert found.select("uniqueness")["estimate"].to_numpy() == pytest.approx(uniqueness, abs=3e-5)
    assert found.glance["chi2"] == pytest.approx(want["stat"], abs=1e-6)


def test_oblimin_with_kaiser_normalisation_against_lavaan(shared, reference, matrix):
    ref = reference("hs_efa_oblimin_kaiser")
    L = matrix(ref["loadings"])
    frame = pd.read_csv(shared / "data" / "sem" / ref["data"])[list(L.index)]
    found = measurement.efa(frame, 3, "ml", "oblimin", kaiser=True)
    got = pattern(found, list(L.index))
    place, sign = aligned(L.to_numpy(), got)
    assert np.abs(L.to_numpy() - got[:, place] * sign).max() < 2e-6
    cor = factor_cor(found, 3)[np.ix_(place, place)] * np.outer(sign, sign)
    assert np.abs(cor - matrix(ref["phi_3_decimals"]).to_numpy()).max() < 5.1e-4


def test_a_one_percent_mutant_of_a_loading_is_noticed(case, matrix):
    frame, ref = case
    L = matrix(ref["ml_oblimin"]["loadings"]).to_numpy()
    got = pattern(measurement.efa(frame, ref["n_factors"], "ml"), ref["items"])
    place, sign = aligned(L, got)
    assert np.abs(1.01 * L - got[:, place] * sign).max() > 1e-3


def test_harman(case):
    frame, ref = case
    found = measurement.harman(frame)["harman"]
    assert found == pytest.approx(ref["harman_first_component_share"], abs=1e-9)
    # psych's principal axes stop when the communalities move by less than .001
    axis = measurement.harman(frame, kind="axis")["harman"]
    assert axis == pytest.approx(ref["harman_paf_first_factor_share"], abs=2e-4)


def test_oracle_ef1_kmo():
    R = np.array(
        [
            [1.0, 0.6, 0.5, 0.3, 0.35],
            [0.6, 1.0, 0.55, 0.28, 0.33],
            [0.5, 0.55, 1.0, 0.4, 0.31],
            [0.3, 0.28, 0.4, 1.0, 0.62],
            [0.35, 0.33, 0.31, 0.62, 1.0],
        ]
    )
    assert sampling_adequacy(R)[0] == pytest.approx(0.720114, abs=1e-6)
