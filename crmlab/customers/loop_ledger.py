"""The memory of the loop: one row a cycle and cell, with prior, data, posterior, decision and what it brought."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.board import State
from crmlab.customers.cycles import Game, Turn
from crmlab.customers.response import Rates
from crmlab.customers.windows import EPOCH, data_hash
from crmlab.data.dates import jalali
from crmlab.errors import DataError, RunError
from crmlab.files import sha256_text, write_text
from crmlab.provenance import frame_hash

FILE = "ledger.csv"
NUMBERS = (
    "prior_a", "prior_b", "contacts", "accepted", "spent", "moved", "posterior_a", "posterior_b", "base_a", "base_b",
    "hits", "misses", "sure_x", "sure_n", "resets", "planned", "gain", "cost", "expected", "realised",
)  # fmt: skip
WORDS = ("first_day", "last_day", "cell", "reason", "role", "claim", "data_sha256", "settings_sha256")


def rows_of(game: Game, turn: Turn) -> pd.DataFrame:
    """The rows of a cycle that is over."""
    if turn.learnt is None or turn.sure is None:
        raise RunError(f"swift: cycle {turn.cycle} is not over; nothing can be learnt from it yet")
    before, after, plan, board = turn.before, turn.learnt.after, turn.plan, game.board
    claim = np.full(len(board.names), "", dtype=object)
    for better, worse in zip(turn.sure.better, turn.sure.worse, strict=True):
        claim[better] = " ".join(filter(None, (claim[better], f">{board.names[worse]}")))
    table = {
        "cycle": turn.cycle, "first_day": day_text(turn.first, game), "last_day": day_text(turn.last, game),
        "cell": np.array(board.names, dtype=object),
        "prior_a": before.rates.a, "prior_b": before.rates.b, "contacts": turn.n, "accepted": turn.x,
        "spent": turn.spent, "moved": turn.learnt.moved.astype(float),
        "posterior_a": after.rates.a, "posterior_b": after.rates.b, "base_a": after.rates.base_a,
        "base_b": after.rates.base_b, "hits": after.rates.hits, "misses": after.rates.misses,
        "sure_x": after.sure_x, "sure_n": after.sure_n, "resets": after.resets,
        "planned": plan.counts.astype(float), "gain": plan.gain, "cost": plan.cost,
        "expected": plan.counts * plan.profit, "realised": turn.earned,
        "reason": plan.reason, "role": plan.overridden, "claim": claim,
        "data_sha256": turn.data, "settings_sha256": settings_hash(game),
    }  # fmt: skip
    return pd.DataFrame(table)


def state_of(rows: pd.DataFrame) -> State:
    """What a cycle left, from its rows."""
    take = {name: rows[name].to_numpy(dtype=float) for name in NUMBERS}
    rates = Rates(take["base_a"], take["base_b"], take["hits"], take["misses"])
    return State(rates, take["sure_x"], take["sure_n"], take["resets"])


def settings_hash(game: Game) -> str:
    """What all cycles rest on: actions, the loop's settings, the seed, and the past before cycle 1."""
    made = game.log.made
    past = made.loc[made["day"] < game.start]
    asked = (game.actions.model_dump_json(), game.swift.model_dump_json(exclude={"order"}))
    decided = "" if not game.overrides else frame_hash(pd.DataFrame([vars_of(one) for one in game.overrides]))
    return sha256_text(
        *asked, str(game.seed), str(game.start), "|".join(game.board.names), data_hash(past), decided
    )


def vars_of(one: object) -> dict[str, str]:
    """The fields of a decision as text."""
    return {name: str(getattr(one, name)) for name in one.__slots__}  # type: ignore[attr-defined]


def load(folder: str | Path) -> pd.DataFrame:
    """The ledger in `folder`; an empty one where there is none.

    Raises
    ------
    DataError
        The file is not a ledger of the loop.
    """
    path = Path(folder) / FILE
    columns = ["cycle", *WORDS, *NUMBERS]
    if not path.is_file():
        return pd.DataFrame({name: pd.Series([], dtype=object) for name in columns})
    text = path.read_text(encoding="utf-8")
    try:
        frame = pd.read_csv(io.StringIO(text), keep_default_na=False, dtype=str)
        lacking = [name for name in columns if name not in frame]
        known = {name: [float(cell) for cell in frame[name]] for name in NUMBERS if name in frame}
        known |= {"cycle": [int(cell) for cell in frame["cycle"]]} if "cycle" in frame else {}
        frame = frame.assign(**known)
    except ValueError as error:
        raise DataError(
            f"is no ledger of the loop: {error}", file=path, hint="crmlab swift STUDY --cycle 1 --restart"
        ) from None
    if lacking:
        raise DataError(
            f"is no ledger of the loop: it lacks {lacking[0]}", file=path, hint="crmlab swift STUDY --cycle 1 --restart"
        )  # fmt: skip
    return frame


def save(folder: str | Path, ledger: pd.DataFrame) -> Path:
    """Write the ledger, whole or not at all."""
    path = Path(folder) / FILE
    write_text(path, safe(ledger).to_csv(index=False, lineterminator="\n"))
    return path


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Words that a spreadsheet would take for a formula stand behind an apostrophe."""

    def guarded(text: object) -> object:
        return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

    return frame.assign(**{
        str(name): frame[name].map(guarded) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])
    })  # fmt: skip


def state_before(game: Game, ledger: pd.DataFrame, cycle: int, name: str) -> State:
    """What the cycle before left; the prior before cycle 1.

    Raises
    ------
    RunError
        An earlier cycle has not been run; its contacts, or what all cycles rest on, are no longer what they were.
    """
    known = set(ledger["cycle"])
    for earlier in range(1, cycle):
        if earlier not in known:
            raise RunError(
                f"swift: cycle {cycle} needs cycle {earlier}, which has not been run",
                hint=f"crmlab swift {name} --cycle {earlier}",
            )
    again = f"crmlab swift {name} --cycle 1 --restart"
    now = settings_hash(game)
    for earlier in sorted(known):
        rows = ledger.loc[ledger["cycle"] == earlier]
        if rows["settings_sha256"].iloc[0] != now:
            raise RunError(
                f"swift: the study's actions, or the contacts before cycle 1, are not those that cycle {earlier} was run with",
                hint=f"to begin anew: {again}",
            )
        if rows["data_sha256"].iloc[0] != game.data(int(earlier)):
            raise RunError(
                f"swift: the contacts of cycle {earlier}, or the purchases before it, have changed since it was run",
                hint=f"to begin anew: {again}",
            )
    return game.prior() if cycle == 1 else state_of(ledger.loc[ledger["cycle"] == cycle - 1])


def with_turn(game: Game, ledger: pd.DataFrame, turn: Turn) -> pd.DataFrame:
    """The ledger with a cycle's rows in their place; those of the same cycle are replaced by equal ones."""
    if not turn.over:
        return ledger
    rows = rows_of(game, turn)
    if not len(ledger):
        return rows
    others = ledger.loc[ledger["cycle"] != turn.cycle, list(rows.columns)]
    return pd.concat([others, rows], ignore_index=True).sort_values("cycle", kind="stable", ignore_index=True)


def day_text(day: int, game: Game) -> str:
    """A day in the calendar of the contacts."""
    moment = EPOCH + pd.Timedelta(days=day).to_pytimedelta()
    return jalali(moment) if game.calendar == "jalali" else moment.isoformat()
