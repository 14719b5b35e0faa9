"""Combined importance-performance map, and how a fit shows itself."""

from __future__ import annotations

import numpy as np
import pytest
from pls_cases import MOBI, MOBI_PATHS

from crmlab import pls
from crmlab.errors import ModelError


@pytest.fixture(scope="module")
def fit(mobi):
    return pls.fit(mobi, MOBI, MOBI_PATHS)


def test_it_joins_ipma_and_nca(fit):
    found = fit.cipma("Satisfaction", 80, (1, 10), permutations=99, seed=1)
    ipma = fit.ipma("Satisfaction", (1, 10), "unstandardized")
    nca = fit.nca("Satisfaction", permutations=99, seed=1)
    for name in ("Image", "Expectation", "Quality", "Value"):
        assert found[f"importance:{name}"] == ipma[f"importance:{name}"]
        assert found[f"performance:{name}"] == ipma[f"performance:{name}"]
        for ceiling in ("ce_fdh", "cr_fdh"):
            term = f"{ceiling}:Satisfaction~{name}"
            assert found[term] == pytest.approx(nca[term], abs=1e-12)
            assert found.cell(term, "p_value") == nca.cell(term, "p_value")


def test_nobody_reaches_the_level_with_less_than_is_needed(fit):
    found = fit.cipma("Satisfaction", 80, (1, 10), permutations=0)
    scale = {name: fit.scores[name] for name in fit.scores}
    for name in ("Image", "Quality"):
        share = found[f"share_below:{name}"]
        low = np.sort(scale[name])[: round(share * 250)]
        top = scale["Satisfaction"][scale[name] <= low.max()]
        spread = found["performance:Satisfaction"]
        assert 0 < share < 1
        assert found[f"needed:{name}"] < 100
        assert top.max() < scale["Satisfaction"].max()
        assert 0 < spread < 100
    assert np.isnan(found["needed:Value"])
    assert found["share_below:Value"] == 0


def test_a_higher_level_needs_no_less(fit):
    low, high = (fit.cipma("Satisfaction", level, (1, 10), permutations=0) for level in (60, 95))
    for name in ("Image", "Quality"):
        assert not low[f"needed:{name}"] > high[f"needed:{name}"]


def test_what_cannot_be_asked_is_said(fit):
    for call, says in (
        (lambda: fit.cipma("Satisfaction", 101, (1, 10)), "level 101 of 'Satisfaction'"),
        (lambda: fit.cipma("Image", 80), "is no construct that others explain"),
        (lambda: fit.cipma("Satisfaction", 80, ceiling="x"), "ceiling 'x'"),
        (lambda: fit.cipma("Satisfaction", 80, permutations=-1), "-1 permutations"),
    ):
        with pytest.raises(ModelError, match=says):
            call()


def test_a_fit_shows_itself(mobi, fit):
    assert "Satisfaction" in repr(fit)
    page = fit._repr_html_()
    assert "SRMR" in page
    assert "rho_a" in page
    odd = pls.fit(
        mobi.rename(columns={"CUSCO": "<b>"}), MOBI | {"Complaints": ["<b>"]}, MOBI_PATHS, max_iter=2
    )
    assert "<b>failed</b> check.converged" in odd._repr_html_()
    assert "checks failed" in repr(odd)
