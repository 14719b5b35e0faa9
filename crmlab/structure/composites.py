"""Groups by PLS: are composites the same in every group (MICOM), and do their paths and indirect effects differ?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.pls.bootstrap import summary
from crmlab.pls.equality import equal_effects
from crmlab.pls.groups import fit_group, members, micom
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.group_model import Pair
from crmlab.structure.multiplicity import holm

PERMUTATIONS, RESAMPLES = 500, 500
MICOM_PERMUTATIONS = (
    2000  # over all pairs of groups; every two groups get at least LEAST and at most MOST of them
)
LEAST, MOST = 200, 500
SIGNIFICANT, POWER = 0.05, 0.80
COMPARED = ("path", "indirect")
MICOM = "permutation p >= 0.05 (Henseler, Ringle & Sarstedt 2016)"


@dataclass(frozen=True, slots=True, eq=False)
class Composites:
    """`composites`: invariance of the composites and their means. `paths`: what differs, where that is allowed."""

    composites: Result
    paths: Result


def compare_composites(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Sequence[Pair],
    group: str,
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    missing: str = "mean",
    partial: bool = True,
    permutations: int = PERMUTATIONS,
    resamples: int = RESAMPLES,
    smallest: float = 0.20,
    seed: int = 0,
    level: float = 0.95,
) -> Composites:
    """Do groups differ, by PLS: paths and indirect effects of composites that are the same in both?

    Parameters
    ----------
    frame, constructs, paths, higher_order, modes, scheme, missing : as in `pls.fit`, of the rows of all groups
    group : column of the groups, two or more
    partial : compare what is left where some composites differ between two groups; else nothing of these two
    permutations, resamples : of group membership, for tests of equal effects; of the rows of each group
    smallest : smallest difference of standardised paths worth finding
    seed, level : of the random numbers, of the intervals

    Returns
    -------
    Composites
        `composites`: `n:<g>`; for every two groups and every construct that a path joins
        `compositional:<construct>@<a>-<b>` (c, its 5 % quantile in `ci_low`, p), `mean_difference:` and
        `log_variance_ratio:` (interval of permutations, p; first group less second), `invariant:` (0 composites
        differ, 0.5 the same, 1 also equal means and variances), `p_holm:` of the mean differences that may be read.
        `paths`: `n:<g>`; `path:<t>~<s>@<g>`, `indirect:<...>@<g>` (standardised; se, percentile interval, p);
        where every construct of the effect is invariant, `path_difference:<...>@<a>-<b>`, `indirect_difference:`
        (se, interval, p from resamples of both groups), `p_holm_pair:<...>@<a>-<b>` of the paths, `detectable:`
        and `size_needed:<path>`; where that holds for every two groups, `equal:<path>` and
        `equal_indirect:<...>` (permutation test over all groups) and `p_holm:<path>`. A composite that differs is
        the failed check `compositional`, a path that is not compared at all the failed check `comparable`.

    Raises
    ------
    ModelError
        A group too small for the model, a model that cannot be computed.

    Notes
    -----
    Step 1 of MICOM, the same items and treatment for all, holds by design: one model, one seed, signs as in the
    whole sample. A difference's standard error is that of two independent groups, its p normal; its interval joins
    the k-th resample of one group with the k-th of the other. Composites are compared one by one at .05, as MICOM
    has it: with many constructs and groups chance alone refuses some.

    Source
    ------
    Henseler, J., Ringle, C. M. & Sarstedt, M. (2016). International Marketing Review 33(3), 405-431. Chin, W. W. &
    Dibbern, J. (2010). In Handbook of Partial Least Squares, 171-193 (permutation).
    """
    linked = list(dict.fromkeys(name for pair in paths for name in pair))
    if not linked:
        raise ModelError("no path is given to compare")
    whole = pls.fit(
        frame, constructs, paths, modes=modes, scheme=scheme, higher_order=higher_order, missing=missing
    )
    by = frame[group]
    sizes = {str(name): int(size) for name, size in by.loc[whole.index].value_counts().sort_index().items()}
    pairs = list(combinations(sizes, 2))
    shuffles = min(MOST, max(LEAST, MICOM_PERMUTATIONS // max(1, len(pairs))))
    judged = _invariance(micom(whole, by, permutations=shuffles, seed=seed), linked, pairs, sizes, level)
    same = {pair: {c for c in linked if judged[f"invariant:{c}@{'-'.join(pair)}"] > 0} for pair in pairs}
    if not partial:
        same = {pair: names if len(names) == len(linked) else set() for pair, names in same.items()}
    parts = _groups(whole, by, resamples, seed)
    equal = equal_effects(whole, by, n=permutations, seed=seed, quantities=COMPARED)
    rows: list[dict[str, object]] = [{"term": f"n:{g}", "estimate": n} for g, n in sizes.items()]
    rows += [row for name, part in parts.items() for row in part.rows(name, level)]
    apart, checks = _differences(parts, same, level)
    errors = {str(row["term"]): float(row.get("std_error", math.nan)) for row in apart}  # type: ignore[arg-type]
    rows += [*apart, *reach(errors, sizes, smallest, level), *_equal(equal, same)]
    checks += [c for part in parts.values() for c in part.checks]
    checks += [c for c in (*judged.checks, *equal.checks) if not c.ok]
    glance = {"n": whole.n, "level": level, "permutations": permutations, "resamples": resamples}
    glance |= {"smallest": smallest, "power": POWER}
    source = whole.source | {"seed": str(seed)}
    return Composites(
        judged, Result("model.compare_composites", tidy_frame(rows), glance, tuple(checks), source)
    )


def _invariance(
    found: Result, linked: list[str], pairs: list[Pair], sizes: Mapping[str, int], level: float
) -> Result:
    """MICOM's numbers under our terms, and how far each composite is invariant between each two groups."""
    rows: list[dict[str, object]] = [{"term": f"n:{g}", "estimate": n} for g, n in sizes.items()]
    checks: list[Check] = []
    means: dict[str, float] = {}
    for a, b in pairs:
        for name in linked:
            old, new = f"{name}.{a}-{b}", f"{name}@{a}-{b}"
            p: dict[str, float] = {}
            for quantity in ("compositional", "mean_difference", "log_variance_ratio"):
                cells = {
                    c: found.cell(f"{quantity}:{old}", c)
                    for c in ("estimate", "ci_low", "ci_high", "p_value")
                }
                p[quantity] = cells["p_value"]
                rows.append({"term": f"{quantity}:{new}", **cells})
            same = p["compositional"] >= SIGNIFICANT
            full = same and min(p["mean_difference"], p["log_variance_ratio"]) >= SIGNIFICANT
            rows.append({"term": f"invariant:{new}", "estimate": 1.0 if full else 0.5 if same else 0.0})
            checks.append(Check(f"check.compositional:{name}~{a}~{b}", same, p["compositional"], MICOM))
            if same:
                means[new] = p["mean_difference"]
    adjusted = holm(np.array(list(means.values())))
    rows += [{"term": f"p_holm:{of}", "estimate": v} for of, v in zip(means, adjusted, strict=True)]
    glance = found.glance | {"level": level}
    return Result("model.composites", tidy_frame(rows), glance, tuple(checks), found.source)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group: its effects and their resamples (Q, B)."""

    effects: tuple[str, ...]
    estimates: np.ndarray
    draws: np.ndarray
    checks: tuple[Check, ...]

    def rows(self, name: str, level: float) -> list[dict[str, object]]:
        """Every effect in this group, with its interval."""
        columns = summary(self.draws, level, None)
        return [
            {
                "term": f"{effect}@{name}",
                "estimate": self.estimates[k],
                **{column: values[k] for column, values in columns.items()},
            }
            for k, effect in enumerate(self.effects)
        ]


def _groups(whole: pls.PlsFit, by: pd.Series, resamples: int, seed: int) -> dict[str, _Part]:
    found = members(whole, by)
    parts: dict[str, _Part] = {}
    for k, (name, rows) in enumerate(zip(found.names, found.rows, strict=True)):
        fit = fit_group(whole, rows, name)
        boot = fit.bootstrap(resamples, seed + k)
        effects = tuple(t for t in boot.terms if t.partition(":")[0] in COMPARED)
        places = [boot.terms.index(term) for term in effects]
        limit = 0.01 * resamples
        rule = f"<= 1 % of {resamples} resamples without a solution"
        lost = Check(f"check.bootstrap_failed:{name}", boot.failed <= limit, boot.failed, rule)
        values = np.array([fit.estimates[term] for term in effects])
        checks = tuple(
            replace(c, name=c.name.replace(f".{name}", f"~{name}")) for c in fit.checks if not c.ok
        )
        parts[name] = _Part(effects, values, boot.draws[places], (*checks, lost))
    return parts


def _differences(
    parts: Mapping[str, _Part], same: Mapping[Pair, set[str]], level: float
) -> tuple[list[dict[str, object]], list[Check]]:
    """Differences of the effects whose constructs are all the same in both groups; Holm over the paths."""
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    paths: dict[str, float] = {}
    for k, effect in enumerate(next(iter(parts.values())).effects):
        kind, _, subject = effect.partition(":")
        allowed = [pair for pair, known in same.items() if set(subject.split("~")) <= known]
        if not allowed:
            rule = "its composites are the same in two groups at least (Henseler, Ringle & Sarstedt 2016)"
            checks.append(Check(f"check.comparable:{subject}", False, math.nan, rule))
        for a, b in allowed:
            gap = parts[a].draws[k] - parts[b].draws[k]
            columns = {column: values[0] for column, values in summary(gap[None], level, None).items()}
            value = parts[a].estimates[k] - parts[b].estimates[k]
            error = math.hypot(*(np.nanstd(parts[g].draws[k], ddof=1) for g in (a, b)))
            p = float(2 * ndtr(-abs(value) / error)) if error > 0 else math.nan
            columns |= {"std_error": error, "p_value": p}
            rows.append({"term": f"{kind}_difference:{subject}@{a}-{b}", "estimate": value, **columns})
            if kind == "path":
                paths[f"{subject}@{a}-{b}"] = p
    adjusted = holm(np.array(list(paths.values())))
    rows += [{"term": f"p_holm_pair:{of}", "estimate": v} for of, v in zip(paths, adjusted, strict=True)]
    return rows, checks


def _equal(tested: Result, same: Mapping[Pair, set[str]]) -> list[dict[str, object]]:
    """Tests over all groups of the effects whose composites are the same in all of them."""
    everywhere = set.intersection(*same.values())
    rows: list[dict[str, object]] = []
    paths: dict[str, float] = {}
    for kind, name in (("path", "equal"), ("indirect", "equal_indirect")):
        for subject, cells in tested.select(f"equal_{kind}").iterrows():
            if set(str(subject).split("~")) <= everywhere:
                p = float(cells["p_value"])
                rows.append({"term": f"{name}:{subject}", "estimate": cells["estimate"], "p_value": p})
                if kind == "path":
                    paths[str(subject)] = p
    adjusted = holm(np.array(list(paths.values())))
    return rows + [{"term": f"p_holm:{of}", "estimate": v} for of, v in zip(paths, adjusted, strict=True)]


def reach(
    errors: Mapping[str, float], sizes: Mapping[str, float], smallest: float, level: float
) -> list[dict[str, object]]:
    """Rows `detectable:<path>@<a>-<b>`, `size_needed:<path>` and `enough` from standard errors of `path_difference:`.

    Detectable difference = (z_(1+level)/2 + z_.80) se; n needed = harmonic mean of the two groups' sizes times
    (detectable / smallest)^2, the largest over the pairs. `enough` is 1 where every group has all that is needed.
    """
    z = float(ndtri((1 + level) / 2) + ndtri(POWER))
    found: list[dict[str, object]] = []
    needed: dict[str, float] = {}
    for term, error in errors.items():
        quantity, _, subject = term.partition(":")
        if quantity != "path_difference":
            continue
        path, _, pair = subject.partition("@")
        found.append({"term": f"detectable:{subject}", "estimate": z * error})
        n = [sizes[a] for a in sizes if pair.startswith(f"{a}-")] + [
            sizes[b] for b in sizes if pair.endswith(f"-{b}")
        ]
        harmonic = 2 / sum(1 / size for size in n) if len(n) == 2 else math.nan
        most = harmonic * (z * error / smallest) ** 2
        needed[path] = np.fmax(needed.get(path, 0.0), math.ceil(most) if math.isfinite(most) else math.nan)
    if not needed:
        return found
    found += [{"term": f"size_needed:{path}", "estimate": n} for path, n in needed.items()]
    return [*found, {"term": "enough", "estimate": float(min(sizes.values()) >= max(needed.values()))}]
