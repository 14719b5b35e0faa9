"""Do experts find the items needed and relevant? Lawshe's ratio and the content validity index."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import bdtrc, comb

from crmlab.errors import ModelError
from crmlab.pls.admit import numbers
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block, tidy_frame


def cvr(frame: pd.DataFrame, *, essential: Sequence[float] = (3,), alpha: float = 0.05) -> Result:
    """Do more experts call an item essential than chance would?

    Parameters
    ----------
    frame : one row per expert, one column per item; missing = not judged
    essential : the answers that mean "essential" (in Lawshe's three steps the third)
    alpha : one-sided error of the critical value

    Returns
    -------
    Result
        `cvr:<item>` with the exact one-sided p, `essential:<item>` (count), `experts:<item>`,
        `critical:<item>`; `cvi` is the mean CVR of the items that pass. An item below its critical value is
        a failed check.

    Notes
    -----
    (n_e - N/2) / (N/2). The critical value is computed, not looked up: the least n_e with
    P(X >= n_e) <= alpha, X binomial(N, 1/2). Lawshe's printed table differs from it in places (for N = 10
    it has .62, the exact value is .80), and no number of experts below five can reach 5 %.

    Source
    ------
    Lawshe, C. H. (1975). Personnel Psychology 28, 563-575. Ayre, C. & Scally, A. J. (2014). Measurement and
    Evaluation in Counseling and Development 47, 79-86 (exact critical values).
    """
    items, X, answered = _judgements(frame, "CVR")
    experts = answered.sum(axis=0)
    hits = np.where(answered, np.isin(X, list(essential)), False).sum(axis=0)
    ratio = (hits - experts / 2) / (experts / 2)
    critical = np.array([critical_cvr(int(n), alpha) for n in experts])
    rule = f"at least the critical value: p <= {alpha:g}, one-sided binomial (Ayre & Scally 2014)"
    checks = tuple(
        Check(f"check.cvr:{item}", False, value, rule)
        for item, value, limit in zip(items, ratio, critical, strict=True)
        if not value >= limit - 1e-12
    )
    passed = ratio >= critical - 1e-12
    mean = float(ratio[passed].mean()) if passed.any() else math.nan
    tidy = pd.concat(
        [
            tidy_block("cvr", items, ratio, p_value=bdtrc(hits - 1, experts, 0.5)),
            tidy_block("essential", items, hits),
            tidy_block("experts", items, experts),
            tidy_block("critical", items, critical),
            tidy_frame([{"term": "cvi", "estimate": mean}]),
        ]
    )
    return Result("model.cvr", tidy, {"n": len(frame), "alpha": alpha}, checks, source_of(frame))


def critical_cvr(experts: int, alpha: float = 0.05) -> float:
    """The least CVR that is above chance for so many experts; NaN where even all of them are not enough."""
    if not 0 < alpha < 1:
        raise ModelError(f"CVR: alpha {alpha:g} is not a probability between 0 and 1", hint="0.05")
    counts = np.arange(experts + 1)
    enough = counts[bdtrc(counts - 1, experts, 0.5) <= alpha]
    return float(2 * enough[0] / experts - 1) if enough.size else math.nan


def cvi(frame: pd.DataFrame, *, relevant: Sequence[float] = (3, 4)) -> Result:
    """Which share of the experts finds each item relevant, beyond chance?

    Parameters
    ----------
    frame : one row per expert, one column per item; relevance in four steps; missing = not judged
    relevant : the answers that mean "relevant"

    Returns
    -------
    Result
        `i_cvi:<item>`, `kappa:<item>` (modified for chance agreement on relevance), `experts:<item>`;
        `s_cvi_ave` (mean of the items), `s_cvi_ua` (share of items that all experts find relevant).

    Notes
    -----
    kappa* = (I-CVI - pc) / (1 - pc), pc = N! / (A! (N - A)!) 0.5^N, A of N experts in agreement.

    Source
    ------
    Lynn, M. R. (1986). Nursing Research 35, 382-385. Polit, D. F., Beck, C. T. & Owen, S. V. (2007).
    Research in Nursing & Health 30, 459-467.
    """
    items, X, answered = _judgements(frame, "CVI")
    experts = answered.sum(axis=0)
    hits = np.where(answered, np.isin(X, list(relevant)), False).sum(axis=0)
    share = hits / experts
    chance = comb(experts, hits) * 0.5**experts
    kappa = np.divide(share - chance, 1 - chance, out=np.full(len(items), np.nan), where=chance < 1)
    average = float(share.mean())
    checks = [
        Check(f"check.i_cvi:{item}", False, value, f">= {limit:.2f} (Lynn 1986; Polit, Beck & Owen 2007)")
        for item, value, n in zip(items, share, experts, strict=True)
        if round(float(value), 2) < (limit := 1.0 if n <= 5 else 0.78)  # 7 of 9 are .78, as the source has it
    ]
    checks.append(Check("check.s_cvi_ave", average >= 0.90, average, ">= 0.90 (Polit, Beck & Owen 2007)"))
    tidy = pd.concat(
        [
            tidy_block("i_cvi", items, share),
            tidy_block("kappa", items, kappa),
            tidy_block("experts", items, experts),
            tidy_frame(
                [
                    {"term": "s_cvi_ave", "estimate": average},
                    {"term": "s_cvi_ua", "estimate": float((share == 1).mean())},
                ]
            ),
        ]
    )
    return Result("model.cvi", tidy, {"n": len(frame)}, tuple(checks), source_of(frame))


def _judgements(frame: pd.DataFrame, what: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Items, judgements (experts, items), and where there is one."""
    items = [str(item) for item in frame.columns]
    if not items or not len(frame):
        raise ModelError(f"{what}: no judgements are given", hint="one row per expert, one column per item")
    X = numbers(frame, list(frame.columns))
    answered = ~np.isnan(X)
    empty = np.flatnonzero(answered.sum(axis=0) < 2)
    if empty.size:
        raise ModelError(
            f"{what}: item '{items[empty[0]]}' was judged by {int(answered[:, empty[0]].sum())} experts, "
            "at least 2 are needed"
        )
    return items, X, answered
