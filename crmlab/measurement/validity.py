"""Do constructs differ from each other? HTMT with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.measurement.answers import Answers, answered
from crmlab.pls.bootstrap import correlations, draw_rows, summary
from crmlab.pls.model import Stage
from crmlab.pls.quality import htmt as ratios
from crmlab.result import Check, Result, tidy_block

THRESHOLD = 0.90
KINDS = {"htmt": "htmt", "htmt+": "htmt_plus", "htmt2": "htmt2", "signed": "htmt_signed"}  # kind -> quantity


def htmt(
    frame: pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    *,
    kind: str = "htmt",
    n_boot: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    missing: str = "fiml",
) -> Result:
    """Is each pair of constructs told apart by its items?

    Parameters
    ----------
    frame : answers, reverse items already turned
    blocks : construct -> its items; two constructs or more
    kind : "htmt" takes correlations without their sign, as seminr, cSEM and semTools do, which the
        literature calls HTMT+; "htmt+" is the same number under that name. "htmt2" has geometric means (for
        items that load differently), "signed" the ratio with signs, as first printed
    n_boot, seed, level : of the percentile interval
    missing : "fiml" (every row with an answer, likeliest moments) or "listwise"; see `answers.answered`

    Returns
    -------
    Result
        `htmt:<A>~<B>` (`htmt_plus`, `htmt2`, `htmt_signed`) for every pair in the order of `blocks`. A pair
        at .90 or above is a failed check; so are items of one construct that correlate negatively. With
        signs, a construct whose items do not correlate positively on average makes its pairs NaN. A
        single item counts as perfectly reliable.

    Source
    ------
    Henseler, J., Ringle, C. M. & Sarstedt, M. (2015). JAMS 43, 115-135 (ratio and threshold).
    Ringle, C. M., Sarstedt, M., Sinkovics, N. & Sinkovics, R. R. (2023). Data in Brief 48, 109074 (HTMT+).
    Roemer, E., Schuberth, F. & Henseler, J. (2021). Industrial Management & Data Systems 121, 2637-2650 (HTMT2).
    """
    if kind not in KINDS:
        raise ModelError(f"HTMT: kind '{kind}' is not one of {', '.join(KINDS)}")
    items = [item for block in blocks.values() for item in block]
    if len(blocks) < 2:
        raise ModelError("HTMT compares constructs, but there is only one")
    empty = next((name for name, block in blocks.items() if not len(block)), None)
    if empty is not None:
        raise ModelError(f"HTMT: construct '{empty}' has no items")
    given = answered(frame, items, what="HTMT", missing=missing, seed=seed)
    stage = plain_stage(blocks)
    R = given.correlation[:, :, None]
    pairs = list(combinations(range(len(blocks)), 2))
    a, b = np.array(pairs).T
    value = ratios_of(R, stage, kind)[a, b, 0]
    spread = summary(_draws(given, stage, kind, a, b, n_boot, seed), level)
    spread.pop("p_value")
    subjects = [f"{stage.names[i]}~{stage.names[j]}" for i, j in pairs]
    tidy = tidy_block(KINDS[kind], subjects, value, **spread)
    glance = given.glance | {"resamples": n_boot, "level": level}
    checks = (*given.checks, *htmt_checks(tidy), *_signs(R[:, :, 0], stage))
    return Result("model.htmt", tidy, glance, checks, given.source)


def htmt_checks(tidy: pd.DataFrame, limit: float = THRESHOLD) -> tuple[Check, ...]:
    """One failed check per pair that is too alike or undefined."""
    rule = f"< {limit:.2f} (Henseler, Ringle & Sarstedt 2015)"
    return tuple(
        Check("check.htmt:" + term.partition(":")[2], False, value, rule)
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


def ratios_of(R: np.ndarray, stage: Stage, kind: str) -> np.ndarray:
    """The ratio of every pair, (J, J, B), NaN on the diagonal; R are item correlations (p, p, B); kinds as in `htmt`."""
    if kind in ("htmt", "htmt+"):
        return ratios(R, stage)
    M = np.log(np.maximum(np.abs(R), 1e-300)) if kind == "htmt2" else R
    J, own = len(stage.names), 0.0 if kind == "htmt2" else 1.0
    mean = np.full((J, J, R.shape[2]), own)
    for i, block in enumerate(stage.blocks):
        for j, other in enumerate(stage.blocks):
            pairs = M[block, other]
            if i != j:
                mean[i, j] = pairs.mean(axis=(0, 1))
            elif len(pairs) > 1:
                mean[i, i] = pairs[~np.eye(len(pairs), dtype=bool)].mean(axis=0)
    mono = mean[np.arange(J), np.arange(J)]
    if kind == "htmt2":
        out = np.exp(mean - (mono[:, None] + mono) / 2)
    else:
        root = np.sqrt(np.where(mono > 0, mono, np.nan))
        out = mean / (root[:, None] * root)
    out[np.arange(J), np.arange(J)] = np.nan
    return out


def _signs(R: np.ndarray, stage: Stage) -> list[Check]:
    rule = ">= 0: items of one construct against each other usually mean one that was not reversed"
    lowest = [float(R[block, block].min()) for block in stage.blocks]
    return [
        Check(f"check.inter_item_sign:{name}", False, low, rule)
        for name, low in zip(stage.names, lowest, strict=True)
        if low < 0
    ]


def _draws(
    given: Answers, stage: Stage, kind: str, a: np.ndarray, b: np.ndarray, n_boot: int, seed: int
) -> np.ndarray:
    rng, moments, draws = np.random.default_rng(seed), given.products(), [np.empty((len(a), 0))]
    for rows in draw_rows(rng, n_boot, given.n):
        draws.append(ratios_of(correlations(moments, rows)[0], stage, kind)[a, b])
    return np.concatenate(draws, axis=1)
