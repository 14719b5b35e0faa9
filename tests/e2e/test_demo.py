"""The main job, as a user runs it: the bundled demo from raw file to reports in both languages."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crmlab import load_results, load_study
from crmlab.data.privacy import scan
from crmlab.present.behaviour_words import COARSE
from crmlab.present.facts import sources
from crmlab.report import brief, compose
from crmlab.report.proofread import proofread

ROOT = Path(__file__).parents[2]
KINDS = ("html", "pdf", "docx")
DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٫٬", "0123456789.,")
pytestmark = pytest.mark.xdist_group("demo")


def crmlab(*arguments, cwd, **env):
    done = subprocess.run(
        [sys.executable, "-m", "crmlab", *arguments],
        cwd=cwd,
        env={**os.environ, "CRMLAB_KEY": "a key for tests, longer than sixteen", **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder that holds only the demo study, and its reports."""
    folder = tmp_path_factory.mktemp("crmlab")
    shutil.copytree(ROOT / "data" / "demo", folder / "data" / "demo")
    crmlab("run", "demo", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def reports(project):
    return project / "reports" / "demo"


def test_both_languages_in_three_formats_and_a_manifest(reports):
    wanted = {
        f"report{brief}.{language}.{kind}"
        for brief in ("", ".brief")
        for language in ("fa", "en")
        for kind in KINDS
    }
    assert {path.name for path in reports.glob("report.*")} == wanted
    manifest = json.loads((reports / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    assert {step["status"] for step in manifest["steps"]} == {"run"}
    intake = manifest["intake"]
    assert intake["rows_read"] == 434
    assert intake["rows_refused"]["no_consent"] == 4
    assert intake["cells_repaired"]["ye_kaf"] > 0
    assert intake["notes"][0]["format"] == "excel"
    ledger = intake["ledger"]
    assert ledger["rows_read"] == {"old": 1482, "new": 7268}
    assert ledger["rows_refused"]["superseded"] == 132
    assert [step["warnings"] for step in manifest["steps"] if step["warnings"]] == []


def test_nothing_changed_nothing_runs(project, reports):
    before = {path: path.stat().st_mtime_ns for path in (reports / "results").rglob("*.json")}
    steps = json.loads((reports / "manifest.json").read_text())["steps"]
    assert crmlab("run", "demo", cwd=project).stderr.count("unchanged") == len(steps)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_same_study_gives_the_same_bytes_anywhere(project, reports, tmp_path):
    other = tmp_path / "پروژه & 'من'"
    shutil.copytree(project / "data", other / "data")
    crmlab("run", "demo", "--jobs", "1", cwd=other, LC_ALL="C", TZ="America/Los_Angeles")
    again = other / "reports" / "demo"
    for path in [*sorted((reports / "results").rglob("*.*")), *sorted(reports.glob("report.*"))]:
        if path.is_file() and path.suffix != ".parquet":
            assert (again / path.relative_to(reports)).read_bytes() == path.read_bytes(), path.name


class Facts(HTMLParser):
    """Address and printed text of every fact of a page."""

    def __init__(self, page):
        super().__init__()
        self.found, self.address = [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "data":
            self.address = dict(attrs).get("title")
            self.found.append((self.address, ""))

    def handle_data(self, data):
        if self.address:
            self.found[-1] = (self.address, self.found[-1][1] + data)

    def handle_endtag(self, tag):
        if tag == "data":
            self.address = None


def printed(reports, language):
    page = (reports / f"report.{language}.html").read_text(encoding="utf-8")
    clean = [
        (address, re.sub("[\u200e\u200f\u2066-\u2069٪%]", "", text)) for address, text in Facts(page).found
    ]
    return [
        (address, text.translate(DIGITS).replace("−", "-").replace("–", "-").strip())
        for address, text in clean
    ]


def test_both_reports_carry_the_same_numbers(reports):
    english, persian = printed(reports, "en"), printed(reports, "fa")
    assert len(english) > 300
    assert sorted(english) == sorted(persian)


def test_every_printed_number_is_a_saved_one(reports):
    results = load_results(reports / "results")
    for address, text in printed(reports, "en"):
        step, name, *term, column = address.split("/")
        result = results[f"{step}/{name}"]
        value = result.glance[column] if term == ["glance"] else result.cell("/".join(term), column)
        number = re.fullmatch(r"[<>]?\s*(-?[\d,]*\.?\d+)", text)
        if number and not text.startswith("<"):
            shown = float(number[1].replace(",", ""))
            whole, _, parts = number[1].replace(",", "").partition(".")
            zeros = len(whole) - len(whole.rstrip("0")) if abs(shown) >= COARSE else 0  # rounded money
            decimals = len(parts) or -zeros
            assert min(abs(shown - value), abs(shown - 100 * value)) <= 0.5000001 * 10**-decimals, (
                address,
                text,
                value,
            )


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_supervisor_finds_nothing_to_correct(project, reports, language):
    study, results = load_study(project / "data" / "demo"), load_results(reports / "results")
    whole = compose(study, results, language)
    assert proofread(whole) == []
    assert proofread(brief.brief(whole, study, sources(results))) == []


def test_no_page_of_a_respondent_leaves_the_door(project, reports):
    import python_calamine

    book = next((project / "data/demo/raw").glob("*.xlsx"))
    rows = python_calamine.CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python()
    spec = (project / "data/demo/study.yml").read_text(encoding="utf-8")
    private = [place for place, head in enumerate(rows[0]) if str(head).strip() in ("شماره تماس", "کد مشتری")]
    assert len(private) == 2
    assert "شماره تماس" in spec
    people = {
        str(row[place]).translate(DIGITS) for row in rows[1:] for place in private if str(row[place]).strip()
    }
    assert len(people) > 300
    among = "|".join(re.escape(person) for person in people if len(person) >= 6)
    pattern = re.compile(rf"(?<![\d.])(?:{among})(?!\d)")  # not the digits of 0.09000000000000001
    for path in reports.rglob("*"):
        if path.suffix in (".json", ".csv", ".ipynb", ".html"):
            text = path.read_text(encoding="utf-8").translate(DIGITS)
            assert not pattern.search(text), path.name
            if path.suffix != ".html":
                assert not [finding for finding in scan(text) if finding.kind in ("phone", "email")], (
                    path.name
                )
        elif path.suffix == ".parquet":
            assert not pattern.search(path.read_bytes().decode("latin-1")), path.name
        elif path.suffix == ".docx":
            with zipfile.ZipFile(path) as word:
                assert not pattern.search(word.read("word/document.xml").decode().translate(DIGITS))


def test_the_planted_effects_are_found(reports):
    results = load_results(reports / "results")
    paths = results["05_structure_mediation/paths"]
    # PLS understates latent paths (planted .60, .50, .15): near them from below, and in their order
    assert 0.40 < paths["path:RQ~CRM"] < 0.65
    assert 0.30 < paths["path:CLV~RQ"] < 0.60
    assert 0.0 < paths["path:CLV~CRM"] < 0.35
    verdicts = results["05_structure_mediation/verdicts"]
    assert [verdicts[f"verdict:H{k}"] for k in (1, 2)] == [1, 1]
    joint = results["08_value_of_rq/joint"]
    for term, planted in (("purchase:latent", 0.15), ("dropout:latent", -0.25)):
        assert joint.cell(term, "ci_low") < planted < joint.cell(term, "ci_high")
    assert results["08_value_of_rq/money"].cell("worth:sd", "ci_low") > 0
    assert results["13_thesis_report/hypotheses"]["untested:H8"] == 7  # the ledger ends with the fieldwork


def test_planted_contacts_are_told_apart(reports):
    results = load_results(reports / "results")
    drift = results["06_lifecycle_groups/phase_drift"]
    assert [drift[f"review:{phase}"] for phase in ("before", "during", "after")] == [0, 0, 2]
    assert drift["drifted:channel"] == 1
    stands = results["06_lifecycle_groups/channel_quality"].select("stands")["estimate"]
    assert {name for name, stand in stands.items() if stand == 2} == {
        name for name in stands.index if "تلفنی" in name
    }
    alarms = results["07_behavioural_clv/monitor_alarms"]
    assert alarms["side:quality.cusum"] == -1
    page = (reports / "report.en.html").read_text(encoding="utf-8")
    assert "the measures have moved" in page
    assert "(downward)" in page


def test_the_executed_notebooks_say_nothing_of_this_machine(project, reports):
    for path in (reports / "notebooks").glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert str(project) not in text
        assert str(ROOT) not in text
