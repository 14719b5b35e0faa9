"""What is exported can be read back elsewhere: same numbers, labels that fit them, nothing personal."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from crmlab import load_study, sem
from crmlab.cli import main
from crmlab.data.survey import admit
from crmlab.errors import StudyError
from crmlab.report.exports import MISSING, export_study


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    study = load_study("data/demo")
    survey = admit(study)
    folder = tmp_path_factory.mktemp("exports")
    export_study(study, survey, folder)
    return study, survey, folder


def test_the_sav_holds_the_scored_answers_with_their_labels(exported):
    study, survey, folder = exported
    frame, meta = pyreadstat.read_sav(folder / "scored.sav")
    pd.testing.assert_frame_equal(
        frame[list(study.construct_items)],
        survey.analysed[list(study.construct_items)].reset_index(drop=True),
        check_dtype=False,
        check_names=False,
    )
    assert frame["record"].tolist() == list(survey.analysed.index)
    plain, turned = meta.variable_value_labels["ORG1"], meta.variable_value_labels["ORG3"]
    assert plain[1.0] == turned[5.0] == study.scales["agree5"].labels[1]["fa"]
    assert meta.column_names_to_labels["ORG3"].endswith("(R)")
    assert meta.variable_measure["GEN"] == "nominal"
    assert meta.variable_measure["FOC1"] == "ordinal"


def test_no_respondent_can_be_found_in_them(exported):
    _, survey, folder = exported
    known = {pseudonym for pseudonym in survey.customer if isinstance(pseudonym, str)}
    text = "".join(path.read_text("utf-8") for path in folder.iterdir() if path.suffix != ".sav")
    raw = (folder / "scored.sav").read_bytes()
    assert known
    assert not any(pseudonym in text or pseudonym.encode() in raw for pseudonym in known)


def test_blank_answers_are_marked_as_each_program_takes_them(exported):
    study, survey, folder = exported
    items = list(study.construct_items)
    plain = pd.read_csv(folder / "smartpls.csv")
    blanks = int(survey.analysed[items].isna().to_numpy().sum())
    assert blanks
    assert int((plain == MISSING).to_numpy().sum()) == blanks
    assert int(pd.read_csv(folder / "answers.csv", na_values="NA").isna().to_numpy().sum()) == blanks
    dictionary = pd.read_csv(folder / "dictionary.csv")
    assert dictionary.set_index("item").loc[items, "missing"].sum() == blanks


def test_the_script_holds_the_model_that_is_estimated_here(exported):
    study, survey, folder = exported
    script = (folder / "model.R").read_text("utf-8")
    model = re.search(r"model <- '\n(.*?)\n'", script, re.DOTALL)[1]
    assert 'estimator = "MLR", missing = "fiml"' in script
    items = list(study.construct_items)
    fitted = sem.sem(model, survey.analysed[items].dropna(), estimator="ML")
    assert fitted.test.df == 1258


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")
def test_lavaan_runs_the_script_and_agrees(exported, tmp_path):
    study, survey, folder = exported
    if subprocess.run(["Rscript", "-e", "library(lavaan)"], capture_output=True, check=False).returncode:
        pytest.skip("R has no lavaan here")
    shutil.copy(folder / "answers.csv", tmp_path)
    script = (folder / "model.R").read_text("utf-8").replace('missing = "fiml"', 'missing = "listwise"')
    (tmp_path / "model.R").write_text(script, encoding="utf-8")
    subprocess.run(["Rscript", "model.R"], cwd=tmp_path, check=True, capture_output=True, timeout=500)
    theirs = (
        pd.read_csv(tmp_path / "lavaan_standardised.csv")
        .query("op == '~'")
        .set_index(["lhs", "rhs"])["est.std"]
    )
    settings = {**study.covariance_model, "missing": "listwise"}
    from crmlab.structure import estimate_covariance

    ours = estimate_covariance(survey.analysed, **settings).results["sem_paths"]
    for target, source in (("RQ", "CRM"), ("CLV", "RQ"), ("CLV", "CRM")):
        np.testing.assert_allclose(ours[f"path:{target}~{source}"], theirs[target, source], rtol=1e-4)


def test_a_cell_that_a_spreadsheet_would_compute_is_guarded(exported):
    from crmlab.report.exports import _guard

    assert _guard("=cmd|x") == "'=cmd|x"
    assert _guard("+1") == "'+1"
    assert _guard("plain") == "plain"


def test_the_command_writes_beside_the_reports_and_refuses_the_data_folder(tmp_path, capsys, exported):
    study, survey, _ = exported
    assert main(["export", "data/demo", "-o", str(tmp_path / "x")]) == 0
    assert str(tmp_path / "x" / "scored.sav") in capsys.readouterr().out
    with pytest.raises(StudyError, match="inside the study's folder"):
        export_study(study, survey, study.folder / "exports")
