"""Fit measures under lavaan's names.

Source
------
Bentler, P. M. (1990). Psychological Bulletin 107, 238-246 (CFI). Tucker, L. R. & Lewis, C. (1973).
Psychometrika 38, 1-10 (TLI). Steiger, J. H. (1990). Multivariate Behavioral Research 25, 173-180 (RMSEA).
Browne, M. W. & Cudeck, R. (1993). In Bollen & Long (eds), Testing structural equation models, 136-162.
Brosseau-Liard, P. E. & Savalei, V. (2014). Multivariate Behavioral Research 49, 460-470 (robust CFI, TLI).
Brosseau-Liard, Savalei & Li (2012). Multivariate Behavioral Research 47, 904-930 (robust RMSEA).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chndtr
from scipy.stats import chi2

from crmlab.sem.teststat import Test

CLOSE, NOT_CLOSE, LEVEL = 0.05, 0.08, 0.90
NIL = 1e-8  # a non-centrality that is rounding


@dataclass(frozen=True, slots=True)
class Corrected:
    """What robust indices are computed from.

    Attributes
    ----------
    value : a statistic with expectation c * df under the model
    c : that expectation per degree of freedom
    scaled : its robust form
    factor : scaling of that form (c, but for the scaled-and-shifted one)
    """

    value: float
    c: float
    scaled: float
    factor: float


def incremental(T: float, df: float, T0: float, df0: float) -> dict[str, float]:
    """CFI, TLI, NNFI, RFI, NFI, PNFI, IFI, RNI from a model's and the baseline's chi-square."""
    if not math.isfinite(T + T0):
        return dict.fromkeys(("cfi", "tli", "nnfi", "rfi", "nfi", "pnfi", "ifi", "rni"), math.nan)
    below = max(T - df, T0 - df0, 0.0)
    below = below if below > NIL else 0.0
    nfi = (T0 - T) / T0 if T0 > 0 else math.nan
    defined = df <= df0 and T0 > 0
    tli = rfi = 1.0
    if df > 0:
        gap = T0 / df0 - 1 if df0 else math.nan
        tli = (T0 / df0 - T / df) / gap if gap else 1.0
        rfi = (T0 / df0 - T / df) / (T0 / df0) if defined else math.nan
    return {
        "cfi": 1 - max(T - df, 0.0) / below if below > 0 else 1.0,
        "tli": tli,
        "nnfi": tli,
        "rfi": rfi,
        "nfi": nfi if defined else math.nan,
        "pnfi": df / df0 * nfi if df0 else math.nan,
        "ifi": (T0 - T) / (T0 - df) if df != T0 else math.nan,
        "rni": ((T0 - df0) - (T - df)) / (T0 - df0) if df0 != T0 else math.nan,
    }


def robust_incremental(model: Corrected, df: float, base: Corrected, df0: float) -> dict[str, float]:
    """CFI, TLI, NNFI and RNI with the expectation of each statistic under its model in place of df."""
    a, b = model.value - model.c * df, base.value - base.c * df0
    below = max(a, b, 0.0)
    tli = 1.0 if df == 0 else 1 - (a * df0) / (b * df)
    return {
        "cfi.robust": 1 - max(a, 0.0) / below if below > 0 else 1.0,
        "tli.robust": tli,
        "nnfi.robust": tli,
        "rni.robust": (b - a) / b,
    }


def rmsea(T: float, df: float, n: float, groups: int, suffix: str = "") -> dict[str, float]:
    """RMSEA, its 90 % interval, p of close and of not-close fit."""
    return _rmsea(Corrected(T, 1.0, T, 1.0), df, n, groups, suffix)


def robust_rmsea(model: Corrected, df: float, n: float, groups: int) -> dict[str, float]:
    """The same from a corrected statistic."""
    return _rmsea(model, df, n, groups, ".robust")


def _rmsea(m: Corrected, df: float, n: float, groups: int, suffix: str) -> dict[str, float]:
    keys = [f"rmsea{end}{suffix}" for end in ("", ".ci.lower", ".ci.upper", ".pvalue", ".notclose.pvalue")]
    if not df > 0:
        return dict(zip(keys, (0.0, 0.0, 0.0, math.nan, math.nan), strict=True))
    if not math.isfinite(m.value + m.scaled):
        return dict.fromkeys(keys, math.nan)
    root = math.sqrt(groups)
    point = math.sqrt(max(m.value / n / df - m.c / n, 0.0)) * root
    low, high = (math.sqrt(m.factor * x / (n * df)) * root for x in _noncentral(m.scaled, df))
    unit = n * df / groups / m.factor
    close = 1 - float(chndtr(m.scaled, df, unit * CLOSE**2))
    far = float(chndtr(m.scaled, df, unit * NOT_CLOSE**2))
    return dict(zip(keys, (point, low, high, close, far), strict=True))


def _noncentral(T: float, df: float) -> tuple[float, float]:
    """Non-centralities under which T is the 95th and the 5th percentile."""
    found = []
    for level in ((1 + LEVEL) / 2, (1 - LEVEL) / 2):
        if not np.isfinite(T) or chndtr(T, df, 0.0) < level:
            found.append(0.0)
            continue
        top = max(T, 1.0)
        while chndtr(T, df, top) > level:
            top *= 2
        if not np.isfinite(
            chndtr(T, df, top)
        ):  # a statistic beyond what the distribution can be computed for
            found.append(math.nan)
            continue
        found.append(float(brentq(lambda x, level=level: chndtr(T, df, x) - level, 0.0, top, xtol=1e-9)))
    return found[0], found[1]


def hoelter(T: float, df: float, n: float) -> dict[str, float]:
    """Critical n at which the statistic would be significant (Hoelter 1983)."""
    if df == 0 or T == 0:
        return {"cn_05": math.nan, "cn_01": math.nan}
    return {f"cn_{a}": float(chi2.isf(p, df)) * n / T + 1 for a, p in (("05", 0.05), ("01", 0.01))}


def absolute(T: float, df: int, n: float, npar: int, gfi: float, count: int) -> dict[str, float]:
    """GFI, AGFI, PGFI, MFI, ECVI."""
    return {
        "gfi": gfi,
        "agfi": 1 - count / df * (1 - gfi) if df else 1.0,
        "pgfi": df / count * gfi,
        "mfi": math.exp(-0.5 * (T - df) / n),
        "ecvi": T / n + 2 * npar / n,
    }


def chisquares(test: Test, base: Test, scaled: bool) -> dict[str, float]:
    """The statistics themselves."""
    out = {"chisq": test.chisq, "df": float(test.df), "pvalue": test.p_value}
    extra = {
        "chisq.scaled": test.scaled,
        "df.scaled": test.df_scaled,
        "pvalue.scaled": test.p_scaled,
        "chisq.scaling.factor": test.factor,
    }
    base_out = {
        "baseline.chisq": base.chisq,
        "baseline.df": float(base.df),
        "baseline.pvalue": base.p_value,
    }
    base_extra = {
        "baseline.chisq.scaled": base.scaled,
        "baseline.df.scaled": base.df_scaled,
        "baseline.pvalue.scaled": base.p_scaled,
        "baseline.chisq.scaling.factor": base.factor,
    }
    return out | (extra if scaled else {}) | base_out | (base_extra if scaled else {})
