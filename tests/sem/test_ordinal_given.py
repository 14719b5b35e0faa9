"""Ordered items with fixed predictors, and their factor scores; numbers against lavaan stand in the references."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.sem.ordinal_conditional import conditional

ITEMS = ["u1", "u2", "u3", "u4"]
MODEL = "f =~ u1 + u2 + u3 + u4\nf ~ x1 + x2"


def sample(n: int, seed: int) -> pd.DataFrame:
    """f = .5 x1 - .4 x2 + e; u* = .8 f + .6 e on four items of three categories."""
    rng = np.random.default_rng(seed)
    x1, x2 = rng.normal(size=n), rng.integers(0, 2, n)
    f = 0.5 * x1 - 0.4 * x2 + rng.normal(size=n)
    y = 0.8 * f[:, None] + 0.6 * rng.normal(size=(n, 4))
    codes = pd.DataFrame(np.digitize(y, [-0.7, 0.6]) + 1, columns=ITEMS)
    return codes.assign(x1=x1, x2=x2, g=rng.integers(0, 2, n), y=y[:, 0])


DATA = sample(400, 3)
HERE = Path(__file__).parents[1] / "reference" / "sem"


@pytest.fixture(scope="module")
def fit() -> sem.SemFit:
    return sem.sem(MODEL, DATA, ordered=ITEMS)


def test_planted_slopes_come_back():
    """lavaan's delta scale: the residual of y* has variance 1, so slopes are divided by sd(u* | x) = 1."""
    found = sem.sem(MODEL, sample(4000, 5), ordered=ITEMS).estimates.query("op == '~'").set_index("rhs")
    for name, truth in (("x1", 0.5 * 0.8), ("x2", -0.4 * 0.8)):
        row = found.loc[name]
        assert abs(row["est"] - truth) < 4 * row["se"]
        assert row["se"] < 0.05


def test_unit_and_origin_of_a_predictor_move_its_slope_alone(fit):
    other = sem.sem(MODEL, DATA.assign(x1=DATA["x1"] * 1e6 + 5e6), ordered=ITEMS)
    assert other.fit_measures["chisq"] == pytest.approx(fit.fit_measures["chisq"], rel=1e-7)
    ours, theirs = (f.estimates.query("op == '~'").set_index("rhs") for f in (fit, other))
    assert theirs.loc["x1", "est"] * 1e6 == pytest.approx(ours.loc["x1", "est"], rel=1e-6)
    assert theirs.loc["x1", "z"] == pytest.approx(ours.loc["x1", "z"], rel=1e-5)
    assert theirs.loc["x2", "est"] == pytest.approx(ours.loc["x2", "est"], rel=1e-6)
    assert theirs.loc["x1", "std_all"] == pytest.approx(ours.loc["x1", "std_all"], rel=1e-6)


def test_row_order_is_no_information(fit):
    turned = sem.sem(MODEL, DATA.iloc[::-1], ordered=ITEMS)
    assert turned.estimates["est"].to_numpy() == pytest.approx(fit.estimates["est"].to_numpy(), abs=1e-7)
    assert turned.estimates["se"].to_numpy() == pytest.approx(fit.estimates["se"].to_numpy(), abs=1e-7)


def test_numeric_outcomes_alone_are_a_regression():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 2)) * [1, 40] + [0, 900]
    Y = X @ np.array([[0.5, 1, 0], [0.01, 0, 0.02]]) + rng.normal(size=(300, 3)) @ np.triu(np.ones((3, 3)))
    found = conditional(Y, [False] * 3, X, names=("a", "b", "c"), categories=[], pairwise=False, group="")
    Z = np.column_stack([np.ones(300), X])
    b = np.linalg.lstsq(Z, Y, rcond=None)[0]
    e = Y - Z @ b
    assert found.stats[:3] == pytest.approx(b[0], abs=1e-8)
    assert found.stats[3:9].reshape(3, 2) == pytest.approx(b[1:].T, abs=1e-9)
    assert pytest.approx(e.T @ e / 300, abs=1e-8) == found.R


def test_a_predictor_without_effect_leaves_the_polychorics():
    rng = np.random.default_rng(9)
    noise = rng.normal(size=(400, 1))
    noise -= noise.mean()
    codes = DATA[ITEMS].to_numpy(float)
    from crmlab.sem.ordinal import statistics

    plain = statistics(codes, [True] * 4)
    levels = [np.unique(codes[:, j]) for j in range(4)]
    given = conditional(
        codes, [True] * 4, noise, names=tuple(ITEMS), categories=levels, pairwise=False, group=""
    )
    assert pytest.approx(given.R, abs=0.02) == plain.R
    assert np.abs(given.stats[8:12]).max() < 0.2


def test_predictors_that_separate_or_repeat_are_named():
    with pytest.raises(ModelError, match="'u1' on the fixed predictors has no maximum"):
        sem.sem(MODEL, DATA.assign(x1=(DATA["u1"] > 1) * 1.0), ordered=ITEMS)
    with pytest.raises(ModelError, match="predictors are linearly dependent"):
        sem.sem(MODEL + " + x3", DATA.assign(x3=DATA["x1"] + DATA["x2"]), ordered=ITEMS)


# -- scores ------------------------------------------------------------------------------------


def log_posterior(fit: sem.SemFit, row: pd.Series, eta: float) -> float:
    """Written down for one factor: prior N(slopes x, psi) and a normal cell for every answer."""
    e = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    total = norm.logpdf(
        eta,
        e["f", "~", "x1"] * row["x1"] + e["f", "~", "x2"] * row["x2"],
        np.sqrt(e["f", "~~", "f"]),
    )
    for item in ITEMS:
        ends = [-np.inf, e[item, "|", "t1"], e[item, "|", "t2"], np.inf]
        sd, centre = np.sqrt(e[item, "~~", item]), e["f", "=~", item] * eta
        c = int(row[item])
        total += np.log(norm.cdf(ends[c], centre, sd) - norm.cdf(ends[c - 1], centre, sd))
    return float(total)


def test_a_score_is_the_mode_of_the_posterior(fit):
    scores = fit.factor_scores("EBM")["f"]
    for i in (0, 7, 133):
        best = log_posterior(fit, DATA.loc[i], scores[i])
        assert best > log_posterior(fit, DATA.loc[i], scores[i] + 1e-3)
        assert best > log_posterior(fit, DATA.loc[i], scores[i] - 1e-3)


def test_scores_of_a_group_rest_on_its_own_parameters():
    """lavaan 0.6-14 reads the first group's thresholds and loadings for all groups."""
    both = sem.cfa("f =~ u1 + u2 + u3 + u4", DATA, ordered=ITEMS, group="g").factor_scores()
    for value in (0, 1):
        part = DATA[DATA["g"] == value]
        alone = sem.cfa("f =~ u1 + u2 + u3 + u4", part, ordered=ITEMS).factor_scores()
        assert both.loc[part.index, "f"].to_numpy() == pytest.approx(alone["f"].to_numpy(), abs=1e-4)


def test_maximum_likelihood_scores_of_extreme_answers_are_finite(fit):
    scores = fit.factor_scores("ML")["f"]
    assert np.isfinite(scores).all()
    top = (DATA[ITEMS] == 3).all(axis=1)
    assert scores[top].min() > scores[~top].max() - 1e-6


def test_numeric_items_alone_give_the_regression_scores():
    """With one ordered item among numeric ones the mode is close to the linear score of the others."""
    data = DATA.assign(v=DATA["y"] + 0.5 * np.random.default_rng(2).normal(size=400))
    fit = sem.cfa("f =~ y + v + u2", data, ordered=["u2"])
    linear = sem.cfa("f =~ y + v + u2", data).factor_scores()["f"]
    assert np.corrcoef(fit.factor_scores()["f"], linear)[0, 1] > 0.98


def test_bartlett_scores_of_missing_answers_and_of_second_order_factors():
    rng = np.random.default_rng(4)
    g = rng.normal(size=300)
    parts = {name: 0.8 * g + 0.6 * rng.normal(size=300) for name in "abc"}
    data = pd.DataFrame(
        {f"{k}{i}": f + 0.6 * rng.normal(size=300) for k, f in parts.items() for i in (1, 2, 3)}
    )
    model = "\n".join(f"{k.upper()} =~ {k}1 + {k}2 + {k}3" for k in "abc") + "\nG =~ A + B + C"
    scores = sem.cfa(model, data).factor_scores("bartlett")
    assert scores["G"].isna().all()
    assert np.corrcoef(scores["A"], parts["a"])[0, 1] > 0.85
    holes = data.mask(rng.random(data.shape) < 0.1)
    holes.loc[0, ["a1", "a2", "a3"]] = np.nan
    found = sem.cfa(model, holes, missing="fiml").factor_scores("bartlett")
    assert np.isnan(found.loc[0, "A"])
    assert found["A"].isna().sum() == holes[["a1", "a2", "a3"]].isna().all(axis=1).sum()


def test_the_bivariate_rectangle_is_the_normal_one():
    """One pair by hand: the score equation of the residual correlation is zero at the estimate."""
    levels = [np.array([1.0, 2.0, 3.0])] * 2
    Y, X = DATA[["u1", "u2"]].to_numpy(float), DATA[["x1", "x2"]].to_numpy(float)
    s = conditional(Y, [True] * 2, X, names=("u1", "u2"), categories=levels, pairwise=False, group="").stats
    tau, slope, r = s[:4].reshape(2, 2), s[4:8].reshape(2, 2), s[8]

    def loglik(rho: float) -> float:
        total = 0.0
        law = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
        for y, x in zip(Y[:40], X[:40], strict=True):
            ends = [np.concatenate([[-9], tau[j] - slope[j] @ x, [9]]) for j in (0, 1)]
            (l1, u1), (l2, u2) = ((ends[j][int(y[j]) - 1], ends[j][int(y[j])]) for j in (0, 1))
            total += np.log(law.cdf([u1, u2]) - law.cdf([l1, u2]) - law.cdf([u1, l2]) + law.cdf([l1, l2]))
        return total

    slopes = (loglik(r + 1e-3) - loglik(r - 1e-3)) / 2e-3
    assert np.isfinite(slopes)
    assert abs(slopes) < 30  # forty of four hundred cases: their part of a sum that is zero over all


# -- an ordered and a numeric outcome of the factor, the numeric one a predictor of the other -----------------

MIXED = "f =~ u1 + u2 + u3 + y\nm ~ f + x1\nyb ~ f + m"


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_a_numeric_outcome_in_a_regression_tells_of_the_factor(parameterization):
    """The mode of the posterior maximised by itself: answers to items, the outcome m, and yb given m.

    lavaan 0.6-14 gives m's own value as its prediction, so that m says nothing about the factor: another score.
    """
    rng = np.random.default_rng(8)
    f = DATA["y"].to_numpy()
    m = 0.6 * f + 0.3 * DATA["x1"].to_numpy() + rng.normal(size=len(DATA))
    data = DATA.assign(m=m, yb=(0.4 * f + 0.4 * m + rng.normal(size=len(DATA)) > 0.2).astype(int))
    ordered = ["u1", "u2", "u3", "yb"]
    fit = sem.sem(MIXED, data, ordered=ordered, parameterization=parameterization)
    e = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]
    scores, bartlett = fit.factor_scores("EBM")["f"], fit.factor_scores("ML")["f"]

    def loglik(eta: float, row: pd.Series) -> float:
        total = norm.logpdf(row["y"], e["y", "~1", ""] + e["f", "=~", "y"] * eta, np.sqrt(e["y", "~~", "y"]))
        centre = e["m", "~1", ""] + e["m", "~", "f"] * eta + e["m", "~", "x1"] * row["x1"]
        total += norm.logpdf(row["m"], centre, np.sqrt(e["m", "~~", "m"]))
        means = {item: e["f", "=~", item] * eta for item in ordered[:3]}
        means["yb"] = e["yb", "~", "f"] * eta + e["yb", "~", "m"] * row["m"]
        for item, mean in means.items():
            cuts = [e[key] for key in e.index if key[0] == item and key[1] == "|"]
            ends, sd = [-np.inf, *cuts, np.inf], np.sqrt(e[item, "~~", item])
            c = int(row[item]) - (0 if item == "yb" else 1)
            total += np.log(norm.cdf(ends[c + 1], mean, sd) - norm.cdf(ends[c], mean, sd) + 1e-300)
        return float(total)

    prior = norm(0, np.sqrt(e["f", "~~", "f"]))
    for i in (0, 7, 133, 250):
        row = data.loc[i]
        best = minimize_scalar(
            lambda t, row=row: -loglik(t, row) - prior.logpdf(t),
            bounds=(-20, 20),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert scores[i] == pytest.approx(best.x, abs=1e-5)
        alone = minimize_scalar(lambda t, row=row: -loglik(t, row), bounds=(-20, 20), method="bounded")
        assert bartlett[i] == pytest.approx(alone.x, abs=1e-3)


def test_srmr_counts_as_lavaan_does():
    """lavaan 0.6-14 on tests/reference/sem/more_ord.csv (tolerance 1e-4): mixed outcomes given predictors."""
    data = pd.read_csv(HERE / "more_ord.csv")
    text = "A =~ a1 + a2 + a3 + num\nm ~ A + x1\nyb ~ A + m"
    fit = sem.sem(text, data, ordered=["a1", "a2", "a3", "yb"], parameterization="theta")
    for key, value in {
        "rmr": 0.0308842767,
        "rmr_nomean": 0.0354588865,
        "srmr": 0.0354364557,
        "srmr_bentler": 0.0308647397,
        "crmr": 0.0373736140,
        "crmr_nomean": 0.0452616943,
    }.items():
        assert fit.fit_measures[key] == pytest.approx(value, rel=1e-4), key
    plain = json.loads((HERE / "more_ordx_delta.json").read_text(encoding="utf-8"))
    fit = sem.sem(plain["model"], data, **plain["args"])
    for key in ("srmr", "rmr", "rmr_nomean", "crmr"):
        assert fit.fit_measures[key] == pytest.approx(plain["fit_measures"][key], rel=1e-4), key
