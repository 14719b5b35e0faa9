"""What a command says and how it ends: lines, progress, signals."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from crmlab.run.record import StepRecord

INTERRUPTED = 130


class Progress:
    """One line a step on standard error; on a terminal the running step counts its cells."""

    def __init__(self, study: str) -> None:
        self.prefix = f"{study}: " if study else ""
        self.live = sys.stderr.isatty()

    def __call__(self, step: str, record: StepRecord | None, done: int, of: int) -> None:
        if record is None:
            if self.live:
                sys.stderr.write(f"\r\x1b[K{self.prefix}{step}  {done}/{of}")
                sys.stderr.flush()
            return
        start = "\r\x1b[K" if self.live else ""
        took = f"{record.seconds:5.1f} s" if record.status == "run" else "       "
        note = f"  {record.note}" if record.note and record.status != "failed" else ""
        err(f"{start}{self.prefix}{step:<24}{record.status:<10}{took}{note}")
        for line in record.warnings[:5]:
            err(f"    warning: {line}")


def end_on_signals() -> None:
    """Terminate like Ctrl-C; a second one ends at once, without kernels left behind."""
    seen: list[int] = []

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        if seen:
            import os

            from crmlab.run.kernels import kill_running

            kill_running()
            os._exit(INTERRUPTED)
        seen.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def out(text: str) -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")


def err(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
