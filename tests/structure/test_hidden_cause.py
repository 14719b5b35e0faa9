"""The hidden cause: a published example, the bias it stands for, and a planted one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure import hidden_cause
from crmlab.structure.hidden_cause import _values


def paths(n=300, **cells):
    rows = [{"term": f"path:{path}", "estimate": b, "std_error": se} for path, (b, se) in cells.items()]
    return Result("model.pls", tidy_frame(rows), {"n": n})


def test_the_published_example():
    """Cinelli & Hazlett (2020), table 1: Darfur, t = 4.184 with 783 degrees of freedom: 2.2 %, 13.9 %, 7.6 %."""
    found = _values(4.18445, 783, 0.05)
    assert found["partial_r2"] == pytest.approx(0.022, abs=5e-4)
    assert found["undone"] == pytest.approx(0.139, abs=5e-4)
    assert found["unshown"] == pytest.approx(0.076, abs=5e-4)


@pytest.mark.parametrize(("b", "se"), [(0.5, 0.05), (0.1, 0.06), (-0.3, 0.04)])
def test_the_tipping_point_reproduces_zero(b, se):
    found = hidden_cause(paths(**{"RQ~CRM": (b, se)}))
    r = found["undone:RQ~CRM"]
    bias = se * math.sqrt(298 * r * r / (1 - r))
    assert abs(b) - bias == pytest.approx(0, abs=1e-12)
    assert 0 <= found["unshown:RQ~CRM"] < r


def test_a_planted_hidden_cause_of_that_strength_undoes_the_path():
    """y on d with u left out and put in: the bias by the formula is the bias that is seen."""
    rng = np.random.default_rng(1)
    n = 4000
    u = rng.standard_normal(n)
    d = 0.6 * u + rng.standard_normal(n)
    y = 0.8 * u + 0.2 * d + rng.standard_normal(n)
    d, y, u = (x - x.mean() for x in (d, y, u))
    short = d @ y / (d @ d)
    both = np.linalg.lstsq(np.c_[d, u], y, rcond=None)[0][0]
    rest = y - short * d
    se = math.sqrt(rest @ rest / (n - 2) / (d @ d))
    r_d = np.corrcoef(d, u)[0, 1] ** 2
    r_y = np.corrcoef(rest, u - d * (d @ u) / (d @ d))[0, 1] ** 2
    bias = se * math.sqrt((n - 2) * r_y * r_d / (1 - r_d))
    assert short - both == pytest.approx(bias, rel=1e-6)


def test_others_and_ways():
    given = paths(**{"RQ~CRM": (0.5, 0.05), "CLV~RQ": (0.4, 0.05), "CLV~CRM": (0.2, 0.05)})
    found = hidden_cause(given, ["CLV~RQ~CRM", "X~RQ~CRM"])
    assert found["weakest:CLV~RQ~CRM"] == min(found["undone:RQ~CRM"], found["undone:CLV~RQ"])
    assert "weakest:X~RQ~CRM" not in found
    assert found["largest_other:CLV~CRM"] == found["partial_r2:CLV~RQ"]
    assert "largest_other:RQ~CRM" not in found


def test_without_cases_there_is_no_answer():
    with pytest.raises(ModelError):
        hidden_cause(Result("model.pls", tidy_frame([])))
