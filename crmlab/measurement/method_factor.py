"""Is there a factor behind ALL items? The common latent factor and the unmeasured latent method construct."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.errors import ModelError
from crmlab.measurement.method_models import METHOD, Fitted, Setting, difference, setting
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.sem.compare import Difference

SHARE = 0.25  # of items' variance due to the method, the average of 70 studies
DROP = 0.20  # of a standardised loading
ALIKE = 0.90  # of squared method loadings in proportion to the constructs' own
CFI_LOSS = 0.01
NEGLIGIBLE = 0.01  # method variance too small to be mistaken for anything
STARTS = ((0.3,), (0.3, 0.1, -0.1, 0.1))  # of method loadings, over and over
COMMON = (0.3, 0.05)  # starts of the common loading, in standard deviations of the items
NOTHING = 1e-6  # gain of the fit function that is none
NO_ROOM = Difference("standard", 0.0, 1.0, 1.0)


def common_latent_factor(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
) -> Result:
    """How much variance does one factor take that loads equally on every item, and what does it leave?

    Parameters
    ----------
    frame : answers, reverse items already turned
    constructs : first-order construct -> items; the items of a single-item construct get no method loading
    estimator, missing : as in `sem.cfa`
    level : of the intervals

    Returns
    -------
    Result
        `method_loading` (the common unstandardised one), `chi2_difference` against the model without (its p;
        degrees of freedom in `glance["df_difference"]`), `variance_trait`, `variance_method`,
        `variance_error` (mean shares of the items' variance); `method_loading:<item>` (standardised, with
        interval and p), `loading:<A>=~<item>` without and `loading_adjusted:…` with the factor,
        `loading_drop:…`; `cor:<A>~<B>` and `cor_adjusted:<A>~<B>`. `glance`: fit of both models (`cfi_trait`,
        `cfi_method`, …), `proportional` and `cfi_loss_second_order` (see the notes).

    Notes
    -----
    The factor is uncorrelated with the constructs, which correlate freely. Where the likelihood is
    highest with a common loading of zero there is no such factor: shares and loadings are those without it,
    the difference is 0 with p = 1. Zero is the edge of what a share can be, so that the p of the difference is
    too large, up to twice.

    What a factor behind all items is cannot be seen from the items: where the constructs have a common
    cause (a second-order construct), a factor whose loadings are in proportion to the constructs' own takes
    the variance of that cause, and calls it method. Two checks say when that is so:
    `check.method_mimic`, if 90 % of the squared method loadings are in proportion to the items' own
    loadings within constructs; `check.method_second_order`, if one second-order factor explains the
    constructs' correlations about as well (CFI lower by no more than .01; always with three constructs or
    fewer). Then the share is no estimate of method variance, and a marker or the design must answer.

    Source
    ------
    Podsakoff, P. M., MacKenzie, S. B., Lee, J.-Y. & Podsakoff, N. P. (2003). Journal of Applied Psychology
    88, 879-903. Williams, L. J., Cote, J. A. & Buckley, M. R. (1989). Journal of Applied Psychology 74,
    462-468 (25 %). Schmid, J. & Leiman, J. M. (1957). Psychometrika 22, 53-61 (proportional loadings).
    Cheung, G. W. & Rensvold, R. B. (2002). Structural Equation Modeling 9, 233-255 (CFI difference).
    """
    return _method_factor(frame, constructs, True, estimator, missing, level)


def ulmc(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
) -> Result:
    """How much variance does one factor take that loads freely on every item: an unmeasured method construct?

    As `common_latent_factor`, without a common loading: each item has its own, and the difference test as many
    degrees of freedom as there are method loadings.

    Notes
    -----
    The test rejects too rarely: where nothing but the constructs is at work, loadings in proportion to the
    constructs' own change no fit, so that fewer directions than loadings are tested. The factor takes any
    common cause that was not measured, not only the method.

    Source
    ------
    Podsakoff et al. (2003), see `common_latent_factor`. Richardson, H. A., Simmering, M. J. & Sturman, M. C.
    (2009). Organizational Research Methods 12, 762-800 (how often it is wrong).
    """
    return _method_factor(frame, constructs, False, estimator, missing, level)


def _method_factor(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    equal: bool,
    estimator: str,
    missing: str,
    level: float,
) -> Result:
    what = "common latent factor" if equal else "unmeasured method construct"
    given = setting(frame, constructs, estimator, missing, what)
    touched = [i for own in given.places.values() if len(own) > 1 for i in own]
    if len(touched) < 4:
        raise ModelError(
            f"{what}: {len(touched)} items of constructs with several items, at least 4 are needed"
        )
    trait = given.fit(given.traits())
    method = _equal(given, trait, touched) if equal else _free(given, trait, touched)
    kept = method or trait
    load = np.zeros(len(given.items)) if method is None else method.loadings(METHOD)
    sign = -1.0 if load.sum() < 0 else 1.0
    load = sign * load
    share = {
        "trait": float((kept.own**2).mean()),
        "method": float((load**2).mean()),
        "error": float(kept.errors.mean()),
    }
    alike, loss = _proportional(given, trait, load), _second_order_loss(given, trait)
    test = NO_ROOM if method is None else difference(trait, method)
    label = "clf" if equal else "ulmc"
    rows = _common(method, touched[0], sign, level) if equal else []
    rows += [
        {
            "term": "chi2_difference",
            "estimate": test.chisq if test else math.nan,
            "p_value": test.p_value if test else math.nan,
        },
        *({"term": f"variance_{part}", "estimate": value} for part, value in share.items()),
    ]
    glance = {
        "n": float(kept.fit.n),
        "df_difference": test.df if test else math.nan,
        "level": level,
        "proportional": alike,
        "cfi_loss_second_order": loss,
        **trait.fitted_glance("trait"),
        **kept.fitted_glance("method"),
    }
    drop = trait.own - kept.own
    checks = [*trait.checks("trait"), *kept.checks(label), *_verdicts(given, share, drop, alike, loss)]
    tidy = pd.concat([tidy_frame(rows), _tables(given, trait, kept, load, level)])
    return Result(f"model.{label}", tidy, glance, tuple(checks), source_of(frame[list(given.items)]))


def _equal(given: Setting, trait: Fitted, touched: Sequence[int]) -> Fitted | None:
    """One common loading m; None where the likelihood is highest at m = 0, where scaled tests are not defined."""
    size = float(np.sqrt(given.frame.var().mean()))
    without = float(trait.fit.optimum.value)
    best, found = without - NOTHING, None
    for start in COMMON:
        line = f"{METHOD} =~ start({start * size})*x{touched[0] + 1} + "
        lines = [*given.traits(trait), line + " + ".join(f"m*x{i + 1}" for i in touched), _apart(given)]
        try:
            plain = replace(given, estimator=given.plainly).fit(lines, measured=False)
        except ModelError:  # a start that ends in a saddle
            continue
        if plain.fit.converged and float(plain.fit.optimum.value) < best:
            best, found = float(plain.fit.optimum.value), lines
    return None if found is None else given.fit(found)


def _free(given: Setting, trait: Fitted, touched: Sequence[int]) -> Fitted:
    """Free loadings: the best of a few starts that fits no worse than the model without the factor."""
    found = []
    for pattern in STARTS:
        leads = [f"start({pattern[place % len(pattern)]})*" for place in range(len(touched))]
        line = f"{METHOD} =~ " + " + ".join(f"{lead}x{i + 1}" for lead, i in zip(leads, touched, strict=True))
        with suppress(ModelError):
            found.append(given.fit([*given.traits(trait), line, _apart(given)]))
    worst = float(trait.fit.optimum.value) + NOTHING
    settled = [m for m in found if m.fit.converged and float(m.fit.optimum.value) <= worst]
    if not settled:
        raise ModelError(
            "unmeasured method construct: the answers do not determine a factor with free loadings on all items",
            hint="measurement.common_latent_factor, or a marker",
        )
    return min(settled, key=lambda fitted: float(fitted.fit.optimum.value))


def _apart(given: Setting) -> str:
    return given.uncorrelated(METHOD, [f"f{j + 1}" for j in range(len(given.blocks))])


def _proportional(given: Setting, trait: Fitted, common: np.ndarray) -> float:
    """Share of the squared method loadings (p,) that is in proportion to the items' own within constructs; NaN for none."""
    own = trait.own
    left = 0.0
    for places in given.places.values():
        l, m = own[places], common[places]
        left += float(((m - l * (l @ m) / (l @ l)) ** 2).sum())
    total = float((common**2).sum())
    return 1 - left / total if total > 1e-12 else math.nan


def _second_order_loss(given: Setting, trait: Fitted) -> float:
    """By how much one second-order factor in place of free correlations lowers the CFI; 0 with three constructs or fewer, NaN where it finds none."""
    if len(given.blocks) < 4:
        return 0.0
    general = "general =~ " + " + ".join(f"f{j + 1}" for j in range(len(given.blocks)))
    try:
        one = given.fit([*given.traits(), general])
    except ModelError:  # no single cause behind the constructs
        return math.nan
    if not one.fit.converged:
        return math.nan
    return trait.fitted_glance("")["cfi_"] - one.fitted_glance("")["cfi_"]


def _common(method: Fitted | None, place: int, sign: float, level: float) -> list[dict[str, object]]:
    if method is None:
        return [{"term": "method_loading", "estimate": 0.0}]
    row = method.raw(METHOD, "=~", f"x{place + 1}")
    est, se = sign * float(row["est"]), float(row["se"])
    reach = _z(level) * se
    found: dict[str, object] = {"term": "method_loading", "estimate": est, "std_error": se}
    return [found | {"ci_low": est - reach, "ci_high": est + reach, "p_value": float(row["p_value"])}]


def _tables(given: Setting, trait: Fitted, kept: Fitted, load: np.ndarray, level: float) -> pd.DataFrame:
    touched = [i for own in given.places.values() if len(own) > 1 for i in own]
    load, items = load[touched], [given.items[i] for i in touched]
    spread: dict[str, np.ndarray] = {}
    if kept is not trait:
        se, reach = kept.loadings(METHOD, "se")[touched], _z(level) * kept.loadings(METHOD, "se")[touched]
        p = kept.loadings(METHOD, "p_value")[touched]
        spread = {"std_error": se, "ci_low": load - reach, "ci_high": load + reach, "p_value": p}
    of = [f"{name}=~{item}" for name, block in given.blocks.items() for item in block]
    pairs = [f"{a}~{b}" for a, b in combinations(given.blocks, 2)]
    return pd.concat(
        [
            tidy_block("method_loading", items, load, **spread),
            tidy_block("loading", of, trait.own),
            tidy_block("loading_adjusted", of, kept.own),
            tidy_block("loading_drop", of, trait.own - kept.own),
            tidy_block("cor", pairs, trait.correlations()),
            tidy_block("cor_adjusted", pairs, kept.correlations()),
        ]
    )


def _verdicts(
    given: Setting, share: Mapping[str, float], drop: np.ndarray, alike: float, loss: float
) -> list[Check]:
    amount = share["method"]
    rule = f"< {SHARE:.2f} of the items' variance: the average of studies (Williams, Cote & Buckley 1989)"
    checks = [Check("check.method_variance", amount < SHARE, amount, rule)]
    matters = amount >= NEGLIGIBLE
    rule = f"< {ALIKE:.2f} of the squared method loadings in proportion to the items' own; "
    rule += "otherwise a second-order factor looks the same (Schmid & Leiman 1957)"
    checks.append(Check("check.method_mimic", not (matters and alike >= ALIKE), alike, rule))
    rule = f"> {CFI_LOSS:g} of CFI lost with one second-order factor for the correlations; "
    rule += "otherwise the factor may be that construct, not the method (Cheung & Rensvold 2002)"
    checks.append(Check("check.method_second_order", not (matters and loss <= CFI_LOSS), loss, rule))
    of = [f"{name}=~{item}" for name, items in given.blocks.items() for item in items]
    rule = f"<= {DROP:.2f}: fall of the standardised loading (Serrano Archimi et al. 2018)"
    return checks + [
        Check(f"check.loading_drop:{subject}", False, value, rule)
        for subject, value in zip(of, drop, strict=True)
        if abs(value) > DROP
    ]


def _z(level: float) -> float:
    return float(ndtri((1 + level) / 2))
