"""Do the items of ONE scale hang together? Alpha, Guttman's lambda 6, correlations between items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.answers import SINGULAR, Answers, answered, invertible
from crmlab.measurement.reliability import alpha_of, feldt
from crmlab.pls.bootstrap import correlations, draw_rows, summary
from crmlab.result import Check, Result, tidy_block, tidy_frame

INTERVALS = ("feldt", "bootstrap")


def alpha(
    frame: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    interval: str = "feldt",
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    missing: str = "fiml",
) -> Result:
    """How consistent is the sum of the items?

    Parameters
    ----------
    frame : answers, reverse items already turned
    interval : "feldt" (normal theory, exact for parallel items) or "bootstrap" (percentile)
    n_boot, seed : of the bootstrap
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `alpha`, `alpha_std` (of standardised items), `lambda6` (of standardised items, as psych prints it),
        `mean_r`; alpha with its interval, with the bootstrap all four.

    Notes
    -----
    alpha = k/(k-1) (1 - sum of item variances / variance of the sum); alpha_std = k r / (1 + (k-1) r);
    lambda6 = 1 - sum(1 - R2_j) / sum of R, R2_j the squared multiple correlation of item j with the others.
    alpha is a lower bound of reliability unless all items measure to the same degree. With missing answers
    Feldt's interval counts every row used and is a little narrow; the bootstrap's is right.

    Source
    ------
    Cronbach, L. J. (1951). Psychometrika 16, 297-334. Guttman, L. (1945). Psychometrika 10, 255-282.
    Feldt, L. S. (1965). Psychometrika 30, 357-370.
    """
    if interval not in INTERVALS:
        raise ModelError(f"alpha: interval '{interval}' is not one of {', '.join(INTERVALS)}")
    drawn = seed if interval == "bootstrap" else None
    given = answered(frame, items, what="alpha", missing=missing, seed=drawn)
    R, sd = invertible(given, "alpha")[:, :, None], given.sd[:, None]
    own = _coefficients(R, sd)
    own["alpha"] = np.array([alpha_of(given.moments.cov)])
    rows = {name: {"term": name, "estimate": value[0]} for name, value in own.items()}
    glance = given.glance | {"items": len(given.items), "level": level}
    if interval == "feldt":
        low, high = feldt(float(own["alpha"][0]), given.n, len(given.items), level)
        rows["alpha"] |= {"ci_low": low, "ci_high": high}
    else:
        resample(rows, given, _coefficients, n_boot, seed, level)
        glance["resamples"] = n_boot
    checks = (*given.checks, *_against(given, R[:, :, 0]))
    return Result("model.alpha", tidy_frame(rows.values()), glance, checks, given.source)


def inter_item(frame: pd.DataFrame, items: Sequence[str] | None = None, *, missing: str = "fiml") -> Result:
    """How alike are the items of one scale?

    Parameters
    ----------
    frame, items : answers, and which columns to take; all if not given
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `mean_r`, `min_r`, `max_r`, `range_r`, `ratio_r` (largest over smallest), `variance_r` over the pairs,
        as in SPSS's summary; `cor:<A>~<B>` of every pair. The most negative correlation is a failed check, and so
        is a mean below .15: the items have little in common. One above .50 belongs to a narrow construct, or to
        items that repeat each other.

    Source
    ------
    Clark, L. A. & Watson, D. (1995). Psychological Assessment 7, 309-319 (.15 to .50).
    """
    given = answered(frame, items, what="correlations between items", missing=missing)
    R = given.correlation
    a, b = np.triu_indices(len(R), 1)
    r = R[a, b]
    values = {
        "mean_r": r.mean(),
        "min_r": r.min(),
        "max_r": r.max(),
        "range_r": np.ptp(r),
        "ratio_r": r.max() / r.min() if r.min() != 0 else np.nan,
        "variance_r": r.var(ddof=1) if r.size > 1 else np.nan,
    }
    rule = ">= 0.15 (Clark & Watson 1995)"  # above .50 a narrow construct, no fault
    checks = (Check("check.inter_item", r.mean() >= 0.15, r.mean(), rule), *_against(given, R))
    tidy = pd.concat(
        [
            tidy_frame({"term": name, "estimate": value} for name, value in values.items()),
            tidy_block("cor", [f"{given.items[i]}~{given.items[j]}" for i, j in zip(a, b, strict=True)], r),
        ]
    )
    return Result("model.inter_item", tidy, given.glance, (*given.checks, *checks), given.source)


Coefficients = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]


def _coefficients(R: np.ndarray, sd: np.ndarray) -> dict[str, np.ndarray]:
    """alpha, alpha_std, lambda6, mean_r of correlations (k, k, B) with standard deviations (k, B), each (B,)."""
    k = len(R)
    total = np.einsum("ib,ijb,jb->b", sd, R, sd)
    mean = (R.sum(axis=(0, 1)) - k) / (k * (k - 1))
    good = np.isfinite(R).all(axis=(0, 1))
    good &= np.linalg.slogdet(np.where(good, R, 0.0).transpose(2, 0, 1))[0] > 0
    unique = np.full(R.shape[1:], np.nan)
    inverse = np.linalg.inv(R[:, :, good].transpose(2, 0, 1))
    unique[:, good] = 1 / np.diagonal(inverse, axis1=1, axis2=2).T
    unique = np.where((unique > SINGULAR).all(axis=0), unique, np.nan)
    return {
        "alpha": k / (k - 1) * (1 - (sd**2).sum(axis=0) / total),
        "alpha_std": k * mean / (1 + (k - 1) * mean),
        "lambda6": 1 - unique.sum(axis=0) / R.sum(axis=(0, 1)),
        "mean_r": mean,
    }


def resample(
    rows: dict[str, dict[str, object]],
    given: Answers,
    coefficients: Coefficients,
    n_boot: int,
    seed: int,
    level: float,
) -> int:
    """Put standard error and percentile interval into `rows`; the number of resamples without a value.

    `coefficients` takes correlations (k, k, B) and standard deviations (k, B) and gives each row's name its
    values (B,).
    """
    if n_boot < 2 or not 0 < level < 1:
        raise ModelError(f"{n_boot} resamples at level {level:g} give no interval", hint="2000 and 0.95")
    sd = given.sd
    rng, moments, parts = np.random.default_rng(seed), given.products(), []
    for drawn in draw_rows(rng, n_boot, given.n):
        R, spread = correlations(moments, drawn)
        found = coefficients(R, spread * sd[:, None])
        parts.append(np.stack([found[name] for name in rows]))
    draws = np.concatenate(parts, axis=1)
    spreads = summary(draws, level)
    for place, name in enumerate(rows):
        rows[name] |= {key: spreads[key][place] for key in ("std_error", "ci_low", "ci_high")}
    return int(np.isnan(draws).any(axis=0).sum())


def _against(given: Answers, R: np.ndarray) -> list[Check]:
    """The most negative pair, if there is one; the rule says how many there are."""
    a, b = np.triu_indices(len(R), 1)
    r = R[a, b]
    worst = int(r.argmin())
    if r[worst] >= 0:
        return []
    rule = f">= 0; {int((r < 0).sum())} of {r.size} pairs are not: usually an item that was not reversed"
    pair = f"{given.items[a[worst]]}~{given.items[b[worst]]}"
    return [Check(f"check.inter_item_sign:{pair}", False, r[worst], rule)]
