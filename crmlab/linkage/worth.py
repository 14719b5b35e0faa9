"""What one standard deviation, or one point, more of the latent variable is worth in money.

The value of a matched customer is margin x expected spend x discounted purchases to the horizon, given his history and
answers. With more of the latent variable from now on he buys more often, stays longer and spends otherwise, as the joint
model and the spend model say; what was seen so far stays as it is. The difference, averaged over the matched customers,
is split fairly between the three ways (mean over all orders in which they can be added).

Intervals come from draws of all estimates from their sampling distribution: with flat priors they are credible ones.

Source
------
Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). JMR 42(4), 415-430, eqs. (2)-(3) (value). Shapley, L. S. (1953). In
Contributions to the Theory of Games II, 307-317 (the split).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.clv import SpendFit, continuous_rate
from crmlab.errors import ModelError
from crmlab.linkage.behaviour import Behaviour
from crmlab.linkage.joint import JointFit
from crmlab.linkage.outlook import Outlook, sample
from crmlab.linkage.priced import BASE, BOTH, POINT, SD, Priced
from crmlab.linkage.spending import SpendEffect
from crmlab.result import Check, Result, tidy_frame

GRID = (-2.0, -1.0, 0.0, 1.0, 2.0)
FEWEST_DRAWS = 50


@dataclass(frozen=True, eq=False)
class Worth:
    """The two saved results on worth."""

    money: Result
    curve: Result


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What values are computed from: the outlook, places in `behaviour`, the spend effect, scenarios, how to draw."""

    look: Outlook
    places: np.ndarray
    behaviour: Behaviour
    effect: SpendEffect | None
    in_money: bool
    steps: dict[str, tuple[float, float]]
    path: str
    draws: int
    seed: int

    @property
    def each(self) -> np.ndarray:
        """(m,) margin of a purchase; 1 where purchases are counted."""
        return self.behaviour.each[self.places] if self.in_money else np.ones(len(self.places))

    @property
    def able(self) -> bool:
        """Whether draws are wanted and can be had."""
        known = self.look.fit.drawable
        return bool(self.draws and known and (self.effect is None or np.isfinite(self.effect.std_error)))


def worth(
    fit: JointFit, at: np.ndarray, behaviour: Behaviour, spend: SpendEffect | None, *, scale_points: float = np.nan,
    point: float = 1.0, outcome: str = "margin", naive: tuple[JointFit, SpendEffect | None] | None = None,
    nominal: Behaviour | None = None, path: str = "", draws: int = 200, level: float = 0.95, seed: int = 0,
    source: dict[str, str] | None = None,
) -> Worth:  # fmt: skip
    """Value of more of the latent variable, per matched customer.

    Parameters
    ----------
    fit : the joint fit
    at : (m,) place of each matched customer in `behaviour`
    behaviour : money of a purchase, horizon and rate
    spend : effect on the money of a purchase; None for none
    scale_points, point : scale points in one SD, and how many points `worth:point` is about
    outcome : "margin" for money, "purchases" to count purchases
    naive : the fits that take the sum score for the latent variable
    nominal : the customers in nominal money, counted at a nominal rate
    path : "CLV_B~RQ" tells the logarithm of the ratio of value after to before one SD more as that path
    draws : of the estimates, 0 for no intervals

    Raises
    ------
    ModelError
        Draws that are too few; an outcome that is not known.
    """
    if outcome not in ("margin", "purchases"):
        raise ModelError(f"outcome is '{outcome}'; want margin or purchases")
    if draws and draws < FEWEST_DRAWS:
        raise ModelError(
            f"{draws} draws cannot carry an interval; want {FEWEST_DRAWS} or more, or 0 for none"
        )
    in_money = outcome == "margin" and behaviour.in_money
    effect = spend if in_money else None
    steps = SD | {_named(z): (z, z) for z in GRID}
    if np.isfinite(scale_points) and scale_points > 0:
        steps[POINT] = (point / scale_points, point / scale_points)
    asked = _Asked(_outlook(fit, behaviour), at, behaviour, effect, in_money, steps, path, draws, seed)
    rows, cloud = _estimated(asked)
    if naive is not None:
        rows["naive:sd"] = _naive(naive, asked)
    if nominal is not None and in_money and nominal.in_money:
        rows |= _nominal(asked, nominal)
    money = behaviour.money
    rows |= {"rate": money.rate, "horizon_years": money.horizon / behaviour.periods, "margin": money.margin}
    glance = {
        "n": len(at), "rate": money.rate, "horizon": money.horizon, "periods_per_year": behaviour.periods,
        "draws": draws if asked.able else 0, "level": level, "money": float(in_money),
    }  # fmt: skip
    told = {"seed": str(seed), **(source or {})}
    curve = {term: value for term, value in rows.items() if term.startswith(("value:", "newcomer:z"))}
    main = {term: value for term, value in rows.items() if term not in curve}
    return Worth(
        Result(
            "model.link_money", _table(main, cloud, level), glance, _checks(behaviour, outcome, asked), told
        ),
        Result("model.link_curve", _table(curve, cloud, level), glance, (), told),
    )


def _estimated(asked: _Asked) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Every quantity at the estimates, and under draws of them where they can be had."""
    look, each = asked.look, asked.each
    found = look.customers(asked.steps)
    priced = _priced(found, each, asked.effect)
    whole = _rows(priced, asked) | _newcomers(look, look.fit.theta[None], each, priced)
    rows = {term: float(np.asarray(value).ravel()[0]) for term, value in whole.items()}
    if not asked.able:
        return rows, {}
    thetas = look.fit.draws(asked.draws, asked.seed)
    drawn = _drawn(asked, found, priced, thetas)
    return rows, _rows(drawn, asked) | _newcomers(look, thetas, each, drawn)


def _outlook(fit: JointFit, behaviour: Behaviour) -> Outlook:
    money = behaviour.money
    return Outlook(fit, money.horizon, continuous_rate(money.rate, behaviour.periods))


def _priced(found: dict[str, np.ndarray], each: np.ndarray, effect: SpendEffect | None) -> Priced:
    value = {name: np.array((purchases * each).mean()) for name, purchases in found.items()}
    counts = {name: np.array(purchases.mean()) for name, purchases in found.items()}
    return Priced(value, counts, np.array(effect.estimate if effect is not None else 0.0))


def _drawn(asked: _Asked, found: dict[str, np.ndarray], whole: Priced, thetas: np.ndarray) -> Priced:
    """The same under draws, with some of the customers; what they make of a draw is carried over to all as a ratio."""
    chosen = sample(found[BASE] * asked.each)
    # the first row is the estimate itself
    some = asked.look.drawn(asked.steps, np.vstack([asked.look.fit.theta, thetas]), chosen)
    price = np.ones((len(thetas) + 1, len(chosen)))
    if asked.in_money and asked.behaviour.spend is not None:
        price = _prices(asked.behaviour.spend, asked.places[chosen], asked.behaviour, len(thetas), asked.seed)
    value = {name: (d * price).mean(axis=1) for name, d in some.items()}
    counts = {name: d.mean(axis=1) for name, d in some.items()}
    spend = np.zeros(len(thetas))
    if asked.effect is not None:
        z = np.random.default_rng([asked.seed, 1]).standard_normal(len(thetas))
        spend = asked.effect.estimate + asked.effect.std_error * z
    return Priced(
        {name: whole.value[name] * v[1:] / v[0] for name, v in value.items()},
        {name: whole.purchases[name] * v[1:] / v[0] for name, v in counts.items()},
        spend,
    )


def _prices(spend: SpendFit, rows: np.ndarray, behaviour: Behaviour, draws: int, seed: int) -> np.ndarray:
    """(draws + 1, customers) margin of a purchase, first at the estimates; at them alone where none can be drawn."""
    paid = behaviour.paid[rows]
    x, z = np.where(np.isfinite(paid), behaviour.x[rows], 0.0), np.nan_to_num(paid)
    own = np.array(list(spend.params.values()))
    try:
        kept = spend.draws(4 * draws, seed + 1)
        kept = kept[kept[:, 1] > 1][:draws]
    except ModelError:
        kept = np.empty((0, 3))
    if len(kept) < draws:
        kept = np.tile(own, (draws, 1))
    p, q, v = np.vstack([own, kept]).T[:, :, None]
    return behaviour.money.margin * p * (v + x * z) / (p * x + q - 1)


def _named(z: float) -> str:
    """The scenario of z SD more: that of none and of one are there already."""
    return {0.0: BASE, 1.0: BOTH}.get(z, f"{z:g}")


def _rows(priced: Priced, asked: _Asked) -> dict[str, np.ndarray]:
    base = priced.value[BASE]
    sd = priced.at(BOTH, 1.0) - base
    rows = {"base": base, "worth:sd": sd, "total:sd": len(asked.places) * sd, "share:sd": sd / base}
    rows |= {f"path:{asked.path}": np.log1p(sd / base)} if asked.path else {}
    if POINT in asked.steps:
        rows["worth:point"] = priced.at(POINT, asked.steps[POINT][0]) - base
    rows["purchases:sd"] = priced.purchases[BOTH] - priced.purchases[BASE]
    parts = priced.parts()
    if 5 in asked.look.fit.held:  # the data say nothing of leaving
        parts["staying"] = np.full_like(parts["staying"], np.nan)
    rows |= {f"part:{name}": part for name, part in parts.items()}
    return rows | {f"value:{z:g}": priced.at(_named(z), z) for z in GRID}


def _newcomers(look: Outlook, thetas: np.ndarray, each: np.ndarray, priced: Priced) -> dict[str, np.ndarray]:
    """Value of a customer not yet won, first purchase included, by his latent variable, and what one SD adds at 0."""
    z = np.array(GRID)
    counts = 1 + np.array([look.newcomers(theta, z) for theta in thetas])  # (draws, grid)
    value = each.mean() * counts * np.exp(np.atleast_1d(priced.spend)[:, None] * z)
    rows = {f"newcomer:z{place:g}": value[:, j] for j, place in enumerate(GRID)}
    return rows | {"newcomer:sd": value[:, GRID.index(1.0)] - value[:, GRID.index(0.0)]}


def _naive(naive: tuple[JointFit, SpendEffect | None], asked: _Asked) -> float:
    """Worth of one SD of the sum score, by the fits that know no measurement error."""
    found = _outlook(naive[0], asked.behaviour).customers({BASE: SD[BASE], BOTH: SD[BOTH]})
    priced = _priced(found, asked.each, naive[1] if asked.in_money else None)
    return float(priced.at(BOTH, 1.0) - priced.value[BASE])


def _nominal(asked: _Asked, nominal: Behaviour) -> dict[str, float]:
    names = [name for name in (BASE, BOTH, POINT) if name in asked.steps]
    found = _outlook(asked.look.fit, nominal).customers({name: asked.steps[name] for name in names})
    priced = _priced(found, nominal.each[asked.places], asked.effect)
    rows = {
        "nominal:sd": float(priced.at(BOTH, 1.0) - priced.value[BASE]),
        "nominal:rate": nominal.money.rate,
    }
    if POINT in asked.steps:
        rows["nominal:point"] = float(priced.at(POINT, asked.steps[POINT][0]) - priced.value[BASE])
    return rows


def _table(rows: dict[str, float], cloud: dict[str, np.ndarray], level: float) -> pd.DataFrame:
    """Terms with standard deviation, interval and p by the normal law of as wide a spread, where drawn."""
    found = []
    for term, value in rows.items():
        cells: dict[str, object] = {"term": term, "estimate": value}
        if term in cloud and np.isfinite(cloud[term]).all():
            drawn = cloud[term]
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="weibull")
            cells |= {"std_error": float(drawn.std(ddof=1)), "ci_low": float(low), "ci_high": float(high)}
            if term.endswith((":sd", ":point")) or term.startswith(("part:", "path:")):
                se = float(drawn.std(ddof=1))
                cells["p_value"] = float(2 * norm.sf(abs(value) / se)) if se > 0 else np.nan
        found.append(cells)
    return tidy_frame(found)


def _checks(behaviour: Behaviour, outcome: str, asked: _Asked) -> tuple[Check, ...]:
    own = behaviour.checks if outcome == "margin" else ()
    rule = "fits with standard errors, so that estimates can be drawn"
    unsound = tuple(check for check in asked.look.fit.checks if not check.ok)
    return (
        *own,
        *unsound,
        Check("check.value_interval", asked.able or not asked.draws, float(asked.draws), rule),
    )
