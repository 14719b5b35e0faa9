"""Power to judge the fit of a model by RMSEA, and the sample size that gives it."""

from __future__ import annotations

import math
from typing import Literal

from scipy.stats import chi2, ncx2

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame
from crmlab.structure.sample_size import LARGEST, answer, at_least, probability

Test = Literal["close", "not_close", "exact"]
HYPOTHESES: dict[str, tuple[float, float]] = {  # RMSEA under the null and the alternative
    "close": (0.05, 0.08),
    "not_close": (0.05, 0.01),
    "exact": (0.0, 0.05),
}


def rmsea_power(
    df: int,
    n: int,
    *,
    test: Test = "close",
    null: float | None = None,
    alternative: float | None = None,
    alpha: float = 0.05,
    groups: int = 1,
) -> Result:
    """How likely is a test of fit to reject a null RMSEA if the true one is another?

    Parameters
    ----------
    df : degrees of freedom of the model
    n : sample size, all groups together
    test : "close" (null .05, true .08), "not_close" (null .05, true .01) or "exact" (null 0, true .05)
    null, alternative : other values of RMSEA than the test's own
    alpha : level of the test
    groups : number of groups in the model

    Returns
    -------
    Result
        `power:rmsea`.

    Raises
    ------
    ModelError
        Degrees of freedom or sizes that cannot be, or a null that is the alternative.

    Notes
    -----
    (n - 1) df RMSEA^2 / groups is the noncentrality. A true RMSEA above the null is looked for in the upper
    tail, one below it in the lower tail.

    Source
    ------
    MacCallum, R. C., Browne, M. W. & Sugawara, H. M. (1996). Psychological Methods 1(2), 130-149.
    """
    e0, e1 = _admit(df, test, null, alternative, alpha, groups)
    at_least(2, n=n)
    rows = [{"term": "power:rmsea", "estimate": _power(df, n, e0, e1, alpha, groups)}]
    given = {"df": df, "n": n, "null": e0, "alternative": e1, "alpha": alpha}
    return Result("model.rmsea_power", tidy_frame(rows), given)


def rmsea_sample_size(
    df: int,
    *,
    test: Test = "close",
    null: float | None = None,
    alternative: float | None = None,
    alpha: float = 0.05,
    power: float = 0.80,
    groups: int = 1,
) -> Result:
    """How many respondents give a test of fit the power that is wanted? Arguments as in `rmsea_power`.

    Returns
    -------
    Result
        `n:rmsea_<test>`, the smallest n that reaches the power, and `exact:` the same.

    Source
    ------
    MacCallum, R. C., Browne, M. W. & Sugawara, H. M. (1996). Psychological Methods 1(2), 130-149.
    """
    e0, e1 = _admit(df, test, null, alternative, alpha, groups)
    probability(power=power)
    low, high = 1, 4
    while _power(df, high, e0, e1, alpha, groups) < power:
        low, high = high, 2 * high
        if high > LARGEST:
            raise ModelError(
                f"no sample tells RMSEA {e1:g} from {e0:g} with {df} degrees of freedom and power {power:g}",
                hint="RMSEA values that lie further apart",
            )
    while high - low > 1:
        middle = (low + high) // 2
        if _power(df, middle, e0, e1, alpha, groups) < power:
            low = middle
        else:
            high = middle
    given = {"df": df, "null": e0, "alternative": e1, "alpha": alpha, "power": power}
    return answer(f"rmsea_{test}", float(high), given)


def _admit(
    df: int, test: str, null: float | None, alternative: float | None, alpha: float, groups: int
) -> tuple[float, float]:
    if test not in HYPOTHESES:
        raise ModelError(f"test '{test}' of fit is not known", hint=", ".join(HYPOTHESES))
    at_least(1, df=df, groups=groups)
    probability(alpha=alpha)
    own = HYPOTHESES[test]
    e0, e1 = own[0] if null is None else null, own[1] if alternative is None else alternative
    at_least(0, null=e0, alternative=e1)
    if math.isclose(e0, e1):
        raise ModelError(f"the null RMSEA and the alternative are both {e0:g}", hint="0.05 and 0.08")
    return e0, e1


def _power(df: int, n: int, e0: float, e1: float, alpha: float, groups: int) -> float:
    size = (n - 1) * df / groups
    if e1 > e0:
        critical = chi2.isf(alpha, df) if e0 == 0 else ncx2.isf(alpha, df, size * e0**2)
        return float(ncx2.sf(critical, df, size * e1**2))
    critical = ncx2.ppf(alpha, df, size * e0**2)
    return float(chi2.cdf(critical, df) if e1 == 0 else ncx2.cdf(critical, df, size * e1**2))
