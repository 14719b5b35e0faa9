"""One grouping by covariance-based models: its ladders, the paths of its groups, their means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.composites import POWER, reach
from crmlab.structure.differences import compare_means
from crmlab.structure.group_paths import compare_paths
from crmlab.structure.group_rows import Rows, TooFewGroups, grouped_rows
from crmlab.structure.invariance import invariance
from crmlab.structure.ladder import LEAST_IN_GROUP, climb_ladder

LEAST_ANSWERED = 20  # complete answers to one dimension that every group must have


@dataclass(frozen=True, eq=False)
class Asked:
    """One grouping: whose answers are compared, and who is left out.

    Attributes
    ----------
    frame, indicators : answers; the same with the means of dimensions
    item, codes : column of the groups, codes that are compared (empty takes all)
    least : rows a group must have, None takes what `foretold` says
    smallest, level : smallest difference worth finding, level of intervals
    foretold : simulated power of differences between groups
    threshold : groups with fewer rows are nobody's business
    """

    frame: pd.DataFrame
    indicators: pd.DataFrame
    item: str
    codes: tuple[int, ...]
    least: int | None
    smallest: float
    foretold: Result | None
    threshold: int
    level: float

    @property
    def enough(self) -> int:
        """Rows a group must have."""
        if self.least is not None:
            return self.least
        needed = [n for n in self._needed().values() if math.isfinite(n)]
        return max([LEAST_IN_GROUP, *(int(n) for n in needed)]) if needed else LEAST_IN_GROUP

    @property
    def hidden(self) -> frozenset[str]:
        """Groups whose size is not told."""
        try:
            return self.rows().hidden
        except ModelError:
            return frozenset()

    @property
    def too_few(self) -> Check | None:
        """That there are no two groups to compare; None where there are."""
        try:
            self.rows()
        except TooFewGroups:
            rule = f"at least {self.enough} respondents in each of two groups"
            return Check(f"check.two_groups:text:{self.item}", False, math.nan, rule)
        except ModelError:
            return None
        return None

    def rows(self) -> Rows:
        """Rows of the groups that are large enough."""
        return grouped_rows(self.frame, self.item, self.codes, self.enough, self.threshold)

    def items(self, blocks: Mapping[str, Sequence[str]], how: dict[str, Any]) -> Result:
        """The ladder of each first-order construct alone."""
        compared = self.rows()
        used, checks = compared.of(self.frame), list(compared.checks)
        rows: list[dict[str, object]] = [
            {"term": f"n:{name}", "estimate": size} for name, size in compared.sizes.items()
        ]
        some = how | {"least": max(LEAST_ANSWERED, self.enough * 3 // 4), "missing": "listwise"}
        for name, items in blocks.items():
            if len(items) < 3:
                continue
            try:
                ladder = climb_ladder(used, {name: items}, self.item, upto="scalar", **some)
            except ModelError as error:
                reason = str(error).partition("\n")[0]
                checks.append(Check(f"check.not_tested:{name}", False, math.nan, reason))
                continue
            for step in ladder.steps[1:]:
                holds = (1.0 if step.full else 0.5) if step.holds else 0.0
                numbers = {"holds": holds, "delta_cfi": -step.cfi_loss, "delta_rmsea": step.rmsea_gain}
                numbers["freed"] = float(len(step.freed))
                rows += [{"term": f"{q}:{name}.{step.name}", "estimate": v} for q, v in numbers.items()]
        return Result("model.group_items", tidy_frame(rows), {"n": len(used)}, tuple(checks))

    def invariance(self, model: Mapping[str, Sequence[str]], how: dict[str, Any]) -> Result:
        """The ladder of the whole measurement model."""
        rows = self.rows()
        found = invariance(rows.of(self.indicators), model, self.item, **how, least=self._some)
        return Result(found.model, found.tidy, found.glance, (*rows.checks, *found.checks), found.source)

    def paths(
        self, model: Mapping[str, Sequence[str]], pairs: list[tuple[str, str]], how: dict[str, Any]
    ) -> Result:
        """Paths of the groups, their differences, and what differences these groups could show."""
        linked = {name for pair in pairs for name in pair}
        blocks = {name: items for name, items in model.items() if name in linked}
        used = self.rows().of(self.indicators)
        found = compare_paths(
            used, blocks, pairs, self.item, resamples=0, level=self.level, least=self._some, **how
        )
        sizes = {str(k): float(v) for k, v in found.select("n")["estimate"].items()}
        errors = {
            f"path_difference:{k}": float(v) for k, v in found.select("path_difference")["std_error"].items()
        }
        rows = reach(errors, sizes, self.smallest, self.level)
        checks = tuple(c for c in found.checks if not c.name.startswith("check.invariance"))
        glance = {**found.glance, "smallest": self.smallest, "power": POWER}
        tidy = pd.concat([found.tidy, tidy_frame(rows)]) if rows else found.tidy
        return self.told(Result(found.model, tidy, glance, checks, found.source))

    def told(self, found: Result) -> Result:
        """The result with the group sizes that were asked for before the data, and who falls short of them."""
        needed = self._needed()
        if not needed or not len(found.select("path")):
            return found
        rows = [{"term": f"foretold:{path}", "estimate": n} for path, n in needed.items()]
        known = [n for n in needed.values() if math.isfinite(n)]
        checks: list[Check] = []
        if known:
            most = max(known)
            rule = f">= {most:.0f} respondents, by simulation before the data (Cohen 1988)"
            short = [name for name, size in self.rows().sizes.items() if size < most]
            rows += [{"term": f"short:{name}", "estimate": 1.0} for name in short]
            checks = [Check("check.group_power", not short, math.nan, rule)]
        tidy = pd.concat([found.tidy, tidy_frame(rows)])
        return Result(found.model, tidy, found.glance, (*found.checks, *checks), found.source)

    def means(self, ladder: Result, model: Mapping[str, Sequence[str]]) -> Result:
        """Means of the construct scores, if intercepts are equal enough to compare them."""
        used = self.rows().of(self.indicators)
        holds = "holds:scalar" in ladder and ladder["holds:scalar"] > 0
        rule = "scalar invariance, at least in part (Steenkamp & Baumgartner 1998)"
        comparable = Check("check.comparable_means", holds, math.nan, rule)
        if not comparable.ok:
            return Result("model.compare_means", tidy_frame([]), {}, (comparable,))
        scores = {name: used[list(items)].mean(axis=1) for name, items in model.items()}
        found = compare_means(
            pd.DataFrame(scores).assign(**{self.item: used[self.item]}),
            list(scores),
            self.item,
            level=self.level,
        )
        return Result(found.model, found.tidy, found.glance, (comparable, *found.checks), found.source)

    @property
    def _some(self) -> int:
        """Rows with an answer that a group must have: a few of those counted may have answered nothing."""
        return max(2, self.enough * 9 // 10)

    def _needed(self) -> dict[str, float]:
        if self.foretold is None:
            return {}
        return {str(path): float(n) for path, n in self.foretold.select("n")["estimate"].items()}
