"""Phases, channels and monitoring in the report and in notebooks: both languages, from saved facts alone, nothing faked."""

import numpy as np
import pandas as pd
import pytest
import yaml

from crmlab import customers
from crmlab.customers.touches import touches_of
from crmlab.present import show
from crmlab.present.blocks import Figure, Hidden, Paragraph, Table, facts_of
from crmlab.present.facts import sources
from crmlab.present.names import reader
from crmlab.report import compose, write
from crmlab.result import Check, Result, tidy_frame
from crmlab.study import load_study

LIFE, VALUE = "06_lifecycle_groups", "07_behavioural_clv"


def asked(folder, **changes):
    content = {
        "name": "shop",
        "title": {"en": "Contacts", "fa": "تماس‌ها"},
        "organisation": {"en": "the shop", "fa": "فروشگاه"},
        "ledger": {"file": "raw/l.csv", "columns": {"customer": "c", "date": "d", "amount": "a"}, "calendar": "gregorian"},
        "contacts": {"file": "raw/c.csv", "columns": {"customer": "c", "time": "t"}, "calendar": "gregorian"},
        **changes,
    }  # fmt: skip
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_study(file)


def log(n=3000, seed=1, fallen=12.0, web=0.5):
    rng = np.random.default_rng(seed)
    day, phase, who = rng.integers(0, 700, n), rng.integers(0, 3, n), rng.integers(0, 500, n)
    late = (day >= 525) & (phase == 2)
    channel = rng.random(n) < web + 0.2 * (day >= 525)
    return pd.DataFrame({
        "customer": who.astype(str), "time": pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D"),
        "phase": np.array(["پیش از خرید", "حین خرید", "پس از خرید"])[phase],
        "outcome": np.where(rng.random(n) < 0.6, "پذیرش", "رد"), "channel": np.where(channel, "وب", "حضوری"),
        "quality": rng.normal(70, 12, n) - fallen * late + 6 * channel, "cost": rng.gamma(4, 10, n),
        "personalised": (rng.random(n) < 0.5) * 1.0, "topic": "سؤال", "direction": "in",
    })  # fmt: skip


def results_of(study, frame):
    touched = touches_of(frame, study)
    life = {**customers.phases(touched, study).results, **customers.channels(touched, study).results}
    value = customers.watch(study, None, touched).results
    found = {f"{LIFE}/{name}": result for name, result in life.items()}
    return found | {f"{VALUE}/{name}": result for name, result in value.items()}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    study = asked(tmp_path_factory.mktemp("shop"))
    return study, results_of(study, log())


def section(document, key):
    """The blocks below one heading."""
    blocks = list(document.blocks())
    start = next(k for k, block in enumerate(blocks) if getattr(block, "key", "") == f"section-{key}")
    found = []
    for block in blocks[start + 1 :]:
        if getattr(block, "level", 9) <= 2:
            break
        found.append(block)
    return found


def words(document, key):
    return " ".join(
        document.text(block.spans) for block in section(document, key) if isinstance(block, Paragraph)
    )


@pytest.mark.parametrize("code", ["en", "fa"])
def test_the_three_sections_stand_in_the_report(shop, tmp_path, code):
    document = compose(*shop, code)
    tables = {
        block.key
        for key in ("phases", "channels", "monitoring")
        for block in section(document, key)
        if isinstance(block, Table)
    }
    assert tables >= {
        "phase_scorecard", "attribute_drift", "phase_changes", "channel_levels", "channel_gaps", "monitor_series",
        "monitor_rules", "monitor_changes",
    }  # fmt: skip
    figures = {
        block.key
        for key in ("channels", "monitoring")
        for block in section(document, key)
        if isinstance(block, Figure)
    }
    assert figures == {"channel_gap_chart", "monitor_board"}
    assert len(write(document, tmp_path, formats=("html",))) == 1


def test_every_printed_number_is_saved(shop):
    study, results = shop
    known = sources(results)
    document = compose(study, results, "en")
    for key in ("phases", "channels", "monitoring"):
        for fact in (fact for block in section(document, key) for fact in facts_of(block) if fact.saved):
            address, _, column = fact.address.rpartition("/")
            step, name, term = address.split("/", 2)
            result = known[f"{step}/{name}"].result
            value = result.glance[column] if term == "glance" else result.cell(term, column)
            assert value == fact.value or (np.isnan(value) and np.isnan(fact.value))


def test_words_follow_the_facts(shop):
    document = compose(*shop, "en")
    told = words(document, "phases")
    assert "After the sale, the measures have moved: quality from" in told
    assert "No move is shown of the measures before the sale and during the sale" in told
    assert "a shift of “channel of contact” is shown" in told
    assert "In “quality” the channels are not equivalent" in words(document, "channels")
    assert "In “acceptance” " in words(document, "channels")
    assert "The number of series that alarmed is 1" in words(document, "monitoring")
    assert "“Quality of contacts (points)” since" in words(document, "monitoring")


def test_a_quiet_log_says_so(tmp_path):
    study = asked(tmp_path)
    frame = log(seed=3, fallen=0.0).assign(quality=np.random.default_rng(4).normal(70, 12, 3000))
    frame["channel"] = np.where(np.random.default_rng(5).random(3000) < 0.5, "وب", "حضوری")
    document = compose(study, results_of(study, frame), "en")
    told = words(document, "phases")
    assert "No change of the customers' characteristics" in told
    assert "No measure of any phase is shown to have moved" in told
    assert "all channels are equivalent" in words(document, "channels")
    assert "No chart alarmed." in words(document, "monitoring")
    assert "No new level of any series is shown." in words(document, "monitoring")


@pytest.mark.parametrize("code", ["en", "fa"])
def test_one_channel_and_few_days_are_said(tmp_path, code):
    study = asked(tmp_path)
    frame = log(120).assign(channel="وب")
    frame["time"] = pd.Timestamp("2022-01-01") + pd.to_timedelta(np.arange(120) % 40, unit="D")
    results = results_of(study, frame)
    document = compose(study, results, code)
    needed = {
        "en": "Channels cannot be compared in “quality”.",
        "fa": "کانال‌ها از نظر «کیفیت» قابل مقایسه نیستند.",
    }
    assert needed[code] in words(document, "channels").replace("\u2068", "").replace("\u2069", "")
    for reason, key in (
        ("two are needed to compare", "channels"),
        ("no series has 12 periods of baseline", "monitoring"),
    ):  # a message of the program is English and stands in the English report alone
        assert (reason in words(document, key)) == (code == "en")
        assert code == "en" or "شرط‌های لازم این محاسبه" in words(document, key)
    for result in results.values():
        assert show(result, study)._repr_html_()


def test_without_contacts_there_are_no_such_sections(tmp_path):
    study = asked(tmp_path)
    document = compose(study, {f"{LIFE}/other": Result("model.x", tidy_frame([]))}, "en")
    keys = {getattr(block, "key", "") for block in document.blocks()}
    assert not keys & {"section-phases", "section-channels", "section-monitoring"}


def test_few_customers_of_a_phase_are_hidden(shop):
    study, results = shop
    card = results[f"{LIFE}/phase_scorecard"]
    tidy = card.tidy.copy()
    tidy.loc[tidy["term"] == "customers:during", "estimate"] = 3.0
    few = Result(card.model, tidy, card.glance, card.checks, card.source)
    table = next(block for block in show(few, study).blocks if block.key == "phase_scorecard")
    row = table.rows[1]
    assert isinstance(row[1][0], Hidden)
    assert all(isinstance(cell[0], Hidden) for cell in row[2:])


@pytest.mark.parametrize("code", ["en", "fa"])
def test_every_check_has_words(shop, code):
    language = reader(shop[0], code)
    names = (
        "phases_told",
        "outcomes_told",
        "phase_size",
        "small_channel",
        "full_scale",
        "periods",
        "varies",
        "independent",
    )
    assert [n for n in names if not (language.knows(f"check.{n}") and language.knows(f"rule.{n}"))] == []


@pytest.mark.parametrize("code", ["en", "fa"])
def test_failed_checks_are_printed_below_their_table(shop, code):
    study, results = shop
    series = results[f"{VALUE}/monitor_series"]
    bad = Check("check.independent:quality", False, 0.4, "|r| <= 1.96 / sqrt(n)")
    shown = show(Result(series.model, series.tidy, series.glance, (bad,)), reader(study, code), study)
    notes = [
        note
        for block in shown.blocks
        if isinstance(block, Table)
        for note in block.notes
        if note.role == "failed"
    ]
    assert len(notes) == 1


def test_charts_draw_in_both_languages(shop):
    from crmlab.present.theme import Theme, svg

    study, results = shop
    for code in ("en", "fa"):
        for name in (f"{VALUE}/monitor_series", f"{LIFE}/channel_quality"):
            shown = show(results[name], reader(study, code), study)
            (figure,) = (block for block in shown.blocks if isinstance(block, Figure))
            with Theme.load().drawing():
                assert svg(figure.draw()).startswith("<?xml")
