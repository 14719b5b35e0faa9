"""How far is each block, stage or gate from the level it should have?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlab.enterprise.levels import Levels
from crmlab.enterprise.resample import interval
from crmlab.errors import ModelError
from crmlab.result import Result, tidy_block
from crmlab.study.maturity import HIGHEST, LOWEST


def gaps(levels: Levels, targets: Mapping[str, float] | pd.DataFrame, *, level: float = 0.95) -> Result:
    """How far is each element from the level it should have?

    Parameters
    ----------
    levels : levels of units
    targets : element -> level for all units, or a frame of units x elements; elements without one are left out

    Returns
    -------
    Result
        `gap:<element>.<unit>` = target - level (positive: still to go), `gap_mean:<element>`,
        `target:<element>.<unit>`.
    """
    aims = _targets(levels, targets)
    low, high = _bounds(levels, levels.draws, level)
    gap = aims - levels.table
    blocks = []
    for place, unit in enumerate(levels.table.index):
        subjects = [f"{element}.{unit}" for element in levels.table]
        aim = aims.iloc[place].to_numpy()
        there = ~np.isnan(aim)
        pick = [subject for subject, keep in zip(subjects, there, strict=True) if keep]
        blocks.append(tidy_block("target", pick, aim[there]))
        blocks.append(
            tidy_block(
                "gap",
                pick,
                gap.iloc[place].to_numpy()[there],
                ci_low=(aim - high[place])[there],
                ci_high=(aim - low[place])[there],
            )
        )
    mean = gap.mean(axis=0)
    blocks.append(tidy_block("gap_mean", [str(e) for e in mean.index[mean.notna()]], mean[mean.notna()]))
    return Result("model.maturity_gaps", pd.concat(blocks), {"level": level}, (), levels.result.source)


def _targets(levels: Levels, targets: Mapping[str, float] | pd.DataFrame) -> pd.DataFrame:
    if isinstance(targets, pd.DataFrame):
        strange = [str(unit) for unit in targets.index if unit not in levels.table.index]
        wide = targets.reindex(index=levels.table.index)
    else:
        strange = []
        wide = pd.DataFrame(dict(targets), index=levels.table.index)
    strange += [str(element) for element in wide if element not in levels.table]
    if strange:
        raise ModelError(
            f"targets: '{strange[0]}' has not been rated", hint="name elements and units as rated"
        )
    wide = wide.reindex(columns=levels.table.columns).astype(float)
    odd = wide.to_numpy()[~wide.isna().to_numpy()]
    if ((odd < LOWEST) | (odd > HIGHEST)).any():
        raise ModelError(f"targets: a level outside {LOWEST}-{HIGHEST}")
    return wide


def _bounds(levels: Levels, draws: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Interval ends (units, ...) of draws (resamples, units, ...)."""
    ends = [interval(draws[:, place], int(n), level) for place, n in enumerate(levels.raters)]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])
