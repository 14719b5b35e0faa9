"""Small and awkward constructs: one item, two items, negative correlations, categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import pls
from crmlab.errors import ModelError

rng = np.random.default_rng(21)
F = rng.standard_normal((200, 3)) @ np.array([[1, 0.6, -0.4], [0, 0.8, 0.3], [0, 0, 0.9]])
DATA = pd.DataFrame(
    0.8 * np.repeat(F, 3, axis=1) + 0.6 * rng.standard_normal((200, 9)),
    columns=[f"{c}{i}" for c in "abc" for i in (1, 2, 3)],
)
BLOCKS = {c.upper(): [f"{c}{i}" for i in (1, 2, 3)] for c in "abc"}
PATHS = [("A", "B"), ("A", "C"), ("B", "C")]


def ratio(data: pd.DataFrame, one: list[str], other: list[str], mean) -> float:
    """Heterotrait-monotrait ratio by its definition."""
    r = data.corr().abs()

    def inside(block: list[str]) -> float:
        cells = r.loc[block, block].to_numpy()[np.triu_indices(len(block), 1)]
        return mean(cells) if len(block) > 1 else 1.0

    return mean(r.loc[one, other].to_numpy().ravel()) / np.sqrt(inside(one) * inside(other))


def geometric(values: np.ndarray) -> float:
    return float(np.exp(np.log(values).mean()))


@pytest.mark.parametrize(("kind", "mean"), [("htmt", np.mean), ("htmt+", np.mean), ("htmt2", geometric)])
def test_ratios_by_definition_with_negative_correlations(kind, mean):
    data = DATA.assign(b2=-DATA["b2"], c1=-DATA["c1"])
    for blocks in (BLOCKS, BLOCKS | {"B": ["b1"]}, BLOCKS | {"B": ["b1", "b2"]}):
        found = pls.fit(data, blocks, PATHS).htmt(kind)
        for a, b in (("A", "B"), ("A", "C"), ("B", "C")):
            assert found.loc[a, b] == pytest.approx(ratio(data, blocks[a], blocks[b], mean), abs=1e-12)
            assert found.loc[a, b] == found.loc[b, a]


def test_turned_items_do_not_move_the_ratios():
    turned = DATA.assign(a1=-DATA["a1"], c3=-DATA["c3"])
    for kind in ("htmt", "htmt2"):
        ours, theirs = (pls.fit(d, BLOCKS, PATHS).htmt(kind) for d in (DATA, turned))
        assert np.nanmax(np.abs(ours - theirs)) < 1e-12


def test_an_unknown_ratio_is_refused():
    with pytest.raises(ModelError, match="ratio 'htmt3' is not one of htmt"):
        pls.fit(DATA, BLOCKS, PATHS).htmt("htmt3")


def test_both_ratios_are_resampled():
    table = pls.fit(DATA, BLOCKS, PATHS).bootstrap(200, seed=1).result("htmt", "htmt2").tidy
    assert len(table) == 6
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()


@pytest.mark.parametrize("consistent", [False, True])
def test_one_and_two_items(consistent):
    fit = pls.fit(DATA, {"A": ["a1"], "B": ["b1", "b2"], "C": ["c1"]}, PATHS, consistent=consistent)
    assert fit.loadings.query("construct == 'A'")["estimate"].item() == 1.0
    assert fit.reliability.loc["A"].isna().all()
    assert fit.reliability.loc["B"].notna().all()
    assert np.isfinite(fit.srmr)
    boot = fit.bootstrap(200, seed=1).result()
    assert np.isnan(boot.cell("loading:A=~a1", "ci_low"))
    assert boot.cell("path:C~B", "std_error") > 0


def test_two_categories_and_more_are_a_composite_of_indicators():
    group = pd.Series(np.arange(200) % 3)
    data = DATA.assign(g1=(group == 1) * 1.0, g2=(group == 2) * 1.0)
    data["b1"] += 0.8 * data["g1"]
    blocks = {"G": ["g1", "g2"], "B": ["b1"]}
    fit = pls.fit(data, blocks, [("G", "B")], modes={"G": "B"})
    design = np.column_stack([np.ones(200), data[["g1", "g2"]]])
    residual = data["b1"] - design @ np.linalg.lstsq(design, data["b1"], rcond=None)[0]
    assert fit.r2["B"] == pytest.approx(1 - residual.var() / data["b1"].var(), abs=1e-9)


def test_large_numbers_of_rows_stay_within_memory():
    big = pd.concat([DATA] * 500, ignore_index=True)
    boot = pls.fit(big, BLOCKS, PATHS).bootstrap(20, seed=1)
    assert boot.failed == 0
    assert boot.result("path").tidy["std_error"].max() < 0.02


@pytest.mark.parametrize("method", ["two_stage", "embedded_two_stage"])
def test_an_item_may_lend_its_name_in_every_analysis(method):
    data = DATA.rename(columns={"c1": "C"})
    whole = {"H": {"of": ["A", "B"], "method": method}}
    named, plain = (
        pls.fit(d, BLOCKS | {"C": [item]}, [("H", "C")], higher_order=whole)
        for d, item in ((data, "C"), (DATA, "c1"))
    )
    ours, theirs = (fit.predict(5, 2).table for fit in (named, plain))
    assert ours["rmse"].item() == pytest.approx(theirs["rmse"].item(), abs=1e-12)
    assert named.ipma("C")["importance:H"] == pytest.approx(plain.ipma("C")["importance:H"], abs=1e-12)
    assert named.q2(7)["q2:C"] == pytest.approx(plain.q2(7)["q2:C"], abs=1e-12)
