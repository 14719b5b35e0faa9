"""Equality across groups: which parameters it covers, and what it sets free elsewhere."""

from __future__ import annotations

from dataclasses import replace

from crmlab.errors import ModelError
from crmlab.sem.names import Roles
from crmlab.sem.rows import Options, Row

EQUAL = (
    "loadings",
    "intercepts",
    "means",
    "thresholds",
    "regressions",
    "residuals",
    "residual.covariances",
    "lv.variances",
    "lv.covariances",
)


def equal(rows: list[Row], parts: Roles, options: Options) -> list[Row]:
    """Label alike what `group_equal` names, but for `group_partial`, and free what that identifies."""
    wanted = set(options.group_equal)
    partial = {word.replace(" ", "") for word in options.group_partial}
    known = {row.name for row in rows}
    for word in sorted(partial - known):
        raise ModelError(f"group_partial: '{word}' is not a parameter of the model")
    rows = [_released(row, parts, options, wanted) for row in rows]
    size = len(rows) // options.groups
    label: dict[str, str] = {}
    for place, row in enumerate(rows[:size]):
        if row.free and _kind(row, parts) in wanted and row.name not in partial:
            label[row.name] = row.label or f".p{place + 1}."
    found = []
    for row in rows:
        if row.free and not row.exo and row.name in label and (row.group == 1 or not row.label):
            row = replace(row, label=label[row.name])
        found.append(row)
    return found


def _released(row: Row, parts: Roles, options: Options, wanted: set[str]) -> Row:
    """What equality of others sets free in the groups after the first."""
    if row.group == 1 or row.user:
        return row
    means = {"intercepts", "thresholds"} & wanted and "means" not in wanted
    if row.op == "~1" and row.lhs in parts.latent and means:
        return replace(row, fixed=None)
    own = row.op == "~~" and row.lhs == row.rhs
    if own and row.lhs in parts.latent and options.std_lv and "loadings" in wanted - {"lv.variances"}:
        return row if "lv.variances" in wanted else replace(row, fixed=None)
    if "thresholds" in wanted:
        if row.op == "~*~" and options.parameterization == "delta":
            return replace(row, fixed=None)
        ordered = own and row.fixed == 1.0 and row.lhs in parts.observed
        if ordered and options.parameterization == "theta" and "residuals" not in wanted:
            return replace(row, fixed=None)
    return row


def _kind(row: Row, parts: Roles) -> str:
    """The word of group_equal that covers the row."""
    latent = row.lhs in parts.latent
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op == "|":
        return "thresholds"
    if row.op == "~1":
        return "means" if latent else "intercepts"
    if row.op == "~~" and row.lhs == row.rhs:
        return "lv.variances" if latent else "residuals"
    if row.op == "~~":
        both = latent and row.rhs in parts.latent
        return "lv.covariances" if both else "residual.covariances"
    return ""
