"""One language's report made by a process of its own, so that two languages take the time of one.

A fresh interpreter, not a fork: the typesetter's threads do not survive a fork. What it is given and what it gives back
pass through pipes; if it gives nothing back, the caller does the work itself and meets the error, if there was one.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmlab.report.write import Made
    from crmlab.result import Result
    from crmlab.study import Study


class Worker:
    """A process that makes the report of one language."""

    def __init__(self, order: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answer = b""
        self._thread = threading.Thread(target=self._talk, args=(order,), daemon=True)
        self._thread.start()

    def _talk(self, order: bytes) -> None:
        with suppress(OSError, ValueError):
            self._answer, _ = self._process.communicate(order)

    def answer(self) -> Made | None:
        """What it made; None if the process could not make it."""
        self._thread.join()
        try:
            found: Made = pickle.loads(self._answer)
        except (EOFError, pickle.UnpicklingError, ValueError):
            return None
        return found

    def stop(self) -> None:
        """End the process if it still runs."""
        with suppress(OSError):
            self._process.kill()
        self._thread.join()


@contextmanager
def workers(
    study: Study, results: Mapping[str, Result], languages: Sequence[str]
) -> Iterator[dict[str, Worker]]:
    """A worker for each of the languages, as far as the machine has processors besides ours."""
    chosen = languages[: max(processors() - 1, 0)]
    found = {
        language: Worker(pickle.dumps((study, dict(results), language, sys.path))) for language in chosen
    }
    try:
        yield found
    finally:
        for worker in found.values():
            worker.stop()


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Read an order from standard input, write the files to standard output."""
    gc.disable()  # a process of seconds: its garbage goes with it
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the bytes
    from crmlab.errors import CrmlabError
    from crmlab.report.write import made_in

    study, results, language, path = pickle.load(sys.stdin.buffer)
    sys.path[:] = path
    with suppress(CrmlabError):
        pickle.dump(replace(made_in(study, results, language), document=None), out)
        out.flush()


if __name__ == "__main__":
    main()
