"""Step 01: the instrument in numbers, what a sample could show, and how large it has to be by every rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.fit_power import rmsea_sample_size
from crmlab.structure.regression_power import regression_sample_size
from crmlab.structure.sample_size import cochran, gamma_exponential, inverse_square_root, krejcie_morgan

RULES = (
    "cochran",
    "krejcie_morgan",
    "inverse_square_root",
    "gamma_exponential",
    "regression",
    "rmsea_close",
    "monte_carlo",
)
ENDLESS = 10_000_000  # respondents that no study has; Krejcie and Morgan's formula needs a population


def instrument(
    blocks: Mapping[str, Sequence[str]], points: Mapping[str, int], reverse: Collection[str] = ()
) -> Result:
    """How many items measure each construct, on how many points, how many of them are reversed?

    Parameters
    ----------
    blocks : first-order construct -> items
    points : item -> points of its scale
    reverse : items that are worded against their construct

    Returns
    -------
    Result
        `items`, `reversed`, `points:<construct>` (the most common number); `items`, `constructs` in all. A construct
        of fewer than three items is a failed check.
    """
    most = {name: _common([points[item] for item in items]) for name, items in blocks.items()}
    rows = [
        {"term": "constructs", "estimate": len(blocks)},
        {"term": "items", "estimate": sum(len(items) for items in blocks.values())},
    ]
    for name, items in blocks.items():
        rows += [
            {"term": f"items:{name}", "estimate": len(items)},
            {"term": f"reversed:{name}", "estimate": sum(item in reverse for item in items)},
            {"term": f"points:{name}", "estimate": most[name]},
        ]
    checks = [
        Check(
            f"check.few_items:{name}", False, len(items), ">= 3 items of a reflective construct (Bollen 1989)"
        )
        for name, items in blocks.items()
        if len(items) < 3
    ]
    return Result("model.instrument", tidy_frame(rows), {}, tuple(checks))


def sample_sizes(
    *,
    people: int | None = None,
    proportion: float = 0.5,
    margin: float = 0.05,
    level: float = 0.95,
    effect: float = 0.20,
    f2: float = 0.15,
    predictors: int = 1,
    df: int | None = None,
    alpha: float = 0.05,
    power: float = 0.80,
    planned: int | None = None,
    expected: bool = True,
    needed: Result | None = None,
) -> Result:
    """How many respondents, by every rule side by side?

    Parameters
    ----------
    people : size of the population, None for a very large one
    proportion, margin, level : of the rules for a proportion
    effect : smallest standardised path, for the rules of PLS
    f2, predictors : of the smallest path, for the rule of regression
    df : degrees of freedom of the model, None leaves out the rule of fit
    alpha, power : of the tests
    planned : respondents planned
    expected : False if `effect` and `f2` are conventions because no effect is expected by name
    needed : from `size_needed`, the simulated answer

    Returns
    -------
    Result
        `n:<rule>`; `planned`; `largest` of all rules. `glance` holds what they rest on. A planned number below the
        largest is a failed check; a rule that cannot be computed is a failed `check.possible:<rule>`.
    """
    makers: dict[str, Callable[[], Result]] = {
        "cochran": lambda: cochran(p=proportion, margin=margin, level=level, population=people),
        "krejcie_morgan": lambda: krejcie_morgan(people or ENDLESS, p=proportion, margin=margin, level=level),
        "inverse_square_root": lambda: inverse_square_root(effect, alpha=alpha, power=power),
        "gamma_exponential": lambda: gamma_exponential(effect, alpha=alpha, power=power),
        "regression": lambda: regression_sample_size(f2, predictors=predictors, alpha=alpha, power=power),
    }
    if not predictors:
        del makers["regression"]
    if df is not None and df > 0:
        makers["rmsea_close"] = lambda: rmsea_sample_size(df, alpha=alpha, power=power)
    found: dict[str, float] = {}
    checks: list[Check] = []
    for rule, make in makers.items():
        try:
            found[rule] = make()[f"n:{rule}"]
        except ModelError as error:
            checks.append(Check(f"check.possible:{rule}", False, math.nan, str(error).partition("\n")[0]))
    if needed is not None:
        values = needed.select("n")["estimate"]
        found["monte_carlo"] = float(values.max(skipna=False)) if len(values) else math.nan
    known = [n for n in found.values() if math.isfinite(n)]
    rows = [{"term": f"n:{rule}", "estimate": n} for rule, n in found.items()]
    rows.append({"term": "largest", "estimate": max(known, default=math.nan)})
    if planned is not None:
        rows.append({"term": "planned", "estimate": planned})
        checks += [_enough(max(known), planned)] if known else []
    given = {
        "people": math.nan if people is None else people, "proportion": proportion, "margin": margin, "level": level,
        "effect": effect, "f2": f2, "predictors": predictors, "df": math.nan if df is None else df, "alpha": alpha,
        "power": power, "expected": float(expected),
    }  # fmt: skip
    return Result("model.sample_size", tidy_frame(rows), given, tuple(checks))


def _enough(largest: float, planned: int) -> Check:
    return Check(
        "check.planned_n", planned >= largest, planned, f">= {largest:.0f} respondents, by the largest rule"
    )


def _common(values: Sequence[int]) -> int:
    return max(set(values), key=lambda one: (values.count(one), one)) if values else 0


def counted(
    hypotheses: Mapping[str, Sequence[str]], alpha: float, further: int = 0
) -> list[dict[str, object]]:
    """Rows that count hypotheses: all, direct, mediated, of other kinds; and the chance of a false one among so many."""
    k = len(hypotheses)
    direct = sum(len(chain) == 2 for chain in hypotheses.values())
    rows: list[dict[str, object]] = [
        {"term": "hypotheses", "estimate": k + further},
        {"term": "direct", "estimate": direct},
        {"term": "mediated", "estimate": k - direct},
    ]
    rows += [{"term": "further", "estimate": further}] if further else []
    return [*rows, {"term": "any_false", "estimate": 1 - (1 - alpha) ** (k + further)}]
