"""The loop over a study: memory, idempotence, refusals, artefacts, and what it says where there is nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from swift_study import contacts, study, write

from crmlab.cli import main
from crmlab.customers import save_loop, swift_question
from crmlab.customers.loop_ledger import load, state_of
from crmlab.errors import DataError, RunError, StudyError


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("CRMLAB_KEY", "0123456789abcdef0123456789abcdef")


@pytest.fixture(scope="module")
def bought(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMLAB_KEY", "0123456789abcdef0123456789abcdef")
        asked = swift_question(study(tmp_path_factory.mktemp("bought"), ledger=True))
        return asked, asked.turn_all()


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_cycle_by_cycle_is_all_at_once(tmp_path, bought):
    asked, loop = bought
    for cycle in range(1, asked.game.over + 2):
        asked.turn_one(cycle, tmp_path / "swift")
    save_loop(loop, tmp_path / "all")
    assert (tmp_path / "swift/ledger.csv").read_bytes() == (tmp_path / "all/loop/ledger.csv").read_bytes()
    last = tmp_path / f"swift/cycle-{asked.game.over + 1:02d}"
    for name in ("plan.csv", "interactions.csv"):
        assert (last / name).read_bytes() == (tmp_path / "all/loop" / name).read_bytes()


def test_running_a_cycle_twice_changes_no_byte(tmp_path, bought):
    asked, _ = bought
    for cycle in (1, 2, 3):
        asked.turn_one(cycle, tmp_path)
    before = files(tmp_path)
    asked.turn_one(2, tmp_path)
    asked.turn_one(3, tmp_path)
    assert files(tmp_path) == before


def test_the_order_of_rows_and_the_key_of_pseudonyms_change_nothing(tmp_path, monkeypatch):
    rows = contacts()
    one = swift_question(study(tmp_path / "a", rows)).turn_all().ledger
    monkeypatch.setenv("CRMLAB_KEY", "another key of sufficient length")
    other = swift_question(study(tmp_path / "b", rows[::-1])).turn_all().ledger
    learnt = ["cell", "contacts", "accepted", "posterior_a", "posterior_b", "data_sha256"]
    pd.testing.assert_frame_equal(one[learnt], other[learnt])


def test_a_row_holds_prior_data_posterior_decision_and_what_it_brought(bought):
    asked, loop = bought
    ledger = loop.ledger
    assert len(ledger) == asked.game.over * len(asked.game.board.names)
    assert ledger["posterior_a"].to_numpy() == pytest.approx(ledger["prior_a"] + ledger["accepted"])
    assert ledger["posterior_b"].to_numpy() == pytest.approx(
        ledger["prior_b"] + ledger["contacts"] - ledger["accepted"]
    )
    earned = ledger["accepted"] * ledger["gain"] - ledger["spent"]
    assert ledger["realised"].to_numpy() == pytest.approx(earned.to_numpy())
    assert (ledger.loc[ledger["planned"] > 0, "reason"] != "").all()
    second = ledger.loc[ledger["cycle"] == 2]
    first = state_of(ledger.loc[ledger["cycle"] == 1])
    assert (second["prior_a"].to_numpy() == first.rates.a).all()
    made = asked.log.made
    inside = made.loc[
        (made["day"] >= asked.game.start) & (made["day"] < asked.game.window(asked.game.over + 1)[0])
    ]
    strangers = sum(turn.strangers for turn in loop.turns)
    assert ledger["contacts"].sum() + strangers == len(inside)


def test_two_half_cycles_are_one_whole_cycle(tmp_path):
    kept = {"prior": {"rate": 0.37, "strength": 7.3}, "drift": 1e-9}
    half = swift_question(study(tmp_path / "a", swift={"months": 2, **kept})).turn_all().ledger
    whole = swift_question(study(tmp_path / "b", swift={"months": 4, **kept})).turn_all().ledger
    assert half["cycle"].max() == 4
    assert whole["cycle"].max() == 2
    for name in ("posterior_a", "posterior_b", "sure_x", "sure_n"):
        a, b = half.loc[half["cycle"] == 4, name], whole.loc[whole["cycle"] == 2, name]
        assert (a.to_numpy() == b.to_numpy()).all()  # to the last bit


def test_nothing_later_is_known(tmp_path):
    """What comes after a cycle changes neither its plan nor its row."""
    rows = contacts()
    early = [row for row in rows if row[1] < "2024-08-01"]
    whole = swift_question(study(tmp_path / "a", rows, ledger=True)).turn_all()
    part = swift_question(study(tmp_path / "b", early, ledger=True)).turn_all()
    for cycle in (1, 2):
        a, b = (loop.ledger.loc[loop.ledger["cycle"] == cycle] for loop in (whole, part))
        pd.testing.assert_frame_equal(a, b, check_like=True)


def test_a_cycle_needs_the_one_before(tmp_path, bought):
    asked, _ = bought
    with pytest.raises(RunError, match="cycle 3 needs cycle 1, which has not been run"):
        asked.turn_one(3, tmp_path)
    asked.turn_one(1, tmp_path)
    with pytest.raises(RunError, match="cycle 3 needs cycle 2"):
        asked.turn_one(3, tmp_path)
    with pytest.raises(StudyError, match="--cycle 9: the contacts reach to cycle 4"):
        asked.turn_one(9, tmp_path)


def test_a_changed_past_is_refused_in_one_line(tmp_path):
    rows = contacts()
    asked = swift_question(study(tmp_path / "s", rows))
    asked.turn_one(1, tmp_path / "swift")
    april = next(k for k, row in enumerate(rows) if row[1].startswith("2024-04") and row[2] == "out")
    rows[april][5] = "no" if rows[april][5] == "yes" else "yes"
    changed = swift_question(study(tmp_path / "s", rows))
    with pytest.raises(RunError, match=r"the contacts of cycle 1, .* have changed") as told:
        changed.turn_one(2, tmp_path / "swift")
    assert "--restart" in str(told.value)
    changed.turn_one(1, tmp_path / "swift", restart=True)
    changed.turn_one(2, tmp_path / "swift")
    other = swift_question(study(tmp_path / "s", rows, actions={"budget": 100}))
    with pytest.raises(RunError, match="are not those that cycle 1 was run with"):
        other.turn_one(3, tmp_path / "swift")


def test_a_file_that_is_no_ledger_is_refused(tmp_path, bought):
    (tmp_path / "ledger.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="is no ledger of the loop: it lacks cycle"):
        bought[0].turn_one(1, tmp_path)
    assert not len(load(tmp_path / "none"))


def test_the_plan_keeps_its_promises(bought):
    asked, loop = bought
    for turn in loop.turns:
        acts, plan = turn.plan.acts, turn.plan
        assert len(acts.drop_duplicates("at")) == len(turn.known.customers)
        busy = acts.loc[acts["cell"] >= 0]
        assert not set(busy["at"]) & set(acts.loc[acts["reason"] == "holdout", "at"])
        assert (np.bincount(busy["cell"], minlength=len(plan.counts)) == plan.counts).all()
        phone = asked.game.board.channel == 0
        assert plan.counts[phone].sum() <= 40
        assert (turn.known.segment[busy["at"]] == asked.game.board.segment[busy["cell"]]).all()
        assert plan.bound >= plan.expected - 1e-6


def test_artefacts_name_nobody_and_hold_no_formula(tmp_path):
    asked = swift_question(study(tmp_path / "s", ledger=True))
    asked.turn_one(1, tmp_path / "swift")
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "swift").rglob("*.*"))
    assert "C0" not in text
    plan = pd.read_csv(tmp_path / "swift/cycle-01/plan.csv")
    assert plan["because"].str.startswith("chosen because").all()
    told = json.loads((tmp_path / "swift/cycle-01/knowledge.json").read_text(encoding="utf-8"))
    assert told["customers"] == sum(one["customers"] for one in told["segments"].values())
    from crmlab.customers.loop_ledger import safe

    assert safe(pd.DataFrame({"a": ["=1+1", "@x", "b"], "n": [-1.0, 2, 3]}))["a"].tolist() == [
        "'=1+1",
        "'@x",
        "b",
    ]


def test_the_randomised_slice_finds_the_planted_uplift(tmp_path):
    found = swift_question(study(tmp_path, contacts(4000, seed=5, customers=900))).past.uplift
    assert found.glance["randomised"] == 1
    assert found.cell("uplift", "ci_low") < 0.2 < found.cell("uplift", "ci_high")
    assert found.cell("uplift", "ci_low") > 0


def test_without_lots_contacts_are_weighted(tmp_path):
    asked = swift_question(study(tmp_path, contacts(2000), actions={"randomised": None}, ledger=True))
    found = asked.past.uplift
    assert found.glance["randomised"] == 0
    assert "chance_min" in found
    assert {check.name for check in found.checks} >= {"check.overlap"}


def test_needs_met_by_hand(tmp_path):
    rows = [
        ["C1", "2024-05-01 10:00", "in", "phone", "help", "no", 0, ""],  # met on 5 May
        ["C1", "2024-05-05 10:00", "out", "phone", "help", "yes", 0, ""],
        ["C1", "2024-05-06 10:00", "in", "phone", "help", "no", 0, ""],  # nothing came after it
        ["C2", "2024-05-01 10:00", "in", "mail", "help", "yes", 0, ""],  # met at once
        ["C2", "2024-05-01 10:00", "in", "mail", "price", "no", 0, ""],  # answered too late
        ["C2", "2024-06-20 10:00", "out", "mail", "price", "yes", 0, ""],
        ["C3", "2024-05-01 10:00", "in", "mail", "help", "", 0, ""],  # the log does not say
        ["C3", "2024-05-02 10:00", "out", "mail", "offer", "yes", 1, ""],  # another topic
    ]
    found = swift_question(study(tmp_path, rows, swift={"start": "2024-05-01"})).past.needs_met
    assert (found["needs"], found["met"]) == (5, 2)
    assert (found["rate:help"], found["rate:price"]) == (0.5, 0.0)
    assert found["at_once"] == pytest.approx(0.2)
    assert found.cell("rate", "ci_low") < 0.4 < found.cell("rate", "ci_high")


def test_return_on_past_contacts_by_hand(tmp_path):
    rows = [
        ["C1", "2024-05-01 10:00", "out", "phone", "offer", "yes", 1, "20"],
        ["C2", "2024-05-02 10:00", "out", "mail", "offer", "no", 0, ""],
        ["C3", "2024-05-03 10:00", "out", "mail", "offer", "yes", 0, "4"],
    ]
    found = swift_question(study(tmp_path, rows, swift={"start": "2024-05-01"})).past.contact_return
    assert found["spent"] == 20 + 2 + 1 + 4  # the offer's own cost, and the study's where the log tells none
    assert found["brought"] == 200
    assert found["return"] == pytest.approx(200 / 27 - 1)
    assert found["return:plain"] == pytest.approx(100 / 5 - 1)


@pytest.mark.parametrize(
    ("actions", "swift", "why"),
    [
        ({"budget": 0}, {}, "no_budget"),
        ({"channels": {"phone": {"label": {"en": "P", "fa": "ت"}, "words": ["phone"], "cost": 900}}}, {}, "no_profit"),
        ({"channels": {"phone": {"label": {"en": "P", "fa": "ت"}, "words": ["phone"], "capacity": 0}}}, {}, "no_capacity"),
        ({"lost_below": 0.999999}, {}, "all_lost"),
        ({}, {"start": "2024-01-01", "prior": {"rate": 0.01, "strength": 10}, "policy": "mean", "explore": 0}, "no_profit"),
    ],
)  # fmt: skip
def test_do_nothing_is_an_answer(tmp_path, actions, swift, why):
    if "rate" in str(swift):
        actions = {"channels": {"phone": {"label": {"en": "P", "fa": "ت"}, "words": ["phone"], "cost": 5}}}
    asked = swift_question(study(tmp_path, ledger=True, actions=actions, swift=swift))
    turn = asked.turn_one(1, tmp_path / "swift").turns[0]
    assert turn.plan.nothing == why
    assert turn.plan.counts.sum() == 0
    assert not pd.read_csv(tmp_path / "swift/cycle-01/interactions.csv")["action"].eq("contact").any()
    if "prior" not in swift:  # a prior of no hope is outgrown
        assert asked.turn_all().results["action_plan"].failed


def test_before_anybody_is_known(tmp_path):
    loop = swift_question(study(tmp_path, swift={"start": None})).turn_all()
    assert loop.turns[0].plan.nothing == "nobody"
    assert loop.turns[0].strangers == 0  # of one segment everybody's answer teaches
    assert loop.turns[0].n.sum() > 0
    assert loop.turns[1].plan.counts.sum() > 0


def test_parts_of_the_day_are_cells(tmp_path):
    asked = swift_question(study(tmp_path, actions={"timing": [12, 16]}))
    assert asked.game.board.names[:3] == ("all.own.phone.0-12", "all.own.phone.12-16", "all.own.phone.16-24")
    loop = asked.turn_all()
    assert loop.ledger.groupby("cell")["contacts"].sum().gt(0).all()
    save_loop(loop, tmp_path / "out")
    assert "hours" in pd.read_csv(tmp_path / "out/loop/plan.csv")


def test_people_decide_and_the_ledger_knows_their_role(tmp_path):
    folder = tmp_path / "s"
    write(
        folder.joinpath("raw").mkdir(parents=True) or folder / "raw/said.csv",
        ["cycle", "segment", "offer", "channel", "decision", "role", "reason"],
        [
            ["", "all", "own", "", "forbid", "head of sales", "complaints"],
            ["2", "", "", "mail", "only", "clerk", ""],
        ],
    )
    said = {"overrides": {"file": "raw/said.csv", "roles": ["head of sales", "clerk"]}}
    loop = swift_question(study(folder, actions=said)).turn_all()
    rows = loop.ledger
    own = rows["cell"].str.contains(".own.", regex=False)
    assert rows.loc[own, "planned"].sum() == 0
    assert set(rows.loc[own & (rows["cycle"] == 1), "role"]) == {"head of sales"}
    phone = (rows["cycle"] == 2) & rows["cell"].str.contains("phone")
    assert rows.loc[phone, "planned"].sum() == 0
    head = ["cycle", "segment", "offer", "channel", "decision", "role", "reason"]
    write(folder / "raw/said.csv", head, [["1", "", "", "", "forbid", "boss", ""]])
    with pytest.raises(DataError, match="'boss' is no role"):
        swift_question(study(folder, actions=said))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["C1", "2024-05-01 10:00", "out", "fax", "offer", "yes", 1, ""]], "none of its channels"),
        ([["C1", "2024-05-01 10:00", "out", "phone", "offer", "maybe", 1, ""]], "no outcome is one of"),
    ],
)
def test_words_that_the_study_does_not_know(tmp_path, rows, words):
    with pytest.raises(DataError, match=words):
        swift_question(study(tmp_path, rows))


def test_studies_that_contradict_themselves(tmp_path):
    twice = {name: {"label": {"en": "P", "fa": "ت"}, "words": ["phone"]} for name in "ab"}
    with pytest.raises(StudyError, match="stands for two channels, 'a' and 'b'"):
        study(tmp_path, actions={"channels": twice})
    with pytest.raises(StudyError, match="'purchase' needs a ledger"):
        study(
            tmp_path,
            actions={
                "offers": {"o": {"label": {"en": "P", "fa": "ت"}, "topics": ["offer"], "margin": "purchase"}}
            },
        )
    with pytest.raises(StudyError, match="the study has no contacts"):
        study(tmp_path, contacts=None)
    with pytest.raises(StudyError, match="the loop starts after the last contact"):
        swift_question(study(tmp_path, swift={"start": "2031-01-01"}))


def test_the_command_says_each_phase_and_its_way_out(tmp_path, capsys, monkeypatch):
    study(tmp_path / "data/loop", ledger=True)
    monkeypatch.chdir(tmp_path)
    assert main(["swift", "loop", "--cycle", "2"]) == 5
    assert "crmlab swift loop --cycle 1" in capsys.readouterr().err
    assert main(["swift", "loop", "--cycle", "1"]) == 0
    told = capsys.readouterr().out
    assert [line.partition(":")[0] for line in told.splitlines()[1:5]] == [
        "discovery", "planning", "interaction", "refinement",
    ]  # fmt: skip
    assert main(["swift", "loop", "--cycle", "0"]) == 2
    assert main(["swift", "loop", "--cycle", "1", "--out", "data/loop"]) == 2


def test_the_results_are_saved_and_read_again(bought):
    from crmlab.result import Result

    asked, loop = bought
    for name, result in {**asked.past.results, **loop.results}.items():
        assert Result.from_json(result.to_json()).equals(result), name
        assert np.isfinite(result.tidy["estimate"]).all(), name
