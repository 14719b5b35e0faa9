"""Fits of many simulated samples by PLS, each with its own bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.pls.consistent import inadmissible
from crmlab.pls.model import Model, build
from crmlab.pls.moments import counts_of, products, reweighted
from crmlab.pls.solution import Solution, solve_model
from crmlab.structure.population import Population
from crmlab.structure.power_fit import Fits

TOLERANCE, ITERATIONS = 1e-7, 300  # as `pls.fit`


@dataclass(frozen=True, eq=False)
class PlsEngine:
    """The path model of the population."""

    population: Population
    model: Model
    order: np.ndarray
    resamples: int

    @classmethod
    def of(cls, population: Population, consistent: bool, resamples: int) -> PlsEngine:
        """Lay the model out."""
        model = build(
            population.blocks,
            list(population.paths),
            higher_order=population.higher_order,
            consistent=consistent,
        )
        place = {item: k for k, item in enumerate(population.items)}
        return cls(population, model, np.array([place[item] for item in model.observed]), resamples)

    def fit(self, Y: np.ndarray, rng: np.random.Generator) -> Fits:
        """Solve samples (B, n, items) and resamples of each; a missing cell becomes its item's mean."""
        B, n, P = len(Y), Y.shape[1], len(self.population.paths)
        paths = np.full((B, P), np.nan)
        cov, draws = np.full((B, P, P), np.nan), np.full((B, self.resamples, P), np.nan)
        improper = np.zeros(B, dtype=bool)
        for b, X in enumerate(Y[:, :, self.order]):
            rows = rng.integers(0, n, (self.resamples, n))
            Z = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
            spread = Z.std(axis=0, ddof=1)
            if not (spread > 0).all():
                continue
            Z = (Z - Z.mean(axis=0)) / spread
            whole = solve_model(np.corrcoef(Z.T)[:, :, None], self.model, TOLERANCE, ITERATIONS)
            R, _, _ = reweighted(products(Z), counts_of(rows, n))
            again = solve_model(R, self.model, TOLERANCE, ITERATIONS, whole)
            if not whole.good[0]:
                continue
            paths[b] = self._paths(whole)[0]
            drawn = self._paths(again)
            drawn[~again.good] = np.nan
            draws[b] = drawn
            known = drawn[again.good]
            cov[b] = np.cov(known.T).reshape(P, P) if len(known) > 1 else np.nan
            if self.model.words.consistent:
                final = whole.final
                improper[b] = bool(inadmissible(final.q, final.loadings, final.c)[0])
        return Fits(paths, cov, improper, draws)

    def _paths(self, solution: Solution) -> np.ndarray:
        """(B, P) in the order of the population's paths."""
        names = solution.final.stage.names
        at = [(names.index(s), names.index(t)) for s, t in self.population.paths]
        return np.stack([solution.final.beta[i, j] for i, j in at], axis=1)
