"""Hypotheses of every kind: the bundled ones, the user's own, and every fault in one line."""

from __future__ import annotations

import pytest
from test_study import SMALL

from crmlab.errors import StudyError
from crmlab.study import load_study
from crmlab.study.hypotheses import catalogue

WORDS = "statement: {fa: x, en: x}"
BUNDLED = SMALL.replace("base: none", "base: bundled")


def study(tmp_path, *lines, text=SMALL):
    path = tmp_path / "study.yml"
    path.write_text("\n".join([text, *lines]), encoding="utf-8")
    return load_study(path)


def own(more):
    return f"hypotheses: [{{id: X, {more}, {WORDS}}}]"


def test_all_bundled_hypotheses_load():
    found = catalogue()
    assert len(found) == 73
    assert (
        sum(name[:2] in ("H1", "H2", "H3", "H4") and "." in name and "R" not in name for name in found) == 60
    )
    assert [name for name in found if name.startswith("H2R")] == ["H2R.1", "H2R.2", "H2R.3", "H2R.4"]
    kinds = {name: found[name].kind for name in ("H1", "H4", "H5", "H6", "H7", "H8", "H9")}
    assert kinds == {
        "H1": "direct", "H4": "mediation", "H5": "difference", "H6": "difference", "H7": "equivalence",
        "H8": "direct", "H9": "cross-level",
    }  # fmt: skip
    assert (found["H5"].groups, found["H7"].groups, found["H7"].target) == ("STG", "CHL", "CRM")
    assert all(one.statement["fa"] and one.statement["en"] for one in found.values())


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("source: A, target: B", "direct"),
        ("source: A, target: B, moderator: GEN", "moderation"),
        ("source: A, target: B, groups: STG", "difference"),
        ("target: B, groups: STG", "difference"),
        ("kind: equivalence, target: B, groups: CHL, margin: 0.2", "equivalence"),
        ("kind: Group difference, target: B, groups: CHL", "difference"),
        ("kind: cross_level, source: MO_BUDGET, target: RQ, via: [BO_CAPACITY, FO_SERVICE]", "cross-level"),
        ("source: A, target: CLV_B", "direct"),
    ],
)
def test_own_hypotheses_of_every_kind(tmp_path, more, kind):
    read = study(tmp_path, own(more), text=BUNDLED)
    assert read.hypotheses[0].kind == kind
    assert read.path_hypotheses == (read.hypotheses if more == "source: A, target: B" else ())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("kind: moderatoin, source: A, target: B", r"key 'hypotheses.0.kind': Input should be 'direct', 'mediation'"),
        ("kind: moderation, source: A, target: B, moderator: A", r"hypothesis 'X' has 'A' in two roles"),
        ("kind: moderation, source: A, target: B", r"hypothesis 'X' is of kind moderation and needs 'moderator'"),
        ("source: A, target: CC", r"hypothesis 'X' names an unknown construct 'CC'"),
        ("source: A, target: B, moderator: GNE", r"names an unknown item 'GNE' as moderator \(did you mean 'GEN'\?\)"),
        ("source: A, target: B, moderator: A1", r"'A1' as moderator, which measures the construct 'A'; use A"),
        ("target: B, groups: A1", r"'A1' as groups, which measures the construct 'A'; groups are made by another"),
        ("target: B, groups: A", r"has the construct 'A' as groups; an item with categories is needed"),
        ("target: B, groups: OPEN1", r"has 'OPEN1' as groups, whose answers are texts"),
        ("kind: direct, target: B", r"is of kind direct and needs 'source'"),
        ("kind: direct, source: A, target: B, groups: GEN", r"is of kind direct and has no 'groups'"),
        ("kind: equivalence, target: B, source: A, via: [A], groups: GEN", r"is of kind equivalence and has no 'via'"),
        ("kind: cross-level, source: A, target: RQ", r"names 'A', which is no figure of the offices: MO_BUDGET"),
        ("source: A, target: B, moderator: GEN, model: 7", r"is of kind moderation, which model 7 does not answer \(1 do\)"),
        ("source: B, target: A, groups: GEN", r"needs the path 'A ~ B', which the study has not got"),
        ("source: A, target: B, typo: 1", r"key 'hypotheses.0.typo': unknown key"),
    ],
)  # fmt: skip
def test_a_fault_is_one_line(tmp_path, more, told):
    with pytest.raises(StudyError, match=told) as caught:
        study(tmp_path, own(more), text=BUNDLED)
    assert str(caught.value).count("hypothes") <= 2


def test_groups_of_hypotheses_are_compared_without_being_named(tmp_path):
    read = study(
        tmp_path, "groups: [{item: GEN, values: [1, 2]}]", own("target: B, groups: STG"), text=BUNDLED
    )
    assert [one.name for one in read.groupings] == ["GEN", "STG"]
    assert list(read.compared["groupings"]) == ["GEN", "STG"]


def test_a_moderation_takes_the_other_causes_beside_it(tmp_path):
    third = '  C: {label: {fa: پ, en: Third}, items: [B2]}\npaths: ["B ~ A + C"]'
    text = BUNDLED.replace('paths: ["B ~ A"]', third).replace(
        "reverse: true}", "reverse: true}\n    B2: {scale: r, text: {fa: ت, en: d}}"
    )
    read = study(tmp_path, own("source: A, target: B, moderator: GEN"), text=text)
    asked = read.processed["models"]["X"]
    assert (asked["covariates"], asked["categorical"], asked["latent"]) == (["C"], True, False)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        ("{model: 4, x: A, y: B}", r"model 4 needs a mediator \(m\)"),
        ("{model: 1, x: A, y: B}", r"model 1 needs a moderator \(w\)"),
        ("{model: 1, x: A, y: B, m: C, w: GEN}", r"model 1 has no mediator \(m\)"),
        ("{model: 2, x: A, y: B, w: GEN}", r"Input should be 1, 4, 6, 7, 8, 14, 15, 58 or 59"),
        ("{model: 1, x: A, y: B, w: A}", r"'A' has two roles in the model"),
        (
            "{model: 1, x: A, y: B, w: GNE}",
            r"w names 'GNE', which is neither a construct nor an item .did you mean 'GEN'",
        ),
        ("{model: 1, x: GEN, y: B, w: A}", r"x names item 'GEN', whose answers are categories"),
        ("{model: 1, x: A, y: B, w: OPEN1}", r"w names item 'OPEN1', whose answers are texts"),
        ("{model: 6, x: A, y: B, m: C}", r"model 6 takes 2 to 4 mediators in a row, not 1"),
    ],
)
def test_a_fault_of_a_process_model_is_one_line(tmp_path, one, told):
    with pytest.raises(StudyError, match=told):
        study(tmp_path, f"process: [{one}]", text=BUNDLED)


def test_a_process_model_as_it_is_meant(tmp_path):
    read = study(
        tmp_path,
        "process: [{model: 1, x: A, y: B, w: TEN, categorical: false, covariates: [GEN, SOW]}]",
        text=BUNDLED,
    )
    asked = read.processed["models"]["1"]
    assert asked["indicators"] == ["GEN"]
    assert asked["categorical"] is False
    assert read.has_process
    assert read.spec.process[0].m == ()
