"""A fit as text and as a table in JupyterLab; failed checks are said where the numbers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from crmlab.result import Check
from crmlab.sem.teststat import Test

SHOWN = ("chisq", "df", "pvalue", "chisq.scaled", "pvalue.scaled", "cfi", "tli", "rmsea", "srmr")
RED = "color:#a8071a"


def text(
    estimator: str, n: int, npar: int, test: Test, checks: Sequence[Check], estimates: pd.DataFrame
) -> str:
    """For the console."""
    bad = [check for check in checks if not check.ok]
    flags = "".join(f"\n  failed: {c.name} = {c.value:.4g}; rule {c.rule}" for c in bad)
    scaled = f", robust {test.scaled:.3f}" if np.isfinite(test.scaled) else ""
    head = (
        f"<SemFit {estimator}: n = {n}, {npar} parameters, chi2({test.df}) = {test.chisq:.3f}{scaled}>{flags}"
    )
    return f"{head}\n{estimates.to_string(index=False)}"


def html(
    estimator: str, n: int, measures: Mapping[str, float], checks: Sequence[Check], estimates: pd.DataFrame
) -> str:
    """One table: fit measures above the parameters, failed checks as red rows between them."""
    fit = " · ".join(f"{key} = {measures[key]:.4g}" for key in SHOWN if key in measures)
    width = len(estimates.columns)
    rows = [_wide(f"<b>{escape(estimator)}</b> n = {n} · {fit}", width)]
    rows += [
        _wide(f"<b>failed</b> {escape(c.name)} = {c.value:.4g}; rule {escape(c.rule)}", width, RED)
        for c in checks
        if not c.ok
    ]
    table = estimates.to_html(index=False, float_format=lambda x: f"{x:.3f}", na_rep="–")
    return table.replace("<thead>", "<thead>" + "".join(rows), 1)


def _wide(content: str, width: int, style: str = "") -> str:
    return f"<tr><td colspan='{width}' style='text-align:left;{style}'>{content}</td></tr>"
