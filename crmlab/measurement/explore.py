"""The exploratory part of step 04: missing answers, items, adequacy, number of factors, factors, hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import pandas as pd

from crmlab.measurement.adequacy import bartlett, kmo, mardia
from crmlab.measurement.consistency import inter_item
from crmlab.measurement.factor_number import map_test, parallel_analysis
from crmlab.measurement.factors import efa
from crmlab.measurement.hierarchy import omega_hierarchical
from crmlab.measurement.missingness import missingness
from crmlab.result import NUMBERS, Check, Result, attempt, tidy_frame

SAMPLES = 1000  # of the parallel analysis
GENERAL = ("omega_h", "omega_total", "ecv")
PAIRS = ("mean_r", "min_r", "max_r")


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """The saved results of the exploratory part of step 04, by their names in docs/terms.md; None is not asked for."""

    missing: Result
    inter_item: Result
    normality: Result
    kmo: Result | None
    bartlett: Result | None
    parallel: Result | None
    map: Result | None
    efa: Result | None
    general: Result | None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result; only what was asked for."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: result for name, result in found.items() if result is not None}


def explore(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    higher_order: Mapping[str, Sequence[str]] | None = None,
    number: str | int | None = "parallel",
    method: str = "minres",
    rotation: str = "oblimin",
    seed: int = 0,
    kmo_limit: float = 0.60,
    alpha: float = 0.05,
) -> Exploration:
    """What do the answers look like before a model is imposed on them?

    Parameters
    ----------
    frame : answers, reverse items already turned; missing = NaN
    constructs : first-order construct -> items
    higher_order : second-order construct -> its dimensions
    number : of factors: "parallel" (component eigenvalues above the 95 % quantile of random ones), "map"
        (Velicer, 1976), "constructs" (one for each), or how many; None leaves exploratory factor analysis out
    method, rotation : as in `efa`
    seed : of the parallel analysis
    kmo_limit, alpha : limits of the study

    Returns
    -------
    Exploration
        `inter_item` holds `mean_r`, `min_r`, `max_r:<construct>`, `general` holds `omega_h`, `omega_total`, `ecv:<second-order
        construct>`. An analysis that these data do not allow is a Result without rows and with the failed check
        `check.possible`.
    """
    items = list(dict.fromkeys(chain.from_iterable(constructs.values())))
    orders = {
        name: [i for part in parts for i in constructs[part]] for name, parts in (higher_order or {}).items()
    }
    groups = {name: len(parts) for name, parts in (higher_order or {}).items()}
    general = {
        name: partial(omega_hierarchical, frame, groups[name], items=block) for name, block in orders.items()
    }
    pairs = {name: partial(inter_item, frame, block) for name, block in constructs.items() if len(block) > 1}
    found: dict[str, Result | None] = dict.fromkeys(("kmo", "bartlett", "parallel", "map", "efa"))
    if number is not None:
        found = _factors(frame, items, len(constructs), number, method, rotation, seed, kmo_limit, alpha)
    return Exploration(
        missing=missingness(frame, constructs, alpha=alpha),
        inter_item=gathered("model.inter_item", PAIRS, pairs),
        normality=attempt("model.mardia", lambda: mardia(frame, items)),
        general=gathered("model.general", GENERAL, general) if general else None,
        **found,
    )


def gathered(model: str, quantities: Sequence[str], makers: Mapping[str, Any]) -> Result:
    """One Result from the same question about several constructs: `<quantity>:<construct>`, checks with their construct."""
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    made = {name: attempt(model, make) for name, make in makers.items()}
    for quantity in quantities:
        for name, one in made.items():
            if quantity in one:
                row = {column: one.cell(quantity, column) for column in NUMBERS}
                rows.append({"term": f"{quantity}:{name}", **row})
    for name, one in made.items():
        checks += [check if ":" in check.name else _of(name, check) for check in one.checks]
    kept = {check.name: check for check in checks}
    first = next(iter(made.values()), None)
    return Result(model, tidy_frame(rows), {}, tuple(kept.values()), first.source if first else {})


def _of(name: str, check: Check) -> Check:
    return Check(f"{check.name}:{name}", check.ok, check.value, check.rule)


def _factors(
    frame: pd.DataFrame, items: Sequence[str], constructs: int, number: str | int, method: str, rotation: str,
    seed: int, limit: float, alpha: float,
) -> dict[str, Result | None]:  # fmt: skip
    parallel = attempt(
        "model.parallel_analysis", lambda: parallel_analysis(frame, SAMPLES, seed, items=items)
    )
    velicer = attempt("model.map", lambda: map_test(frame, items))
    said = {
        "parallel": _told(parallel, "factors_quantile"),
        "map": _told(velicer, "factors"),
        "constructs": constructs,
    }
    k = max(int(said[number] if isinstance(number, str) else number), 1)
    p = len(items)
    most = max([m for m in range(1, p + 1) if (p - m) ** 2 >= p + m], default=1)
    return {
        "kmo": _limited(attempt("model.kmo", lambda: kmo(frame, items)), limit),
        "bartlett": _significant(attempt("model.bartlett", lambda: bartlett(frame, items)), alpha),
        "parallel": parallel,
        "map": velicer,
        "efa": attempt(
            f"model.efa_{method}", lambda: efa(frame, min(k, most), method, rotation, items=items)
        ),
    }


def _told(result: Result, term: str) -> float:
    """What a criterion says; one factor where it could not be computed."""
    return result[term] if term in result else 1.0  # noqa: SIM401 - a Result has no get


def _limited(result: Result, limit: float) -> Result:
    """KMO judged by the study's limit."""
    rule = f">= {limit:.2f} (Kaiser & Rice 1974)"
    return _judged(result, "check.kmo", lambda value: value >= limit, rule)


def _significant(result: Result, alpha: float) -> Result:
    rule = f"p < {alpha:g}: the items correlate (Bartlett 1951)"
    return _judged(result, "check.bartlett", lambda value: value < alpha, rule)


def _judged(result: Result, name: str, holds: Any, rule: str) -> Result:
    checks = [
        Check(name, holds(check.value), check.value, rule) if check.name == name else check
        for check in result.checks
    ]
    return Result(result.model, result.tidy, result.glance, tuple(checks), result.source)
