"""What makes customers of a contract leave sooner? Cox and accelerated-failure-time models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.clv.buyers import covariates as checked
from crmlab.customers.retention import Stays, admit_stays, heard
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

ALPHA = 0.05
LAWS = ("weibull", "lognormal", "loglogistic")
PROPORTIONAL = (
    f"p >= {ALPHA:.2f} of the scaled Schoenfeld residuals (Grambsch & Therneau 1994); otherwise the ratio is "
    "a mean over time: use it as strata, or AFT"
)


def cox(
    duration: object, left: object, covariates: pd.DataFrame, *, strata: object = None, level: float = 0.95,
    refuse: bool = False,
) -> Result:  # fmt: skip
    """By what factor does a covariate raise the rate of leaving?

    Parameters
    ----------
    duration, left : as for `kaplan_meier`
    covariates : (n, k) columns of numbers, or of words: these become 0/1 columns `<column>.<value>` against
        the first value in sorted order
    strata : (n,) names of groups with a baseline hazard of their own
    refuse : raise where a hazard is not proportional, instead of a failed check

    Returns
    -------
    Result
        `log_hazard:<z>` (se, interval, p), `hazard_ratio:<z>` (interval), `schoenfeld:<z>` (chi-square with
        1 df, p: are hazards proportional?); concordance, log partial likelihood, its test and AIC in glance;
        ties by Efron.

    Source
    ------
    Cox, D. R. (1972). JRSS B 34, 187-220. Grambsch, P. M. & Therneau, T. M. (1994). Biometrika 81, 515-526.
    Computed by lifelines.
    """
    from lifelines import CoxPHFitter
    from lifelines.statistics import proportional_hazard_test

    stays = admit_stays(duration, left)
    frame, names = _design(covariates, stays)
    by = _strata(strata, stays, frame)
    fitter = CoxPHFitter(alpha=1 - level)
    checks = [_run(lambda: fitter.fit(frame, "duration", "left", strata=by))]
    table = heard(lambda: fitter.summary)[0]
    rows = _effects(table, names, "log_hazard", "hazard_ratio", level)
    test = heard(lambda: proportional_hazard_test(fitter, frame, time_transform="km").summary)[0]
    for name in names:
        chi2, p = (float(v) for v in test.loc[name, ["test_statistic", "p"]])
        rows.append({"term": f"schoenfeld:{name}", "estimate": chi2, "p_value": p})
        checks.append(Check(f"check.proportional_hazards:{name}", p >= ALPHA, p, PROPORTIONAL))
    broken = [check.name.partition(":")[2] for check in checks[1:] if not check.ok]
    if refuse and broken:
        raise ModelError(
            f"hazards are not proportional for {', '.join(broken)}, so one ratio does not tell their effect",
            hint="give them as strata, or use aft",
        )
    whole = heard(fitter.log_likelihood_ratio_test)[0]
    glance = stays.counts | {"concordance": float(fitter.concordance_index_), "level": level}
    glance |= {"loglik": float(fitter.log_likelihood_), "aic": float(fitter.AIC_partial_)}
    glance |= {"lr": float(whole.test_statistic), "lr_p": float(whole.p_value)}
    return Result("model.cox", tidy_frame(rows), glance, tuple(checks), source_of(frame))


def aft(duration: object, left: object, covariates: pd.DataFrame, *, level: float = 0.95) -> Result:
    """By what factor does a covariate lengthen the stay? The law of stays is chosen by AIC.

    Parameters
    ----------
    duration, left, covariates : as for `cox`

    Returns
    -------
    Result
        Of the law with the lowest AIC, which names the model (`model.aft_weibull`, `model.aft_lognormal`,
        `model.aft_loglogistic`): `log_time:<z>` (se, interval, p), `time_ratio:<z>` (interval: factor on the
        duration), `intercept`, `log_shape` (rho of Weibull, beta of log-logistic, -log sigma of log-normal);
        `aic:<law>` of all three.

    Source
    ------
    Kalbfleisch, J. D. & Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
    ch. 2-3. Akaike, H. (1974). Computed by lifelines.
    """
    import lifelines

    stays = admit_stays(duration, left)
    frame, names = _design(covariates, stays)
    frame = frame.iloc[
        np.lexsort(frame.to_numpy().T)
    ]  # the search ends a little elsewhere in another order of rows
    classes = (lifelines.WeibullAFTFitter, lifelines.LogNormalAFTFitter, lifelines.LogLogisticAFTFitter)
    fitters: dict[str, Any] = {law: one(alpha=1 - level) for law, one in zip(LAWS, classes, strict=True)}
    run = {law: _run(partial(f.fit, frame, "duration", "left")) for law, f in fitters.items()}
    law = min(LAWS, key=lambda name: fitters[name].AIC_)
    table = heard(lambda: fitters[law].summary)[0]
    place, shape = [str(name) for name in dict.fromkeys(table.index.get_level_values(0))]
    if place in ("rho_", "sigma_", "beta_"):
        place, shape = shape, place
    rows = _effects(table.loc[place], names, "log_time", "time_ratio", level)
    sign = -1.0 if shape == "sigma_" else 1.0
    z = float(norm.ppf((1 + level) / 2))
    for term, part, turn in (("intercept", place, 1.0), ("log_shape", shape, sign)):
        line = table.loc[(part, "Intercept")]
        value, se = turn * float(line["coef"]), float(line["se(coef)"])
        ends = {"ci_low": value - z * se, "ci_high": value + z * se}
        rows.append({"term": term, "estimate": value, "std_error": se, **ends})
    rows += [{"term": f"aic:{name}", "estimate": float(f.AIC_)} for name, f in fitters.items()]
    glance = stays.counts | {"concordance": float(fitters[law].concordance_index_), "level": level}
    glance |= {"loglik": float(fitters[law].log_likelihood_), "aic": float(fitters[law].AIC_)}
    return Result(f"model.aft_{law}", tidy_frame(rows), glance, (run[law],), source_of(frame))


def _design(given: pd.DataFrame, stays: Stays) -> tuple[pd.DataFrame, list[str]]:
    """duration, left and numeric covariates of the admitted rows; words become 0/1 columns."""
    if not isinstance(given, pd.DataFrame):
        raise ModelError("covariates must be a frame with named columns")
    if len(given) != len(stays.kept):
        raise ModelError(f"{len(given)} rows of covariates for {len(stays.kept)} customers")
    used = given.loc[stays.kept].reset_index(drop=True)
    used = used.astype({name: float for name in used if pd.api.types.is_bool_dtype(used[name])})
    words = [name for name in used if not pd.api.types.is_numeric_dtype(used[name])]
    for name in words:
        if used[name].isna().any():
            raise ModelError(f"covariate '{name}' is missing for {int(used[name].isna().sum())} customers")
        if used[name].nunique() > 50:
            raise ModelError(f"covariate '{name}' has {used[name].nunique()} values", hint="group them")
    used = pd.get_dummies(used, columns=words, prefix_sep=".", drop_first=True, dtype=float)
    used.columns = [str(name) for name in used.columns]
    Z, names = checked(used, len(used), used.index, "leaving", np.ones(len(used)))
    if stays.left.sum() <= len(names):
        raise ModelError(f"{stays.left.sum():g} customers who left cannot carry {len(names)} covariates")
    frame = pd.DataFrame(Z, columns=list(names))
    return frame.assign(duration=stays.duration, left=stays.left), list(names)


def _strata(strata: object, stays: Stays, frame: pd.DataFrame) -> list[str] | None:
    """Put the strata's names into the frame."""
    if strata is None:
        return None
    names = np.asarray(strata, dtype=object)
    if len(names) != len(stays.kept):
        raise ModelError(f"strata has {len(names)} values for {len(stays.kept)} customers")
    frame["strata"] = pd.Series(names[stays.kept]).astype(str).to_numpy()
    return ["strata"]


def _run(fit: Callable[[], object]) -> Check:
    """Fit, and say what the fitter complained of."""
    from lifelines.exceptions import ConvergenceError

    try:
        _, troubles = heard(fit)
    except ConvergenceError:
        raise ModelError(
            "the search found no maximum; a covariate may separate those who left from those who stayed",
            hint="leave it out, or join rare values",
        ) from None
    return Check("check.converged", not troubles, float(troubles), "the fitter ended without complaint")


def _effects(
    table: pd.DataFrame, names: list[str], log: str, ratio: str, level: float
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    z = float(norm.ppf((1 + level) / 2))
    for name in names:
        line = {str(key): float(value) for key, value in table.loc[name].to_dict().items()}
        effect, se, p = line["coef"], line["se(coef)"], line["p"]
        ends = {"ci_low": effect - z * se, "ci_high": effect + z * se}
        rows.append({"term": f"{log}:{name}", "estimate": effect, "std_error": se, **ends, "p_value": p})
        ends = {side: float(np.exp(end)) for side, end in ends.items()}
        rows.append({"term": f"{ratio}:{name}", "estimate": np.exp(effect), **ends, "p_value": p})
    return rows
