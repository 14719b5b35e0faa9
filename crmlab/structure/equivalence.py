"""Is an effect too small to matter? Equivalence tests against a smallest effect of interest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Result, tidy_frame

DIFFERENT, EQUIVALENT, RELEVANT, OPEN = "different", "equivalent", "relevant", "open"
STANDS = {OPEN: 0.0, EQUIVALENT: 1.0, DIFFERENT: 2.0, RELEVANT: 3.0}


def equivalence(
    effects: Result,
    margin: float | Mapping[str, float],
    *,
    terms: Sequence[str] | None = None,
    alpha: float = 0.05,
) -> Result:
    """Which effects are smaller than the smallest one that would matter?

    Parameters
    ----------
    effects : a Result whose terms have standard errors
    margin : smallest effect of interest, for all terms or by term
    terms : which; None: every path, indirect and total effect, and every difference
    alpha : level of each of the two one-sided tests

    Returns
    -------
    Result
        `equivalence:<term>`: the effect with its standard error, its 1 - 2 alpha interval and the p of
        equivalence (the larger of the two one-sided ones); `stands:<term>`: 0 open (neither shown), 1
        equivalent (the interval lies within the margin), 2 different from zero, but not shown to matter, 3
        relevant (the whole interval lies beyond the margin); both 1 and 2 are possible: then 1.

    Raises
    ------
    ModelError
        A margin that is not above zero, a term that the Result does not have or that has no standard error.

    Notes
    -----
    Normal theory: z = (estimate +- margin) / se. Not to be significant is not to be equivalent.

    Source
    ------
    Schuirmann, D. J. (1987). J. Pharmacokinetics and Biopharmaceutics 15, 657-680. Lakens, D. (2017). Social
    Psychological and Personality Science 8(4), 355-362.
    """
    if not 0 < alpha < 0.5:
        raise ModelError(f"alpha {alpha} is not a probability below one half", hint="0.05")
    wanted = _terms(effects, margin, terms)
    rows: list[dict[str, object]] = []
    for term in wanted:
        limit = margin[term] if isinstance(margin, Mapping) else margin
        _positive(limit)
        if term not in effects:
            raise ModelError(f"the result has no effect '{term}'", hint="a term of its table")
        estimate, error = effects.cell(term), effects.cell(term, "std_error")
        if not error > 0:
            raise ModelError(f"'{term}' has no standard error, so equivalence cannot be tested")
        low, high = estimate - ndtri(1 - alpha) * error, estimate + ndtri(1 - alpha) * error
        p = float(max(ndtr((estimate - limit) / error), ndtr(-(estimate + limit) / error)))
        two_sided = 2 * ndtr(-abs(estimate / error))
        row = {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high, "p_value": p}
        rows.append({"term": f"equivalence:{term}", **row})
        rows.append({"term": f"stands:{term}", "estimate": _stand(low, high, limit, two_sided < alpha)})
    glance = effects.glance | {"alpha": alpha}
    if not isinstance(margin, Mapping):
        glance["margin"] = margin
    return Result("model.equivalence", tidy_frame(rows), glance, effects.checks, effects.source)


def equivalent_means(
    a: pd.Series | np.ndarray, b: pd.Series | np.ndarray, margin: float, *, alpha: float = 0.05
) -> Result:
    """Are the means of two groups the same but for a margin?

    Parameters
    ----------
    a, b : values of each group; missing ones are left out
    margin : in the unit of the values

    Returns
    -------
    Result
        `difference` (Welch's standard error, 1 - 2 alpha interval, p of equivalence), `difference_p` (p of a
        difference), `stands` as in `equivalence`, `n:a`, `n:b`.

    Source
    ------
    Schuirmann, D. J. (1987). J. Pharmacokinetics and Biopharmaceutics 15, 657-680.
    """
    try:
        x, y = (pd.Series(v).to_numpy(dtype=float, na_value=np.nan) for v in (a, b))
    except (TypeError, ValueError):
        raise ModelError("the groups hold words, not numbers", hint="code the answers first") from None
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    for name, v in (("first", x), ("second", y)):
        if len(v) < 2 or not v.std() > 0:
            raise ModelError(f"the {name} group has {len(v)} values and no spread to test with")
    u, v = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    df = (u + v) ** 2 / (u**2 / (len(x) - 1) + v**2 / (len(y) - 1))
    rows = _t_rows(float(x.mean() - y.mean()), math.sqrt(u + v), df, margin, alpha)
    rows += [{"term": "n:a", "estimate": len(x)}, {"term": "n:b", "estimate": len(y)}]
    glance = {"margin": margin, "alpha": alpha, "df": df}
    source = source_of(pd.DataFrame({"value": np.concatenate([x, y])}))
    return Result("model.equivalent_means", tidy_frame(rows), glance, (), source)


def equivalent_difference(
    difference: float, sd: float, n: tuple[int, int], margin: float, *, alpha: float = 0.05
) -> Result:
    """The same from a mean difference, a pooled standard deviation and two group sizes (Student's t)."""
    if not sd > 0 or min(n) < 2:
        raise ModelError(f"a standard deviation of {sd} in groups of {n[0]} and {n[1]} cannot be tested")
    error, df = sd * math.sqrt(1 / n[0] + 1 / n[1]), float(sum(n) - 2)
    rows = _t_rows(difference, error, df, margin, alpha)
    return Result("model.equivalent_means", tidy_frame(rows), {"margin": margin, "alpha": alpha, "df": df})


def _t_rows(gap: float, error: float, df: float, margin: float, alpha: float) -> list[dict[str, object]]:
    _positive(margin)
    if not 0 < alpha < 0.5:
        raise ModelError(f"alpha {alpha} is not a probability below one half", hint="0.05")
    reach = float(stdtrit(df, 1 - alpha)) * error
    p = float(max(stdtr(df, (gap - margin) / error), stdtr(df, -(gap + margin) / error)))
    differs = float(2 * stdtr(df, -abs(gap) / error))
    row = {"estimate": gap, "std_error": error, "ci_low": gap - reach, "ci_high": gap + reach, "p_value": p}
    return [
        {"term": "difference", **row},
        {"term": "difference_p", "estimate": differs},
        {"term": "stands", "estimate": _stand(gap - reach, gap + reach, margin, differs < alpha)},
    ]


def _stand(low: float, high: float, margin: float, differs: bool) -> float:
    if -margin < low and high < margin:
        return STANDS[EQUIVALENT]
    if low >= margin or high <= -margin:
        return STANDS[RELEVANT]
    return STANDS[DIFFERENT] if differs else STANDS[OPEN]


def _positive(margin: float) -> None:
    if not (margin > 0 and math.isfinite(margin)):
        raise ModelError(f"a smallest effect of interest of {margin} is not above zero", hint="0.10")


def _terms(effects: Result, margin: float | Mapping[str, float], terms: Sequence[str] | None) -> list[str]:
    if terms is not None:
        return list(terms)
    if isinstance(margin, Mapping):
        return list(margin)
    table = effects.tidy
    kind = table["term"].str.partition(":")[0]
    known = kind.isin(["path", "indirect", "total_indirect", "total"]) | kind.str.endswith("_difference")
    found: list[str] = table.loc[known & (table["std_error"] > 0), "term"].tolist()
    if not found:
        raise ModelError("the result has no effect with a standard error", hint="effects with intervals")
    return found
