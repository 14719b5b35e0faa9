"""Canvas coverage and evidence, revenue at risk, and the crosswalk with its open register."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rated import random_ratings

from crmlab import enterprise as e
from crmlab.data.canvas import BLOCKS
from crmlab.enterprise.crosswalk import PAGES
from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.study.instrument import bundled, read_catalogue
from crmlab.study.maturity import elements

EFFECT = Result(
    "model.pls",
    tidy_frame(
        [
            {
                "term": "path:SAT~KNO",
                "estimate": 0.31,
                "std_error": 0.05,
                "ci_low": 0.21,
                "ci_high": 0.41,
                "p_value": 0.001,
            }
        ]
    ),
)


def test_oracle_bm1():
    found = e.coverage()
    assert 100 * found["marked_share"] == pytest.approx(55.555556, abs=1e-4)
    assert sum(found[f"marked:{block}"] for block in BLOCKS) == 5
    assert found.ok
    assert not e.coverage(["revenue", "segments", "channels", "costs"]).ok  # 4 of 9
    with pytest.raises(ModelError, match="'profit' is no block"):
        e.coverage(["profit"])


def test_scores_edges_and_no_evidence():
    frame = pd.DataFrame(
        {
            "block": ["channels", "channels", "revenue", "relationships"],
            "crm_effect_rating": [4.0, np.nan, 5, 3],
            "kpi": ["late", "lost", "margin", None],
            "baseline": [10.0, 4, 100, np.nan],
            "target": [5.0, 2, 120, np.nan],
            "value": [6.0, 5, 130, np.nan],
        }
    )
    found = e.canvas_map(
        frame,
        items={"segments": (3.0, 1, 5), "channels": (4.0, 1, 5)},
        effects={("KNO", "segments"): (EFFECT, "path:SAT~KNO")},
    )
    assert found["kpi_score:channels"] == pytest.approx((80 + 0) / 2)  # one went the wrong way: 0, not below
    assert found["score:channels"] == pytest.approx((40 + 75) / 2)
    assert found["score:revenue"] == 100
    assert found["score:segments"] == 50
    assert np.isnan(found["score:value_propositions"])
    assert np.isnan(found["score:relationships"])  # a rating is an opinion, no evidence
    assert found["rating:relationships"] == 3
    assert found.cell("effect:segments~KNO", "ci_high") == 0.41
    assert found["evidence:segments"] == 2
    assert [c.name for c in found.failed] == [
        "check.no_evidence:value_propositions",
        "check.no_evidence:relationships",
    ]
    assert np.isnan([e.canvas_map()[f"score:{block}"] for block in BLOCKS]).all()
    with pytest.raises(ModelError, match="has no term 'path:SAT~ORG'"):
        e.canvas_map(effects={("ORG", "segments"): (EFFECT, "path:SAT~ORG")})
    with pytest.raises(ModelError, match="is not on the scale 1-5"):
        e.canvas_map(items={"segments": (7.0, 1, 5)})


HAND = pd.DataFrame({"margin": [100.0, 200, 50, 150, 0], "SAT": [5.0, 2, 3, np.nan, 4]})


def test_revenue_at_risk_on_a_hand_table():
    found = e.revenue_at_risk(HAND)
    assert found["satisfied_share"] == pytest.approx(100 / 350)
    assert found["risk_revenue"] == 200
    assert found["risk_share"] == pytest.approx(200 / 350)
    assert found["neither_revenue"] == 50
    assert (found["unknown_revenue"], found["unknown_share"]) == (150, 0.3)
    assert (
        found["customers"]
        == 5
        == found["satisfied_customers"] + found["risk_customers"] + 1 + found["unknown_customers"]
    )
    moved = e.revenue_at_risk(HAND.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(moved.tidy, found.tidy)
    with pytest.raises(ModelError, match="1 customers have no margin"):
        e.revenue_at_risk(HAND.assign(margin=[np.nan, 1, 1, 1, 1]))
    with pytest.raises(ModelError, match="is not above 0"):
        e.revenue_at_risk(HAND.assign(SAT=np.nan))
    with pytest.raises(ModelError, match="lies above satisfied"):
        e.revenue_at_risk(HAND, low=4.5)


def test_revenue_shares_are_covered():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(60):
        sat = rng.integers(1, 6, 300).astype(float)
        frame = pd.DataFrame({"SAT": sat, "margin": rng.gamma(2, 50, 300) * (1 + 0.2 * sat)})
        truth = sum(1 + 0.2 * s for s in (1, 2)) / sum(1 + 0.2 * s for s in range(1, 6))
        found = e.revenue_at_risk(frame, resamples=400)
        hits.append(found.cell("risk_share", "ci_low") <= truth <= found.cell("risk_share", "ci_high"))
    assert np.mean(hits) >= 0.88


def test_crosswalk_speaks_of_things_that_exist():
    numbers = {(one.model, str(one.number)) for one in elements().values()}
    constructs = {item.construct for item in bundled().items.values()} | {
        i.code for i in bundled().items.values()
    }
    constructs |= {item.code[:3] for item in bundled().items.values()}
    for theme in e.themes().values():
        for model in ("lic", "gartner", "crm_strategy"):
            assert {(model, place) for place in theme.places.get(model, ())} <= numbers
        assert set(theme.places.get("canvas", ())) <= set(BLOCKS)
        assert set(theme.places.get("office", ())) <= {"FO", "MO", "BO"}
        assert set(theme.dimensions) <= constructs
        assert theme.places
        assert all(theme.name.values())
    rated = {
        (m, n)
        for t in e.themes().values()
        for m in ("lic", "gartner", "crm_strategy")
        for n in t.places.get(m, ())
    }
    assert rated == numbers  # every stage of every model belongs to a theme


def test_every_consideration_is_reachable_and_both_files_agree():
    register = e.considerations()
    assert list(register.entries) == [f"D{k}" for k in range(1, 15)]
    assert register.reach().ok
    for row in read_catalogue("crosswalk"):
        listed = {key for key, one in register.entries.items() if row["theme"] in one.themes}
        assert listed == {key for key in row["considerations"].split(";") if key}
    for page in PAGES:
        assert register.of(page)


def test_the_register_is_open():
    register = e.considerations()
    longer = register.add("X1", {"en": "Consent", "fa": "رضایت آگاهانه"}, ["technology", "interaction"])
    assert "X1" not in register.entries
    assert longer.pages("X1") == ("lic", "gartner", "crm_strategy", "kalakota", "swift", "canvas", "office")
    assert longer.reach()["pages:X1"] == 7
    for args, words in (
        (("D1", {"en": "a", "fa": "b"}, ["technology"]), "in the register already"),
        (("X2", {"en": "a"}, ["technology"]), "no title in 'fa'"),
        (("X2", {"en": "a", "fa": "b"}, ["tech"]), "'tech' is no theme"),
        (("X2", {"en": "a", "fa": "b"}, []), "no model reaches it"),
        (("a b", {"en": "a", "fa": "b"}, ["technology"]), "a key has letters"),
    ):
        with pytest.raises(ModelError, match=words):
            register.add(*args)


def test_one_fact_a_theme_for_all_pages():
    frame = pd.concat(
        [random_ratings(0), random_ratings(0, model="STR"), random_ratings(0, model="LIC", elements=5)]
    )
    levels = e.levels(frame, resamples=200)
    found = e.theme_levels(levels)
    assert found["theme_level:technology.gartner"] == pytest.approx(levels.table["GAR7"].mean())
    three = [found[f"theme_level:technology.{m}"] for m in ("lic", "gartner", "crm_strategy")]
    assert found["theme_level:technology"] == pytest.approx(np.mean(three))
    assert found["theme_spread:technology"] == pytest.approx(np.ptp(three))
    part = e.theme_levels(e.levels(random_ratings(0, model="LIC", elements=5), resamples=50))
    assert "theme_level:people" not in part  # LIC has no stage for it
