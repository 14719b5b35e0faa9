"""What examiners still ask for, each with what superseded it: GoF, Sobel's tests, VAF.

These are numbers without a verdict; the check `legacy.superseded:<name>` of each holds and says what to read instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr

from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_frame

SUPERSEDED = {
    "gof": "SRMR, d_ULS and d_G with bootstrap quantiles (Henseler & Sarstedt 2013: GoF does not validate a model)",
    "sobel": "percentile bootstrap interval of the indirect effect (its product is not normal; MacKinnon et al. 2004)",
    "vaf": "bootstrap interval of the indirect effect and the type of mediation (Zhao, Lynch & Chen 2010)",
    "ks": "skewness and kurtosis, robust or ordinal estimation (the test rejects any Likert item at usual sizes)",
    "t_midpoint": "interval of the mean and peers' benchmarks (the middle of a scale is not a benchmark)",
}


def superseded(name: str) -> Check:
    """The line that goes with a legacy statistic; it states, it does not judge."""
    return Check(f"legacy.superseded:{name}", True, math.nan, SUPERSEDED[name])


def gof(
    communality: Mapping[str, float], r2: Mapping[str, float], *, items: Mapping[str, int] | None = None
) -> Result:
    """Tenenhaus' global index of a PLS model.

    Parameters
    ----------
    communality : construct -> mean communality of its items (AVE); constructs of one item are left out
    r2 : endogenous construct -> R2
    items : construct -> its number of items, as weights; equal weights if not given

    Returns
    -------
    Result
        `gof` = sqrt(mean communality * mean R2), `communality`, `r2` (the two means).

    Source
    ------
    Tenenhaus, M., Amato, S. & Esposito Vinzi, V. (2004). Proceedings of the XLII SIS Scientific Meeting,
    739-742.
    """
    for what, values in (("communality", communality), ("R2", r2)):
        if not values:
            raise ModelError(f"GoF: no {what} is given")
        for name, value in values.items():
            if not 0 <= value <= 1:
                raise ModelError(f"GoF: the {what} of '{name}' is {value:g}, not a share from 0 to 1")
    if items is not None and (lacking := [name for name in communality if name not in items]):
        raise ModelError(f"GoF: the number of items of '{lacking[0]}' is not given")
    weight = np.array([1 if items is None else items[name] for name in communality], dtype=float)
    if items is not None:
        weight[weight < 2] = 0
    if weight.sum() <= 0:
        raise ModelError("GoF: no construct has more than one item, so there is no communality to average")
    shared = float(np.average(list(communality.values()), weights=weight))
    explained = float(np.mean(list(r2.values())))
    rows = [
        {"term": "gof", "estimate": math.sqrt(shared * explained)},
        {"term": "communality", "estimate": shared},
        {"term": "r2", "estimate": explained},
    ]
    return Result("model.gof", tidy_frame(rows), {}, (superseded("gof"),), dict(versions()))


def sobel(a: float, se_a: float, b: float, se_b: float) -> Result:
    """Normal tests of an indirect effect a b.

    Parameters
    ----------
    a, se_a : path from origin to mediator, its standard error
    b, se_b : path from mediator to outcome, given the origin

    Returns
    -------
    Result
        `indirect`; `sobel`, `aroian`, `goodman`: z in `estimate`, the standard error of ab in `std_error`, p.

    Notes
    -----
    Variances of ab: Sobel b^2 s_a^2 + a^2 s_b^2; Aroian adds s_a^2 s_b^2; Goodman takes it away (NaN where
    nothing is left).

    Source
    ------
    Sobel, M. E. (1982). Sociological Methodology 13, 290-312. Aroian, L. A. (1947). Annals of Mathematical
    Statistics 18, 265-271. Goodman, L. A. (1960). JASA 55, 708-713.
    """
    if not (math.isfinite(a) and math.isfinite(b)):
        raise ModelError(f"Sobel: paths {a:g} and {b:g} are not both numbers")
    if not (0 <= se_a < math.inf and 0 <= se_b < math.inf and se_a + se_b > 0):
        raise ModelError(f"Sobel: standard errors {se_a:g} and {se_b:g} are not positive")
    first, second = b**2 * se_a**2 + a**2 * se_b**2, se_a**2 * se_b**2
    rows: list[dict[str, object]] = [{"term": "indirect", "estimate": a * b}]
    for name, variance in (("sobel", first), ("aroian", first + second), ("goodman", first - second)):
        se = math.sqrt(variance) if variance > 0 else math.nan
        z = a * b / se
        rows.append({"term": name, "estimate": z, "std_error": se, "p_value": float(2 * ndtr(-abs(z)))})
    return Result("model.sobel", tidy_frame(rows), {}, (superseded("sobel"),), dict(versions()))


def vaf(indirect: float, direct: float) -> Result:
    """Share of the total effect that is indirect ("variance accounted for").

    Returns
    -------
    Result
        `vaf` = indirect / (indirect + direct) and `total`. Undefined (NaN, with a failed check) when the
        two have different signs or are both zero: the share then leaves 0 to 1.

    Source
    ------
    Hair, J. F., Hult, G. T. M., Ringle, C. M. & Sarstedt, M. (2014). A Primer on PLS-SEM, 1st ed., ch. 7.
    """
    if not (math.isfinite(indirect) and math.isfinite(direct)):
        raise ModelError(f"VAF: effects {indirect:g} and {direct:g} are not both numbers")
    total = indirect + direct
    defined = indirect * direct >= 0 and total != 0
    rows = [
        {"term": "vaf", "estimate": indirect / total if defined else math.nan},
        {"term": "total", "estimate": total},
    ]
    rule = "indirect and direct effect with the same sign; otherwise the share is undefined"
    checks = (superseded("vaf"), Check("check.vaf_defined", defined, indirect * direct, rule))
    return Result("model.vaf", tidy_frame(rows), {}, checks, dict(versions()))
