"""Tidy rows of the regressions of a PROCESS model: coefficients, explained variance, conditional effects."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import fdtrc

from crmlab.structure.johnson_neyman import region_rows
from crmlab.structure.process_design import Design
from crmlab.structure.process_regress import line


def equation_rows(laid: Design, equation: str, fit: Any, level: float) -> list[dict[str, Any]]:
    outcome = laid.explained(equation)
    if not equation:
        return [{"term": f"total:{outcome}~{laid.x}", **line(fit, {laid.x: 1.0}, level)}]
    rows: list[dict[str, Any]] = [
        {"term": f"coef:{outcome}~{name}", **line(fit, {name: 1.0}, level)} for name in fit.params.index
    ]
    rows.append({"term": f"r2:{outcome}", "estimate": float(fit.rsquared)})
    names = [name for name in laid.equations[equation] if "*" in name]
    for focal in dict.fromkeys(name.partition("*")[0] for name in names):
        own = [name for name in names if name.partition("*")[0] == focal]
        rows.append({"term": f"r2_change:{outcome}~{focal}*{_w(laid)}", **_change(laid, equation, fit, own)})
    return rows


def _change(laid: Design, equation: str, fit: Any, products: list[str]) -> dict[str, float]:
    """R2 that products add, and the p of Wald's F of all of them."""
    y = laid.data[laid.explained(equation)].to_numpy()
    rest = [name for name in laid.equations[equation] if name not in products]
    X = np.column_stack([np.ones(len(y)), laid.data[rest].to_numpy()])
    left = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    without = 1 - float(left @ left) / float(((y - y.mean()) ** 2).sum())
    b = fit.params[products].to_numpy()
    V = fit.cov_params().loc[products, products].to_numpy()
    F = float(b @ np.linalg.solve(V, b)) / len(products)
    return {
        "estimate": float(fit.rsquared) - without,
        "p_value": float(fdtrc(len(products), fit.df_resid, F)),
    }


def _w(laid: Design) -> str:
    assert laid.moderator is not None
    return laid.moderator.name


def conditional_rows(laid: Design, fits: dict[str, Any], level: float) -> list[dict[str, Any]]:
    """Direct effects, conditional paths at the probes, differences between probes, Johnson-Neyman regions."""
    rows: list[dict[str, Any]] = []
    if not laid.moderates("c"):
        rows.append({"term": f"direct:{laid.y}~{laid.x}", **line(fits[laid.y], {laid.x: 1.0}, level)})
    if laid.moderator is None:
        return rows
    mod = laid.moderator
    if mod.continuous or mod.columns == (mod.name,):
        rows += [
            {"term": f"probe:{mod.name}.{label}", "estimate": float(value[0])}
            for label, value in zip(mod.labels, mod.probes, strict=True)
        ]
    focal = [("effect", m, laid.x) for m in laid.mediators if laid.moderates("a")]
    focal += [("effect", laid.y, m) for m in laid.mediators if laid.moderates("b")]
    focal += [("direct", laid.y, laid.x)] if laid.moderates("c") else []
    for quantity, equation, name in focal:
        fit, subject = fits[equation], f"{equation}~{name}"
        weights = [
            {name: 1.0} | {f"{name}*{c}": float(v) for c, v in zip(mod.columns, at, strict=True)}
            for at in mod.probes
        ]
        for label, one in zip(mod.labels, weights, strict=True):
            rows.append({"term": f"{quantity}:{subject}@{label}", **line(fit, one, level)})
        for b in range(1, len(weights)):
            for a in range(b):
                gap = {key: weights[b].get(key, 0.0) - weights[a].get(key, 0.0) for key in weights[b]}
                term = f"contrast:{subject}@{mod.labels[b]}-{mod.labels[a]}"
                rows.append({"term": term, **line(fit, gap, level)})
        if mod.continuous:
            V = fit.cov_params()
            pair = [name, f"{name}*{mod.name}"]
            rows += region_rows(
                subject,
                fit.params[pair].to_numpy(),
                V.loc[pair, pair].to_numpy(),
                float(fit.df_resid),
                laid.data[mod.name].to_numpy(),
                level,
            )
    return rows
