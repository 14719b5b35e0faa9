"""Power of a regression's predictors and of means: one sample, two groups, several groups."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.stats import f as fisher
from scipy.stats import ncf, nct, t

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure.sample_size import LARGEST, answer, at_least, probability


def regression_power(f2: float, n: int, *, predictors: int, tested: int = 1, alpha: float = 0.05) -> Result:
    """How likely is a regression on n rows to show an effect f2 of some of its predictors?

    Parameters
    ----------
    f2 : (R2 with - R2 without the tested predictors) / (1 - R2 with)
    n : rows
    predictors : all predictors of the equation
    tested : how many of them are tested together; 1 is one path, `predictors` is R2 itself
    alpha : level of the test

    Returns
    -------
    Result
        `power:regression`.

    Notes
    -----
    F with `tested` and n - predictors - 1 degrees of freedom, noncentrality f2 n.

    Source
    ------
    Cohen, J. (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum, ch. 9.
    """
    _admit(f2, predictors, tested, alpha)
    at_least(predictors + 2, n=n)
    rows = [{"term": "power:regression", "estimate": _f_power(f2 * n, tested, n - predictors - 1, alpha)}]
    given = {"f2": f2, "n": n, "predictors": predictors, "tested": tested, "alpha": alpha}
    return Result("model.regression_power", tidy_frame(rows), given)


def regression_sample_size(
    f2: float, *, predictors: int, tested: int = 1, alpha: float = 0.05, power: float = 0.80
) -> Result:
    """How many rows show an effect f2 with the power that is wanted? Arguments as in `regression_power`.

    Returns
    -------
    Result
        `n:regression`, `exact:regression` (the same).
    """
    _admit(f2, predictors, tested, alpha)
    probability(power=power)

    def reached(n: int) -> float:
        return _f_power(f2 * n, tested, n - predictors - 1, alpha)

    n = smallest(reached, power, predictors + 2)
    return answer("regression", float(n), {"f2": f2, "predictors": predictors, "alpha": alpha})


def one_sample_size(d: float, *, alpha: float = 0.05, power: float = 0.80) -> Result:
    """How many people show that a mean differs from a value by d standard deviations (two-sided t)?

    Returns
    -------
    Result
        `n:one_sample`.
    """
    at_least(0, d=abs(d))
    probability(alpha=alpha, power=power)

    def reached(n: int) -> float:
        return _t_power(abs(d) * math.sqrt(n), n - 1, alpha)

    return answer("one_sample", float(smallest(reached, power, 2)), {"d": d, "alpha": alpha, "power": power})


def group_sample_size(
    effect: float, *, groups: int = 2, alpha: float = 0.05, power: float = 0.80, ratio: float = 1.0
) -> Result:
    """How many people does the smallest group need for a difference of means to be shown?

    Parameters
    ----------
    effect : Cohen's d for two groups, Cohen's f for more
    groups : number of groups; more than two are taken as equally large
    ratio : size of the larger of two groups over that of the smaller

    Returns
    -------
    Result
        `n:smallest_group`, `n:all_groups`.

    Source
    ------
    Cohen, J. (1988). Statistical power analysis for the behavioral sciences, 2nd ed. Erlbaum, ch. 2, 8.
    """
    at_least(2, groups=groups)
    at_least(1, ratio=ratio)
    probability(alpha=alpha, power=power)

    def reached(n: int) -> float:
        other = math.ceil(ratio * n)
        if groups == 2:
            return _t_power(abs(effect) * math.sqrt(n * other / (n + other)), n + other - 2, alpha)
        return _f_power(effect**2 * n * groups, groups - 1, groups * (n - 1), alpha)

    n = smallest(reached, power, 2)
    total = n + math.ceil(ratio * n) if groups == 2 else n * groups
    rows = [{"term": "n:smallest_group", "estimate": n}, {"term": "n:all_groups", "estimate": total}]
    given = {"effect": effect, "groups": groups, "alpha": alpha, "power": power}
    return Result("model.group_sample_size", tidy_frame(rows), given)


def smallest(reached: Callable[[int], float], power: float, least: int) -> int:
    """The smallest n at which a power that grows with n is reached."""
    if not reached(LARGEST) >= power:
        raise ModelError("no sample of ten million or less reaches this power", hint="a larger effect")
    low, high = least - 1, least
    while reached(high) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if reached(middle) < power else (low, middle)
    return high


def _admit(f2: float, predictors: int, tested: int, alpha: float) -> None:
    at_least(0, f2=f2)
    at_least(1, predictors=predictors, tested=tested)
    probability(alpha=alpha)
    if tested > predictors:
        raise ModelError(f"{tested} predictors are tested, but the equation has {predictors}")


def _f_power(size: float, df1: float, df2: float, alpha: float) -> float:
    if df2 < 1:
        return 0.0
    return float(ncf.sf(fisher.isf(alpha, df1, df2), df1, df2, size)) if size > 0 else alpha


def _t_power(size: float, df: float, alpha: float) -> float:
    critical = float(t.isf(alpha / 2, df))
    upper, lower = float(nct.sf(critical, df, size)), float(nct.cdf(-critical, df, size))
    return upper + (lower if math.isfinite(lower) else 0.0)
