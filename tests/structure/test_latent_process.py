"""Latent PROCESS models: planted values, identities with plain SEM, references, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.structure import latent_process, process

BLOCKS = {c: [f"{c}{k}" for k in (1, 2, 3)] for c in "XMYW"}


def answers(n=1500, seed=1, moderated=0.3):
    """Items of reliability .64; a = .4 + moderated w, b = .5, c = .2."""
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((2, n))
    m = 0.4 * x + 0.2 * w + moderated * x * w + 0.8 * rng.standard_normal(n)
    y = 0.2 * x + 0.5 * m + 0.8 * rng.standard_normal(n)
    latent = {"X": x, "M": m, "Y": y, "W": w}
    return pd.DataFrame(
        {f"{c}{k}": v + 0.75 * rng.standard_normal(n) for c, v in latent.items() for k in (1, 2, 3)}
    )


def within(found, term, want, errors=4.0):
    assert abs(found[term] - want) < errors * found.cell(term, "std_error")


def test_planted_moderated_mediation():
    data = answers()
    found = latent_process(data, BLOCKS, 7, x="X", y="Y", mediators="M", moderator="W", resamples=0)
    within(found, "path:M~X*W", 0.3)
    within(found, "index:Y~M~X", 0.15)
    for label, a in (("low", 0.1), ("middle", 0.4), ("high", 0.7)):
        within(found, f"effect:M~X@{label}", a)
        within(found, f"indirect:Y~M~X@{label}", a * 0.5)
    within(found, "direct:Y~X", 0.2)
    scores = pd.DataFrame({c: data[items].mean(axis=1) for c, items in BLOCKS.items()})
    weak = process(scores, 7, x="X", y="Y", mediators="M", moderator="W", resamples=100)
    assert weak["index:Y~M~X"] < found["index:Y~M~X"]  # sum scores weaken it


def test_mediation_is_the_plain_model():
    data = answers(400)
    found = latent_process(data, BLOCKS, 4, x="X", y="Y", mediators=["M", "W"], resamples=0, estimator="ML")
    text = "\n".join(f"{c} =~ {' + '.join(items)}" for c, items in BLOCKS.items())
    plain = sem.sem(text + "\nM ~ a*X\nW ~ X\nY ~ b*M + W + X\nM ~~ W\nab := a*b", data)
    row = plain.estimates.loc[plain.estimates["lhs"] == "ab"].iloc[0]
    assert found["indirect:Y~M~X"] == pytest.approx(row["est"], abs=1e-6)
    assert found.cell("indirect:Y~M~X", "std_error") == pytest.approx(row["se"], abs=1e-6)
    assert found["total:Y~X"] == pytest.approx(found["direct:Y~X"] + found["total_indirect:Y~X"], abs=1e-9)


@pytest.mark.parametrize("number", [1, 8, 14, 15, 58, 59])
def test_every_model_runs(number):
    roles = {} if number == 1 else {"mediators": "M"}
    found = latent_process(answers(500), BLOCKS, number, x="X", y="Y", moderator="W", resamples=0, **roles)
    terms = set(found.tidy["term"])
    if number != 1:
        assert {"indirect:Y~M~X@low", "contrast:Y~M~X@high-low"} <= terms
        assert found["contrast:Y~M~X@high-low"] == pytest.approx(
            found["indirect:Y~M~X@high"] - found["indirect:Y~M~X@low"], abs=1e-9
        )
    assert ("index:Y~M~X" in terms) == (number in (8, 14, 15))
    assert ("direct:Y~X@low" in terms) == (number in (1, 8, 15, 59))
    assert found.glance["cfi"] > 0.9


def test_serial_mediators_bootstrap_and_missing_cells():
    data = answers(300)
    found = latent_process(data, BLOCKS, 6, x="X", y="Y", mediators=["W", "M"], resamples=200)
    assert len(found.select("indirect")) == 3
    assert found.cell("indirect:Y~M~X", "ci_low") < found["indirect:Y~M~X"]
    gaps = data.mask(np.random.default_rng(0).random(data.shape) < 0.02)
    assert latent_process(gaps, BLOCKS, 4, x="X", y="Y", mediators="M").glance["resamples"] == 0


@pytest.mark.parametrize(
    ("number", "roles", "words"),
    [
        (2, {}, "model 2 is not available"),
        (4, {}, "needs a mediator"),
        (1, {"mediators": "M", "moderator": "W"}, "has no mediator"),
        (7, {"mediators": "M"}, "needs a moderator"),
        (4, {"mediators": "M", "moderator": "W"}, "has no moderator"),
        (6, {"mediators": "M"}, "2 to 4 mediators"),
        (4, {"mediators": "Q"}, "'Q' is no construct"),
        (4, {"mediators": "X"}, "two roles"),
        (4, {"mediators": "M", "resamples": 5}, "5 resamples are too few"),
    ],
)
def test_bad_input(number, roles, words):
    with pytest.raises(ModelError, match=words):
        latent_process(answers(200), BLOCKS, number, x="X", y="Y", **roles)


def test_items_that_cannot_be_used():
    data = answers(200)
    with pytest.raises(ModelError, match="'M1' is not a column"):
        latent_process(data.drop(columns="M1"), BLOCKS, 4, x="X", y="Y", mediators="M")
    with pytest.raises(ModelError, match="item 'M1' holds words"):
        latent_process(data.assign(M1="often"), BLOCKS, 4, x="X", y="Y", mediators="M")
    with pytest.raises(ModelError, match="'X1' stands twice"):
        latent_process(data, BLOCKS | {"M": ["X1", "M2", "M3"]}, 4, x="X", y="Y", mediators="M")
