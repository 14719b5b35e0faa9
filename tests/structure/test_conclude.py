"""Verdicts of every kind of hypothesis: references by statsmodels and scipy, every outcome, every reason for none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from crmlab.result import Check, Result, tidy_frame
from crmlab.structure import ask_process, compare_means, conclude
from crmlab.study.hypotheses import Hypothesis, catalogue

WORDS = {"en": "x", "fa": "x"}


def expect(name, kind, source="", target="Y", via=(), sign="+", **more):
    return Hypothesis(name, kind, source, target, via, sign, WORDS, **more)


def saved(model, *rows, checks=()):
    return Result(model, tidy_frame(rows), {"n": 200.0, "level": 0.95}, checks)


def effect(term, estimate, se, p=0.5, z=1.959964):
    return {
        "term": term, "estimate": estimate, "std_error": se, "ci_low": estimate - z * se,
        "ci_high": estimate + z * se, "p_value": p,
    }  # fmt: skip


def judged(*rows):
    """Verdicts of step 05 from (id, estimate, se, p, verdict)."""
    table = [effect(f"hypothesis:{name}", b, se, p) for name, b, se, p, _ in rows]
    table += [{"term": f"verdict:{name}", "estimate": v} for name, _, _, _, v in rows]
    return {"05_structure_mediation/verdicts": saved("model.verdicts", *table)}


def test_p_of_all_kinds_are_corrected_together():
    p = [0.001, 0.02, 0.04, 0.3]
    rows = [(f"A{k}", 0.2, 0.1, one, 1) for k, one in enumerate(p)]
    found = conclude([expect(name, "direct", "X") for name, *_ in rows], judged(*rows))
    for quantity, method in (("p_holm", "holm"), ("p_fdr", "fdr_bh")):
        wanted = multipletests(p, method=method)[1]
        assert [found[f"{quantity}:A{k}"] for k in range(4)] == pytest.approx(list(wanted), abs=1e-12)
    assert found.glance["any_false"] == pytest.approx(1 - 0.95**4)


def test_what_is_not_shown_is_too_small_or_imprecise():
    rows = [
        ("A", 0.01, 0.02, 0.6, 0),
        ("B", 0.05, 0.10, 0.6, 0),
        ("C", 0.3, 0.05, 0.001, 1),
        ("D", -0.3, 0.05, 0.001, -1),
    ]
    asked = [expect(name, "direct", "X") for name, *_ in rows]
    found = conclude(asked, judged(*rows), smallest=0.10)
    assert (found["small:A"], found["small:B"]) == (1, 0)
    assert "small:C" not in found
    assert "small:D" not in found
    assert [found[f"verdict:{name}"] for name in "ABCD"] == [0, 0, 1, -1]
    assert not conclude(asked, judged(*rows)).select("small").size  # nobody said what matters


@pytest.fixture(scope="module")
def moderated():
    """x on y stronger with w (.3 more for each unit), and with g (two groups), normal items."""
    rng = np.random.default_rng(3)
    n = 400
    x, w, g = rng.normal(size=n), rng.normal(size=n), rng.integers(1, 3, n)
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.2 * x + 0.3 * x * w + rng.normal(size=n)
    return pd.DataFrame({"x1": x, "w1": w, "m1": m, "y1": y, "g": g.astype(float)})


BLOCKS = {"X": ["x1"], "W": ["w1"], "M": ["m1"], "Y": ["y1"]}


def asked(model, w, m=(), categorical=False, **more):
    return {"model": model, "x": "X", "y": "Y", "mediators": list(m), "moderator": w, "covariates": [],
            "categorical": categorical, "indicators": [], **more}  # fmt: skip


def test_moderation_is_the_product_of_an_independent_regression(moderated):
    one = expect("A", "moderation", "X", moderator="W", model=1)
    other = expect("B", "moderation", "X", moderator="g", model=1, sign="")
    made = ask_process(moderated, BLOCKS, {"A": asked(1, "W"), "B": asked(1, "g", categorical=True)})
    results = {f"05_structure_mediation/{k}": r for k, r in made.results.items()}
    found = conclude([one, other, replace(one, id="C", sign="-")], results)
    X = sm.add_constant(np.column_stack([moderated.x1, moderated.w1, moderated.x1 * moderated.w1]))
    fit = sm.OLS(moderated.y1, X).fit(cov_type="HC3", use_t=True)
    row = [found.cell("hypothesis:A", c) for c in ("estimate", "std_error", "p_value")]
    assert row == pytest.approx([fit.params.iloc[3], fit.bse.iloc[3], fit.pvalues.iloc[3]], rel=1e-9)
    assert found["verdict:A"] == 1
    d = (moderated.g == 2).astype(float)
    fit = sm.OLS(moderated.y1, sm.add_constant(np.column_stack([moderated.x1, d, moderated.x1 * d]))).fit(cov_type="HC3", use_t=True)  # fmt: skip
    assert found["hypothesis:B"] == pytest.approx(fit.params.iloc[3], rel=1e-9)
    assert found["verdict:B"] == float(fit.pvalues.iloc[3] < 0.05)
    assert found["untested:C"] == 2  # its model did not run


def test_opposite_moderation_is_contradicted(moderated):
    one = expect("A", "moderation", "X", moderator="W", model=1, sign="-")
    made = ask_process(moderated, BLOCKS, {"A": asked(1, "W")})
    found = conclude([one], {f"05_structure_mediation/{k}": r for k, r in made.results.items()})
    assert found["verdict:A"] == -1


def test_moderated_mediation_is_its_index(moderated):
    frame = moderated.assign(y1=0.4 * moderated.m1 * (1 + moderated.w1) + moderated.y1 - 0.4 * moderated.m1)
    made = ask_process(frame, BLOCKS, {"A": asked(14, "W", "M"), "B": asked(59, "W", "M")}, resamples=500)
    results = {f"05_structure_mediation/{k}": r for k, r in made.results.items()}
    first = expect("A", "moderated mediation", "X", via=("M",), moderator="W", model=14)
    found = conclude([first, replace(first, id="B", model=59)], results)
    at = results["05_structure_mediation/process_A"]
    assert found["hypothesis:A"] == at["index:Y~M~X"]
    assert found["hypothesis:A"] == pytest.approx(at["coef:M~X"] * at["coef:Y~M*W"], rel=1e-12)
    assert found["hypothesis:B"] == results["05_structure_mediation/process_B"]["contrast:Y~M~X@high-low"]
    assert found["verdict:A"] == 1


def groups(*checks, scale=1.0):
    """Step 06 of two groups a, b: one path, and means of Y."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"Y": rng.normal(size=300) * scale, "G": ["G.1"] * 120 + ["G.2"] * 180})
    frame.loc[frame["G"] == "G.2", "Y"] += 0.6 * scale
    paths = saved(
        "model.compare_paths", effect("path_difference:Y~X@G.1-G.2", 0.05, 0.04, 0.21),
        {"term": "equal:Y~X", "estimate": 1.6, "p_value": 0.21}, {"term": "equal_all", "estimate": 1.6, "p_value": 0.21},
        checks=checks,
    )  # fmt: skip
    return frame, {"06_lifecycle_groups/paths_G": paths, "06_lifecycle_groups/means_G": compare_means(frame, ["Y"], "G")}  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 12.0])
def test_means_of_groups_against_scipy(scale):
    frame, results = groups(scale=scale)
    a, b = (frame.loc[frame["G"] == g, "Y"] for g in ("G.1", "G.2"))
    differ = expect("A", "difference", groups="G")
    same = expect("B", "equivalence", groups="G", margin=0.5)
    found = conclude([differ, same, replace(same, id="C", margin=1.5)], results)
    assert found.cell("hypothesis:A", "p_value") == pytest.approx(
        stats.ttest_ind(a, b, equal_var=False).pvalue
    )
    assert found["verdict:A"] == 1
    pooled = math.sqrt((a.var() * 119 + b.var() * 179) / 298)
    assert found["hypothesis:A"] == pytest.approx((a.mean() - b.mean()) / pooled, rel=1e-12)
    for name, margin in (("B", 0.5), ("C", 1.5)):
        low = stats.ttest_ind(a + margin * pooled, b, equal_var=False, alternative="greater").pvalue
        high = stats.ttest_ind(a - margin * pooled, b, equal_var=False, alternative="less").pvalue
        assert found.cell(f"hypothesis:{name}", "p_value") == pytest.approx(max(low, high), rel=1e-9)
    assert found["verdict:C"] == 1


def test_equivalent_different_and_open():
    _, results = groups()
    path = expect("A", "equivalence", "X", groups="G")
    found = conclude(
        [path, replace(path, id="B", margin=0.06), replace(path, id="C", kind="difference")],
        results,
        smallest_path=0.2,
    )
    z = (0.05 - 0.2) / 0.04
    assert found.cell("hypothesis:A", "p_value") == pytest.approx(stats.norm.cdf(z), rel=1e-9)
    assert [found[f"verdict:{name}"] for name in "ABC"] == [1, 0, 0]
    assert found["small:C"] == 1  # shown to be too small to matter
    low, high = 0.05 - 1.6448536 * 0.04, 0.05 + 1.6448536 * 0.04  # the interval of two one-sided tests
    assert (found.cell("hypothesis:A", "ci_low"), found.cell("hypothesis:A", "ci_high")) == pytest.approx(
        (low, high)
    )
    beyond = expect("D", "equivalence", groups="G", margin=0.1)
    assert conclude([beyond], results)["verdict:D"] == -1


def test_why_there_is_no_verdict():
    _, fine = groups()
    refused = Check("check.comparable", False, -0.02, "metric invariance")
    _, no = groups(refused)
    few = Check("check.two_groups:text:G", False, math.nan, "at least 50 respondents in each of two groups")
    nothing = {"06_lifecycle_groups/paths_G": Result("model.compare_paths", tidy_frame([]), {}, (few,))}
    path = expect("A", "difference", "X", groups="G")
    mean = expect("M", "equivalence", groups="G")
    assert conclude([path], {})["untested:A"] == 2
    assert conclude([path], no)["untested:A"] == 3
    assert conclude([path], nothing)["untested:A"] == 4
    assert conclude([replace(path, source="Z")], fine)["untested:A"] == 5
    assert conclude([mean], fine)["untested:M"] == 6  # no margin
    assert conclude([catalogue()["H8"], catalogue()["H9"]], {})["untested:H8"] == 1
    found = conclude([path, mean, catalogue()["H9"]], {})
    assert all(math.isnan(found[f"verdict:{name}"]) for name in ("A", "M", "H9"))
    assert all(math.isnan(found[f"p_holm:{name}"]) for name in ("A", "M", "H9"))


def test_h9_is_the_product_of_the_paths_between_offices():
    rows = [
        effect(f"path:{way}", b, 0.05, 0.001) for way, b in (("BO~MO", 0.5), ("FO~BO", 0.4), ("RQ~FO", 0.6))
    ]
    results = {"10_enterprise_map/office_paths": saved("model.office_paths", *rows)}
    found = conclude([catalogue()["H9"]], results)
    assert found["hypothesis:H9"] == pytest.approx(0.12)
    assert found["verdict:H9"] == 1
    whole = replace(catalogue()["H9"], via=())
    steady = saved("model.office_steady", effect("steady:RQ", -0.2, 0.05))
    found = conclude([whole], results | {"10_enterprise_map/steady": steady})
    assert (found["hypothesis:H9"], found["verdict:H9"]) == (0.2, 1)


def test_several_paths_of_a_way_are_tested_together():
    rows = [effect(f"path_difference:{way}@G.1-G.2", 0.1, 0.1) for way in ("M~X", "Y~M", "Y~X", "Y~Z")]
    rows += [{"term": f"equal:{way}", "estimate": 1.0, "p_value": p} for way, p in (("M~X", 0.5), ("Y~M", 0.012), ("Y~X", 0.3), ("Y~Z", 0.9))]  # fmt: skip
    rows += [{"term": "equal_all", "estimate": 5.0, "p_value": 0.2}]
    one = expect("A", "difference", "X", via=("M",), groups="G")
    found = conclude([one], {"06_lifecycle_groups/paths_G": saved("model.compare_paths", *rows)})
    assert found.cell("hypothesis:A", "p_value") == pytest.approx(
        0.036
    )  # three paths, smallest p times three
    fewer = [row for row in rows if "Y~Z" not in row["term"]]
    found = conclude([one], {"06_lifecycle_groups/paths_G": saved("model.compare_paths", *fewer)})
    assert found.cell("hypothesis:A", "p_value") == 0.2  # all paths of the model: the test of all at once


def test_means_of_dimensions_and_of_composites():
    frame, _ = groups()
    alone = {"06_lifecycle_groups/dimensions_G": compare_means(frame, ["Y"], "G")}
    one = expect("A", "difference", groups="G")
    assert conclude([one], alone)["verdict:A"] == 1
    refused = Check("check.comparable_dimension:Y", False, math.nan, "x")
    nothing = {
        "06_lifecycle_groups/dimensions_G": Result("model.compare_means", tidy_frame([]), {}, (refused,))
    }
    assert conclude([one], nothing)["untested:A"] == 3
    rows = [{"term": "n:G.1", "estimate": 100}, {"term": "n:G.2", "estimate": 300}]
    rows += [{"term": "mean_difference:Y@G.1-G.2", "estimate": 0.1, "p_value": 0.4}]
    made = {
        "06_lifecycle_groups/composites_G": saved(
            "model.composites", *rows, {"term": "invariant:Y@G.1-G.2", "estimate": 0.5}
        )
    }
    same = expect("B", "equivalence", groups="G", margin=0.4)
    found = conclude([one, same], made)
    assert found["verdict:A"] == 0
    error = math.sqrt(1 / 100 + 1 / 300)
    assert found.cell("hypothesis:B", "p_value") == pytest.approx(
        stats.norm.cdf((0.1 - 0.4) / error), rel=1e-9
    )
    differ = {
        "06_lifecycle_groups/composites_G": saved(
            "model.composites", *rows, {"term": "invariant:Y@G.1-G.2", "estimate": 0}
        )
    }
    assert conclude([one], differ)["untested:A"] == 3


def joined(*rows, order=True, checks=()):
    """Results of step 08: who is in both, and what the worth says."""
    after = Check("check.answers_before_purchases", order, 120.0 if order else 0.0, ">= 90 days")
    both = Result("model.link_join", tidy_frame([]), {}, (after, *checks))
    return {"08_value_of_rq/join": both, "08_value_of_rq/money": saved("model.link_money", *rows)}


def test_h8_is_judged_by_purchases_after_the_answers():
    h8 = catalogue()["H8"]
    row = effect("path:CLV_B~RQ", 0.27, 0.05, 0.0001)
    found = conclude([h8], joined(row))
    assert found["verdict:H8"] == 1
    assert found.cell("hypothesis:H8", "p_value") == 0.0001
    assert conclude([h8], joined(effect("path:CLV_B~RQ", 0.02, 0.05)))["verdict:H8"] == 0
    assert conclude([h8], joined(effect("path:CLV_B~RQ", -0.27, 0.05)))["verdict:H8"] == -1


def test_why_h8_has_no_verdict():
    h8, row = catalogue()["H8"], effect("path:CLV_B~RQ", 0.27, 0.05, 0.0001)
    few = Check("check.matched_enough", False, 40, ">= 100 matched customers")
    unknown = {name: Result(one.model, one.tidy, one.glance) for name, one in joined(row).items()}
    assert conclude([h8], joined(row, order=False))["untested:H8"] == 7
    assert conclude([h8], unknown)["untested:H8"] == 7  # the days of the fieldwork are not declared
    assert conclude([h8], joined(row, checks=(few,)))["untested:H8"] == 8
    assert conclude([h8], joined())["untested:H8"] == 5
    assert conclude([h8], {}, held={"purchases"})["untested:H8"] == 2
    assert conclude([replace(h8, source="CRM")], joined(row))["untested:H8"] == 5
