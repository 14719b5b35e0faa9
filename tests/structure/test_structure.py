"""Verdicts by rule: every outcome, the unwelcome ones too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls, structure
from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure import benjamini_hochberg, holm, judge, mediation_type, verdict
from crmlab.study.hypotheses import Hypothesis


def hypothesis(id: str, source: str, target: str, *via: str, sign: str = "+") -> Hypothesis:
    return Hypothesis(id, "mediation" if via else "direct", source, target, via, sign, {"en": "", "fa": ""})


@pytest.mark.parametrize(
    ("low", "high", "sign", "want"),
    [
        (0.1, 0.3, "+", 1),
        (-0.3, -0.1, "+", -1),
        (-0.1, 0.1, "+", 0),
        (-0.3, -0.1, "-", 1),
        (0.1, 0.3, "-", -1),
        (0.1, 0.3, "", 1),
        (-0.3, -0.1, "", 1),
        (0.0, 0.3, "+", 0),
    ],
)
def test_verdict(low, high, sign, want):
    assert verdict(low, high, sign) == want


def test_no_interval_no_verdict():
    assert np.isnan(verdict(np.nan, 0.3, "+"))


@pytest.mark.parametrize(
    ("indirect", "direct", "want"),
    [
        ((0.1, 0.2), (0.1, 0.2), 3),
        ((-0.2, -0.1), (-0.2, -0.1), 3),
        ((0.1, 0.2), (-0.2, -0.1), 4),
        ((0.1, 0.2), (-0.2, 0.1), 2),
        ((0.1, 0.2), None, 2),
        ((-0.1, 0.2), (0.1, 0.2), 1),
        ((-0.1, 0.2), (-0.1, 0.2), 0),
    ],
)
def test_types_of_mediation(indirect, direct, want):
    assert mediation_type(indirect, direct) == want


def test_adjusted_p_values_by_hand():
    p = np.array([0.01, 0.04, 0.03, 0.005, np.nan])
    assert holm(p)[:4] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p)[:4] == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert np.isnan(holm(p)[4])


def test_adjusted_p_values_against_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(1).random(40) ** 2
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))


EFFECTS = Result(
    "model.pls",
    tidy_frame(
        [
            {"term": "path:RQ~CRM", "estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "p_value": 0.001},
            {"term": "path:CLV~RQ", "estimate": -0.3, "ci_low": -0.4, "ci_high": -0.2, "p_value": 0.001},
            {"term": "path:CLV~CRM", "estimate": 0.02, "ci_low": -0.1, "ci_high": 0.1, "p_value": 0.7},
            {
                "term": "indirect:CLV~RQ~CRM",
                "estimate": -0.15,
                "ci_low": -0.2,
                "ci_high": -0.1,
                "p_value": 0.001,
            },
        ]
    ),
)


def test_every_hypothesis_gets_its_row():
    asked = [
        hypothesis("H1", "CRM", "RQ"),
        hypothesis("H2", "RQ", "CLV"),
        hypothesis("H3", "CRM", "CLV"),
        hypothesis("H4", "CRM", "CLV", "RQ"),
    ]
    found = judge(asked, EFFECTS)
    assert [found[f"verdict:{h.id}"] for h in asked] == [1, -1, 0, -1]
    assert found["mediation:H4"] == 2
    assert "mediation:H1" not in found
    assert found["p_holm:H3"] == pytest.approx(0.7)
    assert found["p_fdr:H1"] == pytest.approx(0.004 / 3)
    assert found.cell("hypothesis:H4", "ci_low") == -0.2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            hypothesis("H1.11", "FOC", "TRU"),
            "hypothesis H1.11 is about FOC -> TRU, which is no path of this model",
        ),
        (hypothesis("H9", "CRM", "CLV", "SAT"), "hypothesis H9 is about CRM -> SAT -> CLV"),
        (Hypothesis("H8", "mediation", "CRM", "CLV", (), "+", {}), "hypothesis H8 is about CRM -> CLV"),
    ],
)
def test_a_hypothesis_about_nothing_in_the_model(asked, words):
    with pytest.raises(ModelError) as caught:
        judge([asked], EFFECTS)
    assert words in str(caught.value)


def test_oracle_me3_share_of_the_total_effect_that_is_carried():
    # a = .5, b = .4, c' = .3: indirect .2 of total .5 is .4
    rng = np.random.default_rng(4)
    z = rng.standard_normal((50, 3))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    x = z[:, 0]
    m = 0.5 * x + np.sqrt(0.75) * z[:, 1]
    y = 0.3 * x + 0.4 * m
    y = y + np.sqrt(1 - y @ y) * z[:, 2]
    data = pd.DataFrame({"x": x, "m": m, "y": y})
    fit = pls.fit(data, {"X": ["x"], "M": ["m"], "Y": ["y"]}, [("X", "M"), ("M", "Y"), ("X", "Y")])
    indirect = fit.indirect["estimate"].item()
    total = fit.total.set_index(["from", "to"])["estimate"]["X", "Y"]
    assert indirect == pytest.approx(0.2, abs=1e-9)
    assert indirect / total == pytest.approx(0.4, abs=1e-6)


def test_the_chapter_on_simulated_answers(sim400):
    names = ("kco", "km", "tech", "tru", "com", "sat")
    blocks = {name: [f"{name}{i}" for i in range(1, 5)] for name in names} | {"CLV": ["logclv"]}
    found = structure.estimate(
        sim400,
        blocks,
        [("CRM", "RQ"), ("RQ", "CLV"), ("CRM", "CLV")],
        higher_order={
            "CRM": {"of": names[:3], "method": "two_stage"},
            "RQ": {"of": names[3:], "method": "two_stage"},
        },
        hypotheses=[hypothesis("H1", "CRM", "RQ"), hypothesis("H4", "CRM", "CLV", "RQ")],
        n_boot=500,
        seed=1,
    )
    assert list(found.results) == ["paths", "effects", "outer", "verdicts"]
    assert found.verdicts["verdict:H1"] == 1
    assert found.verdicts["mediation:H4"] == 3
    assert found.verdicts["hypothesis:H4"] == found.effects["indirect:CLV~RQ~CRM"]
    assert found.effects["total:CLV~CRM"] == pytest.approx(
        found.paths["path:CLV~CRM"] + found.effects["indirect:CLV~RQ~CRM"], abs=1e-12
    )
    quantities = set(found.paths.tidy["term"].str.partition(":")[0])
    assert quantities == {"path", "r2", "r2_adjusted", "f2", "vif"}
    assert found.paths.source["seed"] == "1"
