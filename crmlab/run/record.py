"""What is kept about a run: which results are still good, and the manifest that says how it ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crmlab.errors import RunError
from crmlab.files import sha256_file, write_text

try:
    import fcntl
except ImportError:  # not a POSIX system: runs are not held apart there
    fcntl = None  # type: ignore[assignment]

INTAKE_FACTS = "02_data_intake/survey/facts.json"  # written by `Survey.save`
LEDGER_FACTS = "02_data_intake/ledger/facts.json"  # written by `Ledger.save`


@dataclass(frozen=True, slots=True)
class StepRecord:
    """How one step went.

    Attributes
    ----------
    status : "run", "unchanged", "skipped", "failed" or "not reached"
    seconds : wall time; 0 where nothing ran
    peak_mb : largest memory of its kernel in MB, or None
    note : why it was skipped, or what failed
    warnings : what was written to standard error
    """

    name: str
    status: str
    seconds: float = 0.0
    peak_mb: float | None = None
    note: str = ""
    warnings: tuple[str, ...] = ()


class Shelf:
    """A study's folder under `reports/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        self.manifest = folder / "manifest.json"

    def prepare(self) -> None:
        """Make the folder, or say why it cannot be written before anything runs."""
        try:
            self.results.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".{self.folder.name}.part"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise RunError(
                f"{self.folder}: cannot write here: {error.strerror}", hint="choose another folder with --out"
            ) from None

    def outputs(self, step: str) -> dict[str, str]:
        """File -> hash of what a step left, in one order."""
        folder = self.results / step
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}

    def is_current(self, step: str, key: str) -> bool:
        """True if the step's results were made under this key and stand as they were left."""
        try:
            state = json.loads(self._state(step).read_text(encoding="utf-8"))
            return bool(state["key"] == key and state["outputs"] and state["outputs"] == self.outputs(step))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def keep(self, step: str, key: str) -> None:
        """Remember what the step's results were made from."""
        state = {"key": key, "outputs": self.outputs(step)}
        write_text(self._state(step), json.dumps(state, indent=1, sort_keys=True) + "\n")

    def forget(self, step: str) -> None:
        """The step's results are no longer good."""
        self._state(step).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the study's folder against a second run at the same time; the lock goes with the process."""
        with open(self.folder / ".lock", "w", encoding="ascii") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise RunError(
                        f"{self.folder}: another run of this study is going on",
                        hint="wait for it, or use another --out",
                    ) from None
            yield

    def intake(self) -> dict[str, Any]:
        """What was read, repaired and refused, in short, from the admitted tables' own records."""
        found: dict[str, Any] = {}
        survey, ledger = self._facts(INTAKE_FACTS), self._facts(LEDGER_FACTS)
        if survey:
            found = _told(survey, survey["read"], [survey["refused"]], survey["repairs"].values())
        if ledger:
            ways = [kinds for columns in ledger["repairs"].values() for kinds in columns.values()]
            found["ledger"] = _told(ledger, ledger["read"], ledger["refused"].values(), ways)
        return found

    def _facts(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.results / name).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def run_number(self) -> int:
        """One more than that of the last run; runs are ordered by it, never by a clock."""
        try:
            return int(json.loads(self.manifest.read_text(encoding="utf-8"))["run"]) + 1
        except (OSError, ValueError, KeyError, TypeError):
            return 1

    def write_manifest(self, content: dict[str, Any], steps: list[StepRecord]) -> None:
        """Write the manifest, whole or not at all."""
        body = {**content, "intake": self.intake(), "steps": [asdict(step) for step in steps]}
        write_text(self.manifest, json.dumps(body, ensure_ascii=False, indent=1) + "\n")

    def _state(self, step: str) -> Path:
        return self.folder / "state" / f"{step}.json"


def _told(
    facts: dict[str, Any], read: Any, refused: Iterable[dict[str, str]], repairs: Iterable[dict[str, int]]
) -> dict[str, Any]:
    repaired: Counter[str] = Counter()
    for ways in repairs:
        repaired.update(ways)
    reasons = Counter(reason for rows in refused for reason in rows.values())
    return {
        "rows_read": read,
        "rows_refused": dict(sorted(reasons.items())),
        "cells_repaired": dict(sorted(repaired.items())),
        "notes": facts["notes"],
    }
