"""PLS-POS: segments that make the model predict best, by moving people between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import Solver
from crmlab.pls.fimix import Segmentation
from crmlab.pls.moments import sample_of
from crmlab.pls.product import scores_of
from crmlab.pls.solution import Solution, solve_model
from crmlab.result import Check, Result, tidy_block

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

ALONE = 16  # candidates whose move is tried one by one
STEPS = 1000
SMALLEST = 0.05  # share of the rows that every segment keeps


def pos(fit: PlsFit, segments: int, starts: int, seed: int) -> Segmentation:
    """Prediction-oriented segmentation; see PlsFit.pos."""
    fit.model.words.refuse_consistent("segmentation")
    if fit.model.words.interactions:
        raise ModelError("segments with interactions are not available", hint="main effects")
    if segments < 2 or starts < 1 or segments * 10 > fit.n:
        raise ModelError(f"{segments} segments of {fit.n} rows, {starts} starts", hint="2 segments, 5 starts")
    solver, rng = Solver.of(fit), np.random.default_rng(seed)
    found = [_climb(solver, rng.permutation(np.arange(fit.n) % segments), segments) for _ in range(starts)]
    gain, member, ended = max(found, key=lambda one: one[0])
    order = np.argsort(-np.bincount(member, minlength=segments), kind="stable")
    member = np.argsort(order)[member]
    one_hot = np.eye(segments)[member]
    final = solver.solution(one_hot).final
    stage, labels = final.stage, [str(s + 1) for s in range(segments)]
    blocks = [tidy_block("segment_share", labels, one_hot.mean(axis=0))]
    for i, j in stage.arrows:
        ends = f"{stage.names[j]}~{stage.names[i]}"
        blocks.append(tidy_block("path", [f"{ends}.{s}" for s in labels], final.beta[i, j]))
    for j, name in enumerate(stage.names):
        if stage.sources[j]:
            blocks.append(tidy_block("r2", [f"{name}.{s}" for s in labels], final.r2[j]))
    rule = f"no move raises the explained variance any more, within {STEPS} steps"
    checks = (Check("check.converged", ended, gain, rule),)
    whole = float(fit.solution.final.r2[:, 0].sum())
    glance = {"n": float(fit.n), "segments": float(segments), "r2_sum": gain, "r2_sum_whole": whole}
    source = fit.source | {"seed": str(seed)}
    result = Result("model.pls", pd.concat(blocks, ignore_index=True), glance, checks, source)
    return Segmentation(pd.DataFrame(one_hot, index=fit.index, columns=labels), result)


def _climb(solver: Solver, member: np.ndarray, segments: int) -> tuple[float, np.ndarray, bool]:
    """Move the people who are farthest from their segment while the explained variance rises.

    Each step tries the first candidates one by one, and the first 2, 4, 8, ... together, and keeps the best
    (Becker et al. move one at a time).

    Source
    ------
    Becker, J.-M., Rai, A., Ringle, C. M. & Völckner, F. (2013). MIS Quarterly 37(3), 665-694.
    """
    best = _explained(solver, member[None], segments)[0]
    for _ in range(STEPS):
        far = _distances(solver, member, segments)
        own = far[np.arange(len(member)), member]
        target = far.argmin(axis=1)
        gain = own - far.min(axis=1)
        order = np.argsort(-gain, kind="stable")
        order = order[gain[order] > 0]
        if not order.size:
            return float(best), member, True
        sets = [order[[k]] for k in range(min(ALONE, len(order)))]
        sets += [order[: 2**k] for k in range(1, int(np.log2(len(order))) + 1)]
        tried = np.repeat(member[None], len(sets), axis=0)
        for row, chosen in enumerate(sets):
            tried[row, chosen] = target[chosen]
        values = _explained(solver, tried, segments)
        top = int(values.argmax())
        if not values[top] > best + 1e-9:
            return float(best), member, True
        best, member = values[top], tried[top]
    return float(best), member, False


def _explained(solver: Solver, tried: np.ndarray, segments: int) -> np.ndarray:
    """(T,) sum of R2 over the outcomes, averaged over segments by size; tried (T, n) memberships."""
    n = tried.shape[1]
    counts = (tried[:, None] == np.arange(segments)[:, None]).reshape(-1, n).T.astype(float)
    size = counts.sum(axis=0)
    enough = size >= max(SMALLEST * n, 10)
    solved: Solution = solver.solution(np.where(enough, counts, 1.0))
    r2 = np.where(enough & solved.good, solved.final.r2.sum(axis=0) * size / n, -np.inf)
    return r2.reshape(len(tried), segments).sum(axis=1)


def _distances(solver: Solver, member: np.ndarray, segments: int) -> np.ndarray:
    """(n, S) distance of everyone to every segment: residuals of its inner model, each over their norm."""
    fit = solver.fit
    counts = np.eye(segments)[member]
    drawn = sample_of(solver.Z, solver.moments, counts, fit.model)
    solved = solve_model(drawn.R, fit.model, fit.tol, fit.max_iter, fit.solution, drawn)
    stage, beta = solved.final.stage, solved.final.beta
    scores = np.array([scores_of(drawn, solved.on_items[name]) for name in stage.names])
    out = np.zeros((len(member), segments))
    for j in range(len(stage.names)):
        if stage.sources[j]:
            sources = list(stage.sources[j])
            square = (scores[j] - np.einsum("sb,snb->nb", beta[sources, j], scores[sources])) ** 2
            out += np.sqrt(square / (square * counts).sum(axis=0))
    return out * np.sqrt(counts.sum(axis=0))
