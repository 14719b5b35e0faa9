"""A study: what is asked of the data, read from one strict YAML file and checked against itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmlab.errors import StudyError
from crmlab.study import instrument as questionnaire
from crmlab.study import spec as schema
from crmlab.study import strict_yaml
from crmlab.study.hypotheses import Hypothesis, catalogue
from crmlab.study.instrument import Instrument, Item, Scale


@dataclass(frozen=True)
class Study:
    """A study that agrees with itself: every name it uses exists.

    Attributes
    ----------
    file : the study file
    spec : its content, key by key
    instrument : the items and scales it may use
    hypotheses : the expected effects
    """

    file: Path
    spec: schema.StudyFile
    instrument: Instrument
    hypotheses: tuple[Hypothesis, ...]

    @property
    def folder(self) -> Path:
        """Where the study file stands; data paths are below it."""
        return self.file.parent

    @property
    def name(self) -> str:
        """The study's name, also that of its report folder."""
        return self.spec.name

    @property
    def title(self) -> schema.Words:
        """The title in both languages."""
        return self.spec.title

    @property
    def organisation(self) -> schema.Words:
        """What `{org}` stands for, in both languages."""
        return self.spec.organisation

    @property
    def notice(self) -> schema.Words | None:
        """What the first page of a report must say, if anything."""
        return self.spec.notice

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the reports."""
        return self.spec.languages

    @property
    def seed(self) -> int:
        """The seed of every random number."""
        return self.spec.seed

    @property
    def privacy_threshold(self) -> int:
        """Groups smaller than this are not printed."""
        return self.spec.privacy_threshold

    @property
    def rules(self) -> schema.Rules:
        """The limits that verdicts are given by."""
        return self.spec.rules

    @property
    def estimator(self) -> schema.Estimator:
        """How the model is estimated."""
        return self.spec.estimator

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that run, in their order."""
        return tuple(step for step in schema.STEPS if step in self.spec.steps)

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
        return tuple(_paths(self.spec.paths))

    @property
    def model(self) -> dict[str, Any]:
        """The model as the engines take it: constructs, paths, modes, order, scheme, resamples, seed, level."""
        return {
            "constructs": self.blocks,
            "paths": self.paths,
            "modes": {name: "B" if c.mode == "composite" else "A" for name, c in self.constructs.items()},
            "higher_order": {
                name: {"of": list(self.constructs[name].dimensions), "method": "two_stage"}
                for name in self.second_order
            },
            "scheme": self.estimator.scheme,
            "missing": self.estimator.missing,
            "n_boot": self.estimator.bootstrap,
            "seed": self.seed,
            "level": self.estimator.level,
        }

    @property
    def items(self) -> dict[str, Item]:
        """All items the instrument has, by code."""
        return self.instrument.items

    @property
    def scales(self) -> dict[str, Scale]:
        """All scales the instrument has, by name."""
        return self.instrument.scales

    @cached_property
    def construct_items(self) -> tuple[str, ...]:
        """Codes of all items that measure a construct."""
        return tuple(code for block in self.blocks.values() for code in block)

    @property
    def answer_values(self) -> dict[str, tuple[int, ...]]:
        """Item -> the codes it allows, for items that measure a construct."""
        return {code: self.instrument.scale_of(code).values for code in self.construct_items}

    def categories(self, asked: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Item -> its categories, for those of `asked` (a frame's columns) that describe who answered."""
        found = {code: self.instrument.scale_of(code) for code in asked if code in self.items}
        return {code: scale.values for code, scale in found.items() if scale.name.startswith("cat_")}

    def label(self, name: str, language: str) -> str:
        """The printed name of a construct, or the wording of an item."""
        if name in self.constructs:
            return self.constructs[name].label[language]
        return self.items[name].worded(language, self.organisation[language])

    def path_of(self, relative: str) -> Path:
        """A data file of the study."""
        return self.folder / relative


def load_study(where: str | Path) -> Study:
    """Read a study from its file, its folder, or its name (`data/<name>/study.yml`).

    Raises
    ------
    StudyError
        With one line per problem: file, line, key, what is wrong.
    """
    file = find(where)
    values, lines = strict_yaml.read(file)
    try:
        content = schema.StudyFile.model_validate(values)
    except ValidationError as error:
        raise _told(error, file, lines) from None
    return _joined(file, content)


def find(where: str | Path) -> Path:
    """The study file that is meant by a path, a folder or a name."""
    path = Path(where)
    if path.is_dir():
        path = path / "study.yml"
    if not path.is_file() and path.suffix not in (".yml", ".yaml") and len(path.parts) == 1:
        path = Path("data") / path / "study.yml"
    if not path.is_file():
        known = sorted(file.parent.name for file in Path("data").glob("*/study.yml"))
        hint = f"studies here: {', '.join(known)}" if known else "crmlab new NAME makes one"
        raise StudyError("no such study", file=path, hint=hint)
    return path


def _joined(file: Path, content: schema.StudyFile) -> Study:
    instrument = _instrument(content, file)
    problems = [*_bad_items(content, instrument), *_bad_constructs(content), *_bad_paths(content)]
    hypotheses, wrong = _hypotheses(content)
    problems += wrong
    if problems:
        raise StudyError("\n".join(problems), file=file if len(problems) == 1 else f"{file}:\n")
    return Study(file, content, instrument, tuple(hypotheses))


def _instrument(content: schema.StudyFile, file: Path) -> Instrument:
    own = content.instrument
    base = (
        questionnaire.bundled().with_agreement(own.agreement) if own.base == "bundled" else Instrument({}, {})
    )
    scales = dict(questionnaire.bundled().scales)
    for name, scale in own.scales.items():
        if name in scales:
            raise StudyError("a bundled scale has this name", file=file, key=f"instrument.scales.{name}")
        key = f"cat_{name}" if scale.categories else name
        labels = {code: {"en": words.en, "fa": words.fa} for code, words in scale.labels.items()}
        scales[name] = Scale(key, "codes", *scale.points, labels)
    items = dict(base.items)
    for code, item in own.items.items():
        if item.scale not in scales:
            near = _near(item.scale, scales)
            raise StudyError(
                f"unknown scale '{item.scale}'{near}", file=file, key=f"instrument.items.{code}.scale"
            )
        words = {"en": item.text.en, "fa": item.text.fa}
        items[code] = Item(code, "OWN", "", words, item.reverse, item.scale)
    return Instrument(items, scales)


def _bad_items(content: schema.StudyFile, instrument: Instrument) -> Iterable[str]:
    survey = content.survey
    owner: dict[str, str] = {}
    for name, construct in content.constructs.items():
        for code in construct.items:
            if code not in instrument.items:
                yield f"construct '{name}' has an unknown item '{code}'{_near(code, instrument.items)}"
            elif not instrument.scale_of(code).ordered:
                yield f"construct '{name}': item '{code}' has categories without an order; it cannot measure"
            if code in survey.absent:
                yield f"construct '{name}' needs item '{code}', which survey.absent says was not asked"
            if code in owner:
                yield f"item '{code}' stands in two constructs, '{owner[code]}' and '{name}'"
            owner[code] = name
    named: dict[str, Iterable[str]] = {
        "survey.columns": survey.columns,
        "survey.missing_in": survey.missing_in,
        "survey.absent": survey.absent,
        "exclude.attention": content.exclude.attention,
        "survey.consent": [survey.consent.item] if survey.consent else [],
        "survey.screening": [survey.screening.item] if survey.screening else [],
    }
    for key, codes in named.items():
        for code in codes:
            if code not in instrument.items:
                yield f"{key} names an unknown item '{code}'{_near(code, instrument.items)}"
    for scale in survey.synonyms:
        if scale not in instrument.scales:
            yield f"survey.synonyms names an unknown scale '{scale}'{_near(scale, instrument.scales)}"


def _bad_constructs(content: schema.StudyFile) -> Iterable[str]:
    owner: dict[str, str] = {}
    for name, construct in content.constructs.items():
        for part in construct.dimensions:
            if part not in content.constructs:
                yield f"construct '{name}' has an unknown dimension '{part}'{_near(part, content.constructs)}"
            elif content.constructs[part].dimensions:
                yield f"construct '{name}': dimension '{part}' has dimensions itself; two orders are the most"
            if part in owner:
                yield f"dimension '{part}' stands in two constructs, '{owner[part]}' and '{name}'"
            owner[part] = name
        if len(set(construct.items)) != len(construct.items):
            yield f"construct '{name}' names an item twice"


def _bad_paths(content: schema.StudyFile) -> Iterable[str]:
    pairs = list(_paths(content.paths))
    dimension_of = {part: name for name, c in content.constructs.items() for part in c.dimensions}
    for source, target in pairs:
        for name in (source, target):
            if name not in content.constructs:
                yield f"path '{target} ~ {source}' has an unknown construct '{name}'{_near(name, content.constructs)}"
            elif name in dimension_of:
                yield f"path '{target} ~ {source}': '{name}' is a dimension of '{dimension_of[name]}'; use that"
    for pair in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        yield f"path '{pair[1]} ~ {pair[0]}' stands twice"
    cycle = _cycle(pairs)
    if cycle:
        yield f"the paths run in a circle: {' -> '.join(cycle)}"


def _cycle(pairs: list[tuple[str, str]]) -> list[str]:
    """A closed walk along the paths, first name repeated at the end; empty if there is none."""
    after: dict[str, list[str]] = {}
    for source, target in pairs:
        after.setdefault(source, []).append(target)

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        for target in after.get(name, []):
            if found := walk(target, [*trail, name]):
                return found
        return []

    return next((found for name in after if (found := walk(name, []))), [])


def _hypotheses(content: schema.StudyFile) -> tuple[list[Hypothesis], list[str]]:
    found: list[Hypothesis] = []
    problems: list[str] = []
    for entry in content.hypotheses:
        if isinstance(entry, str):
            if entry not in catalogue():
                problems.append(f"unknown hypothesis '{entry}'{_near(entry, catalogue())}")
                continue
            hypothesis = catalogue()[entry]
        else:
            hypothesis = Hypothesis(
                id=entry.id,
                kind="mediation" if entry.via else "direct",
                source=entry.source,
                target=entry.target,
                via=entry.via,
                sign=entry.sign,
                statement={"en": entry.statement.en, "fa": entry.statement.fa},
            )
        if hypothesis.id in {known.id for known in found}:
            problems.append(f"hypothesis '{hypothesis.id}' stands twice")
        problems += _bad_hypothesis(hypothesis, content)
        found.append(hypothesis)
    return found, problems


def _bad_hypothesis(hypothesis: Hypothesis, content: schema.StudyFile) -> Iterable[str]:
    chain = hypothesis.constructs
    unknown = [name for name in chain if name not in content.constructs]
    for name in unknown:
        yield f"hypothesis '{hypothesis.id}' names an unknown construct '{name}'{_near(name, content.constructs)}"
    pairs = set(_paths(content.paths))
    for step in pairwise(chain):
        if not unknown and step not in pairs:
            yield f"hypothesis '{hypothesis.id}' needs the path '{step[1]} ~ {step[0]}', which the study has not got"


def _paths(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        target, _, sources = line.partition("~")
        for source in sources.split("+"):
            yield source.strip(), target.strip()


def _near(name: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _told(error: ValidationError, file: Path, lines: strict_yaml.Lines) -> StudyError:
    problems: list[str] = []
    for fault in error.errors(include_url=False, include_input=True):
        place = tuple(part for part in fault["loc"] if part in ("en", "fa") or _is_key(part))
        line = next((lines[place[:k]] for k in range(len(place), 0, -1) if place[:k] in lines), None)
        key = ".".join(map(str, place))
        where = f"{file}{f', line {line}' if line else ''}{f', key {key!r}' if key else ''}"
        text = f"{where}: {_plain(fault)}"
        if text not in problems:
            problems.append(text)
    return StudyError("\n".join(problems), hint="every key and its meaning: docs/study-file.md")


def _is_key(part: Any) -> bool:
    """Pydantic names the branch of a union in the place; only the user's own keys are told."""
    return isinstance(part, int) or part not in {"str", "OwnHypothesis", "[key]", "function-before"}


def _plain(fault: Any) -> str:
    kind, key = fault["type"], str(fault["loc"][-1])
    if kind == "extra_forbidden":
        return f"unknown key{_near(key, _all_keys())}"
    if kind == "missing":
        return "is missing"
    message = fault["msg"].removeprefix("Value error, ")
    value = fault.get("input")
    shown = (
        f" (found: {value!r})" if isinstance(value, (str, int, float, bool)) and len(repr(value)) < 60 else ""
    )
    return message + ("" if repr(value) in message else shown)


def _all_keys() -> set[str]:
    models: list[type[schema.Strict]] = [
        schema.StudyFile,
        schema.Survey,
        schema.Exclude,
        schema.Instrument,
        schema.Construct,
        schema.Estimator,
        schema.Rules,
    ]
    return {key for model in models for key in model.model_fields}
