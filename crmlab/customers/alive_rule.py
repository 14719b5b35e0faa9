"""The rule of the stages by the chance to be active, in place of silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crmlab import clv
from crmlab.customers.days import purchase_days
from crmlab.customers.histories import histories
from crmlab.customers.stages import Rule

TODAY = 0.01  # days that somebody is taken to be watched for who first bought on the last one


def alive_rule(rows: pd.DataFrame, rule: Rule, **asked: Any) -> Rule:
    """The same rule with the chance to be active by the MBG/NBD model of these purchases, in place of silence.

    Raises
    ------
    ModelError
        Too few customers bought again for the model.

    Source
    ------
    Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). International Journal of Research in Marketing 24, 201-209.
    """
    h = histories(purchase_days(rows, date="day", **asked), "W")
    fit = clv.mbgnbd(h.x, h.t_x, h.T)
    return replace(rule, alive=lambda x, t_x, T: fit.p_alive(x, t_x / 7.0, np.maximum(T, TODAY) / 7.0))
