"""The main job on real input: the ECSI mobile-phone survey against seminr's published-model results."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmlab.result import load_results

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("mobi")


@pytest.fixture(scope="module")
def results(tmp_path_factory, shared):
    folder = tmp_path_factory.mktemp("mobi")
    (folder / "data/mobi/raw").mkdir(parents=True)
    shutil.copy(ROOT / "data/mobi/study.yml", folder / "data/mobi/study.yml")
    shutil.copy(shared / "data/sem/ecsi_mobi.csv", folder / "data/mobi/raw/mobi.csv")
    done = subprocess.run(
        [sys.executable, "-m", "crmlab", "run", "mobi"],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert (
        len(list((folder / "reports/mobi").glob("report.*"))) == 12
    )  # report and brief, two languages, three formats
    return load_results(folder / "reports/mobi/results")


@pytest.fixture(scope="module")
def expected(reference, matrix):
    return reference("pls_mobi_modeA_path")


def test_all_250_customers_are_analysed(results):
    assert results["02_data_intake/flow"]["analysed"] == 250


def test_paths_and_r2(results, expected, matrix):
    wanted = matrix(expected["path_coef"])
    paths = results["05_structure_mediation/paths"]
    found = paths.select("path")["estimate"].to_dict()
    assert len(found) == 12
    for term, value in found.items():
        outcome, source = term.split("~")
        assert value == pytest.approx(wanted.loc[source, outcome], abs=1e-6)
    for outcome, value in matrix(expected["rSquared"]).loc["Rsq"].items():
        assert paths[f"r2:{outcome}"] == pytest.approx(value, abs=1e-6)


def test_reliability_and_htmt(results, expected, matrix):
    reliability = results["04_measurement/reliability"]
    names = {"alpha": "alpha_std", "rhoC": "rho_c", "AVE": "ave", "rhoA": "rho_a"}
    for construct, row in matrix(expected["reliability"]).iterrows():
        for column, quantity in names.items():
            if construct != "Complaints":  # one item: reliability is not defined, and we say so
                assert reliability[f"{quantity}:{construct}"] == pytest.approx(row[column], abs=1e-6)
    htmt = results["04_measurement/htmt"].select("htmt")["estimate"]
    wanted = matrix(expected["htmt"]).stack().dropna()
    assert len(wanted) > 14
    for (one, other), value in wanted.items():
        pair = f"{one}~{other}" if f"{one}~{other}" in htmt.index else f"{other}~{one}"
        assert htmt[pair] == pytest.approx(value, abs=1e-6)


def test_total_effects(results, expected, matrix):
    wanted = matrix(expected["total_effects"])
    total = results["05_structure_mediation/effects"].select("total")["estimate"]
    assert len(total) > 12
    for term, value in total.items():
        outcome, source = term.split("~")
        assert value == pytest.approx(wanted.loc[source, outcome], abs=1e-6)


def test_the_example_says_what_to_install(tmp_path):
    code = "import sys, crmlab.start as s; s.MOBI_PACKAGE = 'no_such_package'; from crmlab.cli import main; sys.exit(main(['example', 'mobi']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 3
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.dumps(sorted(path.name for path in tmp_path.rglob("*.csv"))) == "[]"
