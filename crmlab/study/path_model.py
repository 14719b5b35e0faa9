"""Constructs and paths of a study, as the engines take them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import combinations
from typing import Any

from crmlab.study import spec as schema
from crmlab.study.agreed import Agreed
from crmlab.study.coherence import paths_of


class PathModel(Agreed):
    """A study by what it measures and which effects it expects."""

    @property
    def constructs(self) -> dict[str, schema.Construct]:
        """All constructs, in the file's order."""
        return self.spec.constructs

    @property
    def first_order(self) -> tuple[str, ...]:
        """Names of the constructs measured by items."""
        return tuple(name for name, construct in self.constructs.items() if construct.items)

    @property
    def second_order(self) -> tuple[str, ...]:
        """Names of the constructs made of dimensions."""
        return tuple(name for name, construct in self.constructs.items() if construct.dimensions)

    @cached_property
    def blocks(self) -> dict[str, list[str]]:
        """First-order construct -> its items."""
        return {name: list(self.constructs[name].items) for name in self.first_order}

    @cached_property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """(source, target) of each structural path, in the file's order."""
        return tuple(paths_of(self.spec.paths))

    @cached_property
    def construct_items(self) -> tuple[str, ...]:
        """Codes of all items that measure a construct."""
        return tuple(code for block in self.blocks.values() for code in block)

    @property
    def answer_values(self) -> dict[str, tuple[int, ...]]:
        """Item -> the codes it allows, for items that measure a construct."""
        return {code: self.instrument.scale_of(code).values for code in self.construct_items}

    def label(self, name: str, language: str) -> str:
        """The printed name of a construct, or the wording of an item."""
        if name in self.constructs:
            return self.constructs[name].label[language]
        return self.items[name].worded(language, self.organisation[language])

    @property
    def model(self) -> dict[str, Any]:
        """The path model as the engines take it: the constructs that have paths, with their dimensions."""
        linked = {name for path in self.paths for name in path}
        return self._model(tuple(name for name in self._top if name in linked), self.paths)

    @property
    def measured(self) -> dict[str, Any]:
        """The model that measurement is judged in: the path model if every construct has a path.

        Otherwise each construct is linked with every other, so that those without paths are weighted too; a lone
        second-order construct stands aside for its dimensions.
        """
        linked = {name for path in self.paths for name in path}
        if linked == set(self._top):
            return self.model
        chosen = self._top if len(self._top) > 1 else self.first_order
        return self._model(chosen, tuple(combinations(chosen, 2)))

    def model_of(self, paths: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The model of other paths, between any constructs or dimensions, as the engines take it."""
        pairs = tuple(paths)
        linked = {name for pair in pairs for name in pair}
        return self._model(tuple(name for name in self.constructs if name in linked), pairs)

    @property
    def confirmed(self) -> dict[str, Any]:
        """The confirmatory factor model, as `measurement.confirm` takes it."""
        higher = {name: {"of": list(self.constructs[name].dimensions)} for name in self.second_order}
        return {"constructs": self.blocks, "higher_order": higher, **self._covariance}

    @property
    def covariance_model(self) -> dict[str, Any]:
        """The path model as covariance-based SEM takes it."""
        same = {key: self.model[key] for key in ("constructs", "paths", "higher_order", "modes")}
        return {**same, **self._covariance, "beside": self.uses("pls")}

    @property
    def covariance_settings(self) -> dict[str, Any]:
        """How covariance-based models are estimated."""
        return self._covariance

    @property
    def _covariance(self) -> dict[str, Any]:
        settings = self.estimator.covariance
        return {"estimator": settings.estimator, "missing": settings.missing, "level": self.estimator.level}

    @property
    def _top(self) -> tuple[str, ...]:
        parts = {part for construct in self.constructs.values() for part in construct.dimensions}
        return tuple(name for name in self.constructs if name not in parts)

    def _model(self, chosen: tuple[str, ...], paths: tuple[tuple[str, str], ...]) -> dict[str, Any]:
        higher = [name for name in chosen if name in self.second_order]
        parts = {part for name in higher for part in self.constructs[name].dimensions}
        first = [name for name in self.first_order if name in chosen or name in parts]
        return {
            "constructs": {name: self.blocks[name] for name in first},
            "paths": paths,
            "modes": {
                name: "B" if self.constructs[name].mode == "composite" else "A" for name in (*first, *higher)
            },
            "higher_order": {
                name: {"of": list(self.constructs[name].dimensions), "method": "two_stage"} for name in higher
            },
            "scheme": self.estimator.scheme,
            "missing": self.estimator.missing,
            "n_boot": self.estimator.bootstrap,
            "seed": self.seed,
            "level": self.estimator.level,
        }
