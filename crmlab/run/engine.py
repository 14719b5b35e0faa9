"""Papermill's engine on our kernels: knows the cell it is in, the memory it takes, and who to tell."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from crmlab.run.kernels import WarmKernels, manager, started

NAME = "crmlab"
ARGUMENTS = ["--HistoryManager.enabled=False", "--IPKernelApp.quiet=True"]


class Watch:
    """What the engine learns while a notebook runs.

    Attributes
    ----------
    cell : number of the cell that is running, as a person counts them; injected ones are not counted
    peak_mb : largest resident memory of the kernel seen so far, NaN where the system does not tell
    """

    def __init__(self, warm: WarmKernels | None, cwd: str, on_cell: Callable[[int, int], None]) -> None:
        self.warm, self.cwd, self.on_cell = warm, cwd, on_cell
        self.cell = 0
        self.peak_mb = math.nan

    def see(self, pid: int | None) -> None:
        """Read the kernel's memory peak from the system, where it offers one."""
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        except OSError:
            return
        line = next((row for row in status.splitlines() if row.startswith("VmHWM")), "")
        if line:
            self.peak_mb = float(line.split()[1]) / 1024


class _Client(PapermillNotebookClient):
    watch: Watch

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        cells = [
            c
            for c in self.nb.cells[: cell_index + 1]
            if "injected-parameters" not in c.metadata.get("tags", [])
        ]
        self.watch.cell = len(cells)
        provisioner = self.km.provisioner if self.km is not None else None
        pid = getattr(provisioner, "pid", None)
        if pid:
            started(pid)
        self.watch.see(pid)
        done = super().execute_cell(cell, cell_index, **kwargs)
        self.watch.see(pid)
        self.watch.on_cell(cell_index + 1, len(self.nb.cells))
        return done


class _Engine(NBClientEngine):
    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, watch: Watch, kernel_env: dict[str, str], **_: Any
    ) -> Any:
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=manager(watch.warm),
            resources={"metadata": {"path": watch.cwd}},
            startup_timeout=60,
            extra_arguments=ARGUMENTS,
            shutdown_kernel="immediate",
            timeout=None,
        )
        client.watch = watch
        return client.execute(env=kernel_env, cleanup_kc=True)


def register() -> None:
    """Make the engine known to Papermill and keep its log off the screen."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill_engines.register(NAME, _Engine)
