"""A run does what must be done, once; it survives interruption and tells the truth about how it ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from crmlab.errors import CrmlabError, DataError, RunError, StudyError
from crmlab.run import Options, kernels, planning, run
from crmlab.run.record import Shelf
from crmlab.study import load_study

STUDY = (Path(__file__).parents[1] / "study" / "test_study.py").read_text(encoding="utf-8")
SMALL = STUDY.split('SMALL = """\\\n')[1].split('"""')[0]
NOTEBOOKS = {
    "00_guide": "(Path(out) / 'g').write_text('fixed')",
    "02_data_intake": "raw = (Path(study).parent / 'raw/x.csv').read_text()\n(Path(out) / 'n.json').write_text(raw)",
    "03_sample_description": "(Path(out) / 'a').write_text((Path(out).parent / '02_data_intake/n.json').read_text()[0])",
    "04_measurement": "(Path(out) / 'b').write_text('fixed')",
    "05_structure_mediation": "(Path(out) / 'c').write_text('fixed')",
    "12_robustness_evidence": "(Path(out) / 'd').write_text('fixed')",
    "13_thesis_report": "[(Path(out) / f'report.{x}.html').write_text(x) for x in languages]",
}

# the guide runs in every study; the tiny one has no design, groups, ledger, ratings or canvas: these stand in no
# expectation below
SKIPPED = frozenset({"00", "01", "06", "07", "08", "09", "10", "11", "12"})


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one tiny study whose notebooks only copy text, so that what is tested is the running."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "tiny"
    (folder / "raw").mkdir(parents=True)
    (folder / "study.yml").write_text(SMALL, encoding="utf-8")
    (folder / "raw" / "x.csv").write_text("1")
    books = tmp_path / "notebooks"
    for name, code in NOTEBOOKS.items():
        write(books / f"{name}.ipynb", code)
    monkeypatch.setattr(planning, "shipped", lambda part: tmp_path / part)
    monkeypatch.setattr(kernels, "PRELOAD", "json")  # these notebooks need nothing
    return tmp_path


def write(path, code):
    head = "from pathlib import Path\nstudy = ''\nout = ''\nlanguages = []"
    cells = [
        nbformat.v4.new_code_cell(head, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(code),
    ]
    for place, cell in enumerate(cells):
        cell["id"] = f"cell{place}"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def go(**options):
    outcome = run(load_study("tiny"), Options(**options))
    return {step.name[:2]: step.status for step in outcome.steps if step.name[:2] not in SKIPPED}


def manifest():
    return json.loads(Path("reports/tiny/manifest.json").read_text())


def test_what_has_not_changed_does_not_run_again(project):
    assert set(go().values()) == {"run"}
    assert sorted(path.name for path in Path("reports/tiny").glob("report.*")) == [
        "report.en.html",
        "report.fa.html",
    ]
    assert set(go().values()) == {"unchanged"}
    assert [manifest()[key] for key in ("run", "status")] == [2, "complete"]
    assert set(go(force=True).values()) == {"run"}


def test_only_what_depends_on_a_change_runs_again(project):
    go()
    Path("data/tiny/raw/x.csv").write_text("12")  # the step's results change, those of 03 do not
    again = go(jobs=2)
    assert again == {"02": "run", "03": "run", "04": "run", "05": "run", "13": "run"}
    write(project / "notebooks" / "04_measurement.ipynb", "(Path(out) / 'b').write_text('fixed')  # reworded")
    assert go() == {"02": "unchanged", "03": "unchanged", "04": "run", "05": "unchanged", "13": "unchanged"}


def test_a_lost_or_changed_result_is_made_again(project):
    go()
    Path("reports/tiny/results/04_measurement/b").write_text("tampered")
    assert go()["04"] == "run"
    shutil.rmtree("reports/tiny/results/02_data_intake")
    assert go()["02"] == "run"


def test_one_language_and_some_steps(project):
    go(languages=("en",))
    assert [path.name for path in Path("reports/tiny").glob("report.*")] == ["report.en.html"]
    assert go(only=("04",)).keys() == {"02", "04"}
    with pytest.raises(StudyError, match="no step '99'"):
        go(only=("99",))


def test_a_step_the_study_has_no_use_for_is_skipped_and_said(project):
    file = Path("data/tiny/study.yml")
    file.write_text(file.read_text().replace('paths: ["B ~ A"]', ""))
    assert go()["05"] == "skipped"
    assert "no paths" in next(step["note"] for step in manifest()["steps"] if step["name"].startswith("05"))
    file.write_text(file.read_text() + "\nsteps: [03_sample_description]")
    with pytest.raises(StudyError, match="needs 02_data_intake"):
        go()


def test_a_failure_keeps_what_was_finished_and_leaves_nothing_half_done(project):
    go()
    write(project / "notebooks" / "04_measurement.ipynb", "(Path(out) / 'half').write_text('x')\n1 / 0")
    with pytest.raises(CrmlabError, match="cell 2: ZeroDivisionError") as caught:
        go()
    assert caught.value.exit_code == 5
    states = {step["name"][:2]: step["status"] for step in manifest()["steps"]}
    assert manifest()["status"] == "failed"
    assert states["02"] == "unchanged"
    assert states["04"] == "failed"
    assert states["13"] == "not reached"
    assert not list(Path("reports").rglob("*part*"))
    assert not list(Path("reports/tiny").glob("report.*")), (
        "no report stands beside results it was not made from"
    )
    write(project / "notebooks" / "04_measurement.ipynb", NOTEBOOKS["04_measurement"])
    again = go()
    assert (again["02"], again["04"], again["13"]) == ("unchanged", "run", "unchanged")
    assert len(list(Path("reports/tiny").glob("report.*"))) == 2, (
        "the same results have the same report again"
    )


def test_faults_of_place(project):
    Path("data/tiny/raw/x.csv").rename("elsewhere")
    with pytest.raises(DataError, match=r"x\.csv: no such file \(key 'survey\.file'"):
        go()
    Path("elsewhere").rename("data/tiny/raw/x.csv")
    for place in ("data", "data/tiny", "data/other"):
        with pytest.raises(StudyError, match="among the data"):
            go(reports=Path(place))
    Path("blocked").write_text("")
    with pytest.raises(RunError, match="cannot write here"):
        go(reports=Path("blocked"))


def test_a_notebook_that_changes_its_input_is_caught(project):
    write(
        project / "notebooks" / "02_data_intake.ipynb", "(Path(study).parent / 'raw/x.csv').write_text('9')"
    )
    with pytest.raises(RunError, match=r"x\.csv was changed while 02_data_intake ran"):
        go()


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_two_runs_of_one_study_do_not_meet(project):
    go(only=("02",))
    with Shelf(Path("reports/tiny")).alone(), pytest.raises(RunError, match="another run of this study"):
        go()
    assert set(go().values()) == {"unchanged", "run"}


def test_a_notebook_that_leaves_nothing_is_caught(project):
    write(project / "notebooks" / "03_sample_description.ipynb", "pass")
    with pytest.raises(RunError, match="left no results"):
        go()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_kernel_and_is_gone_on_with(project, number):
    write(
        project / "notebooks" / "03_sample_description.ipynb",
        "import time, os\nPath('pid').write_text(str(os.getpid()))\ntime.sleep(60)",
    )
    code = (
        "import sys\nfrom pathlib import Path\nfrom crmlab.run import kernels, planning\n"
        "kernels.PRELOAD = 'json'\nplanning.shipped = lambda part: Path(part)\nfrom crmlab.cli import main\nsys.exit(main(['run', 'tiny', '--jobs', '1']))"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (Path("pid").exists() and Path("pid").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(number)
    _, told = child.communicate(timeout=20)
    assert child.returncode == 130, told
    assert "interrupted" in told
    assert "Traceback" not in told
    kernel = int(Path("pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
    assert manifest()["status"] == "interrupted"
    assert not list(Path("reports").rglob("*part*"))
    write(project / "notebooks" / "03_sample_description.ipynb", NOTEBOOKS["03_sample_description"])
    again = go()
    assert (again["02"], again["03"]) == ("unchanged", "run")
