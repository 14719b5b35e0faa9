"""The PROCESS models with latent variables: measurement error taken out, interactions by product indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame
from crmlab.structure.columns import numeric_columns
from crmlab.structure.defined import defined_rows
from crmlab.structure.process_design import MODERATED, MOST_SERIAL
from crmlab.study import lavaan

RESAMPLES = 1000
PROBES = {"low": "-1*sqrt(vw)", "middle": "0", "high": "sqrt(vw)"}


@dataclass
class Writing:
    """Lines of a model in lavaan's operators, and what its defined parameters stand for."""

    lines: list[str]
    effects: dict[str, str] = field(default_factory=dict)

    def define(self, term: str, formula: str) -> None:
        """Add a defined parameter."""
        name = f"e{len(self.effects)}"
        self.effects[name] = term
        self.lines.append(f"{name} := {formula}")


def latent_process(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    model: int,
    *,
    x: str,
    y: str,
    mediators: str | Sequence[str] = (),
    moderator: str | None = None,
    estimator: str = "MLR",
    missing: str = "fiml",
    resamples: int | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Does a construct act on another directly, through mediators, and under which conditions?

    Parameters
    ----------
    frame : answers, reverse items already turned
    constructs : construct -> items, of all that the model names
    model : 1, 4, 6, 7, 8, 14, 15, 58 or 59, as in `process`
    x, y, mediators, moderator : constructs
    estimator, missing : as in `sem.sem`
    resamples : of the bootstrap; None: 1000 of complete answers, none (normal theory) where cells are missing
    seed, level : of the intervals

    Returns
    -------
    Result
        `path:<outcome>~<predictor>` (a product is `X*W`), `direct`, `indirect:<Y>~<M>~<X>`, where moderated
        at `@low`, `@middle`, `@high` (the moderator one standard deviation down, at its mean, one up),
        `effect:<outcome>~<focal>@<probe>`, `total_indirect`, `contrast:...@high-low`, `index:<Y>~<M>~<X>`,
        `total:<Y>~<X>` (models 4 and 6), in the units of the constructs' first items; `std_path:` standardised;
        fit measures in `glance`.

    Raises
    ------
    ModelError
        Roles that do not fit the model, unknown constructs or items, a model that cannot be fitted.

    Notes
    -----
    Products of items matched in their order, double-mean-centred; a construct with fewer items sets how many.
    Products are not normal: take MLR or the bootstrap.

    Source
    ------
    Marsh, H. W., Wen, Z. & Hau, K.-T. (2004). Psychological Methods 9(3), 275-300 (matched pairs). Lin, G.-C.,
    Wen, Z., Marsh, H. W. & Lin, H.-S. (2010). Structural Equation Modeling 17, 374-391. Hayes, A. F. (2022).
    Introduction to mediation, moderation, and conditional process analysis, 3rd ed. Guilford.
    """
    mediators = (mediators,) if isinstance(mediators, str) else tuple(mediators)
    _admit(frame, constructs, model, x, y, mediators, moderator)
    used = frame[
        [
            item
            for name in (x, *mediators, *([moderator] if moderator else []), y)
            for item in constructs[name]
        ]
    ]
    used = used.dropna(how="any" if missing == "listwise" else "all").astype(float)
    gaps = bool(used.isna().to_numpy().any())
    data, text = _write(used, constructs, model, x, y, mediators, moderator)
    fit = sem.sem("\n".join(text.lines), data, estimator=estimator, missing=missing if gaps else "listwise")
    count = (0 if gaps else RESAMPLES) if resamples is None else resamples
    rows = defined_rows(fit, text.effects, count, seed, level)
    table = fit.standardized()
    rows += [
        {
            "term": f"std_path:{row['lhs']}~{str(row['rhs']).replace('.', '*')}",
            "estimate": row["est_std"],
            "std_error": row["se"],
            "p_value": row["p_value"],
        }
        for row in table.loc[table["op"] == "~"].to_dict("records")
    ]
    glance = {"n": float(fit.n), "left_out": len(frame) - len(used), "model": model, "resamples": count}
    check = Check("check.missing_rows", len(used) == len(frame), len(frame) - len(used), "no row left out")
    source = source_of(used, seed=seed)
    return Result(
        "model.latent_process", tidy_frame(rows), fit.fit_measures | glance, (*fit.checks, check), source
    )


def _write(
    used: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    model: int,
    x: str,
    y: str,
    mediators: tuple[str, ...],
    w: str | None,
) -> tuple[pd.DataFrame, Writing]:
    """The data with products, and the model."""
    acts = MODERATED[model]
    names = [x, *mediators, *([w] if w else []), y]
    text = Writing([lavaan.measurement({name: constructs[name] for name in names}, {})])
    moderated = [x] * ("a" in acts or "c" in acts) + list(mediators) * ("b" in acts)
    for name in moderated:
        assert w is not None
        before = set(used.columns)
        used = sem.product_indicators(used, constructs[name], constructs[w], match=True)
        fresh = [column for column in used.columns if column not in before]
        text.lines.append(f"{name}.{w} =~ {' + '.join(fresh)}")
        text.lines += [f"{fresh[0]} ~~ 0*{fresh[0]}"] if len(fresh) == 1 else []
        text.lines += [f"{name} ~~ {name}.{w}"] if name in mediators else []
    if w:
        text.lines.append(f"{w} ~~ vw*{w}")
    for k, m in enumerate(mediators):
        right = [f"a{k}*{x}"]
        right += [f"d{j}{k}*{mediators[j]}" for j in range(k)] if model == 6 else []
        right += [w or "", f"am{k}*{x}.{w}"] if "a" in acts else []
        text.lines.append(f"{m} ~ {' + '.join(right)}")
    if model in (4,) and len(mediators) > 1:
        text.lines += [f"{a} ~~ {b}" for a, b in combinations(mediators, 2)]
    right = [f"c*{x}", *(f"b{k}*{m}" for k, m in enumerate(mediators))]
    right += [w or ""] if "b" in acts or "c" in acts else []
    right += [f"cm*{x}.{w}"] if "c" in acts else []
    right += [f"bm{k}*{m}.{w}" for k, m in enumerate(mediators)] if "b" in acts else []
    text.lines.append(f"{y} ~ {' + '.join(right)}")
    _effects(text, model, x, y, mediators, w)
    return used, text


def _effects(text: Writing, model: int, x: str, y: str, mediators: tuple[str, ...], w: str | None) -> None:
    acts = MODERATED[model]
    if w is None:
        _unconditional(text, model, x, y, mediators)
        return
    ends: dict[str, list[str]] = {m: [] for m in mediators}
    for label, at in PROBES.items():
        a = {m: f"(a{k} + am{k}*{at})" if "a" in acts else f"a{k}" for k, m in enumerate(mediators)}
        b = {m: f"(b{k} + bm{k}*{at})" if "b" in acts else f"b{k}" for k, m in enumerate(mediators)}
        if "c" in acts:
            text.define(f"direct:{y}~{x}@{label}", f"c + cm*{at}")
        for m in mediators:
            if "a" in acts:
                text.define(f"effect:{m}~{x}@{label}", a[m])
            if "b" in acts:
                text.define(f"effect:{y}~{m}@{label}", b[m])
            text.define(f"indirect:{y}~{m}~{x}@{label}", f"{a[m]}*{b[m]}")
            ends[m].append(f"{a[m]}*{b[m]}")
        if len(mediators) > 1:
            total = " + ".join(f"{a[m]}*{b[m]}" for m in mediators)
            text.define(f"total_indirect:{y}~{x}@{label}", total)
    if "c" not in acts:
        text.define(f"direct:{y}~{x}", "c")
    for k, m in enumerate(mediators):
        text.define(f"contrast:{y}~{m}~{x}@high-low", f"{ends[m][2]} - {ends[m][0]}")
        if ("a" in acts) != ("b" in acts):
            text.define(f"index:{y}~{m}~{x}", f"am{k}*b{k}" if "a" in acts else f"a{k}*bm{k}")
    products = [(f"path:{m}~{x}*{w}", f"am{k}") for k, m in enumerate(mediators) if "a" in acts]
    products += [(f"path:{y}~{m}*{w}", f"bm{k}") for k, m in enumerate(mediators) if "b" in acts]
    products += [(f"path:{y}~{x}*{w}", "cm")] if "c" in acts else []
    for term, label in products:
        text.define(term, label)


def _unconditional(text: Writing, model: int, x: str, y: str, mediators: tuple[str, ...]) -> None:
    """Every way from X to Y, their sum, and the paths."""
    k = len(mediators)
    sizes = range(1, k + 1) if model == 6 else (1,)
    ways = [way for size in sizes for way in combinations(range(k), size)]
    products = []
    for way in ways:
        steps = [f"a{way[0]}", *(f"d{i}{j}" for i, j in pairwise(way)), f"b{way[-1]}"]
        products.append("*".join(steps))
        subject = "~".join([y, *(mediators[i] for i in reversed(way)), x])
        text.define(f"indirect:{subject}", products[-1])
    if len(products) > 1:
        text.define(f"total_indirect:{y}~{x}", " + ".join(products))
    text.define(f"direct:{y}~{x}", "c")
    text.define(f"total:{y}~{x}", " + ".join(["c", *products]))
    for i, m in enumerate(mediators):
        text.define(f"path:{m}~{x}", f"a{i}")
        text.define(f"path:{y}~{m}", f"b{i}")


def _admit(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    model: int,
    x: str,
    y: str,
    mediators: tuple[str, ...],
    w: str | None,
) -> None:
    if model not in MODERATED:
        raise ModelError(f"PROCESS model {model} is not available", hint=", ".join(map(str, MODERATED)))
    if (model == 1) == bool(mediators):
        need = "has no mediator" if model == 1 else "needs a mediator"
        raise ModelError(f"model {model} {need}")
    if model == 6 and not 2 <= len(mediators) <= MOST_SERIAL:
        raise ModelError(f"model 6 takes 2 to {MOST_SERIAL} mediators in series, not {len(mediators)}")
    if bool(MODERATED[model]) != (w is not None):
        need = "needs a moderator" if MODERATED[model] else "has no moderator"
        raise ModelError(f"model {model} {need}")
    names = [x, *mediators, *([w] if w else []), y]
    for place, name in enumerate(names):
        if name not in constructs:
            raise ModelError(f"'{name}' is no construct of the model", hint=", ".join(constructs))
        if name in names[:place]:
            raise ModelError(f"'{name}' has two roles in the model")
        numeric_columns(frame, constructs[name], "item")
    items = [item for name in names for item in constructs[name]]
    twice = next((item for k, item in enumerate(items) if item in items[:k]), None)
    if twice:
        raise ModelError(f"item '{twice}' stands twice in the constructs")
    if not np.isfinite(frame[items].to_numpy(dtype=float, na_value=np.nan)).any():
        raise ModelError("there are no answers at all")
