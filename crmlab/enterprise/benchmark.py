"""Data envelopment: which units get the most out of what they put in, and whom should the others learn from?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.levels import Levels
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame

TOUCH = 1e-7


@dataclass(frozen=True, eq=False)
class Frontier:
    """Efficiency of units and whom each is compared with.

    Attributes
    ----------
    peers : units x units, weight of the peer (column) in the target of the unit (row)
    result : terms `efficiency:<unit>`, `efficient:<unit>`, `peer:<unit>~<peer>`, `slack:<figure>.<unit>`,
        `aim:<figure>.<unit>`
    """

    peers: pd.DataFrame
    result: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, for `save_all`."""
        return {"frontier": self.result}


def frontier(
    units: pd.DataFrame,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    unit: str = "unit",
    orientation: str = "input",
    returns: str = "constant",
) -> Frontier:
    """How close is each unit to the best practice that the others show?

    Parameters
    ----------
    units : one row a unit; inputs and outputs are not negative
    inputs, outputs : columns
    unit : column of names
    orientation : "input" (how far could inputs shrink?) or "output" (how far could outputs grow?)
    returns : "constant" (CCR) or "variable" (BCC)

    Returns
    -------
    Frontier
        `efficiency:<unit>` in (0, 1] (theta, or 1/phi), `efficient:<unit>` 1 if it is 1 and no slack is left,
        `peer:<unit>~<peer>` weights, `slack:<figure>.<unit>`, `aim:<figure>.<unit>` what the unit should reach.

    Raises
    ------
    ModelError
        A figure is blank or negative, a unit has no input or no output at all.

    Notes
    -----
    min theta subject to sum(l x) <= theta x0, sum(l y) >= y0, l >= 0 (and sum(l) = 1 with variable returns),
    then the largest sum of slacks at that theta; likewise for outputs. With one input, one output and constant
    returns the efficiency is the unit's ratio over the best ratio. Figures are scaled by their largest value.

    Source
    ------
    Charnes, A., Cooper, W. W. & Rhodes, E. (1978). European Journal of Operational Research 2, 429-444. Banker,
    R. D., Charnes, A. & Cooper, W. W. (1984). Management Science 30, 1078-1092.
    """
    what = "frontier"
    names = labels(units, unit, what, unique=True)
    if orientation not in ("input", "output") or returns not in ("constant", "variable"):
        raise ModelError(f"{what}: {orientation}, {returns}", hint="input or output; constant or variable")
    if not inputs or not outputs or set(inputs) & set(outputs):
        raise ModelError(f"{what}: name inputs and outputs, each figure once")
    X, Y = figures(units, inputs, what), figures(units, outputs, what)
    _admit(X, Y, names, [*inputs, *outputs])
    top = np.hstack([X, Y]).max(axis=0)
    Xs, Ys = X / top[: X.shape[1]], Y / top[X.shape[1] :]
    order = np.lexsort(
        np.hstack([Xs, Ys]).T
    )  # which of several best plans is found must not hang on the rows
    score, weight, slack = (
        np.ones(len(names)),
        np.zeros((len(names), len(names))),
        np.zeros((len(names), len(top))),
    )
    for place, row in enumerate(order):
        score[row], weight[row, order], slack[row] = _solve(Xs[order], Ys[order], place, orientation, returns)
    slack *= top
    labels_all = [*inputs, *outputs]
    efficient = (score >= 1 - TOUCH) & (slack / top <= 1e-6).all(axis=1)
    weight[efficient] = np.eye(len(names))[efficient]  # an efficient unit is its own example
    aims = np.hstack([weight @ X, weight @ Y])
    pairs = np.argwhere(weight > TOUCH)
    tidy = pd.concat(
        [
            tidy_block("efficiency", names, score),
            tidy_block("efficient", names, efficient),
            tidy_block("peer", [f"{names[i]}~{names[j]}" for i, j in pairs], weight[tuple(pairs.T)]),
            *(
                tidy_block("slack", [f"{name}.{u}" for name in labels_all], slack[i])
                for i, u in enumerate(names)
            ),
            *(
                tidy_block("aim", [f"{name}.{u}" for name in labels_all], aims[i])
                for i, u in enumerate(names)
            ),
        ]
    )
    m, s = len(inputs), len(outputs)
    rule = f">= {max(m * s, 3 * (m + s))} units for {m} inputs and {s} outputs (Cooper, Seiford & Tone 2007)"
    checks = [Check("check.frontier_units", len(names) >= max(m * s, 3 * (m + s)), len(names), rule)]
    glance = {"units": len(names), "efficient": int(efficient.sum()), "mean": float(score.mean())}
    source = source_of(units[[unit, *labels_all]])
    return Frontier(
        pd.DataFrame(weight, index=names, columns=names),
        Result("model.frontier", tidy, glance, tuple(checks), source),
    )


def borrowed(levels: Levels | pd.DataFrame, peers: Frontier | pd.DataFrame, *, least: float = 0.5) -> Result:
    """Which practices should a unit borrow from which of its peers?

    Parameters
    ----------
    levels : levels of units (rows) in elements
    peers : a frontier, or a frame of units x units with positive weights for peers
    least : lead of a peer, in levels, from which an element is worth a visit

    Returns
    -------
    Result
        `borrow:<element>.<unit>~<peer>` the peer's lead, for every peer with a weight and every element with such
        a lead; `ideas:<unit>` how many there are.
    """
    table = levels.table if isinstance(levels, Levels) else levels
    weight = peers.peers if isinstance(peers, Frontier) else peers
    both = [str(one) for one in weight.index if one in table.index]
    if len(both) < 2:
        raise ModelError(
            "borrowing: fewer than two units have both levels and peers", hint="name units alike"
        )
    L = table.loc[both].to_numpy(dtype=float)
    P = weight.loc[both, both].to_numpy(dtype=float)
    rows: list[dict[str, object]] = []
    for i, unit in enumerate(both):
        found = [
            {"term": f"borrow:{element}.{unit}~{both[j]}", "estimate": lead}
            for j in np.flatnonzero(P[i] > TOUCH)
            if j != i
            for element, lead in zip(table.columns, L[j] - L[i], strict=True)
            if lead >= least - 1e-9
        ]
        rows += [*found, {"term": f"ideas:{unit}", "estimate": len(found)}]
    lost = [str(one) for one in weight.index if one not in table.index]
    checks = [Check(f"check.no_levels:{name}", False, 0, "levels of every compared unit") for name in lost]
    return Result(
        "model.borrowed",
        tidy_frame(rows),
        {"units": len(both), "least": least},
        tuple(checks),
        source_of(table),
    )


def _admit(X: np.ndarray, Y: np.ndarray, names: list[str], figures_: list[str]) -> None:
    both = np.hstack([X, Y])
    wrong = np.argwhere(np.isnan(both) | (both < 0))
    if len(wrong):
        i, j = wrong[0]
        raise ModelError(f"frontier: unit '{names[i]}', figure '{figures_[j]}' is blank or negative")
    for part, word in ((X, "input"), (Y, "output")):
        idle = np.flatnonzero(part.sum(axis=1) == 0)
        if idle.size:
            raise ModelError(f"frontier: unit '{names[idle[0]]}' has no {word} at all")
    if len(names) < 2:
        raise ModelError("frontier: one unit alone cannot be compared")
    if (both.max(axis=0) == 0).any():
        raise ModelError(
            f"frontier: figure '{figures_[int(np.argmin(both.max(axis=0)))]}' is zero for all units"
        )


def _solve(
    X: np.ndarray, Y: np.ndarray, at: int, orientation: str, returns: str
) -> tuple[float, np.ndarray, np.ndarray]:
    """Score in (0, 1], weights (n,), slacks (m + s,) of one unit, from scaled X (n, m) and Y (n, s)."""
    n, m, s = len(X), X.shape[1], Y.shape[1]
    inward = orientation == "input"
    # variables: score, l (n)
    A = np.block(
        [
            [-(X[at] if inward else np.zeros(m))[:, None], X.T],
            [(np.zeros(s) if inward else Y[at])[:, None], -Y.T],
        ]
    )
    b = np.concatenate([np.zeros(m), -Y[at]]) if inward else np.concatenate([X[at], np.zeros(s)])
    equal = (np.append(0.0, np.ones(n))[None], [1.0]) if returns == "variable" else (None, None)
    cost = np.append(1.0 if inward else -1.0, np.zeros(n))
    first = linprog(cost, A_ub=A, b_ub=b, A_eq=equal[0], b_eq=equal[1], bounds=(0, None), method="highs")
    if not first.success:
        raise ModelError(f"frontier: the linear program of unit {at + 1} was not solved ({first.message})")
    score = float(first.x[0])
    # largest slacks at that score; variables: l (n), slacks (m + s)
    left = np.vstack([X.T, Y.T])
    right = np.concatenate([X[at] * (score if inward else 1.0), Y[at] * (1.0 if inward else score)])
    E = np.hstack([left, np.diag(np.concatenate([np.ones(m), -np.ones(s)]))])
    if returns == "variable":
        E, right = np.vstack([E, np.append(np.ones(n), np.zeros(m + s))]), np.append(right, 1.0)
    second = linprog(
        np.concatenate([np.zeros(n), -np.ones(m + s)]), A_eq=E, b_eq=right, bounds=(0, None), method="highs"
    )
    found = second.x if second.success else np.concatenate([first.x[1:], np.zeros(m + s)])
    l, slack = found[:n], np.maximum(found[n:], 0.0)
    final = score if inward else 1 / score
    if abs(final - 1) < 1e-9:
        final = 1.0
    return final, np.where(l > TOUCH, l, 0.0), slack
