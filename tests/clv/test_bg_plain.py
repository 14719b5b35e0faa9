"""Discounted purchases of BG models: against the integral of the hypergeometric function, alone and in company, and where p is nearly 1."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.clv.bg_family import BgFamily
from crmlab.clv.bg_plain import discounted_plain
from crmlab.clv.fit import given

CASES = [  # R, A, a, b (with the count), horizon, rate; R/A int_0^h exp(-rate t) 2F1(R+1, a; a+b; -t/A) dt by mpmath 1.4
    ((0.24, 35.0, 0.79, 2.43, np.inf, 0.003), 1.0794880044154087),
    ((3.24, 31.0, 0.79, 5.43, 52.0, 0.003), 3.6877824711469898),
    ((61.0, 90.0, 0.3, 30.0, np.inf, 0.01), 51.06288719120482),
    ((1000.5, 80.0, 2.0, 40.0, 26.0, 0.001), 36.320949807167466),
    ((0.6, 2.0, 5.0, 0.4, 500.0, 0.05), 0.7005200822845344),
    ((12.0, 1.5, 0.2, 0.2, np.inf, 0.1), 19.163853552037438),
]


@pytest.mark.parametrize(("case", "want"), CASES)
def test_against_the_integral_of_the_hypergeometric_function(case, want):
    *own, h, rate = case
    found = discounted_plain(*(np.array([v]) for v in own), h, rate)[0]
    assert found == pytest.approx(want, rel=1e-9)


def test_company_changes_nobody():
    rng = np.random.default_rng(3)
    x, T = rng.integers(0, 90, 400).astype(float), rng.uniform(1, 80, 400)
    rows = (0.3 + x, 5 + T, np.full(400, 0.8), 2.4 + x)
    for h, rate in ((np.inf, 0.003), (52.0, 0.01)):
        together = discounted_plain(*rows, h, rate)
        alone = [discounted_plain(*(v[i : i + 1] for v in rows), h, rate)[0] for i in range(0, 400, 40)]
        assert together[::40] == pytest.approx(alone, rel=1e-11)
        coarse = discounted_plain(*rows, h, rate, fine=False)
        assert coarse == pytest.approx(together, rel=1e-5)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("horizon", [np.inf, 30.0])
def test_regular_buyers_who_nearly_all_leave_at_once(k, horizon):
    """b near 0: everybody leaves after his next purchase, so value is that of one purchase (a Gamma(k) wait)."""
    fit = given(BgFamily(k), {"r": 40.0, "alpha": 20.0, "a": 3.0, "b": 1e-5}, [1], [1], [2])
    got = fit.dert_new(0.05, horizon=horizon)[0]
    rng = np.random.default_rng(1)
    wait = rng.gamma(k, 1, 400_000) / rng.gamma(40.0, 1 / 20.0, 400_000)
    want = np.where(wait <= horizon, np.exp(-0.05 * wait), 0.0)
    assert got == pytest.approx(want.mean(), abs=4 * want.std() / np.sqrt(len(want)))
