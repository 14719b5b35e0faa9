"""How long does the Monte Carlo power of a full design take? The bundled 52 items in second order.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/bench_power.py [workers]

1,000 replications at 150, 200, 300 and 400 respondents: SEM by maximum likelihood of complete answers, of
answers with 3 % of the cells missing (full information, robust errors), and PLS with 200 resamples of each.
The goal of the first is 300 s on two cores.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from crmlab.structure import expected_population, monte_carlo_power
from crmlab.study import load_study

ROOT = Path(__file__).resolve().parent.parent
SIZES = (150, 200, 300, 400)
EFFECTS = {"H1": 0.60, "H2": 0.50, "H3": 0.15}
TASKS: tuple[tuple[str, float, dict], ...] = (
    ("SEM, ML, complete", 0.0, {"engine": "sem"}),
    ("SEM, MLR, 3 % missing", 0.03, {"engine": "sem", "estimator": "MLR"}),
    ("PLS, 200 resamples", 0.0, {"engine": "pls"}),
)


def main() -> None:
    """Run every task and tell seconds, power of H3 and H4, and failed fits."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    study = load_study(ROOT / "data" / "demo")
    print(f"{'task':24} {'seconds':>8}  power of CLV~CRM at {SIZES}; samples without a solution")
    for name, missing, how in TASKS:
        start = time.perf_counter()
        population = expected_population(study, EFFECTS, missing=missing)
        found = monte_carlo_power(population, SIZES, workers=workers, **how)
        seconds = time.perf_counter() - start
        power = ", ".join(f"{found[f'power:CLV~CRM.{n}']:.3f}" for n in SIZES)
        failed = sum(found[f"failed:{n}"] for n in SIZES)
        print(f"{name:24} {seconds:8.1f}  {power}; {failed:.0f}", flush=True)


if __name__ == "__main__":
    main()
