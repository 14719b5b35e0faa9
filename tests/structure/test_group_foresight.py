"""Group sizes foretold: loadings of means of coarse items, power that rises, what cannot be simulated."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.structure import Population, foresee_groups, foretold
from crmlab.structure.group_foresight import coarsened, parcelled
from crmlab.structure.population import draw

PARTS = {"A": ("P", "Q", "R"), "B": ("S", "T", "U")}
ITEMS = {p: {f"{p}{k}": 0.75 for k in (1, 2, 3, 4)} for of in PARTS.values() for p in of}
WHOLE = Population(ITEMS, {("A", "B"): 0.5}, {w: dict.fromkeys(of, 0.8) for w, of in PARTS.items()}, points=5)


def test_means_of_coarse_items_load_as_their_samples_show():
    """Against the one-factor solution of three means in 100,000 simulated rows: sqrt(r12 r13 / r23)."""
    Y = draw(WHOLE, 100_000, 1, np.random.default_rng(0))[0]
    means = Y.reshape(len(Y), 6, 4).mean(axis=2)
    r = np.corrcoef(means.T)
    expected = parcelled(WHOLE).constructs["A"]["P"]
    assert expected == pytest.approx(np.sqrt(r[0, 1] * r[0, 2] / r[1, 2]), abs=0.01)


def test_codes_keep_a_part_of_the_correlation():
    """Two equal halves: sqrt(2 / pi); a fine scale loses nothing; Pearson and Sheppard's bounds."""
    assert coarsened(np.array([0.0])) == pytest.approx(np.sqrt(2 / np.pi))
    assert coarsened(np.linspace(-4, 4, 400)) == pytest.approx(1.0, abs=1e-3)
    assert coarsened(np.empty(0)) == 1.0


def test_power_rises_with_the_groups_and_needs_more_for_less():
    sizes = (50, 150, 500)
    large = foresee_groups(WHOLE, smallest=0.4, sizes=sizes, replications=100, seed=1)
    small = foresee_groups(WHOLE, smallest=0.2, sizes=sizes, replications=100, seed=1)
    power = [large[f"power:B~A.{n}"] for n in sizes]
    assert power == sorted(power)
    assert large["n:B~A"] < 500
    assert large["power:B~A.150"] > small["power:B~A.150"]
    assert large.glance["smallest"] == 0.4


def test_what_cannot_be_simulated_is_said(tmp_path):
    assert not len(foresee_groups(None, smallest=0.2).tidy)
    steep = Population(ITEMS, {("A", "B"): -0.9}, WHOLE.second_order)
    found = foresee_groups(steep, smallest=0.3)
    assert found.failed[0].name == "check.possible"
    assert foretold(tmp_path) is None
    found.save(tmp_path, "group_power")
    assert foretold(tmp_path) is None  # nothing was simulated
