"""BG/NBD, MBG/NBD, BG/CNBD-k, MBG/CNBD-k and Pareto/NBD: the public functions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import gammaln

from crmlab.clv import fit as _fit
from crmlab.clv.bg_family import BgFamily
from crmlab.clv.fitted import BtydFit
from crmlab.clv.params import PurchaseModel
from crmlab.clv.pareto import ParetoNbd
from crmlab.clv.words import column, labels_of
from crmlab.errors import ModelError


def bgnbd(
    x: object, t_x: object, T: object, *, weights: object = None, purchase: object = None,
    dropout: object = None, penalty: float = 0.0,
) -> BtydFit:  # fmt: skip
    """BG/NBD: how often do customers buy, and how likely do they stop after a purchase?

    Parameters
    ----------
    x : (n,) whole numbers, repeat purchases (the first one not counted)
    t_x : (n,) time from the first to the last purchase; 0 where x = 0
    T : (n,) time from the first purchase to the end of observation; all times in one unit, any unit
    weights : (n,) how many customers a row stands for
    purchase, dropout : (n, k) static covariates, frame or array: alpha exp(-g'z); a exp(g'z), b exp(g'z)
    penalty : ridge on covariate coefficients: mean log-likelihood - penalty * sum of their squares

    Returns
    -------
    BtydFit
        `params` r, alpha (time unit), a, b; `purchase.<z>`, `dropout.<z>`.

    Raises
    ------
    ModelError
        Rows that no history can have, named; nobody bought again.

    Notes
    -----
    L = B(a, b+x)/B(a,b) G(r+x) alpha^r/(G(r) (alpha+T)^(r+x))
        + [x > 0] B(a+1, b+x-1)/B(a,b) G(r+x) alpha^r/(G(r) (alpha+t_x)^(r+x)).

    Source
    ------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). Marketing Science 24(2), 275-284, eq. (6).
    Covariates: Fader, P. S. & Hardie, B. G. S. (2007), note 019, brucehardie.com.

    Examples
    --------
    >>> fit = bgnbd([2, 1, 0, 0, 3, 0], [30.4, 1.7, 0, 0, 24.7, 0], [38.9, 38.9, 38.9, 30, 36, 38.9])
    >>> sorted(fit.params)
    ['a', 'alpha', 'b', 'r']
    """
    return _fit.fit(
        BgFamily(), x, t_x, T, weights=weights, purchase=purchase, dropout=dropout, penalty=penalty
    )


def mbgnbd(
    x: object, t_x: object, T: object, *, weights: object = None, purchase: object = None,
    dropout: object = None, penalty: float = 0.0,
) -> BtydFit:  # fmt: skip
    """MBG/NBD: BG/NBD in which a customer may also drop out right after the first purchase.

    Arguments and result as for `bgnbd`; there is no history without a chance to be gone.

    Notes
    -----
    L = G(r+x) alpha^r/G(r) [ B(a, b+x+1)/B(a,b) (alpha+T)^-(r+x) + B(a+1, b+x)/B(a,b) (alpha+t_x)^-(r+x) ].

    Source
    ------
    Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). IJRM 24(3), 201-209, eq. (4).
    """
    return _fit.fit(
        BgFamily(modified=True),
        x,
        t_x,
        T,
        weights=weights,
        purchase=purchase,
        dropout=dropout,
        penalty=penalty,
    )


def cnbd(
    x: object, t_x: object, T: object, *, k: int = 2, modified: bool = True, litt: object = None,
    weights: object = None, purchase: object = None, dropout: object = None, penalty: float = 0.0,
) -> BtydFit:  # fmt: skip
    """(M)BG/CNBD-k: buyers more regular than random, whose gaps are Erlang with k stages.

    Parameters
    ----------
    k : stages of a gap; 1 is (M)BG/NBD
    modified : whether a customer may drop out right after the first purchase
    litt : (n,) sum of the logarithms of a customer's gaps. It moves no parameter but belongs to the
        log-likelihood: without it, log-likelihoods of different k cannot be compared (a failed check says so).

    Notes
    -----
    alpha is the rate of the gamma law of STAGE rates: a gap lasts k/lambda on average.

    Source
    ------
    Reutterer, T., Platzer, M. & Schröder, N. (2021). IJRM 38(1), 194-215; R package BTYDplus.
    """
    if k != int(k) or not 1 <= k <= 12:
        raise ModelError(f"k is {k}; want a whole number from 1 to 12")
    constant = 0.0 if k == 1 else _gap_constant(x, int(k), litt, weights)
    found = _fit.fit(
        BgFamily(int(k), modified), x, t_x, T, weights=weights, purchase=purchase, dropout=dropout,
        penalty=penalty, constant=constant,
    )  # fmt: skip
    return found if litt is not None or k == 1 else _fit.incomparable(found)


def pareto_nbd(
    x: object, t_x: object, T: object, *, weights: object = None, purchase: object = None,
    dropout: object = None, penalty: float = 0.0,
) -> BtydFit:  # fmt: skip
    """Pareto/NBD: customers buy at gamma rates and stop at any moment, at gamma rates.

    Arguments as for `bgnbd`; covariates act as alpha exp(-g'z) and beta exp(-g'z), so a coefficient is a
    log-ratio of the purchase or the dropout rate. `params` are r, alpha, s, beta.

    Notes
    -----
    L = G(r+x)/G(r) alpha^r beta^s [ (alpha+T)^-(r+x) (beta+T)^-s
        + s int_{t_x}^T (alpha+u)^-(r+x) (beta+u)^-(s+1) du ], the integral by Gauss-Legendre.

    Source
    ------
    Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Management Science 33(1), 1-24.
    Fader, P. S. & Hardie, B. G. S. (2005), note 009, and (2007), note 019, brucehardie.com.
    """
    return _fit.fit(
        ParetoNbd(), x, t_x, T, weights=weights, purchase=purchase, dropout=dropout, penalty=penalty
    )


def _gap_constant(x: object, k: int, litt: object, weights: object) -> float:
    """sum over customers of (k-1) litt - x log G(k), the part without parameters."""
    labels = labels_of(x)
    counts = column(x, "x", labels)
    w = np.ones(len(counts)) if weights is None else column(weights, "weights", labels)
    logs = np.zeros(len(counts)) if litt is None else column(litt, "litt", labels)
    if not len(w) == len(logs) == len(counts):
        raise ModelError(f"x, litt and weights have {len(counts)}, {len(logs)} and {len(w)} values")
    return float(w @ ((k - 1) * logs - counts * gammaln(k)))


MODELS: dict[str, PurchaseModel] = {
    "bgnbd": BgFamily(),
    "mbgnbd": BgFamily(modified=True),
    "pareto_nbd": ParetoNbd(),
}


def given(
    model: str, params: Mapping[str, float], x: object, t_x: object, T: object, *, weights: object = None
) -> BtydFit:
    """A model ("bgnbd", "mbgnbd", "pareto_nbd") at parameters from a paper or another year; nothing is estimated.

    Examples
    --------
    >>> paper = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> round(float(given("bgnbd", paper, [2], [30.43], [38.86]).expected(39)[0]), 4)
    1.226
    """
    if model not in MODELS:
        raise ModelError(f"model '{model}' is not one of {', '.join(MODELS)}")
    return _fit.given(MODELS[model], params, x, t_x, T, weights=weights)
