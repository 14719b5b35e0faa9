"""A solved model and every quantity of it, for one sample or a batch of resamples (batch last)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from crmlab.pls.model import Model, Stage
from crmlab.pls.weights import Outer, outer_weights, regress


@dataclass(frozen=True, eq=False)
class Solved:
    """One stage, solved and oriented.

    Attributes
    ----------
    stage : the model
    R : (p, p, B) correlation of its items
    outer : weights and the correlations they imply
    """

    stage: Stage
    R: np.ndarray
    outer: Outer

    @cached_property
    def loadings(self) -> np.ndarray:
        """(p, B) correlation of each item with its own construct."""
        return own(self.outer.rw, self.stage)

    @cached_property
    def beta(self) -> np.ndarray:
        """(J, J, B) path coefficients, beta[i, j] for i -> j."""
        beta = np.zeros_like(self.outer.c)
        for sources, outcomes in self.stage.regressions.items():
            beta[np.ix_(sources, outcomes)] = regress(self.outer.c, sources, outcomes)
        return beta

    @cached_property
    def r2(self) -> np.ndarray:
        """(J, B) explained variance; 0 for exogenous constructs."""
        return np.einsum("ijb,ijb->jb", self.beta, self.outer.c)


@dataclass(frozen=True, eq=False)
class Solution:
    """A model solved in one stage or two."""

    model: Model
    first: Solved
    second: Solved | None

    @property
    def final(self) -> Solved:
        """The stage whose paths are the answer."""
        return self.second or self.first

    @property
    def good(self) -> np.ndarray:
        """(B,) converged in every stage, with finite paths."""
        stages = [self.first] if self.second is None else [self.first, self.second]
        good = np.isfinite(self.final.beta).all(axis=(0, 1))
        for stage in stages:
            good &= stage.outer.converged & np.isfinite(stage.outer.w).all(axis=0)
        return good


def solve_model(
    R: np.ndarray, model: Model, tol: float, max_iter: int, like: Solution | None = None
) -> Solution:
    """Solve a model on correlations of its items, shape (p, p, B), in the order of model.first.items.

    Orientation: without `like`, each construct gets the sign that makes the SUM of its loadings
    positive. With `like` (the full sample's solution) each construct of each resample gets the sign that
    makes the inner product of its loadings with the full sample's positive. The sign is one per
    construct and stage; it turns the construct's weights, loadings and all its correlations at once,
    and the path coefficients follow from them. No coefficient is ever flipped on its own: flipping
    coefficient by coefficient towards the estimate makes every interval exclude zero.
    """
    first = _solve_stage(R, model.first, tol, max_iter, like.first if like else None)
    if model.second is None:
        return Solution(model, first, None)
    upper = _solve_stage(
        _second_moments(first, model), model.second, tol, max_iter, like.second if like else None
    )
    return Solution(model, first, upper)


def _solve_stage(R: np.ndarray, stage: Stage, tol: float, max_iter: int, like: Solved | None) -> Solved:
    outer = outer_weights(R, stage, tol, max_iter)
    towards = own(outer.rw, stage) * (like.loadings if like is not None else 1.0)
    lean = np.add.reduceat(towards, [block.start for block in stage.blocks], axis=0)
    sign = np.where(lean < 0, -1.0, 1.0)
    turned = Outer(
        outer.w * np.repeat(sign, [block.stop - block.start for block in stage.blocks], axis=0),
        outer.rw * sign,
        outer.c * sign * sign[:, None],
        outer.iterations,
        outer.converged,
    )
    return Solved(stage, R, turned)


def _second_moments(first: Solved, model: Model) -> np.ndarray:
    """Correlations of the second stage's items: scores of the parts, and items that stay items."""
    assert model.second is not None  # the caller has looked
    names, items = first.stage.names, first.stage.items
    score = np.array([item in names for item in model.second.items])
    parts = [names.index(item) for item in model.second.items if item in names]
    plain = [items.index(item) for item in model.second.items if item not in names]
    size = len(model.second.items)
    R = np.empty((size, size, first.R.shape[2]))
    R[np.ix_(score, score)] = first.outer.c[np.ix_(parts, parts)]
    R[np.ix_(~score, ~score)] = first.R[np.ix_(plain, plain)]
    R[np.ix_(~score, score)] = first.outer.rw[np.ix_(plain, parts)]
    R[np.ix_(score, ~score)] = first.outer.rw[np.ix_(plain, parts)].transpose(1, 0, 2)
    diagonal = np.arange(size)
    R[diagonal, diagonal] = 1.0
    return R


def own(rw: np.ndarray, stage: Stage) -> np.ndarray:
    """(p, B) of (p, J, B): each item's row at its own construct."""
    home = np.repeat(np.arange(len(stage.blocks)), [block.stop - block.start for block in stage.blocks])
    return rw[np.arange(len(home)), home]
