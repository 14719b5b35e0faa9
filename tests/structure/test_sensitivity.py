"""The sensitivity table: the engines' own numbers, verdicts that stand and fall, choices that fail."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab import pls, structure
from crmlab.errors import ModelError
from crmlab.structure import Population, sample, sensitivity
from crmlab.study.hypotheses import Hypothesis

BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3)] for c in "ABC"}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]


def hypothesis(id, *chain):
    source, *via, target = chain
    return Hypothesis(id, "mediation" if via else "direct", source, target, tuple(via), "+", {})


HYPOTHESES = [hypothesis("H1", "A", "B"), hypothesis("H3", "A", "C"), hypothesis("H4", "A", "B", "C")]


@pytest.fixture(scope="module")
def answers():
    items = {c: {f"{c}{k}": 0.75 for k in (1, 2, 3)} for c in "ABC"}
    paths = {("A", "B"): 0.6, ("B", "C"): 0.5, ("A", "C"): 0.0}
    return sample(Population(items, paths, missing=0.02), 250, seed=3)


def test_every_choice_is_the_engines_own(answers):
    careless = {"line": np.arange(250) < 12}
    found = sensitivity(answers, BLOCKS, PATHS, HYPOTHESES, careless=careless, resamples=200)
    assert found.glance["choices"] == 12
    assert found.glance["computed"] == 12
    kept = answers.iloc[12:]
    want = structure.estimate_covariance(kept, BLOCKS, PATHS, hypotheses=HYPOTHESES)
    assert found["hypothesis:H1.sem.model.line"] == pytest.approx(want.sem_paths["path:B~A"], abs=1e-12)
    assert found["verdict:H4.sem.model.line"] == want.sem_verdicts["verdict:H4"]
    boot = pls.fit(answers, BLOCKS, PATHS, consistent=True, missing="casewise").bootstrap(200, 0)
    assert found["hypothesis:H4.plsc.complete.all"] == boot.result("indirect")["indirect:C~B~A"]
    assert found["n:sem.model.line"] == 238
    assert found["n:pls.complete.all"] == answers.dropna().shape[0]
    assert found["stands:H1"] == 1.0
    assert found["lowest:H1"] < found["highest:H1"]
    assert found["sign:H1"] == 1.0


def test_a_verdict_that_falls(answers):
    """Composites leak what B does not take up: A -> C is found by PLS alone, or not; the table says which."""
    found = sensitivity(answers, BLOCKS, PATHS, HYPOTHESES, resamples=200)
    share = np.mean(
        [
            found[f"verdict:H3.{e}.{m}.all"] == found["verdict:H3.sem.model.all"]
            for e in ("sem", "pls", "plsc")
            for m in ("model", "complete")
        ]
    )
    assert found["stands:H3"] == pytest.approx(share)
    told = {check.name: check.ok for check in found.checks}
    assert told["check.stands:H3"] == (share == 1)
    assert told["check.stands:H1"]


def test_without_gaps_there_is_one_missing_rule(answers):
    found = sensitivity(
        answers.fillna(3), BLOCKS, PATHS, HYPOTHESES, estimators=["sem", "pls"], resamples=100
    )
    assert found.glance["choices"] == 2


def test_a_choice_that_cannot_be_computed_is_told(answers):
    few = {"strict": np.arange(250) >= 8}
    found = sensitivity(
        answers,
        BLOCKS,
        PATHS,
        HYPOTHESES,
        careless={"none": np.zeros(250, bool), **few},
        estimators=["sem", "pls"],
        resamples=100,
    )
    failed = {check.name: check.rule for check in found.failed if check.name.startswith("check.choice")}
    assert "check.choice:sem.complete.strict" in failed
    assert all(failed.values())
    assert "n:sem.complete.strict" not in found


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"hypotheses": []}, "no hypothesis is given"),
        ({"hypotheses": [hypothesis("H9", "A", "Z")]}, "H9 is about A -> Z"),
        ({"estimators": ["ols"]}, "estimator 'ols'"),
        ({"main": "plsc", "estimators": ["sem"]}, "not among"),
        ({"careless": {"x": np.zeros(3, bool)}}, "for each of 250 rows"),
        ({"careless": {"a.b": np.zeros(250, bool)}}, "full stop"),
        ({"careless": {"x": np.ones(250, bool)}}, "main choice sem.model.x cannot be computed"),
    ],
)
def test_faults_of_the_question(answers, how, words):
    how = {"hypotheses": HYPOTHESES, "resamples": 100} | how
    with pytest.raises(ModelError, match=words):
        sensitivity(answers, BLOCKS, PATHS, how.pop("hypotheses"), **how)
