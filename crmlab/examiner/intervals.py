"""What follows from printed numbers: the interval of values a formula can give within their rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from scipy import stats

from crmlab.examiner.printed import Interval

LEAST_DF = 20  # of a t test whose degrees of freedom are not told


def corners(function: Callable[..., float], *spans: Interval) -> Interval:
    """The range of a function that is monotone in each argument over the box of the arguments' intervals."""
    values = [float(function(*point)) for point in product(*spans)]
    return min(values), max(values)


def ave(loadings: Sequence[Interval]) -> Interval:
    """Average variance extracted, mean of squared standardised loadings (Fornell & Larcker 1981)."""
    return tuple(float(np.mean([span[end] ** 2 for span in loadings])) for end in (0, 1))  # type: ignore[return-value]


def composite(loadings: Sequence[Interval]) -> Interval:
    """Composite reliability, (sum l)^2 / ((sum l)^2 + sum(1 - l^2)) (Joreskog 1971); rises in each loading."""

    def value(sizes: Sequence[float]) -> float:
        common = sum(sizes) ** 2
        return common / (common + sum(max(0.0, 1 - size**2) for size in sizes))

    return value([span[0] for span in loadings]), value([span[1] for span in loadings])


def p_of_t(size: Interval, df: Interval | None = None, sides: int = 2) -> Interval:
    """p of |t|: between the normal one and that of t with few degrees of freedom where they are not told."""
    few, many = df or (LEAST_DF, math.inf)
    low = stats.norm.sf(size[1]) if math.isinf(many) else stats.t.sf(size[1], many)
    return sides * float(low), sides * float(stats.t.sf(size[0], few))


def p_of_chi2(value: Interval, df: float) -> Interval:
    """p of a chi-square."""
    return float(stats.chi2.sf(value[1], df)), float(stats.chi2.sf(value[0], df))


def p_of_f(value: Interval, df1: float, df2: float) -> Interval:
    """p of an F."""
    return float(stats.f.sf(value[1], df1, df2)), float(stats.f.sf(value[0], df1, df2))


def ratio(top: Interval, bottom: Interval) -> Interval:
    """Quotient of two positive intervals; unbounded where the lower one reaches zero."""
    return top[0] / bottom[1] if bottom[1] else math.inf, top[1] / bottom[0] if bottom[0] > 0 else math.inf


def rmsea(chi2: Interval, df: float, n: float) -> Interval:
    """RMSEA, sqrt(max(chi2 - df, 0) / (df (n - 1))) with n - 1 or n (Steiger 1990; programs differ)."""
    return (
        math.sqrt(max(chi2[0] - df, 0.0) / (df * n)),
        math.sqrt(max(chi2[1] - df, 0.0) / (df * (n - 1))),
    )


def sobel(a: Interval, sa: Interval, b: Interval, sb: Interval) -> Interval:
    """Sobel's z for sizes of a, b: a b / sqrt(b^2 sa^2 + a^2 sb^2), or with + sa^2 sb^2 (Aroian) or - (Goodman)."""

    def z(sign: float, a: float, sa: float, b: float, sb: float) -> float:
        spread = b**2 * sa**2 + a**2 * sb**2 + sign * sa**2 * sb**2
        return a * b / math.sqrt(spread) if spread > 0 else math.inf

    return corners(z, (-1.0, 1.0), a, sa, b, sb)
