"""A fitted PLS path model and everything that can be read off it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls import quality
from crmlab.pls.bootstrap import PlsBootstrap, bootstrap
from crmlab.pls.effect_size import effect_sizes
from crmlab.pls.model import Model
from crmlab.pls.quality import path_vif
from crmlab.pls.quantities import levels, quantities
from crmlab.pls.solution import Solution, Solved
from crmlab.result import Check, Result, tidy_frame


@dataclass(frozen=True, eq=False)
class PlsFit:
    """A fitted path model. Frames are in the order of the model; numbers are not rounded.

    Attributes
    ----------
    model : constructs, paths and stages
    solution : the numbers, arrays with a last axis of length 1
    Z : (n, p) standardised items in the order of `model.first.items`
    index : labels of the n rows used
    tol, max_iter : how it was computed
    checks : what was verified
    source : hash of the items, versions
    """

    model: Model
    solution: Solution
    Z: np.ndarray
    index: pd.Index
    tol: float
    max_iter: int
    checks: tuple[Check, ...]
    source: dict[str, str]

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.Z)

    @property
    def iterations(self) -> int:
        """Iterations of the stage that took most."""
        return int(max(s.outer.iterations[0] for s, _ in levels(self.solution)))

    @property
    def converged(self) -> bool:
        """Whether the weights of every stage settled."""
        return bool(self.solution.good[0])

    @cached_property
    def estimates(self) -> dict[str, float]:
        """Every quantity: term -> number."""
        found = {term: float(value[0]) for term, value in quantities(self.solution, self.n).items()}
        stage = self.solution.final.stage
        ends = [f"{stage.names[j]}~{stage.names[i]}" for i, j in stage.arrows]
        vif = path_vif(self.solution.final)[:, 0]
        found |= {f"vif:{end}": float(value) for end, value in zip(ends, vif, strict=True)}
        return found | {
            f"f2:{end}": value
            for end, value in zip(ends, effect_sizes(self.solution, self.tol, self.max_iter), strict=True)
        }

    # -- frames --------------------------------------------------------------------------------

    @property
    def paths(self) -> pd.DataFrame:
        """from, to, estimate: one row per path."""
        return self._arrows("path")

    @property
    def f2(self) -> pd.DataFrame:
        """from, to, estimate: effect size of each path; see `effect_sizes`."""
        return self._arrows("f2")

    @property
    def vif(self) -> pd.DataFrame:
        """from, to, estimate: variance inflation of each predictor of each outcome."""
        return self._arrows("vif")

    @property
    def total(self) -> pd.DataFrame:
        """from, to, estimate: total effect wherever a chain of paths leads from one to the other."""
        return self._arrows("total")

    @property
    def total_indirect(self) -> pd.DataFrame:
        """from, to, estimate: total effect less the direct path."""
        return self._arrows("total_indirect")

    @property
    def indirect(self) -> pd.DataFrame:
        """from, via (tuple), to, estimate: one row per chain of two paths or more."""
        rows = [
            (chain[-1], tuple(chain[-2:0:-1]), chain[0], value)
            for chain, value in self._parts("indirect", "~")
        ]
        return pd.DataFrame(rows, columns=["from", "via", "to", "estimate"])

    @property
    def loadings(self) -> pd.DataFrame:
        """construct, item, estimate: correlation of each item with its construct."""
        return self._outer("loading")

    @property
    def weights(self) -> pd.DataFrame:
        """construct, item, estimate: weights of standardised items, for scores of variance 1."""
        return self._outer("weight")

    @property
    def r2(self) -> pd.Series:
        """Explained variance of each endogenous construct."""
        return self._series("r2")

    @property
    def r2_adjusted(self) -> pd.Series:
        """1 - (1 - R2)(n - 1)/(n - k - 1)."""
        return self._series("r2_adjusted")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """n rows, every construct: mean 0, standard deviation 1 (n - 1)."""
        first = self.Z @ self._weight_matrix(self.solution.first)
        found = dict(zip(self.model.first.names, first.T, strict=True))
        if self.solution.second is not None:
            stage = self.solution.second.stage
            items = dict(zip(self.model.first.items, self.Z.T, strict=True)) | found
            upper = np.column_stack([items[item] for item in stage.items])
            found |= zip(stage.names, (upper @ self._weight_matrix(self.solution.second)).T, strict=True)
        return pd.DataFrame({name: found[name] for name in self.model.names}, index=self.index)

    @cached_property
    def construct_cor(self) -> pd.DataFrame:
        """Correlations of the scores of all constructs."""
        return self.scores.corr()

    @cached_property
    def cross_loadings(self) -> pd.DataFrame:
        """Correlation of every item (rows; parts of second-order constructs too) with every construct."""
        scores = self.scores.to_numpy()
        rows = dict(zip(self.model.first.items, self.Z.T, strict=True))
        rows |= {part: self.scores[part].to_numpy() for its in self.model.parts.values() for part in its}
        values = np.column_stack(list(rows.values())).T @ scores / (self.n - 1)
        return pd.DataFrame(values, index=list(rows), columns=list(self.scores))

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """alpha, rho_a, rho_c, ave of each construct; NaN where undefined (one item; not mode A)."""
        return pd.DataFrame({quantity: self._series(quantity) for quantity in quality.RELIABILITY})

    @cached_property
    def item_vif(self) -> pd.Series:
        """Variance inflation of each item (and part) among the items of its construct."""
        found: dict[str, float] = {}
        for solved, js in levels(self.solution):
            values = quality.item_vif(solved.R[:, :, 0], solved.stage)
            for j in js:
                block = solved.stage.blocks[j]
                found |= dict(zip(solved.stage.items[block], values[block], strict=True))
        return pd.Series(found, name="vif")

    def htmt(self) -> pd.DataFrame:
        """Heterotrait-monotrait ratios, symmetric; NaN between a whole and first-order constructs in parts."""
        return self._square("htmt")

    @cached_property
    def fornell_larcker(self) -> pd.DataFrame:
        """Correlations below the diagonal, square root of AVE on it, NaN above."""
        table = self.construct_cor.to_numpy()
        table = np.where(np.tri(len(table), k=-1, dtype=bool), table, np.nan)
        np.fill_diagonal(table, np.sqrt(self.reliability["ave"].reindex(self.model.names)))
        return pd.DataFrame(table, index=self.construct_cor.index, columns=self.construct_cor.columns)

    # -- results -------------------------------------------------------------------------------

    def result(self, *quantities: str) -> Result:
        """Estimates as a Result: all quantities, or those named ("path", "r2", "loading", ...)."""
        unknown = set(quantities) - {term.partition(":")[0] for term in self.estimates} - _OPTIONAL
        if unknown:
            raise ModelError(f"a PLS fit has no quantity '{min(unknown)}'")
        rows = [
            {"term": term, "estimate": value}
            for term, value in self.estimates.items()
            if not quantities or term.partition(":")[0] in quantities
        ]
        glance = {"n": float(self.n), "iterations": float(self.iterations)}
        return Result("model.pls", tidy_frame(rows), glance, self.checks, self.source)

    def bootstrap(
        self, n: int = 5000, seed: int = 0, ci: Literal["percentile"] = "percentile", level: float = 0.95
    ) -> PlsBootstrap:
        """Resample respondents n times and solve each resample from the start.

        Each construct of each resample takes the sign under which its loadings agree with the full
        sample's (inner product > 0); see `solve_model`. Resamples without a solution are counted, not
        replaced. Missing answers stay as they were filled in the full sample. For a seed the numbers are
        the same whatever the number of cores.
        """
        if ci != "percentile":
            raise ModelError(f"interval '{ci}' is not known", hint="percentile")
        return bootstrap(self, n, seed, level)

    # -- views ---------------------------------------------------------------------------------

    def _parts(self, quantity: str, mark: str) -> list[tuple[list[str], float]]:
        chosen = [(t.partition(":"), v) for t, v in self.estimates.items()]
        return [(subject.split(mark), value) for (head, _, subject), value in chosen if head == quantity]

    def _arrows(self, quantity: str) -> pd.DataFrame:
        rows = [(ends[1], ends[0], value) for ends, value in self._parts(quantity, "~")]
        return pd.DataFrame(rows, columns=["from", "to", "estimate"])

    def _outer(self, quantity: str) -> pd.DataFrame:
        rows = [(*ends, value) for ends, value in self._parts(quantity, "=~")]
        return pd.DataFrame(rows, columns=["construct", "item", "estimate"])

    def _series(self, quantity: str) -> pd.Series:
        return pd.Series(
            {ends[0]: value for ends, value in self._parts(quantity, "\0")}, name=quantity, dtype=float
        )

    def _square(self, quantity: str) -> pd.DataFrame:
        names = list(self.model.names)
        table = pd.DataFrame(np.nan, index=names, columns=names)
        for (a, b), value in self._parts(quantity, "~"):
            table.loc[a, b] = table.loc[b, a] = value
        return table

    def _weight_matrix(self, solved: Solved) -> np.ndarray:
        W = np.zeros((len(solved.stage.items), len(solved.stage.names)))
        for j, block in enumerate(solved.stage.blocks):
            W[block, j] = solved.outer.w[block, 0]
        return W


_OPTIONAL = {"indirect", "total_indirect"}  # a model may be too small to have them
