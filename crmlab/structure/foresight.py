"""Could the planned sample show what is expected? Simulated power and precision of every hypothesis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.design import counted
from crmlab.structure.executor import Progress
from crmlab.structure.population import Population
from crmlab.structure.power import monte_carlo_power
from crmlab.structure.power_groups import size_needed


@dataclass(frozen=True, slots=True, eq=False)
class Foresight:
    """What a sample could show.

    Attributes
    ----------
    hypotheses : `hypotheses`, `direct`, `mediated`, `any_false`; `expected`, `power`, `width`, `n:<H>`
    power : engine -> from `monte_carlo_power`
    needed : engine -> from `size_needed`
    """

    hypotheses: Result
    power: dict[str, Result]
    needed: dict[str, Result]

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result: `hypotheses`, `power_<engine>`, `needed_<engine>`."""
        found = {"hypotheses": self.hypotheses}
        found |= {f"power_{engine}": result for engine, result in self.power.items()}
        return found | {f"needed_{engine}": result for engine, result in self.needed.items()}

    @property
    def first(self) -> Result | None:
        """The sizes needed by the first engine; None where nothing was simulated."""
        return next(iter(self.needed.values()), None)


def foresee(
    hypotheses: Mapping[str, Sequence[str]],
    population: Population | None,
    *,
    sizes: Sequence[int],
    planned: int | None = None,
    signs: Mapping[str, str] | None = None,
    further: int = 0,
    wanted: float = 0.80,
    engines: Sequence[str] = ("sem",),
    estimator: str = "ML",
    replications: int = 200,
    resamples: int = 200,
    seed: int = 0,
    level: float = 0.95,
    alpha: float = 0.05,
    executor: Executor | None = None,
    workers: int | None = 1,
    progress: Progress | None = None,
) -> Foresight:
    """Could samples of these sizes show what the hypotheses expect?

    Parameters
    ----------
    hypotheses : id -> constructs from source to target; two for a direct effect, more for a mediated one
    population : what is expected to be true; None simulates nothing
    sizes : numbers of respondents to try
    planned : the number planned, one of `sizes`; None judges the largest
    signs : id -> "+", "-" or ""
    further : hypotheses of other kinds, which no path of the model answers; they are counted only
    wanted : power wanted
    engines, estimator, replications, resamples, seed, level, executor, workers, progress : as `monte_carlo_power`
    alpha : of a test, for the chance of any false one among the hypotheses

    Returns
    -------
    Foresight
        Power at the planned number has its Monte Carlo error and interval. Power below what is wanted, and an
        expected effect whose sign is not the hypothesis's, are failed checks.

    Raises
    ------
    ModelError
        A size too small for the items.
    """
    rows = counted(hypotheses, alpha, further)
    if population is None:
        return Foresight(Result("model.hypotheses", tidy_frame(rows), {"alpha": alpha}), {}, {})
    power = {
        engine: monte_carlo_power(
            population, sizes, engine=engine, estimator=estimator, replications=replications,
            resamples=resamples, seed=seed, level=level, executor=executor, workers=workers, progress=progress,
        )
        for engine in dict.fromkeys(engines)
    }  # fmt: skip
    possible = {engine: _possible(found) for engine, found in power.items()}
    needed = {e: size_needed(one, power=wanted) for e, one in possible.items() if len(one.select("power"))}
    engine = next(iter(power))
    n = max(sizes) if planned is None else planned
    judged, checks = _judged(hypotheses, signs or {}, power[engine], needed.get(engine), n, wanted)
    glance = {"n": n, "wanted": wanted, "replications": replications, "level": level, "alpha": alpha}
    told = Result("model.hypotheses", tidy_frame(rows + judged), glance, tuple(checks), power[engine].source)
    return Foresight(told, power, needed)


def _possible(found: Result) -> Result:
    """Without effects of nothing: there is no power to reach for them, only a rate of false alarms."""
    nothing = [str(of) for of, row in found.select("planted").iterrows() if row["estimate"] == 0]
    drop = [term for term in found.tidy["term"] if any(term.startswith(f"power:{of}.") for of in nothing)]
    kept = found.tidy.loc[~found.tidy["term"].isin(drop)]
    return Result(found.model, kept, found.glance, found.checks, found.source)


def _judged(
    hypotheses: Mapping[str, Sequence[str]],
    signs: Mapping[str, str],
    power: Result,
    needed: Result | None,
    n: int,
    wanted: float,
) -> tuple[list[dict[str, object]], list[Check]]:
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    for name, chain in hypotheses.items():
        subject = "~".join(reversed(chain))
        if f"planted:{subject}" not in power:
            continue
        value = power[f"planted:{subject}"]
        rows.append({"term": f"expected:{name}", "estimate": value})
        if f"power:{subject}.{n}" in power:
            columns = ("estimate", "std_error", "ci_low", "ci_high")
            cells = {column: power.cell(f"power:{subject}.{n}", column) for column in columns}
            rows.append({"term": f"power:{name}", **cells})
            rows.append({"term": f"width:{name}", "estimate": power[f"width:{subject}.{n}"]})
            if value:
                share = float(cells["estimate"])
                rule = f">= {wanted:.2f} (Cohen 1988)"
                checks.append(Check(f"check.power_planned:{name}", share >= wanted, share, rule))
        least = needed[f"n:{subject}"] if needed is not None and f"n:{subject}" in needed else math.nan
        rows.append({"term": f"n:{name}", "estimate": least})
        wrong = {"+": value < 0, "-": value > 0}.get(signs.get(name, ""), False)
        if wrong:
            rule = f"the expected effect has the sign of the hypothesis ({signs[name]})"
            checks.append(Check(f"check.expected_sign:{name}", False, value, rule))
    return rows, checks
