"""Discounted purchases and value of the matched customers, as they are and with more of the latent variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from crmlab.clv.bg_family import BgFamily
from crmlab.linkage.ahead import Ahead
from crmlab.linkage.joint import JointFit
from crmlab.linkage.latent_search import LatentSearch

NODES = 7  # of the latent variable, for the estimate
CUSTOMERS = 60  # that draws are made with
Steps = Mapping[str, tuple[float, float]]  # scenario -> steps (SD) in the purchase and in the dropout effect


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is asked of a joint fit.

    Attributes
    ----------
    fit : the joint fit
    horizon, rate : units of time ahead, continuous discount rate per unit
    """

    fit: JointFit
    horizon: float
    rate: float

    @property
    def _times(self) -> tuple[float, float]:
        scale = self.fit.search.cases.scale
        return self.horizon / scale, self.rate * scale

    def customers(self, steps: Steps) -> dict[str, np.ndarray]:
        """Scenario -> (m,) discounted purchases expected of each matched customer, at the estimates."""
        m = self.fit.matched
        search = _matched(replace(self.fit.search, nodes=NODES), m)
        share, alive = search.given(self.fit.theta)
        ahead = _ahead(search, self.fit.theta, search.z.ravel())
        g, d = self.fit.theta[4:]
        weight = share * alive
        return {
            name: (weight * self._purchases(ahead, g * up, d * down).reshape(m, NODES)).sum(axis=1)
            for name, (up, down) in steps.items()
        }

    def drawn(self, steps: Steps, thetas: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """Scenario -> (draws, customers) for the matched customers `chosen`, each at his expected latent variable."""
        m = self.fit.matched
        search = _matched(self.fit.search, m)
        share, _ = search.given(self.fit.theta)
        z = (share * search.z).sum(axis=1)[chosen]
        c = search.cases
        one = replace(
            search, nodes=1,
            cases=replace(
                c, x=c.x[chosen], t_x=c.t_x[chosen], T=c.T[chosen], w=c.w[chosen], mean=z, variance=np.zeros(len(z))
            ),
        )  # fmt: skip
        alive = np.array([one.given(theta)[1][:, 0] for theta in thetas])
        each = [_ahead(one, theta, z) for theta in thetas]
        stack = Ahead(
            self.fit.search.model,
            *(np.array([getattr(a, name) for a in each]) for name in ("R", "A", "third", "fourth")),
        )
        g, d = thetas[:, 4, None], thetas[:, 5, None]
        return {name: alive * self._purchases(stack, g * up, d * down) for name, (up, down) in steps.items()}

    def newcomers(self, theta: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Discounted repeat purchases of customers not yet won, of latent variable z (k,)."""
        c = self.fit.search.cases
        zero = np.zeros(len(z))
        none = replace(c, x=zero, t_x=zero, T=zero, w=np.ones(len(z)), mean=z, variance=zero)
        search = replace(self.fit.search, nodes=1, cases=none)
        return search.given(theta)[1][:, 0] * self._purchases(_ahead(search, theta, z), 0.0, 0.0)

    def _purchases(
        self, ahead: Ahead, on_rate: np.ndarray | float, on_dropout: np.ndarray | float
    ) -> np.ndarray:
        horizon, rate = self._times
        return ahead.shifted(on_rate, on_dropout).purchases(horizon, rate, fine=False)


def sample(values: np.ndarray) -> np.ndarray:
    """Places of up to CUSTOMERS customers spread evenly over the order of their values."""
    order = np.argsort(values, kind="stable")
    if len(order) <= CUSTOMERS:
        return order
    return order[np.round((np.arange(CUSTOMERS) + 0.5) * len(order) / CUSTOMERS - 0.5).astype(int)]


def _matched(search: LatentSearch, m: int) -> LatentSearch:
    """The likelihood of the matched customers alone, each counted once."""
    c = search.cases
    parts = {name: getattr(c, name)[:m] for name in ("x", "t_x", "T", "mean", "variance")}
    return replace(search, cases=replace(c, **parts, w=np.ones(m)))


def _ahead(search: LatentSearch, theta: np.ndarray, z: np.ndarray) -> Ahead:
    """What the model knows of each history, given that the customer is still there, at latent variable z."""
    flat = search.flat
    r, alpha, third, fourth = search.parameters(theta, z)
    if search.per_time:
        return Ahead(search.model, r + flat.x, alpha + flat.T, third, fourth + flat.T)
    after = float(isinstance(search.model, BgFamily) and search.model.modified)
    return Ahead(search.model, r + flat.x, alpha + flat.T, third, fourth + flat.x + after)
