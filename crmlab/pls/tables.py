"""Everything that can be read off a fitted PLS path model."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls import quality
from crmlab.pls.effect_size import path_diagnostics
from crmlab.pls.model import Model
from crmlab.pls.quantities import RATIOS, levels, pairs, quantities
from crmlab.pls.solution import Solution, weights_on_items
from crmlab.result import Check


@dataclass(frozen=True, eq=False)
class PlsTables:
    """A fitted path model as frames, in the order of the model; numbers are not rounded.

    Attributes
    ----------
    model : constructs, paths and stages
    solution : the numbers, arrays with a last axis of length 1
    Z : (n, p) standardised items in the order of `model.items`
    index : labels of the n rows used
    tol, max_iter : how it was computed
    checks : what was verified
    source : hash of the items, versions
    middle, scale : (p,) means and standard deviations (n - 1) of the observed items
    """

    model: Model = field(repr=False)
    solution: Solution = field(repr=False)
    Z: np.ndarray = field(repr=False)
    index: pd.Index = field(repr=False)
    tol: float
    max_iter: int
    checks: tuple[Check, ...]
    source: dict[str, str]
    middle: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)

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
        extra = path_diagnostics(self.solution, self.tol, self.max_iter)
        return found | {term: float(value[0]) for term, value in extra.items()}

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

    @property
    def criteria(self) -> pd.DataFrame:
        """aic, bic of each endogenous construct's regression: n log(SSE / n) + 2 (k + 1), log(n) (k + 1).

        Source
        ------
        Sharma, P. N. et al. (2019). Journal of the Association for Information Systems 20(4), 346-397.
        """
        stage, n = self.model.final, self.n
        size = pd.Series({name: len(stage.sources[stage.names.index(name)]) + 1 for name in self.r2.index})
        fit = n * np.log((1 - self.r2) * (n - 1) / n)
        return pd.DataFrame({"aic": fit + 2 * size, "bic": fit + np.log(n) * size})

    @cached_property
    def scores(self) -> pd.DataFrame:
        """n rows, every construct: mean 0, standard deviation 1 (n - 1); products keep their own spread."""
        on_items = self.solution.on_items
        found = {name: self.Z @ on_items[name][:, 0] for name in self.model.names if name in on_items}
        found |= self._products(found)
        return pd.DataFrame({name: found[name] for name in self.model.names}, index=self.index)

    @cached_property
    def construct_cor(self) -> pd.DataFrame:
        """Correlations of the scores of all constructs."""
        return self.scores.corr()

    @cached_property
    def cross_loadings(self) -> pd.DataFrame:
        """Correlation of every item (rows; parts of second-order constructs too) with every construct."""
        scores = (self.scores / self.scores.std()).to_numpy()
        rows = dict(zip(self.model.items, self.Z.T, strict=True))
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

    def htmt(self, kind: Literal["htmt", "htmt2", "htmt+"] = "htmt") -> pd.DataFrame:
        """Heterotrait-monotrait ratios, symmetric; NaN between a whole and first-order constructs in parts.

        "htmt": arithmetic means of absolute correlations, as seminr, cSEM and semTools have it. This is
        what "htmt+" names (Ringle et al. 2023); the two are one. "htmt2": geometric means.
        """
        if kind not in RATIOS:
            raise ModelError(f"ratio '{kind}' is not one of {', '.join(RATIOS)}")
        return self._square({term: float(value[0]) for term, value in pairs(self.solution, kind).items()})

    @cached_property
    def fornell_larcker(self) -> pd.DataFrame:
        """Correlations below the diagonal, square root of AVE on it, NaN above."""
        table = self.construct_cor.to_numpy()
        table = np.where(np.tri(len(table), k=-1, dtype=bool), table, np.nan)
        np.fill_diagonal(table, np.sqrt(self.reliability["ave"].reindex(self.model.names)))
        return pd.DataFrame(table, index=self.construct_cor.index, columns=self.construct_cor.columns)

    @cached_property
    def final_items(self) -> np.ndarray:
        """(n, p) standardised items of the last stage, scores among them."""
        stages, final = self.solution.stages, self.solution.final.stage
        if len(stages) == 1:
            return self.Z[:, [self.model.items.index(item) for item in final.items]]
        weights = weights_on_items(self.model, stages[:-1])
        products = self._products({})
        columns = [
            products[item] / products[item].std(ddof=1) if item in products else self.Z @ weights[item][:, 0]
            for item in final.items
        ]
        return np.column_stack(columns)

    # -- views ---------------------------------------------------------------------------------

    def _products(self, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Scores of product terms: of two-stage ones from the scores of the stage before."""
        final, products = self.solution.final, {}
        before = weights_on_items(self.model, self.solution.stages[:-1] or self.solution.stages)
        for one in self.model.words.interactions:
            place = final.stage.names.index(one.name)
            score = found.get(one.name)
            if score is None:
                score = (self.Z @ before[one.predictor][:, 0]) * (self.Z @ before[one.moderator][:, 0])
                score = (score - score.mean()) / score.std(ddof=1)
                score = score * np.sign(final.outer.w[final.stage.blocks[place], 0])
            products[one.name] = score * (1.0 if final.size is None else final.size[place, 0])
        return products

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

    def _square(self, ratios: dict[str, float]) -> pd.DataFrame:
        names = list(self.model.names)
        table = pd.DataFrame(np.nan, index=names, columns=names)
        for term, value in ratios.items():
            a, b = term.partition(":")[2].split("~")
            table.loc[a, b] = table.loc[b, a] = value
        return table
