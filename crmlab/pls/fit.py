"""Fit a PLS path model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.admit import admit
from crmlab.pls.fitted import PlsFit
from crmlab.pls.model import Model, build, in_units
from crmlab.pls.moments import whole_sample
from crmlab.pls.solution import solve_model
from crmlab.pls.verify import explain_failure, verify
from crmlab.provenance import source_of


def fit(
    data: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    consistent: bool = False,
    interactions: Iterable[tuple[str, str, str, str]] = (),
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    missing: str = "mean",
    scaled: bool = True,
    tol: float = 1e-7,
    max_iter: int = 300,
) -> PlsFit:
    """How strongly do composites of items depend on each other? Partial least squares path modelling.

    Parameters
    ----------
    data : frame, one row per respondent; numeric columns, reverse items already turned
    constructs : name -> its items (columns of data); an item belongs to one construct
    paths : (from, to) pairs; no cycles
    modes : name -> "A" (correlation weights, default), "B" (regression weights) or "unit" (equal weights)
    scheme : inner weighting, "path" (default), "factorial" or "centroid"
    consistent : PLSc: mode A constructs are common factors; loadings, correlations and paths are freed of
        attenuation by rho_A. Solutions that cannot be are failed checks
    interactions : (moderator, predictor, outcome, method); adds the construct "predictor*moderator" and its
        path. Methods: "two_stage" (product of scores of the model without it), "product_indicator"
        (products of standardised items) or "orthogonal" (those, less what the items explain of them). A
        moderator that is the predictor gives a quadratic effect. Products are not standardised: with the
        moderator one standard deviation up, the predictor's effect changes by the product's path
    higher_order : name -> {"of": [parts], "method": ...}; a part may be of higher order itself (third
        order). "two_stage" (disjoint): first a model in which the parts take the place of the whole, then
        one in which their scores are the items of the whole and every other construct keeps its items.
        "repeated_indicators": the whole takes all items of its parts once more, with paths to them (mode
        A) or from them (mode B). "embedded_two_stage": that, then a model on all its scores
    missing : "mean" (a missing cell becomes its item's mean; counted in a check) or "casewise"
    scaled : standardise items before they are weighed. False: items keep their units, and weights of mode A
        are covariances, so that an item with more spread counts for more (plspm's scaled = FALSE); all that
        is reported stays in terms of standardised items
    tol : the weights have settled when the sum of their changes is smaller than this
    max_iter : iterations allowed; not settling is a failed check, not an error

    Returns
    -------
    PlsFit

    Raises
    ------
    ModelError
        Unknown, constant, double or non-numeric items, infinite values, cycles, isolated constructs,
        too few rows, collinear predictors, ...; the message names them.

    Notes
    -----
    Items are standardised (but see `scaled`). Each construct is turned so that the sum of its loadings is positive.

    Source
    ------
    Tenenhaus, M. et al. (2005). PLS path modeling. Computational Statistics & Data Analysis 48, 159-205.
    Becker, J.-M., Cheah, J.-H., Gholamzade, R., Ringle, C. M. & Sarstedt, M. (2023). PLS-SEM's most wanted
    guidance. IJCHM 35(1), 321-346 (disjoint two-stage).
    Sarstedt, M. et al. (2019). Australasian Marketing Journal 27(3), 197-211 (higher-order constructs).
    Dijkstra, T. K. & Henseler, J. (2015). MIS Quarterly 39(2), 297-316 (PLSc).
    """
    model = build(constructs, paths, modes, scheme, higher_order, interactions, consistent)
    admitted = admit(data, model, missing)
    if not scaled:
        model = _unscaled(model, admitted.units[1])
    whole = whole_sample(admitted.Z, model)
    solution = solve_model(whole.R, model, tol, max_iter, sample=whole)
    if not np.isfinite(solution.final.beta).all():
        raise explain_failure(whole.R[:, :, 0], model)
    checks = (*admitted.checks, *verify(solution, tol, max_iter))
    items = data.loc[:, list(model.observed)]
    return PlsFit(
        model, solution, whole.Z, admitted.index, tol, max_iter, checks, source_of(items), *admitted.units
    )


def _unscaled(model: Model, spread: np.ndarray) -> Model:
    """The model whose items keep their units; refused where a correction or a product needs standard ones."""
    for asked, what in ((model.words.consistent, "consistent PLS"), (model.indicated, "products of items")):
        if asked:
            raise ModelError(
                f"{what} with items that are not standardised is not available", hint="scaled=True"
            )
    return in_units(model, dict(zip(model.observed, map(float, spread), strict=True)))
