"""Front, mid and back office as a small directed graph with a loop: what comes of a lasting shock in the end?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.enterprise.resample import quantiles
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

LONGEST_LAG = 36


@dataclass(frozen=True, slots=True, eq=False)
class OfficeGraph:
    """A graph of nodes with effects that may take time.

    Attributes
    ----------
    nodes : names
    paths : "outcome~cause" keys
    at : (paths, 2) places of outcome and cause
    lags : (paths,) periods until the effect arrives; 0 is within the period
    weights : (draws, paths) strengths; one row where they are known
    """

    nodes: tuple[str, ...]
    paths: tuple[str, ...]
    at: np.ndarray
    lags: np.ndarray
    weights: np.ndarray

    def matrices(self, lag: int | None = None) -> np.ndarray:
        """(draws, nodes, nodes): effect of column on row, of one lag or of all together."""
        B = np.zeros((len(self.weights), len(self.nodes), len(self.nodes)))
        for place, (row, column) in enumerate(self.at):
            if lag is None or self.lags[place] == lag:
                B[:, row, column] += self.weights[:, place]
        return B


def office_graph(
    paths: Mapping[str, float] | pd.DataFrame,
    *,
    lags: Mapping[str, int] | None = None,
    nodes: Sequence[str] = (),
) -> OfficeGraph:
    """A graph from "outcome~cause" -> strength, or from a frame of draws with one column a path.

    Parameters
    ----------
    paths : strengths, for instance {"BO~MO": 0.6, "FO~BO": 0.5}
    lags : periods until an effect arrives; 1 where not named
    nodes : further nodes, and the order of all

    Raises
    ------
    ModelError
        A key is not "outcome~cause", a node affects itself at once, a strength is no number, a lag is no whole
        number from 0 to 36.
    """
    what = "office graph"
    keys = [str(key) for key in paths]
    if not keys:
        raise ModelError(f"{what}: there are no paths")
    ends = []
    for key in keys:
        hit = re.fullmatch(r"\s*([^~\s]+)\s*~\s*([^~\s]+)\s*", key)
        if not hit:
            raise ModelError(f"{what}: '{key}' is no path", hint="write outcome~cause, such as BO~MO")
        ends.append((hit[1], hit[2]))
    if len(set(ends)) < len(ends):
        raise ModelError(f"{what}: a path stands twice")
    weights = (
        paths.to_numpy(dtype=float)
        if isinstance(paths, pd.DataFrame)
        else np.array([[float(value) for value in paths.values()]])
    )
    if not np.isfinite(weights).all():
        raise ModelError(f"{what}: path '{keys[int(np.argwhere(~np.isfinite(weights))[0][1])]}' is no number")
    names = list(dict.fromkeys([*nodes, *(end for pair in ends for end in reversed(pair))]))
    strange = next((key for key in lags or {} if key not in keys), None)
    if strange is not None:
        raise ModelError(f"{what}: a lag is given for '{strange}', which is no path")
    wait = np.array([(lags or {}).get(key, 1) for key in keys])
    if not (np.isin(wait, range(LONGEST_LAG + 1))).all():
        raise ModelError(f"{what}: a lag is no whole number from 0 to {LONGEST_LAG}")
    own = next((key for key, (a, b), w in zip(keys, ends, wait, strict=True) if a == b and w == 0), None)
    if own is not None:
        raise ModelError(f"{what}: '{own}' affects itself at once", hint="give it a lag of 1")
    at = np.array([[names.index(a), names.index(b)] for a, b in ends])
    return OfficeGraph(tuple(names), tuple(keys), at, wait, weights)


def steady_state(
    paths: Mapping[str, float],
    shock: Mapping[str, float],
    *,
    draws: pd.DataFrame | None = None,
    nodes: Sequence[str] = (),
    level: float = 0.95,
) -> Result:
    """Where do all offices end up after a shock that stays?

    Parameters
    ----------
    paths : "outcome~cause" -> strength in standard deviations
    shock : node -> size in standard deviations
    draws : joint draws of the strengths, one column a path (`office_paths(...).draws`), for the intervals
    nodes : order of the nodes
    level : of the intervals

    Returns
    -------
    Result
        `steady:<node>` (se and interval with draws); `spectral_radius` in glance.

    Raises
    ------
    ModelError
        The spectral radius of the strengths is 1 or more: effects would grow without end.

    Notes
    -----
    x = B x + s, so x = (I - B)^-1 s, reached only if all eigenvalues of B lie within the unit circle. Draws
    that do not settle are left out of the intervals and counted by a failed check.

    Examples
    --------
    >>> round(steady_state({"BO~MO": 0.5, "FO~BO": 0.4}, {"MO": -1.0})["steady:FO"], 6)
    -0.2
    """
    graph = office_graph(paths, nodes=nodes)
    radius = settles(graph)
    s = shock_vector(graph, shock)
    x = np.linalg.solve(np.eye(len(s)) - graph.matrices()[0], s)
    blocks, checks = [tidy_block("steady", graph.nodes, x)], []
    if draws is not None:
        many, stable = stable_draws(graph, draws)
        drawn = np.linalg.solve(
            np.eye(len(s)) - many.matrices(), np.broadcast_to(s[:, None], (len(many.weights), len(s), 1))
        )
        low, high = quantiles(drawn[:, :, 0], ((1 - level) / 2, (1 + level) / 2))
        error = drawn[:, :, 0].std(axis=0, ddof=1)
        blocks = [tidy_block("steady", graph.nodes, x, std_error=error, ci_low=low, ci_high=high)]
        checks.append(stable)
    glance = {"spectral_radius": radius, "nodes": float(len(s)), "level": level}
    source = source_of(pd.DataFrame(graph.weights, columns=list(graph.paths)))
    return Result("model.office_steady", pd.concat(blocks), glance, tuple(checks), source)


def settles(graph: OfficeGraph) -> float:
    """Spectral radius of all strengths together; refused if it, or that of the delayed system, is 1 or more."""
    radius = float(spectral_radius(graph.matrices())[0])
    delayed = float(spectral_radius(companion(graph))[0])
    if radius >= 1 or delayed >= 1:
        raise ModelError(
            f"office graph: the spectral radius is {max(radius, delayed):.4f}, so effects grow without end",
            hint="it must be below 1; look at the paths of the loop",
        )
    return radius


def spectral_radius(B: np.ndarray) -> np.ndarray:
    """Largest absolute eigenvalue of each matrix (draws, n, n)."""
    return np.abs(np.linalg.eigvals(B)).max(axis=-1)


def companion(graph: OfficeGraph) -> np.ndarray:
    """The delayed system as one step, (draws, n L, n L) with L the longest lag, at least 1."""
    n, longest = len(graph.nodes), max(1, int(graph.lags.max()))
    now = np.linalg.inv(np.eye(n) - graph.matrices(0))
    C = np.zeros((len(graph.weights), n * longest, n * longest))
    for lag in range(1, longest + 1):
        C[:, :n, n * (lag - 1) : n * lag] = now @ graph.matrices(lag)
    if longest > 1:
        C[:, n:, :-n] = np.eye(n * (longest - 1))
    return C


def shock_vector(graph: OfficeGraph, shock: Mapping[str, float]) -> np.ndarray:
    """(nodes,) sizes of the shock."""
    strange = next((node for node in shock if node not in graph.nodes), None)
    if strange is not None:
        raise ModelError(
            f"office graph: a shock hits '{strange}', which is no node", hint=", ".join(graph.nodes)
        )
    s = np.array([float(shock.get(node, 0.0)) for node in graph.nodes])
    if not np.isfinite(s).all():
        raise ModelError("office graph: a shock is no finite number")
    return s


def stable_draws(graph: OfficeGraph, draws: pd.DataFrame) -> tuple[OfficeGraph, Check]:
    """The same graph with the draws that settle, and a check of how many do."""
    lost = [path for path in graph.paths if path not in draws.columns]
    if lost:
        raise ModelError(f"office graph: path '{lost[0]}' has no draws")
    weights = draws[list(graph.paths)].to_numpy(dtype=float)
    weights = weights[np.isfinite(weights).all(axis=1)]
    many = OfficeGraph(graph.nodes, graph.paths, graph.at, graph.lags, weights)
    good = (spectral_radius(many.matrices()) < 1) & (spectral_radius(companion(many)) < 1)
    if good.sum() < 2:
        raise ModelError("office graph: hardly any draw of the paths settles, so no interval can be given")
    share = float(1 - good.mean())
    check = Check("check.unstable_draws", share <= 0.05, share, "<= 0.05 of the draws without a steady state")
    return OfficeGraph(graph.nodes, graph.paths, graph.at, graph.lags, weights[good]), check
