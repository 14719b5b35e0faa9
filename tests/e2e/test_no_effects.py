"""Bad news, as a user runs it: a study in which nothing affects anything must say so in both languages, and advise nothing."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from crmlab import load_results, load_study
from crmlab.data.simulate import simulate
from crmlab.data.simulate_planted import Planted
from crmlab.report import compose
from crmlab.report.proofread import proofread
from crmlab.report.trace import lint, lint_pair

pytestmark = pytest.mark.xdist_group("no_effects")
ASKED = ("FOC", "TRU", "LOY")
STUDY = {
    "name": "nothing",
    "title": {"en": "Nothing affects anything", "fa": "هیچ چیز بر هیچ چیز اثر ندارد"},
    "organisation": {"en": "this shop", "fa": "این فروشگاه"},
    "survey": {"file": "raw/answers.csv", "answers": "codes", "absent": ["LINK", "OPEN1"]},
    "constructs": {
        name: {"label": {"en": name, "fa": name}, "items": [f"{name}{k}" for k in range(1, 5)]} for name in ASKED
    },
    "paths": ["TRU ~ FOC", "LOY ~ TRU + FOC"],
    "hypotheses": [
        {"id": "K1", "source": "FOC", "target": "TRU", "statement": {"en": "Focus raises trust.", "fa": "تمرکز اعتماد را افزایش می‌دهد."}},
        {"id": "K2", "source": "FOC", "target": "LOY", "via": ["TRU"], "statement": {"en": "Trust mediates.", "fa": "اعتماد میانجی است."}},
    ],
    "estimator": {"engine": "pls", "bootstrap": 200},
    "measurement": {"efa": None, "method_bias": False},
    "evaluation": {"quality": False},
    "smallest_effect": 0.10,
    "sensitivity": False,
    "legacy": False,
    "report": {"draft": True},
    "steps": ["00_guide", "02_data_intake", "03_sample_description", "04_measurement", "05_structure_mediation", "13_thesis_report"],
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nothing")
    home = folder / "data" / "nothing"
    (home / "raw").mkdir(parents=True)
    (home / "text").mkdir()
    truth = Planted(paths={"RQ~CRM": 0.0, "CLV~RQ": 0.0, "CLV~CRM": 0.0}, method_variance=0.0, careless=0.0)
    answers = simulate(160, 3, planted=truth).survey.drop(columns=["LINK", "OPEN1"])
    answers.to_csv(home / "raw" / "answers.csv", index=False, float_format="%.0f")
    (home / "study.yml").write_text(
        yaml.safe_dump(STUDY, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    (home / "text" / "problem.en.md").write_text(
        "Trust is worth {{fact:03_sample_description/constructs/mean:TRU/estimate}}.", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "crmlab", "run", "nothing", "--jobs", "1"], cwd=folder, capture_output=True, text=True,
        encoding="utf-8", timeout=500, env={**os.environ, "CRMLAB_KEY": "a key for tests, longer than sixteen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_the_reports_say_that_nothing_is_shown_and_advise_nothing(project):
    page = {
        language: re.sub(r"<[^>]+>|[\u2066-\u2069\u200e]", "", (project / "reports" / "nothing" / f"report.{language}.html").read_text(encoding="utf-8"))
        for language in ("en", "fa")
    }  # fmt: skip
    assert "No practical suggestion is made" in page["en"]
    assert "پیشنهاد کاربردی ارائه نمی‌شود" in page["fa"]
    assert "hypothesis K1 is not supported" in page["en"]
    assert "K1 is supported" not in page["en"]
    assert "gives no ground for action" in page["en"]
    assert "Trust is worth" in page["en"] and "text/problem.fa.md" in page["fa"]  # noqa: PT018


def test_the_report_is_whole_in_both_languages(project):
    study = load_study(project / "data" / "nothing")
    results = load_results(project / "reports" / "nothing" / "results")
    fa, en = (compose(study, results, language) for language in ("fa", "en"))
    assert lint(fa) == lint(en) == lint_pair(fa, en) == []
    assert proofread(fa) == proofread(en) == []
    assert {chapter.number for chapter in fa.chapters if chapter.kind == "chapter"} == {
        "1",
        "2",
        "3",
        "4",
        "5",
    }
