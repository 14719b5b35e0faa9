"""Do constructs differ from each other? HTMT with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.admit import numbers
from crmlab.pls.bootstrap import correlations, draw_rows, products, summary
from crmlab.pls.model import Stage
from crmlab.pls.quality import htmt as ratios
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_block

THRESHOLD = 0.90


def htmt(
    frame: pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    *,
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Result:
    """Is each pair of constructs told apart by its items?

    Parameters
    ----------
    frame : answers, reverse items already turned
    blocks : construct -> its items; two constructs or more
    n_boot, seed, level : of the percentile interval

    Returns
    -------
    Result
        `htmt:<A>~<B>` for every pair in the order of `blocks`. A pair at .90 or above is a failed check;
        a construct whose items do not correlate positively on average makes its pairs NaN, with a failed
        check. A single item counts as perfectly reliable.

    Notes
    -----
    Rows with every item of every construct answered (casewise).

    Source
    ------
    Henseler, J., Ringle, C. M. & Sarstedt, M. (2015). JAMS 43, 115-135 (ratio and threshold).
    """
    items = [item for block in blocks.values() for item in block]
    X = numbers(frame, items)
    X = X[~np.isnan(X).any(axis=1)]
    if len(blocks) < 2:
        raise ModelError("HTMT compares constructs, but there is only one")
    if len(X) < 3:
        raise ModelError(f"{len(X)} rows have all {len(items)} items answered, 3 are needed")
    flat = np.flatnonzero(np.ptp(X, axis=0) == 0)
    if flat.size:
        raise ModelError(f"item '{items[flat[0]]}': every answer is the same, so there is no variance")
    stage = plain_stage(blocks)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    R = np.einsum("ni,nj->ij", Z, Z)[:, :, None] / len(Z)
    pairs = list(combinations(range(len(blocks)), 2))
    a, b = np.array(pairs).T
    value = ratios(R, stage)[a, b, 0]
    spread = summary(_draws(Z, stage, a, b, n_boot, seed), level)
    spread.pop("p_value")
    subjects = [f"{stage.names[i]}~{stage.names[j]}" for i, j in pairs]
    tidy = tidy_block("htmt", subjects, value, **spread)
    glance = {"n": len(X), "resamples": n_boot, "level": level}
    return Result("model.htmt", tidy, glance, htmt_checks(tidy), source_of(frame[items], seed=seed))


def htmt_checks(tidy: pd.DataFrame, limit: float = THRESHOLD) -> tuple[Check, ...]:
    """One failed check per pair that is too alike or undefined."""
    rule = f"< {limit:.2f} (Henseler, Ringle & Sarstedt 2015)"
    return tuple(
        Check("check.htmt" + term[len("htmt") :], False, value, rule)
        for term, value in zip(tidy["term"], tidy["estimate"], strict=True)
        if not value < limit
    )


def plain_stage(blocks: Mapping[str, Sequence[str]]) -> Stage:
    """Constructs and items without paths."""
    ends = np.cumsum([len(block) for block in blocks.values()])
    return Stage(
        items=tuple(item for block in blocks.values() for item in block),
        names=tuple(blocks),
        blocks=tuple(slice(int(e) - len(b), int(e)) for e, b in zip(ends, blocks.values(), strict=True)),
        modes=("A",) * len(blocks),
        inner=np.zeros((len(blocks), len(blocks)), dtype=bool),
        scheme="path",
    )


def _draws(Z: np.ndarray, stage: Stage, a: np.ndarray, b: np.ndarray, n_boot: int, seed: int) -> np.ndarray:
    rng, moments, draws = np.random.default_rng(seed), products(Z), [np.empty((len(a), 0))]
    for rows in draw_rows(rng, n_boot, len(Z)):
        draws.append(ratios(correlations(moments, rows)[0], stage)[a, b])
    return np.concatenate(draws, axis=1)
