"""The structural model without measurement error: planted values, and lavaan's own numbers by the study's words."""

import numpy as np
import pytest

from crmlab import measurement, structure
from crmlab.errors import ModelError
from crmlab.study.hypotheses import Hypothesis

BLOCKS = {
    name.upper(): [f"{name}{k}" for k in range(1, 5)] for name in ("kco", "km", "tech", "tru", "com", "sat")
}
WHOLE = {"CRM": {"of": ["KCO", "KM", "TECH"]}, "RQ": {"of": ["TRU", "COM", "SAT"]}}
SETTINGS = {"estimator": "ML", "missing": "listwise"}


@pytest.fixture(scope="module")
def fitted(sim400):
    told = [Hypothesis("H1", "direct", "CRM", "RQ", (), "+", {"en": "", "fa": ""})]
    return structure.estimate_covariance(
        sim400, BLOCKS, [("CRM", "RQ")], higher_order=WHOLE, hypotheses=told, **SETTINGS
    )


def test_the_latent_path_is_recovered(fitted):
    low, high = (fitted.sem_paths.cell("path:RQ~CRM", column) for column in ("ci_low", "ci_high"))
    assert low < 0.60 < high  # planted
    assert fitted.sem_paths["r2:RQ"] == pytest.approx(fitted.sem_paths["path:RQ~CRM"] ** 2, abs=1e-6)
    assert fitted.sem_verdicts["verdict:H1"] == 1
    z = fitted.sem_paths["path:RQ~CRM"] / fitted.sem_paths.cell("path:RQ~CRM", "std_error")
    assert fitted.sem_paths["z:RQ~CRM"] == pytest.approx(z)


def test_pls_understates_what_sem_does_not(sim400, fitted):
    whole = {name: {**parts, "method": "two_stage"} for name, parts in WHOLE.items()}
    pls = structure.estimate(sim400, BLOCKS, [("CRM", "RQ")], higher_order=whole, n_boot=100, seed=1)
    assert pls.paths["path:RQ~CRM"] < fitted.sem_paths["path:RQ~CRM"] - 0.05


def test_intervals_follow_the_level(sim400):
    wide, narrow = (
        structure.estimate_covariance(
            sim400, BLOCKS, [("CRM", "RQ")], higher_order=WHOLE, level=level, **SETTINGS
        ).sem_paths
        for level in (0.99, 0.90)
    )
    spread = [r.cell("path:RQ~CRM", "ci_high") - r["path:RQ~CRM"] for r in (wide, narrow)]
    assert spread[0] / spread[1] == pytest.approx(2.5758293 / 1.6448536, rel=1e-6)


def test_confirmatory_results_hold_together(sim400):
    found = measurement.confirm(sim400, BLOCKS, higher_order=WHOLE, **SETTINGS)
    loadings = found.cfa.select("loading")["estimate"]
    assert len(loadings) == 24
    own = loadings[loadings.index.str.startswith("KCO")].to_numpy()
    assert found.cfa["ave:KCO"] == pytest.approx(np.mean(own**2))
    assert found.cfa["rho_c:KCO"] == pytest.approx(own.sum() ** 2 / (own.sum() ** 2 + (1 - own**2).sum()))
    assert len(found.cfa.select("cor")) == 15
    assert found.cfa_second is not None
    assert found.cfa_second.glance["df"] > found.cfa.glance["df"]
    assert found.cfa_second.select("loading").loc["CRM=~KCO", "estimate"] == pytest.approx(0.85, abs=0.12)


def test_single_items_have_no_error_of_their_own(sim400):
    blocks = {"KCO": BLOCKS["KCO"], "V": ["clv"]}
    data = sim400.assign(clv=np.log(sim400["clv"]))
    found = structure.estimate_covariance(data, blocks, [("KCO", "V")], **SETTINGS)
    assert found.sem_outer["loading:V=~clv"] == pytest.approx(1.0)


def test_a_single_ordered_item_is_refused_in_words(sim400):
    with pytest.raises(ModelError, match="'V' has one item"):
        measurement.confirm(
            sim400, {"KCO": BLOCKS["KCO"], "V": ["km1"]}, estimator="WLSMV", missing="listwise"
        )


def test_answers_as_ordered_categories(sim400):
    blocks = {name: BLOCKS[name] for name in ("KCO", "TRU")}
    found = structure.estimate_covariance(
        sim400, blocks, [("KCO", "TRU")], estimator="WLSMV", missing="listwise"
    )
    ml = structure.estimate_covariance(sim400, blocks, [("KCO", "TRU")], **SETTINGS)
    assert found.sem_paths["path:TRU~KCO"] == pytest.approx(ml.sem_paths["path:TRU~KCO"], abs=0.06)
    assert "chisq.scaled" in found.sem_paths.glance


def test_composites_are_refused(sim400):
    with pytest.raises(ModelError, match="'KCO' is a composite"):
        structure.estimate_covariance(sim400, BLOCKS, [("KCO", "TRU")], modes={"KCO": "B"}, **SETTINGS)


def test_the_engine_is_the_studys_choice(tmp_path):
    from crmlab.study.analysis_spec import Covariance

    with pytest.raises(ValueError, match="listwise"):
        Covariance(estimator="WLSMV", missing="fiml")
    assert Covariance(estimator="WLSMV", missing="listwise").estimator == "WLSMV"
