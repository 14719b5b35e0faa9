"""A fitted PLS path model and what can be asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Literal

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.blindfold import blindfold
from crmlab.pls.bootstrap import PlsBootstrap, bootstrap
from crmlab.pls.copula import endogeneity
from crmlab.pls.distance import DISTANCES, MODELS, distances, implied
from crmlab.pls.fimix import Segmentation, fimix
from crmlab.pls.fit_test import fit_test
from crmlab.pls.ipma import Scale, ipma
from crmlab.pls.nca import bottleneck, nca
from crmlab.pls.necessary_map import necessary_map
from crmlab.pls.pos import pos
from crmlab.pls.predict import Prediction, predict
from crmlab.pls.tables import PlsTables
from crmlab.pls.tetrads import cta
from crmlab.result import Check, Result, tidy_frame

_OPTIONAL = {"indirect", "total_indirect"}  # a model may be too small to have them


@dataclass(frozen=True, eq=False, repr=False)
class PlsFit(PlsTables):
    """A fitted path model: its tables, and results, resamples, tests and predictions from it."""

    def __repr__(self) -> str:
        failed = f", {sum(not check.ok for check in self.checks)} checks failed" if self._failed else ""
        paths = self.paths.assign(estimate=self.paths["estimate"].round(3)).to_string(index=False)
        return f"<PlsFit: {self.n} rows, {len(self.model.names)} constructs, {self.iterations} iterations{failed}>\n{paths}"

    @property
    def _failed(self) -> list[Check]:
        return [check for check in self.checks if not check.ok]

    def _repr_html_(self) -> str:
        """JupyterLab: what failed first, then paths with their effect sizes, explained variance, reliability."""
        failed = "".join(
            f"<li><b>failed</b> {escape(c.name)} = {c.value:.4g}; rule {escape(c.rule)}</li>"
            for c in self._failed
        )
        paths = self.paths.merge(self.f2, on=["from", "to"], how="left", suffixes=("", "_f2"))
        paths = paths.rename(columns={"estimate": "path", "estimate_f2": "f2"})
        explained = pd.DataFrame({"r2": self.r2, "r2_adjusted": self.r2_adjusted})
        tables = [
            paths.to_html(index=False, float_format="{:.3f}".format, border=0, na_rep="–"),
            self.reliability.join(explained).to_html(float_format="{:.3f}".format, border=0, na_rep="–"),
        ]
        head = f"PLS: {self.n} rows, {self.iterations} iterations, SRMR {self.srmr:.3f}"
        return f"<div><b>{head}</b><ul style='color:#a8071a'>{failed}</ul>{''.join(tables)}</div>"

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
        self,
        n: int = 5000,
        seed: int = 0,
        ci: Literal["percentile", "bc", "bca", "studentized"] = "percentile",
        level: float = 0.95,
        inner: int = 50,
        extra: Sequence[str] = (),
    ) -> PlsBootstrap:
        """Resample respondents n times and solve each resample from the start.

        Each construct of each resample takes the sign under which its loadings agree with the full
        sample's (inner product > 0); see `solve_model`. Resamples without a solution are counted, not
        replaced. Missing answers stay as they were filled in the full sample. For a seed the numbers are
        the same whatever the number of cores.

        `ci`: "percentile", "bc" (bias-corrected), "bca" (with acceleration from the jackknife) or
        "studentized", which resamples each resample `inner` times (that many times slower). `extra`: "vif"
        and "f2" are resampled too (f2 solves every resample once more for each path).
        """
        return bootstrap(self, n, seed, level, ci, inner, extra)

    # -- fit -----------------------------------------------------------------------------------

    @cached_property
    def distances(self) -> pd.DataFrame:
        """Rows saturated and estimated; columns srmr, d_uls, d_g (natural logarithm), d_g_log10 (cSEM's).

        Of the last stage's items; see `crmlab.pls.distance`.
        """
        final = self.solution.final
        rows = [distances(final.R, implied(final, model))[:, 0] for model in MODELS]
        table = pd.DataFrame(rows, index=list(MODELS), columns=list(DISTANCES))
        return table.assign(d_g_log10=table["d_g"] / np.log(10) ** 2)

    @property
    def srmr(self) -> float:
        """Standardised root mean square residual of the estimated model."""
        return float(self.distances["srmr"].iloc[1])

    @property
    def d_uls(self) -> float:
        """Squared Euclidean distance of the estimated model, halved."""
        return float(self.distances["d_uls"].iloc[1])

    @property
    def d_g(self) -> float:
        """Geodesic distance of the estimated model, natural logarithms (cSEM's, to base 10: distances)."""
        return float(self.distances["d_g"].iloc[1])

    def fit_test(self, n: int = 1000, seed: int = 0, level: float = 0.95) -> Result:
        """Does the model fit exactly? Distances against their distribution if the model held.

        Terms `srmr|d_uls|d_g:saturated|estimated`; `ci_high` is the critical value (the `level` quantile),
        p the share of resamples as far off, (b + 1)/(B + 1). Items are turned so that they have the implied
        correlations, then resampled (Beran & Srivastava 1985; Dijkstra & Henseler 2015).
        """
        return fit_test(self, n, seed, level)

    # -- use -----------------------------------------------------------------------------------

    def predict(
        self,
        folds: int = 10,
        repeats: int = 10,
        seed: int = 0,
        technique: Literal["direct", "earliest"] = "direct",
        benchmark: Literal["others", "antecedents"] = "others",
    ) -> Prediction:
        """PLSpredict: predict each answer from a fit without that person, folds by folds.

        `folds` equal to n leaves one out at a time. `technique` "direct" predicts a construct from its
        direct antecedents (seminr's default), "earliest" from exogenous constructs alone. Benchmarks: the
        training means, and a linear regression of each item on all items of "others" (the other
        constructs, as seminr has it) or of its "antecedents" by the same technique.

        Source
        ------
        Shmueli, G. et al. (2016). Journal of Business Research 69, 4552-4564; (2019) European Journal of
        Marketing 53(11), 2322-2347.
        """
        return predict(self, folds, repeats, seed, technique, benchmark)

    def q2(self, distance: int = 7) -> Result:
        """Stone-Geisser `q2:<construct>` by blindfolding; examiners ask for it, `predict` superseded it.

        Source
        ------
        Geisser, S. (1974). Biometrika 61, 101-107; Stone, M. (1974). JRSS B 36, 111-147.
        """
        return blindfold(self, distance)

    def ipma(
        self,
        target: str,
        scale: Scale = None,
        weights: Literal["standardized", "unstandardized"] = "standardized",
    ) -> Result:
        """Importance-performance map of a target.

        `scale`: the ends of the answer scale, (1, 7) for all items or item -> ends; without it the answers
        seen. `weights` of the answers within a score: see `performance_weights`. Terms: `importance:<construct>` (total effect of unstandardised scores), `importance_std`,
        `performance` (mean score on 0-100), and `item_importance`, `item_performance:<construct>=~<item>`.

        Source
        ------
        Ringle, C. M. & Sarstedt, M. (2016). Industrial Management & Data Systems 116(9), 1865-1886.
        """
        return ipma(self, target, scale, weights)

    def nca(self, target: str, permutations: int = 1000, seed: int = 0) -> Result:
        """Which predictors of the target are necessary? `ce_fdh|cr_fdh:<target>~<predictor>`, p by permutation.

        Source
        ------
        Richter, N. F. et al. (2020). Industrial Management & Data Systems 120(12), 2243-2267.
        """
        return nca(self, target, permutations, seed)

    def bottleneck(self, target: str, ceiling: str = "ce_fdh", steps: int = 10) -> pd.DataFrame:
        """For each level of the target (0-100 % of its range) the needed level of each predictor, in %.

        0, and NaN where the line lies below the range: not necessary for that level.
        """
        return bottleneck(self, target, ceiling, steps)

    def cipma(
        self,
        target: str,
        level: float,
        scale: Scale = None,
        weights: Literal["standardized", "unstandardized"] = "unstandardized",
        ceiling: str = "ce_fdh",
        permutations: int = 1000,
        seed: int = 0,
    ) -> Result:
        """Importance-performance map with necessity: what matters on average, and what must be there at all?

        `level`: the score of the target, on 0-100, that is wanted; `scale` and `weights` as in `ipma`
        ("unstandardized" makes the scores those of the model, so that effect sizes are those of `nca`). Terms
        `importance`, `importance_std`, `performance` of every construct with an effect on the target;
        `ce_fdh|cr_fdh:<target>~<construct>` (p by permutation) of the scores on 0-100; `needed:<construct>`,
        the score without which nobody reaches the level (NaN: none is), and `share_below:<construct>`, the
        share of respondents who have less.

        Source
        ------
        Hauff, S., Richter, N. F., Sarstedt, M. & Ringle, C. M. (2024). Journal of Retailing and Consumer
        Services 78, 103723.
        """
        return necessary_map(self, target, scale, weights, level, ceiling, permutations, seed)

    # -- robustness ----------------------------------------------------------------------------

    def endogeneity(
        self, outcome: str, suspects: Sequence[str] | None = None, n: int = 1000, seed: int = 0
    ) -> Result:
        """Gaussian copula terms for the suspected predictors (all of them by default) of one outcome.

        Terms `path:<outcome>~<predictor>` (with the copulas in the regression) and
        `copula:<outcome>~<predictor>`, with bootstrap standard error, interval and p. A copula that differs
        from 0 is a sign of endogeneity; it needs a predictor that is not normal, which a check says.

        Source
        ------
        Hult, G. T. M. et al. (2018). Journal of International Marketing 26(3), 1-21.
        """
        return endogeneity(self, outcome, None if suspects is None else list(suspects), n, seed)

    def cta(self, n: int = 5000, seed: int = 0, level: float = 0.95) -> Result:
        """Confirmatory tetrad analysis: `tetrad:<construct>.<items>`, Bonferroni intervals, a check a block.

        Source
        ------
        Gudergan, S. P., Ringle, C. M., Wende, S. & Will, A. (2008). Journal of Business Research 61(12),
        1238-1249.
        """
        return cta(self, n, seed, level)

    def fimix(self, segments: int = 2, starts: int = 10, seed: int = 0) -> Segmentation:
        """Hidden segments by a finite mixture of the inner model; criteria stand in `result.glance`.

        Terms `segment_share:<s>`, `path:<path>.<s>`, `residual_variance:<construct>.<s>`; segment 1 is the
        largest.
        """
        return fimix(self, segments, starts, seed)

    def pos(self, segments: int = 2, starts: int = 5, seed: int = 0) -> Segmentation:
        """Prediction-oriented segments: people move to where the model explains most.

        Terms `segment_share:<s>`, `path:<path>.<s>`, `r2:<construct>.<s>`; `posterior` is 0 or 1. R2 rises
        with any segmentation, also of noise: compare `r2_sum` with what made-up data of one population give.
        """
        return pos(self, segments, starts, seed)
