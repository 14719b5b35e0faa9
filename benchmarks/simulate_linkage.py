"""Bias and coverage of the link of answers and purchases on simulated studies with planted effects.

    python benchmarks/simulate_linkage.py [replications] [table ...]      # tables: exact, worths, study, ...

Writes the tables of docs/simulations.md. `exact` draws from the very model that is fitted (normal items, purchases in
continuous time); `study` from `crmlab.data.simulate` (five-point answers, whole days, dropout of another law).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.data.simulate import simulate
from crmlab.data.simulate_planted import Planted
from crmlab.linkage import (
    JointFit,
    Money,
    SpendEffect,
    behave,
    join,
    joint_fit,
    measure,
    response_weights,
    score_fit,
    spend_effect,
    worth,
)

ITEMS = {d: [f"{d}{k}" for k in range(1, 5)] for d in ("TRU", "SAT", "COM")}
LOADINGS, SECOND = np.array([0.85, 0.78, 0.71, 0.65]), {"TRU": 0.85, "SAT": 0.82, "COM": 0.75}
MONEY = Money(rate=0.10, horizon=156.5, margin=0.30)
R, MEAN, A, B, P, Q = 1.4, 0.18, 1.2, 10.8, 6.0, 4.0  # purchases a week; dropout; shapes of spend


@dataclass(frozen=True)
class Truth:
    """Planted effects per standard deviation: on log rate, on log odds of dropout, on log spend."""

    rate: float = 0.15
    dropout: float = -0.25
    spend: float = 0.05


def drawn(
    n: int,
    customers: int,
    truth: Truth,
    rng: np.random.Generator,
    *,
    modified: bool = True,
    chosen: float = 0.0,
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Answers, keys and customers of the model itself; `chosen` is the pull of past purchases on answering."""
    z = rng.standard_normal(customers)
    T = rng.uniform(40, 160, customers)
    rate = rng.gamma(R, MEAN / R, customers) * np.exp(truth.rate * z)
    odds = np.log(A / B) + truth.dropout * z
    p = rng.beta((A + B) / (1 + np.exp(-odds)), (A + B) / (1 + np.exp(odds)))
    lives = rng.geometric(p) - (1 if modified else 0)  # repeat purchases until the customer leaves
    more = rng.poisson(rate * T)
    who = np.repeat(np.arange(customers), more)
    when = rng.random(len(who)) * T[who]
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    rank = np.arange(len(who)) - np.repeat(np.cumsum(more) - more, more)
    kept = rank < lives[who]
    x = np.bincount(who[kept], minlength=customers).astype(float)
    t_x = np.zeros(customers)
    np.maximum.at(t_x, who[kept], when[kept])
    level = np.exp(truth.spend * z) * 100 * (Q - 1) / rng.gamma(Q, 1.0, customers)
    paid = np.where(x > 0, level * rng.gamma(np.maximum(P * x, 1.0)) / np.maximum(P * x, 1.0), 0.0)
    names = [f"C{k}" for k in range(customers)]
    rfm = pd.DataFrame(
        {"customer": names, "x": x, "t_x": t_x, "T": T, "mean_spend": paid, "total": paid * (x + 1)}
    )
    chance = np.exp(chosen * np.log1p(x))
    asked = np.argsort(rng.exponential(1 / chance))[:n]
    answers = {}
    for dimension, weight in SECOND.items():
        eta = weight * z[asked] + np.sqrt(1 - weight**2) * rng.standard_normal(n)
        for item, loading in zip(ITEMS[dimension], LOADINGS, strict=True):
            answers[item] = 3 + loading * eta + np.sqrt(1 - loading**2) * rng.standard_normal(n)
    return pd.DataFrame(answers), pd.Series(np.array(names, dtype=object)[asked]), rfm


def at_truth(fit: JointFit, truth: Truth) -> JointFit:
    """The same customers under the planted parameters."""
    theta = np.array([np.log(R), np.log(MEAN * fit.search.cases.scale), np.log(A / B), np.log(A + B)])
    return replace(fit, theta=np.append(theta, [truth.rate, truth.dropout]))


def held(estimate: float, error: float, planted: float) -> float:
    """Whether the 95 % interval holds what was planted."""
    return float(abs(estimate - planted) <= 1.959964 * error)


def exact_once(n: int, truth: Truth, seed: int, draws: int, model: str = "mbgnbd") -> dict[str, float]:
    """One replication: estimates, errors, whether intervals hold."""
    rng = np.random.default_rng(seed)
    answers, key, rfm = drawn(n, 2000, truth, rng, modified=model == "mbgnbd")
    measured, joined = measure(answers, ITEMS, "RQ"), join(key, rfm)
    b = behave(joined.rfm, money=MONEY, model=model)
    fit, naive = joint_fit(joined, measured, b), score_fit(joined, measured.score, b)
    spend = spend_effect(joined, measured.mean, b)
    found = {"reliability": measured.reliability, "solved": float(all(c.ok for c in fit.checks))}
    planted = {"rate": truth.rate, "dropout": truth.dropout}
    for k, name in enumerate(planted):
        e, s = fit.effects[0][k], fit.effects[1][k]
        found |= {name: e, f"{name}.se": s, f"{name}.held": held(e, s, planted[name])}
        e, s = naive.effects[0][k], naive.effects[1][k]
        found |= {f"{name}.naive": e, f"{name}.naive_held": held(e, s, planted[name])}
    found |= {"spend": spend.estimate, "spend.se": spend.std_error}
    found["spend.held"] = held(spend.estimate, spend.std_error, truth.spend)
    if draws:
        true = worth(
            at_truth(fit, truth), joined.at, b, SpendEffect(truth.spend, 0.0, n, ()), path="X~Z", draws=0
        )
        got = worth(fit, joined.at, b, spend, path="X~Z", draws=draws, seed=seed).money
        low, high = (got.cell("path:X~Z", end) for end in ("ci_low", "ci_high"))
        goal = true.money["path:X~Z"]
        found |= {
            "worth": got["path:X~Z"] - goal,
            "worth.true": goal,
            "worth.held": float(low <= goal <= high),
        }
        found["worth.claimed"] = float(got.cell("path:X~Z", "p_value") < 0.05)
    return found


def table(rows: list[dict[str, float]]) -> pd.DataFrame:
    """Mean, standard deviation and Monte Carlo error of every column."""
    frame = pd.DataFrame(rows)
    return pd.DataFrame(
        {"mean": frame.mean(), "sd": frame.std(ddof=1), "mc_error": frame.std(ddof=1) / len(frame) ** 0.5}
    )


def exact(replications: int) -> None:
    """The model itself, at two sizes, without effect and with large ones."""
    for n, truth, model in (
        (400, Truth(), "mbgnbd"), (400, Truth(0.0, 0.0, 0.0), "mbgnbd"), (200, Truth(), "mbgnbd"),
        (400, Truth(0.40, -0.60, 0.20), "mbgnbd"), (400, Truth(), "bgnbd"),
    ):  # fmt: skip
        started = time.process_time()
        rows = [exact_once(n, truth, 1000 + k, 0, model) for k in range(replications)]
        spent = (time.process_time() - started) / replications
        print(f"\nexact, {model}, n = {n} of 2,000, {truth}; {spent:.2f} s each")
        print(table(rows).round(4).to_string(), flush=True)


def worths(replications: int) -> None:
    """Worth: whether its interval holds what the planted parameters make of the same customers, and false claims."""
    for truth in (Truth(), Truth(0.0, 0.0, 0.0)):
        rows = [exact_once(400, truth, 1000 + k, 100) for k in range(replications)]
        print(f"\nworth, n = 400 of 2,000, {truth}")
        print(table(rows).filter(like="worth", axis=0).round(4).to_string(), flush=True)


def study_once(planted: Planted, seed: int, others: bool, model: str) -> dict[str, float]:
    """One replication of a whole simulated study."""
    s = simulate(400, seed, customers=2000, planted=planted)
    rfm = clv.rfm(s.ledger, customer="customer_id", date="date", amount="amount", end="2024-06-20")
    measured, joined = measure(s.survey, ITEMS, "RQ"), join(s.survey["LINK"], rfm)
    fit = joint_fit(joined, measured, behave(joined.rfm, money=MONEY, model=model), others=others)
    found: dict[str, float] = {}
    for k, (name, goal) in enumerate((("rate", 0.15), ("dropout", -0.25))):
        e, se = fit.effects[0][k], fit.effects[1][k]
        found |= {name: e, f"{name}.se": se, f"{name}.held": held(e, se, goal)}
    return found


def study(replications: int) -> None:
    """Five-point answers, whole days, dropout with normal log odds; then with habits of answering and careless people."""
    clean = Planted(method_variance=0.0, careless=0.0, slips=0.0)
    for label, planted in (("clean answers", clean), ("answers with habits and careless people", Planted())):
        print(f"\nstudy, {label}")
        print(
            table([study_once(planted, 1000 + k, False, "mbgnbd") for k in range(replications)])
            .round(4)
            .to_string()
        )


def others(replications: int) -> None:
    """What customers without answers do to the effects when the purchase model is right, and when it is not."""
    clean = Planted(method_variance=0.0, careless=0.0, slips=0.0)
    for model in ("mbgnbd", "bgnbd", "pareto_nbd"):
        for everyone in (False, True):
            rows = [study_once(clean, 1000 + k, everyone, model) for k in range(replications)]
            print(f"\nothers = {everyone}, {model}")
            print(table(rows).round(4).to_string())


def selection(replications: int) -> None:
    """Respondents chosen by what they bought: plain, weighted, and with the customers who did not answer."""
    rows = []
    for k in range(replications):
        answers, key, rfm = drawn(400, 2000, Truth(), np.random.default_rng(1000 + k), chosen=0.5)
        measured, joined = measure(answers, ITEMS, "RQ"), join(key, rfm)
        b = behave(joined.rfm, money=MONEY, model="mbgnbd")
        weights = response_weights(joined)
        fits = {
            "plain": joint_fit(joined, measured, b), "weighted": joint_fit(joined, measured, b, weights=weights),
            "others": joint_fit(joined, measured, b, others=True),
        }  # fmt: skip
        row: dict[str, float] = {}
        for name, fit in fits.items():
            for j, (effect, goal) in enumerate((("rate", 0.15), ("dropout", -0.25))):
                e, s = fit.effects[0][j], fit.effects[1][j]
                row |= {f"{name}.{effect}": e, f"{name}.{effect}.held": held(e, s, goal)}
        rows.append(row)
    print("\nselection: log odds of answering rise with .5 log(1 + x)")
    print(table(rows).round(4).to_string())


TABLES = {"exact": exact, "worths": worths, "study": study, "selection": selection, "others": others}

if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name in sys.argv[2:] or TABLES:
        TABLES[name](count)
