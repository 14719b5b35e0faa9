"""Step 01: sizes side by side, foreseen power, the instrument in numbers; odd designs speak."""

from __future__ import annotations

import math

import pandas as pd
import pytest
import yaml

from crmlab import measurement, structure
from crmlab.data.experts import experts_of
from crmlab.errors import DataError, StudyError
from crmlab.structure import Population, monte_carlo_power
from crmlab.structure.design_question import degrees
from crmlab.study import load_study

DESIGN = {"effects": {"K1": 0.5, "C ~ B": 0.4, "C~A": 0.15}, "n": 150, "sizes": [100], "replications": 50}


def words(text):
    return {"en": text, "fa": text}


def study(folder, design=DESIGN, **changes):
    items = {
        f"{c}{k}": {"scale": "r", "text": words(f"{c}{k}"), "reverse": k == 3}
        for c in "ABC"
        for k in (1, 2, 3)
    }
    content = {
        "name": "plan", "title": words("t"), "organisation": words("o"), "survey": {"file": "raw/x.csv"},
        "instrument": {"base": "none", "scales": {"r": {"points": [1, 7]}}, "items": items},
        "constructs": {c: {"label": words(c), "items": [f"{c}{k}" for k in (1, 2, 3)]} for c in "ABC"},
        "paths": ["B ~ A", "C ~ B + A"],
        "hypotheses": [
            {"id": "K1", "source": "A", "target": "B", "statement": words("one")},
            {"id": "K2", "source": "A", "target": "C", "statement": words("two")},
            {"id": "K3", "source": "A", "via": ["B"], "target": "C", "statement": words("three")},
        ],
        "design": design,
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump({**content, **changes}, allow_unicode=True), encoding="utf-8")
    return load_study(file)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    asked = structure.design_question(study(tmp_path_factory.mktemp("plan")))
    return asked, structure.foresee(**asked.power)


def test_every_hypothesis_gets_the_power_of_its_own_effect(planned):
    asked, found = planned
    plain = monte_carlo_power(
        asked.power["population"], [100, 150], estimator="MLR", replications=50, seed=20240101
    )
    assert found.power["sem"].equals(plain)
    for name, subject, effect in (("K1", "B~A", 0.5), ("K2", "C~A", 0.15), ("K3", "C~B~A", 0.2)):
        assert found.hypotheses[f"expected:{name}"] == pytest.approx(effect)
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            there = plain.cell(f"power:{subject}.150", column)
            assert found.hypotheses.cell(f"power:{name}", column) == there
    assert found.hypotheses["any_false"] == pytest.approx(1 - 0.95**3)
    assert [c.name for c in found.hypotheses.failed] == ["check.power_planned:K2"]


def test_fifty_four_hypotheses_give_a_false_one():
    """The product's own warning: 1 - .95^54 = .937."""
    chains = {f"H{k}": ("A", "B") for k in range(54)}
    found = structure.foresee(chains, None, sizes=[100])
    assert found.hypotheses["any_false"] == pytest.approx(0.9373, abs=1e-4)
    assert found.power == {}
    assert found.first is None


def test_sizes_are_those_of_the_single_rules(planned):
    asked, found = planned
    sizes = structure.sample_sizes(**asked.sizes, needed=found.first)
    assert sizes["n:cochran"] == structure.cochran()["n:cochran"] == 385
    assert sizes["n:inverse_square_root"] == 275  # (2.4865 / .15)^2 = 274.8
    assert sizes["n:gamma_exponential"] == structure.gamma_exponential(0.15)["n:gamma_exponential"]
    f2 = asked.sizes["f2"]
    assert sizes["n:regression"] == structure.regression_sample_size(f2, predictors=2)["n:regression"]
    assert asked.sizes["df"] == 24  # 45 moments less 21 parameters
    assert sizes["n:rmsea_close"] == structure.rmsea_sample_size(24)["n:rmsea_close"]
    assert math.isnan(sizes["n:monte_carlo"])  # 150 respondents do not show .15
    assert sizes["planned"] == 150
    assert "check.planned_n" in {check.name for check in sizes.failed}


def test_smallest_f2_by_hand(planned):
    """R2 of C with both: .4^2 + .15^2 + 2 (.4)(.15)(.5) = .2425; without A: (.4 + .075)^2 = .225625."""
    whole, without = 0.2425, 0.475**2
    assert planned[0].sizes["f2"] == pytest.approx((whole - without) / (1 - whole))


def test_degrees_of_freedom_of_the_bundled_instrument():
    """52 items in second order: 1378 moments less 120 parameters."""
    from pathlib import Path

    assert degrees(load_study(Path(__file__).parents[2] / "data" / "demo")) == 1258


def test_an_effect_of_nothing_and_a_wrong_sign(tmp_path):
    design = DESIGN | {"effects": {"B~A": -0.3, "C~B": 0.3, "C~A": 0}}
    asked = structure.design_question(study(tmp_path, design))
    found = structure.foresee(**asked.power)
    assert {c.name for c in found.hypotheses.failed} >= {"check.expected_sign:K1", "check.expected_sign:K3"}
    assert "n:C~A" not in found.first
    assert math.isnan(found.hypotheses["n:K2"])
    assert found.hypotheses["power:K2"] < 0.2


def test_only_effects_of_nothing_need_no_size():
    population = Population({c: {f"{c}{k}": 0.8 for k in (1, 2, 3)} for c in "AB"}, {("A", "B"): 0.0})
    found = structure.foresee({"H": ("A", "B")}, population, sizes=[60], replications=30)
    assert found.needed == {}


def test_without_effects_and_without_hypotheses(tmp_path):
    asked = structure.design_question(study(tmp_path, {}, hypotheses=[]))
    found = structure.foresee(**asked.power)
    assert found.hypotheses["hypotheses"] == 0
    assert list(found.results) == ["hypotheses"]
    sizes = structure.sample_sizes(**asked.sizes, needed=found.first)
    assert sizes.glance["expected"] == 0
    assert sizes["n:inverse_square_root"] == 155  # a path of .20: (2.4865 / .2)^2 = 154.6


def test_the_instrument_in_numbers(planned):
    found = structure.instrument(**planned[0].instrument)
    assert (found["items"], found["constructs"]) == (9, 3)
    assert (found["items:A"], found["reversed:A"], found["points:A"]) == (3, 1, 7)
    few = structure.instrument({"A": ["A1"]}, {"A1": 5})
    assert [check.name for check in few.failed] == ["check.few_items:A"]


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        ({"K1": 0.5}, "no effect is expected for the path 'C ~ B'"),
        ({"K1": 0.5, "B~A": 0.5, "C~B": 0.4, "C~A": 0.1}, "two effects are expected for the path 'B ~ A'"),
        ({"K3": 0.5}, "'K3' is a mediation"),
        ({"K9": 0.5}, "'K9' is no direct hypothesis and no path"),
        ({"K1": 1.5}, "less than 1"),
    ],
)
def test_wrong_effects_are_told(tmp_path, effects, told):
    with pytest.raises(StudyError, match=told):
        study(tmp_path, DESIGN | {"effects": effects})


def test_an_unknown_construct_in_a_hypothesis_is_told(tmp_path):
    wrong = [{"id": "K1", "source": "A", "target": "X", "statement": words("one")}]
    with pytest.raises(StudyError, match="hypothesis 'K1' names an unknown construct 'X'"):
        study(tmp_path, {}, hypotheses=wrong)


def test_experts(tmp_path):
    design = {
        "experts": {
            "necessity": {"file": "raw/need.csv"},
            "relevance": {"file": "raw/fit.csv", "missing": ["?"]},
        }
    }
    read = study(tmp_path / "s", design)
    (tmp_path / "s" / "raw").mkdir()
    need = pd.DataFrame({"who": list("abcdefghij"), "A1": [3] * 9 + [2], "A2": [3] * 5 + [1] * 5})
    need.to_csv(tmp_path / "s/raw/need.csv", index=False)
    fit = pd.DataFrame({"A1": [4, 4, 3, "?"], "A2": [1, 4, 4, 4]})
    fit.to_csv(tmp_path / "s/raw/fit.csv", index=False)
    found = measurement.content_validity(**experts_of(read).asked)
    assert found.cvr["cvr:A1"] == pytest.approx(0.8)
    assert found.cvr["cvr:A2"] == 0
    assert found.cvi["experts:A1"] == 3
    assert found.cvi["i_cvi:A2"] == 0.75
    assert list(found.results) == ["cvr", "cvi"]
    assert measurement.content_validity().results == {}
    need.assign(A1=7).to_csv(tmp_path / "s/raw/need.csv", index=False)
    with pytest.raises(DataError, match="7 is no rating from 1 to 3"):
        experts_of(read)
    need.rename(columns={"A1": "x", "A2": "y"}).to_csv(tmp_path / "s/raw/need.csv", index=False)
    with pytest.raises(DataError, match="no column is called by the code of an item"):
        experts_of(read)
