"""The joint model as a result: effects of the latent variable beside those of the sum score."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, norm

from crmlab.linkage.estimates import told_of
from crmlab.linkage.joint import EFFECT, JointFit
from crmlab.linkage.latent_search import EFFECTS
from crmlab.linkage.spending import SpendEffect
from crmlab.result import Check, Result, tidy_frame

RATIOS = {"purchase": "rate_ratio", "dropout": "odds_ratio", "spend": "spend_ratio"}
Effect = tuple[float, float]


def joint_result(
    fit: JointFit, name: str, spend: SpendEffect | None = None, *,
    score: tuple[JointFit, SpendEffect | None] | None = None, weighted: JointFit | None = None, level: float = 0.95,
    checks: tuple[Check, ...] = (), source: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    """Effects per standard deviation, as logarithms and as ratios, with the model's other parameters.

    Parameters
    ----------
    fit, name : the joint fit and the purchase model's name
    spend : effect on the money of a purchase
    score : the same two with the sum score for the latent variable
    weighted : the joint fit under response weights
    """
    z = float(norm.ppf((1 + level) / 2))
    found: dict[str, dict[str, float]] = {}
    for kind, effect in _effects(fit, spend).items():
        found[f"{kind}:latent"] = told_of(*effect, z)
        found[RATIOS[kind]] = _ratio(found[f"{kind}:latent"])
    for label, other in (("score", score), ("weighted", (weighted, None) if weighted is not None else None)):
        for kind, effect in _effects(*other).items() if other is not None else ():
            found[f"{kind}:{label}"] = told_of(*effect, z)
    values, errors = fit.natural
    for letter, value in values.items():
        se = errors[letter]
        half = np.exp(z * se / value)
        found[f"param:{letter}"] = {
            "estimate": value,
            "std_error": se,
            "ci_low": value / half,
            "ci_high": value * half,
        }
    lr = 2 * (fit.loglik - fit.loglik_none)
    found["lr"] = {"estimate": lr, "p_value": float(chi2.sf(max(lr, 0.0), EFFECTS))}
    found |= {"loglik": {"estimate": fit.loglik}, "loglik:none": {"estimate": fit.loglik_none}}
    found[f"model:{name}"] = {"estimate": 1.0}
    tidy = tidy_frame({"term": term, **cells} for term, cells in found.items())
    glance = {
        "n": fit.search.cases.w.sum(),
        "matched": fit.matched,
        "nodes": fit.search.nodes,
        "level": level,
    }
    own = spend.checks if spend is not None else ()
    every = {
        check.name: check for check in (*own, *fit.checks, *checks)
    }  # the joint model's where two have one name
    return Result("model.link_joint", tidy, glance, tuple(every.values()), dict(source or {}))


def _effects(fit: JointFit, spend: SpendEffect | None) -> dict[str, Effect]:
    b, se = fit.effects
    told = {k: np.nan if 4 + k in fit.held else float(b[k]) for k in range(len(EFFECT))}
    found = {kind: (told[k], float(se[k])) for k, kind in enumerate(EFFECT)}
    return found | ({"spend": (spend.estimate, spend.std_error)} if spend is not None else {})


def _ratio(cells: dict[str, float]) -> dict[str, float]:
    return {name: float(np.exp(cells[name])) for name in ("estimate", "ci_low", "ci_high")}
