"""How fast is covariance-based SEM? Ours against lavaan in R, the same data in one run, as ratios.

    PYTHONPATH=. .venv/bin/python benchmarks/bench_sem.py [task ...]

Tasks: cfa (24 items, n = 400), bootstrap (1,000 resamples of it), fiml (25 variables, 179 patterns), wlsmv
(the 24 items as seven categories). Each side of each task runs in a process of its own, so that its peak
memory is its own, and with one BLAS thread, as R of Debian has: the matrices are small, and on a busy
machine two threads wait for each other (measured: 0.2 s became 10 s). Times are taken inside, after a first
call that loads everything, the shortest of several. lavaan solves 50 resamples and is scaled up. Without
Rscript and lavaan (Debian: apt-get install r-cran-lavaan) only our times are told. lavaan is never a
dependency of crmlab.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
COMPLETE = ROOT / "tests" / "reference" / "sim_crm_rq_clv_n400.csv"
INCOMPLETE = ROOT / "tests" / "reference" / "sem" / "sim_crm_rq_clv_n400_missing.csv"
FACTORS = ("kco", "km", "tech", "tru", "com", "sat")
ITEMS = [f"{factor}{i}" for factor in FACTORS for i in range(1, 5)]
CFA = "\n".join(f"{f.upper()} =~ " + " + ".join(f"{f}{i}" for i in range(1, 5)) for f in FACTORS)
STRUCTURE = "\nCRM =~ KCO + KM + TECH\nRQ =~ TRU + COM + SAT\nRQ ~ CRM\nlogclv ~ RQ + CRM"
RESAMPLES, SOME = 1000, 50

# task: (data, model, arguments for us, arguments for lavaan, goal)
TASKS: dict[str, tuple[Path, str, dict, str, str]] = {
    "cfa": (COMPLETE, CFA, {}, "", "at least 4 times faster"),
    "bootstrap": (COMPLETE, CFA, {}, "", "under 1 s, at least 50 times faster"),
    "fiml": (INCOMPLETE, CFA + STRUCTURE, {"missing": "fiml"}, ', missing = "fiml"', "under 1 s"),
    "wlsmv": (COMPLETE, CFA, {"estimator": "WLSMV", "ordered": ITEMS}, ", ordered = items", "under 0.5 s"),
}

LAVAAN = """
suppressMessages(library(lavaan))
data <- read.csv("{data}"); data$logclv <- log(data$clv)
items <- c({items})
model <- '{model}'
run <- function() sem(model, data{extra})
shortest <- function(f, k) min(sapply(seq_len(k), function(i) system.time(f())[["elapsed"]]))
fit <- run()
seconds <- {timed}
cat(seconds, fitMeasures(fit, "chisq"))
"""


def seconds(call: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def ours(task: str) -> None:
    """Runs in a process of its own: prints seconds and chi-square."""
    from crmlab import sem

    path, model, args, _, _ = TASKS[task]
    frame = pd.read_csv(path)
    frame = frame.assign(logclv=np.log(frame["clv"]))

    def run() -> sem.SemFit:
        fit = sem.sem(model, frame, **args)
        fit.estimates  # noqa: B018  standard errors and tests are part of the work, as in lavaan
        fit.fit_measures  # noqa: B018
        return fit

    fit = run()
    if task == "bootstrap":
        fit.bootstrap(10, seed=1)
        taken = seconds(lambda: fit.bootstrap(RESAMPLES, seed=1), 3)
    else:
        taken = seconds(run, 7)
    print(taken, fit.fit_measures["chisq"])


def apart(command: list[str]) -> tuple[list[str], float]:
    """Run a child process: the words of its last line, and its peak memory in MB."""
    one_thread = {**os.environ, **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=one_thread) as child:
        assert child.stdout is not None
        lines = child.stdout.read().splitlines()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[0]} failed")
    return lines[-1].split(), usage.ru_maxrss / 1024


def lavaan_script(task: str) -> str:
    """The same work in R."""
    path, model, _, extra, _ = TASKS[task]
    timed = "shortest(run, 3)"
    if task == "bootstrap":
        timed = f'shortest(function() bootstrapLavaan(fit, R = {SOME}, FUN = "coef"), 1) * {RESAMPLES / SOME}'
    items = ", ".join(f'"{item}"' for item in ITEMS)
    return LAVAAN.format(data=path, items=items, model=model, extra=extra, timed=timed)


def lavaan_version() -> str | None:
    """None without Rscript or lavaan."""
    if shutil.which("Rscript") is None:
        return None
    probe = 'cat(if (requireNamespace("lavaan", quietly = TRUE)) as.character(packageVersion("lavaan")))'
    done = subprocess.run(["Rscript", "-e", probe], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def report(task: str, version: str | None) -> None:
    """One paragraph for one task."""
    print(f"{task}: goal {TASKS[task][4]}, memory under 500 MB")
    sides = {"crmlab": [sys.executable, __file__, "--ours", task]}
    if version is not None:
        sides[f"lavaan {version}"] = ["Rscript", "-e", lavaan_script(task)]
    times = []
    for name, command in sides.items():
        words, peak = apart(command)
        times.append(float(words[0]))
        print(f"  {name:14s} {times[-1]:8.3f} s   chi-square {float(words[1]):9.4f}   peak {peak:4.0f} MB")
    if len(times) > 1:
        print(f"  lavaan takes {times[1] / times[0]:.1f} times as long")


def main() -> None:
    if sys.argv[1:2] == ["--ours"]:
        ours(sys.argv[2])
        return
    version = lavaan_version()
    if version is None:
        print("lavaan: skipped (no Rscript with lavaan here; Debian: apt-get install r-cran-lavaan)")
    for task in sys.argv[1:] or TASKS:
        report(task, version)


if __name__ == "__main__":
    main()
