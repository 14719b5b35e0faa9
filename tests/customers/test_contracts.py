"""Contracts: every row is counted, planted effects are found, and the report says what they allow."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.customers import leaving
from crmlab.data.contracts import Contracts, admit_contracts
from crmlab.errors import CrmlabError, DataError, StudyError
from crmlab.present.facts import sources
from crmlab.report.chapters import compose
from crmlab.result import Result

spec = importlib.util.spec_from_file_location("contract_study", Path(__file__).parent / "contract_study.py")
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    study = made.study(tmp_path_factory.mktemp("lines"), made.contracts())
    admitted = admit_contracts(study)
    return study, admitted, leaving(admitted, study)


def value(result: Result, term: str, column: str = "estimate") -> float:
    return float(result.tidy.set_index("term").loc[term, column])


def test_every_row_is_kept_or_refused_for_one_reason(tmp_path):
    rows = made.contracts(60).astype(object)
    rows.loc[1, "id"] = ""
    rows.loc[2, "gone"] = ""
    rows.loc[3, "gone"] = "شاید"
    rows.loc[4, "months"] = ""
    rows.loc[5, "months"] = -2
    rows.loc[6, "id"] = rows.loc[7, "id"] = "C9000"
    rows = pd.concat([rows, rows.iloc[[0]], pd.DataFrame([[None] * rows.shape[1]], columns=rows.columns)])
    admitted = admit_contracts(made.study(tmp_path, rows, refuse="all"))
    assert admitted.refused == {
        2: "missing_id", 3: "missing_left", 4: "unknown_left", 5: "missing_duration", 6: "impossible_duration",
        8: "second_contract", 61: "exact_duplicate", 62: "empty",
    }  # fmt: skip
    flow = admitted.flow()
    assert value(flow, "read") == 62
    assert value(flow, "kept") == 54 == len(admitted.rows)
    assert value(flow, "kind:left") + value(flow, "kind:stayed") == 54


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("id", "", "no customer"), ("gone", "maybe", "left_values"), ("months", "-1", "no time"),
        ("months", "soon", "is no number"), ("fee", "cheap", "is no number"), ("noise", "x", "is no number"),
    ],
)  # fmt: skip
def test_what_is_not_listed_stops_with_its_row(tmp_path, column, cell, says):
    rows = made.contracts(30).astype(object)
    rows.loc[4, column] = cell
    with pytest.raises(DataError, match=says) as fault:
        admit_contracts(made.study(tmp_path, rows))
    assert "6" in str(fault.value)  # the row as a spreadsheet counts it


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": {"customer": "id", "duration": "months"}},
        {"columns": {"customer": "id", "start": "a", "end": "b", "duration": "months", "left": "gone"}},
        {"columns": {"customer": "id"}}, {"left_values": ["x"], "stayed_values": ["X"]}, {"discount_rate": 10},
        {"figures": ["months"]}, {"words": ["plan", "plan"]}, {"accept": 1.2},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_fault_of_the_study(tmp_path, changes):
    with pytest.raises(StudyError, match="contracts"):
        made.study(tmp_path, made.contracts(30), **changes)


def test_days_give_the_durations_between_them(tmp_path):
    rows = pd.DataFrame({
        "id": ["a", "b", "c", "d"], "from": ["1402/01/01", "1402/01/01", "1402/07/01", "1402/05/01"],
        "to": ["1402/04/01", "", "1402/07/01", "1403/05/05"],
    })  # fmt: skip
    columns = {"customer": "id", "start": "from", "end": "to"}
    plain = {"columns": columns, "figures": None, "words": None, "observed": "1402/12/29", "unit": "D"}
    admitted = admit_contracts(made.study(tmp_path, rows, **plain))
    assert admitted.rows["duration"].tolist() == [
        93,
        364,
        1,
        240,
    ]  # three months of 31 days; 1402 has 365 days
    assert admitted.rows["left"].tolist() == [1, 0, 1, 0]


def test_saved_contracts_come_back(answered, tmp_path):
    _, admitted, _ = answered
    admitted.save(tmp_path)
    again = Contracts.load(tmp_path)
    pd.testing.assert_frame_equal(again.rows, admitted.rows, check_dtype=False)
    assert (again.words, again.figures, again.refused) == (admitted.words, admitted.figures, admitted.refused)
    assert not admitted.rows["customer"].isin(made.contracts()["id"]).any()


def test_planted_effect_and_law_are_found(answered):
    _, _, found = answered
    cox = found.results["leaving_cox"]
    low, high = value(cox, "log_hazard:plan.paper", "ci_low"), value(cox, "log_hazard:plan.paper", "ci_high")
    assert low < made.EFFECT < high
    assert high - low < 0.4
    assert value(cox, "hazard_ratio:noise", "ci_low") < 1 < value(cox, "hazard_ratio:noise", "ci_high")
    assert not [check for check in cox.failed if check.name.startswith("check.proportional")]
    curves = found.results["stay_curves"]
    assert value(curves, "logrank", "p_value") < 0.001
    for group, factor in (("digital", 1.0), ("paper", 2.0)):  # exponential: S(10) = exp(-10 rate)
        assert value(curves, f"survival:{group}.10", "ci_low") < np.exp(-10 * made.RATE * factor)
        assert value(curves, f"survival:{group}.10", "ci_high") > np.exp(-10 * made.RATE * factor)


def test_lifetime_and_value_of_a_stay_add_up(answered):
    _, admitted, found = answered
    models = found.results["stay_models"]
    best = next(name for name in ("sbg", "bdw") if value(models, f"chosen:{name}") == 1)
    h, rate = int(models.glance["horizon_periods"]), models.glance["rate_per_period"]
    assert (h, rate) == (36, pytest.approx(1.15 ** (1 / 12) - 1, rel=1e-12))
    from crmlab.customers.retention import contract_fits

    fit = contract_fits(admitted.rows["periods"], admitted.rows["left"])[best]
    survival = fit.survival(np.arange(h))
    assert value(models, f"lifetime:{best}") == pytest.approx(survival.sum(), rel=1e-10)
    assert value(models, f"derl:{best}") == pytest.approx(
        (survival / (1 + rate) ** np.arange(h)).sum(), rel=1e-10
    )
    from crmlab.customers.leaving import kept_value

    n, price = int(admitted.rows["periods"][3]), float(admitted.rows["price"][3])
    later = fit.survival(n + 1 + np.arange(h)) / fit.survival(n + 1) / (1 + rate) ** np.arange(h)
    assert kept_value(found)[3] == pytest.approx(price * later.sum(), rel=1e-10)


def test_order_of_rows_changes_nothing(answered, tmp_path):
    _, _, found = answered
    study = made.study(
        tmp_path, made.contracts().sample(frac=1, random_state=1), figures=None, words=["plan"]
    )
    again = leaving(admit_contracts(study), study)
    for name in ("stay_curves", "stay_models"):
        a, b = found.results[name].tidy, again.results[name].tidy
        np.testing.assert_allclose(a["estimate"], b["estimate"], rtol=1e-7)


def said(study, results, language: str) -> str:
    document = compose(study, {f"07_behavioural_clv/{name}": one for name, one in results.items()}, language)
    from crmlab.present.blocks import Paragraph

    spans = [
        block.spans
        for chapter in document.chapters
        for block in chapter.blocks
        if isinstance(block, Paragraph)
    ]
    return " ".join(document.language.plain(each) for each in spans)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("The groups differ", "With a higher rate of leaving", "brings the largest profit", "No sign was found")),
    ("fa", ("گروه‌ها در مدت ماندن", "نرخ رفتن بیشتر", "بیشترین سود", "نشانه‌ای از تغییر")),
])  # fmt: skip
def test_the_report_says_what_was_found(answered, language, words):
    study, _, found = answered
    text = said(study, found.results, language)
    for each in words:
        assert each in text


def test_noise_is_not_better_than_the_base_rate_and_no_offer_pays(tmp_path):
    study = made.study(tmp_path, made.contracts(400), words=None, offer_cost=5000)
    found = leaving(admit_contracts(study), study)
    assert any(check.name.startswith("check.better_than_base") for check in found.results["churn"].failed)
    for language, words in (
        ("en", ("not better than the base rate", "No offer pays", "do not show that any")),
        ("fa", ("از نرخ پایه بهتر نیست", "هیچ پیشنهادی سودآور نیست", "هیچ‌یک از آن‌ها")),
    ):
        text = said(study, found.results, language)
        for each in words:
            assert each in text


def test_what_the_data_do_not_allow_says_so(tmp_path):
    rows = made.contracts(40)
    rows["gone"] = "خیر"
    study = made.study(tmp_path, rows)
    found = leaving(admit_contracts(study), study)
    assert all(not len(result.tidy) for result in found.results.values())
    assert "cannot be estimated" in said(study, found.results, "en")
    assert "برآوردپذیر نیست" in said(study, found.results, "fa")


def test_every_printed_number_is_a_fact_of_a_saved_result(answered):
    study, _, found = answered
    results = {f"07_behavioural_clv/{name}": one for name, one in found.results.items()}
    known = sources(results)
    from crmlab.present.blocks import facts_of

    document = compose(study, results, "en")
    facts = [
        fact
        for chapter in document.chapters
        for block in chapter.blocks
        for fact in facts_of(block)
        if fact.saved
    ]
    assert len(facts) > 200
    for fact in facts:
        step, name, term, column = fact.address.split("/", 3)
        source = known[f"{step}/{name}"]
        own = source.result.glance[column] if term == "glance" else source.value(term, column)
        assert own == fact.value or (np.isnan(own) and np.isnan(fact.value))


def test_a_study_without_contracts_has_no_answer(answered):
    study, _, _ = answered
    assert leaving(None, study) is None
    with pytest.raises(CrmlabError):
        Contracts.load(Path("/nowhere"))
