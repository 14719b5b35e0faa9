"""Work in pieces: local processes by default, or any `concurrent.futures` executor; results in the order of tasks."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from crmlab.errors import ModelError, RunError

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]


def run_tasks(
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Answer]:
    """Do every task and keep their order, so that the answer does not depend on who did what.

    Parameters
    ----------
    work : a function of a module, so that other processes find it
    tasks : each holds all that its numbers depend on, its seed too
    executor : anything with `submit`, such as `Client.get_executor()` of dask.distributed
    workers : local processes if no executor is given; None: one a core; 1: this process alone
    progress : called with (tasks done, tasks in all)

    Raises
    ------
    ModelError
        No worker.
    RunError
        A local process died.
    """
    if executor is not None:
        return _submit(work, tasks, executor, progress)
    count = min(len(tasks), (os.cpu_count() or 1) if workers is None else workers)
    if workers is not None and workers < 1:
        raise ModelError(f"{workers} workers cannot do anything", hint="1")
    if count <= 1:
        found = []
        for place, task in enumerate(tasks, 1):
            found.append(_alone(work, task))
            if progress:
                progress(place, len(tasks))
        return found
    way = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    try:
        with ProcessPoolExecutor(count, multiprocessing.get_context(way)) as pool:
            return _submit(work, tasks, pool, progress)
    except BrokenProcessPool:
        raise RunError(
            "a worker process ended before its work was done",
            hint="put the call under `if __name__ == '__main__':`, or workers=1",
        ) from None


def _submit(
    work: Callable[[Task], Answer], tasks: Sequence[Task], executor: Executor, progress: Progress | None
) -> list[Answer]:
    waiting = [executor.submit(_alone, work, task) for task in tasks]
    found = []
    try:
        for place, future in enumerate(waiting, 1):
            found.append(future.result())
            if progress:
                progress(place, len(tasks))
    except BaseException:
        for future in waiting:
            future.cancel()
        raise
    return found


def _alone(work: Callable[[Task], Answer], task: Task) -> Answer:
    """One task with one thread of linear algebra: the same sums in the same order wherever it runs."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return work(task)
