"""Levels, agreement, gaps, balance, necessary conditions, outcome links, dominance."""

from __future__ import annotations

import json
from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from rated import random_ratings, ratings_of

from crmlab import enterprise as e
from crmlab import measurement
from crmlab.data.ratings import admit_ratings
from crmlab.enterprise.agreement import icc, rwg_j
from crmlab.enterprise.resample import tail
from crmlab.enterprise.two_level import two_level
from crmlab.errors import ModelError
from crmlab.study.maturity import elements, elements_of, maturity_items

# Shrout & Fleiss (1979), table 2: six targets, four judges; printed ICC(1,1) = .17, ICC(1,4) = .44
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


@pytest.fixture(scope="module")
def intake(shared):
    ratings = admit_ratings(shared / "data/intake/maturity_ratings.xlsx")
    said = json.loads((shared / "data/intake/truth.json").read_text(encoding="utf-8"))[
        "maturity_ratings.xlsx"
    ]
    return ratings, e.levels(ratings), said


def test_catalogue_is_whole():
    assert [len(elements_of(m)) for m in ("gartner", "lic", "crm_strategy")] == [8, 5, 8]
    assert len(maturity_items()) == 42
    for one in elements().values():
        texts = [one.name, one.evidence, *one.levels.values()]
        assert all(text[language].strip() for text in texts for language in ("en", "fa"))
        fa = " ".join(text["fa"] for text in texts)
        assert not set("يك0123456789") & set(fa)
    wordings = [item.text[language] for item in maturity_items().values() for language in ("en", "fa")]
    assert len(set(wordings)) == 84


def test_intake_levels_are_the_truth(intake):
    _, found, said = intake
    for unit, block in said["element_means"].items():
        for element, value in block.items():
            assert found.result[f"level:{element}.{unit}"] == pytest.approx(value, abs=1e-12)
    names = {c.name for c in found.result.failed}
    assert f"check.raters:{said['one_rater_unit']}" in names
    constant = said["constant_raters"][0]
    assert f"check.constant_rater:{constant['unit']}.{constant['rater']}" in names
    assert f"check.never_rated:{said['item_never_rated']['item']}.{said['item_never_rated']['unit']}" in names
    assert np.isnan(found.result.cell(f"level:GAR1.{said['one_rater_unit']}", "ci_low"))


def test_one_rater_carries_no_agreement_claim(intake):
    ratings, _, said = intake
    found = e.agreement(ratings)
    unit = said["one_rater_unit"]
    assert np.isnan([found[f"rwg:{element}.{unit}"] for element in elements()]).all()
    assert f"check.one_rater:{unit}" in {c.name for c in found.failed}
    assert not any(c.name == f"check.rwg:{unit}" for c in found.checks)


def test_agreement_by_hand():
    frame = ratings_of(
        {"A": {"GAR1a": [4, 4, 5], "GAR1b": [3, 3, 3]}, "B": {"GAR1a": [1, 3, 5], "GAR1b": [2, 2, 2]}}
    )
    found = e.agreement(frame)
    assert found["rwg_item:GAR1a.A"] == pytest.approx(1 - (1 / 3) / 2)
    m = (1 / 3 + 0) / 2 / 2
    assert found["rwg:GAR1.A"] == pytest.approx(2 * (1 - m) / (2 * (1 - m) + m))
    assert found["rwg_item:GAR1a.B"] == 0  # variance 4 is more than 2, the variance of random levels
    assert found["rwg:GAR1.B"] == pytest.approx(0.0)  # m/e = 1
    assert rwg_j(np.array([4.0, 4.0])) == -np.inf or rwg_j(np.array([4.0, 4.0])) < 0


def test_agreement_equals_the_one_of_measurement():
    frame = random_ratings(3, units=1, raters=6, elements=1)
    wide = frame.pivot_table(index="rater", columns="item_code", values="level")
    assert e.agreement(frame)["rwg:GAR1.u0"] == pytest.approx(
        measurement.rwg(wide, points=5)["rwg:all"], abs=1e-12
    )


def test_icc_published_and_of_measurement():
    found = icc(list(JUDGES))
    assert found["icc1"] == pytest.approx(0.17, abs=0.005)
    assert found["icc2"] == pytest.approx(0.44, abs=0.005)
    other = measurement.icc(pd.DataFrame(JUDGES))
    assert found["icc1"] == pytest.approx(other["icc1"], abs=1e-12)
    assert found["icc2"] == pytest.approx(other["icc1k"], abs=1e-12)
    assert found["p"] == pytest.approx(other.cell("icc1", "p_value"), abs=1e-12)
    k = found["k"]
    assert (found["low"] - 1) / (found["low"] + k - 1) == pytest.approx(
        other.cell("icc1", "ci_low"), abs=1e-9
    )


def test_names_and_order_change_nothing():
    frame = random_ratings(1)
    base = e.levels(frame, resamples=300).result
    for seed in (0, 1):
        moved = frame.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            e.levels(moved, resamples=300).result.tidy.sort_values("term", ignore_index=True),
            base.tidy.sort_values("term", ignore_index=True),
            rtol=1e-9,
        )
    swapped = dict(zip([f"u{i}" for i in range(5)], ["z", "q", "a", "m", "b"], strict=True))
    renamed = e.levels(
        frame.assign(unit=frame["unit"].map(swapped), rater="x" + frame["rater"].str[::-1]), resamples=300
    )
    for old, new in swapped.items():
        for column in ("estimate", "ci_low", "ci_high"):
            assert renamed.result.cell(f"level:GAR3.{new}", column) == pytest.approx(
                base.cell(f"level:GAR3.{old}", column), abs=1e-12
            )


def test_intervals_of_levels_cover():
    # units of 8 raters, continuous enough levels: the mean of the population of raters is covered near 95 %
    rng = np.random.default_rng(5)
    steps, share = np.arange(1, 6), np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    frame = ratings_of({f"u{i}": {"GAR1a": rng.choice(steps, 8, p=share).tolist()} for i in range(400)})
    found = e.levels(frame, resamples=600).result.select("level")
    covered = ((found["ci_low"] <= 3) & (found["ci_high"] >= 3)).mean()
    assert 0.92 <= covered <= 0.99
    assert tail(8, 0.95) < 0.025


def test_gaps_and_targets(intake):
    _, found, _ = intake
    unit = found.table.index[0]
    gap = e.gaps(found, {"GAR1": 4.0, "STR7": 3.5})
    assert gap[f"gap:GAR1.{unit}"] == pytest.approx(4 - found.table.loc[unit, "GAR1"])
    assert gap.cell(f"gap:GAR1.{unit}", "ci_low") == pytest.approx(
        4 - found.result.cell(f"level:GAR1.{unit}", "ci_high")
    )
    assert gap["gap_mean:STR7"] == pytest.approx(3.5 - found.table["STR7"].mean())
    with pytest.raises(ModelError, match="'GAR9' has not been rated"):
        e.gaps(found, {"GAR9": 3.0})
    with pytest.raises(ModelError, match="outside 1-5"):
        e.gaps(found, {"GAR1": 6.0})


def test_balance():
    even = e.balance(dict.fromkeys("abcdefgh", 3.3))
    assert even["imbalance:all"] == pytest.approx(0, abs=1e-12)
    assert even["weakest_index:all"] == pytest.approx(1)
    found = e.balance({"a": 2.0, "b": 4.0, "c": 3.0})
    assert found["weakest_index:all"] == pytest.approx(2 / 3)
    assert found["imbalance:all"] == pytest.approx(np.sqrt(2 / 3) / 3)
    assert found["weakest:a.all"] == 2
    assert [c.name for c in found.failed] == ["check.weakest_link:all"]
    with pytest.raises(ModelError, match="outside 1-5"):
        e.balance({"a": 2.0, "b": 6.0})


def test_a_planted_necessary_condition_is_found_and_a_free_one_is_not():
    rng = np.random.default_rng(1)
    x, z = rng.uniform(1, 5, (2, 60))
    frame = pd.DataFrame({"RQ": rng.uniform(0, 1, 60) * (x - 1) / 4, "GAR1": x, "GAR2": z})
    found = e.necessary_conditions(frame, "RQ", ["GAR1", "GAR2"], permutations=300)
    assert (found["necessary:RQ~GAR1"], found["necessary:RQ~GAR2"]) == (1, 0)
    assert found["ce_fdh:RQ~GAR1"] == pytest.approx(0.5, abs=0.06)  # ceiling y = (x - 1)/4: half the area
    need = [found[f"needed:RQ~GAR1.{p}"] for p in (20, 50, 90)]
    assert need == sorted(need)
    assert need[1] >= 1 + 4 * 0.5 * frame["RQ"].max()  # what the planted ceiling demands
    moved = e.necessary_conditions(
        frame.sample(frac=1, random_state=2), "RQ", ["GAR1", "GAR2"], permutations=300
    )
    pd.testing.assert_frame_equal(found.tidy, moved.tidy)


def test_necessary_condition_on_a_hand_case():
    # corners (1, 1), (2, 3), (4, 4): empty area above the steps over 3 x 3
    frame = pd.DataFrame({"y": [1.0, 3, 2, 4], "x": [1.0, 2, 3, 4]})
    found = e.necessary_conditions(frame, "y", ["x"], permutations=0, steps=3)
    assert found["ce_fdh:y~x"] == pytest.approx(((4 - 1) * 1 + (4 - 3) * 2) / 9)
    assert [found[f"needed:y~x.{p}"] for p in ("33.3333", "66.6667", "100")] == [2, 2, 4]
    with pytest.raises(ModelError, match="at least 4"):
        e.necessary_conditions(frame.head(3), "y", ["x"])
    with pytest.raises(ModelError, match="'x' is the same in all rows"):
        e.necessary_conditions(frame.assign(x=1.0), "y", ["x"])


def customers_of(blocks, rng, slope=0.3, between=0.4):
    return pd.concat(
        pd.DataFrame(
            {
                "unit": u,
                "RQ": slope * blocks.loc[u, "GAR1"]
                + rng.normal(0, between)
                + rng.normal(0, 1, rng.integers(8, 40)),
            }
        )
        for u in blocks.index
    )


def test_outcome_links_equal_mixedlm():
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(4)
    blocks = pd.DataFrame(
        rng.uniform(1, 5, (14, 2)), index=[f"u{i}" for i in range(14)], columns=["GAR1", "GAR2"]
    )
    customers = customers_of(blocks, rng)
    data = customers.join(blocks, on="unit")
    alone = smf.mixedlm("RQ ~ GAR1", data, groups=data["unit"]).fit(reml=True)
    found = e.outcome_links(customers, blocks, permutations=200)
    assert found["path:RQ~GAR1"] == pytest.approx(alone.params["GAR1"], abs=2e-5)
    assert found.cell("path:RQ~GAR1", "std_error") == pytest.approx(alone.bse["GAR1"], rel=2e-3)
    both = smf.mixedlm("RQ ~ GAR1 + GAR2", data, groups=data["unit"]).fit(reml=True)
    found = e.outcome_links(customers, blocks, together=True)
    assert found["path:RQ~GAR2"] == pytest.approx(both.params["GAR2"], abs=2e-5)
    assert found.glance["df"] == 14 - 3
    # errors: generalised least squares with the full covariance matrix at MixedLM's own variances
    Z = (data["unit"].to_numpy()[:, None] == blocks.index.to_numpy()[None, :]).astype(float)
    V = float(both.cov_re.iloc[0, 0]) * Z @ Z.T + both.scale * np.eye(len(data))
    X = np.column_stack([np.ones(len(data)), data[["GAR1", "GAR2"]]])
    error = np.sqrt(np.diag(np.linalg.inv(X.T @ np.linalg.solve(V, X))))
    for place, name in ((1, "GAR1"), (2, "GAR2")):
        assert found.cell(f"path:RQ~{name}", "std_error") == pytest.approx(error[place], rel=2e-4)


def test_few_units_are_honest():
    # 6 units of 100 customers, no link: t with 4 degrees of freedom and all 720 arrangements hold the level
    rng = np.random.default_rng(9)
    hits = np.zeros(2)
    for _ in range(150):
        blocks = pd.DataFrame({"GAR1": rng.uniform(1, 5, 6)}, index=list("abcdef"))
        n, mean = np.full(6, 100.0), rng.normal(0, 0.3, 6) + rng.normal(0, 0.1, 6)
        fit = two_level(n, mean, 594.0, np.column_stack([np.ones(6), blocks["GAR1"]]))
        from scipy import stats

        hits[0] += 2 * stats.t.sf(abs(fit.beta[1] / np.sqrt(fit.covariance[1, 1])), fit.df) < 0.05
        hits[1] += 2 * stats.norm.sf(abs(fit.beta[1] / np.sqrt(fit.covariance[1, 1]))) < 0.05
    assert hits[0] / 150 < 0.10 < hits[1] / 150  # the usual z would call every seventh chance a finding


def test_outcome_links_faults_and_order():
    rng = np.random.default_rng(4)
    blocks = pd.DataFrame(rng.uniform(1, 5, (6, 2)), index=list("abcdef"), columns=["GAR1", "GAR2"])
    customers = customers_of(blocks, rng)
    base = e.outcome_links(customers, blocks)
    assert "check.few_units" in {c.name for c in base.failed}
    moved = e.outcome_links(customers.sample(frac=1, random_state=1), blocks.sample(frac=1, random_state=2))
    np.testing.assert_allclose(moved.tidy["estimate"], base.tidy["estimate"], rtol=1e-6)
    assert base["p_permutation:RQ~GAR1"] * factorial(6) == pytest.approx(
        round(base["p_permutation:RQ~GAR1"] * 720)
    )
    with pytest.raises(ModelError, match="2 units have both levels and customers, at least 3"):
        e.outcome_links(customers, blocks.head(2))
    found = e.outcome_links(customers, blocks.assign(GAR2=3.0))
    assert "check.same_level:GAR2" in {c.name for c in found.failed}
    assert "path:RQ~GAR2" not in found


def test_dominance_is_the_mean_over_all_orders():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4))
    y = X @ [0.5, 0.2, 0.0, -0.3] + rng.normal(size=80)
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=y)

    def r2(names):
        if not names:
            return 0.0
        A = np.column_stack([np.ones(80), frame[list(names)]])
        rest = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
        return 1 - rest @ rest / ((y - y.mean()) @ (y - y.mean()))

    found = e.dominance(frame, "y", list("abcd"), resamples=200)
    by_order = dict.fromkeys("abcd", 0.0)
    for order in permutations("abcd"):
        for place, name in enumerate(order):
            by_order[name] += (r2(order[: place + 1]) - r2(order[:place])) / 24
    for name in "abcd":
        assert found[f"dominance:y~{name}"] == pytest.approx(by_order[name], abs=1e-9)
    assert sum(found[f"dominance_share:y~{name}"] for name in "abcd") == pytest.approx(1)
    assert found.cell("dominance:y~a", "ci_low") < by_order["a"] < found.cell("dominance:y~a", "ci_high")
    with pytest.raises(ModelError, match="5 complete rows for 4 predictors"):
        e.dominance(frame.head(5), "y", list("abcd"))
    with pytest.raises(ModelError, match="are tied"):
        e.dominance(frame.assign(d=frame["a"]), "y", list("abcd"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"level": 6.0}, "level 6 is outside 1-5"),
        ({"level": np.nan}, "there are no ratings"),
        ({"item_code": "GAR1z"}, "'GAR1z' is no maturity item; near: GAR1"),
        ({"rater": "same"}, "stand twice"),
        ({"level": "three"}, "words, not numbers"),
    ],
)
def test_ratings_that_cannot_be(change, words):
    with pytest.raises(ModelError, match=words):
        e.levels(random_ratings(0, units=2, elements=2).assign(**change))
