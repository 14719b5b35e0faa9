"""A fitted structural equation model and everything that can be read off it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import norm

from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.sem import compare as comparison
from crmlab.sem import modification, residuals, scores, standardise, syntax, views, wald
from crmlab.sem.baseline import baseline
from crmlab.sem.bootstrap import SemBootstrap, bootstrap
from crmlab.sem.constraints import defined
from crmlab.sem.fitmeasures import fit_measures
from crmlab.sem.inference import Inference
from crmlab.sem.optimise import Optimum
from crmlab.sem.problem import Problem
from crmlab.sem.rows import near
from crmlab.sem.sample import Sample
from crmlab.sem.terms import terms
from crmlab.sem.teststat import Test

ESTIMATES = [
    *("lhs", "op", "rhs", "block", "group", "label", "est", "se", "z", "p_value"),
    *("ci_lower", "ci_upper", "std_lv", "std_all"),
]
Z95 = float(norm.ppf(0.975))


@dataclass(frozen=True, eq=False)
class SemFit:
    """The result of `sem`, `cfa` and `growth`. Frames are in the order of the parameter table; nothing is rounded.

    Attributes
    ----------
    problem : model, data, discrepancy and constraints
    optimum : where the optimiser stopped
    inference : information and covariance of the estimates
    test : chi-square test of exact fit, plain and robust
    samples : rows used, group by group
    checks : what was verified; a failed one is shown with every table
    frame : columns of the model as they came in
    """

    problem: Problem
    optimum: Optimum
    inference: Inference
    test: Test
    samples: tuple[Sample, ...]
    checks: tuple[Check, ...]
    frame: pd.DataFrame

    @cached_property
    def source(self) -> dict[str, str]:
        """Hash of the data and versions."""
        return source_of(self.frame)

    @property
    def n(self) -> int:
        """Rows used."""
        return self.problem.n

    @property
    def npar(self) -> int:
        """Free parameters, equality constraints counted off."""
        return int((self.problem.model.free >= 0).sum()) - self._equalities

    @property
    def _equalities(self) -> int:
        model = self.problem.model
        return int((model.free >= 0).sum()) - model.q + self.problem.constraints.equalities

    @property
    def converged(self) -> bool:
        """Whether the optimiser reached a minimum."""
        return self.optimum.converged

    @property
    def admissible(self) -> bool:
        """Whether the estimates could be those of a population: no negative variance, all covariances positive."""
        return all(check.ok for check in self.checks if check.name.startswith(ADMISSIBLE))

    @property
    def iterations(self) -> int:
        """Steps of the optimiser."""
        return self.optimum.iterations

    @property
    def groups(self) -> tuple[str, ...]:
        """Labels of the groups, ("",) without."""
        return tuple(sample.label for sample in self.samples)

    # -- parameters ----------------------------------------------------------------------------

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """One row per parameter and per defined parameter, with columns as in lavaan's parameterEstimates."""
        problem, theta = self.problem, self.optimum.theta
        lv, full = standardise.standardised(problem, theta)
        values, J = defined(problem.model, theta)
        est = np.concatenate([problem.values(theta), values])
        se = np.concatenate([self._row_errors, np.sqrt(np.einsum("ij,jk,ik->i", J, self.inference.V, J))])
        rows = [(row.lhs, row.op, row.rhs, row.group, row.group, row.label) for row in problem.model.rows]
        rows += [(c.lhs.text, ":=", c.rhs.text, 0, 0, c.lhs.text) for c in self._lines]
        words = dict(zip(ESTIMATES[:6], zip(*rows, strict=True), strict=True))
        return pd.DataFrame({**words, **_tests(est, se), "std_lv": lv, "std_all": full}, columns=ESTIMATES)

    @property
    def _lines(self) -> list[syntax.Constraint]:
        return [c for c in self.problem.model.table.constraints if c.op == ":="]

    @cached_property
    def _row_errors(self) -> np.ndarray:
        free = self.problem.model.free
        se = np.sqrt(np.maximum(np.diag(self.inference.V), 0.0))
        return np.where(free >= 0, se[free], 0.0)

    @cached_property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters, named by label or lhs-op-rhs."""
        rows = np.flatnonzero(self.problem.model.free >= 0)
        free = self.problem.model.free[rows]
        names = [_name(self.problem.model.rows[k]) for k in rows]
        return pd.DataFrame(self.inference.V[np.ix_(free, free)], index=names, columns=names)

    def standardized(self, kind: str = "std.all") -> pd.DataFrame:
        """Standardised parameters with delta-method standard errors; kind "std.all" or "std.lv"."""
        if kind not in ("std.all", "std.lv"):
            raise ModelError(f"standardized('{kind}') is not known", hint="std.all, std.lv")
        theta = self.optimum.theta
        est = standardise.standardised(self.problem, theta)[0 if kind == "std.lv" else 1]
        J = standardise.jacobian(self.problem, theta, kind)
        variance = np.einsum("ij,jk,ik->i", J, self.inference.V, J)
        se = np.sqrt(np.where(variance > 1e-20, variance, 0.0))
        table = self.estimates[ESTIMATES[:6]].assign(**_tests(est, se))
        return table.rename(columns={"est": "est_std"})

    @cached_property
    def r2(self) -> pd.DataFrame:
        """variable, group, estimate: explained variance of every dependent variable."""
        found = standardise.r2(self.problem, self.optimum.theta)
        rows = [(name, group, value) for (group, name), value in found.items()]
        return pd.DataFrame(rows, columns=["variable", "group", "estimate"])

    def modification_indices(self, minimum: float = 0.0) -> pd.DataFrame:
        """lhs, op, rhs, group, mi, epc, sepc_lv, sepc_all; the largest first."""
        table = modification.modification_indices(self.problem, self.optimum.theta)
        return table.loc[table["mi"] >= minimum].reset_index(drop=True)

    # -- moments -------------------------------------------------------------------------------

    @cached_property
    def implied(self) -> dict[str, Any]:
        """Implied moments: "cov" (frame), "mean" (series); by group label if there are several.

        With ordered items "cov" holds correlations of the y* behind them, given fixed predictors.
        """
        return self._by_group(self._implied)

    def residuals(self, kind: str = "raw") -> Any:
        """Observed less implied covariances.

        kind : "raw", "cor" ("cor.bentler": divided by observed standard deviations; "cor.bollen": difference
        of correlations) or "standardized" (divided by their standard error, standard normal if the model holds)
        """
        if kind not in residuals.KINDS:
            raise ModelError(f"residuals '{kind}' are not known{near(kind, residuals.KINDS)}")
        names = residuals.variables(self.problem)

        def one(g: int) -> pd.DataFrame:
            values = residuals.matrix(self.problem, self.optimum.theta, self.inference, g, kind)
            return pd.DataFrame(values, index=names, columns=names)

        return self._by_group(one)

    def _implied(self, g: int) -> dict[str, Any]:
        m = residuals.moments(self.problem, self.optimum.theta, g)
        names = residuals.variables(self.problem)
        state = self.problem.model.state(self.problem.values(self.optimum.theta), g)
        total = state.E @ state.S @ state.E.T
        latent = list(self.problem.model.latent)
        p = self.problem.model.p
        found: dict[str, Any] = {
            "cov": pd.DataFrame(m.implied, index=names, columns=names),
            "latent_cov": pd.DataFrame(total[p:, p:], index=latent, columns=latent),
        }
        if self.problem.means:
            found["mean"] = pd.Series(state.mean, index=list(self.problem.model.observed))
        return found

    def _by_group(self, one: Any) -> Any:
        if len(self.groups) == 1:
            return one(0)
        return {label: one(g) for g, label in enumerate(self.groups)}

    # -- fit -----------------------------------------------------------------------------------

    @cached_property
    def fit_measures(self) -> dict[str, float]:
        """Fit measures under lavaan's names; GFI, AGFI and PGFI without means."""
        base = baseline(self.problem)
        return fit_measures(self.problem, self.optimum, self.test, base, self.npar)

    def wald(self, constraints: str) -> dict[str, float]:
        """Wald test of constraints such as "a == b; c == 0": stat, df, p_value."""
        return wald.wald(self.problem, self.optimum.theta, self.inference.V, constraints)

    def compare(self, other: SemFit, method: str | None = None) -> comparison.Difference:
        """Chi-square difference to a nested model; with a robust estimator Satorra-Bentler (2001).

        method : "standard", "satorra.bentler.2001", "satorra.bentler.2010" or "satorra.2000" (scaled and shifted;
        the default where the models' tests are, and for ordered items)
        """
        mine = comparison.Fitted(self.problem, self.optimum.theta, self.test)
        return comparison.difference(
            mine, comparison.Fitted(other.problem, other.optimum.theta, other.test), method
        )

    # -- cases ---------------------------------------------------------------------------------

    def factor_scores(self, method: str = "regression") -> pd.DataFrame:
        """Scores of the latent variables, "regression" ("EBM") or "bartlett" ("ML"); index as in the data.

        Of ordered items the mode of the latent variables given the answers, with the prior or without it.
        """
        return scores.factor_scores(self.problem, self.optimum.theta, self.samples, method)

    def bootstrap(self, n: int = 1000, seed: int = 0, kind: str = "ordinary") -> SemBootstrap:
        """Resample rows and fit each resample; kind "ordinary" or "bollen.stine"."""
        return bootstrap(self.problem, self.optimum, self.inference, self.estimates, n, seed, kind)

    # -- views ---------------------------------------------------------------------------------

    def result(self) -> Result:
        """Everything printed about a model as our `Result`.

        Terms are `loading:F=~x`, `path:y~x`, `covariance:a~~b`, `variance:a`, `intercept:a`, `threshold:a|t1`,
        `defined:name`, the same with `std_` in front (std_all with its delta-method error), and `r2:y`; in
        several groups a subject ends in `@label`.
        """
        rows = [*terms(self.estimates, "est", "", self.groups)]
        rows += terms(self.standardized(), "est_std", "std_", self.groups)
        many = len(self.groups) > 1
        for (group, name), value in standardise.r2(self.problem, self.optimum.theta).items():
            subject = f"{name}@{self.groups[group - 1]}" if many else name
            rows.append({"term": f"r2:{subject}", "estimate": value})
        glance = {"n": float(self.n), "iterations": float(self.iterations), **self.fit_measures}
        return Result("model.sem", tidy_frame(rows), glance, self.checks, self.source)

    def __repr__(self) -> str:
        return views.text(
            self.problem.estimator.name, self.n, self.npar, self.test, self.checks, self.estimates
        )

    def _repr_html_(self) -> str:
        return views.html(self.problem.estimator.name, self.n, self.fit_measures, self.checks, self.estimates)


ADMISSIBLE = ("check.negative_variance", "check.latent_covariance", "check.residual_covariance")


def _tests(est: np.ndarray, se: np.ndarray) -> dict[str, np.ndarray]:
    tested = se > 0
    z = np.where(tested, est / np.where(tested, se, 1.0), np.nan)
    z = np.where(np.isnan(se), np.nan, z)
    return {
        "est": est,
        "se": se,
        "z": z,
        "p_value": 2 * ndtr(-np.abs(z)),
        "ci_lower": est - Z95 * se,
        "ci_upper": est + Z95 * se,
    }


def _name(row: Any) -> str:
    return row.label or row.name + (f".g{row.group}" if row.group > 1 else "")
