"""Mean value under scenarios of more of the latent variable, and a fair split of the difference.

Source
------
Shapley, L. S. (1953). A value for n-person games. In Contributions to the Theory of Games II, 307-317.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BASE, RATE, STAY, BOTH, POINT = "base", "rate", "stay", "both", "point"
SD = {BASE: (0.0, 0.0), RATE: (1.0, 0.0), STAY: (0.0, 1.0), BOTH: (1.0, 1.0)}
ORDERS = (1 / 3, 1 / 6, 1 / 6, 1 / 3)  # weights of nothing, either and both of the two others


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Means over customers of value under each scenario, with the money of a purchase as it is; numbers or (draws,)."""

    value: dict[str, np.ndarray]
    purchases: dict[str, np.ndarray]
    spend: np.ndarray  # log spend per SD

    def at(self, name: str, steps: float) -> np.ndarray:
        """Mean value under a scenario when spend has gone up by so many steps too."""
        return self.value[name] * np.exp(self.spend * steps)

    def parts(self) -> dict[str, np.ndarray]:
        """What more purchases, staying longer and spend add for one SD; they sum to the whole."""
        v, s = self.value, np.exp(self.spend)
        none, one, other, all_ = ORDERS
        rate = v[RATE] - v[BASE], v[BOTH] - v[STAY]
        stay = v[STAY] - v[BASE], v[BOTH] - v[RATE]
        return {
            "purchases": none * rate[0] + one * rate[1] + other * s * rate[0] + all_ * s * rate[1],
            "staying": none * stay[0] + one * stay[1] + other * s * stay[0] + all_ * s * stay[1],
            "spend": (s - 1) * (none * v[BASE] + one * v[RATE] + other * v[STAY] + all_ * v[BOTH]),
        }
