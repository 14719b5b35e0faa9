"""`crmlab swift STUDY --cycle k`: one turn of the loop on top of what the earlier ones left."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crmlab.customers.loop_ledger import day_text
from crmlab.customers.swift import Loop, swift_question
from crmlab.errors import StudyError
from crmlab.study import Study

FOLDER = "swift"
NOTHING = {
    "nobody": "no customer was known when the cycle began",
    "all_lost": "all customers are probably lost",
    "all_held_out": "all customers are held out",
    "all_forbidden": "people forbade every action",
    "no_profit": "no action is expected to pay more than it costs",
    "no_budget": "the budget does not reach for one contact that pays",
    "no_capacity": "no channel that pays has room for a contact",
}


def turn_cycle(study: Study, cycle: int, reports: Path, restart: bool = False) -> tuple[Loop, Path]:
    """Run a cycle and write its files into `<reports>/<study>/swift`.

    Raises
    ------
    StudyError
        The folder of reports lies among the data; the study has no contacts or actions; there is no such cycle.
    RunError
        A cycle before it has not been run, or rests on what is no longer so.
    """
    folder = reports / study.name / FOLDER
    data, resolved = study.folder.resolve(), folder.resolve()
    if data == resolved or data in resolved.parents:
        raise StudyError(
            f"{reports}: nothing is written among the data", hint="choose another folder with --out"
        )
    return swift_question(study).turn_one(cycle, folder, restart), folder


def told(loop: Loop, folder: Path) -> str:
    """A few lines for the terminal, phase by phase in the order they were carried out; nobody's id is in them."""
    done, game = loop.turns[-1], loop.game
    plan, past, level = done.plan, loop.past, 100 * game.level
    alive = done.known.p_alive[np.isfinite(done.known.p_alive)]
    start, end = day_text(done.first, game), day_text(done.last, game)
    lines = [f"cycle {done.cycle}: {start} to {end}"]
    known = f"discovery: {len(done.known.customers):,} customers known"
    known += f", still active on average {alive.mean():.1%} (model {done.known.model})" if len(alive) else ""
    returned = past.contact_return
    if returned is not None and "return" in returned:
        known += f"; past contacts brought back {returned['return']:+.0%} of their cost"
    lines.append(known)
    if plan.nothing:
        lines.append(f"planning: do nothing: {NOTHING[plan.nothing]}")
    else:
        held = int((plan.acts["reason"] == "holdout").sum())
        lines.append(
            f"planning: {plan.counts.sum():,} contacts in {(plan.counts > 0).sum()} cells for {plan.spent:,.0f}, "
            f"expected profit {plan.expected:,.0f}; {held:,} customers held out by lot"
        )
    if not done.over:
        lines.append(
            f"interaction: action list written; the cycle ends {end}, run it again then to learn from it"
        )
        lines.append(str(folder / f"cycle-{done.cycle:02d}"))
        return "\n".join(lines)
    assert done.learnt is not None
    assert done.sure is not None
    n, x = done.n.sum(), done.x.sum()
    if n:
        expected = float(done.n @ done.before.rates.mean) / n
        lines.append(
            f"interaction: {n:,.0f} contacts came back, {x / n:.1%} accepted ({expected:.1%} were expected), "
            f"earned {done.earned.sum():,.0f}"
        )
    else:
        lines.append("interaction: no contact with an offer came back")
    moved = int(done.learnt.moved.sum())
    before, after = (
        (high - low).mean()
        for low, high in (state.rates.interval(game.level) for state in (done.before, done.learnt.after))
    )
    what = f"refinement: {level:.0f}% intervals {1 - after / before:.1%} narrower" if after <= before else (
        f"refinement: {level:.0f}% intervals {after / before - 1:.1%} wider"
    )  # fmt: skip
    what += f"; {moved} rates moved, their past counts {game.swift.forget:g}" if moved else "; no rate moved"
    what += (
        f"; {len(done.sure.better)} differences are sure"
        if len(done.sure.better)
        else "; no difference is sure yet"
    )
    lines.append(what)
    lines.append(str(folder / f"cycle-{done.cycle:02d}"))
    return "\n".join(lines)
