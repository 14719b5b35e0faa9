"""How fast are the purchase models? Ours against Python's lifetimes, as ratios.

    PYTHONPATH=. .venv/bin/python benchmarks/bench_clv.py [--peer PYTHON] [--sizes 2357,100000,1000000]
        [--pareto 2357,100000,1000000] [--patience 900]

lifetimes 0.11.3 needs an older NumPy, so it lives in an environment of its own; PYTHON is that environment's
interpreter (`make bench-clv` makes it in .venv-peer). Without it the ratios are left out, with the reason.
Customers are simulated from BG/NBD and Pareto/NBD at CDNOW's parameters, in whole days, with twelve weeks of
acquisition and 39 weeks of observation; both programs are given the same arrays, and each is timed from
arrays to estimates, in seconds of the processor: on a busy machine a clock would tell who waited longest. A
peer that takes longer than the patience is stopped, and its ratio is a lower bound.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crmlab import clv

BG, PARETO = (0.243, 4.414, 0.793, 2.426), (0.553, 10.578, 0.606, 11.669)
PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
import lifetimes
x, t_x, T = np.load(sys.argv[2])
model = {"bgnbd": lifetimes.BetaGeoFitter, "pareto_nbd": lifetimes.ParetoNBDFitter}[sys.argv[1]]()
start = time.process_time()
model.fit(x, t_x, T)
took = time.process_time() - start
print(json.dumps({"seconds": took, "loglik": float(-model._negative_log_likelihood_ * len(x))
                  if hasattr(model, "_negative_log_likelihood_") else None,
                  "params": {k: float(v) for k, v in model.params_.items()}}))
"""


def customers(n: int, model: str, rng: np.random.Generator) -> np.ndarray:
    """(3, n): x, t_x, T of simulated customers, in weeks of whole days."""
    T = np.ceil(rng.uniform(27, 39, n) * 7)
    r, alpha = (BG if model == "bgnbd" else PARETO)[:2]
    rate = rng.gamma(r, 1 / alpha, n) / 7
    if model == "bgnbd":
        life = rng.geometric(np.maximum(rng.beta(*BG[2:], n), 1e-12)).astype(float)
        death = rng.gamma(life) / rate
        x = np.where(death <= T, life, 0.0)
        t_x = np.where(death <= T, death, 0.0)
        alive = np.flatnonzero(death > T)
        x[alive] = rng.poisson(rate[alive] * T[alive])
        span = T[alive]
    else:
        death = rng.exponential(1 / (rng.gamma(PARETO[2], 1 / PARETO[3], n) / 7))
        alive, span = np.arange(n), np.minimum(T, death)
        x, t_x = rng.poisson(rate * span).astype(float), np.zeros(n)
    t_x[alive] = np.where(x[alive] > 0, span * rng.random(len(alive)) ** (1 / np.maximum(x[alive], 1)), 0)
    t_x = np.where(x > 0, np.clip(np.ceil(t_x), 1, T), 0)
    x = np.minimum(x, t_x)
    return np.array([x, t_x / 7, T / 7])


def seconds(call: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def peer(python: str | None, model: str, data: np.ndarray, patience: float) -> dict | str:
    """What lifetimes takes and finds, or the reason why there is no number."""
    if python is None:
        return "no --peer given"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npy"
        np.save(path, data)
        command = [python, "-c", PEER, model, str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)
        except subprocess.TimeoutExpired:
            return f"lifetimes was stopped after {patience:g} s of the clock"
    if done.returncode:
        return f"lifetimes failed: {done.stderr.strip().splitlines()[-1][:100]}"
    return json.loads(done.stdout)


def compare(model: str, n: int, python: str | None, patience: float) -> str:
    """One line: ours, theirs, their ratio, and by how much each log-likelihood is below ours at their estimate."""
    fit, data = getattr(clv, model), customers(n, model, np.random.default_rng(n))
    ours = fit(*data)
    took = seconds(lambda: fit(*data), 5 if n < 10_000 else 2)
    line = f"{model:<12}{n:>10}{len(ours.buyers.x):>10}{took:>10.3f}"
    theirs = peer(python, model, data, patience)
    if isinstance(theirs, str):
        return f"{line}  {theirs}"
    below = ours.loglik - clv.given(model, {k: theirs["params"][k] for k in ours.params}, *data).loglik
    return line + f"{theirs['seconds']:>14.2f}{theirs['seconds'] / took:>8.1f}  {below:.2g}"


def main() -> None:
    """One line per model and size."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--peer")
    ask.add_argument("--sizes", default="2357,100000,1000000")
    ask.add_argument("--pareto", default="2357,100000,1000000")
    ask.add_argument("--patience", type=float, default=900.0)
    told = ask.parse_args()
    head = ("model", "customers", "histories", "ours, s", "lifetimes, s", "ratio")
    print("{:<12}{:>10}{:>10}{:>10}{:>14}{:>8}  theirs below ours".format(*head))
    for model, sizes in (("bgnbd", told.sizes), ("pareto_nbd", told.pareto)):
        for n in map(int, filter(None, sizes.split(","))):
            print(compare(model, n, told.peer, told.patience), flush=True)


if __name__ == "__main__":
    main()
