"""The set-up keeps its promises: one set of ranges, a lock without hosts, imports that fall downward."""

import ast
import re
import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb"}
LEVELS = [  # a room may import rooms of lower levels only, never its own level or above
    {"result", "errors", "files", "provenance", "jalali", "dominance", "wilson"},
    {"sem", "pls", "clv"},
    {"study"},
    {"data"},
    {"measurement", "structure", "linkage", "customers", "enterprise"},
    {"present"},
    {"report", "examiner"},
    {"run", "warm"},
    {"start"},
    {"cli", "ui"},
    {"__main__"},
]


def ranges(lines):
    found = {}
    for line in lines:
        name, bounds = re.match(r"([A-Za-z0-9_.-]+)\s*(.*)", line).groups()
        found[CONDA_NAMES.get(name, name)] = bounds
    return found


def test_conda_and_pip_ask_for_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = ranges(project["dependencies"]) | {"python": project["requires-python"]}
    lines = re.findall(r"^\s*- ([a-z][^:\[\]\n]*)$", (ROOT / "environment.yml").read_text(), re.M)
    assert ranges(line for line in lines if line != "pip") == wanted


def test_extras_stay_out_of_the_lock_and_the_conda_file():
    """What few studies need is asked for by name: pip install "crmlab[latent]"."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    assert set(extras) == {"spark", "latent", "cluster"}
    names = {re.match(r"[A-Za-z0-9_.-]+", line).group() for lines in extras.values() for line in lines}
    assert not names & set(ranges(project["dependencies"]))
    for path in ("requirements.lock", "environment.yml"):
        text = (ROOT / path).read_text()
        assert not [name for name in names if re.search(rf"^[\s-]*{re.escape(name)}\b[=>]", text, re.M)], path


def test_the_lock_is_hashed_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"--(index|extra-index|find-links)", lock)
    for block in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_notebooks_are_thin_and_stripped():
    import nbformat

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert not cell.outputs, path
                assert cell.execution_count is None, path
                kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
                assert not kinds & {ast.FunctionDef, ast.For, ast.While, ast.Lambda}, path
                assert not re.search("[\u0600-\u06ff]", cell.source), (
                    f"{path}: Persian stays out of code cells"
                )
        prose = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
        code = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")
        assert prose >= 0.8 * code, f"{path}: {prose} characters of prose, {code} of code"


def rooms(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say crmlab.x, not .x"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("crmlab.")}
    return found


def test_imports_fall_downward():
    level = {room: height for height, here in enumerate(LEVELS) for room in here}
    for path in (ROOT / "crmlab").rglob("*.py"):
        here = path.relative_to(ROOT / "crmlab").with_suffix("").parts[0]
        if here != "__init__":
            up = {room for room in rooms(path) - {here} if level[room] >= level[here] > 0}
            assert not up, f"{path} imports {up}, beside it or above it"


def test_engines_know_no_file_and_no_label():
    for engine in ("pls", "sem", "clv"):
        for path in (ROOT / "crmlab" / engine).rglob("*.py"):
            assert not rooms(path) - {engine, "result", "errors", "provenance"}, path


@pytest.mark.parametrize("what", ["import crmlab", "import crmlab.cli"])
def test_the_front_door_is_light(what):
    heavy = {"pandas", "papermill", "nbformat", "matplotlib", "seaborn", "statsmodels", "sklearn", "scipy"}
    code = f"import sys; {what}; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not heavy & set(loaded)


def test_shipped_names_have_no_invisible_marks():
    """A half-space in a file's name makes a wheel that installers refuse."""
    shipped = [path for folder in ("data", "notebooks") for path in (ROOT / folder).rglob("*")]
    marked = [path for path in shipped if any(unicodedata.category(sign) == "Cf" for sign in path.name)]
    assert not marked
