"""Groups that are there are found, groups that are not there are not; labels hang on nothing but the people."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.stats import multivariate_normal

from crmlab.customers import customer_groups, purchase_days
from crmlab.customers.clusters import partition
from crmlab.customers.features import behaviour_features, features, spread_ties
from crmlab.customers.segmentation import segment, silhouette
from crmlab.customers.stability import adjusted_rand
from crmlab.customers.unimodal import dip, unimodal_p
from crmlab.errors import ModelError
from crmlab.study.segments_spec import Segments


def heaps(n, k, d, far, seed):
    """Normal heaps `far` standard deviations from each other, and who belongs to which."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.normal(size=(max(d, k), max(d, k))))[0][:k, :d] * far / np.sqrt(2)
    member = rng.choice(k, n, p=rng.dirichlet(np.full(k, 8)))
    return centres[member] + rng.normal(size=(n, d)), member


def framed(X):
    return features(pd.DataFrame(X, columns=[f"f{j}" for j in range(X.shape[1])]))


def nearest_single_heap(x):
    """The dip by linear programmes: least distance of a distribution function, convex before its mode and concave after."""
    x, n, best = np.sort(x), len(x), np.inf
    for mode in range(n):
        rows, bounds = [], []

        def add(terms, bound, rows=rows, bounds=bounds):
            row = np.zeros(n + 2)  # values at the points, the limit from below at the mode, the distance
            for place, weight in terms:
                row[place] += weight
            rows.append(row)
            bounds.append(bound)

        for i in range(n):
            under = n if i == mode else i
            for sign in (1, -1):
                add([(i, sign), (n + 1, -1)], sign * (i + 1) / n)
                add([(under, sign), (n + 1, -1)], sign * i / n)
        for sign, chain in ((1, [*range(mode), n]), (-1, list(range(mode, n)))):
            at = [x[mode] if c == n else x[c] for c in chain]
            for k in range(1, len(chain) - 1):
                a, b = 1 / (at[k] - at[k - 1]), 1 / (at[k + 1] - at[k])
                add([(chain[k], sign * (a + b)), (chain[k - 1], -sign * a), (chain[k + 1], -sign * b)], 0.0)
        add([(n, 1), (mode, -1)], 0.0)
        for i in range(n - 1):
            add([(i, 1), (n if i + 1 == mode else i + 1, -1)], 0.0)
        cost = np.append(np.zeros(n + 1), 1.0)
        solved = linprog(cost, A_ub=np.array(rows), b_ub=bounds, bounds=[(None, None)] * (n + 2))
        best = min(best, solved.fun) if solved.status == 0 else best
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_dip_is_the_distance_from_the_nearest_single_heap(seed):
    rng = np.random.default_rng(seed)
    x = rng.random(10) if seed % 2 else np.concatenate([rng.normal(size=6), rng.normal(5, 1, 6)])
    assert dip(x) == pytest.approx(nearest_single_heap(x), abs=1e-7)
    assert dip(7 - 3 * x) == pytest.approx(dip(x), abs=1e-12)


def test_p_of_one_heap_is_flat_for_flat_numbers_and_small_for_two_heaps():
    rng = np.random.default_rng(3)
    p = np.array([unimodal_p(rng.random(90)) for _ in range(400)])
    assert 0.03 < np.mean(p <= 0.05) < 0.08
    assert 0.07 < np.mean(p <= 0.10) < 0.14
    assert unimodal_p(np.concatenate([rng.normal(size=60), rng.normal(6, 1, 40)])) <= 0.001
    assert unimodal_p(rng.standard_t(3, 300)) > 0.5


def test_indices_equal_those_of_scikit_learn():
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 4, 300), rng.integers(0, 3, 300)
    X, member = heaps(250, 3, 4, 4.0, 2)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)
    assert silhouette(X, member, rng) == pytest.approx(silhouette_score(X, member), abs=1e-10)


@pytest.mark.parametrize("method", ["kmeans", "mixture", "ward"])
def test_likelihood_and_memberships_are_those_of_a_normal_mixture(method):
    X, _ = heaps(200, 3, 2, 6.0, 4)
    part = partition(X, 3, method, rng=np.random.default_rng(0))
    V = part.covariances if part.covariances.ndim == 3 else [part.covariances] * 3
    dense = np.column_stack(
        [s * multivariate_normal(c, v).pdf(X) for s, c, v in zip(part.shares, part.centres, V, strict=True)]
    )
    assert part.loglik == pytest.approx(np.log(dense.sum(axis=1)).sum(), rel=1e-5)
    assert part.memberships(X) == pytest.approx(dense / dense.sum(axis=1, keepdims=True), abs=1e-6)
    blank = X.copy()
    blank[:5, 0] = np.nan
    own = np.column_stack(
        [
            s * multivariate_normal(c[1], v[1, 1]).pdf(X[:5, 1])
            for s, c, v in zip(part.shares, part.centres, V, strict=True)
        ]
    )
    assert part.memberships(blank)[:5] == pytest.approx(own / own.sum(axis=1, keepdims=True), abs=1e-6)


@pytest.mark.parametrize(
    ("n", "k", "d", "far", "method"),
    [
        (400, 3, 3, 6.0, "kmeans"),
        (500, 5, 6, 6.0, "kmeans"),
        (300, 2, 2, 6.0, "mixture"),
        (300, 4, 4, 6.0, "ward"),
    ],
)
def test_planted_groups_are_found(n, k, d, far, method):
    X, member = heaps(n, k, d, far, n + k)
    found = segment(framed(X), method=method, resamples=10, seed=1)
    assert found.k == k
    assert adjusted_rand(found.labels, member) >= 0.9
    assert found.result.ok


STRUCTURELESS = {
    "normal": lambda rng, n: rng.normal(size=(n, 4)),
    "correlated": lambda rng, n: 0.8 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, 4)),
    "flat": lambda rng, n: rng.random((n, 2)),
    "skewed": lambda rng, n: np.exp(rng.normal(size=(n, 3))),
    "long tails": lambda rng, n: rng.standard_t(3, size=(n, 4)),
    "counts": lambda rng, n: rng.poisson(1.5, size=(n, 3)).astype(float),
    "ratings": lambda rng, n: np.clip(np.round(rng.normal(3.4, 1, size=(n, 4))), 1, 5),
}


@pytest.mark.parametrize("kind", STRUCTURELESS)
def test_people_without_groups_have_none(kind):
    X = STRUCTURELESS[kind](np.random.default_rng(8), 250)
    found = segment(framed(X), resamples=10, most=4, seed=2)
    assert found.k == 1
    assert [check.name for check in found.result.failed] == ["check.stable_clusters"]
    assert set(found.labels) == {0}


@pytest.mark.slow
@pytest.mark.parametrize("n", [150, 500])
@pytest.mark.parametrize("kind", STRUCTURELESS)
def test_people_without_groups_have_none_in_nine_of_ten_samples(kind, n):
    none = [
        segment(framed(STRUCTURELESS[kind](np.random.default_rng(r), n)), seed=r).k == 1 for r in range(40)
    ]
    assert np.mean(none) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("n", "k", "d"), [(300, 3, 3), (600, 4, 4), (800, 5, 6)])
def test_planted_groups_are_found_in_most_samples(n, k, d):
    found = []
    for r in range(20):
        X, member = heaps(n, k, d, 6.0, r)
        found.append(adjusted_rand(segment(framed(X), seed=r).labels, member) >= 0.9)
    assert np.mean(found) >= 0.9


def test_order_and_units_change_nothing(shop):
    rng = np.random.default_rng(6)
    asked = Segments(number=3, resamples=5)
    first = customer_groups(asked, days=purchase_days(shop), seed=4)
    mixed = shop.sample(frac=1, random_state=3).assign(amount=lambda frame: frame["amount"] * 10)
    mixed["customer"] = mixed["customer"].map({c: f"{rng.random()}{c}" for c in shop["customer"].unique()})
    second = customer_groups(asked, days=purchase_days(mixed), seed=4)
    names = second.table.assign(customer=second.table["customer"].str[-5:]).set_index("customer")["segment"]
    assert (names.reindex(first.table["customer"]).to_numpy() == first.table["segment"].to_numpy()).all()
    assert [check.name for check in first.results["segments_choice"].failed] == ["check.stable_clusters"]
    share = first.results["segments"].select("value_share")["estimate"]
    people = first.results["segments"].select("share")["estimate"]
    assert (share / people).is_monotonic_decreasing  # S1 is worth most


def test_without_stable_groups_the_rule_describes_customers(shop):
    found = customer_groups(Segments(resamples=5, most=3), days=purchase_days(shop))
    assert found.results["segments_choice"].glance["number"] == 1
    profile = found.results["segments"]
    assert set(profile.select("customers").index) <= {
        "best",
        "loyal",
        "promising",
        "new",
        "at_risk",
        "asleep",
    }
    assert profile.select("customers")["estimate"].sum() == len(found.table) == shop["customer"].nunique()
    assert profile.select("value_share")["estimate"].sum() == pytest.approx(1)
    rule = customer_groups(Segments(method="rfm"), days=purchase_days(shop))
    assert "segments_choice" not in rule.results
    assert rule.results["segments"].equals(found.results["segments"])


def test_respondents_are_grouped_by_scores_and_gaps_are_welchs():
    X, member = heaps(260, 2, 2, 6.0, 9)
    scores = pd.DataFrame(X, columns=["SAT", "LOY"])
    found = customer_groups(Segments(by=("scores",), resamples=8), scores=scores)
    assert adjusted_rand(pd.factorize(found.table["segment"])[0], member) >= 0.9
    from scipy.stats import ttest_ind

    first = (found.table["segment"] == "S1").to_numpy()
    test = ttest_ind(scores["SAT"][first], scores["SAT"][~first], equal_var=False)
    row = customer_groups(Segments(by=("scores",), resamples=8), scores=scores)
    assert row.results["segments"].equals(found.results["segments"])
    several = customer_groups(Segments(method="rfm"), days=purchase_days(by_hand()), scores=None)
    assert several.results["segments"].glance["n"] == 5
    assert test.pvalue < 0.05


def test_gaps_of_answers(shop):
    days = purchase_days(shop)
    who = pd.Index(days.customers[::3], name="customer")
    scores = pd.DataFrame({"SAT": np.random.default_rng(2).normal(3, 1, len(who))}, index=who)
    profile = customer_groups(Segments(method="rfm"), days=days, scores=scores).results["segments"]
    label = (
        customer_groups(Segments(method="rfm"), days=days).table.set_index("customer")["segment"].reindex(who)
    )
    from scipy.stats import ttest_ind

    inside, outside = scores["SAT"][(label == "best").to_numpy()], scores["SAT"][(label != "best").to_numpy()]
    wide = ttest_ind(inside, outside, equal_var=False).confidence_interval(0.95)
    sd = scores["SAT"].std(ddof=1)
    assert profile["gap:best.SAT"] == pytest.approx((inside.mean() - outside.mean()) / sd, abs=1e-12)
    assert profile.cell("gap:best.SAT", "ci_low") == pytest.approx(wide.low / sd, abs=1e-10)
    assert profile.cell("gap:best.SAT", "ci_high") == pytest.approx(wide.high / sd, abs=1e-10)


def by_hand():
    file = Path(__file__).with_name("purchases.py")
    spec = importlib.util.spec_from_file_location("crmlab_purchases_again", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.by_hand()


def test_scaling_ignores_units_and_lumps_are_spread():
    raw = pd.DataFrame({"a": [1.0, 2, 4, 8, 16, 32], "same": 3.0})
    one, many = features(raw, ["a"]), features(raw.assign(a=raw["a"] * 1e6), ["a"])
    assert one.names == ("a",)
    assert pytest.approx(one.X) == many.X
    X = np.repeat([[1.0], [2.0], [3.0]], 50, axis=0)
    spread = spread_ties(X, np.random.default_rng(0))
    assert np.abs(spread - X).max() <= 0.5
    assert unimodal_p(spread[:, 0]) > 0.5 > 0.01 > unimodal_p(X[:, 0])
    assert behaviour_features(purchase_days(by_hand())).raw.loc["a"].tolist() == [
        0.0,
        3.0,
        pytest.approx(65 / 3),
    ]


@pytest.mark.parametrize(
    ("asked", "X", "told"),
    [
        ({}, np.zeros((50, 2)), "nothing that people could be grouped by varies"),
        ({}, np.random.default_rng(0).normal(size=(12, 2)), "12 people of whom all is known are too few"),
        ({"method": "magic"}, np.random.default_rng(0).normal(size=(50, 2)), "method is 'magic'"),
        ({"number": 1}, np.random.default_rng(0).normal(size=(50, 2)), "want 2 groups or more"),
        ({}, np.full((50, 2), np.inf), "has infinite values"),
    ],
)
def test_what_cannot_be_grouped_says_so(asked, X, told):
    with pytest.raises(ModelError, match=told):
        segment(framed(X), **asked)


@pytest.mark.filterwarnings("ignore")  # of the package's own source
def test_latent_classes_need_their_package_or_find_the_groups():
    X, member = heaps(300, 3, 3, 6.0, 5)
    if importlib.util.find_spec("stepmix") is None:
        with pytest.raises(ModelError, match="latent classes need the package stepmix"):
            segment(framed(X), method="latent", resamples=5)
        return
    found = segment(framed(X), method="latent", resamples=5, most=4)
    assert adjusted_rand(found.labels, member) >= 0.9


def test_a_profile_by_hand():
    from crmlab.customers.profiles import ROLES, Grouped, profile

    raw = pd.DataFrame(
        {"recency": [10.0, 30, 200, 400, 50], "frequency": [9.0, 7, 8, 6, 1]}, index=list("abcde")
    )
    X = raw.to_numpy() / [100, 2]
    group = np.array(["S1", "S1", "S2", "S2", None], dtype=object)
    found = profile(Grouped(group, ["S1", "S2"], raw, X, np.array([60.0, 30, 6, 4, 50])), jaccard=[0.9, 0.8])
    assert found["share:S1"] == pytest.approx(0.5)
    assert found["value_share:S1"] == pytest.approx(90 / 150)
    assert found["median:all.recency"] == pytest.approx(115)
    assert found["median:S2.recency"] == pytest.approx(300)
    assert found["index:S2.recency"] == pytest.approx(100 * 300 / 115)
    inside = X[:4, 0]
    assert found["profile:S1.recency"] == pytest.approx((inside[:2].mean() - inside.mean()) / inside.std())
    assert (ROLES[int(found["role:S1"])], ROLES[int(found["role:S2"])]) == ("core", "occasional")
    assert (found["jaccard:S2"], found.glance["ungrouped"]) == (0.8, 1)
    from statsmodels.stats.proportion import proportion_confint

    assert (found.cell("share:S1", "ci_low"), found.cell("share:S1", "ci_high")) == pytest.approx(
        proportion_confint(2, 4, 0.05, "wilson"), abs=1e-12
    )
