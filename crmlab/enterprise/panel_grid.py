"""A panel as a grid of units by periods by nodes, refused where it cannot be one or where paths run in circles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.enterprise.admit import figures, labels
from crmlab.enterprise.schedule import precedence
from crmlab.errors import ModelError


def panel_grid(
    frame: pd.DataFrame, lags: Mapping[str, int], columns: Mapping[str, str], what: str
) -> tuple[np.ndarray, list[str], list[str]]:
    """(units, periods, nodes) of figures, NaN where the panel has none."""
    nodes = list(dict.fromkeys(end.strip() for path in lags for end in reversed(path.split("~"))))
    if (
        any(path.count("~") != 1 or not all(part.strip() for part in path.split("~")) for path in lags)
        or not lags
    ):
        raise ModelError(f"{what}: a path is not written outcome~cause", hint="BO~MO")
    lost = next((node for node in nodes if node not in columns), None)
    if lost is not None:
        raise ModelError(f"{what}: node '{lost}' has no column", hint="columns={node: column}")
    names = labels(frame, "unit", what)
    time = figures(frame, ["time"], what)[:, 0]
    if np.isnan(time).any() or (np.floor(time) != time).any():
        raise ModelError(f"{what}: time must be whole numbers, one more each period")
    X = figures(frame, [columns[node] for node in nodes], what)
    units = list(dict.fromkeys(names))
    row, step = np.array([units.index(name) for name in names]), (time - time.min()).astype(int)
    if step.max() > 5000:
        raise ModelError(
            f"{what}: {step.max() + 1} periods from first to last", hint="number periods one by one"
        )
    if len(set(zip(row.tolist(), step.tolist(), strict=True))) < len(row):
        raise ModelError(f"{what}: two rows for one unit and period", hint="keep one")
    flat = [node for place, node in enumerate(nodes) if not np.nanstd(X[:, place]) > 0]
    if flat:
        raise ModelError(f"{what}: '{columns[flat[0]]}' does not vary")
    grid = np.full((len(units), step.max() + 1, len(nodes)), np.nan)
    grid[row, step] = X
    return grid, units, nodes


def outcomes(lags: Mapping[str, int]) -> list[str]:
    return list(dict.fromkeys(path.split("~")[0].strip() for path in lags))


def no_loop_at_once(lags: Mapping[str, int], what: str) -> None:
    if any(lag < 0 or lag != int(lag) for lag in lags.values()):
        raise ModelError(f"{what}: a lag is no whole number from 0 on")
    now: dict[str, tuple[str, ...]] = {}
    for path, lag in lags.items():
        outcome, cause = (part.strip() for part in path.split("~"))
        now.setdefault(cause, ())
        now[outcome] = (*now.get(outcome, ()), *((cause,) if lag == 0 else ()))
    try:
        precedence(now, what)
    except ModelError as error:
        raise ModelError(
            str(error).splitlines()[0] + " within one period",
            hint="give one of its paths a lag, so that cause precedes effect",
        ) from None
