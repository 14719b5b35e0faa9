"""Sub-hypotheses beside main ones: the models they are judged by, and their verdicts against a direct estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from crmlab.errors import StudyError
from crmlab.structure import conclude, estimate, estimate_dimensions
from crmlab.study import load_study
from crmlab.study.hypotheses import catalogue

PARTS = {"CRM": ["FOC", "ORG"], "RQ": ["TRU", "SAT"], "CLV": ["USE", "LOY"]}


def study(folder, hypotheses, **more):
    constructs = {
        p: {"label": {"fa": p, "en": p}, "items": [f"{p}{k}" for k in (1, 2, 3)]}
        for of in PARTS.values()
        for p in of
    }
    constructs |= {name: {"label": {"fa": name, "en": name}, "dimensions": of} for name, of in PARTS.items()}
    content = {
        "name": "subs", "title": {"fa": "x", "en": "x"}, "organisation": {"fa": "x", "en": "x"}, "survey": {"file": "x.csv"},
        "constructs": constructs, "paths": ["RQ ~ CRM", "CLV ~ RQ + CRM"], "hypotheses": hypotheses,
        "estimator": {"bootstrap": 200}, **more,
    }  # fmt: skip
    (folder / "study.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return load_study(folder)


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(2)
    n = 300
    f = {"FOC": rng.normal(size=n), "ORG": rng.normal(size=n)}
    f["TRU"] = 0.6 * f["FOC"] + 0.8 * rng.normal(size=n)
    f["SAT"] = 0.5 * f["ORG"] + 0.8 * rng.normal(size=n)
    f["USE"] = 0.5 * f["TRU"] + 0.8 * rng.normal(size=n)
    f["LOY"] = 0.5 * f["SAT"] + 0.8 * rng.normal(size=n)
    return pd.DataFrame(
        {f"{k}{j}": 0.8 * v + 0.6 * rng.normal(size=n) for k, v in f.items() for j in (1, 2, 3)}
    )


def test_each_hypothesis_has_the_model_it_needs(tmp_path):
    read = study(tmp_path, ["H1", "H4", "H1.11", "H2.11", "H4.1", "H2R.1"])
    assert [one.id for one in read.path_hypotheses] == ["H1", "H4"]
    models = read.submodels["models"]
    assert {name: [one.id for one in model["hypotheses"]] for name, model in models.items()} == {
        "CRM_RQ_CLV": ["H1.11", "H2.11"], "CRM": ["H4.1"], "CLV": ["H2R.1"],
    }  # fmt: skip
    assert len(models["CRM_RQ_CLV"]["paths"]) == 12
    assert set(models["CRM"]["paths"]) == {
        ("FOC", "RQ"),
        ("ORG", "RQ"),
        ("RQ", "CLV"),
        ("FOC", "CLV"),
        ("ORG", "CLV"),
    }
    assert list(models["CRM"]["higher_order"]) == ["RQ", "CLV"]


def test_a_dimension_needs_the_path_of_its_construct(tmp_path):
    with pytest.raises(StudyError, match=r"'H3\.11' needs the path 'CLV ~ CRM', which the study has not got"):
        study(tmp_path, ["H3.11"], paths=["RQ ~ CRM", "CLV ~ RQ"])


@pytest.mark.parametrize("engine", ["pls", "sem"])
def test_verdicts_are_those_of_the_model_of_dimensions(tmp_path, answers, engine):
    read = study(tmp_path, ["H1", "H1.11", "H1.12", "H4.1"], estimator={"bootstrap": 200, "engine": engine})
    made = estimate_dimensions(answers, **read.submodels).results
    assert set(made) == {"sub_paths_CRM_RQ_CLV", "sub_paths_CRM", "sub_verdicts"}
    assert made["sub_verdicts"]["verdict:H1.11"] == 1
    assert made["sub_verdicts"]["verdict:H1.12"] == 0
    assert made["sub_verdicts"]["hypothesis:H1.11"] == made["sub_paths_CRM_RQ_CLV"]["path:TRU~FOC"]
    if (
        engine == "pls"
    ):  # trust and satisfaction share nothing here, which leaves a second-order factor of them undefined
        assert made["sub_verdicts"]["hypothesis:H4.1"] == made["sub_paths_CRM"]["indirect:CLV~RQ~FOC"]
        blocks = {part: [f"{part}{k}" for k in (1, 2, 3)] for of in PARTS.values() for part in of}
        pairs = [
            (a, b)
            for x, y in (("CRM", "RQ"), ("RQ", "CLV"), ("CRM", "CLV"))
            for a in PARTS[x]
            for b in PARTS[y]
        ]
        plain = estimate(answers, blocks, pairs, n_boot=200, seed=read.seed)
        assert made["sub_verdicts"]["hypothesis:H1.11"] == pytest.approx(
            plain.paths["path:TRU~FOC"], abs=1e-6
        )


def test_sub_hypotheses_are_corrected_among_themselves(tmp_path, answers):
    read = study(tmp_path, ["H1", "H1.11", "H1.12"])
    made = {
        f"05_structure_mediation/{k}": v
        for k, v in estimate_dimensions(answers, **read.submodels).results.items()
    }
    main = estimate(answers, **read.model, hypotheses=read.path_hypotheses)
    found = conclude(read.hypotheses, made | {"05_structure_mediation/verdicts": main.verdicts})
    p = {name: found.cell(f"hypothesis:{name}", "p_value") for name in ("H1", "H1.11", "H1.12")}
    assert found["p_holm:H1"] == p["H1"]
    assert found["p_holm:H1.11"] == pytest.approx(min(1.0, 2 * p["H1.11"]))
    assert found.glance["tested"] == 3


def test_all_bundled_hypotheses_of_effects_stand_in_one_study(tmp_path):
    known = [
        name
        for name, one in catalogue().items()
        if set(one.constructs) <= {*PARTS, *(part for of in PARTS.values() for part in of)}
    ]
    read = study(tmp_path, [name for name in known if catalogue()[name].of_the_model])
    assert len(read.sub_hypotheses) == 4 + 4 + 4 + 2 + 2
