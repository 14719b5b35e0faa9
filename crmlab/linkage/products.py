"""Which product comes next: of customers of one product, how many have another, against how many of all have it.

Source
------
Agrawal, R., Imieliński, T. & Swami, A. (1993). Proceedings of ACM SIGMOD, 207-216 (confidence of a rule). Brin, S.,
Motwani, R., Ullman, J. D. & Tsur, S. (1997). Proceedings of ACM SIGMOD, 255-264 (interest, now called lift).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.result import Check, Result, tidy_block
from crmlab.wilson import wilson

MOST = 12  # products of most customers that are compared


def next_products(
    rows: pd.DataFrame, *, threshold: int = 5, level: float = 0.95, source: dict[str, str] | None = None
) -> Result:
    """Customers of each product, and for each pair who has the second among those of the first.

    Parameters
    ----------
    rows : purchases: customer, product, amount (rows of 0 or less are left out)
    threshold : products and pairs of fewer customers are left out

    Raises
    ------
    ModelError
        The purchases name no products, or only one has enough customers.
    """
    if "product" not in rows or rows["product"].replace("", None).isna().all():
        raise ModelError("the ledger names no products", hint="name the column under ledger.columns.product")
    bought = rows.loc[rows["product"].notna() & (rows["product"] != "")]
    if "amount" in bought:
        bought = bought.loc[bought["amount"] > 0]
    pairs = bought[["customer", "product"]].drop_duplicates()
    counts = pairs["product"].value_counts()
    order = sorted(counts.index[counts >= threshold], key=lambda name: (-counts[name], str(name)))
    if len(order) < 2:
        raise ModelError(f"{len(order)} products have {threshold} customers or more; a next one wants two")
    kept = order[:MOST]
    who, customers = pd.factorize(pairs["customer"])
    has = np.zeros((len(customers), len(kept)))
    place = pd.Index(kept).get_indexer(pairs["product"])
    has[who[place >= 0], place[place >= 0]] = 1
    both, own = has.T @ has, has.sum(axis=0)
    known = [
        (i, j) for i in range(len(kept)) for j in range(len(kept))
        if i != j and both[i, j] >= threshold and own[i] - both[i, j] >= threshold
    ]  # fmt: skip
    names = [f"{kept[i]}>{kept[j]}" for i, j in known]
    a, b = (np.array([pair[k] for pair in known], dtype=int) for k in (0, 1))
    share, low, high = wilson(both[a, b], own[a], level)
    tidy = pd.concat([
        tidy_block("customers", map(str, kept), own),
        tidy_block("confidence", names, share, ci_low=low, ci_high=high),
        tidy_block("lift", names, share / (own[b] / len(customers))),
        tidy_block("open", names, own[a] - both[a, b]),
    ])  # fmt: skip
    left = float(len(counts) - len(kept))
    check = Check(
        "check.products_shown", left == 0, left, f"0 products left out for few customers or beyond {MOST}"
    )
    glance = {"n": len(customers), "level": level, "threshold": threshold, "products": len(counts)}
    return Result("model.link_next_product", tidy, glance, (check,), dict(source or {}))
