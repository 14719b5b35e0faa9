"""FIMIX-PLS: are there hidden segments with paths of their own? A mixture of inner models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

TINY = 1e-4  # smallest residual variance: below it a segment would sit on a few points
LEVEL = 1e-9  # relative gain in log-likelihood at which the climb ends
STEPS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Maximum of the mixture likelihood.

    Attributes
    ----------
    share : (S,) sizes of the segments, largest first
    beta : for each endogenous construct (k, S) coefficients
    variance : (E, S) residual variances
    posterior : (n, S) probabilities of membership
    loglik : at the maximum
    converged : whether the climb ended
    """

    share: np.ndarray
    beta: tuple[np.ndarray, ...]
    variance: np.ndarray
    posterior: np.ndarray
    loglik: float
    converged: bool


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Segments of a fit: probabilities of membership by row, and the result with sizes, paths and criteria."""

    posterior: pd.DataFrame
    result: Result

    @property
    def segment(self) -> pd.Series:
        """The most likely segment of each row, 1 for the largest."""
        return self.posterior.idxmax(axis=1).rename("segment")


def fimix(fit: PlsFit, segments: int, starts: int, seed: int) -> Segmentation:
    """Finite mixture of the inner model's regressions; see PlsFit.fimix."""
    fit.model.words.refuse_consistent("segmentation")
    if segments < 1 or starts < 1 or segments * 10 > fit.n:
        raise ModelError(
            f"{segments} segments of {fit.n} rows, {starts} starts", hint="2 segments, 10 starts"
        )
    if fit.model.words.method == "repeated_indicators" and fit.model.words.parts:
        raise ModelError("segments with repeated indicators are not available", hint="two_stage")
    stage = fit.solution.final.stage
    scores = fit.scores[list(stage.names)].to_numpy()
    outcomes = [j for j in range(len(stage.names)) if stage.sources[j]]
    X = tuple(scores[:, list(stage.sources[j])] for j in outcomes)
    rng = np.random.default_rng(seed)
    found = [_climb(X, scores[:, outcomes], rng.dirichlet(np.ones(segments), fit.n)) for _ in range(starts)]
    best = max(found, key=lambda one: one.loglik)
    blocks = [tidy_block("segment_share", [str(s + 1) for s in range(segments)], best.share)]
    for j, beta, variance in zip(outcomes, best.beta, best.variance, strict=True):
        for i, row in zip(stage.sources[j], beta, strict=True):
            ends = f"{stage.names[j]}~{stage.names[i]}"
            blocks.append(tidy_block("path", [f"{ends}.{s + 1}" for s in range(segments)], row))
        subjects = [f"{stage.names[j]}.{s + 1}" for s in range(segments)]
        blocks.append(tidy_block("residual_variance", subjects, variance))
    rule = f"log-likelihood rises by less than {LEVEL:g} of itself within {STEPS} steps"
    same = sum(one.loglik > best.loglik - 1e-3 for one in found)
    checks = (
        Check("check.converged", best.converged, best.loglik, rule),
        Check("check.same_maximum", same >= min(2, starts), same, f"starts of {starts} that reach it: >= 2"),
    )
    source = fit.source | {"seed": str(seed)}
    glance = _criteria(best, X, fit.n)
    tidy = pd.concat(blocks, ignore_index=True)
    names = [str(s + 1) for s in range(segments)]
    posterior = pd.DataFrame(best.posterior, index=fit.index, columns=names)
    return Segmentation(posterior, Result("model.pls", tidy, glance, checks, source))


def _climb(X: tuple[np.ndarray, ...], Y: np.ndarray, posterior: np.ndarray) -> Mixture:
    """EM from given memberships; Y (n, E), X one (n, k) for each column of Y.

    Source
    ------
    Hahn, C., Johnson, M. D., Herrmann, A. & Huber, F. (2002). Schmalenbach Business Review 54, 243-269.
    """
    before, settled = -np.inf, False
    for _ in range(STEPS):
        share = posterior.mean(axis=0)
        beta, variance = _regressions(X, Y, posterior)
        density = np.log(np.maximum(share, 1e-300)) + sum(
            -0.5 * (np.log(2 * np.pi * v) + (y[:, None] - x @ b) ** 2 / v)
            for x, y, b, v in zip(X, Y.T, beta, variance, strict=True)
        )
        top = density.max(axis=1, keepdims=True)
        weight = np.exp(density - top)
        loglik = float((top[:, 0] + np.log(weight.sum(axis=1))).sum())
        posterior = weight / weight.sum(axis=1, keepdims=True)
        settled = loglik - before <= LEVEL * abs(loglik)
        if settled:
            break
        before = loglik
    order = np.argsort(-share, kind="stable")
    beta = tuple(b[:, order] for b in beta)
    return Mixture(share[order], beta, variance[:, order], posterior[:, order], loglik, settled)


def _regressions(
    X: tuple[np.ndarray, ...], Y: np.ndarray, posterior: np.ndarray
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Weighted least squares of each outcome in each segment, without intercepts (scores have mean 0)."""
    size = np.maximum(posterior.sum(axis=0), 1e-12)
    betas, variances = [], []
    for x, y in zip(X, Y.T, strict=True):
        moments = np.einsum("ns,ni,nj->sij", posterior, x, x) + 1e-10 * np.eye(x.shape[1])
        cross = np.einsum("ns,ni,n->si", posterior, x, y)
        b = np.linalg.solve(moments, cross[:, :, None])[:, :, 0].T
        betas.append(b)
        residual = (y[:, None] - x @ b) ** 2
        variances.append(np.maximum((posterior * residual).sum(axis=0) / size, TINY))
    return tuple(betas), np.array(variances)


def _criteria(best: Mixture, X: tuple[np.ndarray, ...], n: int) -> dict[str, float]:
    """What to choose the number of segments by: smaller is better, but for the entropy (near 1 is clear).

    Source
    ------
    Sarstedt, M., Becker, J.-M., Ringle, C. M. & Schwaiger, M. (2011). Schmalenbach Business Review 63,
    34-62 (AIC3 with CAIC is advised); Ramaswamy, V. et al. (1993) (entropy).
    """
    S = len(best.share)
    free = S - 1 + S * (sum(x.shape[1] for x in X) + len(X))
    log, minus = np.log(n), -2 * best.loglik
    p = best.posterior
    doubt = float(-(p * np.log(np.where(p > 0, p, 1.0))).sum())
    return {
        "n": float(n),
        "segments": float(S),
        "loglik": best.loglik,
        "aic": minus + 2 * free,
        "aic3": minus + 3 * free,
        "aic4": minus + 4 * free,
        "bic": minus + log * free,
        "caic": minus + (log + 1) * free,
        "hq": minus + 2 * np.log(log) * free,
        "mdl5": minus + 5 * log * free,
        "entropy": 1 - doubt / (n * np.log(S)) if S > 1 else np.nan,
    }
