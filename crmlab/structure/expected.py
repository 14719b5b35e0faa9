"""The population a study expects: its own instrument and paths, with the effects it hopes to show."""

from __future__ import annotations

from collections.abc import Mapping

from crmlab.errors import StudyError
from crmlab.structure.population import Population
from crmlab.study import Study

LOADING, SECOND_ORDER = 0.75, 0.80  # of items and of parts where nothing better is known


def expected_population(
    study: Study,
    effects: Mapping[str, float],
    *,
    loadings: float | Mapping[str, float] = LOADING,
    second_order: float | Mapping[str, float] = SECOND_ORDER,
    missing: float = 0.0,
) -> Population:
    """What a study expects to be true, for `monte_carlo_power`.

    Parameters
    ----------
    study : its constructs, paths, items and answer scale are taken over
    effects : standardised effect of every path, by the id of a direct hypothesis ("H1") or by the path
        ("RQ~CRM"); what is expected to be nothing is 0
    loadings : of items on their constructs, one for all or by item
    second_order : of parts on second-order constructs, one for all or by part
    missing : probability that a cell is left blank

    Returns
    -------
    Population
        Reverse items are taken as turned. All items have the points of the scale that most of them have.

    Raises
    ------
    StudyError
        A study without paths, an effect for something that is no direct hypothesis and no path, two effects
        for one path, a path without an effect, a loading that is missing.
    """
    if not study.paths:
        raise StudyError("the study has no paths, so there is nothing to have power for", file=study.file)
    values = _by_path(study, effects)
    wholes = {name: study.constructs[name].dimensions for name in study.second_order}
    used = {name for pair in study.paths for name in pair}
    parts = {whole: list(of) for whole, of in wholes.items() if whole in used}
    blocks = {
        name: study.blocks[name]
        for name in study.first_order
        if name in used or any(name in of for of in parts.values())
    }
    return Population(
        {name: {item: _one(study, loadings, item) for item in items} for name, items in blocks.items()},
        {pair: values[pair] for pair in study.paths},
        {whole: {part: _one(study, second_order, part) for part in of} for whole, of in parts.items()},
        points=_points(study, [item for items in blocks.values() for item in items]),
        missing=missing,
    )


def _by_path(study: Study, effects: Mapping[str, float]) -> dict[tuple[str, str], float]:
    direct = {h.id: (h.source, h.target) for h in study.hypotheses if h.kind == "direct"}
    written = {f"{target}~{source}": (source, target) for source, target in study.paths}
    found: dict[tuple[str, str], float] = {}
    for name, value in effects.items():
        pair = direct.get(name) or written.get(name)
        if pair is None or pair not in study.paths:
            raise StudyError(
                f"an effect is expected for '{name}', which is no direct hypothesis and no path of the study",
                file=study.file,
                hint=", ".join([*direct, *written]),
            )
        if pair in found:
            raise StudyError(f"two effects are expected for the path {pair[1]}~{pair[0]}", file=study.file)
        found[pair] = float(value)
    for source, target in study.paths:
        if (source, target) not in found:
            raise StudyError(
                f"no effect is expected for the path {target}~{source}",
                file=study.file,
                hint=f"effects={{'{target}~{source}': 0.2}}",
            )
    return found


def _one(study: Study, values: float | Mapping[str, float], name: str) -> float:
    if not isinstance(values, Mapping):
        return float(values)
    if name not in values:
        raise StudyError(f"no loading is given for '{name}'", file=study.file)
    return float(values[name])


def _points(study: Study, items: list[str]) -> int:
    counts = [len(study.scales[study.items[item].scale].values) for item in items]
    return max(set(counts), key=lambda points: (counts.count(points), points))
