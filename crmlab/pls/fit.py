"""Fit a PLS path model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmlab.pls.admit import admit
from crmlab.pls.fitted import PlsFit
from crmlab.pls.model import build
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
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    missing: str = "mean",
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
    higher_order : name -> {"of": [first-order constructs], "method": "two_stage"}: the disjoint two-stage
        approach: first a model in which the parts take the place of the whole, then one in which their
        scores are the items of the whole and every other construct keeps its items
    missing : "mean" (a missing cell becomes its item's mean; counted in a check) or "casewise"
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
    Items are standardised. Each construct is turned so that the sum of its loadings is positive.

    Source
    ------
    Tenenhaus, M. et al. (2005). PLS path modeling. Computational Statistics & Data Analysis 48, 159-205.
    Becker, J.-M., Cheah, J.-H., Gholamzade, R., Ringle, C. M. & Sarstedt, M. (2023). PLS-SEM's most wanted
    guidance. IJCHM 35(1), 321-346 (disjoint two-stage).
    """
    model = build(constructs, paths, modes, scheme, higher_order)
    admitted = admit(data, model, missing)
    R = np.einsum("ni,nj->ij", admitted.Z, admitted.Z) / (len(admitted.Z) - 1)  # not BLAS: same bits anywhere
    np.fill_diagonal(R, 1.0)
    solution = solve_model(R[:, :, None], model, tol, max_iter)
    if not np.isfinite(solution.final.beta).all():
        raise explain_failure(R, model)
    checks = (*admitted.checks, *verify(solution, tol, max_iter))
    items = data.loc[:, list(model.first.items)]
    return PlsFit(model, solution, admitted.Z, admitted.index, tol, max_iter, checks, source_of(items))
