"""The structural chapter: paths, effects, outer model and verdicts of one study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crmlab import pls
from crmlab.result import Result
from crmlab.structure.verdicts import judge
from crmlab.study.hypotheses import Hypothesis


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The saved results of step 05_structure_mediation, by their names in docs/terms.md."""

    paths: Result
    effects: Result
    outer: Result
    verdicts: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, in the order of the chapter."""
        return {name: getattr(self, name) for name in self.__slots__}


def estimate(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    hypotheses: Sequence[Hypothesis] = (),
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    missing: str = "mean",
    n_boot: int = 5000,
    seed: int = 0,
    level: float = 0.95,
) -> Structure:
    """How do the constructs depend on each other, and what becomes of the hypotheses?

    Parameters
    ----------
    frame : answers, reverse items already turned
    constructs, paths, higher_order, modes, scheme, missing : as in `pls.fit`
    hypotheses : about paths, or chains of paths, of this model
    n_boot, seed, level : of the percentile intervals

    Returns
    -------
    Structure
        Estimates with bootstrap standard errors, percentile intervals and two-sided p.

    Raises
    ------
    ModelError
        The model cannot be computed, or a hypothesis names an effect it does not have. A hypothesis about
        parts of a second-order construct needs a model whose paths are between the parts.
    """
    fitted = pls.fit(
        frame, constructs, paths, modes=modes, scheme=scheme, higher_order=higher_order, missing=missing
    )
    boot = fitted.bootstrap(n_boot, seed, level=level)
    return Structure(
        paths=boot.result("path", "r2", "r2_adjusted", "f2", "vif"),
        effects=boot.result("indirect", "total_indirect", "total"),
        outer=boot.result("loading", "weight"),
        verdicts=judge(hypotheses, boot.result("path", "indirect")),
    )
