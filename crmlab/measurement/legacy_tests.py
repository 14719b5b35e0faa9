"""Legacy tests on answers: Kolmogorov-Smirnov's normality and Student's t against the middle of the scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import kolmogorov, ndtr, stdtr, stdtrit

from crmlab.errors import ModelError
from crmlab.measurement.legacy import superseded
from crmlab.pls.admit import numbers
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

LEAST = 5  # answers for which Lilliefors' approximation was made


def ks(frame: pd.DataFrame, items: Sequence[str] | None = None) -> Result:
    """Is each item's distribution distinguishable from a normal one?

    Parameters
    ----------
    frame : answers; each item over its own

    Returns
    -------
    Result
        `ks_d:<item>`: largest distance to the normal distribution with the answers' mean and standard
        deviation, p after Lilliefors (0.2 stands for "0.2 or more", as in SPSS); `ks_z:<item>`: sqrt(n) D
        with Kolmogorov's p, which older guides print though it ignores that mean and variance are estimated.

    Notes
    -----
    p = exp(-7.01256 D^2 (n + 2.78019) + 2.99587 D sqrt(n + 2.78019) - 0.122119 + 0.974598/sqrt(n)
    + 1.67997/n) up to 0.1; for n > 100 with D (n/100)^0.49 and n = 100. Between 0.1 and 0.2 the same
    formula is used; it is then a little off. With five or seven steps the answers are not normal whatever
    lies behind them, and the test says so in nearly every sample of the usual size.

    Source
    ------
    Lilliefors, H. W. (1967). JASA 62, 399-402. Dallal, G. E. & Wilkinson, L. (1986). The American
    Statistician 40, 294-296.
    """
    used = chosen(frame, items)
    names, columns, checks = _columns(used, "Kolmogorov-Smirnov", LEAST)
    D = np.array([_distance(x) for x in columns])
    n = np.array([x.size for x in columns], dtype=float)
    z = np.sqrt(n) * D
    tidy = pd.concat(
        [
            tidy_block("ks_d", names, D, p_value=[lilliefors(d, int(m)) for d, m in zip(D, n, strict=True)]),
            tidy_block("ks_z", names, z, p_value=kolmogorov(z)),
            tidy_block("n", names, n),
        ]
    )
    return Result("model.ks", tidy, {"n": len(frame)}, (superseded("ks"), *checks), source_of(used))


def t_midpoint(
    frame: pd.DataFrame, midpoint: float, items: Sequence[str] | None = None, *, level: float = 0.95
) -> Result:
    """Is each mean different from the middle of the scale?

    Parameters
    ----------
    frame : answers or scores; each column over its own
    midpoint : of the scale: 3 of 1-5, 4 of 1-7

    Returns
    -------
    Result
        `difference:<item>` (mean - midpoint; standard error, t interval, two-sided p), `t:<item>`,
        `d:<item>` (difference in standard deviations), `n:<item>`.

    Source
    ------
    Student (1908). Biometrika 6, 1-25. Cohen, J. (1988). Statistical Power Analysis, 2nd ed., ch. 2 (d).
    """
    used = chosen(frame, items)
    names, columns, checks = _columns(used, "t against the midpoint", 2)
    n = np.array([x.size for x in columns], dtype=float)
    gap = np.array([x.mean() for x in columns]) - midpoint
    sd = np.array([x.std(ddof=1) for x in columns])
    sd = np.where([np.ptp(x) > 0 for x in columns], sd, math.nan)
    se = sd / np.sqrt(n)
    reach = stdtrit(n - 1, (1 + level) / 2) * se
    tidy = pd.concat(
        [
            tidy_block(
                "difference",
                names,
                gap,
                std_error=se,
                ci_low=gap - reach,
                ci_high=gap + reach,
                p_value=2 * stdtr(n - 1, -np.abs(gap / se)),
            ),
            tidy_block("t", names, gap / se),
            tidy_block("d", names, gap / sd),
            tidy_block("n", names, n),
        ]
    )
    glance = {"n": len(frame), "midpoint": midpoint, "level": level}
    return Result("model.t_midpoint", tidy, glance, (superseded("t_midpoint"), *checks), source_of(used))


def lilliefors(D: float, n: int) -> float:
    """p of the distance D over n answers, mean and variance estimated; 0.2 for 0.2 and more; see `ks`."""
    if math.isnan(D):
        return math.nan
    if n > 100:
        D, n = D * (n / 100) ** 0.49, 100
    m = n + 2.78019
    power = (
        -7.01256 * D**2 * m + 2.99587 * D * math.sqrt(m) - 0.122119 + 0.974598 / math.sqrt(n) + 1.67997 / n
    )
    return min(math.exp(power), 0.2)


def chosen(frame: pd.DataFrame, items: Sequence[str] | None) -> pd.DataFrame:
    """The named columns, or all; a name that is not there is refused."""
    if items is None:
        return frame
    for item in items:
        if item not in frame.columns:
            raise ModelError(f"item '{item}' is not a column of the data")
    return frame[list(items)]


def _distance(x: np.ndarray) -> float:
    if np.ptp(x) == 0:
        return math.nan
    x, n = np.sort(x), x.size
    F = ndtr((x - x.mean()) / x.std(ddof=1))
    step = np.arange(n)
    return float(max((F - step / n).max(), ((step + 1) / n - F).max()))


def _columns(frame: pd.DataFrame, what: str, least: int) -> tuple[list[str], list[np.ndarray], list[Check]]:
    names = [str(item) for item in frame.columns]
    if not names:
        raise ModelError(f"{what}: no items are given")
    columns = [column[~np.isnan(column)] for column in numbers(frame, list(frame.columns)).T]
    for name, x in zip(names, columns, strict=True):
        if x.size < least:
            raise ModelError(f"{what}: item '{name}' has {x.size} answers, {least} are needed")
    rule = "> 0: the answers to an item differ"
    flat = [name for name, x in zip(names, columns, strict=True) if np.ptp(x) == 0]
    return names, columns, [Check(f"check.variance:{name}", False, 0.0, rule) for name in flat]
