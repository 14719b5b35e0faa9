"""Bartlett's scores where observed variables take part in regressions, against lavaan 0.6-14 (1e-4)."""

import numpy as np
import pandas as pd
import pytest

from crmlab import sem

LAVAAN = [
    ("f ~ x", (-4.15227771, -1.26448639, 3.41208513, 1.05303317)),
    ("f ~ x\ny1 ~ x", (-2.4011978, -1.16113716, 1.6251498, 0.938007438)),
    ("z ~ f + w", (-2.40381476, -1.35951361, 1.56239583, 1.66141714)),
    ("f ~ x\ny1 ~ x\nz ~ f + w", (-1.98375157, -1.12451319, 1.08906486, 1.32286179)),
]  # lavPredict(method = "Bartlett") of f, first four rows


def answers():
    draw = np.random.default_rng(4)
    x, w, e = draw.normal(size=200), draw.normal(size=200), draw.normal(size=(200, 5))
    f = 0.5 * x + e[:, 0]
    items = {"y1": f + 0.4 * x + e[:, 1], "y2": 0.8 * f + e[:, 2], "y3": 0.7 * f + e[:, 3]}
    return pd.DataFrame({"x": x, "w": w, **items, "z": 0.6 * f + 0.5 * w + e[:, 4]})


@pytest.mark.parametrize(("regressions", "first"), LAVAAN)
def test_bartlett_scores_equal_lavaan(regressions, first):
    found = sem.sem(f"f =~ y1 + y2 + y3\n{regressions}", answers()).factor_scores("bartlett")["f"]
    assert found.head(4).to_numpy() == pytest.approx(first, abs=1e-4)
