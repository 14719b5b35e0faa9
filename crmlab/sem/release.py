"""Which equality across groups costs most? Score tests of letting one parameter differ between groups.

The model is widened by a parameter of its own for every row that equality covers in the groups after the
first. With s the score and I the information there, K the directions that equality leaves and D those that
a release adds, the statistic is n s_D' (I_DD - I_DK (K'IK)^-1 I_KD)^-1 s_D, chi-square with as many degrees
of freedom as directions.

Source
------
Sörbom, D. (1989). Psychometrika 54, 371-384. Bentler, P. M. & Chou, C.-P. (1992). Sociological Methods &
Research 21, 259-282 (Lagrange multipliers of equalities).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crmlab.sem.fitted import SemFit
from crmlab.sem.inference import information
from crmlab.sem.matrices import Model
from crmlab.sem.problem import restrict
from crmlab.sem.rows import ParTable
from crmlab.sem.teststat import tail


def release_indices(fit: SemFit) -> pd.DataFrame:
    """name, mi, df, p_value of every parameter that is held equal across groups; the largest first.

    `name` is as `group_partial` takes it: "F=~x1", "x1~1", "x1|t1", "y~x". Without equalities the table is empty.
    """
    model, theta = fit.problem.model, fit.optimum.theta
    held = _held(model)
    wide_free, first = model.free.copy(), list(model.first)
    K = [np.eye(model.q)]
    for rows in held.values():
        for k in rows:
            K.append(np.eye(model.q)[[model.free[k]]])
            wide_free[k] = len(first)
            first.append(k)
    if not held:
        return pd.DataFrame(columns=["name", "mi", "df", "p_value"])
    basis = np.vstack(K)
    apart = {k for rows in held.values() for k in rows}
    table = tuple(replace(row, label="") if k in apart else row for k, row in enumerate(model.rows))
    wide = Model(
        ParTable(table, (), model.table.roles, model.table.ordered, model.table.options),
        model.observed,
        model.latent,
        model.groups,
        wide_free,
        model.fixed,
        np.array(first),
    )
    problem = restrict(fit.problem, wide)
    at = basis @ theta
    s = -problem.objective.gradient(at) / 2
    H = information(problem, at, "expected")
    inner = np.linalg.pinv(basis.T @ H @ basis)
    found = []
    for name, rows in held.items():
        D = wide_free[rows]
        cross = H[D] @ basis
        Q = H[np.ix_(D, D)] - cross @ inner @ cross.T
        mi = float(problem.n * s[D] @ np.linalg.pinv(Q) @ s[D])
        found.append((name, mi, len(D), tail(mi, len(D))))
    frame = pd.DataFrame(found, columns=["name", "mi", "df", "p_value"])
    return frame.sort_values("mi", ascending=False, kind="stable").reset_index(drop=True)


def _held(model: Model) -> dict[str, list[int]]:
    """Name -> rows of the groups after the first that share their parameter with the first group."""
    own = {row.name: model.free[k] for k, row in enumerate(model.rows) if row.group == 1}
    held: dict[str, list[int]] = {}
    for k, row in enumerate(model.rows):
        if row.group > 1 and model.free[k] >= 0 and own.get(row.name) == model.free[k]:
            held.setdefault(row.name, []).append(k)
    return held
