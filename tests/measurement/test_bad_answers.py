"""Every question meets every kind of bad answer with one clear line, or with a number and a check: never a traceback."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from crmlab import measurement, pls
from crmlab.errors import CrmlabError

ITEMS = list("abcdefgh")
BLOCKS = {"X": ITEMS[:4], "Y": ITEMS[4:]}
QUICK = {"n_boot": 10}


def good(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    f = rng.standard_normal((n, 2))
    f[:, 1] += f[:, 0]
    X = np.repeat(f, 4, axis=1) + rng.standard_normal((n, 8))
    return pd.DataFrame(np.clip(np.round(3 + X), 1, 5), columns=ITEMS)


FAULTS = {
    "constant": lambda f: f.assign(b=4.0),
    "minus 99": lambda f: f.assign(b=f["b"].where(f.index % 7 > 0, -99)),
    "text": lambda f: f.assign(b="viel"),
    "mixed": lambda f: f.assign(b=f["b"].astype(object).where(f.index > 3, "x")),
    "infinite": lambda f: f.assign(b=f["b"].where(f.index > 0, np.inf)),
    "huge": lambda f: f.assign(b=f["b"].where(f.index > 0, 1e308)),
    "few rows": lambda f: f.head(6),
    "two rows": lambda f: f.head(2),
    "no rows": lambda f: f.head(0),
    "copy": lambda f: f.assign(b=f["a"]),
    "sum": lambda f: f.assign(d=f["a"] + f["b"] - f["c"]),
    "all missing": lambda f: f.assign(b=np.nan),
    "nearly all missing": lambda f: f.assign(b=f["b"].where(f.index < 2)),
    "holes": lambda f: f.mask(np.random.default_rng(2).random(f.shape) < 0.2),
    "never together": lambda f: f.assign(a=f["a"].where(f.index < 30), b=f["b"].where(f.index >= 30)),
    "no such item": lambda f: f.rename(columns={"b": "bb"}),
    "two of a name": lambda f: pd.concat([f, f[["b"]]], axis=1),
    "reversed": lambda f: f.assign(b=6 - f["b"]),
    "whole numbers": lambda f: f.astype("Int64").mask(f > 4.9),
    "booleans": lambda f: f.assign(b=f["b"] > 3),
    "labels": lambda f: f.set_index(pd.Index(["r"] * len(f))),
}
ASKED = {
    "kmo": lambda f: measurement.kmo(f, ITEMS),
    "bartlett": lambda f: measurement.bartlett(f, ITEMS),
    "mardia": lambda f: measurement.mardia(f, ITEMS),
    "efa": lambda f: measurement.efa(f, 2, items=ITEMS),
    "parallel": lambda f: measurement.parallel_analysis(f, 20, items=ITEMS),
    "map": lambda f: measurement.map_test(f, ITEMS),
    "harman": lambda f: measurement.harman(f, ITEMS),
    "axis": lambda f: measurement.harman(f, ITEMS, kind="axis"),
    "collinearity": lambda f: measurement.full_collinearity(f[[i for i in ITEMS if i in f]]),
    "marker": lambda f: measurement.marker(f, "h"),
    "omega": lambda f: measurement.omega(f, ITEMS, **QUICK),
    "omega_h": lambda f: measurement.omega_hierarchical(f, 2, items=ITEMS),
    "alpha": lambda f: measurement.alpha(f, ITEMS, interval="bootstrap", **QUICK),
    "inter_item": lambda f: measurement.inter_item(f, ITEMS),
    "reliability": lambda f: measurement.reliability(f, BLOCKS, **QUICK),
    "item_rest": lambda f: measurement.item_rest(f, BLOCKS),
    "htmt": lambda f: measurement.htmt(f, BLOCKS, **QUICK),
    "htmt signed": lambda f: measurement.htmt(f, BLOCKS, kind="signed", **QUICK),
    "items": lambda f: measurement.item_statistics(f, ITEMS),
    "scores": lambda f: measurement.construct_statistics(f, BLOCKS),
    "clf": lambda f: measurement.common_latent_factor(f, BLOCKS, estimator="ML"),
    "pls": lambda f: pls.fit(f, BLOCKS, [("X", "Y")]).bootstrap(10, 1).result(),
    "plsc": lambda f: pls.fit(f, BLOCKS, [("X", "Y")], consistent=True).result(),
    "pls casewise": lambda f: pls.fit(f, BLOCKS, [("X", "Y")], missing="casewise", modes={"X": "B"}).result(),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("question", ASKED)
def test_one_line_or_a_number(question, fault):
    frame = FAULTS[fault](good())
    before = frame.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = ASKED[question](frame)
        except CrmlabError as error:
            said = str(error).splitlines()
            assert said[0].strip()
            assert len(said) <= 2
            found = None
    pd.testing.assert_frame_equal(frame, before)
    if found is not None:
        assert len(found.tidy)


@pytest.mark.parametrize("question", ["kmo", "htmt", "reliability", "pls", "clf"])
def test_a_misspelt_item_is_told_with_its_neighbour(question):
    frame = good().rename(columns={item: f"item_{item}1" for item in ITEMS})
    blocks = {name: [f"item_{item}1" for item in items] for name, items in BLOCKS.items()}
    asked = {
        "kmo": lambda: measurement.kmo(frame, ["item_a1", "item_b2", "item_c1"]),
        "htmt": lambda: measurement.htmt(frame, blocks | {"X": ["item_a1", "item_b2"]}, **QUICK),
        "reliability": lambda: measurement.reliability(frame, {"X": ["item_a1", "item_b2"]}, **QUICK),
        "pls": lambda: pls.fit(frame, blocks | {"X": ["item_a1", "item_b2"]}, [("X", "Y")]),
        "clf": lambda: measurement.common_latent_factor(frame, blocks | {"X": ["item_a1", "item_b2"]}),
    }
    with pytest.raises(CrmlabError, match="item 'item_b2' is not a column of the data; is it 'item_"):
        asked[question]()
