"""Tables of needs, members and benchmarks; means of units; the register that grows; one dominance for two rooms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from crmlab import enterprise as e
from crmlab.data.benchmark import admit_benchmark
from crmlab.data.members import admit_members
from crmlab.data.needs import admit_needs
from crmlab.dominance import dominance, r2_of_subsets
from crmlab.enterprise.shrinkage import empirical_bayes
from crmlab.errors import CrmlabError, ModelError
from crmlab.structure.drivers import drivers


def masked(cells):
    return [None if cell is None or not str(cell).strip() else f"p{cell}" for cell in cells]


def written(folder, text):
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_needs_are_admitted_with_customers_as_pseudonyms(tmp_path):
    path = written(
        tmp_path,
        "need,importance,performance,customer,segment\nprice,5,۳,C1,a\nprice,4,,C2,b\n,,,,\nspeed,2,4,C1,a\n",
    )
    found = admit_needs(path, pseudonyms=masked)
    assert found.frame["customer"].tolist() == ["pC1", "pC2", "pC1"]
    assert found.frame["performance"].tolist()[0] == 3
    assert (found.flow["read"], found.flow["kept"], found.flow["blank"], found.flow["customers"]) == (
        4,
        3,
        1,
        2,
    )
    assert found.refused == {3: "empty"}
    assert [check.name for check in found.flow.failed] == ["check.blank_needs"]
    assert admit_needs(path).frame["customer"].isna().all()  # without a way to mask, nobody is read


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("need,importance\nprice,5\n", "performance"),
        ("need,importance,performance\nprice,five,3\n", "'five' is no number"),
        ("need,importance,performance\n,5,3\n", "1 blank cell"),
        ("need,importance,performance\nprice,,3\n", "no row has both"),
        (
            "need,importance,performance,customer\nprice,5,3,C1\nprice,4,3,C1\n",
            "again by the same customer .3 repeats 2",
        ),
    ],
)
def test_a_bad_need_is_told(tmp_path, text, says):
    with pytest.raises(CrmlabError, match=says):
        admit_needs(written(tmp_path, text), pseudonyms=masked)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("customer,town\nC1,x\n", "unit"),
        ("customer,unit\nC1,A\nC1,B\n", "1 customer named again .3 repeats 2"),
        ("customer,unit\n,A\n", "1 row without a customer"),
        ("customer,unit\nC1,\n", "1 blank cell"),
    ],
)
def test_a_bad_member_is_told(tmp_path, text, says):
    with pytest.raises(CrmlabError, match=says):
        admit_members(written(tmp_path, text), pseudonyms=masked)


def test_members_and_benchmarks_are_counted(tmp_path):
    members = admit_members(written(tmp_path, "customer,unit\nC1,A\nC2,B\nC3,A\n"), pseudonyms=masked)
    assert (members.flow["members:A"], members.flow["units"]) == (2, 2)
    table = admit_benchmark(
        written(tmp_path, "unit,staff,sales\nA,1,2\nB,2,3\n"), inputs=["staff"], outputs=["sales"]
    )
    assert table.flow["units"] == 2
    assert table.inputs == ("staff",)
    for text, says in (
        ("unit,staff,sales\nA,,2\n", "1 blank figure"),
        ("unit,staff,sales\nA,-1,2\n", "1 figure below zero"),
        ("unit,staff,sales\nA,1,2\nA,1,2\n", "unit 'A' stands twice"),
        ("unit,stuff,sales\nA,1,2\n", "staff"),
    ):
        with pytest.raises(CrmlabError, match=says):
            admit_benchmark(written(tmp_path, text), inputs=["staff"], outputs=["sales"])


def test_means_of_units_are_shrunk_by_their_imprecision():
    customers = pd.DataFrame({"unit": list("aaaabbbccd"), "RQ": [1, 2, 3, 4, 4, 5, 4.5, 3, 2, 5]})
    found = e.unit_means(customers)
    groups = customers.groupby("unit")["RQ"]
    within = np.sqrt(groups.apply(lambda y: ((y - y.mean()) ** 2).sum()).sum() / (10 - 4))
    by_hand = empirical_bayes(groups.mean().to_numpy(), within / np.sqrt(groups.size().to_numpy()))
    for place, unit in enumerate("abcd"):
        assert found[f"mean:{unit}"] == pytest.approx(groups.mean()[unit], abs=1e-12)
        assert found[f"shrunk:{unit}"] == pytest.approx(by_hand.value[place], abs=1e-12)
        assert found[f"customers:{unit}"] == groups.size()[unit]
    assert found["weight:d"] < found["weight:a"]  # one customer says less than four
    turned = e.unit_means(customers.iloc[::-1])
    assert turned["shrunk:b"] == pytest.approx(found["shrunk:b"], abs=1e-12)
    with pytest.raises(ModelError, match="three units"):
        e.unit_means(customers.head(7))
    with pytest.raises(ModelError, match="say the same"):
        e.unit_means(pd.DataFrame({"unit": list("aabbcc"), "RQ": [1, 1, 2, 2, 3, 3]}))


def test_shrunk_means_cover_planted_truths():
    rng = np.random.default_rng(3)
    hits, error_own, error_shrunk = [], [], []
    for _ in range(60):
        truth = rng.normal(3.5, 0.3, 25)
        n = rng.integers(4, 30, 25)
        frame = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(25), n).astype(str),
                "RQ": np.repeat(truth, n) + rng.normal(0, 0.8, n.sum()),
            }
        )
        found = e.unit_means(frame)
        table = found.select("shrunk")
        at = truth[table.index.astype(int)]
        hits.append(((table["ci_low"] < at) & (at < table["ci_high"])).mean())
        error_shrunk.append(((table["estimate"] - at) ** 2).mean())
        error_own.append(((found.select("mean")["estimate"] - at) ** 2).mean())
    assert 0.92 < np.mean(hits) < 0.97
    assert np.mean(error_shrunk) < 0.8 * np.mean(error_own)


def test_the_register_accepts_additions_and_leads_from_the_pages():
    grown = e.considerations().add("X1", {"en": "Privacy", "fa": "حریم خصوصی"}, ["technology"])
    reach = grown.reach()
    assert reach["reaches:X1~lic"] == 1
    assert reach["theme:X1~technology"] == 1
    assert reach.glance["considerations"] == 15
    assert set(e.considerations().entries) == {f"D{k}" for k in range(1, 15)}
    for key in e.considerations().entries:
        assert e.considerations().reach()[f"pages:{key}"] >= 1


def test_one_dominance_serves_two_rooms():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) + rng.normal(size=(60, 4))
    R = np.corrcoef(X, rowvar=False)
    found = dominance(R[None, 1:, 1:], R[None, 1:, 0])
    r2 = r2_of_subsets(R[None, 1:, 1:], R[None, 1:, 0])[:, 0]
    for j in range(3):
        gains = []
        for order in permutations(range(3)):
            before = sum(1 << k for k in order[: order.index(j)])
            gains.append(r2[before | 1 << j] - r2[before])
        assert found.weight[0, j] == pytest.approx(np.mean(gains), abs=1e-12)
    assert found.weight.sum() == pytest.approx(found.r2[0], abs=1e-12)
    frame = pd.DataFrame(X, columns=list("yabc"))
    one, other = (
        drivers(frame, "y", list("abc"), resamples=100),
        e.dominance(frame, "y", list("abc"), resamples=0),
    )
    for name in "abc":
        assert one[f"dominance:{name}"] == pytest.approx(other[f"dominance:y~{name}"], abs=1e-12)
