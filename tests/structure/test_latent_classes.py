"""Classes that are found in answers: planted ones come back, none are found where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import ModelError
from crmlab.structure import compare_groups, latent_classes

NEEDED = "needs the extra: pip install 'crmlab[latent]'"


def planted(n=300, seed=0, blank=0.03):
    """Two classes of .65 and .35 with categories 1-3 answered by .7/.2/.1 and .1/.3/.6."""
    rng = np.random.default_rng(seed)
    member = (rng.random(n) < 0.35).astype(int)
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    answers = np.array([[rng.choice(3, p=shares[k]) + 1.0 for _ in range(6)] for k in member])
    answers[rng.random(answers.shape) < blank] = np.nan
    return pd.DataFrame(answers, columns=[f"q{k}" for k in range(1, 7)]), member


def test_without_the_package_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "stepmix.stepmix", None)
    monkeypatch.setitem(sys.modules, "stepmix", None)
    data, _ = planted()
    with pytest.raises(ModelError, match=r"pip install 'crmlab\[latent\]'"):
        latent_classes(data, list(data))
    asked = {"CLASS": {"items": ("q1", "q2", "q3"), "constructs": {}, "classes": 3}}
    found = compare_groups(data, {"A": ["q1", "q2"]}, [("A", "B")], {}, latent=asked).results
    assert list(found) == ["classes_CLASS"]  # nothing else is said of groups that are not there
    assert found["classes_CLASS"].failed[0].rule.endswith("pip install 'crmlab[latent]'")


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
class TestWithStepmix:
    @pytest.fixture(autouse=True)
    def _stepmix(self):
        pytest.importorskip("stepmix", reason=NEEDED)

    def test_planted_classes_come_back(self):
        data, member = planted()
        found, classes = latent_classes(data, list(data), most=3, seed=1)
        assert found["classes"] == 2
        assert ((classes == 2) == member).mean() > 0.9
        assert found["n:CLASS.1"] + found["n:CLASS.2"] == 300
        assert found["share:CLASS.1"] == pytest.approx(0.65, abs=0.06)
        assert found["entropy:2"] > 0.8
        assert found["parameters:2"] == 2 * 6 * 2 + 1
        assert found["bic:2"] == pytest.approx(-2 * found["loglik:2"] + 25 * np.log(300))
        assert {check.name for check in found.failed} == {"check.classes_formed"}

    def test_one_class_has_the_likelihood_of_the_shares(self):
        """l = sum over items and categories of n log(n / n_answered)."""
        data, _ = planted(blank=0.1)
        found, _ = latent_classes(data, list(data), most=2)
        counts = [data[c].value_counts().to_numpy() for c in data]
        by_hand = sum(float((n * np.log(n / n.sum())).sum()) for n in counts)
        assert found["loglik:1"] == pytest.approx(by_hand, rel=1e-6)

    def test_row_order_and_codes_change_nothing(self):
        data, _ = planted(200)
        one, classes = latent_classes(data, list(data), most=2, seed=1)
        moved = data.sample(frac=1, random_state=2)
        again, others = latent_classes(moved * 10, list(data), most=2, seed=1)
        assert (others.loc[classes.index] == classes).all()
        assert again["bic:2"] == pytest.approx(one["bic:2"], abs=1e-6)

    def test_no_classes_are_found_in_noise(self):
        rng = np.random.default_rng(3)
        data = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
        found, classes = latent_classes(data, list(data), categories=False, most=3)
        assert found["classes"] == 1
        assert classes.isna().all()
        assert found.failed[0].name == "check.classes_found"

    def test_profiles_of_scores(self):
        rng = np.random.default_rng(4)
        member = rng.random(240) < 0.4
        data = pd.DataFrame({c: rng.normal(size=240) + 3 * member for c in "abc"})
        data.iloc[0] = np.nan
        found, classes = latent_classes(data, list("abc"), categories=False, most=2)
        assert found["mean:a@CLASS.2"] - found["mean:a@CLASS.1"] == pytest.approx(3, abs=0.4)
        assert found.glance["left_out"] == 1
        assert np.isnan(classes.iloc[0])


@pytest.mark.parametrize(
    ("columns", "most", "words"),
    [
        (["q1"], 3, "two different"),
        (["q1", "q1"], 3, "two different"),
        (["q1", "z"], 3, "'z' is not a column"),
        (["q1", "flat"], 3, "'flat' does not vary"),
        (["q1", "q2"], 1, "1 class is nothing"),
        (["q1", "q2"], 9, "too few"),
    ],
)
def test_faults_of_the_question(columns, most, words):
    data = planted(100)[0].assign(flat=1.0)
    with pytest.raises(ModelError, match=words):
        latent_classes(data, columns, most=most)
