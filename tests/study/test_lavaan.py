"""The model as text: what a user would have written by hand."""

from crmlab.study import lavaan

BLOCKS = {"A": ["a1", "a2"], "M": ["m1"], "B": ["b1", "b2"], "C": ["c1", "c2"]}


def test_measurement_with_a_single_item_and_a_second_order():
    text = lavaan.measurement({"A": ["a1", "a2"], "B": ["b1"]}, {"G": {"of": ["A", "B"]}})
    assert text.splitlines() == ["A =~ a1 + a2", "B =~ b1", "b1 ~~ 0*b1", "G =~ A + B"]


def test_every_effect_is_defined_once():
    text = lavaan.structure(BLOCKS, [("A", "M"), ("M", "B"), ("A", "B"), ("B", "C")], {})
    assert sorted(text.effects.values()) == [
        "indirect:B~M~A",
        "indirect:C~B~A",
        "indirect:C~B~M",
        "indirect:C~B~M~A",
        "total:B~A",
        "total:B~M",
        "total:C~A",
        "total:C~B",
        "total:C~M",
        "total:M~A",
        "total_indirect:B~A",
        "total_indirect:C~A",
        "total_indirect:C~M",
    ]
    lines = dict(line.split(" := ") for line in text.model.splitlines() if ":=" in line)
    name = {term: name for name, term in text.effects.items()}
    assert lines[name["indirect:C~B~M~A"]] == "b1*b2*b4"
    assert lines[name["total:B~A"]] == "b1*b2 + b3"
    assert "B ~ b2*M + b3*A" in text.model
