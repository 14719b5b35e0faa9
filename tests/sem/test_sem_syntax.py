"""Model text: what is read, what is refused and where."""

import math

import pytest

from crmlab.errors import ModelError
from crmlab.sem.expression import parse as expression
from crmlab.sem.partable import build
from crmlab.sem.rows import Options
from crmlab.sem.syntax import parse


def terms(text):
    return {(t.lhs, t.op, t.rhs): t for t in parse(text).terms}


def test_modifiers_of_every_kind():
    t = terms("f =~ NA*x1 + a*x2 + c(b, d)*x3 + start(0.3)*x4 + -0.5*x5 + c(NA, 1)*x6")
    assert math.isnan(t["f", "=~", "x1"].fixed[0])
    assert t["f", "=~", "x2"].label == ("a",)
    assert t["f", "=~", "x3"].label == ("b", "d")
    assert t["f", "=~", "x4"].start == (0.3,)
    assert t["f", "=~", "x5"].fixed == (-0.5,)
    assert t["f", "=~", "x6"].fixed[1] == 1.0


def test_a_parameter_named_twice_keeps_both_modifiers():
    t = terms("f =~ NA*x1 + m*x1 + x2")["f", "=~", "x1"]
    assert math.isnan(t.fixed[0])
    assert t.label == ("m",)


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2 + x3; y ~ f",
        "f =~ x1 + # first\n  x2 + x3\ny ~ f",
        "f =~ x1\n + x2\n + x3 ! comment\n\n\ny ~\n f",
        "f =~\nx1+x2+x3\ny~f",
    ],
)
def test_lines_may_continue(text):
    assert set(terms(text)) == {("f", "=~", "x1"), ("f", "=~", "x2"), ("f", "=~", "x3"), ("y", "~", "f")}


def test_intercepts_thresholds_constraints_and_definitions():
    parsed = parse("y ~ 1 + b*x\nu | t1 + 0.5*t2\nind := b^2 / (1 + exp(-b))\nb > 0\nb == 2*c1")
    assert [(t.lhs, t.op, t.rhs) for t in parsed.terms] == [
        ("y", "~1", ""),
        ("y", "~", "x"),
        ("u", "|", "t1"),
        ("u", "|", "t2"),
    ]
    assert [c.op for c in parsed.constraints] == [":=", ">", "=="]


def test_persian_names_with_a_half_space():
    assert ("رضایت", "=~", "گویه\u200cیک") in terms("رضایت =~ گویه\u200cیک + گویه\u200cدو")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("f =~ x1 ++ x2", "line 1, column 10: nothing stands before '\\+'"),
        ("f =~ x1\ng =~", "line 2, column 3: nothing stands after '=~'"),
        ("f =~ x1 & x2", "line 1, column 9: cannot read '&'"),
        ("f x1", "line 1, column 1: 'f x1' has no operator"),
        ("f =~ x1\ny ~ x ~ z", "line 2, column 7: a second operator"),
        ("f =~ 2*3", "line 1, column 8: '3' is not the name"),
        ("f <~ x1", "formative"),
        ("level: 1", "blocks"),
        ("a := b +", "line 1, column 9: 'b \\+' ends too early"),
        ("u | x", "'x' is not a threshold"),
        ("", "no statement"),
    ],
)
def test_typing_errors_say_line_and_column(text, message):
    with pytest.raises(ModelError, match=message):
        parse(text)


def test_a_misspelt_label_names_its_neighbour():
    with pytest.raises(ModelError, match=r"'indirct' is no label.*did you mean 'indirect'"):
        build(parse("y ~ indirect*x\nq := indirct*2"), Options(), {})


def test_expressions_and_their_derivatives():
    found = expression("2 ^ -a + sqrt(b) * exp(a) / -(b - 3)")
    values = {"a": 0.7, "b": 2.0}
    truth = 2**-0.7 + math.sqrt(2) * math.exp(0.7) / 1.0
    assert found.value(values) == pytest.approx(truth)
    h = 1e-6
    for name, slope in found.gradient(values).items():
        up, down = {**values, name: values[name] + h}, {**values, name: values[name] - h}
        assert slope == pytest.approx((found.value(up) - found.value(down)) / (2 * h), rel=1e-6)


def test_defaults_of_lavaan():
    text = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f + z\nw ~ g"
    rows = {row.name: row for row in build(parse(text), Options(), {}).rows}
    assert rows["f=~x1"].fixed == 1.0
    assert rows["z~~z"].exo
    assert rows["w~~w"].free
    assert rows["g~~g"].free
    assert "f~~g" not in rows
    std = {row.name: row for row in build(parse(text), Options(std_lv=True), {}).rows}
    assert std["f=~x1"].free
    assert std["f~~f"].fixed == 1.0


def test_equal_intercepts_free_latent_means():
    options = Options(
        groups=2, meanstructure=True, group_equal=("loadings", "intercepts"), group_partial=("f=~x3",)
    )
    rows = {(row.name, row.group): row for row in build(parse("f =~ x1+x2+x3"), options, {}).rows}
    assert rows["f~1", 1].fixed == 0.0
    assert rows["f~1", 2].free
    assert rows["f=~x2", 1].label == rows["f=~x2", 2].label == ".p2."
    assert rows["f=~x3", 2].label == ""
