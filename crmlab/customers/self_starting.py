"""Each value of a series against all before it: scores that are standard normal and independent while nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import (
    bdtr,
    bdtrc,
    betainc,
    gammaln,
    log_ndtr,
    ndtr,
    ndtri,
    ndtri_exp,
    stdtr,
    stdtrit,
    xlog1py,
    xlogy,
)

from crmlab.customers.charts import Kind, Limits, scale_of, set_aside

WIDE = 60.0  # standard deviation of a count from which limits are drawn by the normal law
MANY = 5_000  # of which a share is taken from which the normal law is near enough


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A series as values that are standard normal and independent while nothing changes.

    Attributes
    ----------
    score : (n,) NaN in the baseline
    limits : (n,) of the value itself at the chart's limit, from what was known before it; NaN in the baseline
    centre, spread : of the baseline; the spread is a factor on the scale
    set_aside : (n,) True where a value of the baseline was too far out to learn from
    """

    score: np.ndarray
    limits: Limits
    centre: float
    spread: float
    set_aside: np.ndarray


def self_starting(value: np.ndarray, scale: np.ndarray, baseline: int, limit: float) -> Scores:
    """Each monitored value against all values before it, as a standard normal score.

    Parameters
    ----------
    value : (n,) one a period
    scale : (n,) what a value varies by, up to a factor that is estimated
    baseline : how many periods came before monitoring
    limit : of a chart without memory, in standard deviations; values beyond it are not learnt from

    Notes
    -----
    With the mean m and spread s of what was learnt so far (m weighted by 1 / scale^2), the value deviates by
    w = (x - m) / sqrt(scale^2 + 1 / sum scale^-2); w / s has Student's distribution with as many degrees of freedom
    as s rests on, and its normal score is the value charted. These scores are independent and standard normal,
    however short the baseline, so that false alarms are those promised.

    Source
    ------
    Quesenberry, C. P. (1991). Journal of Quality Technology 23, 213-224; Hawkins, D. M. (1987). The Statistician
    36, 299-316.
    """
    far = _far(value, scale, baseline)
    use = np.flatnonzero(~far[:baseline])
    x, v = value[use], scale[use] ** -2.0
    weight, total = float(v.sum()), float((v * x).sum())
    squares, df = float((v * (x - total / weight) ** 2).sum()), len(x) - 1
    centre, spread = total / weight, float(np.sqrt(squares / df))
    score, lines = np.full(len(value), np.nan), np.full((3, len(value)), np.nan)
    for t in range(baseline, len(value)):  # periods, few; each rests on the one before
        middle, error, sd = total / weight, np.sqrt(scale[t] ** 2 + 1 / weight), np.sqrt(squares / df)
        if not sd > 0:
            break
        deviate = (value[t] - middle) / error
        score[t] = normal_score(deviate / sd, df)
        reach = student_limit(limit, df) * sd * error
        lines[:, t] = middle, middle - reach, middle + reach
        if abs(score[t]) <= limit:
            squares, df = squares + deviate**2, df + 1
            weight, total = weight + scale[t] ** -2.0, total + value[t] * scale[t] ** -2.0
    return Scores(score, Limits(*lines), centre, spread, far)


def self_starting_counts(
    count: np.ndarray, size: np.ndarray, kind: Kind, baseline: int, limit: float
) -> Scores:
    """The same for counts that vary by chance alone: exact, however small they are.

    Given what was counted before (S of N) and their sum with the new count x of n, x is binomial with chance
    n / (N + n) while a rate stays, and hypergeometric while a share stays, whatever the rate or share is; the normal
    score of its mid-p is charted.

    Source
    ------
    Quesenberry, C. P. (1991). Journal of Quality Technology 23, 296-303 (Poisson) and 239-246 (binomial Q charts);
    mid-p: Lancaster, H. O. (1961). JASA 56, 223-234.
    """
    value = count / size
    level = float(count[:baseline].sum() / size[:baseline].sum())
    far = _far(value, scale_of(kind, level, size), baseline)
    use = np.flatnonzero(~far[:baseline])
    total, exposure = float(count[use].sum()), float(size[use].sum())
    centre = total / exposure
    score, lines = np.full(len(count), np.nan), np.full((3, len(count)), np.nan)
    for t in range(baseline, len(count)):  # periods, few; each rests on the one before
        score[t] = counted_score(round(count[t]), size[t], total, exposure, kind)
        lines[:, t] = (
            total / exposure,
            *(end / size[t] for end in _counted_limits(size[t], total, exposure, kind, limit)),
        )
        if abs(score[t]) <= limit:
            total, exposure = total + count[t], exposure + size[t]
    return Scores(score, Limits(*lines), centre, 1.0, far)


def counted_score(x: float, n: float, total: float, size: float, kind: Kind) -> float:
    """Normal score of a count x out of (or over) n, when `total` of `size` were counted before."""
    below, here, above = _rate_tails(x, n, total, size) if kind == "rate" else _share_tails(x, n, total, size)
    low, high = below + here / 2, above + here / 2
    tail = max(min(low, high), 1e-300)
    return float(-ndtri(tail) if high < low else ndtri(tail))


def _rate_tails(x: float, n: float, total: float, size: float) -> tuple[float, float, float]:
    """Chances of fewer than x, of x and of more, of total + x events with chance n / (n + size) each."""
    events, chance = total + x, n / (n + size)
    log = gammaln(events + 1) - gammaln(x + 1) - gammaln(total + 1)
    here = float(np.exp(log + xlogy(x, chance) + xlog1py(total, -chance)))
    below = float(bdtr(x - 1, int(events), chance)) if x > 0 else 0.0
    return below, here, float(bdtrc(x, int(events), chance)) if total > 0 else 0.0


def _share_tails(x: float, n: float, total: float, size: float) -> tuple[float, float, float]:
    """The same of drawing n of n + size, of which total + x are ones; beyond MANY by the normal law."""
    ones, everything = total + x, n + size
    if n > MANY:
        mean, left = n * ones / everything, 1 - ones / everything
        sd = np.sqrt(max(mean * left * size / (everything - 1), 1e-12))
        return float(ndtr((x - 0.5 - mean) / sd)), 0.0, float(ndtr(-(x - 0.5 - mean) / sd))
    k = np.arange(max(0.0, ones - size), min(n, ones) + 1)
    log = gammaln(ones + 1) - gammaln(k + 1) - gammaln(ones - k + 1)
    log += gammaln(everything - ones + 1) - gammaln(n - k + 1) - gammaln(size - ones + k + 1)
    log -= gammaln(everything + 1) - gammaln(n + 1) - gammaln(size + 1)
    chance = np.exp(log)
    place = round(float(x - k[0]))
    return float(chance[:place].sum()), float(chance[place]), float(chance[place + 1 :].sum())


def _counted_limits(n: float, total: float, size: float, kind: Kind, limit: float) -> tuple[float, float]:
    """Smallest and largest count that is no alarm; scores rise with the count, so halving finds them."""
    level, most = total / size, n if kind == "share" else np.inf
    sd = float(scale_of(kind, level, np.array([n]))[0]) * n * np.sqrt(1 + n / size)
    if sd > WIDE:
        return max(level * n - limit * sd, 0.0), min(level * n + limit * sd, most)
    middle = np.floor(level * n)
    far = min(np.ceil(middle + 4 * limit * sd) + 16, most)

    def calm(x: float) -> bool:
        return abs(counted_score(x, n, total, size, kind)) <= limit

    return _edge(calm, middle, -1.0), _edge(calm, middle, far + 1.0)


def _edge(calm: Callable[[float], bool], inside: float, outside: float) -> float:
    """The last calm count on the way from one inside to one outside."""
    while abs(outside - inside) > 1:
        between = float(np.floor((inside + outside) / 2))
        inside, outside = (between, outside) if calm(between) else (inside, between)
    return inside


def _far(value: np.ndarray, scale: np.ndarray, baseline: int) -> np.ndarray:
    """(n,) True where a value of the baseline is set aside."""
    far = np.zeros(len(value), dtype=bool)
    far[:baseline] = set_aside((value[:baseline] - np.median(value[:baseline])) / scale[:baseline])
    return far


def normal_score(t: float, df: float) -> float:
    """The standard normal value that has the same tail as Student's t; exact far out in the tails."""
    tail = 0.5 * betainc(df / 2, 0.5, df / (df + t * t))
    size = -ndtri(tail) if tail > 0 else -ndtri_exp(_log_tail(abs(t), df))
    return float(np.copysign(size, t))


def student_limit(limit: float, df: float) -> float:
    """The t with `df` degrees of freedom that is as rare as +-limit of the normal law."""
    return float(-stdtrit(df, float(np.exp(log_ndtr(-limit)))))


def _log_tail(t: float, df: float) -> float:
    """Logarithm of the upper tail where it underflows: its leading term."""
    with np.errstate(divide="ignore"):
        tail = np.log(stdtr(df, -t))
    return float(tail) if np.isfinite(tail) else float(-df * np.log(t))
