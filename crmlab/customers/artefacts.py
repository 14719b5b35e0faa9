"""What a cycle leaves for people to use: knowledge.json, plan.csv, interactions.csv."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.board import ANY
from crmlab.customers.cycles import Game, Turn
from crmlab.customers.loop_ledger import day_text, safe
from crmlab.customers.past import Past
from crmlab.data.simulate import PERSIAN_DIGITS
from crmlab.files import write_text

REASONS = "action_reasons.csv"
GROUPS_OF_THREE, DECIMAL = "\u066c", "\u066b"  # between thousands, and before decimals, in Persian


@cache
def reasons() -> dict[str, dict[str, str]]:
    """Reason -> language -> sentence with the fields rate, profit, chance, role."""
    text = files("crmlab.study").joinpath("catalogue", REASONS).read_text(encoding="utf-8")
    import csv
    import io

    return {row["reason"]: {"en": row["en"], "fa": row["fa"]} for row in csv.DictReader(io.StringIO(text))}


def plan_table(game: Game, turn: Turn, language: str) -> pd.DataFrame:
    """One row a cell that is used: how many contacts, what is expected, and why."""
    board, plan, rates = game.board, turn.plan, turn.before.rates
    on = np.flatnonzero(plan.counts > 0)
    low, high = rates.interval(game.level)
    sentence = reasons()
    because = [
        sentence[plan.reason[k]][language].format(
            rate=f"{100 * rates.mean[k]:.1f}", profit=f"{plan.profit[k]:,.0f}",
            chance=f"{100 * plan.chance[k]:.0f}", role=plan.overridden[k],
        )
        for k in on
    ]  # fmt: skip
    if language == "fa":
        because = [
            text.translate(PERSIAN_DIGITS).replace(",", GROUPS_OF_THREE).replace(".", DECIMAL)
            for text in because
        ]
    return pd.DataFrame({
        "cycle": turn.cycle, "first_day": day_text(turn.first, game), "last_day": day_text(turn.last, game),
        "segment": [board.segments[s] for s in board.segment[on]], "offer": [board.offers[o] for o in board.offer[on]],
        "channel": [board.channels[c] for c in board.channel[on]], "hours": [board.slots[t] for t in board.places[on, 3]],
        "contacts": plan.counts[on], "rate": rates.mean[on], "rate_low": low[on], "rate_high": high[on],
        "margin": plan.gain[on], "cost": plan.cost[on], "profit_each": plan.profit[on],
        "profit": plan.counts[on] * plan.profit[on], "chance_best": plan.chance[on],
        "reason": plan.reason[on], "role": plan.overridden[on], "because": because,
    })  # fmt: skip


def interactions_table(game: Game, turn: Turn) -> pd.DataFrame:
    """One row a contact to make, and one for each customer who gets none, with the reason; customers by pseudonym."""
    board, acts = game.board, turn.plan.acts
    cell = acts["cell"].to_numpy()
    does = cell >= 0

    def of(names: tuple[str, ...], places: np.ndarray) -> np.ndarray:
        return np.where(does, np.array(names, dtype=object)[places[np.maximum(cell, 0)]], "")

    return pd.DataFrame({
        "cycle": turn.cycle, "customer": acts["customer"],
        "segment": np.array(board.segments, dtype=object)[acts["segment"].to_numpy()],
        "action": np.where(does, "contact", "none"), "offer": of(board.offers, board.offer),
        "channel": of(board.channels, board.channel), "hours": of(board.slots, board.places[:, 3]),
        "reason": acts["reason"],
    })  # fmt: skip


def knowledge(game: Game, turn: Turn, past: Past | None) -> dict[str, object]:
    """What discovery knows when the cycle begins: segments, who is still there, rates thought of, past returns."""
    known, rates, board = turn.known, turn.before.rates, game.board
    low, high = rates.interval(game.level)
    segments = {}
    for place, name in enumerate(board.segments):
        mine = known.segment == place
        segments[name] = {
            "customers": int(mine.sum()), "p_alive": _mean(known.p_alive[mine]), "value": _mean(known.value[mine]),
            "purchase_margin": _number(known.purchase[place]),
        }  # fmt: skip
    cells = {
        name: {"rate": rates.mean[k], "low": low[k], "high": high[k], "contacts_so_far": rates.hits[k] + rates.misses[k]}
        for k, name in enumerate(board.names)
    }  # fmt: skip
    found: dict[str, object] = {
        "cycle": turn.cycle, "first_day": day_text(turn.first, game), "last_day": day_text(turn.last, game),
        "customers": len(known.customers), "model": known.model, "segments": segments, "rates": cells,
    }  # fmt: skip
    for name, result in (past.results if past is not None else {}).items():
        rows = result.tidy.itertuples(index=False)
        found[name] = {
            str(row.term): {"estimate": _number(row.estimate), "low": _number(row.ci_low), "high": _number(row.ci_high)}
            for row in rows
        }  # fmt: skip
    return found


def write_artefacts(
    game: Game, turn: Turn, folder: Path, language: str, past: Past | None, flat: bool = False
) -> list[Path]:
    """Write the three files of a cycle into its own folder (or `folder` itself), each whole or not at all."""
    place = folder if flat else folder / f"cycle-{turn.cycle:02d}"
    told = json.dumps(_plain(knowledge(game, turn, past)), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(place / "knowledge.json", told + "\n")
    for name, table in (
        ("plan.csv", plan_table(game, turn, language)),
        ("interactions.csv", interactions_table(game, turn)),
    ):
        hours = [] if game.board.slots != (ANY,) else ["hours"]
        text = safe(table.drop(columns=hours)).to_csv(index=False, lineterminator="\n")
        write_text(place / name, text)
    return [place / name for name in ("knowledge.json", "plan.csv", "interactions.csv")]


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _plain(thing: object) -> object:
    if isinstance(thing, dict):
        return {key: _plain(value) for key, value in thing.items()}
    if isinstance(thing, np.generic):
        return thing.item()
    return thing
