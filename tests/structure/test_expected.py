"""The population of a study: its own constructs, items and scale; faults in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlab.errors import StudyError
from crmlab.structure import expected_population, monte_carlo_power
from crmlab.study import load_study

EFFECTS = {"H1": 0.6, "H2": 0.5, "CLV~CRM": 0.15}


@pytest.fixture(scope="module")
def demo():
    return load_study(Path(__file__).resolve().parents[2] / "data" / "demo")


def test_the_demo_study(demo):
    found = expected_population(demo, EFFECTS, loadings=0.7, missing=0.02)
    assert len(found.items) == 52
    assert found.points == 5
    assert set(found.second_order) == {"CRM", "RQ", "CLV"}
    assert found.paths["CRM", "RQ"] == 0.6
    assert found.effect(("CRM", "RQ", "CLV")) == pytest.approx(0.3)
    power = monte_carlo_power(found, [200], replications=20, workers=1)
    assert power["power:RQ~CRM.200"] == 1.0
    assert power["failed:200"] == 0


@pytest.mark.parametrize(
    ("effects", "how", "words"),
    [
        ({"H1": 0.6}, {}, "no effect is expected for the path CLV~"),
        (EFFECTS | {"H4": 0.3}, {}, "'H4', which is no direct hypothesis"),
        (EFFECTS | {"RQ~CRM": 0.6}, {}, "two effects are expected for the path RQ~CRM"),
        (EFFECTS, {"loadings": {"FOC1": 0.7}}, "no loading is given for 'FOC2'"),
    ],
)
def test_faults(demo, effects, how, words):
    with pytest.raises(StudyError, match=words) as caught:
        expected_population(demo, effects, **how)
    assert len(str(caught.value).splitlines()) <= 2
