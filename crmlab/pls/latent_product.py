"""Products of latent variables, seen through products of their proxies: nonlinear consistent PLS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from crmlab.pls.interaction import Interaction


@dataclass(frozen=True, slots=True, eq=False)
class LatentProducts:
    """What Q products of latent variables look like in a batch of B samples.

    Attributes
    ----------
    size : (Q, B) their standard deviations; NaN where the answers allow none
    q : (Q, B) correlation of the product of proxies with the product, up to what latent third moments share
    cor : (Q, Q, B) their correlations
    proxies : (Q, B) product of the q's of the two proxies
    """

    size: np.ndarray
    q: np.ndarray
    cor: np.ndarray
    proxies: np.ndarray


def latent_products(
    interactions: Sequence[Interaction],
    among: np.ndarray,
    spread: np.ndarray,
    proxies: Mapping[str, np.ndarray],
    correlation: Mapping[tuple[str, str], np.ndarray],
) -> LatentProducts:
    """Free the moments of products of proxies from the proxies' errors.

    Parameters
    ----------
    among, spread : (Q, Q, B) correlations and (Q, B) standard deviations of the products of proxies
    proxies : construct -> (B,) correlation q of its proxy with it
    correlation : pair of constructs -> (B,) their latent correlation

    Notes
    -----
    A proxy is s = q x + e, var(e) = 1 - q^2, with normal errors that are independent of all else. Third
    moments of proxies are those of the latent variables times the q's, so that with
    q_product = q_a q_b sd(x_a x_b) / sd(s_a s_b) a product is corrected like any construct. In fourth
    moments the errors of a construct that stands twice add up, in pairs: E[s_i s_j s_k s_l] =
    q_i q_j q_k q_l E[x_i x_j x_k x_l] + sum over pairs of the same construct of (1 - q^2) q_k q_l cor_kl
    + sum over two such pairs of (1 - q^2)(1 - q'^2).

    Source
    ------
    Dijkstra, T. K. & Schermelleh-Engel, K. (2014). Psychometrika 79(4), 585-604.
    """
    Q, B = spread.shape
    cov = np.empty((Q, Q, B))
    for i, one in enumerate(interactions):
        for j, other in enumerate(interactions[: i + 1]):
            four = (one.predictor, one.moderator, other.predictor, other.moderator)
            left, right = _cor(correlation, *four[:2]), _cor(correlation, *four[2:])
            q = [proxies[name] for name in four]
            seen_left = left * (q[0] * q[1] if four[0] != four[1] else 1.0)
            seen_right = right * (q[2] * q[3] if four[2] != four[3] else 1.0)
            moment = among[i, j] * spread[i] * spread[j] + seen_left * seen_right
            fourth = (moment - _errors(four, q, correlation)) / (q[0] * q[1] * q[2] * q[3])
            cov[i, j] = cov[j, i] = fourth - left * right
    variance = np.einsum("qqb->qb", cov)
    size = np.sqrt(np.where(variance > 0, variance, np.nan))
    own = np.array([proxies[one.predictor] * proxies[one.moderator] for one in interactions])
    cor = cov / size[:, None] / size
    cor[np.arange(Q), np.arange(Q)] = 1.0
    return LatentProducts(size, own * size / spread, cor, own)


def _errors(
    four: Sequence[str], q: Sequence[np.ndarray], correlation: Mapping[tuple[str, str], np.ndarray]
) -> np.ndarray:
    """What the proxies' errors add to the mean of the product of four of them."""
    total = np.zeros_like(q[0])
    for i, j in combinations(range(4), 2):
        if four[i] != four[j]:
            continue
        k, l = (place for place in range(4) if place not in (i, j))
        total = total + (1 - q[i] ** 2) * q[k] * q[l] * _cor(correlation, four[k], four[l])
        if four[k] == four[l] and i < k:
            total = total + (1 - q[i] ** 2) * (1 - q[k] ** 2)
    return total


def _cor(correlation: Mapping[tuple[str, str], np.ndarray], a: str, b: str) -> np.ndarray | float:
    return 1.0 if a == b else correlation[a, b]
