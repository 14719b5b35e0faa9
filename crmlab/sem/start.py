"""Start values: good enough that scoring needs few steps, plain enough to be the same for any order of rows."""

from __future__ import annotations

import numpy as np

from crmlab.sem.matrices import Model


def start(model: Model, cov: tuple[np.ndarray, ...], mean: tuple[np.ndarray, ...]) -> np.ndarray:
    """(q,) start of every free parameter: the user's value, or one from the moments of the first group with it.

    Notes
    -----
    Loadings come from the first principal axis of a factor's own observed indicators, turned so that the
    marker is positive; a residual variance is what that axis leaves, at least a tenth of the item's variance.
    """
    values = np.full(len(model.rows), np.nan)
    for g in range(len(model.groups)):
        _group(model, g, cov[g], mean[g], values)
    user = np.array([np.nan if row.start is None else row.start for row in model.rows])
    values = np.where(np.isnan(user), values, user)
    found = values[model.first]
    return np.where(np.isnan(found), 0.0, found)


def plain(model: Model, cov: tuple[np.ndarray, ...], mean: tuple[np.ndarray, ...]) -> np.ndarray:
    """(q,) start without loadings: positive definite whatever the model."""
    found = np.zeros(model.q)
    place = {name: k for k, name in enumerate(model.observed)}
    for k, first in enumerate(model.first):
        row = model.rows[first]
        i = place.get(row.lhs)
        if row.op == "~~" and row.lhs == row.rhs:
            found[k] = 0.05 if i is None else cov[row.group - 1][i, i]
        elif row.op == "~1" and i is not None:
            found[k] = mean[row.group - 1][i]
        elif row.op == "~*~":
            found[k] = 1.0
    return found


def _group(model: Model, g: int, S: np.ndarray, m: np.ndarray, values: np.ndarray) -> None:
    place = {name: k for k, name in enumerate(model.observed)}
    rows = [(k, row) for k, row in enumerate(model.rows) if row.group == g + 1]
    sd = np.sqrt(np.diag(S))
    explained = np.zeros(model.p)
    variance: dict[str, float] = {}
    for factor in model.latent:
        own = [(k, row) for k, row in rows if row.op == "=~" and row.lhs == factor]
        items = [place[row.rhs] for _, row in own if row.rhs in place]
        loading, variance[factor] = _axis(S, sd, items, own, place)
        for k, row in own:
            values[k] = loading.get(row.rhs, 1.0)
            if row.rhs in place:
                i = place[row.rhs]
                explained[i] += values[k] ** 2 * variance[factor] / S[i, i]
    for k, row in rows:
        if row.op == "~~" and row.lhs == row.rhs:
            j = place.get(row.lhs)
            values[k] = variance[row.lhs] if j is None else S[j, j] * max(0.1, 1 - explained[j])
        elif row.op == "~1":
            values[k] = m[place[row.lhs]] if row.lhs in place else 0.0
        elif row.op == "~*~":
            values[k] = 1.0
        elif row.op in ("~", "~~"):
            values[k] = 0.0


def _axis(
    S: np.ndarray, sd: np.ndarray, items: list[int], own: list, place: dict[str, int]
) -> tuple[dict, float]:
    """Loadings by indicator and the factor's variance, on the scale that the table fixes."""
    fixed = {row.rhs: row.fixed for _, row in own if row.fixed}
    if len(items) < 2:
        v = 0.5 * float(S[items[0], items[0]]) if items else 0.3
        return {row.rhs: 1.0 for _, row in own}, (v if fixed else 1.0)
    R = S[np.ix_(items, items)] / np.outer(sd[items], sd[items])
    root, vector = np.linalg.eigh(R)
    strength = np.sqrt(np.clip((root[-1] - 1) / (len(items) - 1), 0.1, 0.8) * len(items))
    load = vector[:, -1] * strength * sd[items]
    names = {i: name for name, i in place.items()}
    by_name = {names[i]: float(value) for i, value in zip(items, load, strict=True)}
    marker = next((name for name in fixed if name in by_name), None)
    if marker is None:
        turn = np.sign(load[0]) or 1.0
        return {name: turn * value for name, value in by_name.items()}, 1.0
    unit = by_name[marker] / float(fixed[marker] or 1.0)
    if abs(by_name[marker]) < 0.15 * sd[place[marker]]:
        return dict.fromkeys(by_name, 1.0), 0.3 * float(S[place[marker], place[marker]])
    return {name: value / unit for name, value in by_name.items()}, unit**2
