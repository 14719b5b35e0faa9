"""How does a shock run through the offices, period by period?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlab.enterprise.offices import OfficeGraph, office_graph, settles, shock_vector, stable_draws
from crmlab.enterprise.resample import quantiles
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

LONGEST = 1200


def ripple(
    paths: Mapping[str, float],
    shock: Mapping[str, float],
    *,
    periods: int = 24,
    lags: Mapping[str, int] | None = None,
    lasting: bool = True,
    draws: pd.DataFrame | None = None,
    nodes: Sequence[str] = (),
    level: float = 0.95,
) -> Result:
    """The response of every office to a shock.

    Parameters
    ----------
    paths : "outcome~cause" -> strength in standard deviations
    shock : node -> size in standard deviations, from period 0 on
    periods : to look ahead
    lags : "outcome~cause" -> periods until the effect arrives, 1 where not named; 0 is within the period
    lasting : False for a shock of period 0 alone
    draws : joint draws of the strengths, one column a path, for the intervals
    nodes : order of the nodes
    level : of the intervals

    Returns
    -------
    Result
        `ripple:<node>.<period>` for periods 0 to `periods` (interval with draws).

    Raises
    ------
    ModelError
        As for `steady_state`; fewer than one period.

    Notes
    -----
    x(t) = B0 x(t) + sum over lags l of Bl x(t - l) + s(t), x before 0 is 0. A lasting shock leads to the steady
    state of `steady_state` whatever the lags.
    """
    if not 1 <= periods <= LONGEST:
        raise ModelError(f"ripple: {periods} periods", hint=f"from 1 to {LONGEST}")
    graph = office_graph(paths, lags=lags, nodes=nodes)
    radius = settles(graph)
    s = shock_vector(graph, shock)
    x = run(graph, s, periods, lasting)[0]
    low = high = np.full(x.shape, np.nan)
    checks: tuple[Check, ...] = ()
    if draws is not None:
        many, check = stable_draws(graph, draws)
        low, high = quantiles(run(many, s, periods, lasting), ((1 - level) / 2, (1 + level) / 2))
        checks = (check,)
    tidy = pd.concat(
        tidy_block(
            "ripple",
            [f"{node}.{t}" for t in range(periods + 1)],
            x[:, place],
            ci_low=low[:, place],
            ci_high=high[:, place],
        )
        for place, node in enumerate(graph.nodes)
    )
    glance = {"periods": float(periods), "spectral_radius": radius, "level": level}
    source = source_of(pd.DataFrame(graph.weights, columns=list(graph.paths)))
    return Result("model.office_ripple", tidy, glance, checks, source)


def run(graph: OfficeGraph, shock: np.ndarray, periods: int, lasting: bool = True) -> np.ndarray:
    """(draws, periods + 1, nodes): the response of each draw to a shock (nodes,) in period 0, or from it on."""
    D, n = len(graph.weights), len(graph.nodes)
    now = np.linalg.inv(np.eye(n) - graph.matrices(0))
    later = [(int(lag), now @ graph.matrices(int(lag))) for lag in np.unique(graph.lags) if lag > 0]
    pulse = now @ shock
    x = np.zeros((D, periods + 1, n))
    for t in range(periods + 1):
        if lasting or t == 0:
            x[:, t] = pulse
        for lag, B in later:
            if t >= lag:
                x[:, t] += (B @ x[:, t - lag, :, None])[:, :, 0]
    return x
