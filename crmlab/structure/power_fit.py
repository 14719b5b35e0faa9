"""Fits of many simulated samples: standardised paths and their errors by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.sem.batch import BatchML, Climbed, Moments, climb
from crmlab.sem.batch_fiml import BatchFIML, Incomplete, incomplete_scores
from crmlab.sem.batch_information import observed_information, standardised_paths
from crmlab.sem.moments import row_scores
from crmlab.sem.population import pose_population
from crmlab.sem.problem import Problem
from crmlab.structure.population import Population, draw

LARGE = 20_000  # rows from which the moments of coarsened items are taken, to start the fits


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of B samples.

    Attributes
    ----------
    paths : (B, P) standardised; NaN where there is no fit
    cov : (B, P, P) covariances of the estimates
    draws : (B, R, P) resamples of the paths where the engine resamples, else None
    improper : (B,) True where a variance is negative or a consistent solution cannot be
    """

    paths: np.ndarray
    cov: np.ndarray
    improper: np.ndarray
    draws: np.ndarray | None = None

    @property
    def good(self) -> np.ndarray:
        """(B,) True where there is a fit with errors."""
        return np.isfinite(self.paths).all(axis=1) & np.isfinite(self.cov).all(axis=(1, 2))


@dataclass(frozen=True, eq=False)
class SemEngine:
    """The model posed on the population of coarsened answers.

    Attributes
    ----------
    start : parameters there
    metric : inverse of twice the information there
    robust : sandwich errors (MLR)
    """

    population: Population
    problem: Problem
    order: np.ndarray
    start: np.ndarray
    metric: np.ndarray
    robust: bool

    @classmethod
    def of(cls, population: Population, robust: bool) -> SemEngine:
        """Pose the model on a large sample of the population."""
        Y = draw(population, LARGE, 1, np.random.default_rng(0))[0]
        frame = pd.DataFrame(Y, columns=population.items)
        mean = frame.mean() if population.missing else None
        text = population.text.model
        problem, optimum, order = pose_population(text, [frame.cov()], None if mean is None else [mean])
        metric = np.linalg.inv(2 * problem.objective.information(optimum.theta))
        return cls(population, problem, order, optimum.theta, metric, robust)

    def fit(self, Y: np.ndarray) -> Fits:
        """Fit samples (B, n, items).

        Notes
        -----
        Errors rest on the expected information (ML; the observed one of incomplete samples) or on the
        sandwich of observed information and casewise scores (MLR).
        """
        X = Y[:, :, self.order]
        model, n = self.problem.model, X.shape[1]
        K = np.eye(model.q)
        if self.population.missing:
            sample: Moments | Incomplete = Incomplete.of(X)
            objective: BatchML | BatchFIML = BatchFIML(model)
        else:
            centred = X - X.mean(axis=1, keepdims=True)
            cov = np.swapaxes(centred, 1, 2) @ centred / n
            sample, objective = Moments((cov,), (X.mean(axis=1),)), BatchML(model, np.ones(1))
        found = climb(objective, sample, self.start, self.metric, K, n)  # type: ignore[arg-type]
        pairs = list(self.population.paths)
        paths, J = standardised_paths(model, found.theta, pairs)
        cov = np.full((len(X), len(pairs), len(pairs)), np.nan)
        for b in np.flatnonzero(found.converged).tolist():
            cov[b] = self._errors(found, sample, X[b], b, J[b])
        paths[~found.converged] = np.nan
        values = model.values(found.theta)
        own = [k for k, row in enumerate(model.rows) if row.op == "~~" and row.lhs == row.rhs]
        return Fits(paths, cov, found.converged & (values[:, own] < 0).any(axis=1))

    def _errors(
        self, found: Climbed, sample: Moments | Incomplete, X: np.ndarray, b: int, J: np.ndarray
    ) -> np.ndarray:
        """(P, P) covariance of the standardised paths of one sample."""
        model = self.problem.model
        state = model.state(model.values(found.theta[b]), 0)
        try:
            if isinstance(sample, Moments):
                if not self.robust:
                    H = model.gather(model.gather(model.information(state, 0)).T)
                    return J @ np.linalg.solve(H, J.T) / len(X)
                T, s = sample.cov[0][b], row_scores(model, state, 0, X, X.mean(axis=0))
                H = observed_information(model, state, T)
            else:
                T, s, lost = incomplete_scores(model, state, X)
                H = observed_information(model, state, T) - model.gather(model.gather(lost).T)
            half = np.linalg.solve(H, J.T)
            if not self.robust:
                return J @ half / len(X)
            s = model.gather(s)
            return half.T @ (s.T @ s / len(X)) @ half / len(X)
        except np.linalg.LinAlgError:
            return np.full((len(J), len(J)), np.nan)
