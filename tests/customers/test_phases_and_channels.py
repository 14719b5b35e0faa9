"""Phases and channels: planted drift is found where it was planted, gaps are judged by their margin, nothing is faked."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from crmlab import customers, structure
from crmlab.customers.attributes import Attribute
from crmlab.customers.clustered import contrasts, group_means, holm
from crmlab.customers.drift import number_shift, overdispersion, psi, word_shift
from crmlab.customers.parity import equivalence_power, parity, rows_needed
from crmlab.customers.phase_drift import Windows, drift
from crmlab.customers.touches import coded, touches_of
from crmlab.data.contacts import admit_contacts
from crmlab.errors import ModelError, StudyError
from crmlab.study import load_study

WINDOWS = Windows((0, 399), (400, 549))


def study(folder, **changes):
    content = {
        "name": "shop",
        "title": {"en": "Shop", "fa": "فروشگاه"},
        "organisation": {"en": "the shop", "fa": "فروشگاه"},
        "ledger": {"file": "raw/l.csv", "columns": {"customer": "c", "date": "d", "amount": "a"}, "calendar": "gregorian"},
        "contacts": {"file": "raw/c.csv", "columns": {"customer": "c", "time": "t"}, "calendar": "gregorian"},
        **changes,
    }  # fmt: skip
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_study(file)


def contacts(rng, n=4000, people=700, fallen=0.0, phase=2, turned=0.0):
    """Contacts of which one phase falls by so many standard deviations after day 400."""
    day, place = rng.integers(0, 550, n), rng.integers(0, 3, n)
    who = rng.integers(0, people, n)
    late = day >= 400
    own = rng.normal(0, 5, people)
    quality = 70 + own[who] + rng.normal(0, 11, n) - 12 * fallen * (late & (place == phase))
    accepted = (rng.random(n) < 0.5 + 0.01 * own[who]).astype(float)
    channel = np.where(rng.random(n) < np.where(late, 0.3 + turned, 0.3), 1, 0)
    rows = pd.DataFrame({
        "customer": who, "day": day, "phase": place, "quality": quality, "accepted": accepted,
        "cost": rng.gamma(4, 10, n), "personalised": (rng.random(n) < 0.5).astype(float), "channel": channel,
    })  # fmt: skip
    return rows.sort_values("day", ignore_index=True)


def attribute(rows):
    return [Attribute("channel", *(rows[c].to_numpy() for c in ("channel", "customer", "day")), words=True)]


# -- the parts -------------------------------------------------------------------------------------


def test_means_of_single_rows_are_welch():
    rng = np.random.default_rng(1)
    x, group = np.r_[rng.normal(0, 1, 50), rng.normal(0.3, 2, 80)], np.repeat([0, 1], [50, 80])
    one = contrasts(group_means(x, group, np.arange(130), 2), np.array([[-1.0, 1.0]]))
    welch = stats.ttest_ind(x[50:], x[:50], equal_var=False)
    assert (one.estimate / one.error)[0] == pytest.approx(welch.statistic, rel=1e-12)
    assert (one.p_value()[0], one.df[0]) == pytest.approx((welch.pvalue, welch.df), rel=1e-10)


def test_rows_of_one_customer_count_once():
    rng = np.random.default_rng(2)
    x, group, who = rng.normal(size=60), np.repeat([0, 1], 30), np.arange(60)
    plain = contrasts(group_means(x, group, who, 2), np.array([[-1.0, 1.0]]))
    thrice = contrasts(group_means(*(np.repeat(v, 3) for v in (x, group, who)), 2), np.array([[-1.0, 1.0]]))
    assert thrice.error[0] == pytest.approx(plain.error[0] * math.sqrt(90 / 89 * 29 / 30), rel=1e-9)
    assert thrice.df[0] == pytest.approx(plain.df[0], rel=1e-9)


def test_stability_index_by_hand():
    told = psi(np.array([499.5, 499.5]), np.array([399.5, 599.5]))
    assert told == pytest.approx(
        (0.4 - 0.5) * math.log(0.4 / 0.5) + (0.6 - 0.5) * math.log(0.6 / 0.5), rel=2e-3
    )
    same = word_shift(np.tile([0, 1, 2], 200), np.repeat([False, True], 300), np.arange(600))
    assert same.psi == pytest.approx(0, abs=1e-12)
    assert same.p_value == pytest.approx(1.0)


def test_chi_square_of_single_rows_is_near_pearsons():
    rng = np.random.default_rng(3)
    word, late = rng.integers(0, 4, 3000), np.arange(3000) >= 2000
    found = word_shift(word, late, np.arange(3000))
    table = np.stack([np.bincount(word[late == s]) for s in (False, True)])
    assert found.statistic == pytest.approx(stats.chi2_contingency(table)[0], rel=0.05)  # not pooled
    assert found.df == 3


def test_clustered_words_do_not_cry_wolf():
    rng, hits = np.random.default_rng(4), 0
    for _ in range(300):
        taste = rng.dirichlet([1, 1, 1], 150)
        who = np.repeat(np.arange(150), 8)
        word = (rng.random((1200, 1)) > taste[who].cumsum(axis=1)).sum(axis=1).clip(max=2)
        hits += word_shift(word, np.repeat(np.arange(150) < 75, 8), who).p_value < 0.05
    assert 0.02 <= hits / 300 <= 0.09


def test_rare_words_stand_together():
    word = np.r_[np.zeros(200, int), np.ones(200, int), np.arange(2, 8)]
    assert word_shift(word, np.tile([True, False], 203), np.arange(406)).df <= 2


def test_number_shift_and_dispersion():
    rng = np.random.default_rng(5)
    a, b = rng.normal(0, 1, 400), rng.normal(1, 1, 300)
    found = number_shift(a, b)
    assert found.statistic == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert found.psi > 0.25
    assert found.noise == pytest.approx(9 * (1 / 400 + 1 / 300))
    assert overdispersion(np.array([-1.0, 0.0, 1.0]))[0] == pytest.approx(1.0)


def test_holm_by_hand():
    assert holm(np.array([0.01, np.nan, 0.04, 0.03])).tolist()[:1] == [pytest.approx(0.03)]
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


# -- drift -----------------------------------------------------------------------------------------


def test_drift_planted_after_the_sale_flags_only_that():
    rng, flagged = np.random.default_rng(6), []
    for _ in range(20):
        rows = contacts(rng, fallen=0.6, turned=0.2)
        found = drift(rows, attribute(rows), WINDOWS)
        flagged.append([phase for phase in ("before", "during", "after") if found[f"review:{phase}"] > 0])
        assert found["drifted:channel"] == 1
        assert found["moved:after.quality"] == -1
    assert sum(one == ["after"] for one in flagged) >= 18


def test_no_drift_flags_at_the_nominal_rate():
    rng = np.random.default_rng(7)
    found = [drift(rows, attribute(rows), WINDOWS) for rows in (contacts(rng, 1200, 300) for _ in range(60))]
    reviews = np.mean([any(one.select("review")["estimate"] > 0) for one in found])
    assert reviews <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 60)
    assert np.mean([one["drifted"] > 0 for one in found]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 60)


def test_drift_does_not_depend_on_order_or_units():
    rows = contacts(np.random.default_rng(8), fallen=0.4)
    plain = drift(rows, attribute(rows), WINDOWS)
    mixed = rows.sample(frac=1, random_state=1).assign(
        quality=lambda f: 10 * f["quality"], customer=lambda f: 9999 - f["customer"]
    )
    other = drift(mixed, attribute(mixed), WINDOWS)
    assert other.tidy["p_value"].to_numpy() == pytest.approx(
        plain.tidy["p_value"].to_numpy(), nan_ok=True, rel=1e-8
    )
    assert other["change:after.quality"] == pytest.approx(10 * plain["change:after.quality"])


def test_a_phase_with_few_customers_is_said():
    rows = contacts(np.random.default_rng(9), 600)
    rows = rows.loc[(rows["phase"] != 1) | (rows["day"] < 400)]
    found = drift(rows, [], WINDOWS)
    assert [check.name for check in found.failed] == ["check.phase_size:during"]
    assert "review:during" not in found
    assert "review:after" in found


# -- the log ---------------------------------------------------------------------------------------


def test_words_of_the_log_in_either_language(tmp_path):
    frame = pd.DataFrame({
        "customer": ["a", "b", "a", "c"], "time": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", None]),
        "phase": ["پیش از خريد", "After the sale", "?", "during"], "outcome": ["پذیرش", "رد", None, "yes"],
        "channel": ["App", " app ", None, "x"], "personalised": [1.0, 0.0, 3.0, 1.0],
    })  # fmt: skip
    found = touches_of(frame, study(tmp_path))
    assert found.rows["phase"].tolist() == [0, 2, -1]
    assert found.rows["accepted"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(found.rows["accepted"][2])
    assert found.names["channel"] == ("App",)
    assert found.rows["channel"].tolist() == [0, 0, -1]
    assert found.aside == {"no_time": 1, "unknown_phase": 1, "unknown_personalised": 1}
    own = study(tmp_path, phases={"words": {"before": ["?"]}, "accepted": ["رد"]})
    again = touches_of(frame, own)
    assert again.rows["phase"].tolist()[2] == 0
    assert again.rows["accepted"].tolist()[:2] == [0.0, 1.0]


def test_codes_come_in_order_of_letters():
    codes, names = coded(pd.Series(["b", None, "a", "B "], dtype=object))
    assert names == ("a", "b")
    assert codes.tolist() == [1, -1, 0, 1]


def whole(tmp_path, rows, **changes):
    frame = rows.assign(
        time=pd.Timestamp("2022-01-01") + pd.to_timedelta(rows["day"], unit="D"),
        phase=np.array(["before", "during", "after"])[rows["phase"]],
        outcome=np.where(rows["accepted"] == 1, "yes", "no"),
        channel=np.array(["shop", "web"])[rows["channel"]],
        customer=rows["customer"].astype(str),
    )
    asked = study(tmp_path, **changes)
    return touches_of(frame, asked), asked


def test_everything_from_a_log(tmp_path):
    touched, asked = whole(tmp_path, contacts(np.random.default_rng(10)))
    found = customers.phases(touched, asked).results
    assert found["phase_scorecard"]["contacts:before"] + found["phase_scorecard"]["contacts:after"] < 4000
    by = touched.rows.groupby("phase")["quality"].mean()
    assert found["phase_scorecard"]["quality:after"] == pytest.approx(by[2])
    assert found["phase_drift"].glance["recent_start"] - found["phase_drift"].glance["reference_end"] == 1
    board = customers.watch(asked, None, touched)
    assert set(board.results["monitor_series"].select("centre").index) == {
        "volume",
        "acceptance",
        "quality",
        "cost",
    }
    assert customers.phases(None, asked) is None
    assert customers.watch(asked) is None
    assert customers.channels(None, asked) is None


def test_windows_that_overlap_or_are_empty_are_told(tmp_path):
    touched, asked = whole(
        tmp_path, contacts(np.random.default_rng(11), 300),
        phases={"reference": {"end": "2022-06-01"}, "recent": {"start": "2022-05-01"}},
    )  # fmt: skip
    failed = customers.phases(touched, asked).results["phase_drift"].failed
    assert "reaches into the recent one" in failed[0].rule
    asked = study(tmp_path, phases={"recent": {"start": "2030-01-01"}})
    assert (
        "no contact lies in the recent window"
        in customers.phases(touched, asked).results["phase_drift"].failed[0].rule
    )
    asked = study(tmp_path, phases={"recent": {"start": "soon"}})
    with pytest.raises(StudyError, match="'soon' is no day"):
        customers.phases(touched, asked)


def test_a_log_without_phases_channels_or_outcomes_is_said(tmp_path):
    touched, asked = whole(tmp_path, contacts(np.random.default_rng(12), 300))
    bare = type(touched)(touched.rows[["customer", "day"]], {}, {}, "gregorian")
    found = customers.phases(bare, asked).results
    assert "has no phases" in found["phase_scorecard"].failed[0].rule
    assert "has no channels" in customers.channels(bare, asked).results["channel_quality"].failed[0].rule
    assert set(customers.watch(asked, None, bare).results["monitor_series"].select("centre").index) == {
        "volume"
    }


def test_an_empty_log_is_said(tmp_path):
    touched, asked = whole(tmp_path, contacts(np.random.default_rng(17), 50).iloc[:0])
    assert "no contact" in customers.phases(touched, asked).results["phase_drift"].failed[0].rule
    assert "no contact" in customers.phases(touched, asked).results["phase_scorecard"].failed[0].rule
    assert "two are needed" in customers.channels(touched, asked).results["channel_quality"].failed[0].rule
    assert (
        "nothing to watch" in customers.watch(asked, None, touched).results["monitor_series"].failed[0].rule
    )


# -- parity ----------------------------------------------------------------------------------------


def exact(n, mean, sd):
    """n values with exactly this mean and standard deviation."""
    z = stats.norm.ppf((np.arange(n) + 0.5) / n)
    return mean + sd * (z - z.mean()) / z.std(ddof=1)


def test_two_one_sided_tests_as_the_oracle():
    """TO1: difference .05, standard deviation .8, 60 and 60 rows, margin .3: p = .044796."""
    x = np.r_[exact(60, 0.05, 0.8), exact(60, 0.0, 0.8)]
    found = parity(x, ["a"] * 60 + ["b"] * 60, points=0.3)
    assert found.cell("gap:a~b", "p_value") == pytest.approx(0.044796, abs=1e-6)
    assert found["stands:a~b"] == 1
    assert found["verdict"] == 1
    assert found["parity_index"] == 1
    agreed = structure.equivalent_means(x[:60], x[60:], 0.3)
    assert agreed.cell("difference", "p_value") == pytest.approx(found.cell("gap:a~b", "p_value"), rel=1e-9)
    assert (
        parity(np.r_[exact(60, 0.4, 0.8), exact(60, 0, 0.8)], ["a"] * 60 + ["b"] * 60, points=0.3)["verdict"]
        != 1
    )


def test_a_small_gap_passes_and_a_large_one_fails_at_the_stated_power():
    rng, need = np.random.default_rng(13), int(rows_needed(0.20, 0.05))
    passed = {0.05: 0, 0.35: 0}
    for _ in range(150):
        for gap in passed:
            x = np.r_[rng.normal(0, 1, need), rng.normal(gap, 1, need)]
            passed[gap] += parity(x, np.repeat(["a", "b"], need))["verdict"] == 1
    assert passed[0.05] / 150 == pytest.approx(0.80, abs=0.11)
    assert passed[0.35] == 0


def test_a_gap_beyond_the_margin_is_shown_and_a_thin_sample_cannot_tell():
    rng = np.random.default_rng(14)
    x = np.r_[rng.normal(0, 1, 1500), rng.normal(0.45, 1, 1500)]
    assert parity(x, np.repeat(["a", "b"], 1500))["verdict"] == 2
    thin = parity(np.r_[exact(30, 0, 1), exact(30, 0.1, 1)], np.repeat(["a", "b"], 30))
    assert thin["verdict"] == 0
    assert thin["stands:a~b"] == 0
    assert thin["power:a~b"] == 0


def test_rows_needed_keep_their_power():
    assert rows_needed(0.2, 0.0) == 429  # (z_.95 + z_.90)^2 2 / .2^2 = 428.2 (Chow, Shao & Wang 2008)
    assert equivalence_power(0.2, 0.05, math.sqrt(2 / 559)) == pytest.approx(0.80, abs=0.001)
    assert rows_needed(0.2, 0.2) == math.inf


def test_against_the_mean_of_all_and_units():
    rng = np.random.default_rng(15)
    x, words = rng.normal(50, 10, 900), np.repeat(["a", "b", "c"], 300)
    found = parity(x, words, against="mean")
    means = np.array([x[words == w].mean() for w in "abc"])
    assert found.select("gap")["estimate"].to_numpy() == pytest.approx(means - means.mean())
    scaled = parity(-3 * x + 7, words, against="mean")
    assert scaled.select("gap_sd")["estimate"].to_numpy() == pytest.approx(
        -found.select("gap_sd")["estimate"].to_numpy()
    )
    assert scaled.select("p_alike")["estimate"].to_numpy() == pytest.approx(
        found.select("p_alike")["estimate"].to_numpy()
    )


def test_small_channels_and_a_single_one():
    x, words = np.arange(100.0), np.array(["a"] * 60 + ["b"] * 37 + ["c"] * 3)
    found = parity(x, words)
    assert [check.name for check in found.failed] == ["check.small_channel:c"]
    assert math.isnan(found.failed[0].value)
    assert list(found.select("n").index) == ["a", "b"]
    with pytest.raises(ModelError, match="1 channel, 1 with 20 rows or more; two are needed"):
        parity(x[:60], words[:60])
    with pytest.raises(ModelError, match="one and the same"):
        parity(np.ones(100), words)
    with pytest.raises(ModelError, match="margin must be above zero"):
        parity(x, words, margin=0.0)


def test_scores_are_compared_only_where_scales_are_alike(tmp_path):
    rng = np.random.default_rng(16)
    channel = np.repeat([1.0, 2.0], 200)
    trait = rng.normal(size=400)
    items = {f"S{k}": np.clip(np.round(3 + trait + rng.normal(0, 0.7, 400)), 1, 5) for k in (1, 2, 3)}
    frame = pd.DataFrame({**items, "CHL": channel})
    blocks = {"SAT": list(items)}
    (good,) = structure.same_scales(frame, blocks, "CHL").values()
    assert good["holds:scalar"] == 1
    assert good["n:CHL.1"] == 200
    bent = frame.assign(
        S1=np.clip(frame["S1"] + 1.2 * (channel == 2), 1, 6),
        S2=np.where(channel == 2, rng.permutation(frame["S2"]), frame["S2"]),
    )
    (bad,) = structure.same_scales(bent, blocks, "CHL", partial=False).values()
    assert bad.select("holds")["estimate"].min() == 0
    constructs = {"SAT": {"label": {"en": "S", "fa": "ر"}, "items": list(items)}}
    own = {code: {"text": {"en": code, "fa": code}, "scale": "agree5"} for code in items}
    asked = study(
        tmp_path, survey={"file": "raw/s.csv", "answers": "codes"}, constructs=constructs, instrument={"items": own},
    )  # fmt: skip
    assert asked.service_scales["constructs"] == blocks
    assert asked.service_scales["item"] == "CHL"
    found = customers.channels(None, asked, answers=frame, scales={"SAT": good}).results
    assert found["channel_score_SAT"]["n:CHL.1"] == 200
    refused = customers.channels(None, asked, answers=bent, scales={"SAT": bad}).results["channel_score_SAT"]
    assert "do not measure the same" in refused.failed[0].rule
    few = structure.same_scales(frame.iloc[150:250], blocks, "CHL", least=60)["SAT"]
    assert "has 0 group of 60 respondents" in few.failed[0].rule


def test_a_construct_that_is_not_there_is_refused_at_once(tmp_path):
    with pytest.raises(StudyError, match=r"channels\.constructs names 'NOPE'"):
        study(tmp_path, channels={"constructs": ["NOPE"]})


# -- the shared log --------------------------------------------------------------------------------


LOG = """
name: intake
title: {en: Intake, fa: پذیرش}
organisation: {en: it, fa: آن}
ledger:
  file: raw/ledger.csv
  columns: {receipt: شماره فاکتور, customer: کد مشتری, date: تاریخ, amount: مبلغ, currency: واحد پول}
  start: 1401/04/01
  end: 1404/03/31
  duplicate_rows: refuse
  refuse: all
contacts:
  file: raw/contacts.csv
  columns: {contact: شناسه, customer: کد مشتری, time: زمان, channel: کانال, phase: مرحله, outcome: نتیجه, personalised: شخصی, cost: هزینه, quality: کیفیت}
channels: {against: pairs, margin: 0.2}
"""


def test_the_shared_contacts_are_read_to_the_row(shared, tmp_path, monkeypatch):
    """Counts, means and the planted gap of the telephone, .35 standard deviations, by the truth beside the file."""
    monkeypatch.setenv("CRMLAB_KEY", "a-key-for-tests-only-0123456789")
    truth = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))["contacts.csv"]
    (tmp_path / "raw").symlink_to(shared / "data" / "intake")
    file = tmp_path / "study.yml"
    file.write_text(LOG, encoding="utf-8")
    asked = load_study(file)
    log = admit_contacts(asked)
    found = touches_of(log.rows, asked)
    assert np.bincount(found.rows["phase"]).tolist() == [
        truth["rows_by_phase"][p] for p in ("before", "during", "after")
    ]
    assert int(np.nansum(found.rows["accepted"])) == sum(
        part[0] for part in truth["accepted_by_personalised"].values()
    )
    result = customers.channels(found, asked).results["channel_quality"]
    means = sorted(round(v, 9) for v in result.select("mean")["estimate"])
    assert means == sorted(round(one["mean"], 9) for one in truth["quality_by_channel"].values())
    assert result["verdict"] == 2
    low = min(result.select("mean")["estimate"].items(), key=lambda pair: pair[1])[0]
    gaps = result.select("gap_sd")["estimate"]
    with_phone = gaps[[name for name in gaps.index if low in name.split("~")]].abs()
    assert with_phone.mean() == pytest.approx(0.35, abs=0.1)
    assert all(
        low in name.split("~") for name, row in result.select("stands")["estimate"].items() if row == 2
    )
