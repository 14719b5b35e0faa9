"""What pydantic finds wrong, told as file, line, key and problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crmlab.errors import StudyError
from crmlab.study import ledger_spec, strict_yaml
from crmlab.study import spec as schema
from crmlab.study.coherence import near


def complaint(error: ValidationError, file: Path, lines: strict_yaml.Lines) -> StudyError:
    """One line per fault of the study file."""
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
    kind = fault["type"]
    if kind == "extra_forbidden":
        return f"unknown key{near(str(fault['loc'][-1]), _all_keys())}"
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
        ledger_spec.Ledger,
        ledger_spec.LedgerColumns,
        ledger_spec.LedgerFile,
        ledger_spec.Contacts,
        ledger_spec.ContactColumns,
        ledger_spec.Prospects,
        ledger_spec.Behaviour,
        ledger_spec.Deflator,
    ]
    return {key for model in models for key in model.model_fields}
