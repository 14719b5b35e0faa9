"""A design card: the same design has the same hash, every change is found by name, a forged card is refused."""

from __future__ import annotations

import json

import pytest

from crmlab.errors import StudyError
from crmlab.files import sha256_text
from crmlab.study import load_study
from crmlab.study.design_card import Deviation, compare_cards, deviations, freeze, load_card

PLAN = """\
name: plan
title: {fa: عنوان, en: Title}
organisation: {fa: ما, en: we}
survey: {file: raw/x.csv}
instrument:
  base: none
  scales: {r: {points: [1, 7]}}
  items:
    A1: {scale: r, text: {fa: الف, en: a}}
    A2: {scale: r, text: {fa: ب, en: b}}
    B1: {scale: r, text: {fa: پ, en: c}}
    C1: {scale: r, text: {fa: ت, en: d}}
constructs:
  A: {label: {fa: الف, en: First}, items: [A1, A2]}
  B: {label: {fa: ب, en: Second}, items: [B1]}
  C: {label: {fa: پ, en: Third}, items: [C1]}
paths: ["B ~ A", "C ~ B + A"]
hypotheses:
  - {id: K1, source: A, target: B, sign: "+", statement: {fa: یک, en: one}}
  - {id: K2, source: A, via: [B], target: C, sign: "+", statement: {fa: دو, en: two}}
"""


def study(folder, *swaps):
    text = PLAN
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    path = folder / "study.yml"
    path.write_text(text, encoding="utf-8")
    return load_study(path)


def test_the_same_design_has_the_same_hash(tmp_path):
    card = freeze(study(tmp_path), expected={"K1": 0.3}, sample_size=300, analyses={"margin": 0.1})
    shuffled = study(
        tmp_path,
        ('paths: ["B ~ A", "C ~ B + A"]', 'paths: ["C ~ A", "C ~ B", "B ~ A"]'),
        ("items: [A1, A2]", "items: [A2, A1]"),
        ("en: Title", "en: Another title"),
    )
    again = freeze(shuffled, expected={"K1": 0.3}, sample_size=300, analyses={"margin": 0.1})
    assert again.sha256 == card.sha256
    assert deviations(card, shuffled) == ()
    assert freeze(shuffled, expected={"K1": 0.31}).sha256 != freeze(shuffled, expected={"K1": 0.3}).sha256


def test_a_card_comes_back_from_its_file(tmp_path):
    card = freeze(study(tmp_path), expected={"K1": 0.3}, date="1403/01/15")
    read = load_card(card.save(tmp_path / "card.json"))
    assert read.sha256 == card.sha256
    assert read.content == card.content
    assert read.content["date"] == "1403/01/15"


@pytest.mark.parametrize(
    ("swap", "found"),
    [
        (('target: B, sign: "+"', 'target: B, sign: "-"'), ("changed", "hypotheses.K1.sign", "+", "-")),
        (("id: K1", "id: K9"), ("removed", "hypotheses.K1", None, None)),
        (('"C ~ B + A"', '"C ~ B"'), ("removed", "paths.C~A", True, None)),
        (("items: [A1, A2]", "items: [A1]"), ("removed", "constructs.A.items.A2", None, None)),
        (("en: c}}", "en: c}, reverse: true}"), ("changed", "constructs.B.items.B1.reverse", False, True)),
        (("points: [1, 7]", "points: [1, 5]"), ("changed", "constructs.A.items.A1.scale", [1, 7], [1, 5])),
        (("name: plan", "name: plan\nrules: {alpha: 0.1}"), ("changed", "rules.alpha", 0.05, 0.1)),
        (("name: plan", "name: plan\nseed: 7"), ("changed", "seed", 20240101, 7)),
        (
            ("name: plan", "name: plan\nestimator: {engine: sem}"),
            ("changed", "estimator.engine", "pls", "sem"),
        ),
        (
            ("name: plan", "name: plan\nexclude: {missing_above: 0.2}"),
            ("changed", "exclude.missing_above", None, 0.2),
        ),
    ],
)
def test_every_change_is_found_by_name(tmp_path, swap, found):
    card = freeze(study(tmp_path))
    changes = deviations(card, study(tmp_path, swap))
    kind, place, before, after = found
    hit = [one for one in changes if one.place == place]
    assert [one.kind for one in hit] == [kind]
    if kind == "changed":
        assert (hit[0].before, hit[0].after) == (before, after)


def test_cards_are_compared_in_full(tmp_path):
    one = freeze(study(tmp_path), expected={"K1": 0.3}, sample_size=300)
    other = freeze(study(tmp_path), expected={"K1": 0.2, "K2": 0.1}, sample_size=300)
    assert compare_cards(one, other) == (
        Deviation("changed", "expected.K1", 0.3, 0.2),
        Deviation("added", "expected.K2", None, 0.1),
    )


def test_forged_and_missing_cards(tmp_path):
    path = freeze(study(tmp_path), expected={"K1": 0.3}).save(tmp_path / "card.json")
    body = json.loads(path.read_text(encoding="utf-8"))
    body["design"]["expected"]["K1"] = 0.1
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(StudyError, match="changed after it was frozen"):
        load_card(path)
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(StudyError, match="no design card"):
        load_card(path)
    with pytest.raises(StudyError, match="no such design card"):
        load_card(tmp_path / "none.json")


def test_what_cannot_be_frozen(tmp_path):
    read = study(tmp_path)
    with pytest.raises(StudyError, match="'K7', which is no hypothesis"):
        freeze(read, expected={"K7": 0.3})
    with pytest.raises(StudyError, match="'K1' is nan"):
        freeze(read, expected={"K1": float("nan")})
    with pytest.raises(StudyError, match="cannot be written down"):
        freeze(read, analyses={"when": object()})


def test_a_study_without_hypotheses(tmp_path):
    read = study(tmp_path, (PLAN[PLAN.index("hypotheses:") :], ""))
    card = freeze(read)
    assert card.content["hypotheses"] == {}
    assert deviations(card, read) == ()


def test_a_setting_newer_than_the_card_is_no_departure_at_its_default(tmp_path):
    card = freeze(study(tmp_path))
    content = card.content
    del content["rules"]["harman"], content["estimator"]["covariance"]
    body = {"sha256": sha256_text(canonical(content)), "design": content}
    (tmp_path / "card.json").write_text(json.dumps(body), encoding="utf-8")
    old = load_card(tmp_path / "card.json")
    assert deviations(old, study(tmp_path)) == ()
    changed = study(tmp_path, ("name: plan", "name: plan\nrules: {harman: 0.4}"))
    assert [one.place for one in deviations(old, changed)] == ["rules.harman"]


def canonical(content):
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_the_smallest_effect_and_the_groups_are_part_of_the_design(tmp_path):
    """A smallest effect chosen after the data decides nothing; cards from before it was kept say nothing of it."""
    card = freeze(study(tmp_path, ("hypotheses:", "smallest_effect: 0.10\nhypotheses:")))
    other = study(tmp_path, ("hypotheses:", "smallest_effect: 0.05\ncomparison: {rule: fit}\nhypotheses:"))
    found = {one.place: (one.before, one.after) for one in deviations(card, other)}
    assert found == {"smallest_effect": (0.1, 0.05), "comparison.rule": ("either", "fit")}
    body = {
        key: value
        for key, value in card.content.items()
        if key not in ("smallest_effect", "comparison", "groups")
    }
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    old = type(card)(text, sha256_text(text))
    assert deviations(old, other) == ()
