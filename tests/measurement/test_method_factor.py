"""Method factors and the marker technique: lavaan's numbers, planted truth, and what cannot be told apart."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement, sem
from crmlab.errors import ModelError

SIX = {
    name: [f"{name.lower()}{i}" for i in (1, 2, 3, 4)] for name in ("KCO", "KM", "TECH", "TRU", "COM", "SAT")
}
BLOCKS = {c: [f"item {c} {i}" for i in range(4)] for c in "ABCD"}
MARKER = ["m 0", "m 1", "m 2"]
LOADINGS = np.array([0.8, 0.7, 0.6, 0.75])


def sample(
    n: int,
    seed: int,
    method: np.ndarray | float = 0.0,
    cor: float = 0.3,
    uneven: bool = False,
    loadings: np.ndarray = LOADINGS,
) -> pd.DataFrame:
    """Four constructs of four items, all touched by one method, which a marker of three items shows."""
    rng = np.random.default_rng(seed)
    R = np.full((4, 4), cor)
    if uneven:  # two pairs: no single second-order factor
        R[:2, 2:] = R[2:, :2] = 0.05
    np.fill_diagonal(R, 1.0)
    f, m = rng.standard_normal((n, 4)) @ np.linalg.cholesky(R).T, rng.standard_normal((n, 1))
    own = np.tile(loadings, 4)
    X = np.repeat(f, 4, axis=1) * own + m * method
    X = X + rng.standard_normal((n, 16)) * np.sqrt(1 - own**2)
    M = 0.7 * m + 0.7 * rng.standard_normal((n, 3))
    return pd.DataFrame(
        np.hstack([X, M]), columns=[item for block in BLOCKS.values() for item in block] + MARKER
    )


def failed(result) -> set[str]:
    return {check.name for check in result.failed}


def test_common_latent_factor_equals_lavaan(sim400, shared):
    """lavaan 0.6.14, sim400_clf: estimates 1e-4 (lavaan stops there), chi2 1e-5 relative."""
    expect = json.loads((shared / "data/sem/reference/sim400_clf.json").read_text(encoding="utf-8"))
    plain = json.loads((shared / "data/sem/reference/sim400_cfa6_ml.json").read_text(encoding="utf-8"))
    found = measurement.common_latent_factor(sim400, SIX, estimator="ML", missing="listwise")
    for model, case in (("method", expect), ("trait", plain)):
        fit = case["fit_measures"]
        assert found.glance[f"chi2_{model}"] == pytest.approx(fit["chisq"], rel=1e-5)
        assert found.glance[f"df_{model}"] == fit["df"]
        for name in ("cfi", "tli", "rmsea", "srmr"):
            assert found.glance[f"{name}_{model}"] == pytest.approx(fit[name], abs=2e-4), name
    change = plain["fit_measures"]["chisq"] - expect["fit_measures"]["chisq"]
    assert found["chi2_difference"] == pytest.approx(change, abs=1e-3)
    seen = 0
    for row in expect["estimates"]:
        if row["op"] != "=~":
            continue
        term = (
            f"method_loading:{row['rhs']}"
            if row["lhs"] == "CLF"
            else f"loading_adjusted:{row['lhs']}=~{row['rhs']}"
        )
        assert abs(found[term]) == pytest.approx(abs(row["std.all"]), abs=1e-4)
        seen += 1
        if row["lhs"] == "CLF":
            assert abs(found["method_loading"]) == pytest.approx(abs(row["est"]), abs=1e-4)
            assert found.cell("method_loading", "std_error") == pytest.approx(row["se"], abs=1e-4)
    assert seen == 48


def test_shares_add_up_and_correlations_are_the_models():
    """On loadings against the constructs' pattern: equal ones leave free method loadings undetermined."""
    frame = sample(1000, 1, np.tile([0.1, 0.5, 0.5, 0.1], 4), uneven=True)
    for ask in (measurement.common_latent_factor, measurement.ulmc):
        found = ask(frame, BLOCKS)
        assert found["variance_trait"] + found["variance_method"] + found["variance_error"] == pytest.approx(
            1
        )
        text = "\n".join(f"{c} =~ " + " + ".join(f"{c}{i}" for i in range(4)) for c in BLOCKS)
        plain = frame.iloc[:, :16].set_axis([f"{c}{i}" for c in BLOCKS for i in range(4)], axis=1)
        table = sem.cfa(text, plain, std_lv=True).standardized()
        row = table[(table["lhs"] == "A") & (table["rhs"] == "C")]["est_std"].item()
        assert found["cor:A~C"] == pytest.approx(row, abs=1e-6)


def test_a_planted_method_factor_is_found_and_its_size_with_it():
    """Loadings against the constructs' pattern, so that it can be told apart: shares within .02 at n = 3000."""
    method = np.tile([0.1, 0.5, 0.5, 0.1], 4)
    frame = sample(3000, 2, method, uneven=True)
    found = measurement.ulmc(frame, BLOCKS)
    truth = float((method**2 / (1 + method**2)).mean())
    assert found["variance_method"] == pytest.approx(truth, abs=0.02)
    assert found.cell("chi2_difference", "p_value") < 1e-6
    assert found["method_loading:item A 1"] == pytest.approx(0.5 / np.sqrt(1.25), abs=0.06)
    assert found["cor_adjusted:A~B"] == pytest.approx(0.3, abs=0.06)
    assert found["cor:A~B"] > found["cor_adjusted:A~B"] + 0.05
    assert failed(found) == set()


def test_free_loadings_fit_at_least_as_well_as_one():
    method = np.tile([0.2, 0.4, 0.4, 0.2], 4)
    for seed in (3, 4, 5):
        frame = sample(400, seed, method, uneven=True)
        equal, free = (
            ask(frame, BLOCKS).glance for ask in (measurement.common_latent_factor, measurement.ulmc)
        )
        less = equal["df_method"] - free["df_method"]
        assert less in (15, 16)  # 16 where the common loading is zero
        assert free["bic_method"] - less * np.log(400) <= equal["bic_method"] + 1e-6


@pytest.mark.parametrize("seed", range(20, 26))
def test_a_method_factor_that_the_answers_do_not_determine_is_refused_or_settles(seed):
    """Where nothing but the constructs is at work free loadings are hardly determined: one line, or a better fit."""
    try:
        found = measurement.ulmc(sample(300, seed, 0.3), BLOCKS).glance
    except ModelError as refused:
        found = None
        text = str(refused)
    if found is None:
        assert "do not determine" in text
    else:
        assert found["bic_method"] < found["bic_trait"] + 16 * np.log(300)


def test_a_second_order_construct_that_looks_like_method_is_said():
    """No method at all, one common cause, equal loadings: what the factor takes is that cause, and is called so."""
    taken = 0
    for seed in range(6, 12):
        found = measurement.common_latent_factor(sample(500, seed, cor=0.5, loadings=np.full(4, 0.7)), BLOCKS)
        assert found.glance["cfi_loss_second_order"] < 0.01
        if found["variance_method"] > 0.01:
            assert {"check.method_mimic", "check.method_second_order"} <= failed(found)
            taken += found["variance_method"] > 0.05
    assert taken


def test_no_room_for_a_common_factor():
    """A common loading of zero is no factor, and changes nothing."""
    none = 0
    for seed in range(5):
        found = measurement.common_latent_factor(sample(300, 100 + seed, cor=0.2), BLOCKS)
        if found["method_loading"] > 0:
            continue
        none += 1
        assert (found["method_loading"], found["chi2_difference"], found["variance_method"]) == (0, 0, 0)
        assert found.cell("chi2_difference", "p_value") == 1
        assert found["loading_adjusted:A=~item A 0"] == found["loading:A=~item A 0"]
        assert failed(found) <= {"check.admissible:clf"}
    assert none


def test_three_constructs_always_leave_a_second_order_factor_open():
    three = {name: BLOCKS[name] for name in "ABC"}
    found = measurement.common_latent_factor(sample(500, 7, 0.4), three)
    assert "check.method_second_order" in failed(found)
    assert found.glance["cfi_loss_second_order"] == 0


def test_a_loading_that_falls_is_named():
    method = np.full(16, 0.05)
    method[:4] = (0.9, 0.05, 0.05, 0.9)
    method[4:8] = (0.9, 0.05, 0.05, 0.9)
    found = measurement.ulmc(sample(2000, 8, method), BLOCKS)
    assert "check.loading_drop:A=~item A 0" in failed(found)


def test_order_of_rows_and_items_changes_nothing():
    frame = sample(300, 9, 0.3)
    other = {name: items[::-1] for name, items in reversed(list(BLOCKS.items()))}
    shuffled = frame.sample(frac=1, random_state=1)
    for ask in (measurement.common_latent_factor, measurement.ulmc):
        a, b = ask(frame, BLOCKS), ask(shuffled, other)
        for term in ("chi2_difference", "variance_method", "loading_adjusted:B=~item B 2"):
            assert a[term] == pytest.approx(b[term], abs=2e-5)


def test_missing_answers_are_used():
    frame = sample(500, 10, 0.4)
    holes = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.05)
    found = measurement.common_latent_factor(holes, BLOCKS)
    assert found.glance["n"] == 500
    assert found["variance_method"] == pytest.approx(
        measurement.common_latent_factor(frame, BLOCKS)["variance_method"], abs=0.02
    )


# -- the marker technique ------------------------------------------------------------------------


def test_marker_models_have_the_degrees_of_freedom_of_the_paper():
    found = measurement.cfa_marker(sample(400, 11, 0.3), BLOCKS, MARKER)
    p, k, m = 16, 4, 3
    cfa = (p + m) * (p + m + 1) / 2 - 2 * (p + m) - (k + 1) * k / 2
    base = cfa + k + 2 * m
    expect = {"cfa": cfa, "baseline": base, "method_c": base - 1, "method_u": base - p}
    kept = "method_c" if found.glance["kept_equal"] else "method_u"
    expect["method_r"] = expect[kept] + k * (k - 1) / 2
    assert {name: found[f"df:{name}"] for name in expect} == expect
    assert found["df_difference:baseline~method_c"] == 1
    assert found["df_difference:method_c~method_u"] == p - 1
    assert found[f"df_difference:{kept}~method_r"] == k * (k - 1) / 2


def test_a_planted_method_is_taken_out_of_the_correlations():
    """Method loading .4 on every item (share .14), correlations .3: within .05 at n = 2000."""
    found = measurement.cfa_marker(sample(2000, 12, 0.4), BLOCKS, MARKER)
    assert {"check.marker_variance", "check.marker_bias"} <= failed(found)
    for pair in ("A~B", "A~D", "C~D"):
        assert found[f"cor:{pair}"] > 0.37
        assert found[f"cor_adjusted:{pair}"] == pytest.approx(0.3, abs=0.05)
        assert found[f"cor_s01:{pair}"] < found[f"cor_s05:{pair}"] < found[f"cor_adjusted:{pair}"]
    l, m = LOADINGS / np.sqrt(1.16), np.full(4, 0.4) / np.sqrt(1.16)
    total = l.sum() ** 2 + m.sum() ** 2 + (1 - l**2 - m**2).sum()
    assert found["reliability_method:B"] == pytest.approx(m.sum() ** 2 / total, abs=0.03)
    assert found["reliability_adjusted:B"] == pytest.approx(l.sum() ** 2 / total, abs=0.03)
    assert found["method_share:B"] == pytest.approx(
        found["reliability_method:B"] / (found["reliability_method:B"] + found["reliability_adjusted:B"])
    )


def test_unequal_method_loadings_keep_the_free_model():
    method = np.tile([0.0, 0.6, 0.0, 0.3], 4)
    found = measurement.cfa_marker(sample(1000, 13, method), BLOCKS, MARKER, estimator="ML")
    assert found.glance["kept_equal"] == 0
    assert found["method_loading:item C 1"] == pytest.approx(0.6 / np.sqrt(1.36), abs=0.07)


def test_without_method_the_marker_finds_none():
    found = measurement.cfa_marker(sample(800, 14, 0.0), BLOCKS, MARKER)
    assert failed(found) == set()
    assert found["cor_adjusted:A~B"] == pytest.approx(found["cor:A~B"], abs=0.02)


@pytest.mark.slow
def test_marker_tests_reject_at_their_level():
    """300 sets without method: baseline against method_c rejects in 2 to 8 %, and so does method_c against method_u."""
    three = {name: BLOCKS[name] for name in "ABC"}
    found = [
        measurement.cfa_marker(sample(400, 1000 + s), three, MARKER, estimator="ML", missing="listwise")
        for s in range(300)
    ]
    for pair in ("baseline~method_c", "method_c~method_u"):
        share = np.mean([r.cell(f"chi2_difference:{pair}", "p_value") < 0.05 for r in found])
        assert 0.02 <= share <= 0.08, pair


SMALL = sample(60, 15)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: measurement.ulmc(SMALL, {"A": BLOCKS["A"]}), "1 constructs are given, at least 2"),
        (lambda: measurement.ulmc(SMALL, {"A": BLOCKS["A"], "B": BLOCKS["A"]}), "stands in 'A' and in 'B'"),
        (lambda: measurement.ulmc(SMALL, {"A": BLOCKS["A"], "B": []}), "construct 'B' has no items"),
        (
            lambda: measurement.ulmc(SMALL, {"A": ["item A 0"], "B": ["item B 0"]}),
            "0 items of constructs with several",
        ),
        (
            lambda: measurement.common_latent_factor(SMALL, {"A": ["nothing"], "B": BLOCKS["B"]}),
            "item 'nothing' is not a column",
        ),
        (lambda: measurement.ulmc(SMALL.assign(**{"item A 0": 1.0}), BLOCKS), "every answer is the same"),
        (lambda: measurement.ulmc(SMALL.assign(**{"item A 0": "x"}), BLOCKS), "words, not numbers"),
        (lambda: measurement.ulmc(SMALL.head(12), BLOCKS), "."),
        (lambda: measurement.cfa_marker(SMALL, BLOCKS, ["m 0"]), "the marker has 1 items"),
        (
            lambda: measurement.cfa_marker(SMALL, {**BLOCKS, "E": ["m 0"]}, MARKER),
            "construct 'E' has fewer than 2",
        ),
        (lambda: measurement.cfa_marker(SMALL, {"A": BLOCKS["A"]}, MARKER), "1 constructs, at least 2"),
        (lambda: measurement.cfa_marker(SMALL, BLOCKS, ["item A 0", "m 1"]), "stands in 'A' and in 'marker'"),
    ],
)
def test_what_cannot_be_asked_says_why(ask, says):
    with pytest.raises(ModelError, match=says):
        ask()
