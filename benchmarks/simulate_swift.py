"""What the learning loop makes of a market with known best actions: the table of docs/simulations.md.

Run from the project's folder: python benchmarks/simulate_swift.py
"""

from dataclasses import replace

import numpy as np

from crmlab.customers.simulator import Market, growth, market, switched, tried, wrong_claims

RUNS, CYCLES, TURN = 60, 60, 20


def line(name: str, values: list[float]) -> None:
    """Mean and Monte Carlo error of one row."""
    told = np.array(values, dtype=float)
    print(f"| {name} | {told.mean():.3f} ({told.std(ddof=1) / np.sqrt(len(told)):.3f}) |")


def tight(place: Market) -> Market:
    """The same market with a budget and full channels."""
    return replace(place, budget=2000.0, capacity=np.array([150.0, 150.0, 150.0]))


def main() -> None:
    """Print the table."""
    free = [tried(market(seed), CYCLES, seed=1000 + seed) for seed in range(RUNS)]
    narrow = [tried(tight(market(seed)), CYCLES, seed=1000 + seed) for seed in range(RUNS // 4)]
    line("growth of cumulative regret (log-log slope)", [growth(one.cumulative) for one in free])
    line("the same under budget and capacity", [growth(one.cumulative) for one in narrow])
    line(
        "regret of the last ten cycles, of the first cycle's",
        [one.regret[-10:].mean() / one.regret[0] for one in free],
    )
    line("95 % intervals that hold the true rate", [one.covered.mean() for one in free])
    line("cycles with a false alarm of drift (asked: .01)", [float((one.moved > 0).mean()) for one in free])
    loop, frozen, stubborn = [], [], []
    for seed in range(RUNS // 2):
        place = switched(market(seed), TURN, seed)
        loop.append(tried(place, CYCLES, seed=seed).regret[TURN:].sum())
        frozen.append(tried(place, CYCLES, seed=seed, frozen_after=15).regret[TURN:].sum())
        stubborn.append(tried(place, CYCLES, seed=seed, drift=1e-9).regret[TURN:].sum())
    line("regret after a turn of all rates, of a frozen policy's", list(np.array(loop) / np.array(frozen)))
    line("runs in which the loop beats the frozen policy", list(np.array(loop) < np.array(frozen)))
    line("regret after a turn, of a loop's that never forgets", [np.mean(loop) / np.mean(stubborn)] * 2)
    alike = [market(seed, alike=True) for seed in range(2 * RUNS)]
    line("runs with any false claim where all actions are alike (at most .05)", [
        wrong_claims(tried(place, CYCLES, seed=seed), place) > 0 for seed, place in enumerate(alike)
    ])  # fmt: skip
    line("true differences claimed after 60 cycles", [len(one.claimed[-1].better) for one in free])
    line("false ones among them", [wrong_claims(one, market(seed)) for seed, one in enumerate(free)])


if __name__ == "__main__":
    main()
