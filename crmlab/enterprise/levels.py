"""How mature is each block, stage or gate of each unit, how sure is that, and how far is the target?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.data.ratings import Ratings
from crmlab.enterprise.ratings_table import RatingTable, rating_table
from crmlab.enterprise.resample import by_content, counts, interval, rows_by_content, spread
from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block
from crmlab.study.maturity import MaturityItem

ENOUGH_RATERS = 3
CONSTANT = 10  # ratings of one level, from which on a rater is said not to discriminate


@dataclass(frozen=True, eq=False)
class Levels:
    """Levels of units, with what the raters' disagreement leaves open.

    Attributes
    ----------
    table : units x elements, 1-5, NaN where nobody rated
    draws : (resamples, units, elements) levels of resampled raters; NaN for a unit of one rater
    models : model of each element
    raters : number of raters of each unit
    result : terms `level:<element>.<unit>`, `level_mean:<element>`, `model_level:<model>.<unit>`,
        `model_mean:<model>`, `item:<item>.<unit>`, `raters:<unit>`
    """

    table: pd.DataFrame
    draws: np.ndarray
    models: tuple[str, ...]
    raters: pd.Series
    result: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, for `save_all`."""
        return {"levels": self.result}

    def of(self, model: str) -> Levels:
        """The same for the elements of one model."""
        here = [place for place, name in enumerate(self.models) if name == model]
        if not here:
            raise ModelError(
                f"no element of model '{model}' has been rated", hint=", ".join(set(self.models))
            )
        return Levels(
            self.table.iloc[:, here], self.draws[:, :, here], (model,) * len(here), self.raters, self.result
        )


def levels(
    ratings: Ratings | pd.DataFrame,
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 20240101,
    items: Mapping[str, MaturityItem] | None = None,
) -> Levels:
    """Maturity levels of all units.

    Parameters
    ----------
    ratings : admitted ratings, or a frame with columns unit, rater, item_code, level
    level : of the intervals
    resamples, seed : of the bootstrap over raters
    items : what the codes mean; the bundled catalogue if not given

    Returns
    -------
    Levels

    Raises
    ------
    ModelError
        The ratings are not what `rating_table` takes.

    Notes
    -----
    An item's level in a unit is the mean over its raters; an element's is the weighted mean of its items'
    levels, items that nobody rated left out; a model's is the mean of its elements. Means over units weigh
    units alike. Intervals: raters are drawn with replacement within their unit, expanded percentile interval;
    a unit of one rater has none and enters the means over units as it stands.

    Source
    ------
    Hesterberg, T. C. (2015). The American Statistician 69(4), 371-386.
    """
    table = rating_table(ratings, items=items, seed=seed)
    points = np.array(
        [_elements(np.ones((1, len(block))), block, table.weights)[0] for block in table.blocks]
    )
    draws = _draws(table, resamples, seed)
    number = np.array([len(block) for block in table.blocks])
    frame = pd.DataFrame(points, index=pd.Index(table.units, name="unit"), columns=list(table.elements))
    result = _result(table, points, draws, number, level)
    return Levels(frame, draws, table.models, pd.Series(number, index=frame.index), result)


def _elements(W: np.ndarray, L: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Element levels (B, E) of raters weighted by W (B, R); ratings L (R, I), item weights K (I, E)."""
    means = _items(W, L)
    there = np.isfinite(means)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, means, 0.0) @ K / (there @ K)


def _items(W: np.ndarray, L: np.ndarray) -> np.ndarray:
    there = np.isfinite(L)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (W @ np.where(there, L, 0.0)) / (W @ there)


def _draws(table: RatingTable, resamples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    found = np.full((resamples, len(table.units), len(table.elements)), np.nan)
    blocks = [rows_by_content(block) for block in table.blocks]
    for place in by_content([np.nan_to_num(block, nan=-np.inf) for block in blocks]):
        if len(blocks[place]) > 1:
            W = counts(rng, len(blocks[place]), resamples)
            found[:, place] = _elements(W, blocks[place], table.weights)
    return found


def _result(
    table: RatingTable, points: np.ndarray, draws: np.ndarray, number: np.ndarray, level: float
) -> Result:
    names = list(dict.fromkeys(table.models))
    member = np.array([[model == name for name in names] for model in table.models], dtype=float)
    blocks = []
    for place, unit in enumerate(table.units):
        n = int(number[place])
        items = _items(np.ones((1, n)), table.blocks[place])[0]
        blocks.append(tidy_block("item", [f"{code}.{unit}" for code in table.items], items))
        blocks.append(
            _block(
                "level",
                [f"{code}.{unit}" for code in table.elements],
                points[place],
                draws[:, place],
                n,
                level,
            )
        )
        blocks.append(
            _block(
                "model_level",
                [f"{name}.{unit}" for name in names],
                _over(points[place][None], member)[0],
                _over(draws[:, place], member),
                n,
                level,
            )
        )
    settled = np.where(np.isnan(draws), points, draws)  # a unit of one rater enters as it stands
    n = int(np.maximum(number[number > 1] - 1, 0).sum()) + 1 if (number > 1).any() else 1
    middle = _mean(points[None])[0]
    blocks.append(_block("level_mean", table.elements, middle, _mean(settled), n, level))
    blocks.append(
        _block("model_mean", names, _over(middle[None], member)[0], _over(_mean(settled), member), n, level)
    )
    blocks.append(tidy_block("raters", table.units, number))
    glance = {
        "units": len(table.units),
        "raters": int(number.sum()),
        "items": len(table.items),
        "level": level,
        "resamples": len(draws),
    }
    return Result(
        "model.maturity_levels", pd.concat(blocks), glance, tuple(_checks(table, number)), table.source
    )


def _block(
    quantity: str,
    subjects: tuple[str, ...] | list[str],
    value: np.ndarray,
    draws: np.ndarray,
    n: int,
    level: float,
) -> pd.DataFrame:
    low, high = interval(draws, n, level)
    return tidy_block(
        quantity, subjects, value, std_error=spread(draws, n) if n > 1 else np.nan, ci_low=low, ci_high=high
    )


def _over(values: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Means of elements by model, (B, models); NaN elements left out."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, values, 0.0) @ member / (there @ member)


def _mean(values: np.ndarray) -> np.ndarray:
    """Means over units, axis 1; NaN left out."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, values, 0.0).sum(axis=1) / there.sum(axis=1)


def _checks(table: RatingTable, number: np.ndarray) -> list[Check]:
    found = []
    for place, unit in enumerate(table.units):
        rule = f">= {ENOUGH_RATERS} raters a unit"
        found.append(Check(f"check.raters:{unit}", number[place] >= ENOUGH_RATERS, number[place], rule))
        block = table.blocks[place]
        rated = np.isfinite(block)
        for code in np.array(table.items)[~rated.any(axis=0)]:
            found.append(
                Check(f"check.never_rated:{code}.{unit}", False, 0, "every item rated at least once")
            )
        for row, name in enumerate(table.raters[place]):
            given = block[row][rated[row]]
            if len(given) >= CONSTANT and np.ptp(given) == 0:
                rule = f"not one level for all of {CONSTANT} or more items"
                found.append(Check(f"check.constant_rater:{unit}.{name}", False, given[0], rule))
    return found
