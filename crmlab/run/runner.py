"""Run a study: only what changed, in order, on warm kernels, with a manifest that tells the truth."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from crmlab.errors import CrmlabError, RunError, StudyError
from crmlab.files import sha256_file, write_text
from crmlab.provenance import code_hash, versions
from crmlab.run import notebook
from crmlab.run.planning import REPORT, Step, key_of, notebook_of, plan
from crmlab.run.record import Shelf, StepRecord
from crmlab.run.step_inputs import inputs_read, parameters, unchanged
from crmlab.study import Study

Say = Callable[[str, StepRecord | None, int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run.

    Attributes
    ----------
    reports : folder that holds one folder a study
    jobs : how many notebooks at once
    only : run these steps and what they need; empty for all
    force : run them even if nothing changed
    languages : of the reports; empty for those of the study
    say : told of progress: step, its record once it ended, cells done, cells in all
    """

    reports: Path = Path("reports")
    jobs: int = 1
    only: tuple[str, ...] = ()
    force: bool = False
    languages: tuple[str, ...] = ()
    say: Say = field(default=lambda *_: None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run: its steps, and the report files of the study."""

    steps: tuple[StepRecord, ...]
    reports: tuple[Path, ...]


def run(study: Study, options: Options) -> Outcome:
    """Run a study's steps and write its manifest, whatever happens.

    Raises
    ------
    CrmlabError
        That of the first step that failed, after the manifest says so. Finished steps are kept.
    """
    shelf = Shelf(_reports_folder(study, options.reports))
    steps = _chosen(plan(study), options.only)
    languages = options.languages or study.languages
    shelf.prepare()
    runner = _Runner(study, shelf, languages, options, {step.name: step for step in steps})
    with shelf.alone():
        _go(runner, shelf)
    return Outcome(tuple(runner.all_records()), runner.published())


def _go(runner: _Runner, shelf: Shelf) -> None:
    head, status = runner.head(), "failed"
    shelf.write_manifest({**head, "status": "running"}, [])
    try:
        runner.go()
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        shelf.write_manifest({**head, "status": status}, runner.all_records())


def _reports_folder(study: Study, reports: Path) -> Path:
    folder = (reports / study.name).resolve()
    data = study.folder.resolve()
    if (
        folder == data
        or data in folder.parents
        or (data.parent.name == "data" and data.parent in folder.parents)
    ):
        raise StudyError(
            f"{reports}: reports cannot be written among the data", hint="choose another folder with --out"
        )
    return reports / study.name


def _chosen(steps: Sequence[Step], only: tuple[str, ...]) -> list[Step]:
    """The steps asked for and those they need, in order. A step is named by its number or its name."""
    if not only:
        return list(steps)
    wanted: set[str] = set()
    for name in only:
        hit = next((step for step in steps if name in (step.name, step.name.split("_")[0])), None)
        if hit is None:
            raise StudyError(f"no step '{name}'", hint=f"steps: {', '.join(step.name for step in steps)}")
        wanted |= {hit.name, *hit.needs}
    return [step for step in steps if step.name in wanted]


class _Runner:
    """One run of one study."""

    def __init__(
        self, study: Study, shelf: Shelf, languages: tuple[str, ...], options: Options, steps: dict[str, Step]
    ) -> None:
        self.study, self.shelf, self.languages, self.options, self.steps = (
            study,
            shelf,
            languages,
            options,
            steps,
        )
        self.records: dict[str, StepRecord] = {}
        self.outputs: dict[str, dict[str, str]] = {}
        self._warm: Any = None
        self._lock = threading.Lock()
        self._stack = ExitStack()

    def head(self) -> dict[str, Any]:
        """What the manifest says before its steps."""
        return {
            "run": self.shelf.run_number(),
            "study": self.study.name,
            "study_sha256": sha256_file(self.study.file),
            "languages": list(self.languages),
            "seed": self.study.seed,
            "versions": versions(),
            "code_sha256": code_hash(),
        }

    def all_records(self) -> list[StepRecord]:
        """One record a step, in the plan's order; those not reached are said so."""
        return [self.records.get(name, StepRecord(name, "not reached")) for name in self.steps]

    def go(self) -> None:
        """Run what must run, at most `jobs` at once; stop starting new steps after the first failure."""
        order = TopologicalSorter(
            {name: set(step.needs) & self.steps.keys() for name, step in self.steps.items()}
        )
        order.prepare()
        pending: dict[Future[None], str] = {}
        failure: CrmlabError | None = None
        with self._stack, ThreadPoolExecutor(max(1, self.options.jobs)) as pool:
            try:
                while order.is_active():
                    ready = [] if failure else order.get_ready()
                    pending |= {pool.submit(self._step, self.steps[name]): name for name in ready}
                    if not pending:
                        break
                    done, _ = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        name = pending.pop(future)
                        try:
                            future.result()
                            order.done(name)
                        except CrmlabError as error:
                            failure = failure or error
            except BaseException:
                self._abandon()
                raise
        if failure:
            raise failure

    def _abandon(self) -> None:
        """Leave no kernel behind; the threads that wait for them then end by themselves."""
        from crmlab.run.kernels import kill_running

        self._stack.close()
        kill_running()

    def published(self) -> tuple[Path, ...]:
        """The report files that stand in the study's folder."""
        return tuple(sorted(self.shelf.folder.glob("report.*")))

    def _step(self, step: Step) -> None:
        if step.skip:
            return self._note(StepRecord(step.name, "skipped", note=step.skip))
        try:
            inputs = inputs_read(self.study, step)
            key = key_of(self.study, step, self.languages, self.outputs)
            if not self.options.force and self.shelf.is_current(step.name, key):
                self.outputs[step.name] = self.shelf.outputs(step.name)
                self._publish(step)
                return self._note(StepRecord(step.name, "unchanged"))
            record = self._execute(step, inputs)
            self.shelf.keep(step.name, key)
            self.outputs[step.name] = self.shelf.outputs(step.name)
            return self._note(record)
        except CrmlabError as error:
            self._note(StepRecord(step.name, "failed", note=str(error).splitlines()[0]))
            raise

    def _execute(self, step: Step, inputs: dict[Path, str]) -> StepRecord:
        """Run the notebook into a fresh folder that takes its place only when all went well."""
        self._retire(step)
        final = self.shelf.results / step.name
        part = self.shelf.results / f".{step.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        start = time.monotonic()
        try:
            done = notebook.execute(
                notebook_of(step.name),
                parameters(self.study, step, part, self.languages),
                cwd=Path.cwd(),
                warm=self._kernels(),
                on_cell=lambda done, of: self.options.say(step.name, None, done, of),
            )
            unchanged(inputs, step)
            if not part.is_dir() or not any(part.iterdir()):
                raise RunError(f"{step.name}: the notebook left no results in its folder")
            shutil.rmtree(final, ignore_errors=True)
            os.replace(part, final)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        write_text(self.shelf.folder / "notebooks" / f"{step.name}.ipynb", done.text)
        self._publish(step)
        peak = None if done.peak_mb != done.peak_mb else round(done.peak_mb, 1)
        return StepRecord(step.name, "run", round(time.monotonic() - start, 3), peak, warnings=done.warnings)

    def _retire(self, step: Step) -> None:
        """Old results and reports must not stand beside new ones."""
        self.shelf.forget(step.name)
        for report in self.published():
            report.unlink(missing_ok=True)  # steps that start together retire the same files

    def _publish(self, step: Step) -> None:
        if step.name == REPORT:
            for file in sorted((self.shelf.results / REPORT).glob("report.*")):
                shutil.copyfile(file, self.shelf.folder / f".{file.name}.part")
                os.replace(self.shelf.folder / f".{file.name}.part", self.shelf.folder / file.name)

    def _kernels(self) -> Any:
        """The warm process, started when the first notebook needs it."""
        from crmlab.run.kernels import WarmKernels

        with self._lock:
            if self._warm is None and WarmKernels.supported:
                self._warm = WarmKernels()
                self._stack.callback(self._warm.close)
            return self._warm

    def _note(self, record: StepRecord) -> None:
        with self._lock:
            self.records[record.name] = record
        self.options.say(record.name, record, 0, 0)
