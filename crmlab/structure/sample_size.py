"""How many respondents? The closed formulas that theses use, and what each of them is a formula for."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from scipy.stats import chi2, norm

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame

LARGEST = 10_000_000  # nobody asks more people; a formula that says so has an effect of nothing before it


def cochran(
    *, p: float = 0.5, margin: float = 0.05, level: float = 0.95, population: float | None = None
) -> Result:
    """How many answers estimate a proportion to within a margin?

    Parameters
    ----------
    p : expected proportion; 0.5 asks for the most
    margin : half width of the interval, in proportions
    level : of the interval
    population : size of the population, None for a very large one

    Returns
    -------
    Result
        `exact:cochran` (the formula's number), `n:cochran` (rounded up).

    Raises
    ------
    ModelError
        A probability outside (0, 1), or a population below 1.

    Notes
    -----
    n0 = z^2 p (1 - p) / d^2; in a population of N: n0 / (1 + (n0 - 1)/N). This is the precision of one
    proportion in a simple random sample. It says nothing about the power of a path.

    Source
    ------
    Cochran, W. G. (1977). Sampling techniques, 3rd ed. Wiley, ch. 4.
    """
    probability(p=p, margin=margin, level=level)
    exact = float(norm.ppf((1 + level) / 2)) ** 2 * p * (1 - p) / margin**2
    if population is not None:
        at_least(1, population=population)
        exact /= 1 + (exact - 1) / population
    return answer("cochran", exact, {"p": p, "margin": margin, "level": level})


def krejcie_morgan(population: float, *, p: float = 0.5, margin: float = 0.05, level: float = 0.95) -> Result:
    """How many answers does Krejcie and Morgan's table give for a population?

    Returns
    -------
    Result
        `exact:krejcie_morgan`, `n:krejcie_morgan`. The printed table rounds to the nearest number; here the
        number is rounded up as everywhere.

    Notes
    -----
    n = X2 N p (1 - p) / (d^2 (N - 1) + X2 p (1 - p)), X2 the chi-square of one degree of freedom, to the
    three decimals of the paper at 95 % (3.841).

    Source
    ------
    Krejcie, R. V. & Morgan, D. W. (1970). Educational and Psychological Measurement 30, 607-610.
    """
    probability(p=p, margin=margin, level=level)
    at_least(1, population=population)
    x2 = round(float(chi2.ppf(level, 1)), 3)
    exact = x2 * population * p * (1 - p) / (margin**2 * (population - 1) + x2 * p * (1 - p))
    return answer("krejcie_morgan", exact, {"population": population, "p": p, "margin": margin})


def inverse_square_root(effect: float, *, alpha: float = 0.05, power: float = 0.80) -> Result:
    """How many respondents does PLS need to show its smallest path?

    Parameters
    ----------
    effect : smallest standardised path expected, without its sign
    alpha : level of the one-sided test the method rests on
    power : probability of showing it

    Returns
    -------
    Result
        `exact:inverse_square_root`, `n:inverse_square_root`.

    Notes
    -----
    n > ((z_(1-alpha) + z_power) / |effect|)^2, 2.486 / |effect| at 5 % and 80 %.

    Source
    ------
    Kock, N. & Hadaya, P. (2018). Information Systems Journal 28(1), 227-261.
    """
    probability(effect=abs(effect), alpha=alpha, power=power)
    exact = ((float(norm.ppf(1 - alpha)) + float(norm.ppf(power))) / abs(effect)) ** 2
    return answer("inverse_square_root", exact, {"effect": effect, "alpha": alpha, "power": power})


def gamma_exponential(effect: float, *, alpha: float = 0.05, power: float = 0.80) -> Result:
    """The same with Kock and Hadaya's correction of the standard error, which asks for somewhat fewer.

    Notes
    -----
    The smallest n with |effect| sqrt(n) exp(e |effect| / sqrt(n)) > z_(1-alpha) + z_power; 146 for .197.
    The paper's further correction for samples up to 100 is not applied: such an n fails the check.

    Source
    ------
    Kock, N. & Hadaya, P. (2018). Information Systems Journal 28(1), 227-261.
    """
    probability(effect=abs(effect), alpha=alpha, power=power)
    goal = float(norm.ppf(1 - alpha)) + float(norm.ppf(power))
    beta = abs(effect)

    def reached(n: int) -> bool:
        return beta * math.sqrt(n) * math.exp(math.e * beta / math.sqrt(n)) > goal

    n = max(1, math.ceil((goal / beta) ** 2))  # the correction only ever asks for fewer
    while n > 1 and reached(n - 1):
        n -= 1
    check = Check("check.large_sample:gamma_exponential", n > 100, n, "> 100 (Kock & Hadaya 2018)")
    return answer("gamma_exponential", float(n), {"effect": effect, "alpha": alpha, "power": power}, (check,))


# -- shared by the files on sample size ----------------------------------------------------------


def answer(name: str, exact: float, given: dict[str, float], checks: Iterable[Check] = ()) -> Result:
    """`exact:<name>` and `n:<name>`, the number rounded up."""
    whole = math.ceil(exact - 1e-9)
    rows = [{"term": f"exact:{name}", "estimate": exact}, {"term": f"n:{name}", "estimate": whole}]
    return Result(f"model.{name}", tidy_frame(rows), given, tuple(checks))


def probability(**values: float) -> None:
    """Each lies strictly between 0 and 1."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise ModelError(f"{name} = {value} does not lie between 0 and 1")


def at_least(least: float, **values: float) -> None:
    """Each is a finite number, `least` or more."""
    for name, value in values.items():
        if not (np.isfinite(value) and value >= least):
            raise ModelError(f"{name} = {value}, but {least:g} is the least that makes sense")
