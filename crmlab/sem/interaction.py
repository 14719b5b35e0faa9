"""Latent interactions by product indicators."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmlab.errors import ModelError
from crmlab.sem.rows import near


def product_indicators(
    data: pd.DataFrame, first: Sequence[str], second: Sequence[str], *, match: bool = False
) -> pd.DataFrame:
    """The data with products of the items of two constructs, double-mean-centred.

    Parameters
    ----------
    data : one row per case
    first, second : items of the two constructs that interact
    match : pair the items in their order (as many as the shorter list); else all pairs

    Returns
    -------
    DataFrame
        `data` and one column "a.b" for each pair: (a - mean a)(b - mean b), less its own mean.

    Raises
    ------
    ModelError
        An item that is not in the data, or a column that already has the name of a product.

    Notes
    -----
    Centring twice lets the model do without a mean structure and makes the interaction's covariance with the
    first-order constructs that of the moderated effect. With all pairs, products that share an item have
    correlated residuals; say so in the model: `a1.b1 ~~ a1.b2`. A row with a missing answer has no product.

    Source
    ------
    Lin, G.-C., Wen, Z., Marsh, H. W. & Lin, H.-S. (2010). Structural equation models of latent interactions:
    clarification of orthogonalizing and double-mean-centering strategies. SEM 17(3), 374-391.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 5.0]})
    >>> product_indicators(frame, ["a"], ["b"])["a.b"].round(6).tolist()
    [0.0, -1.0, 1.0]
    """
    columns = [str(column) for column in data.columns]
    for name in (*first, *second):
        if name not in data.columns:
            raise ModelError(f"variable '{name}' is not in the data{near(name, columns)}")
    pairs = list(zip(first, second, strict=False)) if match else [(a, b) for a in first for b in second]
    found: dict[str, pd.Series] = {}
    for a, b in pairs:
        if f"{a}.{b}" in data.columns:
            raise ModelError(f"the data already have a column '{a}.{b}'")
        product = (data[a] - data[a].mean()) * (data[b] - data[b].mean())
        found[f"{a}.{b}"] = product - product.mean()
    return data.assign(**found)
