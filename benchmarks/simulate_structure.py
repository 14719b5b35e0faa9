"""What becomes of planted effects? Coverage, bias and error rates of structural estimates, as a Markdown table.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH=. .venv/bin/python benchmarks/simulate_structure.py

Planted CRM -> RQ .60, RQ -> CLV .50, CRM -> CLV .15 (indirect .30) between constructs of four items with
loadings .85, .78, .71, .65. The table of the last run stands in docs/simulations.md.
"""

from __future__ import annotations

from crmlab.structure import Population, monte_carlo_power, power_difference

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
