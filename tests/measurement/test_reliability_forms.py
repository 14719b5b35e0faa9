"""Alpha, lambda 6, omega, second-order omega, kinds of HTMT, Fornell and Larcker's table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement
from crmlab.errors import ModelError
from crmlab.measurement.reliability import alpha as alpha_of
from crmlab.measurement.validity import plain_stage, ratios_of

SIM = {name: [f"{name}{i}" for i in range(1, 5)] for name in ("com", "kco", "km", "sat", "tech", "tru")}
HS = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture(scope="module", params=["sim400", "hs"])
def study(request, reference):
    if request.param == "sim400":
        return request.getfixturevalue("sim400"), SIM, reference("sim400_reliability")
    folder = request.getfixturevalue("shared")
    frame = pd.read_csv(folder / "data" / "sem" / "holzinger_swineford_1939.csv")
    return frame, HS, reference("hs_reliability")


def test_alpha_lambda6_and_mean_correlation(study):
    frame, _, ref = study
    for want in ref["blocks"].values():
        found = measurement.alpha(frame, want["items"])
        for ours, theirs in (
            ("alpha", "alpha"),
            ("alpha_std", "std_alpha"),
            ("lambda6", "lambda6"),
            ("mean_r", "avg_r"),
        ):
            assert found[ours] == pytest.approx(want[theirs], abs=1e-9)
        assert found.cell("alpha", "ci_low") == pytest.approx(want["alpha_feldt_lower"], abs=1e-8)
        assert found.cell("alpha", "ci_high") == pytest.approx(want["alpha_feldt_upper"], abs=1e-8)
        assert measurement.inter_item(frame, want["items"])["mean_r"] == pytest.approx(
            want["avg_r"], abs=1e-9
        )


def test_alphas_bootstrap_error_is_near_the_asymptotic_one(study):
    frame, _, ref = study
    for want in ref["blocks"].values():
        found = measurement.alpha(frame, want["items"], interval="bootstrap", n_boot=1000, seed=2)
        assert found.cell("alpha", "std_error") == pytest.approx(want["alpha_ase"], rel=0.2)
        assert found.cell("alpha", "ci_low") < found["alpha"] < found.cell("alpha", "ci_high")
        assert found.cell("lambda6", "ci_low") < found["lambda6"] < found.cell("lambda6", "ci_high")


def test_bootstrapped_alpha_is_alpha_of_resampled_rows():
    frame = pd.DataFrame(np.random.default_rng(1).integers(1, 6, (40, 3)).astype(float), columns=list("abc"))
    rows = np.random.default_rng(5).integers(0, 40, (200, 40))
    draws = [alpha_of(frame.to_numpy()[drawn]) for drawn in rows]
    found = measurement.alpha(frame, interval="bootstrap", n_boot=200, seed=5)
    assert found.cell("alpha", "std_error") == pytest.approx(np.std(draws, ddof=1), abs=1e-9)


def test_omega_against_psych_and_itself(study):
    frame, blocks, ref = study
    for name, want in ref["blocks"].items():
        # psych's own minimiser stops within 2e-5 of the minimum
        found = measurement.omega(frame, want["items"], method="minres", n_boot=50)
        assert found["omega"] == pytest.approx(want["omega_total_1factor"], abs=2e-5)
        plain = measurement.omega(frame, want["items"], n_boot=100, seed=3)
        table = measurement.reliability(frame, {name: blocks[name]}, n_boot=100, seed=3)
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            assert plain.cell("omega", column) == pytest.approx(table.cell(f"omega:{name}", column), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ml", "minres"])
def test_omegas_interval_covers(method):
    """95 % intervals over 400 samples; four standard errors of the share are 4.4 points."""
    rng, loadings = np.random.default_rng(11), np.array([0.8, 0.7, 0.6, 0.5])
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    inside = 0
    for seed in range(400):
        f = rng.standard_normal((300, 1))
        X = f * loadings + rng.standard_normal((300, 4)) * np.sqrt(1 - loadings**2)
        found = measurement.omega(pd.DataFrame(X), method=method, n_boot=500, seed=seed)
        inside += found.cell("omega", "ci_low") <= truth <= found.cell("omega", "ci_high")
    assert 0.905 < inside / 400 < 0.99


def test_second_order_reliability_against_semtools(sim400, reference):
    ref = reference("sim400_second_order_reliability")
    for second in ("CRM", "RQ"):
        parts = ref["std_loadings"][second]
        first = {name: ref["std_loadings"][name] for name in parts}
        items = [item for block in first.values() for item in block]
        found = measurement.omega_second_order(first, parts, covariance=sim400[items].cov(ddof=0))
        for name in parts:
            assert found[f"omega:{name}"] == pytest.approx(ref["compRelSEM"][name], abs=1e-6)
            assert found[f"ave:{name}"] == pytest.approx(ref["AVE"][name], abs=1e-6)
        assert found["omega_l1"] < found["omega_partial_l1"]


def test_items_against_each_other_are_told():
    frame = pd.DataFrame(np.random.default_rng(3).standard_normal((80, 3)) * 0.5, columns=list("abc"))
    frame = frame.add(np.random.default_rng(4).standard_normal(80), axis=0).assign(c=lambda d: -d["c"])
    for found in (measurement.alpha(frame), measurement.inter_item(frame)):
        (told,) = [c for c in found.failed if c.name.startswith("check.inter_item_sign")]
        assert told.name.endswith("~c")
        assert "2 of 3 pairs" in told.rule
    told = measurement.htmt(frame.assign(d=frame["a"] + 1.0), {"X": ["a", "c"], "Y": ["b", "d"]}, n_boot=20)
    assert "check.inter_item_sign:X" in [c.name for c in told.failed]


# -- HTMT


@pytest.mark.parametrize(("kind", "key"), [("htmt", "htmt_arithmetic"), ("htmt2", "htmt2_geometric")])
def test_kinds_of_htmt_against_semtools(study, matrix, kind, key):
    frame, blocks, ref = study
    want = matrix(ref[key])
    named = {name.upper() if name.upper() in want.index else name: items for name, items in blocks.items()}
    found = measurement.htmt(frame, named, kind=kind, n_boot=50)
    for term, value in zip(found.tidy["term"], found.tidy["estimate"], strict=True):
        a, b = term.removeprefix(f"{kind}:").split("~")
        assert value == pytest.approx(want.loc[a, b], abs=1e-9)


def test_htmt2_is_the_latent_correlation_whatever_the_loadings():
    l, phi = np.array([0.9, 0.6, 0.4, 0.8, 0.5]), 0.55
    owner = np.array([0, 0, 0, 1, 1])
    R = np.outer(l, l) * np.where(owner[:, None] == owner, 1.0, phi)
    np.fill_diagonal(R, 1.0)
    stage = plain_stage({"A": ["1", "2", "3"], "B": ["4", "5"]})
    ratio = {kind: ratios_of(R[:, :, None], stage, kind)[0, 1, 0] for kind in ("htmt", "htmt2", "signed")}
    assert ratio["htmt2"] == pytest.approx(phi, abs=1e-12)
    assert ratio["htmt"] == pytest.approx(ratio["signed"], abs=1e-12)
    assert abs(ratio["htmt"] - phi) > 0.01


def test_signs_matter_only_where_they_are_kept():
    rng = np.random.default_rng(6)
    f = rng.standard_normal((200, 1))
    frame = pd.DataFrame(f + rng.standard_normal((200, 4)), columns=list("abcd")).assign(b=lambda d: -d["b"])
    blocks = {"X": ["a", "b"], "Y": ["c", "d"]}
    plus, plain = (measurement.htmt(frame, blocks, kind=k, n_boot=20) for k in ("htmt+", "htmt"))
    assert plus["htmt_plus:X~Y"] == plain["htmt:X~Y"]
    signed = measurement.htmt(frame, blocks, kind="signed", n_boot=20)
    assert np.isnan(signed["htmt_signed:X~Y"])
    assert "check.htmt:X~Y" in [c.name for c in signed.failed]


def test_a_single_item_counts_as_reliable_in_every_kind():
    frame = pd.DataFrame(np.random.default_rng(7).standard_normal((90, 3)), columns=list("abc"))
    frame = frame.add(np.random.default_rng(8).standard_normal(90), axis=0)
    r = frame.corr()
    want = {
        "htmt": (r.loc["c", "a"] + r.loc["c", "b"]) / 2 / np.sqrt(r.loc["a", "b"]),
        "htmt2": np.sqrt(r.loc["c", "a"] * r.loc["c", "b"]) / np.sqrt(r.loc["a", "b"]),
    }
    for kind, value in want.items():
        found = measurement.htmt(frame, {"X": ["a", "b"], "Y": ["c"]}, kind=kind, n_boot=20)
        assert found[f"{kind}:X~Y"] == pytest.approx(value, abs=1e-9)


def test_fornell_and_larcker():
    cor = pd.DataFrame([[1, 0.5, 0.8], [0.5, 1, 0.2], [0.8, 0.2, 1]], index=list("ABC"), columns=list("ABC"))
    found = measurement.fornell_larcker({"A": 0.49, "B": 0.36, "C": 0.81}, cor)
    assert found["root_ave:A"] == pytest.approx(0.7)
    assert found["margin:A~B"] == pytest.approx(0.1)
    assert found["margin:A~C"] == pytest.approx(-0.1)
    assert [c.name for c in found.failed] == ["check.fornell_larcker:A~C"]
    single = measurement.fornell_larcker({"A": 0.49, "B": float("nan")}, cor)
    assert np.isnan(single["margin:A~B"])
    assert single.ok


FRAME = pd.DataFrame(np.random.default_rng(1).standard_normal((30, 3)), columns=list("abc"))
BAD = pd.DataFrame([[1, 1.5], [1.5, 1]], index=list("AB"), columns=list("AB"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: measurement.alpha(FRAME, ["a"]), "1 columns are given, at least 2"),
        (lambda: measurement.alpha(FRAME, interval="normal"), "interval 'normal' is not one of"),
        (lambda: measurement.alpha(FRAME, interval="bootstrap", n_boot=1), "1 resamples"),
        (lambda: measurement.omega(FRAME, ["a", "b"]), "2 columns are given, at least 3"),
        (lambda: measurement.omega(FRAME, method="pa"), "method 'pa' is not one of"),
        (lambda: measurement.htmt(FRAME, {"X": ["a"], "Y": ["b"]}, kind="htmt3"), "kind 'htmt3'"),
        (lambda: measurement.fornell_larcker({"A": 0.5}, BAD), "but 1 is given"),
        (lambda: measurement.fornell_larcker({"A": 0.5, "B": 0.5}, BAD), "1.5 between 'A' and 'B'"),
        (lambda: measurement.fornell_larcker({"A": 1.5, "B": 0.5}, BAD), "the AVE of 'A' is 1.5"),
        (lambda: measurement.fornell_larcker({"A": 0.5, "Z": 0.5}, BAD), "'Z' has an AVE but no"),
    ],
)
def test_what_cannot_be_computed_says_why(call, says):
    with pytest.raises(ModelError, match=says):
        call()
