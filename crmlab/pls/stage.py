"""One PLS estimation in numbers: items in blocks, and who points at whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Stage:
    """One PLS estimation: items in block order, constructs, and the inner model.

    Attributes
    ----------
    items : names of the p items, block after block (an item stands twice where indicators are repeated)
    names : names of the J constructs
    blocks : J slices into `items`
    modes : J outer modes, "A", "B" or "unit"
    inner : bool array, shape (J, J); inner[i, j] says that there is a path i -> j
    scheme : inner weighting scheme, "path", "factorial" or "centroid"
    consistent : whether loadings and correlations of mode A constructs are freed of attenuation (PLSc)
    units : (p,) standard deviations of items that are not standardised before they are weighed (1 for scores),
        or None where all are
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    blocks: tuple[slice, ...]
    modes: tuple[str, ...]
    inner: np.ndarray
    scheme: str
    consistent: bool = False
    units: np.ndarray | None = None

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """For each construct, those with a path into it."""
        return tuple(tuple(int(i) for i in np.flatnonzero(column)) for column in self.inner.T)

    @cached_property
    def linked(self) -> tuple[tuple[int, ...], ...]:
        """For each construct, those with a path into it or out of it."""
        return tuple(tuple(int(i) for i in np.flatnonzero(row)) for row in self.inner | self.inner.T)

    @cached_property
    def arrows(self) -> tuple[tuple[int, int], ...]:
        """All paths (from, to), ordered by outcome, then by predictor, in the order of `names`."""
        return tuple((i, j) for j in range(len(self.names)) for i in self.sources[j])

    @cached_property
    def regressions(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Outcomes grouped by their set of predictors: one matrix serves a whole group."""
        groups: dict[tuple[int, ...], tuple[int, ...]] = {}
        for j in range(len(self.names)):
            if self.sources[j]:
                groups[self.sources[j]] = (*groups.get(self.sources[j], ()), j)
        return groups

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of items of each construct."""
        return tuple(block.stop - block.start for block in self.blocks)

    @cached_property
    def home(self) -> np.ndarray:
        """(p,) the construct of each item."""
        return np.repeat(np.arange(len(self.blocks)), self.sizes)


def lay_out(
    blocks: Mapping[str, Sequence[str]],
    arrows: Sequence[tuple[str, str]],
    modes: Mapping[str, str],
    scheme: str,
    consistent: bool = False,
) -> Stage:
    """A stage from words: construct -> items, and (from, to) paths; constructs without a mode have mode A."""
    names = tuple(blocks)
    ends = np.cumsum([len(items) for items in blocks.values()])
    inner = np.zeros((len(names), len(names)), dtype=bool)
    for source, target in arrows:
        inner[names.index(source), names.index(target)] = True
    return Stage(
        items=tuple(item for items in blocks.values() for item in items),
        names=names,
        blocks=tuple(slice(int(e) - len(i), int(e)) for e, i in zip(ends, blocks.values(), strict=True)),
        modes=tuple(modes.get(name, "A") for name in names),
        inner=inner,
        scheme=scheme,
        consistent=consistent,
    )


def without_arrow(stage: Stage, source: int, target: int) -> tuple[Stage, np.ndarray] | None:
    """The stage less one path, and the places of its items in the old one; None if it explains nothing.

    Constructs that are left without any path are left out too.
    """
    inner = stage.inner.copy()
    inner[source, target] = False
    if not inner[:, target].any():
        return None
    kept = np.flatnonzero((inner | inner.T).any(axis=0))
    blocks = {stage.names[j]: stage.items[stage.blocks[j]] for j in kept}
    arrows = [(stage.names[i], stage.names[j]) for i, j in np.argwhere(inner)]
    modes = dict(zip(stage.names, stage.modes, strict=True))
    less = lay_out(blocks, arrows, modes, stage.scheme, stage.consistent)
    return less, np.flatnonzero(np.isin(stage.home, kept))
