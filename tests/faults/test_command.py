"""Faults thrown at the real command in a fresh process; only what a user sees is judged: exit code, words, files.

Each throw has a harmless twin that must succeed, so that a guard that refuses everything fails here.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_study import Small


def files(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def crmlab(*arguments, cwd, **env):
    done = subprocess.run(
        [sys.executable, "-m", "crmlab", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path / "data" / "small")


def thrown(small, *, exit_code, words, command="check", **env):
    small.study()
    before = files(small.folder)
    done = crmlab(command, small.folder, cwd=small.folder.parents[1], **env)
    assert done.returncode == exit_code, done.stderr
    for word in words:
        assert word in done.stderr
    assert files(small.folder) == before, "inputs stay as they were"
    assert not list(small.folder.parents[1].rglob("*.part*"))


THROWS = {
    "A01 missing": (lambda s: s.file.unlink(), 3, ["raw/wave1.csv", "survey.file"]),
    "A03 no rows": (lambda s: s.write((",".join(s.header) + "\n").encode()), 3, ["has no rows"]),
    "A09 byte": (lambda s: s.write(s.text().encode().replace(b"\n0050,", b"\n00\xff0,")), 3, ["0xFF", "51"]),
    "A10 separator": (lambda s: s.write(s.text(";").encode()), 3, ["is the separator ';'?"]),
    "A12 short row": (lambda s: s.write(s.text().encode() + b"0101,1,2\n"), 3, ["102", "3", "7"]),
    "A13 NUL": (lambda s: s.write(s.put(9, "SAT2", "1\0").text().encode()), 3, ["row 9", "SAT2"]),
    "B01 column": (lambda s: (s.header.__setitem__(2, "SAT22"), s.write()), 3, ["SAT2", "SAT22"]),
    "B04 range": (lambda s: s.put(7, "SAT1", "55").write(), 3, ["SAT1", "row 7", "55", "1-7"]),
    "B07 label": (lambda s: s.put(7, "SAT1", "شاید").write(), 3, ["SAT1", "شاید"]),
    "D07 inf": (lambda s: s.put(7, "SAT1", "1e308").write(), 3, ["SAT1", "row 7"]),
}
TWINS = {
    "plain": lambda s: s,
    "A06 UTF-16": lambda s: s.write(s.text().encode("utf-16")),
    "A07 mark": lambda s: s.write(b"\xef\xbb\xbf" + s.text().encode()),
    "B05 digits": lambda s: s.put(7, "SAT1", " ۵ ").put(8, "SAT1", "5.0").write(),
    "B07 known label": lambda s: s.put(7, "SAT1", "خيلي زياد").write(),
    "B11 ids": lambda s: s.put(7, "id", "12").put(8, "id", "0012").write(),
}


@pytest.mark.parametrize("name", THROWS)
def test_a_fault_is_one_clear_line(small, name):
    spoil, exit_code, words = THROWS[name]
    small.write()
    spoil(small)
    thrown(small, exit_code=exit_code, words=words)


@pytest.mark.parametrize("name", TWINS)
def test_its_harmless_twin_is_admitted(small, name):
    small.write()
    TWINS[name](small)
    small.study()
    done = crmlab("check", small.folder, cwd=small.folder.parents[1])
    assert done.returncode == 0, done.stderr
    assert "100" in done.stdout


def test_no_key_no_pseudonyms(small, tmp_path):
    small.survey["customer"] = "id"
    small.write()
    thrown(small, exit_code=6, words=["crmlab key"], CRMLAB_KEY="", CRMLAB_KEY_FILE=str(tmp_path / "nowhere"))
    thrown(
        small,
        exit_code=6,
        words=["crmlab key"],
        command="run",
        CRMLAB_KEY="",
        CRMLAB_KEY_FILE=str(tmp_path / "no"),
    )
    small.study()
    done = crmlab("check", small.folder, cwd=tmp_path, CRMLAB_KEY="a key of more than sixteen letters")
    assert done.returncode == 0, done.stderr


def test_a_key_is_made_once_and_never_replaced(tmp_path):
    place = tmp_path / "keys" / "key"
    env = {"CRMLAB_KEY": "", "CRMLAB_KEY_FILE": str(place)}
    assert crmlab("key", cwd=tmp_path, **env).returncode == 0
    first = place.read_text()
    assert place.stat().st_mode & 0o077 == 0
    assert crmlab("key", "--if-missing", cwd=tmp_path, **env).stdout == ""
    assert crmlab("key", cwd=tmp_path, **env).returncode == 6
    assert place.read_text() == first


def test_study_faults_have_their_own_code(tmp_path):
    done = crmlab("run", "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert "no such study" in done.stderr
    assert crmlab("new", "con", cwd=tmp_path).returncode == 2
    assert crmlab("new", "../../x", cwd=tmp_path).returncode == 2
    assert crmlab("example", "nothing", cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_reports_never_land_among_the_data(small):
    small.write().study()
    done = crmlab("run", small.folder, "--out", "data", cwd=small.folder.parents[1])
    assert done.returncode == 2
    assert "among the data" in done.stderr


def test_a_new_study_is_ready_to_be_filled_in(tmp_path):
    done = crmlab("new", "wave1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = {Path(line).name for line in done.stdout.splitlines()}
    assert {"study.yml", "questionnaire.fa.docx", "questionnaire.fa.pdf", "questionnaire.en.docx"} <= made
    assert crmlab("new", "wave1", cwd=tmp_path).returncode == 2, "nothing is overwritten"
    done = crmlab("check", "wave1", cwd=tmp_path)
    assert done.returncode == 3
    assert "answers.xlsx" in done.stderr


def test_a_new_study_is_made_whole_or_not_at_all(tmp_path, monkeypatch):
    from crmlab import start
    from crmlab.report import questionnaire

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(questionnaire, "write_questionnaire", full)
    with pytest.raises(OSError, match="No space left"):
        start.new_study("wave1", tmp_path)
    assert files(tmp_path) == {}
    monkeypatch.undo()
    assert (tmp_path / "wave1" / "study.yml") in start.new_study("wave1", tmp_path)


REFUSED = {
    "a file for a folder": (
        ("audit", "t.csv", "-o", "plain/found.html"),
        5,
        ["plain", "may you write there"],
    ),
    "a folder for a thesis": (("audit", "."), 3, ["is a folder", ".docx"]),
    "an empty thesis": (("audit", "empty.csv"), 3, ["neither text nor tables"]),
    "a folder for purchases": (("clv", "."), 3, ["is a folder", "file of purchases"]),
    "no purchases": (("clv", "none.csv"), 3, ["no such file", "file of purchases"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_machine_refuses_is_one_line_with_a_way_out(tmp_path, name):
    (tmp_path / "t.csv").write_text("Construct,CR,AVE\nCRM,0.9,0.6\n")
    (tmp_path / "plain").write_text("")
    (tmp_path / "empty.csv").write_text("")
    arguments, exit_code, words = REFUSED[name]
    done = crmlab(*arguments, cwd=tmp_path)
    assert done.returncode == exit_code
    assert len(done.stderr.splitlines()) == 2
    assert all(word in done.stderr for word in words)
