"""What people decided against the plan, by their role: read from a file, kept in the ledger of the loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.customers.board import Board
from crmlab.data.match import locate
from crmlab.data.persian import is_blank, key, number
from crmlab.data.read import read_table
from crmlab.errors import DataError
from crmlab.study import Study

COLUMNS = ("cycle", "segment", "offer", "channel", "decision", "role", "reason")
DECISIONS = ("forbid", "only")


@dataclass(frozen=True, slots=True)
class Override:
    """One decision. Blank words mean all; cycle 0 means every one.

    Attributes
    ----------
    cycle : of the decision
    segment, offer, channel : what it is about
    decision : "forbid" these cells, or allow "only" these in their segments
    role : who decided, as a function
    reason : in words
    """

    cycle: int
    segment: str
    offer: str
    channel: str
    decision: str
    role: str
    reason: str


def read_overrides(study: Study, segments: tuple[str, ...]) -> tuple[Override, ...]:
    """The decisions in the study's file; none without one.

    Raises
    ------
    DataError
        A column that is not there; a cycle, segment, offer, channel, decision or role that is not known.
    """
    declared = study.actions.overrides
    if declared is None:
        return ()
    table = read_table(study.path_of(declared.file), declared)
    cells = {
        name: table.columns[locate(table, name, f"actions.overrides.{name}")]
        for name in COLUMNS
        if name != "reason" or any(key(str(head)) == "reason" for head in table.headers[-1])
    }
    known = {
        "segment": segments, "offer": tuple(study.actions.offers), "channel": tuple(study.actions.channels),
        "decision": DECISIONS, "role": declared.roles,
    }  # fmt: skip
    found = []
    for row in range(len(table)):
        said = {name: _text(column[row]) for name, column in cells.items()}
        if not any(said.values()):
            continue
        rows = table.seen([row])
        for name, words in known.items():
            must = name in ("decision", "role")
            match = next((word for word in words if key(word) == key(said[name])), "")
            if (said[name] or must) and not match:
                raise DataError(
                    f"'{said[name]}' is no {name}" if said[name] else f"there is no {name}",
                    column=name, hint=f"one of {', '.join(words)}", file=table.file, rows=rows,
                )  # fmt: skip
            said[name] = match
        turn = number(said["cycle"]) if said["cycle"] else 0
        if turn is None or turn < 0 or turn != int(turn):
            raise DataError(
                f"'{said['cycle']}' is no cycle",
                column="cycle",
                hint="1, 2, ... or blank",
                file=table.file,
                rows=rows,
            )
        found.append(Override(int(turn), *(said.get(name, "") for name in COLUMNS[1:])))
    return tuple(found)


def restricted(
    board: Board, overrides: tuple[Override, ...], cycle: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(m,) which cells are allowed, the role that restricted a cell or its segment, and cells of an "only"."""
    m = len(board.names)
    allowed, roles, chosen = np.ones(m, dtype=bool), np.full(m, "", dtype=object), np.zeros(m, dtype=bool)
    keys = (board.segments, board.offers, board.channels)
    for one in overrides:
        if one.cycle not in (0, cycle):
            continue
        hit = np.ones(m, dtype=bool)
        for place, word in enumerate((one.segment, one.offer, one.channel)):
            if word:
                hit &= board.places[:, place] == keys[place].index(word)
        if one.decision == "forbid":
            allowed &= ~hit
            roles[hit] = one.role
        else:
            touched = np.isin(board.segment, np.unique(board.segment[hit]))
            allowed &= hit | ~touched
            chosen |= hit
            roles[touched] = one.role
    return allowed, roles, chosen & allowed


def _text(cell: object) -> str:
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return "" if cell is None or is_blank(text) else text.strip()
