"""What a study may ask of segments and of the life cycle, and how it is told that it cannot."""

from pathlib import Path

import pytest

from crmlab.errors import StudyError
from crmlab.study import load_study

LEDGER = """
name: shop
title: {fa: الف, en: A}
organisation: {fa: ب, en: b}
ledger: {file: raw/x.csv, columns: {customer: c, date: d, amount: a}}
"""
SURVEY = """
name: told
title: {fa: الف, en: A}
organisation: {fa: ب, en: b}
survey: {file: raw/x.csv}
constructs:
  SAT: {label: {fa: رضایت, en: Satisfaction}, items: [SAT1, SAT2]}
  TRU: {label: {fa: اعتماد, en: Trust}, items: [TRU1, TRU2]}
  RQ: {label: {fa: کیفیت, en: Quality}, dimensions: [SAT, TRU]}
"""


def study(folder: Path, text: str):
    file = folder / "study.yml"
    file.write_text(text, encoding="utf-8")
    return load_study(file)


def test_a_ledger_is_grouped_by_behaviour_and_a_survey_only_when_asked(tmp_path):
    shop = study(tmp_path, LEDGER)
    assert shop.segments.by == ("behaviour",)
    assert shop.life_cycle.months == 3
    assert study(tmp_path, SURVEY).segments is None
    told = study(tmp_path, SURVEY + "segments: {}\n")
    assert (told.segments.by, told.segments.scores) == (("scores",), ("RQ",))
    named = study(tmp_path, SURVEY + "segments: {scores: [SAT, TRU], names: {S1: {fa: ج, en: c}}}\n")
    assert named.segments.scores == ("SAT", "TRU")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LEDGER + "segments: {by: [scores]}\n", "segments.by: scores need a survey"),
        (SURVEY + "segments: {by: [behaviour]}\n", "segments.by: behaviour needs a ledger"),
        (SURVEY + "segments: {method: rfm}\n", "segments.method: rfm needs a ledger"),
        (SURVEY + "segments: {scores: [STA]}\n", r"unknown construct 'STA' \(did you mean 'SAT'\?\)"),
        (LEDGER + "segments: {names: {X1: {fa: ج, en: c}}}\n", "names"),
        (LEDGER + "segments: {number: 1}\n", "number"),
        (LEDGER + "life_cycle: {moths: 3}\n", "life_cycle.moths': unknown key"),
        (LEDGER + "life_cycle: {months: 24, new: 24}\n", "more than ten years"),
        (SURVEY + "life_cycle: {item: STAGE}\n", "unknown item 'STAGE'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_in_one_line(tmp_path, text, told):
    with pytest.raises(StudyError, match=told):
        study(tmp_path, text)
