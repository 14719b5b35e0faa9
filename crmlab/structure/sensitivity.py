"""Does each verdict stand when a defensible choice is made otherwise? Estimator, missing answers, careless answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import pls
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.covariance import estimate_covariance
from crmlab.structure.verdicts import judge, verdict
from crmlab.study.hypotheses import Hypothesis

ESTIMATORS = ("sem", "pls", "plsc")
UNFIT = ("check.converged", "check.negative_variance", "check.latent_covariance", "check.residual_covariance")
MISSING = ("model", "complete")  # full information or item means, against rows without a gap
KEEP_ALL = "all"
COLUMNS = ("estimate", "std_error", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to do it."""

    estimator: str
    missing: str
    careless: str

    @property
    def name(self) -> str:
        """As it stands in terms."""
        return f"{self.estimator}.{self.missing}.{self.careless}"


def sensitivity(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    hypotheses: Sequence[Hypothesis],
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    careless: Mapping[str, pd.Series | np.ndarray] | None = None,
    main: str = "sem",
    estimators: Sequence[str] = ("sem", "pls", "plsc"),
    estimator: str = "MLR",
    scheme: str = "path",
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Which verdicts hold whichever estimator, missing rule and careless rule is taken?

    Parameters
    ----------
    frame, constructs, paths, hypotheses, higher_order : as in `structure.estimate`
    careless : name of a rule -> True for every row that it sets aside; "all" (nobody) is always there
    main : estimator of the study; with missing cells handled by the model and the first careless rule given
        (else "all") it is what the others are compared with
    estimators : of "sem" (covariance-based), "pls", "plsc"
    estimator, scheme, resamples, seed, level : of the estimators

    Returns
    -------
    Result
        `hypothesis:<H>.<estimator>.<missing>.<careless>` (estimate, se, interval, p) and `verdict:` of each;
        `stands:<H>` the share of choices whose verdict is that of the main one, `sign:<H>` whose estimate has
        its sign, `lowest:<H>`, `highest:<H>` (estimates), `n:<choice>` rows. A choice that cannot be computed, or has
        no admissible solution, is the failed check `choice:<choice>` with the reason, and counts in no share; so is, per hypothesis,
        `stands:<H>` where a verdict changes.

    Raises
    ------
    ModelError
        No hypothesis, an unknown estimator, a careless rule that does not fit the rows, a main choice that
        cannot be computed.

    Source
    ------
    Steegen, S., Tuerlinckx, F., Gelman, A. & Vanpaemel, W. (2016). Perspectives on Psychological Science 11,
    702-712.
    """
    rules = _admit(frame, hypotheses, careless or {}, main, estimators)
    pairs = list(paths)
    base = Choice(main, "model", next((name for name in rules if name != KEEP_ALL), KEEP_ALL))
    choices = [Choice(e, m, c) for e in estimators for m in MISSING for c in rules]
    if not _gaps(frame, constructs):
        choices = [choice for choice in choices if choice.missing == "model"]
    choices.sort(key=lambda choice: choice != base)

    def fit(choice: Choice) -> Result:
        rows = frame.loc[~rules[choice.careless]]
        if choice.estimator == "sem":
            rule = "fiml" if choice.missing == "model" else "listwise"
            found = estimate_covariance(
                rows,
                constructs,
                pairs,
                higher_order=higher_order,
                estimator=estimator,
                missing=rule,
                level=level,
                measures=False,
            )
            tidy = pd.concat([found.sem_paths.tidy, found.sem_effects.tidy])
            return Result("model.sem", tidy, found.sem_paths.glance, found.sem_paths.checks)
        fitted = pls.fit(
            rows,
            constructs,
            pairs,
            scheme=scheme,
            consistent=choice.estimator == "plsc",
            higher_order=higher_order,
            missing="mean" if choice.missing == "model" else "casewise",
        )
        return fitted.bootstrap(resamples, seed, level=level).result("path", "indirect")

    found, checks = _collect(choices, hypotheses, fit)
    if base not in found:
        raise ModelError(f"the main choice {base.name} cannot be computed: {checks[0].rule}")
    rows, more = _rows(found, base, hypotheses)
    glance = {"choices": len(choices), "computed": len(found), "level": level}
    source = source_of(frame, seed=seed)
    return Result("model.sensitivity", tidy_frame(rows), glance, (*checks, *more), source)


def _collect(
    choices: list[Choice], hypotheses: Sequence[Hypothesis], fit: Callable[[Choice], Result]
) -> tuple[dict[Choice, Result], list[Check]]:
    """Verdicts of every choice that can be computed, and what the others say."""
    found: dict[Choice, Result] = {}
    checks: list[Check] = []
    for choice in choices:
        try:
            effects = fit(choice)
        except ModelError as error:
            reason = str(error).partition("\n")[0]
            checks.append(Check(f"check.choice:{choice.name}", False, math.nan, reason))
            continue
        unfit = [check for check in effects.checks if not check.ok and check.name.startswith(UNFIT)]
        settled = all(check.name != "check.converged" for check in unfit)
        # The study's own choice stays although its solution is not admissible: its table says what failed.
        if not settled or (unfit and choice != choices[0]):
            reason = "the solution is admissible" if settled else "the estimates settle"
            checks.append(Check(f"check.choice:{choice.name}", False, math.nan, reason))
            continue
        judged = judge(hypotheses, effects)  # an unknown effect is a fault of the question, not of a choice
        glance = {"n": effects.glance.get("n", math.nan)}
        found[choice] = Result("model.verdicts", judged.tidy, glance)
    return found, checks


def _rows(
    found: dict[Choice, Result], base: Choice, hypotheses: Sequence[Hypothesis]
) -> tuple[list[dict[str, object]], list[Check]]:
    rows: list[dict[str, object]] = []
    checks: list[Check] = []
    for choice, judged in found.items():
        rows.append({"term": f"n:{choice.name}", "estimate": judged.glance["n"]})
        for h in hypotheses:
            cells = {column: judged.cell(f"hypothesis:{h.id}", column) for column in COLUMNS}
            rows.append({"term": f"hypothesis:{h.id}.{choice.name}", **cells})
            value = verdict(cells["ci_low"], cells["ci_high"], h.sign)
            rows.append({"term": f"verdict:{h.id}.{choice.name}", "estimate": value})
    for h in hypotheses:
        estimates = np.array([one[f"hypothesis:{h.id}"] for one in found.values()])
        verdicts = np.array([one[f"verdict:{h.id}"] for one in found.values()])
        at = found[base]
        same = float((verdicts == at[f"verdict:{h.id}"]).mean())
        sign = float((np.sign(estimates) == np.sign(at[f"hypothesis:{h.id}"])).mean())
        rows += [
            {"term": f"stands:{h.id}", "estimate": same},
            {"term": f"sign:{h.id}", "estimate": sign},
            {"term": f"lowest:{h.id}", "estimate": float(estimates.min())},
            {"term": f"highest:{h.id}", "estimate": float(estimates.max())},
        ]
        rule = f"the verdict is the same in all {len(found)} choices (Steegen et al. 2016)"
        checks.append(Check(f"check.stands:{h.id}", same == 1.0, same, rule))
    return rows, checks


def _gaps(frame: pd.DataFrame, constructs: Mapping[str, Sequence[str]]) -> bool:
    items = [item for block in constructs.values() for item in block if item in frame.columns]
    return bool(frame[items].isna().to_numpy().any())


def _admit(
    frame: pd.DataFrame,
    hypotheses: Sequence[Hypothesis],
    careless: Mapping[str, pd.Series | np.ndarray],
    main: str,
    estimators: Sequence[str],
) -> dict[str, np.ndarray]:
    if not hypotheses:
        raise ModelError("no hypothesis is given, so no verdict can be followed", hint="hypotheses: [H1, H2]")
    for name in (main, *estimators):
        if name not in ESTIMATORS:
            raise ModelError(f"estimator '{name}' is not known", hint=", ".join(ESTIMATORS))
    if main not in estimators:
        raise ModelError(f"the main estimator '{main}' is not among those compared")
    rules = {KEEP_ALL: np.zeros(len(frame), dtype=bool)}
    for name, rule in careless.items():
        if isinstance(rule, pd.Series):
            if not frame.index.isin(rule.index).all() or rule.index.duplicated().any():
                raise ModelError(f"careless rule '{name}' does not have the rows of the data")
            rule = rule.loc[frame.index].to_numpy()
        mask = np.asarray(rule)
        if mask.shape != (len(frame),) or mask.dtype != bool:
            raise ModelError(f"careless rule '{name}' needs one True or False for each of {len(frame)} rows")
        if "." in name:
            raise ModelError(f"careless rule '{name}': a name cannot hold a full stop")
        rules[name] = mask
    return rules
