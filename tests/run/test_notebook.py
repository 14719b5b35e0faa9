"""A notebook is looked at before a kernel starts, and judged by what happened."""

from pathlib import Path

import nbformat
import numpy as np
import pytest

from crmlab.errors import PrivacyError, RunError, StudyError
from crmlab.run import kernels, notebook
from crmlab.run.kernels import WarmKernels

HEAD = "study = 'a'\nout = 'b'"


def write(folder, *cells, tag="parameters"):
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(HEAD, metadata={"tags": [tag]})]
    book.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = folder / "05_x.ipynb"
    nbformat.write(book, path)
    return path


@pytest.fixture(scope="module")
def warm():
    if not WarmKernels.supported:
        yield None
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "PRELOAD", "json")  # these notebooks need nothing
        warm = WarmKernels()
    yield warm
    warm.close()


def execute(folder, *cells, warm, **parameters):
    path = write(folder, *cells)
    given = {"study": "s", "out": "o", **parameters}
    return notebook.execute(path, given, cwd=folder, warm=warm)


def test_parameters_arrive_and_the_folder_is_right(tmp_path, warm):
    seen = []
    path = write(tmp_path, "import os\nopen('seen.txt', 'w').write(f'{study} {out} {os.getcwd()}')")
    notebook.execute(
        path,
        {"study": "s", "out": "پوشه"},
        cwd=tmp_path,
        warm=warm,
        on_cell=lambda done, of: seen.append((done, of)),
    )
    assert (tmp_path / "seen.txt").read_text() == f"s پوشه {tmp_path.resolve()}"
    assert seen[-1][0] == seen[-1][1] == len(seen)


def test_each_notebook_starts_afresh(tmp_path, warm):
    execute(tmp_path, "leftover = 1", warm=warm)
    with pytest.raises(RunError, match="cell 2: NameError"):
        execute(tmp_path, "leftover", warm=warm)


def test_warnings_are_kept_and_the_run_goes_on(tmp_path, warm):
    done = execute(tmp_path, "import warnings\nwarnings.warn('new pandas', FutureWarning)", warm=warm)
    assert any("new pandas" in line for line in done.warnings)
    assert done.peak_mb > 10


@pytest.mark.parametrize(
    ("kind", "code"),
    [("DataError('bad', file='x.csv', rows=[3])", 3), ("ModelError('bad')", 4), ("ValueError('bad')", 5)],
)
def test_an_error_keeps_its_exit_code_and_its_words(tmp_path, warm, kind, code):
    with pytest.raises(RunError, match="bad") as caught:
        execute(tmp_path, f"from crmlab.errors import *\nraise {kind}", warm=warm)
    assert caught.value.exit_code == code
    assert "Traceback" not in str(caught.value)


def test_a_number_of_a_person_stays_inside(tmp_path, warm):
    with pytest.raises(PrivacyError, match=r"cell 2: its output holds .* \(phone\)") as caught:
        execute(tmp_path, "'call ۰۹۱۲۳۴۵۶۷۸۹'", warm=warm)
    assert caught.value.exit_code == 6
    execute(tmp_path, "'a table of 402 rows, 0.912345678901 of them'", warm=warm)
    with pytest.raises(RunError, match="cell 2: ValueError: no reply from") as caught:
        execute(tmp_path, "raise ValueError('no reply from 09123456789')", warm=warm)
    assert "09123456789" not in str(caught.value)


def test_a_killed_kernel_is_told_with_its_cell(tmp_path, warm):
    with pytest.raises(RunError, match=r"05_x\.ipynb, cell 3: the kernel died"):
        execute(tmp_path, "x = 1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", warm=warm)


@pytest.mark.parametrize(
    "line", ["!pip install x", "%load_ext x", "x = input('?')", "breakpoint()", "def f(:"]
)
def test_what_must_not_run_is_refused_with_its_cell(tmp_path, line):
    with pytest.raises(StudyError, match=r"05_x\.ipynb, cell 3"):
        execute(tmp_path, "x = '!pip in a string is harmless'", line, warm=None)


def test_unknown_parameters_and_strange_values_never_reach_a_kernel(tmp_path):
    with pytest.raises(StudyError, match="no parameter 'sudy'"):
        execute(tmp_path, warm=None, sudy="x")
    with pytest.raises(StudyError, match="is not a parameter name"):
        notebook.plain("a\nimport os", 1)
    with pytest.raises(StudyError, match="cannot be passed"):
        notebook.plain("a", np.float64(1))
    with pytest.raises(StudyError, match="cannot be passed"):
        notebook.plain("a", float("nan"))
    assert notebook.plain("a", ("x", 1)) == ["x", 1]
    assert notebook.plain("a", "__import__('os')") == "__import__('os')"


def test_a_notebook_without_parameters_or_that_is_none(tmp_path):
    with pytest.raises(StudyError, match="0 cells tagged"):
        notebook.read(write(tmp_path, tag="other"))
    (tmp_path / "05_x.ipynb").write_text("no json")
    with pytest.raises(RunError, match="not a notebook"):
        notebook.read(tmp_path / "05_x.ipynb")
    with pytest.raises(RunError, match="no such notebook"):
        notebook.read(Path("nowhere.ipynb"))
