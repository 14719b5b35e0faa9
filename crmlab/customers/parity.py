"""The same service through every channel? Equivalence of means with a margin, never "no significant difference"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from crmlab.customers.clustered import Contrasts, Means, contrasts, group_means, holm
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

OPEN, ALIKE, APART = 0.0, 1.0, 2.0
POWER = 0.80
NEAR = 0.05  # a gap in standard deviations that is to pass
FEWEST = 20


def parity(
    value: np.ndarray,
    channel: Sequence[str] | np.ndarray,
    customer: np.ndarray | None = None,
    *,
    margin: float = 0.20,
    points: float | None = None,
    against: str = "pairs",
    least: int = FEWEST,
    alpha: float = 0.05,
) -> Result:
    """Which channels serve alike, which do not, and of which that cannot be told?

    Parameters
    ----------
    value : (n,) of service, NaN where not told
    channel : (n,) names, "" where not told
    customer : (n,) codes, whose rows go together; None where each row is somebody else
    margin : how far apart two channels may be, in standard deviations within channels
    points : the same in the unit of the values; comes first
    against : "pairs", or "mean": each channel with the unweighted mean of all
    least : rows a channel must have; smaller ones are left out, and named
    alpha : of each test, after Holm over all comparisons of one kind

    Returns
    -------
    Result
        Of each channel `n:<c>`, `mean:<c>` (interval), `sd:<c>`. Of each comparison `<a>~<b>` (or `<a>`):
        `gap:` (standard error, interval of level 1 - 2 alpha, p of equivalence), `gap_sd:` (in standard deviations),
        `p_alike:` and `p_apart:` by Holm, `stands:` 1 shown alike, 2 shown to lie beyond the margin, 0 cannot tell,
        `power:` chance to be shown alike at a true gap of .05 standard deviations. `parity_index` share of
        comparisons shown alike, `largest_gap` and `largest_gap_sd`, `verdict` 1 if all are alike (all tests at alpha
        together, Berger 1982), 2 if any is apart, else 0; `needed` rows of each of two channels for a power of .80
        at that gap, rows being independent. glance: margin, margin_sd, sd.

    Raises
    ------
    ModelError
        Fewer than two channels that are large enough; no spread.

    Source
    ------
    Schuirmann, D. J. (1987). J. Pharmacokinetics and Biopharmaceutics 15, 657-680 (two one-sided tests); Welch, B. L.
    (1947). Biometrika 34, 28-35; Berger, R. L. (1982). Technometrics 24, 295-300; Holm, S. (1979).
    """
    if not (margin > 0 and math.isfinite(margin)) or (points is not None and not points > 0):
        raise ModelError("a margin must be above zero", hint="channels.margin: 0.20")
    x, names, code, who, checks = _admitted(value, channel, customer, least)
    means = group_means(x, code, who, len(names))
    sd = _pooled(means)
    if not sd > 0:
        raise ModelError("the values of all channels are one and the same, so nothing can be compared")
    limit = points if points is not None else margin * sd
    labels, weights = _weights(names, against)
    tests = contrasts(means, weights)
    rows = [*_channels(means, names, alpha), *_comparisons(tests, labels, limit, sd, alpha)]
    stands = rows[-2]["estimate"].to_numpy()
    verdict = (
        ALIKE if (tests.p_equivalent(limit) < alpha).all() else APART if (stands == APART).any() else OPEN
    )
    worst = int(np.argmax(np.abs(tests.estimate)))
    rows.append(
        tidy_frame([
            {"term": "parity_index", "estimate": float((stands == ALIKE).mean())},
            {"term": "largest_gap", "estimate": abs(float(tests.estimate[worst]))},
            {"term": "largest_gap_sd", "estimate": abs(float(tests.estimate[worst])) / sd},
            {"term": "verdict", "estimate": verdict},
            {"term": "needed", "estimate": float(rows_needed(limit / sd, NEAR, alpha))},
        ])
    )  # fmt: skip
    glance = {
        "n": float(len(x)), "channels": float(len(names)), "comparisons": float(len(labels)), "margin": limit,
        "margin_sd": limit / sd, "sd": sd, "alpha": alpha, "level": 1 - 2 * alpha, "power": POWER, "near": NEAR,
    }  # fmt: skip
    source = source_of(pd.DataFrame({"value": x, "channel": code, "customer": who}))
    return Result("model.channel_parity", pd.concat(rows), glance, tuple(checks), source)


def rows_needed(margin: float, gap: float = NEAR, alpha: float = 0.05, power: float = POWER) -> int | float:
    """Rows of each of two channels that show equivalence with this power; infinite where the gap reaches the margin.

    Parameters
    ----------
    margin, gap : in standard deviations

    Examples
    --------
    >>> rows_needed(0.20, 0.0), rows_needed(0.20, 0.05)
    (429, 559)
    """
    if gap >= margin:
        return math.inf

    def short(log_n: float) -> float:
        return float(equivalence_power(margin, gap, math.sqrt(2 / math.exp(log_n)), alpha)) - power

    return math.ceil(math.exp(brentq(short, math.log(2.0), math.log(1e12))) - 1e-9)


def equivalence_power(
    margin: float, gap: float, error: float | np.ndarray, alpha: float = 0.05
) -> float | np.ndarray:
    """Chance that both one-sided tests reject, by the normal law: max(0, Phi(m/s - g/s - z) + Phi(m/s + g/s - z) - 1)."""
    z = ndtri(1 - alpha)
    found = ndtr((margin - gap) / error - z) + ndtr((margin + gap) / error - z) - 1
    return np.maximum(0.0, found) if isinstance(error, np.ndarray) else max(0.0, float(found))


def _admitted(
    value: np.ndarray, channel: Sequence[str] | np.ndarray, customer: np.ndarray | None, least: int
) -> tuple[np.ndarray, list[str], np.ndarray, np.ndarray, list[Check]]:
    x = np.asarray(value, dtype=float)
    words = np.asarray(channel, dtype=object)
    who = np.arange(len(x)) if customer is None else np.asarray(customer)
    if not len(x) == len(words) == len(who):
        raise ModelError(f"{len(x)} values, {len(words)} channels and {len(who)} customers do not fit")
    told = np.isfinite(x) & np.array([bool(word) for word in words], dtype=bool)
    codes, unique = pd.factorize(words[told], sort=True)
    sizes = np.bincount(codes, minlength=len(unique))
    rule = f">= {least} rows"
    checks = [
        Check(f"check.small_channel:{unique[k]}", False, math.nan, rule)
        for k in np.flatnonzero(sizes < least)
    ]
    large = np.flatnonzero(sizes >= least)
    if len(large) < 2:
        raise ModelError(
            f"{len(unique)} channel{'s' * (len(unique) != 1)}, {len(large)} with {least} rows or more; two are needed to compare"
        )
    inside = sizes[codes] >= least
    place = np.searchsorted(large, codes[inside])
    return x[told][inside], [str(unique[k]) for k in large], place, who[told][inside], checks


def _pooled(means: Means) -> float:
    """Standard deviation within channels."""
    spare = means.rows - 1
    return float(np.sqrt((spare * means.sd**2).sum() / spare.sum()))


def _weights(names: list[str], against: str) -> tuple[list[str], np.ndarray]:
    k = len(names)
    if against == "mean":
        return [term(name) for name in names], np.eye(k) - 1 / k
    pairs = list(combinations(range(k), 2))
    weights = np.zeros((len(pairs), k))
    for row, (a, b) in enumerate(pairs):  # few
        weights[row, a], weights[row, b] = 1.0, -1.0
    return [f"{term(names[a])}~{term(names[b])}" for a, b in pairs], weights


def term(name: str) -> str:
    """A channel's word as part of a term, in which "~" and ":" have a meaning of their own."""
    return name.replace("~", "-").replace(":", "-").strip()


def _channels(means: Means, names: list[str], alpha: float) -> list[pd.DataFrame]:
    one = contrasts(means, np.eye(len(names)))
    low, high = one.limits(1 - alpha)
    told = [term(name) for name in names]
    return [
        tidy_block("n", told, means.rows),
        tidy_block("customers", told, means.customers),
        tidy_block("mean", told, means.mean, std_error=one.error, ci_low=low, ci_high=high),
        tidy_block("sd", told, means.sd),
    ]


def _comparisons(
    tests: Contrasts, labels: list[str], limit: float, sd: float, alpha: float
) -> list[pd.DataFrame]:
    low, high = tests.limits(1 - 2 * alpha)
    alike, apart = tests.p_equivalent(limit), tests.p_beyond(limit)
    p_alike, p_apart = holm(alike), holm(apart)
    stands = np.where(p_alike < alpha, ALIKE, np.where(p_apart < alpha, APART, OPEN))
    power = np.asarray(equivalence_power(limit, NEAR * sd, tests.error, alpha / len(labels)))
    return [
        tidy_block(
            "gap", labels, tests.estimate, std_error=tests.error, ci_low=low, ci_high=high, p_value=alike
        ),
        tidy_block("gap_sd", labels, tests.estimate / sd),
        tidy_block("p_alike", labels, p_alike),
        tidy_block("p_apart", labels, p_apart),
        tidy_block("stands", labels, stands),
        tidy_block("power", labels, power),
    ]
