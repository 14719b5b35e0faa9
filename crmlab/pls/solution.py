"""A solved model and every quantity of it, for one sample or a batch of resamples (batch last)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crmlab.pls.consistent import attenuation, disattenuated
from crmlab.pls.latent_product import LatentProducts, latent_products
from crmlab.pls.model import Model, Stage
from crmlab.pls.moments import Sample
from crmlab.pls.product import product_moments
from crmlab.pls.weights import Outer, outer_weights, regress


@dataclass(frozen=True, eq=False)
class Solved:
    """One stage, solved and oriented.

    Attributes
    ----------
    stage : the model
    R : (p, p, B) correlation of its items
    outer : weights and the correlations they imply
    size : (J, B) standard deviation of the scores, or None where all are 1. Product terms are not
        standardised: their coefficients are per unit of the product, their loadings in its units
    products : places of product terms with what is known of the latent products (PLSc with interactions)
    """

    stage: Stage
    R: np.ndarray
    outer: Outer
    size: np.ndarray | None = None
    products: tuple[tuple[int, ...], LatentProducts] | None = None

    @cached_property
    def q(self) -> np.ndarray:
        """(J, B) correlation of each proxy with its construct; 1 unless the stage is consistent."""
        q = attenuation(self.outer.w, self.stage)
        if self.products is not None:
            q[list(self.products[0])] = self.products[1].q
        return q

    @cached_property
    def c(self) -> np.ndarray:
        """(J, J, B) correlation of the constructs; freed of attenuation if the stage is consistent."""
        if not self.stage.consistent:
            return self.outer.c
        c = disattenuated(self.outer.c, self.q)
        if self.products is not None:
            places, found = self.products
            sign = np.sign(self.outer.w[[self.stage.blocks[j].start for j in places]])
            c[np.ix_(places, places)] = found.cor * sign * sign[:, None]
        return c

    @cached_property
    def loadings(self) -> np.ndarray:
        """(p, B) of each item on its own construct: correlation with its score, or consistent loading."""
        plain = self.standard_loadings
        return plain if self.size is None else plain * self.size[self.stage.home]

    @cached_property
    def standard_loadings(self) -> np.ndarray:
        """(p, B) loadings on constructs with variance 1."""
        plain = own(self.outer.rw, self.stage)
        if not self.stage.consistent:
            return plain
        w = self.outer.w
        square = np.add.reduceat(w**2, [block.start for block in self.stage.blocks], axis=0)
        several = np.array(self.stage.sizes) > 1
        reflective = np.array([mode == "A" for mode in self.stage.modes]) & several
        return np.where(reflective[self.stage.home][:, None], w * (self.q / square)[self.stage.home], plain)

    @cached_property
    def standard_beta(self) -> np.ndarray:
        """(J, J, B) path coefficients of constructs with variance 1, [i, j] for i -> j."""
        beta = np.zeros_like(self.c)
        for sources, outcomes in self.stage.regressions.items():
            beta[np.ix_(sources, outcomes)] = regress(self.c, sources, outcomes, not self.stage.consistent)
        return beta

    @cached_property
    def beta(self) -> np.ndarray:
        """(J, J, B) path coefficients, beta[i, j] for i -> j; of a product per unit of the product."""
        return self.standard_beta if self.size is None else self.standard_beta / self.size[:, None]

    @cached_property
    def r2(self) -> np.ndarray:
        """(J, B) explained variance; 0 for exogenous constructs."""
        return np.einsum("ijb,ijb->jb", self.standard_beta, self.c)


@dataclass(frozen=True, eq=False)
class Solution:
    """A model solved, stage after stage."""

    model: Model
    stages: tuple[Solved, ...]

    @property
    def first(self) -> Solved:
        """The stage on the items."""
        return self.stages[0]

    @property
    def final(self) -> Solved:
        """The stage whose paths are the answer."""
        return self.stages[-1]

    @property
    def good(self) -> np.ndarray:
        """(B,) converged in every stage, with finite paths."""
        good = np.isfinite(self.final.beta).all(axis=(0, 1))
        for solved in self.stages:
            good &= solved.outer.converged & np.isfinite(solved.outer.w).all(axis=0)
        return good

    @cached_property
    def on_items(self) -> dict[str, np.ndarray]:
        """Construct or item -> its weights on the standardised items of the model, (p, B); no products."""
        return weights_on_items(self.model, self.stages)


def solve_model(
    R: np.ndarray,
    model: Model,
    tol: float,
    max_iter: int,
    like: Solution | None = None,
    sample: Sample | None = None,
) -> Solution:
    """Solve a model on correlations of its items, shape (p, p, B), in the order of model.items.

    `sample` holds the rows themselves; only a model with two-stage interactions needs them.

    Orientation: without `like`, each construct gets the sign that makes the SUM of its loadings
    positive. With `like` (the full sample's solution) each construct of each resample gets the sign that
    makes the inner product of its loadings with the full sample's positive. The sign is one per
    construct and stage; it turns the construct's weights, loadings and all its correlations at once,
    and the path coefficients follow from them. No coefficient is ever flipped on its own: flipping
    coefficient by coefficient towards the estimate makes every interval exclude zero.
    """
    solved: list[Solved] = []
    for k, stage in enumerate(model.stages):
        sizes = np.ones((len(stage.items), R.shape[2]))
        if k:
            R = _next_moments(model, tuple(solved), stage, sample, sizes)
        elif model.indicated and sample is not None:
            sizes = sample.sizes
        elif len(stage.items) != len(model.items):  # repeated indicators
            places = [model.items.index(item) for item in stage.items]
            R = R[np.ix_(places, places)]
        units = None if stage.units is None else _units(model, stage, sample)
        one = solve_stage(R, stage, tol, max_iter, like.stages[k] if like else None, units)
        if model.words.interactions and sample is not None:
            one = replace(one, size=_score_sizes(one, sizes))
            if stage.consistent and k:
                one = _with_latent_products(model, tuple(solved), one, sizes, sample)
        solved.append(one)
    return Solution(model, tuple(solved))


def solve_stage(
    R: np.ndarray,
    stage: Stage,
    tol: float,
    max_iter: int,
    like: Solved | None = None,
    units: np.ndarray | None = None,
) -> Solved:
    """Solve one stage and turn its constructs; see `solve_model`. `units` (p, B) of items that keep theirs."""
    if units is None and stage.units is not None:
        units = stage.units[:, None]
    outer = outer_weights(R, stage, tol, max_iter, units)
    towards = own(outer.rw, stage) * (like.loadings if like is not None else 1.0)
    lean = np.add.reduceat(towards, [block.start for block in stage.blocks], axis=0)
    sign = np.where(lean < 0, -1.0, 1.0)
    turned = Outer(
        outer.w * np.repeat(sign, stage.sizes, axis=0),
        outer.rw * sign,
        outer.c * sign * sign[:, None],
        outer.iterations,
        outer.converged,
    )
    return Solved(stage, R, turned)


def _units(model: Model, stage: Stage, sample: Sample | None) -> np.ndarray:
    """(p, B) standard deviations of a stage's items in each sample, up to one factor; 1 of scores."""
    assert stage.units is not None
    units = stage.units[:, None]
    if sample is None:
        return units
    spread = dict(zip(model.items, sample.spread, strict=True))
    level = np.ones_like(sample.spread[0])
    return units * np.array([spread.get(item, level) for item in stage.items])


def _next_moments(
    model: Model, solved: tuple[Solved, ...], stage: Stage, sample: Sample | None, sizes: np.ndarray
) -> np.ndarray:
    """Correlations of a later stage's items: scores of the stage before, items of it, products of scores.

    The products' standard deviations are written into `sizes` (p, B).
    """
    before = solved[-1]
    names, items = before.stage.names, before.stage.items
    known = [item for item in stage.items if item in names or item in items]
    score = np.array([item in names for item in known])
    parts = [names.index(item) for item in known if item in names]
    plain = [items.index(item) for item in known if item not in names]
    R = np.empty((len(stage.items), len(stage.items), before.R.shape[2]))
    at = np.array([item in names or item in items for item in stage.items])
    score, rest = np.flatnonzero(at)[score], np.flatnonzero(at)[~score]
    across = before.outer.rw[np.ix_(plain, parts)] / before.q[parts]
    R[np.ix_(score, score)] = before.c[np.ix_(parts, parts)]  # consistent: of the parts, not of their scores
    R[np.ix_(rest, rest)] = before.R[np.ix_(plain, plain)]
    R[np.ix_(rest, score)] = across
    R[np.ix_(score, rest)] = across.transpose(1, 0, 2)
    if not at.all():
        assert sample is not None  # whoever has a model with products of scores hands over the rows
        fresh = np.flatnonzero(~at)
        weights = weights_on_items(model, solved)
        products = {one.name: one for one in model.words.interactions}
        chosen = [products[stage.items[k]] for k in fresh]
        among, against, sizes[fresh] = product_moments(sample, chosen, weights)
        R[np.ix_(fresh, fresh)] = among
        reached = reach(solved) if stage.consistent else {}
        for k in np.flatnonzero(at):
            row = np.einsum("pb,qpb->qb", weights[stage.items[k]], against)
            R[fresh, k] = R[k, fresh] = row / reached.get(stage.items[k], 1.0)
    diagonal = np.arange(len(stage.items))
    R[diagonal, diagonal] = 1.0
    return R


def _with_latent_products(
    model: Model, before: tuple[Solved, ...], one: Solved, sizes: np.ndarray, sample: Sample
) -> Solved:
    """PLSc: the products of latent variables in place of those of their proxies."""
    names, chosen = one.stage.names, model.words.interactions
    if not all(each.name in names for each in chosen):  # a stage before that of the products
        return one
    places = tuple(names.index(each.name) for each in chosen)
    rows = [one.stage.blocks[j].start for j in places]
    n = sample.counts.sum(axis=0)
    spread = sizes[rows] / np.sqrt((n - 1) / n)
    last = before[-1]
    at = {name: k for k, name in enumerate(last.stage.names)}
    cor = {(a, b): last.c[at[a], at[b]] for a in at for b in at}
    found = latent_products(chosen, one.R[np.ix_(rows, rows)], spread, reach(before), cor)
    size = np.ones_like(one.outer.c[0])
    size[list(places)] = found.size
    return replace(one, size=size, products=(places, found))


def reach(solved: Sequence[Solved]) -> dict[str, np.ndarray]:
    """Construct -> (B,) correlation of its score (in the respondents' answers) with it; 1 for plain PLS.

    The score of a whole is made of the scores of its parts, which are not the parts themselves:
    sum of w q l / sd, w the weights, q the parts' own, l the parts' loadings and sd that of the sum of w s.
    """
    found: dict[str, np.ndarray] = {}
    proxies: dict[tuple[str, str], np.ndarray] = {}  # correlations of scores
    for one in solved:
        fresh: dict[str, np.ndarray] = {}
        for j, (name, block) in enumerate(zip(one.stage.names, one.stage.blocks, strict=True)):
            parts = one.stage.items[block]
            if not all(part in found for part in parts) or parts == (name,):
                fresh[name] = one.q[j]
                continue
            w, load = one.outer.w[block], one.loadings[block]
            q = np.array([found[part] for part in parts])
            C = np.array([[proxies[a, b] for b in parts] for a in parts])
            fresh[name] = (w * q * load).sum(axis=0) / np.sqrt(np.einsum("ib,ijb,jb->b", w, C, w))
        found |= fresh
        at = one.stage.names
        proxies |= {
            (a, b): one.c[i, j] * fresh[a] * fresh[b] if a != b else np.ones_like(fresh[a])
            for i, a in enumerate(at)
            for j, b in enumerate(at)
        }
    return found


def _score_sizes(solved: Solved, sizes: np.ndarray) -> np.ndarray:
    """(J, B): of a product term the mean standard deviation of its items, weighed by |loading|; 1 elsewhere.

    As seminr 2 and SmartPLS 4 scale product terms.
    """
    share = np.abs(own(solved.outer.rw, solved.stage))
    starts = [block.start for block in solved.stage.blocks]
    return np.add.reduceat(sizes * share, starts, axis=0) / np.add.reduceat(share, starts, axis=0)


def weights_on_items(model: Model, solved: Sequence[Solved]) -> dict[str, np.ndarray]:
    """Construct or item -> its weights on the standardised items of the model, (p, B); no products."""
    p, B = len(model.items), solved[0].R.shape[2]
    found = {
        item: np.repeat(row[:, None], B, axis=1) for item, row in zip(model.items, np.eye(p), strict=True)
    }
    for one in solved:
        fresh = {}
        for name, block in zip(one.stage.names, one.stage.blocks, strict=True):
            items = one.stage.items[block]
            if all(item in found for item in items):
                parts = np.array([found[item] for item in items])
                weights = np.einsum("kb,kpb->pb", one.outer.w[block], parts)
                if one.stage.consistent and one is not solved[0] and items != (name,):
                    # weights are for the parts themselves; the score of their scores has another variance
                    weights = weights / np.sqrt(np.einsum("pb,pqb,qb->b", weights, solved[0].R, weights))
                fresh[name] = weights
        found |= fresh
    return found


def own(rw: np.ndarray, stage: Stage) -> np.ndarray:
    """(p, B) of (p, J, B): each item's row at its own construct."""
    return rw[np.arange(len(stage.home)), stage.home]
