"""Rows of a parameter table as terms of a `Result`."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

QUANTITY = {
    "=~": "loading",
    "~": "path",
    "~1": "intercept",
    "|": "threshold",
    "~*~": "scale",
    ":=": "defined",
}


def terms(
    table: pd.DataFrame, column: str, prefix: str, groups: tuple[str, ...]
) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = []
    for r in table.to_dict("records"):
        own = r["op"] == "~~" and r["lhs"] == r["rhs"]
        quantity = "variance" if own else QUANTITY.get(r["op"], "covariance")
        subject = r["lhs"] if own or r["op"] in ("~1", ":=", "~*~") else f"{r['lhs']}{r['op']}{r['rhs']}"
        if len(groups) > 1 and r["group"]:
            subject += f"@{groups[r['group'] - 1]}"
        rows.append(
            {
                "term": f"{prefix}{quantity}:{subject}",
                "estimate": r[column],
                "std_error": r["se"],
                "ci_low": r["ci_lower"],
                "ci_high": r["ci_upper"],
                "p_value": r["p_value"],
            }
        )
    return rows
