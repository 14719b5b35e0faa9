"""How strong would a cause that nobody measured have to be, to bring a path to zero?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
from scipy.special import stdtrit

from crmlab.errors import ModelError
from crmlab.result import Result, tidy_frame


def hidden_cause(paths: Result, indirect: Sequence[str] = (), *, alpha: float = 0.05) -> Result:
    """What would a hidden common cause of predictor and outcome have to explain, to undo a path?

    Parameters
    ----------
    paths : `path:<outcome>~<predictor>` with standard errors, and `n` in its glance
    indirect : effects `<outcome>~<mediator>~<origin>` that rest on these paths
    alpha : of the test of a path, two-sided

    Returns
    -------
    Result
        Each `:<path>`: `path` (se), `partial_r2` (share of the rest of the outcome that the predictor explains),
        `undone` (robustness value: the share of what is left of predictor and of outcome that a hidden cause must
        explain to bring the path to zero), `unshown` (to bring it to where it is no longer shown at `alpha`),
        `largest_other` (partial_r2 of the strongest other predictor of the outcome). `weakest:<effect>` the smallest
        `undone` along an indirect effect.

    Raises
    ------
    ModelError
        No path, or not known of how many cases.

    Notes
    -----
    f = |b / se| / sqrt(df), df = n - predictors - 1; undone = (sqrt(f^4 + 4 f^2) - f^2) / 2. The bias of a hidden
    cause with partial R2 r_y of the outcome and r_d of the predictor is se sqrt(df r_y r_d / (1 - r_d)); with both at
    `undone` it is the path itself. For paths between composites or latent variables t is taken as if of a regression.

    Source
    ------
    Cinelli, C. & Hazlett, C. (2020). Journal of the Royal Statistical Society B 82, 39-67, sections 4.1 and 4.2.
    """
    rows = paths.select("path")
    n = paths.glance.get("n", math.nan)
    if not len(rows) or not math.isfinite(n):
        raise ModelError("there are no paths, or it is not known of how many cases")
    outcomes = [str(path).partition("~")[0] for path in rows.index]
    found: dict[str, dict[str, float]] = {}
    for path, outcome, b, se in zip(rows.index, outcomes, rows["estimate"], rows["std_error"], strict=True):
        df = n - outcomes.count(outcome) - 1
        if se > 0 and df > 1:
            found[str(path)] = {"b": float(b), "se": float(se), **_values(abs(b / se), df, alpha)}
    table: list[dict[str, object]] = []
    for path, one in found.items():
        table.append({"term": f"path:{path}", "estimate": one["b"], "std_error": one["se"]})
        table += [
            {"term": f"{key}:{path}", "estimate": one[key]} for key in ("partial_r2", "undone", "unshown")
        ]
        others = [other["partial_r2"] for name, other in found.items() if name != path and _same(name, path)]
        if others:
            table.append({"term": f"largest_other:{path}", "estimate": max(others)})
    for effect in indirect:
        names = effect.split("~")
        links = [f"{a}~{b}" for a, b in pairwise(names)]
        if all(link in found for link in links):
            weakest = min(found[link]["undone"] for link in links)
            table.append({"term": f"weakest:{effect}", "estimate": weakest})
    tidy: pd.DataFrame = tidy_frame(table)
    return Result("model.hidden_cause", tidy, {"n": n, "alpha": alpha}, (), paths.source)


def _same(path: str, other: str) -> bool:
    return path.partition("~")[0] == other.partition("~")[0]


def _values(t: float, df: float, alpha: float) -> dict[str, float]:
    """Partial R2 of a predictor, and what a hidden cause must explain of both."""
    f = t / math.sqrt(df)
    least = float(stdtrit(df - 1, 1 - alpha / 2)) / math.sqrt(df - 1)
    unshown = robustness(f - least)
    if (
        f > least and f > 1 / least
    ):  # the cause that explains all of the outcome is the strongest there can be
        unshown = (f**2 - least**2) / (1 + f**2)
    return {"partial_r2": f**2 / (1 + f**2), "undone": robustness(f), "unshown": unshown}


def robustness(f: float) -> float:
    """The robustness value of a partial Cohen's f; 0 where there is nothing to undo."""
    return (math.sqrt(f**4 + 4 * f**2) - f**2) / 2 if f > 0 else 0.0
