"""What a study may ask of answers joined with purchases, and how it is told that it cannot."""

from pathlib import Path

import pytest

from crmlab.errors import StudyError
from crmlab.run.planning import plan
from crmlab.study import load_study

STUDY = """
name: told
title: {fa: الف, en: A}
organisation: {fa: ب, en: b}
survey: {file: raw/x.csv, customer: key}
ledger: {file: raw/l.csv, columns: {customer: c, date: d, amount: a}}
constructs:
  SAT: {label: {fa: رضایت, en: Satisfaction}, items: [SAT1, SAT2]}
  TRU: {label: {fa: اعتماد, en: Trust}, items: [TRU1, TRU2]}
  RQ: {label: {fa: کیفیت, en: Quality}, dimensions: [SAT, TRU]}
  LOY: {label: {fa: وفاداری, en: Loyalty}, items: [LOY1, LOY2]}
"""
OWN = '{id: H1, source: LOY, target: CLV_B, statement: {fa: ب, en: "Loyalty pays."}}'


def study(folder: Path, *changes: tuple[str, str], text: str = STUDY):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "study.yml"
    file.write_text(text, encoding="utf-8")
    return load_study(file)


def skip(read):
    return next(step.skip for step in plan(read) if step.name == "08_value_of_rq")


def test_names_are_filled_in(tmp_path):
    read = study(tmp_path).worth
    assert (read.of, read.perceived, read.outcome, read.point, read.least) == ("RQ", None, "margin", 1.0, 100)
    named = study(tmp_path, text=STUDY + f"hypotheses: [{OWN}]\n").worth
    assert named.of == "LOY"
    asked = study(
        tmp_path, text=STUDY + "worth: {of: TRU, perceived: LOY, outcome: purchases, point: 0.5}\n"
    ).worth
    assert (asked.of, asked.perceived, asked.outcome, asked.point) == ("TRU", "LOY", "purchases", 0.5)


def test_the_step_is_skipped_with_its_reason(tmp_path):
    assert skip(study(tmp_path)) == ""
    assert "no ledger" in skip(
        study(tmp_path, ("ledger: {file: raw/l.csv, columns: {customer: c, date: d, amount: a}}\n", ""))
    )
    assert "customer column" in skip(study(tmp_path, (", customer: key", "")))
    assert "no construct" in skip(
        study(tmp_path, ("  RQ: {label: {fa: کیفیت, en: Quality}, dimensions: [SAT, TRU]}\n", ""))
    )
    alone = "".join(
        line + "\n" for line in STUDY.splitlines() if not line.startswith(("survey", "constructs", "  "))
    )
    assert "no survey" in skip(study(tmp_path, text=alone))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("worth: {of: TRUE_}\n", "worth.of names an unknown construct 'TRUE_'"),
        (
            "worth: {perceived: LOYAL}\n",
            r"worth.perceived names an unknown construct 'LOYAL' \(did you mean 'LOY'\?\)",
        ),
        ("worth: {of: LOY, perceived: LOY}\n", "are both 'LOY'"),
        ("worth: {construct: RQ}\n", "construct"),
        ("worth: {outcome: money}\n", "outcome"),
        ("worth: {draws: 10}\n", "draws"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(tmp_path, line, told):
    with pytest.raises(StudyError, match=told):
        study(tmp_path, text=STUDY + line)


def test_a_question_without_its_data_is_told(tmp_path):
    with pytest.raises(StudyError, match=r"worth needs survey\.customer"):
        study(tmp_path, (", customer: key", ""), text=STUDY + "worth: {of: RQ}\n")
