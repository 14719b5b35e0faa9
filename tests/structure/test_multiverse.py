"""Every defensible specification: the base kept to the last digit, the others the engines' own, shares by hand."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure import multiverse, sensitivity
from crmlab.structure.covariance import estimate_covariance
from crmlab.study.hypotheses import Hypothesis

BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3)] for c in ("A", "P", "Q", "R", "C")}
HIGHER = {"B": {"of": ["P", "Q", "R"], "method": "two_stage"}}
PATHS = [("A", "B"), ("B", "C"), ("A", "C")]
HOW = {"main": "pls", "estimators": ("pls", "sem"), "resamples": 100, "seed": 5}


def hypothesis(id, *chain):
    source, *via, target = chain
    return Hypothesis(id, "mediation" if via else "direct", source, target, tuple(via), "+", {})


HYPOTHESES = [hypothesis("H1", "A", "B"), hypothesis("H3", "A", "C"), hypothesis("H4", "A", "B", "C")]


@pytest.fixture(scope="module")
def answers():
    """A affects B, which has three dimensions and affects C; the third item of A is weak."""
    rng = np.random.default_rng(2)
    n = 260
    a = rng.standard_normal(n)
    b = 0.6 * a + 0.8 * rng.standard_normal(n)
    c = 0.5 * b + 0.2 * a + 0.8 * rng.standard_normal(n)
    first = {"A": a, "C": c} | {part: 0.85 * b + 0.5 * rng.standard_normal(n) for part in "PQR"}
    frame = {}
    for name, items in BLOCKS.items():
        for item in items:
            loading = 0.3 if item == "A3" else 0.8
            frame[item] = loading * first[name] + 0.6 * rng.standard_normal(n)
    return pd.DataFrame(frame)


@pytest.fixture(scope="module")
def base(answers):
    return sensitivity(answers, BLOCKS, PATHS, HYPOTHESES, higher_order=HIGHER, **HOW)


@pytest.fixture(scope="module")
def outer(answers):
    return pls.fit(answers, BLOCKS, PATHS, higher_order=HIGHER).bootstrap(100, 0).result("loading")


def turned(answers, base, outer, **more):
    none = pd.Series(False, index=answers.index)
    how = {"higher_order": HIGHER, **HOW} | more
    return multiverse(answers, none, base, outer, BLOCKS, PATHS, HYPOTHESES, **how)


@pytest.fixture(scope="module")
def found(answers, base, outer):
    return turned(answers, base, outer)


def test_the_choices_are_every_combination(found):
    choices = list(found.select("n").index)
    assert len(choices) == found.glance["computed"] == found.glance["choices"] == 6
    assert choices[0] == "pls.model.all.items"
    assert {choice.rpartition(".")[2] for choice in choices} == {"items", "strong", "means"}


def test_weak_items_are_dropped_and_named(found, answers):
    assert set(found.select("dropped").index) == {"A3"}
    kept = BLOCKS | {"A": ["A1", "A2"]}
    boot = pls.fit(answers, kept, PATHS, higher_order=HIGHER).bootstrap(100, 5)
    assert found["hypothesis:H1.pls.model.all.strong"] == boot.result("path")["path:B~A"]


def test_means_of_dimensions_are_the_engines_own(found, answers):
    means = answers[BLOCKS["A"] + BLOCKS["C"]].assign(
        **{part: answers[BLOCKS[part]].mean(axis=1) for part in "PQR"}
    )
    model = {"A": BLOCKS["A"], "C": BLOCKS["C"], "B": ["P", "Q", "R"]}
    want = estimate_covariance(means, model, PATHS)
    assert found["hypothesis:H1.sem.model.all.means"] == pytest.approx(want.sem_paths["path:B~A"], abs=1e-9)


def test_one_specification_is_the_base_to_the_last_digit(answers, base, outer):
    """No weak item, no second-order construct, no gap, nobody careless, one estimator."""
    one = {**HOW, "estimators": ("pls",)}
    blocks = {c: BLOCKS[c] for c in ("A", "P", "C")}
    paths, asked = [("A", "P"), ("P", "C")], [hypothesis("H1", "A", "P")]
    alone = sensitivity(answers, blocks, paths, asked, **one)
    none = pd.Series(False, index=answers.index)
    fit = pls.fit(answers, blocks, paths).bootstrap(100, 5)
    got = multiverse(answers, none, alone, fit.result("loading"), blocks, paths, asked, loading=0.01, **one)
    assert got.glance["computed"] == 1
    for column in ("estimate", "std_error", "ci_low", "ci_high", "p_value"):
        assert got.cell("hypothesis:H1.pls.model.all.items", column) == fit.result("path").cell("path:P~A", column)  # fmt: skip
    assert got["sign:H1"] == got["stands:H1"] == 1
    assert got["median:H1"] == got["hypothesis:H1.pls.model.all.items"]
    assert not len(got.select("median_by"))


def test_the_studys_own_verdicts_stand_first(answers, base, outer):
    rows = []
    for h in HYPOTHESES:
        rows.append({"term": f"hypothesis:{h.id}", "estimate": 0.123, "std_error": 0.1, "ci_low": -0.1,
                     "ci_high": 0.3, "p_value": 0.2})  # fmt: skip
        rows.append({"term": f"verdict:{h.id}", "estimate": 0.0})
    own = Result("model.verdicts", tidy_frame(rows))
    got = turned(answers, base, outer, verdicts=own)
    assert got["hypothesis:H1.pls.model.all.items"] == 0.123
    assert got["verdict:H1.pls.model.all.items"] == 0
    assert got["stands:H1"] < 1


def test_shares_by_hand(found):
    for h in ("H1", "H3", "H4"):
        choices = list(found.select("n").index)
        b = np.array([found[f"hypothesis:{h}.{choice}"] for choice in choices])
        said = np.array([found[f"verdict:{h}.{choice}"] for choice in choices])
        assert found[f"sign:{h}"] == pytest.approx((np.sign(b) == np.sign(b[0])).mean())
        assert found[f"support:{h}"] == pytest.approx((said == 1).mean())
        assert found[f"median:{h}"] == pytest.approx(np.median(b))
        assert found.cell(f"median:{h}", "ci_low") == b.min()
        sem = [k for k, choice in enumerate(choices) if choice.startswith("sem.")]
        assert found[f"median_by:{h}.estimator.sem"] == pytest.approx(np.median(b[sem]))
        spread = abs(found[f"median_by:{h}.estimator.sem"] - found[f"median_by:{h}.estimator.pls"])
        assert found[f"spread:{h}.estimator"] == pytest.approx(spread)


def test_the_order_of_rows_changes_nothing(answers, found, outer):
    mixed = answers.sample(frac=1, random_state=1)
    one = {**HOW, "estimators": ("sem",), "main": "sem"}
    base = sensitivity(mixed, BLOCKS, PATHS, HYPOTHESES, higher_order=HIGHER, **one)
    got = turned(mixed, base, outer, **one)
    for choice in got.select("n").index:
        assert got[f"hypothesis:H1.{choice}"] == pytest.approx(found[f"hypothesis:H1.{choice}"], abs=1e-6)


def test_a_way_that_cannot_be_computed_is_told(answers, base, outer, monkeypatch):
    def fails(*_, **__):
        raise ModelError("nothing can be done")

    monkeypatch.setattr(sys.modules["crmlab.structure.multiverse"], "sensitivity", fails)
    got = turned(answers, base, outer)
    assert {check.name for check in got.failed} >= {"check.way:strong", "check.way:means"}
    assert got.glance["computed"] == 2
    assert got.glance["choices"] == 6


def test_an_empty_base_says_why(answers, base, outer):
    empty = Result(
        "model.sensitivity", tidy_frame([]), {}, (Check("check.possible", False, 0, "composites"),)
    )
    with pytest.raises(ModelError, match="composites"):
        turned(answers, empty, outer)
