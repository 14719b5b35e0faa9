"""Earlier studies and the multiverse in the report: every outcome has its words, in both languages."""

from __future__ import annotations

import math

import pytest

from crmlab.present import show
from crmlab.present.blocks import Paragraph, Reference
from crmlab.present.language import latin
from crmlab.report import compose
from crmlab.result import Result, tidy_frame
from crmlab.structure import hidden_cause, literature
from crmlab.study.prior_effects import PriorEffect, bundled_effects

STEP = "12_robustness_evidence"


def own(**paths):
    rows = [
        {"term": f"path:{path}", "estimate": b, "std_error": 0.05, "ci_low": b - 0.1, "ci_high": b + 0.1, "p_value": 0.01}
        for path, b in paths.items()
    ]  # fmt: skip
    return Result("model.pls", tidy_frame(rows), {"n": 300})


def effect(study, b, path="RQ~CRM", n=250.0, sign=None):
    target, _, source = path.partition("~")
    side = math.copysign(1.0, b) if sign is None else sign
    return PriorEffect(study, source, target, b, side, n)


OURS = {"RQ~CRM": 0.50, "CLV~RQ": 0.40, "CLV~CRM": 0.05}


def told(fx, folder, effects, language="en", library=(), **paths):
    study = fx.crm_study(folder)
    found = literature(own(**(OURS | paths)), effects, library=library)
    results = fx.results(study) | {f"{STEP}/literature": found}
    document = compose(study, results, language)
    text = " ".join(document.text(b.spans) for b in document.blocks() if isinstance(b, Paragraph))
    return document, latin(text).replace("\u00a0", " "), found, study


def test_each_outcome_has_its_sentence(fx, tmp_path):
    given = [
        effect("Near (2001)", 0.45), effect("Far (2002)", 0.80, n=900), effect("Other (2003)", -0.40),
        effect("Open (2004)", 0.30, path="CLV~CRM"), effect("Bare (2005)", math.nan, path="CLV~RQ", sign=1.0),
    ]  # fmt: skip
    document, text, found, study = told(fx, tmp_path, given)
    for words in (
        "H1: This result agrees in direction with Near (2001) (reported 0.45) and Far (2002) (reported 0.80)",
        "The difference from Near (2001), 0.05",
        "Our estimate is smaller than that of Far (2002) by more than chance explains",
        "This result differs from Other (2003) (reported −0.40, ours 0.500)".replace("−", "-"),
        "Put together, 3 studies give",
        "For H1 this range is so wide that hardly any result would lie outside of it",
        "H3: Open (2004) reports 0.30; ours, 0.050",
        "H2: This result agrees in direction with Bare (2005), of which we have the direction only",
    ):
        assert words in text, words
    keys = {getattr(block, "key", "") for block in document.blocks()}
    assert {"section-earlier_studies", "prior_studies", "pooled_studies", "literature_forest"} <= keys
    assert show(found, study).blocks


def test_a_result_that_fits_and_one_that_does_not(fx, tmp_path):
    alike = [effect(f"S{k}", 0.48 + 0.01 * k, n=400) for k in range(6)]
    text = told(fx, tmp_path / "a", alike)[1]
    assert "Our interval overlaps this range" in text
    assert "Weighed with that expectation" in text
    assert "the spread between them is hardly known" not in text
    text = told(fx, tmp_path / "b", alike, **{"RQ~CRM": 0.10 + 0.05})[1]
    assert "the effect of H1 is smaller than earlier studies would lead one to expect" in text


@pytest.mark.parametrize("language", ["en", "fa"])
def test_both_languages_carry_the_same_facts(fx, tmp_path, language):
    given = [effect("A", 0.45), effect("B", 0.60), effect("C", -0.2, path="CLV~RQ")]
    one = {fact.address for fact in told(fx, tmp_path / "x", given, language)[0].facts}
    other = {fact.address for fact in told(fx, tmp_path / "y", given)[0].facts}
    assert {at for at in one if at.startswith(STEP)} == {at for at in other if at.startswith(STEP)}


def test_the_bundled_works_are_listed(fx, tmp_path):
    document, text, _, _ = told(fx, tmp_path, [], library=bundled_effects())
    listed = {block.key for block in document.blocks() if isinstance(block, Reference)}
    assert {"ref-wu2011", "ref-khoshghadam", "ref-maroofi2012", "ref-zou2007"} <= listed
    assert "ref-nichols2009" not in listed  # its path is none of ours
    assert "Wu & Li (2011)" in text
    assert "H3: No study at hand reports the effect that H3 is about" in text


def test_a_study_of_the_users_own_bibliography_is_cited(fx, tmp_path):
    study = fx.crm_study(tmp_path, report={"references": "own.bib"})
    (tmp_path / "own.bib").write_text(
        "@book{me20, author={Sample, A.}, year=2020, title={T}, publisher={P}}", encoding="utf-8"
    )
    found = literature(own(**OURS), [effect("@me20", 0.4)])
    document = compose(study, fx.results(study) | {f"{STEP}/literature": found}, "en")
    assert "ref-me20" in {block.key for block in document.blocks() if isinstance(block, Reference)}


def test_effects_that_fit_no_path_are_told(fx, tmp_path):
    text = told(fx, tmp_path, [effect("A", 0.4), effect("Z", 0.4, path="CRM~CLV")])[1]
    assert "that were left out: 1" in text
    assert "An earlier study's effect was left out (Z)" in text


def test_without_earlier_studies_there_is_no_section(fx, tmp_path):
    study = fx.crm_study(tmp_path)
    document = compose(study, fx.results(study), "en")
    assert "section-earlier_studies" not in {getattr(block, "key", "") for block in document.blocks()}


def specifications():
    """Two hypotheses in two specifications: one holds, one does not."""
    rows = []
    for name, pairs in {"H1": ((0.5, 1), (0.6, 1)), "H3": ((0.2, 1), (-0.1, 0))}.items():
        for choice, (b, said) in zip(("pls.model.all.items", "sem.model.all.items"), pairs, strict=True):
            rows.append(
                {
                    "term": f"hypothesis:{name}.{choice}",
                    "estimate": b,
                    "ci_low": b - 0.15,
                    "ci_high": b + 0.15,
                }
            )
            rows.append({"term": f"verdict:{name}.{choice}", "estimate": float(said)})
        both = [b for b, _ in pairs]
        share = sum(said for _, said in pairs) / 2
        rows += [
            {"term": f"sign:{name}", "estimate": sum(b > 0 for b in both) / 2},
            {"term": f"support:{name}", "estimate": share}, {"term": f"stands:{name}", "estimate": share},
            {"term": f"median:{name}", "estimate": sum(both) / 2, "ci_low": min(both), "ci_high": max(both)},
            {"term": f"median_by:{name}.estimator.pls", "estimate": both[0]},
            {"term": f"median_by:{name}.estimator.sem", "estimate": both[1]},
            {"term": f"support_by:{name}.estimator.pls", "estimate": float(pairs[0][1])},
            {"term": f"support_by:{name}.estimator.sem", "estimate": float(pairs[1][1])},
            {"term": f"spread:{name}.estimator", "estimate": abs(both[0] - both[1])},
        ]  # fmt: skip
    rows += [
        {"term": f"n:{choice}", "estimate": 200.0}
        for choice in ("pls.model.all.items", "sem.model.all.items")
    ]
    rows.append({"term": "dropped:ORG3", "estimate": 0.44})
    glance = {"choices": 3.0, "computed": 2.0, "loading": 0.708, "level": 0.95}
    return Result("model.multiverse", tidy_frame(rows), glance)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Hypothesis H1 kept its sign in 100 percent and its support in 100 percent of 2",
                "Hypothesis H3 kept its sign in 50 percent and its support in 50 percent of 2",
                "What moves H3 most is “Estimator”", "1 further specifications")),
        ("fa", ("فرضیهٔ H1 در 100 درصد از 2 تصریح پذیرفتنی علامت خود و در 100 درصد تأیید خود را حفظ کرد",
                "آنچه H3 را بیش از همه جابه‌جا می‌کند «برآوردگر» است")),
    ],
)  # fmt: skip
def test_the_multiverse_is_told(fx, tmp_path, language, words):
    study = fx.crm_study(tmp_path)
    found = specifications()
    document = compose(study, fx.results(study) | {f"{STEP}/multiverse": found}, language)
    text = latin(" ".join(document.text(b.spans) for b in document.blocks() if isinstance(b, Paragraph)))
    for said in words:
        assert said in text, said
    keys = {getattr(block, "key", "") for block in document.blocks()}
    assert {"multiverse", "curve_H3"} <= keys
    assert "curve_H1" not in keys  # it holds everywhere: the table is enough
    assert len(show(found, study).blocks) == 3


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_hidden_cause_is_told(fx, tmp_path, language):
    study = fx.crm_study(tmp_path)
    found = hidden_cause(own(**OURS), ["CLV~RQ~CRM"])
    document = compose(study, fx.results(study) | {f"{STEP}/hidden_cause": found}, language)
    text = latin(" ".join(document.text(b.spans) for b in document.blocks() if isinstance(b, Paragraph)))
    assert f"{100 * found['undone:RQ~CRM']:.1f}" in text
    assert f"{100 * found['weakest:CLV~RQ~CRM']:.1f}" in text
    said = {"en": "is not shown in any case", "fa": "در هر حال معنادار نیست"}[language]
    assert (found["unshown:CLV~CRM"] == 0) == (said in text)
    assert "hidden_cause" in {getattr(block, "key", "") for block in document.blocks()}
    assert show(found, study).blocks
