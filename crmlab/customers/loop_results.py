"""The loop in results: what each cycle brought, what is thought of each cell, the plan, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmlab.customers.board import Claims, State, claims
from crmlab.customers.cycles import Game, Turn
from crmlab.customers.past import Past
from crmlab.customers.response import Rates
from crmlab.files import sha256_text
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.study.swift_spec import PHASES
from crmlab.wilson import wilson

KEPT = 0.05  # share of held-out customers who may be contacted all the same
ORDERS = tuple(PHASES)


def loop_results(game: Game, turns: Sequence[Turn], past: Past) -> dict[str, Result]:
    """Name -> result of the loop, from its cycles in order, and what all contacts say; the last cycle may not be over."""
    over = [one for one in turns if one.over]
    found = {"swift_loop": phases(game, turns, past), "action_plan": action_plan(game, turns[-1])}
    if over:
        found |= {"swift_cycles": cycles(game, over), "swift_claims": sure(game, over[-1])}
    return found | {"swift_cells": cells(game, turns)}


def cycles(game: Game, over: Sequence[Turn]) -> Result:
    """One number a cycle and quantity.

    `contacts`, `accepted`, `rate` (Wilson), `predicted` (what was expected of these contacts beforehand), `spent`,
    `earned`, `planned`, `expected`, `moved` (cells whose rate moved), `strangers`, `held_out`, `width` (mean width of
    the cells' intervals afterwards), `claims`, each `:<cycle>`; `loop_earned`, `loop_spent` over all.
    """
    blocks, rows = [], []
    for one in over:
        k, n, x = one.cycle, one.n.sum(), one.x.sum()
        p, low, high = (float(end) for end in wilson(float(x), float(n), game.level))
        low_end, high_end = _after(one).rates.interval(game.level)
        told = float(one.n @ one.before.rates.mean / n) if n else np.nan
        held = one.plan.acts["reason"].eq("holdout").sum()
        values = {
            "contacts": n, "accepted": x, "predicted": told, "spent": one.spent.sum(), "earned": one.earned.sum(),
            "planned": one.plan.counts.sum(), "expected": one.plan.expected, "moved": _moved(one),
            "strangers": one.strangers, "held_out": held, "held_contacted": one.held_contacted,
            "width": float((high_end - low_end).mean()), "claims": _claims(one),
        }  # fmt: skip
        rows += [{"term": f"{name}:{k}", "estimate": value} for name, value in values.items()]
        rows.append({"term": f"rate:{k}", "estimate": p, "ci_low": low, "ci_high": high})
    blocks.append(tidy_frame(rows))
    blocks.append(
        tidy_frame([
            {"term": "loop_earned", "estimate": sum(one.earned.sum() for one in over)},
            {"term": "loop_spent", "estimate": sum(one.spent.sum() for one in over)},
        ])
    )  # fmt: skip
    last = over[-1]
    reached = last.held_contacted
    checks = [
        Check("check.holdout_kept", not reached > KEPT, reached, f"<= {KEPT:.2f} of the held-out customers"),
        Check("check.answers_came", last.n.sum() > 0, last.n.sum(), "at least 1 contact in the last cycle"),
    ]
    for one in over:
        if _moved(one):
            rule = f"no rate moved (Holm over cells and offers at {game.swift.drift:g})"
            checks.append(Check(f"check.rates_stand:{one.cycle}", False, _moved(one), rule))
    glance = {
        "cycles": len(over),
        "level": game.level,
        "months": game.swift.months,
        "drift": game.swift.drift,
    }
    return Result("model.swift_cycles", pd.concat(blocks), glance, tuple(checks), _source(over))


def cells(game: Game, turns: Sequence[Turn]) -> Result:
    """What was thought of each cell before the first of these cycles and after the last.

    `prior` (interval), `rate` (interval), `contacts`, `accepted`, `profit` (expected of one contact), `best` (probability
    that the cell pays most of its segment), each `:<cell>`.
    """
    names, last = game.board.names, turns[-1]
    start, now = turns[0].before.rates, (_after(last) if last.over else last.before).rates
    blocks = []
    for name, rates in (("prior", start), ("rate", now)):
        low, high = rates.interval(game.level)
        blocks.append(tidy_block(name, names, rates.mean, ci_low=low, ci_high=high))
    n, x = (sum(getattr(one, part) for one in turns) for part in ("n", "x"))
    for name, values in (
        ("contacts", n), ("accepted", x), ("profit", now.mean * last.plan.gain - last.plan.cost), ("best", last.plan.chance),
    ):  # fmt: skip
        blocks.append(tidy_block(name, names, np.asarray(values, dtype=float)))
    return Result("model.swift_cells", pd.concat(blocks), {"level": game.level}, (), _source(turns))


def action_plan(game: Game, one: Turn) -> Result:
    """The plan of a cycle.

    `planned:<cell>`, `each:<cell>` and `profit:<cell>` (expected of one contact, of all), `chosen_<reason>:<cell>`,
    `segment_customers:<s>`, `segment_contacts:<s>`, `channel_contacts:<c>`, `channel_capacity:<c>`, `customers`,
    `contacts`, `reached` (customers), `spent`, `expected`, `bound` (no plan expects more), `idle_<reason>` (customers
    who get nothing), `overridden` (cells that a person decided about), `nothing_<reason>`.
    """
    plan, board, acts = one.plan, game.board, one.plan.acts
    on = np.flatnonzero(plan.counts > 0)
    names = [board.names[k] for k in on]
    made = acts.loc[acts["cell"] >= 0]
    terms: dict[str, float] = {
        "customers": len(one.known.customers), "contacts": plan.counts.sum(), "reached": made["at"].nunique(),
        "spent": plan.spent, "expected": plan.expected, "bound": plan.bound,
        "overridden": int((plan.overridden != "").sum()),
    }  # fmt: skip
    idle = acts.loc[acts["cell"] < 0, "reason"].value_counts()
    terms |= {f"idle_{name}": count for name, count in sorted(idle.items())}
    terms |= {f"chosen_{plan.reason[k]}:{board.names[k]}": 1.0 for k in on}
    size = np.bincount(one.known.segment, minlength=len(board.segments))
    used = np.bincount(board.segment, weights=plan.counts, minlength=len(board.segments))
    by_channel = np.bincount(board.channel, weights=plan.counts, minlength=len(board.channels))
    terms |= {f"segment_customers:{s}": size[k] for k, s in enumerate(board.segments)}
    terms |= {f"segment_contacts:{s}": used[k] for k, s in enumerate(board.segments)}
    terms |= {f"channel_contacts:{c}": by_channel[k] for k, c in enumerate(board.channels)}
    terms |= {
        f"channel_capacity:{name}": channel.capacity
        for name, channel in game.actions.channels.items()
        if channel.capacity is not None
    }  # fmt: skip
    if plan.nothing:
        terms[f"nothing_{plan.nothing}"] = 1.0
    blocks = [
        tidy_frame([{"term": name, "estimate": float(value)} for name, value in terms.items()]),
        tidy_block("planned", names, plan.counts[on].astype(float)),
        tidy_block("each", names, plan.profit[on]),
        tidy_block("profit", names, plan.counts[on] * plan.profit[on]),
    ]
    checks = (
        Check(
            "check.action_pays", not plan.nothing, plan.counts.sum(), "at least 1 contact is expected to pay"
        ),
    )
    glance = {
        "cycle": one.cycle, "over": float(one.over), "contact_limit": game.actions.contact_limit,
        "holdout": game.actions.holdout, "thompson": float(game.swift.policy == "thompson"),
    } | ({} if game.actions.budget is None else {"budget": game.actions.budget})  # fmt: skip
    tidy = pd.concat([block for block in blocks if len(block)])
    return Result("model.action_plan", tidy, glance, checks, _source([one]))


def sure(game: Game, last: Turn) -> Result:
    """What may be said for sure after the last cycle: `better:<cell>~<cell>` with the log of its evidence.

    `pairs` judged; `strongest`, the highest log evidence less what it needs (below 0: nothing may be claimed).
    """
    found: Claims = claims(_after(last), game.board, last.plan.gain, last.plan.cost, game.swift.alpha)
    names = game.board.names
    pairs = [f"{names[a]}~{names[b]}" for a, b in zip(found.better, found.worse, strict=True)]
    terms = [
        {"term": "pairs", "estimate": float(found.pairs)},
        {"term": "claims", "estimate": float(len(pairs))},
    ]
    if np.isfinite(found.strongest):
        terms.append({"term": "strongest", "estimate": found.strongest})
    blocks = [tidy_frame(terms)] + ([tidy_block("better", pairs, found.evidence)] if pairs else [])
    glance = {"alpha": game.swift.alpha}
    return Result("model.swift_claims", pd.concat(blocks), glance, (), _source([last]))


def phases(game: Game, turns: Sequence[Turn], past: Past) -> Result:
    """The numbers of the four phases, for the figure of the loop.

    Discovery and planning of the cycle planned last; interaction and refinement of the last one that is over. Glance
    `order` is 0 where phases are shown in the source's order, 1 in that of 2001.
    """
    last, over = turns[-1], [one for one in turns if one.over]
    known = last.known
    alive = known.p_alive[np.isfinite(known.p_alive)]
    terms = {
        "discovery:customers": len(known.customers),
        "discovery:segments": len(np.unique(known.segment)),
        "planning:contacts": last.plan.counts.sum(), "planning:expected": last.plan.expected,
        "planning:held_out": last.plan.acts["reason"].eq("holdout").sum(),
    }  # fmt: skip
    terms |= {"discovery:p_alive": float(alive.mean())} if len(alive) else {}
    for name, found, term in (
        ("matched", past.identity, "matched"),
        ("return", past.contact_return, "return"),
    ):
        terms |= {f"discovery:{name}": found[term]} if found is not None and term in found else {}
    if over:
        one = over[-1]
        n = one.n.sum()
        terms |= {
            "interaction:contacts": n,
            "refinement:cells": int((one.n > 0).sum()),
            "refinement:moved": _moved(one),
        }
        terms |= {"refinement:claims": _claims(one)}
        if n:
            terms["interaction:rate"] = float(one.x.sum() / n)
        before, after = (_width(state.rates, game.level) for state in (turns[0].before, _after(one)))
        terms["refinement:narrower"] = 1 - after / before
    glance = {
        "cycle": last.cycle, "order": float(ORDERS.index(game.swift.order)), "over": len(over), "level": game.level,
    }  # fmt: skip
    tidy = tidy_frame([{"term": name, "estimate": float(value)} for name, value in terms.items()])
    return Result("model.swift_loop", tidy, glance, (), _source(turns))


def _width(rates: Rates, level: float) -> float:
    low, high = rates.interval(level)
    return float((high - low).mean())


def _after(one: Turn) -> State:
    return one.learnt.after if one.learnt is not None else one.before


def _moved(one: Turn) -> int:
    return int(one.learnt.moved.sum()) if one.learnt is not None else 0


def _claims(one: Turn) -> int:
    return len(one.sure.better) if one.sure is not None else 0


def _source(turns: Sequence[Turn]) -> dict[str, str]:
    return {"data_sha256": sha256_text(*(one.data for one in turns)), **versions()}
