"""What does a measured marker explain of the items? The confirmatory factor analysis marker technique."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crmlab.errors import ModelError
from crmlab.measurement.method_models import Fitted, Setting, difference, setting
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.sem.compare import Difference

MODELS = ("cfa", "baseline", "method_c", "method_u", "method_r")
SIGNIFICANT = 0.05
SENSITIVITY = (0.05, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The five models, and the tests between them."""

    models: dict[str, Fitted]
    tests: dict[str, Difference | None]
    kept: str

    @property
    def method(self) -> Fitted:
        """The model with method loadings that is kept: equal (method_c) or free (method_u)."""
        return self.models[self.kept]


def cfa_marker(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    marker: Sequence[str],
    *,
    estimator: str = "MLR",
    missing: str = "fiml",
    level: float = 0.95,
) -> Result:
    """Does a marker that should have nothing to do with the constructs explain their items, and their correlations?

    Parameters
    ----------
    frame : answers, reverse items already turned
    constructs : substantive construct -> items (two items or more each)
    marker : items of the marker, two or more
    estimator, missing : as in `sem.cfa`
    level : of the method loadings' intervals

    Returns
    -------
    Result
        Per model (`cfa`, `baseline`, `method_c`, `method_u`, `method_r`): `chi2:<model>` with p, `df:<model>`,
        `cfi:<model>`. `chi2_difference:baseline~method_c`, `…:method_c~method_u`,
        `…:<kept>~method_r` with p, and `df_difference:…`. From the kept method model `method_loading:<item>`
        (standardised); `cor:<A>~<B>` of the baseline, `cor_adjusted:<A>~<B>` of the kept model,
        `cor_s05:<A>~<B>` and `cor_s01:<A>~<B>` with the method loadings at the upper end of their 95 and 99 %
        interval; `reliability:<A>` of the baseline, `reliability_adjusted:<A>` (due to the construct),
        `reliability_method:<A>` (due to the marker), `method_share:<A>` (their ratio to the whole).
        `glance`: n, `kept_equal` (1 if the equal loadings are kept).

    Notes
    -----
    baseline: the marker uncorrelated with the constructs, its loadings and errors fixed at their values in
    the cfa model (all factors correlated). method_c: the marker also loads on every substantive item,
    equally; method_u: freely. The freer one is kept if it fits better at .05. method_r: the kept model with
    the constructs' correlations fixed at those of the baseline. baseline against method_c asks whether there
    is method variance, method_c against method_u whether it is the same for all items, the kept model
    against method_r whether it biases the correlations. Factor variances are 1.
    reliability = (sum l)^2 / ((sum l)^2 + (sum m)^2 + sum of errors), l and m standardised loadings on the
    construct and the marker.

    Source
    ------
    Williams, L. J., Hartman, N. & Cavazotte, F. (2010). Organizational Research Methods 13(3), 477-514.
    """
    given, own = _admit(frame, constructs, marker, estimator, missing)
    ladder = _climb(given, own)
    k = len(constructs)
    names = list(given.blocks)[:k]
    tidy = pd.concat(
        [
            _fits(ladder),
            _method_loadings(given, ladder, own, level),
            _correlations(given, ladder, own, names),
            _reliabilities(given, ladder, names),
        ]
    )
    glance = {
        "n": float(ladder.method.fit.n),
        "level": level,
        "kept_equal": float(ladder.kept == "method_c"),
    }
    checks = [check for name, model in ladder.models.items() for check in model.checks(name)]
    checks += _verdicts(ladder)
    return Result("model.cfa_marker", tidy, glance, tuple(checks), source_of(frame[list(given.items)]))


def _admit(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    marker: Sequence[str],
    estimator: str,
    missing: str,
) -> tuple[Setting, int]:
    """The setting with the marker as the last factor; with it the number of substantive items."""
    what = "CFA marker"
    if len(marker) < 2:
        raise ModelError(
            f"{what}: the marker has {len(marker)} items, at least 2 are needed",
            hint="with one item use measurement.marker, on correlations",
        )
    small = next((name for name, items in constructs.items() if len(items) < 2), None)
    if small is not None:
        raise ModelError(f"{what}: construct '{small}' has fewer than 2 items", hint="leave it out")
    if len(constructs) < 2:
        raise ModelError(f"{what}: {len(constructs)} constructs, at least 2 are needed")
    last = "marker" if "marker" not in constructs else "marker'"
    given = setting(frame, {**constructs, last: marker}, estimator, missing, what)
    return given, sum(len(items) for items in constructs.values())


def _climb(given: Setting, own: int) -> Ladder:
    k = len(given.blocks) - 1
    cfa = given.fit(given.traits())
    marker, free = f"f{k + 1}", [f"f{j + 1}" for j in range(k)]
    fixed = [_value(cfa, marker, "=~", f"x{i + 1}") for i in range(own, len(given.items))]
    fixed += [_value(cfa, f"x{i + 1}", "~~", f"x{i + 1}") for i in range(own, len(given.items))]
    base = [*given.traits(cfa, k), *fixed, given.uncorrelated(marker, free)]
    models = {"cfa": cfa, "baseline": given.fit(base)}
    models["method_c"] = given.fit([*base, _loads(marker, ["m*"] * own)])
    models["method_u"] = given.fit([*base, _loads(marker, ["start(0.1)*"] * own)])
    tests = {
        f"{a}~{b}": difference(models[a], models[b])
        for a, b in (("baseline", "method_c"), ("method_c", "method_u"))
    }
    last = tests["method_c~method_u"]
    kept = "method_u" if last is not None and last.p_value < SIGNIFICANT else "method_c"
    load = ["m*"] * own if kept == "method_c" else ["start(0.1)*"] * own
    pairs = [
        f"{a} ~~ {r!r}*{b}"
        for (a, b), r in zip(combinations(free, 2), _cor(models["baseline"], k), strict=True)
    ]
    models["method_r"] = given.fit([*base, _loads(marker, load), *pairs])
    tests[f"{kept}~method_r"] = difference(models["method_r"], models[kept])
    return Ladder(models, tests, kept)


def _value(model: Fitted, lhs: str, op: str, rhs: str) -> str:
    """A line that fixes a parameter at its estimate."""
    return f"{lhs} {op} {float(model.raw(lhs, op, rhs)['est'])!r}*{rhs}"


def _loads(marker: str, leads: Sequence[str]) -> str:
    return f"{marker} =~ " + " + ".join(f"{lead}x{i + 1}" for i, lead in enumerate(leads))


def _cor(model: Fitted, k: int) -> list[float]:
    """Correlations of the first k factors, pair by pair."""
    cov = model.fit.implied["latent_cov"]
    names = [f"f{j + 1}" for j in range(k)]
    sign = dict(zip(names, model.signs, strict=False))
    return [
        float(sign[a] * sign[b] * cov.loc[a, b] / math.sqrt(cov.loc[a, a] * cov.loc[b, b]))
        for a, b in combinations(names, 2)
    ]


def _fits(ladder: Ladder) -> pd.DataFrame:
    rows = []
    for name, model in ladder.models.items():
        found = model.fitted_glance("")
        p = model.fit.fit_measures.get("pvalue.scaled", model.fit.fit_measures["pvalue"])
        rows += [
            {"term": f"chi2:{name}", "estimate": found["chi2_"], "p_value": p},
            {"term": f"df:{name}", "estimate": found["df_"]},
            {"term": f"cfi:{name}", "estimate": found["cfi_"]},
        ]
    for pair, test in ladder.tests.items():
        value, p, df = (test.chisq, test.p_value, test.df) if test else (math.nan,) * 3
        rows += [
            {"term": f"chi2_difference:{pair}", "estimate": value, "p_value": p},
            {"term": f"df_difference:{pair}", "estimate": df},
        ]
    return tidy_frame(rows)


def _method_loadings(given: Setting, ladder: Ladder, own: int, level: float) -> pd.DataFrame:
    marker = f"f{len(given.blocks)}"
    load, se, p = (ladder.method.loadings(marker, column)[:own] for column in ("est_std", "se", "p_value"))
    reach = float(ndtri((1 + level) / 2)) * se
    return tidy_block(
        "method_loading",
        given.items[:own],
        load,
        std_error=se,
        ci_low=load - reach,
        ci_high=load + reach,
        p_value=p,
    )


def _correlations(given: Setting, ladder: Ladder, own: int, names: Sequence[str]) -> pd.DataFrame:
    pairs = [f"{a}~{b}" for a, b in combinations(names, 2)]
    k = len(names)
    blocks = [
        tidy_block("cor", pairs, _cor(ladder.models["baseline"], k)),
        tidy_block("cor_adjusted", pairs, _cor(ladder.method, k)),
    ]
    for alpha in SENSITIVITY:
        values = _cor(_pushed(given, ladder, own, alpha), k)
        blocks.append(tidy_block(f"cor_s{alpha * 100:02.0f}", pairs, values))
    return pd.concat(blocks)


def _pushed(given: Setting, ladder: Ladder, own: int, alpha: float) -> Fitted:
    """The kept model with unstandardised method loadings at the outer end of their 1 - alpha interval."""
    k = len(given.blocks) - 1
    marker, free = f"f{k + 1}", [f"f{j + 1}" for j in range(k)]
    rows = [ladder.method.raw(marker, "=~", f"x{i + 1}") for i in range(own)]
    z = float(ndtri(1 - alpha / 2))
    ends = [float(row["est"]) + math.copysign(z * float(row["se"]), float(row["est"])) for row in rows]
    cfa = ladder.models["cfa"]
    fixed = [_value(cfa, marker, "=~", f"x{i + 1}") for i in range(own, len(given.items))]
    fixed += [_value(cfa, f"x{i + 1}", "~~", f"x{i + 1}") for i in range(own, len(given.items))]
    method = _loads(marker, [f"{end!r}*" for end in ends])
    return given.fit([*given.traits(cfa, k), *fixed, given.uncorrelated(marker, free), method])


def _reliabilities(given: Setting, ladder: Ladder, names: Sequence[str]) -> pd.DataFrame:
    marker = f"f{len(given.blocks)}"
    base, method = ladder.models["baseline"], ladder.method
    rows: dict[str, list[float]] = {"": [], "_adjusted": [], "_method": []}
    for j, name in enumerate(names):
        places = given.places[name]
        l0, e0 = base.loadings(f"f{j + 1}")[places].sum(), base.errors[places].sum()
        l, m = (method.loadings(factor)[places].sum() for factor in (f"f{j + 1}", marker))
        total = l**2 + m**2 + method.errors[places].sum()
        rows[""].append(l0**2 / (l0**2 + e0))
        rows["_adjusted"].append(l**2 / total)
        rows["_method"].append(m**2 / total)
    share = np.array(rows["_method"]) / (np.array(rows["_adjusted"]) + np.array(rows["_method"]))
    return pd.concat(
        [
            *(tidy_block(f"reliability{kind}", names, values) for kind, values in rows.items()),
            tidy_block("method_share", names, share),
        ]
    )


def _verdicts(ladder: Ladder) -> list[Check]:
    rules = {
        "baseline~method_c": (
            "check.marker_variance",
            "the marker explains no item (baseline against method_c)",
        ),
        f"{ladder.kept}~method_r": (
            "check.marker_bias",
            "the marker biases no correlation (against method_r)",
        ),
    }
    found = []
    for pair, (name, words) in rules.items():
        test = ladder.tests[pair]
        value = math.nan if test is None else test.p_value
        rule = f"p >= {SIGNIFICANT:g}: {words} (Williams, Hartman & Cavazotte 2010)"
        found.append(Check(name, value >= SIGNIFICANT, value, rule))
    return found
