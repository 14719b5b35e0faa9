"""Segments, prospects and the life cycle in the report: both languages, few people hidden, bad news in words."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import customers
from crmlab.present import show
from crmlab.present.blocks import Figure, Hidden, Paragraph, Table, facts_of
from crmlab.present.facts import sources
from crmlab.present.language import Language
from crmlab.present.names import reader
from crmlab.report import segment_sections as sections
from crmlab.report.scene import Scene
from crmlab.result import Result, tidy_frame
from crmlab.study.segments_spec import Segments

FIGURES = ["age", "visits"]


@pytest.fixture(scope="module")
def ls():
    name, file = "crmlab_ledger_study", Path(__file__).parent / "ledger_study.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def prospects(n=240):
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 2, n)
    rows = pd.DataFrame(rng.normal(size=(n, 2)) + 6 * kind[:, None], columns=FIGURES)
    came = rng.random(n) < np.array([0.1, 0.5])[kind]
    rows["prospect"] = [f"p{k:03d}" for k in range(n)]
    return rows.assign(converted_on=pd.to_datetime(np.where(came, "2024-06-01", None)))


@pytest.fixture(scope="module")
def study(ls, tmp_path_factory):
    names = {"best": {"en": "Our best", "fa": "بهترین‌های ما"}}
    listed = {"file": "raw/p.csv", "prospect": "p", "figures": FIGURES, "converted_on": "c"}
    return ls.study(tmp_path_factory.mktemp("segments"), segments={"names": names}, prospects=listed)


@pytest.fixture(scope="module")
def results(ls):
    frame = ls.ledger()
    days = customers.purchase_days(frame, end=ls.END)
    rng = np.random.default_rng(1)
    who = pd.Index(days.customers[:120], name="customer")
    scores = pd.DataFrame({"SAT": rng.normal(3, 1, 120)}, index=who)
    placed = pd.Series(rng.integers(1, 4, 120).astype(float), index=who)
    rows = prospects()
    found = customers.prospect_results(rows, FIGURES, converted="converted_on", resamples=5, most=3)
    grouped = customers.customer_groups(Segments(resamples=5, most=3), days=days, scores=scores)
    life = customers.life_cycle(
        frame.rename(columns={"date": "day"}), end=ls.END, placed=placed, converted=rows["converted_on"].to_numpy().astype("datetime64[s]")
    )  # fmt: skip
    paths = [
        {
            "term": f"path:CLV~RQ@STG.{code}",
            "estimate": value,
            "ci_low": value - 0.1,
            "ci_high": value + 0.1,
            "p_value": 0.001,
        }
        for code, value in ((1, 0.3), (2, 0.4), (3, 0.7))
    ]
    gap = {"term": "path_difference:CLV~RQ@STG.1-STG.3", "estimate": -0.4, "ci_low": -0.6, "ci_high": -0.2}
    made = {f"06_lifecycle_groups/{name}": result for name, result in life.results.items()}
    made["06_lifecycle_groups/stress"] = stressed([*paths, gap])
    made |= {
        f"07_behavioural_clv/{name}": result
        for part in (grouped, found)
        for name, result in part.results.items()
    }
    return made


def stressed(rows):
    class Study:
        class life_cycle:
            item = "STG"

    class Groups:
        results = {"paths_STG": Result("model.compare_paths", tidy_frame(rows), {"n": 300, "level": 0.95})}  # noqa: RUF012

    return customers.stage_effects(Groups, Study).results["stress"]


def page(study, results, language):
    spoken = reader(study, language)
    scene = Scene(study, spoken, sources(results))
    return [block for part in (*sections.LIFE_SECTIONS, *sections.SECTIONS) for block in part(scene)], spoken


def text(blocks, spoken):
    return " ".join(spoken.plain(block.spans) for block in blocks if isinstance(block, Paragraph))


def test_both_languages_show_the_same_facts_and_every_figure_can_be_drawn(study, results):
    (fa, _), (en, spoken) = page(study, results, "fa"), page(study, results, "en")
    assert [type(block) for block in fa] == [type(block) for block in en]
    assert sorted(fact.address for block in fa for fact in facts_of(block)) == sorted(
        fact.address for block in en for fact in facts_of(block)
    )
    keys = {block.key for block in en if isinstance(block, Table | Figure)}
    assert {"stages", "movement", "transitions", "flows", "occupation", "placement", "stress"} <= keys
    assert {
        "segments_choice",
        "segments",
        "segment_thoughts",
        "prospect_groups",
        "prospect_model",
        "prospect_calibration",
    } <= keys
    assert "No stable groups of customers" in text(en, spoken)
    from crmlab.present.theme import Theme

    with Theme.load().drawing():
        for block in (*fa, *en):
            if isinstance(block, Figure):
                block.draw()


def test_every_shown_fact_is_the_saved_one(study, results):
    blocks, _ = page(study, results, "en")
    for fact in (fact for block in blocks for fact in facts_of(block)):
        if fact.saved:
            step, name, *term, column = fact.address.split("/")
            saved = results[f"{step}/{name}"]
            kept = saved.glance[column] if term == ["glance"] else saved.cell("/".join(term), column)
            assert fact.value == kept or fact.value != fact.value


def test_segments_have_the_names_of_the_study(study, results):
    for language, name in (("en", "Our best"), ("fa", "بهترین‌های ما")):
        blocks, spoken = page(study, results, language)
        table = next(block for block in blocks if isinstance(block, Table) and block.key == "segments")
        assert name in [spoken.plain(row[0]) for row in table.rows]


def test_a_stage_of_four_people_is_hidden(study, results):
    tidy = results["06_lifecycle_groups/stages"].tidy.copy()
    tidy.loc[tidy["term"] == "customers:enhance", "estimate"] = 4.0
    old = results["06_lifecycle_groups/stages"]
    few = results | {
        "06_lifecycle_groups/stages": Result(old.model, tidy, old.glance, old.checks, old.source)
    }
    blocks, spoken = page(study, few, "en")
    table = next(block for block in blocks if isinstance(block, Table) and block.key == "stages")
    hidden = [row for row in table.rows if any(isinstance(span, Hidden) for cell in row for span in cell)]
    assert next(spoken.plain(row[0]) for row in hidden) == "enhance"
    assert len(hidden) >= 2  # one hidden cell alone could be worked out from the total
    assert "enhance 1" not in text(blocks, spoken)


def test_no_prospects_no_placement_and_one_period_are_said(study, results, ls):
    frame = ls.ledger().rename(columns={"date": "day"})
    bare = customers.life_cycle(frame[frame["day"] >= "2024-10-15"], end=ls.END)
    found = {f"06_lifecycle_groups/{name}": result for name, result in bare.results.items()}
    blocks, spoken = page(study, found, "en")
    said = text(blocks, spoken)
    assert "no list of prospects with the day of conversion" in said
    assert "Only one period was observed" in said
    gone = customers.life_cycle(frame, end="2035-01-01")
    blocks, spoken = page(
        study, {f"06_lifecycle_groups/{name}": result for name, result in gone.results.items()}, "en"
    )
    assert "By this rule all customers are lost" in text(blocks, spoken)


def test_stages_that_cannot_be_compared_are_not_compared(study, results):
    blocks, spoken = page(study, {"06_lifecycle_groups/stress": stressed([])}, "en")
    said = text(blocks, spoken)
    assert "do not mean the same at all stages" in said
    assert not any(isinstance(block, Table) and block.key == "stress" for block in blocks)


def test_a_notebook_shows_each_result(study, results):
    for address, result in results.items():
        shown = show(result, study)
        assert shown.blocks, address
        assert shown._repr_html_().startswith('<div dir="rtl"')


def test_every_check_of_segments_and_stages_has_words():
    folder = Path(customers.__file__).parent
    names = set()
    for file in ("groups", "segmentation", "prospects", "life_cycle", "placement", "people"):
        names |= set(
            re.findall(r"[\"']check\.([a-z_]+)", (folder / f"{file}.py").read_text(encoding="utf-8"))
        )
    assert {"stable_clusters", "stages_agree", "known_too_late"} <= names
    for code in ("en", "fa"):
        words = Language.load(code)
        assert [
            name for name in names if not words.knows(f"check.{name}") or not words.knows(f"rule.{name}")
        ] == []
