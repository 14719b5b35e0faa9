"""Who may become a customer: planted kinds found, chances that hold, nothing learnt from what was known too late."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from crmlab.customers import prospect_results
from crmlab.customers.judging import area_interval, spiegelhalter
from crmlab.customers.stability import adjusted_rand

RATES = (0.05, 0.20, 0.50)


def people(n=400, seed=1, rates=RATES):
    """Three kinds of prospects, far from each other, with a rate of conversion each."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    X = np.array([[0, 0, 0], [6, 0, 2], [0, 6, -2]])[kind] + rng.normal(size=(n, 3))
    came = rng.random(n) < np.array(rates)[kind]
    rows = pd.DataFrame(X, columns=["age", "visits", "income"])
    rows.insert(0, "prospect", [f"p{k:04d}" for k in range(n)])
    rows["source"] = rng.choice(["web", "friend"], n)
    rows["converted_on"] = pd.to_datetime(np.where(came, "2024-03-01", None))
    return rows, kind


FIGURES, WORDS = ["age", "visits", "income"], ["source"]


def told(rows, figures=FIGURES, words=WORDS, **asked):
    return prospect_results(rows, figures, words, converted="converted_on", resamples=8, most=4, **asked)


@pytest.fixture(scope="module")
def found():
    rows, kind = people()
    return rows, kind, told(rows)


def test_kinds_are_found_and_ordered_by_conversion(found):
    rows, kind, result = found
    groups = result.results["prospect_groups"]
    assert result.results["prospect_choice"].glance["number"] == 3
    conversion = groups.select("conversion")
    assert list(conversion.index) == ["P1", "P2", "P3"]
    assert conversion["estimate"].is_monotonic_decreasing
    open_ = rows["converted_on"].isna()
    label = result.table.set_index("prospect")["group"].reindex(rows.loc[open_, "prospect"])
    assert adjusted_rand(pd.factorize(label)[0], kind[open_]) >= 0.9
    for place, rate in enumerate(sorted(RATES, reverse=True)):
        row = conversion.iloc[place]
        assert row["ci_low"] <= rate <= row["ci_high"]


def test_the_list_is_ranked_by_chances_that_hold(found):
    rows, _, result = found
    model, table = result.results["prospect_model"], result.table
    assert model.ok
    assert len(table) == rows["converted_on"].isna().sum()
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["probability"].is_monotonic_decreasing
    assert model.cell("auc:logistic", "ci_low") > 0.6
    likely = table.groupby("group")["likeness"].mean()
    assert likely["P1"] > likely["P2"] > likely["P3"]


def test_the_list_is_written_whole(found, tmp_path):
    (path,) = found[2].save_table(tmp_path)
    assert path.name == "prospects.csv"
    assert pd.read_csv(path)["prospect"].tolist() == found[2].table["prospect"].tolist()


def test_order_and_units_change_nothing(found):
    rows, _, first = found
    mixed = rows.assign(income=rows["income"] * 1000).sample(frac=1, random_state=2).reset_index(drop=True)
    other = told(mixed)
    assert (other.table["prospect"] == first.table["prospect"]).all()
    assert (other.table["group"] == first.table["group"]).all()
    assert other.table["probability"].to_numpy() == pytest.approx(
        first.table["probability"].to_numpy(), abs=1e-6
    )


def test_where_nothing_predicts_nobody_is_ranked():
    rows, _ = people(seed=3, rates=(0.2, 0.2, 0.2))
    result = told(rows)
    model = result.results["prospect_model"]
    assert any(check.name.startswith("check.better_than_base") for check in model.failed)
    assert result.table["rank"].isna().all()
    assert np.ptp(result.table["probability"]) == 0


def test_what_is_known_only_afterwards_is_left_out():
    rows, _ = people()
    came = rows["converted_on"].notna()
    rows["contract"] = np.where(came, 12.0, 0.0)
    rows["signed"] = np.where(came, 1.0, np.nan)
    result = told(rows, [*FIGURES, "contract", "signed"])
    names = {check.name for check in result.results["prospect_model"].failed}
    assert {"check.known_too_late:contract", "check.known_too_late:signed"} <= names
    assert result.results["prospect_model"]["auc:logistic"] < 0.95
    only = told(rows, ["contract"], [])
    assert "no feature" in only.results["prospect_model"].failed[0].rule


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.assign(converted_on=pd.NaT), "none of 400 prospects became customers"),
        (lambda rows: rows.assign(converted_on=pd.Timestamp("2024-01-01")), "all of 400 prospects"),
        (
            lambda rows: rows.assign(
                converted_on=rows["converted_on"].where(rows["converted_on"].notna().cumsum() < 6)
            ),
            "too few to learn from",
        ),
    ],
)
def test_what_cannot_be_learnt_says_so(change, words):
    rows, _ = people()
    result = told(change(rows))
    assert words in result.results["prospect_model"].failed[0].rule
    assert len(result.table) == change(rows)["converted_on"].isna().sum()
    assert result.table["rank"].isna().all()


def test_prospects_without_a_day_or_without_figures():
    rows, _ = people()
    blind = prospect_results(rows, FIGURES, WORDS, resamples=5, most=3)
    assert set(blind.results) == {"prospect_choice", "prospect_groups"}
    assert len(blind.table) == len(rows)
    words = told(rows, [], WORDS)
    assert set(words.results) == {"prospect_model", "prospect_calibration"}
    few = told(rows.iloc[:12])
    assert few.results["prospect_choice"].failed[0].name == "check.possible"


def test_blanks_are_grouped_by_what_is_known():
    rows, kind = people()
    rows.loc[:20, "income"] = np.nan
    rows.loc[30, FIGURES] = np.nan
    result = prospect_results(rows, FIGURES, WORDS, resamples=8, most=4)
    assert result.results["prospect_choice"].glance["blank"] == 22
    assert result.results["prospect_groups"].glance["ungrouped"] == 1
    assert kind[30] in (0, 1, 2)


def test_the_interval_of_the_area_holds_what_it_says():
    rng = np.random.default_rng(4)
    truth, inside = norm.cdf(1 / np.sqrt(2)), []
    for _ in range(300):
        y = np.repeat([0, 1], [60, 40])
        _, _, low, high = area_interval(rng.normal(size=100) + y, y)
        inside.append(low <= truth <= high)
    assert 0.91 < np.mean(inside) < 0.98
    assert area_interval(np.arange(6.0), np.array([0, 0, 0, 1, 1, 1]))[0] == 1


def test_delong_by_hand():
    score, y = np.array([1.0, 3.0, 2.0, 4.0, 5.0]), np.array([0, 0, 1, 1, 1])
    above = np.array([0.5, 1.0, 1.0])  # share of the two others below each event
    below = np.array([1.0, 2 / 3])
    value, se, _, _ = area_interval(score, y)
    assert value == pytest.approx(above.mean())
    assert se == pytest.approx(np.sqrt(above.var(ddof=1) / 3 + below.var(ddof=1) / 2))


def test_spiegelhalter_is_standard_normal_for_chances_that_hold():
    rng = np.random.default_rng(5)
    z = []
    for _ in range(400):
        p = rng.beta(1, 3, 200)
        z.append(spiegelhalter(p, (rng.random(200) < p).astype(float))[0])
    assert np.std(z) == pytest.approx(1, abs=0.1)
    p = rng.beta(1, 3, 2000)
    assert spiegelhalter(p**2, (rng.random(2000) < p).astype(float))[1] < 0.001


def test_prospects_of_an_export_stand_in_their_planted_clusters(shared):
    file = shared / "data" / "intake" / "prospects.csv"
    rows = pd.read_csv(file, dtype=str).rename(columns={"prospect_id": "prospect"})
    truth = pd.read_csv(file.with_name("truth_prospects.csv")).set_index("prospect_id")["cluster"]
    figures = ["age", "distance_km", "web_visits", "enquiries", "interest", "income_index"]
    latin = str.maketrans("۰۱۲۳۴۵۶۷۸۹٫", "0123456789.")
    for name in figures:
        rows[name] = pd.to_numeric(rows[name].str.translate(latin), errors="coerce")
    result = prospect_results(rows, figures, resamples=6, most=6)
    assert result.results["prospect_choice"].glance["number"] == truth.nunique() == 5
    label = result.table.set_index("prospect")["group"].reindex(truth.index)
    assert adjusted_rand(pd.factorize(label)[0], truth.to_numpy()) >= 0.9
