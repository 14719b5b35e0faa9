"""The independence model: all observed variables uncorrelated, fixed exogenous ones as they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, combinations_with_replacement

import numpy as np

from crmlab.sem.objective import NormalML
from crmlab.sem.placement import build
from crmlab.sem.problem import Problem, pose
from crmlab.sem.rows import Options, ParTable, Row
from crmlab.sem.teststat import Test, tail, test


def baseline(problem: Problem) -> tuple[Test, Problem | None, np.ndarray | None]:
    """Its test; with a robust or least-squares estimator also the problem and its solution."""
    simple = isinstance(problem.objective, NormalML) and not problem.estimator.scaled
    if simple and problem.estimator.se != "none":
        return _closed(problem), None, None
    posed = pose(build(table(problem)), problem.data, problem.estimator)
    found = posed.solve()
    df = posed.statistics() - posed.model.q
    return test(posed, found.theta, found.value, df), posed, found.theta


def _closed(problem: Problem) -> Test:
    """F = sum log s_ii + log|S_xx| - log|S| for complete data."""
    chisq, df = 0.0, 0
    x = len(problem.model.table.roles.exogenous)
    p = problem.model.p
    for w, group in zip(problem.data.parts, problem.data.groups, strict=True):
        y = [i for i in range(p) if i not in group.exogenous]
        chisq += w * (np.log(np.diag(group.cov)[y]).sum() - np.linalg.slogdet(group.cov)[1])
        if x:
            chisq += w * np.linalg.slogdet(group.cov[np.ix_(group.exogenous, group.exogenous)])[1]
        df += p * (p + 1) // 2 - x * (x + 1) // 2 - len(y)
    return Test(float(chisq), df, tail(float(chisq), df))


def table(problem: Problem) -> ParTable:
    """The parameter table of the independence model."""
    old = problem.model.table
    roles = old.roles
    rows: list[Row] = []
    for g in range(1, old.options.groups + 1):
        for name in roles.observed:
            if name in old.ordered:
                rows += [Row(name, "|", row.rhs, g) for row in _thresholds(old, name)]
                rows.append(Row(name, "~~", name, g, fixed=np.nan))
                rows.append(Row(name, "~*~", name, g, fixed=1.0))
                rows.append(Row(name, "~1", "", g, fixed=0.0))
            elif name not in roles.exogenous:
                rows.append(Row(name, "~~", name, g))
                if problem.means:
                    rows.append(Row(name, "~1", "", g))
            if problem.estimator.ordinal and name not in roles.exogenous:  # given the predictors
                rows += [Row(name, "~", x, g) for x in roles.exogenous]
        rows += [Row(a, "~~", b, g) for a, b in combinations(roles.random_x, 2)]
        rows += [
            Row(a, "~~", b, g, fixed=np.nan, exo=True)
            for a, b in combinations_with_replacement(roles.exogenous, 2)
        ]
        if problem.means:
            rows += [Row(x, "~1", "", g, fixed=np.nan, exo=True) for x in roles.exogenous]
    options = Options(groups=old.options.groups, meanstructure=problem.means)
    plain = replace(roles, latent=(), indicators=(), latent_x=(), latent_y=(), observed_y=())
    return ParTable(tuple(rows), (), plain, old.ordered, options)


def _thresholds(table: ParTable, name: str) -> list[Row]:
    return [row for row in table.rows if row.op == "|" and row.lhs == name and row.group == 1]
