"""YAML without surprises: no `no` -> False, no 012 -> 10, no twin keys, no aliases, and every key knows its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from crmlab.errors import StudyError

Lines = dict[tuple[str | int, ...], int]
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)  # in no XML
LARGEST = 1_000_000  # characters; a study file is a few pages


class _Loader(yaml.SafeLoader):
    """Only null, true/false, decimal whole numbers and floats are read as anything but text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in pairs if tag.split(":")[-1] in {"null", "float"}]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]*)$"), list("-0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """Read one mapping and the line of each of its keys.

    Returns
    -------
    values : the mapping as plain Python values
    lines : path of keys -> line number in the file, first line 1
    """
    text = _text(path)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {}
        _walk(node, (), lines, path)
        values = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        raise StudyError(
            _told(error), file=_at(path, error.problem_mark), hint="indent with spaces"
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise StudyError(f"not readable as YAML: {str(error).splitlines()[0]}", file=path) from None
    finally:
        loader.dispose()
    if not isinstance(values, dict):
        raise StudyError(
            "holds no `key: value` lines", file=path, hint="crmlab new NAME writes one to start from"
        )
    return values, lines


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise StudyError("no such study file", file=path, hint="crmlab new NAME makes one") from None
    except (IsADirectoryError, PermissionError) as error:
        raise StudyError(f"cannot be read: {error.strerror}", file=path) from None
    if len(raw) > LARGEST:
        raise StudyError(f"{len(raw)} bytes is too large for a study file", file=path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StudyError("is not UTF-8 text", file=f"{path}, line {line}", hint="save it as UTF-8") from None


def _walk(node: yaml.Node | None, path: tuple[str | int, ...], lines: Lines, file: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if (*path, name) in lines:
                first = lines[(*path, name)]
                raise StudyError(f"given twice, on lines {first} and {line}", file=file, key=name)
            lines[(*path, name)] = line
            _walk(value, (*path, name), lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            lines[(*path, place)] = value.start_mark.line + 1
            _walk(value, (*path, place), lines, file)
    elif isinstance(node, yaml.ScalarNode) and (unseen := UNPRINTABLE.search(node.value)):
        raise StudyError(
            f"holds the control character U+{ord(unseen[0]):04X}",
            file=_at(file, node.start_mark), key=".".join(map(str, path)), hint="take it out",
        )  # fmt: skip


def _told(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "not readable as YAML"
    return "a tab is used for indentation" if "'\\t'" in problem else problem


def _at(path: Path, mark: yaml.Mark | None) -> str:
    return f"{path}, line {mark.line + 1}" if mark is not None else str(path)
