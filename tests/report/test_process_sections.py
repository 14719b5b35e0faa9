"""Models on scores and hypotheses of every kind on the page: every outcome has words, no number is typed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab.present import (
    process_figures,
    process_sentences,
    process_tables,
    verdict_sentences,
    verdict_tables,
)
from crmlab.present.blocks import Table, facts_of
from crmlab.present.facts import Source
from crmlab.present.names import reader
from crmlab.present.show import show
from crmlab.report import compose
from crmlab.result import Result, tidy_frame
from crmlab.structure import ask_process
from crmlab.study.hypotheses import KINDS, Hypothesis

LANGUAGES = ("en", "fa")
ROLES = {
    "direct": {"source": "CRM"}, "mediation": {"source": "CRM", "via": ("RQ",)},
    "moderation": {"source": "CRM", "moderator": "TEN", "model": 1},
    "moderated mediation": {"source": "CRM", "via": ("RQ",), "moderator": "STG", "model": 14},
    "difference": {"source": "CRM", "via": ("RQ",), "groups": "STG"},
    "equivalence": {"groups": "CHL"}, "cross-level": {"source": "MO_BUDGET", "via": ("BO_CAPACITY", "FO_SERVICE")},
}  # fmt: skip


def hypothesis(name, kind):
    roles = {"source": "", "via": (), **ROLES[kind]}
    target = "RQ" if kind == "cross-level" else "CLV"
    return Hypothesis(name, kind, target=target, sign="+", statement={"en": "Said.", "fa": "گفته."}, **roles)


def verdicts(hypotheses, verdict, **more):
    rows = []
    for one in hypotheses:
        known = not math.isnan(verdict)
        effect = (
            {"estimate": 0.2, "std_error": 0.05, "ci_low": 0.1, "ci_high": 0.3, "p_value": 0.04}
            if known
            else {}
        )
        rows += [
            {"term": f"hypothesis:{one.id}", **effect},
            {"term": f"verdict:{one.id}", "estimate": verdict},
        ]
        rows += [
            {"term": f"{q}:{one.id}", "estimate": v if known else math.nan}
            for q, v in (("p_holm", 0.2), ("p_fdr", 0.06))
        ]
        rows += [{"term": f"{q}:{one.id}", "estimate": v} for q, v in more.items()]
    glance = {"level": 0.95, "level_equivalence": 0.9, "alpha": 0.05, "tested": 7, "any_false": 0.3}
    return Result(
        "model.hypotheses_judged", tidy_frame(rows), glance | {"smallest": 0.1, "smallest_path": 0.2}
    )


@pytest.fixture(scope="module")
def study(fx, tmp_path_factory):
    return fx.crm_study(tmp_path_factory.mktemp("kinds"))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("verdict", "more"),
    [
        (1, {}),
        (0, {}),
        (0, {"small": 1}),
        (0, {"small": 0}),
        (-1, {}),
        *((math.nan, {"untested": k}) for k in range(1, 7)),
    ],
)
def test_every_outcome_of_every_kind_has_words(study, code, verdict, more):
    asked = [hypothesis(f"X{'ABCDEFG'[k]}", kind) for k, kind in enumerate(KINDS)]
    source, language = (
        Source("13_thesis_report/hypotheses", verdicts(asked, verdict, **more)),
        reader(study, code),
    )
    table = verdict_tables.verdicts(source, language, asked)
    assert len(table.rows) == 2 * len(KINDS)  # each kind has its heading
    assert sum(table.widths) < 12
    for one in asked[2:]:
        if verdict == -1 and one.kind == "difference":
            continue  # groups that differ have no wrong side
        told = verdict_sentences.told(source, language, one, 0.05)
        plain = language.plain(told)
        assert "{" not in plain
        assert one.id in plain
        if code == "fa":
            assert not re.search(r"\d", "".join(s for s in told if isinstance(s, str)))
        if more.get("small") == 0 and one.kind != "equivalence":
            assert ("imprecise" if code == "en" else "نادقیق") in plain
    assert language.plain(verdict_sentences.summary(source, language))


def test_support_that_many_hypotheses_take_back_is_told(study):
    one = hypothesis("XA", "moderation")
    source, language = Source("x/y", verdicts([one], 1)), reader(study, "en")
    plain = language.plain(verdict_sentences.told(source, language, one, 0.05))
    assert "Holm" in plain
    assert "Neither does it" in plain
    plenty = verdicts([one], 1)
    at = plenty.tidy["estimate"].where(plenty.tidy["term"] != "p_fdr:XA", 0.03)
    held = Source("x/y", Result(plenty.model, plenty.tidy.assign(estimate=at), plenty.glance))
    assert "It holds if only" in language.plain(verdict_sentences.told(held, language, one, 0.05))


@pytest.fixture(scope="module")
def answered():
    rng = np.random.default_rng(5)
    n = 300
    crm, ten = rng.normal(3.5, 0.7, n), rng.integers(1, 6, n).astype(float)
    rq = 0.5 * crm + rng.normal(0, 0.6, n)
    clv = 0.1 * crm + rq * (0.1 * ten - 0.1) + rng.normal(0, 0.5, n)
    frame = pd.DataFrame(
        {"FOC1": crm, "TRU1": rq, "USE1": clv, "TEN": ten, "STG": rng.integers(1, 4, n).astype(float)}
    )
    base = {"x": "CRM", "y": "CLV", "covariates": [], "indicators": []}
    models = {
        "1": {**base, "model": 14, "mediators": ["RQ"], "moderator": "TEN", "categorical": False},
        "2": {**base, "model": 4, "mediators": ["RQ"], "moderator": None, "latent": True},
        "3": {**base, "model": 8, "mediators": ["RQ"], "moderator": "STG", "categorical": True},
        "H9a": {**base, "model": 1, "mediators": [], "moderator": "RQ"},
    }  # fmt: skip
    blocks = {"CRM": ["FOC1"], "RQ": ["TRU1"], "CLV": ["USE1"]}
    made = ask_process(frame, blocks, models, resamples=200, seed=1)
    return {f"05_structure_mediation/{name}": result for name, result in made.results.items()}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_section_on_scores(study, answered, code):
    document = compose(study, answered, code)
    chapter = next(c for c in document.chapters if c.key.endswith("findings"))
    keys = [block.key for block in chapter.blocks if hasattr(block, "key")]
    assert keys.index("process_1") < keys.index("process_3") < keys.index("process_H9a")
    wanted = {"process_effects_1", "process_region_1_1", "process_latent_2", "process_region_H9a_1"}
    assert wanted <= set(keys)
    assert not any(f"process_region_3_{k}" in keys for k in (1, 2))  # categories have no region
    addresses = {fact.address for fact in document.facts if fact.saved and "process_" in fact.address}
    for address in addresses:
        step, name, *term, _ = address.split("/")
        assert f"{step}/{name}" in answered, address
        if term[0] != "glance":
            assert "/".join(term) in answered[f"{step}/{name}"], address


def test_the_region_is_where_the_interval_leaves_zero_out(study, answered):
    source, language = (
        Source("05_structure_mediation/process_1", answered["05_structure_mediation/process_1"]),
        reader(study, "en"),
    )
    edges = process_figures.boundaries(source, "CLV~RQ")
    assert len(edges) == 1
    assert 1 < edges[0].value < 3  # planted: the effect is nothing at a tenure of one
    told = language.plain(process_sentences.regions(source, language))
    assert language.number(edges[0].value) in told
    figure = process_figures.regions(source, language)[0].draw()
    assert len(figure.axes) == 1


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_notebook_shows_them(study, answered, code):
    for result in answered.values():
        assert show(result, code, study)._repr_html_().count("<table") >= 1


def test_equal_facts_in_both_languages(study, answered):
    source = Source("05_structure_mediation/process_3", answered["05_structure_mediation/process_3"])
    made = {}
    for code in LANGUAGES:
        language = reader(study, code)
        tables = (process_tables.regressions(source, language), process_tables.effects(source, language))
        assert all(isinstance(table, Table) for table in tables)
        made[code] = [fact.address for table in tables for fact in facts_of(table)]
    assert made["en"] == made["fa"]
    assert len(made["en"]) > 50


def test_a_moderator_of_offices_or_customers_has_a_name(study):
    language = reader(study, "fa")
    one = replace(hypothesis("XA", "cross-level"), via=())
    told = language.plain(verdict_tables.way(language, one))
    assert "MO_BUDGET" not in told
