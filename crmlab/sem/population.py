"""A model posed on population moments, so that samples drawn from them can be fitted in batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem import estimators, partable, placement, rows, syntax
from crmlab.sem.data import Data, GroupData
from crmlab.sem.names import roles
from crmlab.sem.optimise import Optimum
from crmlab.sem.problem import Problem, pose


def pose_population(
    text: str,
    cov: Sequence[pd.DataFrame],
    mean: Sequence[pd.Series] | None = None,
    group_equal: tuple[str, ...] = (),
) -> tuple[Problem, Optimum, np.ndarray]:
    """Fit a model to population moments by maximum likelihood.

    Parameters
    ----------
    text : model in lavaan's operators, without observed exogenous variables
    cov : covariances of the items of each group, all groups equally large
    mean : their means; the model then has means
    group_equal : as in `sem.sem`

    Returns
    -------
    problem, optimum, order
        `order` gives the places of the model's items among the columns of `cov`.

    Raises
    ------
    ModelError
        The model has no minimum at these moments.
    """
    parsed = syntax.parse(text)
    kind = estimators.resolve(
        "ML", missing="listwise", ordinal=False, likelihood="normal", information=None, se=None, test=None
    )
    groups = len(cov)
    options = rows.Options(
        kind="sem", fixed_x=True, groups=groups, group_equal=group_equal, meanstructure=mean is not None
    )
    model = placement.build(partable.build(parsed, options, {}))
    if roles(parsed, True).exogenous:
        raise ModelError("a population model needs latent predictors", hint="measure them by items")
    order = np.array([cov[0].columns.get_loc(name) for name in model.observed])
    n = 1000  # any: the minimum does not depend on it
    parts = []
    for g, S in enumerate(cov):
        m = np.zeros(len(order)) if mean is None else mean[g].to_numpy()[order]
        Y = np.empty((0, len(order)))
        parts.append(GroupData(n, Y, S.to_numpy()[np.ix_(order, order)], m, (), kind))
    counts = np.full(groups, float(n))
    problem = pose(model, Data(tuple(parts), counts / counts.sum(), counts.sum(), counts, ()), kind)
    optimum = problem.solve()
    if not optimum.converged:
        raise ModelError("the model has no minimum at the population's moments", hint="stronger loadings")
    return problem, optimum, order
