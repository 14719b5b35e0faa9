"""Who is compared, and that no number that is told gives the size of a small group away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import ModelError
from crmlab.present.privacy import withheld
from crmlab.structure import Population, compare_groups, sample
from crmlab.structure.group_rows import grouped_rows, unsaid

BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3)] for c in "AB"}
ITEMS = {c: dict.fromkeys(items, 0.75) for c, items in BLOCKS.items()}


def people(*counts):
    data = sample(Population(ITEMS, {("A", "B"): 0.5}), sum(counts), 2)
    return data.assign(GRP=np.repeat(np.arange(1, len(counts) + 1), counts))


@pytest.fixture(scope="module")
def compared():
    how = {"engines": ("sem", "pls"), "seed": 1, "least": 50, "threshold": 5}
    return compare_groups(people(90, 120, 3), BLOCKS, [("A", "B")], {"GRP": ()}, **how).results


def test_small_groups_are_left_out_and_named_without_their_size():
    rows = grouped_rows(people(60, 80, 3), "GRP", (), 50, 5)
    assert rows.sizes == {"GRP.1": 60, "GRP.2": 80}
    assert [(c.name, np.isnan(c.value)) for c in rows.checks] == [("check.small_group:GRP.3", True)]
    assert rows.hidden == {"GRP.1"}
    assert not grouped_rows(people(60, 80, 7), "GRP", (), 50, 5).hidden  # seven people may be told


def test_no_saved_number_gives_the_small_group_away(compared):
    """213 people answered, which every report says: without 90 or 210 nobody can tell that three are left."""
    for name, result in compared.items():
        sizes = result.tidy[result.tidy["term"].str.match(r"n:(.*\.)?GRP\.\d$")].set_index("term")["estimate"]
        assert sizes[sizes.index.str.endswith("GRP.1")].isna().all(), name
        assert not {"n", "left_out", "ntotal", "bic", "rmsea"} & set(result.glance), name
        numbers = [*result.tidy["estimate"], *result.glance.values(), *(c.value for c in result.checks)]
        assert not {3.0, 90.0, 210.0} & {float(value) for value in numbers}, name
    means = compared["means_GRP"]
    assert np.isnan(means["sd:A.GRP.1"])
    assert np.isnan(means.cell("mean:A.GRP.1", "std_error"))
    assert means["n:A.GRP.2"] == 120


def test_the_precision_found_does_not_give_the_size_either(compared):
    """size_needed / (detectable / smallest)^2 would be the harmonic mean of both sizes."""
    found = compared["paths_GRP"]
    assert found["size_needed:B~A"] % 10 == 0
    rmsea = found.select("rmsea")["estimate"]
    assert np.allclose(rmsea, rmsea.round(2))


def test_the_same_sizes_are_hidden_as_in_the_table_of_who_answered():
    for counts in (
        {"a": 90, "b": 120, "c": 3},
        {"a": 60, "b": 60, "c": 4, "d": 2},
        {"a": 9, "b": 8},
        {"a": 4, "b": 1},
    ):
        assert unsaid(counts, 5) == set(withheld(counts, 5))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (people(60, 80).assign(GRP=1), "the answers to 'GRP' make 1 group; two"),
        (people(60, 80).assign(GRP=np.nan), "the answers to 'GRP' make 0 groups; two"),
        (people(60, 3), "'GRP' has 1 group of 50 respondents or more; two are needed"),
        (people(60, 80).drop(columns="GRP"), "'GRP' is not a column"),
    ],
)
def test_groupings_without_two_groups(data, words):
    with pytest.raises(ModelError, match=words):
        grouped_rows(data, "GRP", (), 50, 5)
    found = compare_groups(data, BLOCKS, [("A", "B")], {"GRP": ()}, engines=("sem", "pls")).results
    for result in found.values():
        known = "GRP" in data
        assert [check.name for check in result.failed] == [
            "check.two_groups:text:GRP" if known else "check.possible"
        ]
        assert ("at least 50 respondents" if known else words) in result.failed[0].rule


def test_power_sets_the_least_where_it_is_asked_to():
    needed = pd.DataFrame({"term": ["n:B~A"], "estimate": [100.0]})
    from crmlab.result import Result, tidy_frame

    table = Result("model.group_power", tidy_frame(needed.to_dict("records")), {}, (), {})
    how = {"groupings": {"GRP": ()}, "foretold": table}
    data = people(90, 120, 130)
    left = compare_groups(data, BLOCKS, [("A", "B")], least=None, **how).results["paths_GRP"]
    assert set(left.select("n").index) == {"GRP.2", "GRP.3"}
    assert left["foretold:B~A"] == 100
    assert not len(left.select("short"))
    kept = compare_groups(data, BLOCKS, [("A", "B")], least=50, **how).results["paths_GRP"]
    assert list(kept.select("short").index) == ["GRP.1"]
    assert "check.group_power" in {check.name for check in kept.failed}
