"""What becomes of planted effects? Coverage, bias and error rates of structural estimates, as a Markdown table.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/simulate_structure.py

Planted CRM -> RQ .60, RQ -> CLV .50, CRM -> CLV .15 (indirect .30) between constructs of four items with
loadings .85, .78, .71, .65. The table of the last run stands in docs/simulations.md.
"""

from __future__ import annotations

import numpy as np

from crmlab.structure import Population, monte_carlo_power, power_difference
from crmlab.structure.population import draw

LOADINGS = (0.85, 0.78, 0.71, 0.65)
PATHS = {("CRM", "RQ"): 0.60, ("RQ", "CLV"): 0.50, ("CRM", "CLV"): 0.15}
N, REPLICATIONS = 400, 1000
INDIRECT = f"CLV~RQ~CRM.{N}"
STUDIES: tuple[tuple[str, dict, dict], ...] = (
    ("SEM, ML", {"points": None}, {"engine": "sem", "estimator": "ML"}),
    ("SEM, MLR", {"points": None}, {"engine": "sem", "estimator": "MLR"}),
    ("SEM, MLR, five points", {"points": 5}, {"engine": "sem", "estimator": "MLR"}),
    ("SEM, MLR, 5 % of cells missing", {"points": None, "missing": 0.05}, {"estimator": "MLR"}),
    ("Consistent PLS", {"points": None}, {"engine": "plsc"}),
    ("PLS", {"points": None}, {"engine": "pls"}),
)


def population(paths: dict = PATHS, **more: object) -> Population:
    """Three constructs of four items."""
    items = {c: {f"{c}{k}": v for k, v in enumerate(LOADINGS, 1)} for c in ("CRM", "RQ", "CLV")}
    return Population(items, paths, **more)  # type: ignore[arg-type]


def sum_scores(n: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indirect effects (samples,) of standardised sums of items by least squares, and their Sobel errors."""
    Y = draw(population(points=None), n, samples, np.random.default_rng(seed))
    sums = Y.reshape(samples, n, 3, 4).sum(axis=3)
    R = np.array([np.corrcoef(one.T) for one in sums])
    xm, my, xy = R[:, 0, 1], R[:, 1, 2], R[:, 0, 2]
    b = (my - xm * xy) / (1 - xm**2)
    left = 1 - (my**2 + xy**2 - 2 * xm * my * xy) / (1 - xm**2)  # of the variance of CLV
    va, vb = (1 - xm**2) / (n - 2), left / (1 - xm**2) / (n - 3)
    return xm * b, np.sqrt(b**2 * va + xm**2 * vb)


def main() -> None:
    """Print the tables."""
    print(
        f"| estimator | mean of the indirect effect (.30) | its 95 % interval holds .30 | n = {N}: failed |"
    )
    print("|---|---|---|---|")
    for name, what, how in STUDIES:
        found = monte_carlo_power(
            population(**what), [N], replications=REPLICATIONS, seed=1, workers=2, **how
        )
        share, error = found[f"coverage:{INDIRECT}"], found.cell(f"coverage:{INDIRECT}", "std_error")
        mean = found[f"mean:{INDIRECT}"]
        print(f"| {name} | {mean:.3f} | {share:.3f} ({error:.3f}) | {found[f'failed:{N}']:.0f} |", flush=True)
    estimate, error = sum_scores(N, REPLICATIONS, 1)
    holds = (np.abs(estimate - 0.30) <= 1.959964 * error).mean()
    print(f"| Sums of items, least squares | {estimate.mean():.3f} | {holds:.3f} | 0 |", flush=True)
    lower = population(PATHS | {("RQ", "CLV"): 0.20}, points=None)
    same, other = population(points=None), population(points=None)
    for name, groups in (("no difference", (same, other)), ("a difference of .30", (same, lower))):
        found = power_difference(
            dict(zip("ab", groups, strict=True)), [100, 200, 400], replications=REPLICATIONS
        )
        for n in (100, 200, 400):
            term = f"power:CLV~RQ.a-b.{n}"
            print(
                f"| {name}, {n} a group | {found[term]:.3f} ({found.cell(term, 'std_error'):.3f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
