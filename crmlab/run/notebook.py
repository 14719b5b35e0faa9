"""One notebook: looked at before a kernel starts, executed through Papermill, judged by what happened."""

from __future__ import annotations

import ast
import asyncio
import keyword
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmlab.errors import PrivacyError, RunError, StudyError

# One thread of linear algebra a kernel: sums come out the same to the last bit however many run at once.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PLAIN = (str, int, float, bool, type(None))
EXIT_CODES = {
    "StudyError": 2,
    "DataError": 3,
    "DataErrors": 3,
    "ModelError": 4,
    "RunError": 5,
    "PrivacyError": 6,
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")
DRAWING = re.compile(r"<svg.*?</svg>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of a notebook.

    Attributes
    ----------
    text : the executed notebook as JSON text
    warnings : lines that were written to standard error
    peak_mb : largest resident memory of its kernel, in MB; NaN where the system does not tell
    """

    text: str
    warnings: tuple[str, ...]
    peak_mb: float


class NotebookFailed(RunError):
    """A cell raised. `exit_code` is that of the error, 5 for any that is not ours."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def read(path: Path) -> Any:
    """Read a notebook and refuse what must not run: magics, shell lines, `input()`, unknown parameters."""
    import nbformat

    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except FileNotFoundError:
        raise RunError(f"{path}: no such notebook", hint="reinstall crmlab") from None
    except (ValueError, nbformat.reader.NotJSONError) as error:
        raise RunError(f"{path}: not a notebook: {str(error).splitlines()[0]}") from None
    code = [(place, cell) for place, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    for place, cell in code:
        _admit_cell(cell.source, f"{path.name}, cell {place}")
    tagged = [cell for _, cell in code if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise StudyError(f"{path.name} has {len(tagged)} cells tagged 'parameters', want one")
    return notebook


def parameter_names(notebook: Any) -> set[str]:
    """The names that the cell tagged `parameters` assigns."""
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    targets = [
        t for node in ast.parse(cell.source).body if isinstance(node, ast.Assign) for t in node.targets
    ]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def execute(
    path: Path,
    parameters: Mapping[str, Any],
    *,
    cwd: Path,
    warm: Any = None,
    on_cell: Callable[[int, int], None] | None = None,
) -> Executed:
    """Run a notebook on a kernel of its own.

    Raises
    ------
    StudyError
        Before any kernel starts: the notebook or a parameter is not admissible.
    NotebookFailed
        A cell raised; the message names notebook and cell.
    RunError
        The kernel died or could not be started.
    """
    notebook = read(path)
    given = {name: plain(name, value) for name, value in parameters.items()}
    unknown = sorted(given.keys() - parameter_names(notebook))
    if unknown:
        raise StudyError(f"{path.name} has no parameter '{unknown[0]}'")
    return _through_papermill(notebook, path.name, given, cwd, warm, on_cell or (lambda *_: None))


def plain(name: Any, value: Any) -> Any:
    """Only plain values reach a notebook: Papermill writes a parameter's name into the code unchecked."""
    if not (isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)):
        raise StudyError(f"{name!r} is not a parameter name")
    if isinstance(value, (list, tuple)):
        return [plain(name, part) for part in value]
    if isinstance(value, dict):
        return {key: plain(name, part) for key, part in value.items()}
    if type(value) not in PLAIN or (isinstance(value, float) and not math.isfinite(value)):
        raise StudyError(
            f"parameter '{name}': {type(value).__name__} {value!r} cannot be passed to a notebook"
        )
    return value


def _admit_cell(source: str, where: str) -> None:
    for line in source.splitlines():
        if line.lstrip().startswith(("!", "%", "?")):
            raise StudyError(
                f"{where}: '{line.strip()[:40]}' is a shell line or magic; notebooks hold Python only"
            )
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise StudyError(f"{where}, line {error.lineno}: {error.msg}") from None
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("input", "breakpoint")
        ):
            raise StudyError(f"{where}: {node.func.id}() waits for somebody, and nobody is there")


def _through_papermill(
    notebook: Any, name: str, given: dict[str, Any], cwd: Path, warm: Any, on_cell: Callable[[int, int], None]
) -> Executed:
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    client = _engine()
    watch = client.Watch(warm, str(cwd), on_cell)
    try:
        with _own_loop(), tempfile.TemporaryDirectory(prefix="crmlab-ipython-") as clean:
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters=given,
                engine_name=client.NAME,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                watch=watch,
                kernel_env={**os.environ, **ONE_THREAD, "IPYTHONDIR": clean},
            )
    except PapermillExecutionError as error:
        raise _failure(name, watch.cell, error.ename, error.evalue) from None
    except (DeadKernelError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "Kernel" not in str(error):
            raise
        peak = "" if math.isnan(watch.peak_mb) else f"; it held {watch.peak_mb:,.0f} MB when last seen"
        raise RunError(
            f"{name}, cell {watch.cell}: the kernel died (memory?){peak}",
            hint="run again: finished steps are kept; close other programs if memory is short",
        ) from None
    _guard(executed, name)
    return Executed(nbformat.writes(executed) + "\n", _warnings(executed), watch.peak_mb)


@contextmanager
def _own_loop() -> Iterator[None]:
    """Close the event loop that nbclient makes for this thread."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    try:
        yield
    finally:
        if not loop.is_running():
            loop.close()
            asyncio.set_event_loop(None)


def _engine() -> Any:
    """Import the engine late: Papermill and nbclient take seconds that `crmlab check` need not spend."""
    from crmlab.run import engine

    engine.register()
    return engine


def _failure(name: str, cell: int, kind: str, text: str) -> NotebookFailed:
    from crmlab.data.privacy import redacted

    text = redacted(ANSI.sub("", text))
    if kind in EXIT_CODES:
        return NotebookFailed(text, EXIT_CODES[kind])
    first = text.strip().splitlines()[0] if text.strip() else ""
    return NotebookFailed(f"{name}, cell {cell}: {kind}: {first}", 5)


def _guard(notebook: Any, name: str) -> None:
    """An executed notebook is kept and passed on: nothing in it may tell who somebody is."""
    from crmlab.data.privacy import scan

    cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for place, cell in enumerate(cells, 1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts = [
                output.get("text", ""),
                data.get("text/plain", ""),
                DRAWING.sub("", data.get("text/html", "")),
            ]
            found = scan(" \n".join(texts))
            if found:
                raise PrivacyError(
                    f"{name}, cell {place}: its output holds what looks like personal data ({found[0].kind})",
                    hint="do not show rows of respondents; show counts and results",
                )


def _warnings(notebook: Any) -> tuple[str, ...]:
    return tuple(
        line
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
        for line in output.text.splitlines()
        if line.strip()
    )
