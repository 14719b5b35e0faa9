"""What the latent variable does to the money of a purchase.

Gamma-Gamma with the expected latent variable given the answers as covariate of mean spend. For z given answers is
N(m_i, v_i), E(exp(e z)) = exp(e m_i + e^2 v_i / 2): a slope on m_i is the slope on z itself where v_i is alike for all,
so that measurement error does not shrink it.

Source
------
Skrondal, A. & Laake, P. (2001). Psychometrika 66, 563-575 (regression scores for explanatory variables). Colombo, R. &
Jiang, W. (1999). J. Interactive Marketing 13(3), 2-12 (the spend).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.errors import ModelError
from crmlab.linkage.behaviour import Behaviour
from crmlab.linkage.matching import Joined
from crmlab.result import Check

NAME = "latent"


@dataclass(frozen=True, slots=True)
class SpendEffect:
    """Log spend of a purchase per standard deviation, with its error, the buyers it rests on, and what was verified."""

    estimate: float
    std_error: float
    n: float
    checks: tuple[Check, ...]


def spend_effect(joined: Joined, z: np.ndarray, behaviour: Behaviour) -> SpendEffect:
    """The effect of z (n respondents) on mean spend among the matched who bought again.

    Raises
    ------
    ModelError
        Too few of them bought again, or z is the same for all of them.
    """
    own = z[joined.who]
    x, paid = behaviour.x[joined.at], behaviour.paid[joined.at]
    kept = np.isfinite(own) & np.isfinite(paid)
    if kept.sum() < 2 or np.ptp(own[kept]) == 0:
        raise ModelError(
            f"{int(kept.sum())} matched customers with repeat spend cannot carry an effect on spend"
        )
    fit = clv.gamma_gamma(x[kept], paid[kept], covariates=pd.DataFrame({NAME: own[kept]}))
    error = fit.std_errors[f"spend.{NAME}"]
    checks = tuple(c for c in fit.checks if not c.name.startswith("check.mean_spend"))
    return SpendEffect(fit.params[f"spend.{NAME}"], error, fit.n, checks)
