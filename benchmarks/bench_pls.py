"""How fast is the PLS bootstrap? Ours against a plain Python loop, Python's plspm and R's seminr.

    PYTHONPATH=. .venv/bin/python benchmarks/bench_pls.py [resamples] [--peer PYTHON] [--rscript RSCRIPT]

The first model has 24 items and 6 constructs, the second is that of the bundled study: 52 items, 13
constructs, 3 second-order constructs; n = 400. The peers are GPL and never a dependency: plspm lives in an
environment of its own, PYTHON is its interpreter (`make bench-pls` makes it in .venv-peer-pls), and seminr in
R's library. Each peer resamples a few times, and its time is scaled up; where one is missing its ratio is
left out, with the reason. All are timed in seconds of the processor, ours over all its threads: on a busy
machine a clock would tell who waited longest.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab import pls
from crmlab.data.simulate import DIMENSIONS, simulate

PATHS = [("CRM", "RQ"), ("RQ", "CLV"), ("CRM", "CLV")]
BLOCKS = {name: [f"{name}{i}" for i in range(1, 5)] for names in DIMENSIONS.values() for name in names}
WHOLES = {whole: {"of": list(parts), "method": "two_stage"} for whole, parts in DIMENSIONS.items()}
Model = tuple[dict[str, list[str]], list[tuple[str, str]]]
SPREAD = [(a, b) for x, y in PATHS for a in DIMENSIONS[x] for b in DIMENSIONS[y]]


def answers() -> pd.DataFrame:
    """400 simulated respondents, reverse items turned, gaps filled."""
    frame = simulate(400, 20240101).survey
    frame = frame.assign(ORG3=6 - frame["ORG3"], LOY4=6 - frame["LOY4"])
    items = frame[[item for block in BLOCKS.values() for item in block]]
    return items.fillna(items.mean())


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def loop(frame: pd.DataFrame, resamples: int) -> None:
    """What a textbook program does: draw rows, standardise, iterate, regress; one resample after another."""
    rng = np.random.default_rng(1)
    X = frame.to_numpy()
    for _ in range(resamples):
        rows = X[rng.integers(0, len(X), len(X))]
        scores = textbook(rows, BLOCKS, SPREAD)
        textbook(scores, {whole: list(how["of"]) for whole, how in WHOLES.items()}, PATHS)


def textbook(X: np.ndarray, blocks: dict[str, list[str]], paths: list[tuple[str, str]]) -> np.ndarray:
    """One plain PLS run (mode A, path weighting) on an array whose columns stand in block order."""
    names = list(blocks)
    ends = np.cumsum([len(block) for block in blocks.values()])
    place = {n: slice(e - len(blocks[n]), e) for n, e in zip(names, ends, strict=True)}
    before = {n: [names.index(a) for a, b in paths if b == n] for n in names}
    after = {n: [names.index(b) for a, b in paths if a == n] for n in names}
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    w, old = np.ones(Z.shape[1]), np.zeros(Z.shape[1])
    for _ in range(300):
        Y = np.column_stack([Z[:, place[n]] @ w[place[n]] for n in names])
        spread = Y.std(axis=0)
        Y = Y / spread
        w = w / np.repeat(spread, [len(block) for block in blocks.values()])
        if np.abs(w - old).sum() < 1e-7:
            break
        old = w.copy()
        for j, n in enumerate(names):
            inner = np.zeros(len(Z))
            if before[n]:
                inner += Y[:, before[n]] @ np.linalg.lstsq(Y[:, before[n]], Y[:, j], rcond=None)[0]
            for k in after[n]:
                inner += np.corrcoef(Y[:, j], Y[:, k])[0, 1] * Y[:, k]
            w[place[n]] = Z[:, place[n]].T @ inner / len(Z)
    for j, n in enumerate(names):
        if before[n]:
            np.linalg.lstsq(Y[:, before[n]], Y[:, j], rcond=None)
    return Y


PLSPM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd
from plspm.config import MV, Config, Structure
from plspm.mode import Mode
from plspm.plspm import Plspm
from plspm.scheme import Scheme
frame, told = pd.read_csv(sys.argv[1]), json.loads(sys.argv[2])
structure = Structure()
for source, target in told["paths"]:
    structure.add_path([source], [target])
model = Config(structure.path(), scaled=True)
for name, items in told["blocks"].items():
    model.add_lv(name, Mode.A, *[MV(item) for item in items])
rng, n = np.random.default_rng(1), len(frame)
Plspm(frame, model, Scheme.PATH)
start = time.process_time()
for _ in range(told["runs"]):
    found = Plspm(frame.iloc[rng.integers(0, n, n)].reset_index(drop=True), model, Scheme.PATH)
    found.path_coefficients()
print(json.dumps((time.process_time() - start) / told["runs"]))
"""
SEMINR = """
suppressMessages(library(seminr))
told <- commandArgs(TRUE)
frame <- read.csv(told[1]); runs <- as.integer(told[2]); blocks <- strsplit(strsplit(told[3], ";")[[1]], "=")
paths <- strsplit(strsplit(told[4], ";")[[1]], ">")
measure <- do.call(constructs, lapply(blocks, function(b) composite(b[1], strsplit(b[2], ",")[[1]])))
inner <- do.call(relationships, lapply(paths, function(p) paths(from = p[1], to = p[2])))
fit <- suppressMessages(estimate_pls(frame, measure, inner))
took <- system.time(suppressMessages(bootstrap_model(fit, nboot = runs, cores = 1, seed = 1)))
cat((took[["user.self"]] + took[["sys.self"]] + took[["user.child"]] + took[["sys.child"]]) / runs)
"""


def plspm(python: str | None, frame: pd.DataFrame, model: Model, runs: int = 20) -> float | str:
    """Seconds a resample of Python's plspm, or why there is none."""
    if python is None:
        return "no --peer given"
    told = json.dumps({"blocks": model[0], "paths": model[1], "runs": runs})
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "answers.csv"
        frame.to_csv(data, index=False)
        return told_by([python, "-c", PLSPM, str(data), told])


def seminr(rscript: str | None, frame: pd.DataFrame, model: Model, runs: int = 100) -> float | str:
    """Seconds a resample of R's seminr, or why there is none."""
    rscript = rscript or shutil.which("Rscript")
    if rscript is None:
        return "R is not installed"
    asked = [rscript, "-e", "cat(requireNamespace('seminr', quietly = TRUE))"]
    if "TRUE" not in subprocess.run(asked, capture_output=True, text=True, check=False).stdout:
        return "R has no seminr"
    blocks = ";".join(f"{name}={','.join(items)}" for name, items in model[0].items())
    paths = ";".join(f"{a}>{b}" for a, b in model[1])
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "answers.csv", Path(folder) / "peer.R"
        frame.to_csv(data, index=False)
        script.write_text(SEMINR, encoding="utf-8")
        return told_by([rscript, str(script), str(data), str(runs), blocks, paths])


def told_by(command: list[str]) -> float | str:
    """The last line a peer prints, as a number; else its last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return float(lines[-1])


ASKED = ("path", "indirect", "loading", "htmt", "alpha", "ave")


def small() -> Model:
    """24 items, six constructs, eight paths."""
    names = [name for parts in DIMENSIONS.values() for name in parts][:6]
    a, b, c, d, e, f = names
    paths = [(a, c), (b, c), (a, d), (c, d), (c, e), (d, e), (d, f), (e, f)]
    return {name: BLOCKS[name] for name in names}, paths


def promised(peer: str | None, rscript: str | None) -> None:
    """10,000 resamples, n = 400, 24 items, 6 constructs: under 0.6 s on 2 cores; peers; memory with 60 items."""
    blocks, paths = small()
    frame = answers()
    fit = pls.fit(frame, blocks, paths)
    used = frame[[item for block in blocks.values() for item in block]]
    work = lambda ci="percentile": fit.bootstrap(10_000, seed=1, ci=ci).result(*ASKED)  # noqa: E731
    for ci in ("percentile", "bca"):
        took = seconds(lambda ci=ci: work(ci), 5)
        print(f"10,000 resamples of 24 items, six constructs, with {ci} intervals: {took:.3f} s")
    cpu = min(processor(work) for _ in range(3))
    print(f"  of the processor, all threads together: {cpu:.3f} s")
    for name, one in (
        ("plspm (Python), one run a resample", plspm(peer, used, (blocks, paths))),
        ("seminr (R), bootstrap_model on one core", seminr(rscript, used, (blocks, paths))),
    ):
        if isinstance(one, str):
            print(f"  {name}: left out: {one}")
        else:
            print(f"  {name}: {one * 10_000:.0f} s of the processor, {one * 10_000 / cpu:.0f} times as long")
    memory()


def processor(call: Callable[[], object]) -> float:
    """Seconds of the processor, over all threads."""
    start = time.process_time()
    call()
    return time.process_time() - start


def memory() -> None:
    """Peak memory of 10,000 resamples of 60 items."""
    wide = {f"C{k}": [f"i{k}_{j}" for j in range(6)] for k in range(10)}
    rng = np.random.default_rng(1)
    common = rng.standard_normal((400, 1))
    items = 0.6 * common + 0.8 * rng.standard_normal((400, 60))
    data = pd.DataFrame(items, columns=[item for block in wide.values() for item in block])
    long = [(f"C{k}", f"C{k + 1}") for k in range(9)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = seconds(lambda: pls.fit(data, wide, long).bootstrap(10_000, seed=1).result(), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"10,000 resamples of 60 items: {took:.3f} s, peak {peak:.0f} MB (before it {before:.0f} MB)")


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("resamples", nargs="?", type=int, default=5000)
    ask.add_argument("--peer")
    ask.add_argument("--rscript")
    told = ask.parse_args()
    promised(told.peer, told.rscript)
    frame, resamples = answers(), told.resamples
    fit = pls.fit(frame, BLOCKS, PATHS, higher_order=WHOLES)
    ours = min(processor(lambda: fit.bootstrap(resamples, seed=1)) for _ in range(3))
    quantities = len(fit.bootstrap(2, seed=1).terms)
    print(
        f"the study's model, {resamples} resamples, {quantities} quantities each: {ours:.3f} s of the processor"
    )
    some = 50
    plain = processor(lambda: loop(frame, some)) * resamples / some
    print(
        f"plain Python loop (paths only), scaled from {some}: {plain:.1f} s, {plain / ours:.0f} times as long"
    )


if __name__ == "__main__":
    main()
