"""Correlations of many reweighted samples from one matrix product."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from crmlab.errors import ModelError
from crmlab.pls.model import Model
from crmlab.pls.weights import solve


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """B reweighted samples of n rows.

    Attributes
    ----------
    Z : (n, p) items
    counts : (n, B) how often each row is in each sample
    R : (p, p, B) correlations of the items
    mean, spread : (p, B) in units of Z; the spread has the divisor n
    sizes : (p, B) standard deviation (n - 1) of products of standardised items; 1 for all other items
    slopes : orthogonal interaction -> (items of both constructs, its products, B) what was taken out of the
        products of centred items
    """

    Z: np.ndarray
    counts: np.ndarray
    R: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    sizes: np.ndarray
    slopes: dict[str, np.ndarray] = field(default_factory=dict)


def products(Z: np.ndarray) -> np.ndarray:
    """(n, p + p(p+1)/2): the items and their products, so that counts @ this are all raw moments (see `on_grid`)."""
    upper, lower = np.triu_indices(Z.shape[1])
    return on_grid(np.hstack([Z, Z[:, upper] * Z[:, lower]]))


def on_grid(F: np.ndarray) -> np.ndarray:
    """F (n, q) on the finest binary grid on which a sum over n drawn rows is still exact in float64.

    For 400 rows steps are about 1e-12. Sums are then the same to the last bit in whatever order the linear
    algebra library adds, with however many threads.
    """
    grid = 2.0 ** (52 - np.ceil(np.log2(np.abs(F).max() * len(F))))
    return np.rint(F * grid) / grid


def counts_of(rows: np.ndarray, size: int) -> np.ndarray:
    """(size, B): how often each of `size` rows was drawn, from drawn row numbers (B, n)."""
    B = len(rows)
    flat = (rows + np.arange(B)[:, None] * size).ravel()
    return np.bincount(flat, minlength=B * size).reshape(B, size).T.astype(float)


def correlations(moments: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Item correlations of resamples, (p, p, B), and their standard deviations, (p, B), batch last.

    Parameters
    ----------
    moments : from `products`
    rows : integers, shape (B, n): the rows drawn for each resample

    Standard deviations are in units of the columns given to `products`, with divisor n. An item without
    variance in a resample has NaN there.
    """
    R, spread, _ = reweighted(moments, counts_of(rows, len(moments)))
    return R, spread


def reweighted(moments: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlations (p, p, B), standard deviations and means (p, B) of samples that weigh rows by counts."""
    p = int((np.sqrt(9 + 8 * moments.shape[1]) - 3) / 2)
    M = moments.T @ counts / counts.sum(axis=0)
    mean, raw = M[:p], M[p:]
    upper, lower = np.triu_indices(p)
    raw -= mean[upper] * mean[lower]
    variance = raw[upper == lower]
    spread = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    inverse = 1 / spread
    raw *= inverse[upper]
    raw *= inverse[lower]
    R = np.empty((p, p, counts.shape[1]))
    R[upper, lower] = raw
    R[lower, upper] = raw
    return R, spread, mean


def sample_of(Z: np.ndarray, moments: np.ndarray, counts: np.ndarray, model: Model) -> Sample:
    """Samples of the observed items Z (n, p), extended by products of items where the model has them."""
    R, spread, mean = reweighted(moments, counts)
    sizes = np.ones_like(mean)
    slopes: dict[str, np.ndarray] = {}
    if model.indicated:
        R, sizes, slopes = _of_standardised(R, spread, mean, counts.sum(axis=0), model)
    return Sample(Z, counts, R, mean, spread, sizes, slopes)


def whole_sample(Z: np.ndarray, model: Model) -> Sample:
    """The full sample: standardised observed items Z (n, p), extended by standardised products of items."""
    n = len(Z)
    Z, sizes = _with_products(Z, model)
    R = np.einsum("ni,nj->ij", Z, Z) / (n - 1)  # not BLAS: same bits anywhere
    np.fill_diagonal(R, 1.0)
    still = np.zeros((Z.shape[1], 1))
    return Sample(Z, np.ones((n, 1)), R[:, :, None], still, still + np.sqrt(1 - 1 / n), sizes[:, None])


def raw_items(Z: np.ndarray, model: Model) -> np.ndarray:
    """Observed items and the plain products of items, in the order of `model.items`."""
    place = {item: k for k, item in enumerate(model.observed)}
    pairs = [pair for one in model.indicated for pair in one.pairs(model.words.blocks)]
    return np.column_stack([Z, *(Z[:, place[a]] * Z[:, place[b]] for a, b in pairs)])


def _with_products(Z: np.ndarray, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Items with products of them, orthogonalised where asked, standardised; and the spread of each."""
    if not model.indicated:
        return Z, np.ones(Z.shape[1])
    out, start = raw_items(Z, model), Z.shape[1]
    for one in model.indicated:
        stop = start + len(one.pairs(model.words.blocks))
        if one.method == "orthogonal":
            base = np.column_stack([np.ones(len(Z)), Z[:, _main_items(one.predictor, one.moderator, model)]])
            out[:, start:stop] -= base @ np.linalg.lstsq(base, out[:, start:stop], rcond=None)[0]
        start = stop
    out -= out.mean(axis=0)
    spread = np.sqrt((out**2).sum(axis=0) / (len(out) - 1))
    flat = np.flatnonzero(spread < 1e-9)
    if flat.size:
        raise ModelError(f"the product of items '{model.items[flat[0]]}' does not vary", hint="two_stage")
    return out / spread, np.where(np.arange(len(spread)) < Z.shape[1], 1.0, spread)


def _main_items(predictor: str, moderator: str, model: Model) -> list[int]:
    items = dict.fromkeys((*model.words.blocks[predictor], *model.words.blocks[moderator]))
    return [model.observed.index(item) for item in items]


def _of_standardised(
    R: np.ndarray, spread: np.ndarray, mean: np.ndarray, n: np.ndarray, model: Model
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Correlations as if items were standardised in each sample before they were multiplied; product spreads, slopes.

    (a - m_a)(b - m_b) = ab - m_b a - m_a b + const, so the covariances follow from those of ab, a and b;
    orthogonalised products are what the items of both constructs leave of that.
    """
    C = R * spread[:, None] * spread
    place = {item: k for k, item in enumerate(model.items)}
    units = np.ones_like(mean)
    slopes: dict[str, np.ndarray] = {}
    for one in model.indicated:
        pairs = one.pairs(model.words.blocks)
        for a, b in pairs:
            k, i, j = place[f"{a}*{b}"], place[a], place[b]
            C[k] -= mean[j] * C[i] + mean[i] * C[j]
            C[:, k] -= mean[j] * C[:, i] + mean[i] * C[:, j]
            units[k] = spread[i] * spread[j]
        if one.method == "orthogonal":
            ks = [place[f"{a}*{b}"] for a, b in pairs]
            main = _main_items(one.predictor, one.moderator, model)
            slope = slopes[one.name] = solve(C[np.ix_(main, main)], C[np.ix_(main, ks)])
            C[ks] -= np.einsum("mkb,mjb->kjb", slope, C[main])
            C[:, ks] -= np.einsum("mkb,jmb->jkb", slope, C[:, main])
    variance = np.einsum("iib->ib", C)
    spread = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    sizes = np.where(
        np.arange(len(C))[:, None] < len(model.observed), 1.0, spread / units * np.sqrt((n - 1) / n)
    )
    return C / spread[:, None] / spread, sizes, slopes


def new_items(sample: Sample, Z: np.ndarray, batch: np.ndarray, model: Model) -> np.ndarray:
    """Items of other rows as each sample standardises its own (n - 1), products of items among them.

    Parameters
    ----------
    Z : (rows, observed items) in the units of `sample.Z`
    batch : (rows,) which sample each row goes with
    """
    k = len(model.observed)
    n = sample.counts.sum(axis=0)[batch][:, None]
    middle, spread = sample.mean[:k].T[batch], sample.spread[:k].T[batch]
    out = np.empty((len(Z), len(model.items)))
    out[:, :k] = (Z - middle) / (spread * np.sqrt(n / (n - 1)))
    place = {item: at for at, item in enumerate(model.items)}
    for one in model.indicated:
        pairs = one.pairs(model.words.blocks)
        ks = [place[f"{a}*{b}"] for a, b in pairs]
        left, right = [place[a] for a, _ in pairs], [place[b] for _, b in pairs]
        product = out[:, left] * out[:, right] - sample.R[left, right].T[batch] * (n - 1) / n
        if one.method == "orthogonal":
            main = _main_items(one.predictor, one.moderator, model)
            units = (sample.spread[left] * sample.spread[right]).T[batch] * n / (n - 1)
            centred = (Z - middle)[:, main]
            slope = sample.slopes[one.name].transpose(2, 0, 1)[batch]
            product -= np.einsum("rm,rmk->rk", centred, slope) / units
        out[:, ks] = product / sample.sizes[ks].T[batch]
    return out
