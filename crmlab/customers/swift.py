"""Swift's loop over a study: look back on contacts, turn cycle after cycle, and save what was learnt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.customers.artefacts import write_artefacts
from crmlab.customers.board import Board
from crmlab.customers.contact_log import ContactLog, contact_log
from crmlab.customers.cycles import Game, Turn, names_of, segments_of, turn
from crmlab.customers.loop_ledger import load, save, state_before, state_of, with_turn
from crmlab.customers.loop_results import loop_results
from crmlab.customers.overrides import read_overrides
from crmlab.customers.past import Past, past_contacts
from crmlab.customers.question import question
from crmlab.customers.valuer import Money
from crmlab.customers.windows import EPOCH, Prices
from crmlab.data.contacts import admit_contacts
from crmlab.data.dates import stamp
from crmlab.data.ledger import Ledger, admit_ledger
from crmlab.data.warehouse import Warehouse
from crmlab.errors import StudyError
from crmlab.result import Result
from crmlab.study import Study


@dataclass(frozen=True, eq=False)
class Loop:
    """The loop from cycle 1 to the one that is planned next.

    Attributes
    ----------
    game : settings and data
    turns : cycles in order; the last one may not be over
    ledger : one row a cycle and cell
    past : results on all past contacts
    language : of the words in the files
    """

    game: Game
    turns: tuple[Turn, ...]
    ledger: pd.DataFrame
    past: Past
    language: str

    @cached_property
    def results(self) -> dict[str, Result]:
        """Name -> result."""
        return loop_results(self.game, self.turns, self.past)


@dataclass(frozen=True, eq=False)
class SwiftQuestion:
    """A study's contacts, purchases and settings, ready to be asked."""

    study: Study
    log: ContactLog
    game: Game

    @cached_property
    def past(self) -> Past:
        """What all contacts say."""
        return self.past_before(self.game.observed + 1)

    def past_before(self, day: int) -> Past:
        """What the contacts before a day (since 1970) say, by what was known then."""
        game, rows = self.game, self.log.rows
        known = game.known_on(day)
        log = (
            self.log
            if (rows["day"] < day).all()
            else replace(self.log, rows=rows.loc[rows["day"] < day], aside={})
        )
        days = None
        if game.days is not None and (game.days.day < day).any():
            days = game.days.until(day - 1)
        return past_contacts(log, game.actions, game.board, game.money_of(known)[0], days, game.level)

    def turn_all(self) -> Loop:
        """Every cycle that is over, and the plan of the next one."""
        game = self.game
        ledger, turns, state = pd.DataFrame(), list[Turn](), game.prior()
        for cycle in range(1, game.over + 2):
            turns.append(turn(game, cycle, state))
            ledger = with_turn(game, ledger, turns[-1])
            if turns[-1].over:
                state = state_of(ledger.loc[ledger["cycle"] == cycle])
        return Loop(game, tuple(turns), ledger, self.past, self.study.languages[0])

    def turn_one(self, cycle: int, folder: Path, restart: bool = False) -> Loop:
        """One cycle on top of the ledger in `folder`, which it leaves changed; files are replaced whole.

        Raises
        ------
        StudyError
            There is no such cycle.
        RunError
            A cycle before it has not been run, or rests on what is no longer so.
        """
        game = self.game
        if not 1 <= cycle <= game.over + 1:
            raise StudyError(
                f"--cycle {cycle}: the contacts reach to cycle {game.over}; cycle {game.over + 1} can be planned",
                hint=f"--cycle 1 to --cycle {game.over + 1}",
            )
        if restart and cycle != 1:
            raise StudyError("--restart begins with cycle 1", hint="--cycle 1 --restart")
        ledger = load(folder).iloc[:0] if restart else load(folder)
        done = turn(game, cycle, state_before(game, ledger, cycle, self.study.name))
        ledger = with_turn(game, ledger, done)
        loop = Loop(game, (done,), ledger, self.past_before(done.first), self.study.languages[0])
        write_artefacts(game, done, folder, loop.language, loop.past)
        if done.over:
            save(folder, ledger)
        return loop


def swift_question(study: Study, folder: str | Path | None = None) -> SwiftQuestion:
    """The study's contacts and purchases: those that step 02 saved in `folder`, else admitted anew.

    Raises
    ------
    StudyError
        The study has no contacts or no actions; the loop starts after the last contact.
    DataError, PrivacyError
        As the admission of contacts and ledger.
    """
    actions, swift = study.actions, study.spec.swift
    if folder is not None:
        rows = Warehouse.load(folder).table("contacts")
        ledger = Ledger.load(folder) if study.has_ledger else None
    else:
        admitted = admit_contacts(study)
        assert admitted is not None  # study.actions says so
        rows = admitted.rows
        ledger = admit_ledger(study) if study.has_ledger else None
    declared = study.spec.contacts
    assert declared is not None
    log = contact_log(rows, actions, declared.file)
    asked = question(ledger, study)
    days = asked.base["days"] if asked.base else None
    board = Board(segments_of(days), names_of(actions.offers), names_of(actions.channels), log.slots)
    if not len(log.rows):
        raise StudyError("swift: the contact log is empty", file=study.file, key="contacts.file")
    start, observed = _start(study, log), int(log.rows["day"].max())
    if ledger is not None:
        observed = max(observed, (ledger.window.end - EPOCH).days)
    game = Game(
        actions, swift, log, days, asked.value["money"] if asked.value else Money(), study.behaviour.unit,
        study.behaviour.model, _prices(ledger), board, start, observed, declared.calendar,
        read_overrides(study, board.segments), study.seed, study.estimator.level,
    )  # fmt: skip
    return SwiftQuestion(study, log, game)


def save_loop(loop: Loop, folder: str | Path) -> list[Path]:
    """Knowledge, plan and interactions of the last cycle, and the ledger, into the folder "loop" below `folder`."""
    game, folder = loop.game, Path(folder) / "loop"
    written = write_artefacts(game, loop.turns[-1], folder, loop.language, loop.past, flat=True)
    return [*written, save(folder, loop.ledger)] if len(loop.ledger) else written


def _start(study: Study, log: ContactLog) -> int:
    """First day of cycle 1."""
    declared, asked = study.spec.contacts, study.spec.swift.start
    assert declared is not None
    first = int(log.rows["day"].min())
    if asked is None:
        from datetime import timedelta

        from crmlab.jalali import from_gregorian, to_gregorian

        moment = EPOCH + timedelta(days=first)
        if declared.calendar == "gregorian":
            return (moment.replace(day=1) - EPOCH).days
        y, m, _ = from_gregorian(moment)
        return (to_gregorian(y, m, 1) - EPOCH).days
    try:
        found = stamp(asked, declared.calendar)
    except ValueError as error:
        raise StudyError(str(error), file=study.file, key="swift.start") from None
    if found is None:
        raise StudyError(f"'{asked}' is no day", file=study.file, key="swift.start")
    start = (found.date() - EPOCH).days
    if start > int(log.rows["day"].max()):
        raise StudyError("the loop starts after the last contact", file=study.file, key="swift.start")
    return start


def _prices(ledger: Ledger | None) -> Prices:
    if ledger is None or ledger.deflator is None:
        return Prices(np.zeros(0, dtype=np.int64), np.zeros(0))
    index = ledger.deflator
    days = index.index.to_numpy().astype("datetime64[D]").astype(np.int64)
    return Prices(days, index.to_numpy(dtype=float))
