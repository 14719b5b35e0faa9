"""Products of construct scores as items: their correlations in one sample or in many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from crmlab.pls.interaction import Interaction
from crmlab.pls.moments import Sample


def product_moments(
    sample: Sample, interactions: Sequence[Interaction], weights: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlations of Q products among themselves, (Q, Q, B), and with every item, (Q, p, B); their spreads.

    Each product is that of the two constructs' scores, which are standardised in the sample itself. The
    spreads (Q, B) are the products' standard deviations, all with the divisor n - 1.

    Source
    ------
    Chin, W. W., Marcolin, B. L. & Newsted, P. R. (2003). Information Systems Research 14(2), 189-217;
    Henseler, J. & Chin, W. W. (2010). Structural Equation Modeling 17(1), 82-109 (two-stage approach).
    """
    share = sample.counts / sample.counts.sum(axis=0)
    p, B, Q = sample.mean.shape[0], share.shape[1], len(interactions)
    deviations = np.empty((Q, len(share), B))
    against = np.empty((Q, p, B))
    for row, one in enumerate(interactions):
        product = scores_of(sample, weights[one.predictor]) * scores_of(sample, weights[one.moderator])
        product -= (share * product).sum(axis=0)
        deviations[row] = product
        against[row] = np.einsum("np,nb->pb", sample.Z, share * product) / sample.spread
    among = np.einsum("nb,qnb,rnb->qrb", share, deviations, deviations)
    variance = np.einsum("qqb->qb", among)
    spread = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    scale, n = 1 / spread, sample.counts.sum(axis=0)
    return among * scale[:, None] * scale, against * scale[:, None], spread * np.sqrt((n - 1) / n)


def scores_of(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """(n, B) scores of all n rows under each sample's weights (p, B), means and spreads."""
    scaled = weights / sample.spread
    return np.einsum("np,pb->nb", sample.Z, scaled) - (sample.mean * scaled).sum(
        axis=0
    )  # not BLAS: same bits
