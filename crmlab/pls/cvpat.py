"""CVPAT: is the loss of prediction smaller than a benchmark's, beyond chance?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crmlab.result import Check, tidy_block

BENCHMARKS = ("mean", "lm")


def cvpat(
    errors: Mapping[str, np.ndarray], owners: Sequence[str], level: float
) -> tuple[pd.DataFrame, tuple[Check, ...]]:
    """Mean difference of losses, PLS less benchmark: terms `cvpat_mean|cvpat_lm:<construct or overall>`.

    The loss of a person is the mean squared error over the items (of one construct, or of all endogenous
    ones). Below 0: the model predicts better. Paired t test, two-sided. Errors are (n, K), by method.

    Source
    ------
    Liengaard, B. D. et al. (2021). Decision Sciences 52, 362-392; Sharma, P. N. et al. (2023). European
    Journal of Marketing 57(6), 1662-1677 (benchmarks: indicator averages, linear model).
    """
    groups = {name: [k for k, owner in enumerate(owners) if owner == name] for name in dict.fromkeys(owners)}
    groups["overall"] = list(range(len(owners)))
    blocks, checks = [], []
    for benchmark in BENCHMARKS:
        loss = (errors["pls"] ** 2) - (errors[benchmark] ** 2)
        difference = np.column_stack([loss[:, ks].mean(axis=1) for ks in groups.values()])
        n = len(difference)
        mean = difference.mean(axis=0)
        error = difference.std(axis=0, ddof=1) / np.sqrt(n)
        ratio = np.where(error > 0, mean / np.where(error > 0, error, 1.0), np.nan)
        p = 2 * student.sf(np.abs(ratio), n - 1)
        reach = student.ppf((1 + level) / 2, n - 1) * error
        quantity = f"cvpat_{benchmark}"
        blocks.append(
            tidy_block(
                quantity, groups, mean, std_error=error, ci_low=mean - reach, ci_high=mean + reach, p_value=p
            )
        )
        rule = "loss below the benchmark's, interval without zero (Sharma et al. 2023)"
        checks.append(Check(f"check.{quantity}", mean[-1] + reach[-1] < 0, mean[-1], rule))
    return pd.concat(blocks, ignore_index=True), tuple(checks)
