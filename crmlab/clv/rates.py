"""Discount rates and the retention-times-margin formula: value when a customer is either kept or lost."""

from __future__ import annotations

import numpy as np

from crmlab.errors import ModelError


def continuous_rate(rate_per_year: float, periods_per_year: float) -> float:
    """Continuous rate per period of an effective yearly rate: log(1 + rate_per_year) / periods_per_year.

    Raises
    ------
    ModelError
        The rate is not in (-1, 5): 10 % a year is 0.10.

    Examples
    --------
    >>> round(continuous_rate(0.10, 52), 8)
    0.00183289
    """
    rate = _rate(rate_per_year, "rate_per_year")
    if not (np.isfinite(periods_per_year) and periods_per_year > 0):
        raise ModelError(f"periods_per_year is {periods_per_year:g}; it must be above 0 (52.18 for weeks)")
    return float(np.log1p(rate) / periods_per_year)


def real_rate(nominal: float, inflation: float) -> float:
    """Real yearly rate from a nominal one and inflation: (1 + i)/(1 + pi) - 1.

    Source
    ------
    Fisher, I. (1930). The Theory of Interest.

    Examples
    --------
    >>> round(real_rate(0.50, 0.40), 8)
    0.07142857
    """
    return (1 + _rate(nominal, "nominal")) / (1 + _rate(inflation, "inflation")) - 1


def nominal_rate(real: float, inflation: float) -> float:
    """Nominal yearly rate from a real one and inflation: (1 + r)(1 + pi) - 1; inverse of `real_rate`."""
    return (1 + _rate(real, "real")) * (1 + _rate(inflation, "inflation")) - 1


def retention_value(
    margin: float, retention: float, rate: float, *, first: bool = False, periods: int | None = None
) -> float:
    """Value of a customer who pays `margin` a period and stays from one to the next with chance `retention`.

    Parameters
    ----------
    margin : money per period
    retention : chance of staying for one more period, in [0, 1]
    rate : discount rate per period, 0.10 for 10 %
    first : whether a margin is also paid at once (a customer just won)
    periods : how many periods ahead; None for all

    Notes
    -----
    m sum_{t=1}^{n} (r/(1+d))^t, for n = infinity m r/(1+d-r); with an immediate margin m (1+d)/(1+d-r).

    Source
    ------
    Gupta, S. & Lehmann, D. R. (2003). J. Interactive Marketing 17(1), 9-24.

    Examples
    --------
    >>> round(retention_value(100, 0.8, 0.1), 6), round(retention_value(100, 0.8, 0.1, first=True), 6)
    (266.666667, 366.666667)
    """
    if not 0 <= retention <= 1:
        raise ModelError(f"retention is {retention:g}; it must be in [0, 1]", hint="0.80 for 80 %")
    if not np.isfinite(margin):
        raise ModelError("margin is not a number")
    kept = retention / (1 + _rate(rate, "rate"))
    if periods is None:
        if kept >= 1:
            raise ModelError(f"with retention {retention:g} and rate {rate:g} the value has no bound")
        stream = kept / (1 - kept)
    else:
        stream = float(sum(kept**t for t in range(1, _whole(periods) + 1)))
    return float(margin * (stream + (1 if first else 0)))


def _whole(periods: int) -> int:
    if periods != int(periods) or periods < 0:
        raise ModelError(f"periods is {periods}; want a whole number from 0")
    return int(periods)


def _rate(rate: float, name: str) -> float:
    if not (np.isfinite(rate) and -1 < rate < 5):
        raise ModelError(f"{name} is {rate:g}; it must be in (-1, 5)", hint="0.10 for 10 % a year")
    return float(rate)
