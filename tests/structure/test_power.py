"""Simulated power: the batched fits are the engine's fits, any workers give the same numbers, the odd cases speak."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab import pls, sem
from crmlab.errors import ModelError
from crmlab.structure import Population, monte_carlo_power, power_difference, sample, size_needed
from crmlab.structure.population import draw
from crmlab.structure.power_fit import SemEngine
from crmlab.structure.power_groups import GroupEngine, group_text
from crmlab.structure.power_pls import PlsEngine

PATHS = {("A", "B"): 0.6, ("B", "C"): 0.5, ("A", "C"): 0.15}


def three(loading=0.75, paths=None, **more):
    constructs = {c: {f"{c}{k}": loading for k in (1, 2, 3)} for c in "ABC"}
    return Population(constructs, paths or PATHS, **more)


def second_order(**more):
    parts = {"A": ("P", "Q", "R"), "B": ("S", "T", "U"), "C": ("V", "W", "X")}
    constructs = {p: {f"{p}{k}": 0.8 for k in (1, 2, 3)} for group in parts.values() for p in group}
    return Population(constructs, PATHS, {w: dict.fromkeys(ps, 0.8) for w, ps in parts.items()}, **more)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
@pytest.mark.parametrize("population", [three(), second_order()], ids=["first", "second"])
def test_batched_fits_are_those_of_the_engine(population, estimator):
    """Standardised paths to 1e-5 and delta-method errors to 1e-5 relative, sample by sample."""
    engine = SemEngine.of(population, estimator == "MLR")
    Y = draw(population, 250, 3, np.random.default_rng(1))
    fits = engine.fit(Y)
    for b in range(3):
        frame = pd.DataFrame(Y[b], columns=population.items)
        table = sem.sem(population.text.model, frame, estimator=estimator).standardized()
        table = table.loc[table["op"] == "~"].set_index(["rhs", "lhs"]).loc[list(population.paths)]
        assert fits.paths[b] == pytest.approx(table["est_std"].to_numpy(), abs=1e-5)
        assert np.sqrt(np.diag(fits.cov[b])) == pytest.approx(table["se"].to_numpy(), rel=1e-5)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_batched_fits_of_incomplete_samples(estimator):
    """Full information: paths to 1e-5; errors 1e-4 relative."""
    population = three(missing=0.08)
    engine = SemEngine.of(population, estimator == "MLR")
    Y = draw(population, 300, 4, np.random.default_rng(2))
    fits = engine.fit(Y)
    for b in range(4):
        frame = pd.DataFrame(Y[b], columns=population.items)
        found = sem.sem(population.text.model, frame, estimator=estimator, missing="fiml")
        table = found.standardized()
        table = table.loc[table["op"] == "~"].set_index(["rhs", "lhs"]).loc[list(population.paths)]
        assert fits.paths[b] == pytest.approx(table["est_std"].to_numpy(), abs=1e-5)
        assert np.sqrt(np.diag(fits.cov[b])) == pytest.approx(table["se"].to_numpy(), rel=1e-4)


@pytest.mark.parametrize("population", [three(), second_order()], ids=["first", "second"])
@pytest.mark.parametrize("consistent", [False, True])
def test_pls_fits_are_those_of_the_engine(consistent, population):
    engine = PlsEngine.of(population, consistent, 50)
    Y = draw(population, 250, 2, np.random.default_rng(1))
    fits = engine.fit(Y, np.random.default_rng(2))
    for b in range(2):
        frame = pd.DataFrame(Y[b], columns=population.items)
        found = pls.fit(
            frame,
            population.blocks,
            list(population.paths),
            higher_order=population.higher_order,
            consistent=consistent,
        )
        want = [found.estimates[f"path:{t}~{s}"] for s, t in population.paths]
        assert fits.paths[b] == pytest.approx(want, abs=1e-9)


def test_population_moments_are_what_was_planted():
    """200 000 continuous answers: correlations of items and constructs within 4 standard errors (.009)."""
    population = second_order(points=None)
    R = sample(population, 200_000, 3).corr()
    assert R.loc["P1", "P2"] == pytest.approx(0.64, abs=0.009)
    assert R.loc["P1", "Q1"] == pytest.approx(0.8**4, abs=0.009)
    assert R.loc["P1", "S1"] == pytest.approx(0.6 * 0.8**4, abs=0.009)
    assert R.loc["P1", "V1"] == pytest.approx((0.15 + 0.6 * 0.5) * 0.8**4, abs=0.009)
    Y = sample(three(points=7, missing=0.1), 20_000, 4)
    assert set(np.unique(Y.to_numpy()[~np.isnan(Y.to_numpy())])) == set(range(1, 8))
    assert Y.isna().to_numpy().mean() == pytest.approx(0.1, abs=0.004)


def test_any_number_of_workers_gives_the_same_numbers():
    population = three(missing=0.03)
    seen = []
    how = {"replications": 60, "seed": 5}
    alone = monte_carlo_power(population, [120], workers=1, progress=lambda k, n: seen.append((k, n)), **how)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert monte_carlo_power(population, [120], workers=2, **how).equals(alone)
    with ThreadPoolExecutor(3) as pool:
        assert monte_carlo_power(population, [120], executor=pool, **how).equals(alone)
    both = monte_carlo_power(population, [90, 120], workers=1, **how)
    assert both["power:C~A.120"] == alone["power:C~A.120"]  # other sizes change nothing


@pytest.mark.parametrize("workers", [1, 2])
def test_dask_gives_the_same_numbers(workers):
    distributed = pytest.importorskip("distributed", reason="needs the extra: pip install 'crmlab[cluster]'")
    population = three()
    alone = monte_carlo_power(population, [100], replications=75, workers=1)
    where = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**where) as cluster, distributed.Client(cluster) as client:
        found = monte_carlo_power(population, [100], replications=75, executor=client.get_executor())
    assert found.equals(alone)


def test_power_of_a_path_is_what_its_error_says():
    """Power of z against the share of significant samples: within 4 Monte Carlo errors."""
    found = monte_carlo_power(three(points=None), [200], replications=600, workers=1, seed=2)
    from scipy.stats import norm

    z = 0.15 / found["sd:C~A.200"]
    power = float(norm.sf(1.96 - z))
    assert found["power:C~A.200"] == pytest.approx(power, abs=4 * found.cell("power:C~A.200", "std_error"))
    assert found["coverage:C~B.200"] == pytest.approx(0.95, abs=0.036)
    assert found["coverage:C~B~A.200"] == pytest.approx(0.95, abs=0.036)
    assert found["planted:C~B~A"] == pytest.approx(0.30)
    assert abs(found["bias:C~B~A.200"]) < 4 * found.cell("bias:C~B~A.200", "std_error") + 0.005
    assert found["width:C~A.200"] == pytest.approx(2 * 1.96 * found["sd:C~A.200"], rel=0.12)
    assert found["failed:200"] == 0


def test_no_effect_is_found_at_the_rate_of_the_level():
    paths = {("A", "B"): 0.6, ("B", "C"): 0.5, ("A", "C"): 0.0}
    found = monte_carlo_power(three(paths=paths), [250], replications=600, workers=1, estimator="MLR")
    assert found["power:C~A.250"] == pytest.approx(0.05, abs=0.03)


def test_composites_are_biased_and_consistent_pls_is_not():
    """Sum scores and PLS of loadings .75 weaken .5 as the reliabilities say; PLSc gives it back."""
    plain = monte_carlo_power(
        three(points=None), [300], engine="pls", replications=50, resamples=50, workers=1
    )
    consistent = monte_carlo_power(
        three(points=None), [300], engine="plsc", replications=50, resamples=50, workers=1
    )
    assert plain["mean:B~A.300"] == pytest.approx(0.6 * 0.794, abs=0.025)
    assert consistent["mean:B~A.300"] == pytest.approx(0.6, abs=0.025)
    assert {"coverage:C~B~A.300", "width:C~B~A.300", "improper:300"} <= set(consistent.tidy["term"])


def test_size_needed():
    found = monte_carlo_power(three(), [60, 120, 240], replications=100, workers=1)
    needed = size_needed(found, power=0.8)
    assert needed["n:B~A"] == 60
    assert 60 <= needed["n:C~B"] <= 240
    assert np.isnan(needed["n:C~A"])
    assert [check.name for check in needed.failed] == ["check.power_reached:C~A"]


def test_power_of_a_difference_between_groups():
    one = three(points=None)
    other = three(points=None, paths=PATHS | {("B", "C"): 0.2})
    found = power_difference({"old": one, "new": other}, [150, 600], replications=150, workers=1)
    assert found["planted:C~B.old-new"] == pytest.approx(0.3)
    assert found["power:C~B.old-new.600"] > found["power:C~B.old-new.150"] > 0.2
    assert found["power:B~A.old-new.600"] < 0.12
    assert size_needed(found)["n:C~B.old-new"] <= 600


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: three(paths={("A", "B"): 0.9, ("A", "Z"): 0.1}), "'Z' is no construct"),
        (lambda: three(paths={("A", "C"): 0.9, ("B", "C"): 0.8}), "145% of the variance of 'C'"),
        (lambda: three(paths={("A", "B"): 0.2, ("B", "A"): 0.2}), "circle"),
        (lambda: three(paths={("A", "A"): 0.2}), "to itself"),
        (lambda: three(paths={}) if False else Population({"A": {"A1": 0.5}}, {}), "no path"),
        (lambda: three(loading=1.0), "loading 1.0"),
        (lambda: three(loading=-0.7), "loading -0.7 does not lie"),
        (lambda: three(correlations={("A", "B"): 0.5}), "correlations of 'B' follow from its paths"),
        (lambda: three(points=1), "1 points"),
        (lambda: three(points=4, thresholds=[0.0, 1.0]), "4 points need 3"),
        (lambda: three(missing=0.9), "90% missing"),
        (lambda: Population({"A": {"A1": 0.5}}, {("A", "B"): 0.1}, {"B": {"Q": 0.5}}), "part 'Q'"),
        (lambda: three(correlations={("A", "Q"): 0.1}), "'Q' is no construct"),
        (lambda: sample(three(), 1, 0), "sample of 1"),
    ],
)
def test_impossible_populations(make, words):
    with pytest.raises(ModelError, match=words):
        make()


@pytest.mark.parametrize(
    ("sizes", "how", "words"),
    [
        ([3], {}, "sample of 3 is too small"),
        ([], {}, "no sample size"),
        ([200], {"engine": "lisrel"}, "engine 'lisrel'"),
        ([200], {"estimator": "WLSMV"}, "WLSMV"),
        ([200], {"replications": 1}, "too few"),
        ([200], {"workers": 0}, "0 workers"),
        ([200], {"level": 95}, "level 95"),
    ],
)
def test_impossible_designs(sizes, how, words):
    with pytest.raises(ModelError, match=words):
        monte_carlo_power(three(), sizes, **how)


def test_groups_that_cannot_be_compared():
    with pytest.raises(ModelError, match="1 group cannot be compared"):
        power_difference({"a": three()}, [200])
    with pytest.raises(ModelError, match="group 'b' does not have"):
        power_difference({"a": three(), "b": three(paths={("A", "B"): 0.5})}, [200])
    with pytest.raises(ModelError, match="too small"):
        power_difference({"a": three(), "b": three()}, [3])


def test_groups_with_blank_cells_are_fitted_as_the_engine_fits_them():
    """Differences and z of one sample of two groups with blanks, against `sem.sem` by full information, to 1e-4."""
    groups = (three(points=None, missing=0.1), three(points=None, missing=0.1))
    engine = GroupEngine.of(groups)
    gap, z = engine.z(120, 2, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    drawn = [draw(one, 120, 2, rng)[1] for one in groups]
    frame = pd.concat([pd.DataFrame(Y, columns=groups[0].items).assign(G=g) for g, Y in enumerate(drawn)])
    labels = {(s, t): f"c(a{k}, b{k})*{s}" for k, (s, t) in enumerate(groups[0].paths)}
    lines = [line for line in group_text(groups[0]).splitlines() if "=~" in line]
    lines += [f"{t} ~ {labels[s, t]}" for s, t in labels]
    lines += [f"d{k} := a{k} - b{k}" for k in range(len(labels))]
    found = sem.sem(
        "\n".join(lines), frame, group="G", group_equal=["loadings"], missing="fiml", information="observed"
    ).estimates
    table = found[found["op"] == ":="]
    assert np.allclose(gap[1, 0], table["est"], atol=1e-4)
    assert np.allclose(z[1, 0], table["est"] / table["se"], atol=1e-3)


def test_blank_cells_cost_power_of_groups():
    one = three(paths={("A", "B"): 0.6, ("B", "C"): 0.5, ("A", "C"): 0.15})
    other = three(paths={("A", "B"): 0.6, ("B", "C"): 0.1, ("A", "C"): 0.15})
    how = {"replications": 75, "workers": 1}
    whole = power_difference({"a": one, "b": other}, [150], **how)
    holes = {name: replace(of, missing=0.3) for name, of in {"a": one, "b": other}.items()}
    found = power_difference(holes, [150], **how)
    assert found["failed:150"] <= 3
    assert found["power:C~B.a-b.150"] < whole["power:C~B.a-b.150"]
