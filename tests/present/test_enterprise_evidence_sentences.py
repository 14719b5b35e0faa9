"""Sentences on needs, merging, briefs, peers, links, revenue, mediation and cuts: each outcome has its own words."""

from __future__ import annotations

import math

import pytest

from crmlab.present import enterprise_link_sentences as links
from crmlab.present import enterprise_links as tables_of
from crmlab.present import enterprise_map_sentences as maps
from crmlab.present import enterprise_sentences as rated
from crmlab.present import enterprise_stage_sentences as stages
from crmlab.present import enterprise_stages as stages_of
from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.result import Check, Result, tidy_frame

NAN = math.nan


def source(rows, glance=None, failed=()):
    """rows: term -> estimate or (estimate, low, high)."""
    table = []
    for term, value in rows.items():
        estimate, low, high = value if isinstance(value, tuple) else (value, NAN, NAN)
        table.append({"term": term, "estimate": estimate, "ci_low": low, "ci_high": high})
    checks = tuple(Check(f"check.{name}", False, 0, "rule") for name in failed)
    return Source(
        "09_maturity/x", Result("model.x", tidy_frame(table), {"level": 0.95, **(glance or {})}, checks)
    )


@pytest.fixture(params=["en", "fa"])
def language(request):
    return Language.load(request.param)


def said(language, spans):
    text = language.plain(spans)
    assert "nan" not in text.lower()
    assert "{" not in text
    return text


def needs(**gaps):
    rows = {f"need_gap:{name}": value for name, value in gaps.items()}
    return source(rows | {"met_share": 0.5})


NEEDS = [
    (needs(price=(0.5, 0.2, 0.8), speed=(-0.1, -0.4, 0.2)), "beyond chance is 1 of 2; worst met is “price”"),
    (needs(price=(0.1, -0.2, 0.4)), "None of the 1 needs is told to be unmet at 95%"),
    (needs(price=0.5, speed=0.2), "chance cannot be judged"),
    (needs(price=(-0.5, -0.8, -0.2)), "Performance reaches importance in each"),
    (needs(price=NAN), "No need has both"),
]
MERGED = [
    (source({"match_rate": 0.95, "match_rate:a": 0.95}, {"records": 10}), "No source falls short"),
    (
        source({"match_rate": 0.5, "match_rate:a": 0.4}, {"records": 10}, ["match_rate:a"]),
        "fall short of the mark: 1, namely a (40%)",
    ),
]
BRIEF = [
    (
        source({"segment_size:a": 40, "unmet:x.a": (1.0, 0.5, 1.5)}, {"n": 40, "segments": 1}),
        "The widest gap is that of “x” in these segments: a (1.00)",
    ),
    (
        source({"segment_size:a": 40, "unmet:x.a": (0.1, -0.5, 0.7)}, {"n": 40, "segments": 1}),
        "No need is told to be unmet in a",
    ),
    (
        source({"segment_size:STG.1": 40, "unmet:x.y.STG.1": (1.0, 0.5, 1.5)}, {"n": 40, "segments": 1}),
        "The widest gap is that of “x.y”",
    ),
]
FRONTIER = {"efficiency:A": 1.0, "efficient:A": 1, "efficiency:B": 0.6, "efficient:B": 0}
PEERS = [
    (source(FRONTIER), None, "the number on the efficient frontier is 1 (A); the least efficient is B with 60 percent"),
    (source({"efficiency:A": 1.0, "efficient:A": 1}), None, "all 1 compared units are on the frontier"),
    (source(FRONTIER), source({"ideas:B": 0}, {"least": 0.5}), "In no practice does a peer stand 0.5 levels"),
    (source(FRONTIER), source({"borrow:GAR1.B~A": 1.5, "ideas:B": 1}, {"least": 0.5}), "the widest lead is that of A over B in “Vision”, 1.5 levels"),
]  # fmt: skip
LINK = {"path:RQ~GAR1": (0.5, 0.2, 0.8), "icc": 0.1}
LINKS = [
    (
        source(LINK | {"p_holm:RQ~GAR1": 0.01}, {"n": 50, "units": 12}),
        "beyond chance is 1 (change for one level): “Vision” (0.50). This is a link between units, not yet a cause",
    ),
    (
        source(LINK | {"p_holm:RQ~GAR1": 0.30}, {"n": 50, "units": 5}),
        "none goes with the answers beyond chance",
    ),
]
WEIGHTS = [
    (source({"dominance:RQ~GAR1": 0.3, "dominance_share:RQ~GAR1": 0.6}), "carries most of what"),
    (
        source({"dominance:RQ~GAR1": 0.3, "dominance_share:RQ~GAR1": 0.6}, failed=["rows_each"]),
        "with great caution",
    ),
]
NECESSARY = [
    (
        source({"ce_fdh:RQ~GAR1": 0.3, "necessary:RQ~GAR1": 1}, {"n": 30}),
        "necessary for “RQ”: 1 (effect size: “Vision” (0.30))",
    ),
    (
        source({"ce_fdh:RQ~GAR1": 0.3, "necessary:RQ~GAR1": 1}, {"n": 6}, ["nca_units"]),
        "There are 6 units only",
    ),
    (
        source({"ce_fdh:RQ~GAR1": 0.05, "necessary:RQ~GAR1": 0}, {"n": 30}),
        "No capability is shown to be necessary",
    ),
]
UNITS = [
    (source({}, {"units": 5}), "on “RQ” differ between the customers of the 5 units beyond"),
    (source({}, {"units": 5}, ["units_differ"]), "on “RQ” do not differ between"),
]
PEOPLE = {"customers": 60, "satisfied_customers": 30, "unknown_customers": 10}
MONEY = PEOPLE | {
    "satisfied_share": 0.6,
    "risk_share": (0.2, 0.1, 0.3),
    "risk_revenue": 500,
    "unknown_share": 0.1,
    "risk_customers": 4,
}
REVENUE = [
    (
        source(MONEY),
        "At risk is 500.00 money units, 20 percent (95% CI 10 to 30): the margin earned with 4 dissatisfied customers",
    ),
    (source(MONEY | {"risk_customers": 0}), "None of these customers is dissatisfied"),
    (source(MONEY, failed=["known_revenue"]), "known of less than half of the margin"),
]
WAY = "indirect:RQ~bo_capacity~mo_budget"
CASCADE = [
    (
        source({WAY: (0.2, 0.1, 0.3)}, {"units": 20, "n": 90}),
        "more budget of the middle office goes with better RQ by way of capacity of the back office",
    ),
    (source({WAY: (-0.2, -0.3, -0.1)}, {"units": 20, "n": 90}), "goes with worse RQ"),
    (source({WAY: (0.2, -0.1, 0.5)}, {"units": 20, "n": 90}), "no way from budget of the middle office"),
    (source({WAY: 0.2}, {"units": 20, "n": 90}), "has no interval"),
]


@pytest.mark.parametrize(
    ("tell", "given", "words"),
    [
        *((stages.need_gaps, *case) for case in NEEDS),
        *((stages.integration, *case) for case in MERGED),
        *((stages.brief, *case) for case in BRIEF),
        *((links.links, *case) for case in LINKS),
        *((links.weights, *case) for case in WEIGHTS),
        *((links.bottlenecks, *case) for case in NECESSARY),
        *((links.unit_means, *case) for case in UNITS),
        *((links.revenue, *case) for case in REVENUE),
        *((links.cascade, *case) for case in CASCADE),
    ],
)
def test_each_outcome_has_its_words(language, tell, given, words):
    text = said(language, tell(given, language))
    assert language.code == "fa" or words in text


@pytest.mark.parametrize(("peers", "ideas", "words"), PEERS)
def test_peers_and_ideas(language, peers, ideas, words):
    text = said(language, stages.peers(peers, ideas, language))
    assert language.code == "fa" or words in text


@pytest.mark.parametrize(
    ("failed", "words"), [((), "no goal of CRM is an orphan"), (["orphan_goal:C5"], "orphans is 1 (C5")]
)
def test_stage_one_names_orphans(language, failed, words):
    text = said(language, stages.stage_one(source({"alignment": 0.5}, failed=failed), None, language))
    assert language.code == "fa" or words in text
    assert ("C5" in text) == bool(failed)


def test_a_loop_that_feeds_itself_is_said(language):
    assert links.unstable(source({}, {"spectral_radius": 0.9}), language) == ()
    assert links.unstable(source({}), language) == ()
    text = said(language, links.unstable(source({}, {"spectral_radius": 1.2}), language))
    assert language.code == "fa" or "spectral radius of the loop is 1.20" in text


CUT = {
    "saved_now": 10,
    "saved": 100,
    "lost": (60, 20, 90),
    "net": 40,
    "break_even_month": NAN,
    "loss_chance": 0.1,
    "net_by:36": 40,
}


@pytest.mark.parametrize(
    ("changes", "share", "has", "lacks"),
    [
        (
            {"net": (40, 10, 70)},
            0.1,
            (
                "A 10 percent cut",
                "do not eat the savings within 36 months",
                "The cut pays: the net is 40 money units (95% CI 10 to 70)",
                "is 10.0 percent",
            ),
            "loses money:",
        ),
        (
            {"net": (-20, -30, -5), "break_even_month": 14},
            0.1,
            ("by the end of month 14", "The cut loses money: the net is −20"),
            "pays",
        ),
        ({"net": (40, -10, 70)}, 0.1, ("holds zero: neither a gain nor a loss is shown",), "The cut pays"),
        ({"loss_chance": NAN}, 0.1, ("no interval could be computed",), "probability"),
        ({}, -0.1, ("a rise", "the net is 40"), "eaten"),
    ],
)
def test_each_outcome_of_a_cut(language, changes, share, has, lacks):
    text = said(language, maps.cut(source(CUT | changes, {"cut": share, "periods": 12}), language))
    if language.code == "en":
        assert all(words in text for words in has)
        assert lacks not in text


def test_many_inversions_are_told_of_the_widest_and_counted(language):
    rows = {f"inversions:u{k}": 1 + k % 3 for k in range(9)} | {f"wasted_total:u{k}": 0.0 for k in range(9)}
    rows |= {f"inversion:STR2~STR1.u{k}": 0.5 for k in range(9)} | {
        f"inversion_share:STR2~STR1.u{k}": 0.9 for k in range(9)
    }
    text = said(language, rated.inversions(source(rows), language))
    assert language.code == "fa" or "inverted in 6 further units" in text
    few = {key: value for key, value in rows.items() if key.endswith(("u0", "u1"))}
    text = said(language, rated.inversions(source(few), language))
    assert language.code == "fa" or ("further" not in text and "In u0" in text)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"chosen:GAR1.4.expected": 0.0}, "no step is worth its cost"),
        (
            {
                "chosen:GAR1.4.expected": 1.0,
                "cost:expected": 5,
                "value:expected": (9, 1, 20),
                "loss_chance:expected": 0.1,
            },
            "Judged by the worst scenarios the plan is the same",
        ),
    ],
)
def test_a_plan_may_buy_nothing(language, rows, words):
    text = said(language, rated.roadmap(source(rows, {"budget": 100}), language))
    assert language.code == "fa" or words in text


def test_measuring_first_may_add_nothing(language):
    text = said(language, rated.information(source({"evpi": 0.0, "decide_now": 5}), language))
    assert language.code == "fa" or "measuring first would add nothing" in text
    text = said(
        language, rated.information(source({"evpi": 9.0, "decide_now": 5, "evppi:GAR1": 0.0}), language)
    )
    assert language.code == "fa" or "A study of the effect" not in text


def test_segments_are_called_as_the_study_or_we_call_them(language):
    called = language.named({"segment:S2": "Regulars", "STG.1": "At the start"})
    words = [
        language.plain(stages_of.segment_word(called, name)) for name in ("S1", "S2", "STG.1", "best", "own")
    ]
    assert words[1:3] == ["Regulars", "At the start"]
    assert words[4] == "own"
    assert language.code == "fa" or (words[0], words[3]) == ("Segment 1", "Best")


def test_few_dissatisfied_customers_are_not_given_away(language):
    given = source(MONEY | {"satisfied_revenue": 900, "neither_revenue": 300, "unknown_revenue": 50})
    text = said(language, links.revenue(given, language, 5))
    assert language.code == "fa" or "Fewer than 5 customers" in text
    cells = [[language.plain(cell) for cell in row] for row in tables_of.revenue(given, language, 5).rows]
    assert cells[2][1] != language.integer(4)
    assert sum(row[2] == language.number(500, 0) for row in cells) == 0
    open_cells = [
        [language.plain(cell) for cell in row] for row in tables_of.revenue(given, language, 4).rows
    ]
    assert open_cells[2][1] == language.integer(4)
    assert open_cells[1][1] == language.integer(16)
