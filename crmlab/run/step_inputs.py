"""What a step is given: its files, which must stay as they are while it runs, and the parameters of its notebook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crmlab.errors import DataError, RunError
from crmlab.files import sha256_file
from crmlab.run.planning import REPORT, Step, inputs_of
from crmlab.study import Study


def inputs_read(study: Study, step: Step) -> dict[Path, str]:
    """The files of a step with their hashes.

    Raises
    ------
    DataError
        One of them is missing.
    """
    found = {}
    for path, key in inputs_of(study, step).items():
        if not path.is_file():
            raise DataError(
                f"no such file (key '{key}' of the study)",
                file=path,
                hint="put the file there or change the key",
            )
        found[path] = sha256_file(path)
    return found


def unchanged(inputs: dict[Path, str], step: Step) -> None:
    """The files are still those that were read.

    Raises
    ------
    RunError
        One of them was changed meanwhile.
    """
    for path, before in inputs.items():
        after = sha256_file(path)
        if after != before:
            raise RunError(f"{path} was changed while {step.name} ran ({before[:12]} became {after[:12]})")


def parameters(study: Study, step: Step, out: Path, languages: Sequence[str]) -> dict[str, Any]:
    """The parameters of a step's notebook; that of the report is told its languages."""
    given = {"study": _relative(study.file), "out": _relative(out)}
    return {**given, "languages": list(languages)} if step.name == REPORT else given


def _relative(path: Path) -> str:
    """The path as seen from here, so that an executed notebook says nothing of the machine it ran on."""
    return Path(os.path.relpath(path)).as_posix()
