"""Ratings as numbers: a matrix of raters by items for each unit, refused if it cannot be one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.data.ratings import Ratings
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.study.maturity import HIGHEST, LOWEST, MaturityItem, maturity_items


@dataclass(frozen=True, slots=True, eq=False)
class RatingTable:
    """What raters gave, unit by unit.

    Attributes
    ----------
    units : names, in the order of their first rating
    items, elements, models : codes of the columns, of the elements they belong to and of those elements' models
    blocks : one (raters, items) a unit, NaN where not rated
    raters : their codes, one tuple a unit, in the order of the block's rows
    weights : (items, elements), an item's weight in its element, 0 elsewhere
    source : what the numbers rest on
    """

    units: tuple[str, ...]
    items: tuple[str, ...]
    elements: tuple[str, ...]
    models: tuple[str, ...]
    blocks: tuple[np.ndarray, ...]
    raters: tuple[tuple[str, ...], ...]
    weights: np.ndarray
    source: dict[str, str]


def rating_table(
    ratings: Ratings | pd.DataFrame,
    *,
    items: Mapping[str, MaturityItem] | None = None,
    seed: int | None = None,
    what: str = "maturity",
) -> RatingTable:
    """Matrices of ratings.

    Parameters
    ----------
    ratings : admitted ratings, or a frame with columns unit, rater, item_code, level (NaN = not answered)
    items : what the codes mean; the bundled catalogue if not given
    seed : goes into the source
    what : the question, for messages

    Raises
    ------
    ModelError
        A column is lost, a code is unknown, a level is none of 1 to 5, a rating stands twice, nothing is left.
    """
    frame = ratings.frame if isinstance(ratings, Ratings) else ratings
    catalogue = maturity_items() if items is None else items
    _admit(frame, catalogue, what)
    used = frame.loc[frame["level"].notna(), ["unit", "rater", "item_code", "level"]]
    order = [code for code in catalogue if code in set(frame["item_code"])]
    element = list(dict.fromkeys(catalogue[code].element for code in order))
    weights = np.zeros((len(order), len(element)))
    for row, code in enumerate(order):
        weights[row, element.index(catalogue[code].element)] = catalogue[code].weight
    units, blocks, raters = [], [], []
    for unit, rows in used.groupby("unit", sort=False):
        at, names = pd.factorize(rows["rater"], sort=True)
        block = np.full((len(names), len(order)), np.nan)
        block[at, [order.index(code) for code in rows["item_code"]]] = rows["level"]
        units.append(str(unit))
        blocks.append(block)
        raters.append(tuple(map(str, names)))
    models = {catalogue[code].element: catalogue[code].model for code in order}
    return RatingTable(
        tuple(units),
        tuple(order),
        tuple(element),
        tuple(models[code] for code in element),
        tuple(blocks),
        tuple(raters),
        weights,
        source_of(used, seed=seed),
    )


def _admit(frame: pd.DataFrame, catalogue: Mapping[str, MaturityItem], what: str) -> None:
    lost = [name for name in ("unit", "rater", "item_code", "level") if name not in frame.columns]
    if lost:
        raise ModelError(f"{what}: the ratings have no column {', '.join(map(repr, lost))}")
    if frame[["unit", "rater", "item_code"]].isna().any(axis=None):
        raise ModelError(f"{what}: ratings without a unit, a rater or an item", hint="say who rated what")
    unknown = next((str(code) for code in frame["item_code"] if code not in catalogue), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, list(catalogue), 3, 0.6)
        raise ModelError(
            f"{what}: '{unknown}' is no maturity item" + (f"; near: {', '.join(near)}" if near else "")
        )
    if not pd.api.types.is_numeric_dtype(frame["level"]):
        raise ModelError(f"{what}: the levels are words, not numbers")
    level = frame["level"].to_numpy(dtype=float, na_value=np.nan)
    odd = level[~np.isnan(level) & ~((level >= LOWEST) & (level <= HIGHEST))]
    if odd.size:
        raise ModelError(f"{what}: level {odd[0]:g} is outside {LOWEST}-{HIGHEST}")
    if np.isnan(level).all():
        raise ModelError(f"{what}: there are no ratings")
    twice = frame.loc[frame["level"].notna()].duplicated(["unit", "rater", "item_code"])
    if twice.any():
        raise ModelError(
            f"{what}: {int(twice.sum())} ratings of one item of one unit by one rater stand twice"
        )
