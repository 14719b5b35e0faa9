"""What was decided before the data: a card that cannot change unseen, and what a study does otherwise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crmlab.errors import StudyError
from crmlab.files import sha256_text, write_text
from crmlab.study.hypotheses import Hypothesis
from crmlab.study.spec import StudyFile
from crmlab.study.study import Study

DECIDED = ("exclude", "estimator", "rules", "measurement", "evaluation")  # parts of the study file
LATER = ("comparison", "groups", "smallest_effect")  # parts that the first cards do not have
FORM = 1  # of the card; another form is not compared


@dataclass(frozen=True, eq=False)
class DesignCard:
    """A frozen design.

    Attributes
    ----------
    text : canonical JSON: sorted keys, no spaces, UTF-8
    sha256 : of the text
    """

    text: str
    sha256: str

    @property
    def content(self) -> dict[str, Any]:
        """The decisions, as plain dictionaries; a new copy each time."""
        return dict(json.loads(self.text))

    def save(self, path: str | Path) -> Path:
        """Write the card and its hash."""
        path = Path(path)
        body = {"sha256": self.sha256, "design": self.content}
        write_text(path, json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        return path


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as it was frozen.

    Attributes
    ----------
    kind : "added", "removed" or "changed"
    place : key by key, "hypotheses.H1.sign"
    before, after : what stood and what stands there; None where nothing
    """

    kind: Literal["added", "removed", "changed"]
    place: str
    before: Any
    after: Any


def freeze(
    study: Study,
    *,
    expected: Mapping[str, float] | None = None,
    sample_size: int | None = None,
    analyses: Mapping[str, Any] | None = None,
    date: str = "",
) -> DesignCard:
    """Put down what a study is going to do.

    Parameters
    ----------
    study : its hypotheses, constructs, paths, answer scale, exclusions, estimator and rules are taken over
    expected : hypothesis -> standardised effect
    sample_size : respondents planned
    analyses : anything else that is decided: smallest effect of interest, groups, adjustment of p, ...
    date : of the freezing, as it is to be printed; no clock is read

    Returns
    -------
    DesignCard

    Raises
    ------
    StudyError
        An expected effect of a hypothesis that the study does not have, a value that cannot be written down.

    Notes
    -----
    Order does not count where it means nothing: paths, items of a construct, hypotheses. The data, their
    columns and the words of titles and labels are no part of a design.
    """
    known = {h.id for h in study.hypotheses}
    for name, value in (expected or {}).items():
        if name not in known:
            raise StudyError(
                f"an effect is expected for '{name}', which is no hypothesis of the study", file=study.file
            )
        if not math.isfinite(value):
            raise StudyError(f"the effect expected for '{name}' is {value}", file=study.file)
    content = decided(study)
    content["expected"] = {name: float(value) for name, value in (expected or {}).items()}
    content["sample_size"] = sample_size
    content["analyses"] = dict(analyses or {})
    content["date"] = date
    return _card(content)


def decided(study: Study) -> dict[str, Any]:
    """What a study file decides before data."""
    spec = study.spec
    survey = spec.survey
    return {
        "form": FORM,
        "study": study.name,
        "seed": study.seed,
        "hypotheses": {h.id: _hypothesis(h) for h in study.hypotheses},
        "constructs": {
            name: {
                "items": {code: _item(study, code) for code in construct.items},
                "dimensions": sorted(construct.dimensions),
                "mode": construct.mode,
            }
            for name, construct in study.constructs.items()
        },
        "paths": {f"{target}~{source}": True for source, target in study.paths},
        "admission": {}
        if survey is None
        else {
            key: getattr(survey, key).model_dump(mode="json") if getattr(survey, key) else None
            for key in ("consent", "screening", "finished", "test")
        },
        **{key: getattr(spec, key).model_dump(mode="json") for key in DECIDED},
        "design": spec.design.decided if spec.design else None,
        "process": [one.model_dump(mode="json") for one in spec.process],
        "comparison": spec.comparison.model_dump(mode="json"),
        "groups": {one.name: one.model_dump(mode="json") for one in spec.groups},
        "smallest_effect": spec.smallest_effect,
    }


def deviations(card: DesignCard, study: Study) -> tuple[Deviation, ...]:
    """Everything in which a study differs from its card, place by place.

    Notes
    -----
    What the study file does not hold (expected effects, sample size, further analyses) cannot be compared with
    it and is left to the report; `compare_cards` compares two cards in full.
    """
    now = {key: value for key, value in decided(study).items() if key in card.content or key not in LATER}
    then = {key: value for key, value in card.content.items() if key in now}
    if not now["process"] and "process" not in then:  # cards of an earlier crmlab do not speak of it
        del now["process"]
    _same_form(card)
    return tuple(one for one in _differences("", then, now) if not _newer_default(one))


def compare_cards(first: DesignCard, second: DesignCard) -> tuple[Deviation, ...]:
    """Everything in which a later card differs from an earlier one."""
    _same_form(first)
    _same_form(second)
    return tuple(_differences("", first.content, second.content))


def load_card(path: str | Path) -> DesignCard:
    """Read a card written by `save`.

    Raises
    ------
    StudyError
        No such card, no card at all, or one whose content is not what its hash was taken of.
    """
    path = Path(path)
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        card = _card(body["design"])
        frozen = body["sha256"]
    except FileNotFoundError:
        raise StudyError("no such design card", file=path, hint="crmlab freeze STUDY writes it") from None
    except (ValueError, KeyError, TypeError):
        raise StudyError("this is no design card", file=path) from None
    if card.sha256 != frozen:
        raise StudyError(
            "the design was changed after it was frozen: its hash does not fit its content", file=path
        )
    return card


def _card(content: Any) -> DesignCard:
    try:
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StudyError(f"the design holds a value that cannot be written down: {error}") from None
    return DesignCard(text, sha256_text(text))


def _hypothesis(one: Hypothesis) -> dict[str, Any]:
    """What a hypothesis says; what only other kinds than effects and mediation have, where they have it."""
    said = {"source": one.source, "target": one.target, "via": list(one.via), "sign": one.sign}
    if one.kind not in ("direct", "mediation"):
        said["kind"] = one.kind
    further = {key: getattr(one, key) for key in ("moderator", "groups", "model", "margin")}
    return said | {key: value for key, value in further.items() if value}


def _item(study: Study, code: str) -> dict[str, Any]:
    item = study.items[code]
    values = study.scales[item.scale].values
    return {"reverse": bool(item.reverse), "scale": [float(values[0]), float(values[-1])]}


def _same_form(card: DesignCard) -> None:
    form = card.content.get("form")
    if form != FORM:
        raise StudyError(f"the design card has form {form}, which cannot be compared with form {FORM}")


def _newer_default(one: Deviation) -> bool:
    """A setting that crmlab has learned since the card, left at its default: nobody decided otherwise."""
    part, _, rest = one.place.partition(".")
    if one.kind != "added" or part not in DECIDED or not rest:
        return False
    found: Any = StudyFile.model_fields[part].default.model_dump(mode="json")
    for key in rest.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return bool(found == one.after)


def _differences(place: str, before: Any, after: Any) -> list[Deviation]:
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for key in sorted({*before, *after}):
            where = f"{place}.{key}" if place else key
            if key not in after:
                found.append(Deviation("removed", where, before[key], None))
            elif key not in before:
                found.append(Deviation("added", where, None, after[key]))
            else:
                found += _differences(where, before[key], after[key])
        return found
    return [] if before == after else [Deviation("changed", place, before, after)]
