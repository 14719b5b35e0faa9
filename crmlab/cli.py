"""The command line: new, check, freeze, run, example, clv, key."""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from crmlab.errors import CrmlabError, StudyError

if TYPE_CHECKING:
    from crmlab.run.record import StepRecord

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 fine, 2 study, 3 data, 4 model, 5 run, 6 privacy, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except CrmlabError as error:
        _err(f"crmlab: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _err("crmlab: interrupted; finished steps are kept, run again to go on")
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - the one place where our own bugs end
        _err(f"crmlab: a fault of crmlab itself, please report it\n{traceback.format_exc()}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crmlab", description="From a raw CRM questionnaire to a traceable bilingual report."
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    new = commands.add_parser(
        "new", help="write a commented study and a printable questionnaire to start from"
    )
    new.add_argument("name", metavar="NAME", help="lower-case letters, digits and underscores")
    new.set_defaults(command=_new)

    check = commands.add_parser("check", help="admit the data and list every problem, in seconds")
    check.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    check.set_defaults(command=_check)

    freeze = commands.add_parser("freeze", help="freeze a study's design, with a hash, before its data")
    freeze.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    freeze.add_argument("--date", default="", help="day of the freezing, as it is to be printed")
    freeze.set_defaults(command=_freeze)

    run = commands.add_parser("run", help="run studies and write their reports")
    run.add_argument("studies", metavar="STUDY", nargs="+", help="study files, folders, or names below data/")
    run.add_argument("--out", metavar="DIR", type=Path, default=Path("reports"), help="folder of the reports")
    run.add_argument("--jobs", type=int, default=2, metavar="N", help="notebooks at once (default 2)")
    run.add_argument(
        "--only", action="append", default=[], metavar="STEP", help="this step and what it needs (04)"
    )
    run.add_argument("--force", action="store_true", help="run even what has not changed")
    run.add_argument(
        "--resume", action="store_true", help="go on after an interruption (what every run does)"
    )
    run.add_argument(
        "--lang", action="append", default=[], choices=["fa", "en"], help="language of the report"
    )
    run.set_defaults(command=_run)

    example = commands.add_parser("example", help="fetch the data of an example study")
    example.add_argument(
        "name",
        metavar="NAME",
        help="mobi: the ECSI mobile-phone survey; cdnow, completejourney: purchase logs; demo: the simulated study",
    )
    example.set_defaults(command=_example)

    _clv_parser(commands)

    key = commands.add_parser("key", help="make the key that customers' pseudonyms are made with")
    key.add_argument("--if-missing", action="store_true", help="say nothing if there is one already")
    key.set_defaults(command=_key)
    return parser


def _clv_parser(commands: Any) -> None:
    clv = commands.add_parser("clv", help="value the customers of a plain file of purchases, without a study")
    clv.add_argument("ledger", metavar="LEDGER", type=Path, help="a .csv, .xlsx, .parquet or database file")
    for role in ("customer", "date", "amount", "receipt", "currency"):
        clv.add_argument(f"--{role}", metavar="COLUMN", help=f"header of the {role} (guessed by clear names)")
    clv.add_argument("--calendar", choices=["jalali", "gregorian"], help="of the dates (told by their years)")
    for option in ("encoding", "separator", "sheet", "table"):
        clv.add_argument(f"--{option}", help="of the file, if it is not a plain one")
    clv.add_argument("--end", metavar="DAY", help="last day observed (the last one of the file)")
    clv.add_argument(
        "--unit", choices=["D", "W", "M", "Y"], default="W", help="time unit of the model (weeks)"
    )
    clv.add_argument("--model", default="auto", help="auto, bgnbd, mbgnbd, pareto_nbd, bgcnbd or mbgcnbd")
    clv.add_argument("--horizon", type=int, default=36, metavar="MONTHS", help="how far ahead (36)")
    clv.add_argument(
        "--discount", type=float, default=0.10, metavar="RATE", help="a year, 0.10 for 10 percent"
    )
    clv.add_argument(
        "--margin", type=float, default=1.0, metavar="SHARE", help="of spend left after costs (1)"
    )
    clv.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="write the table of customers: .csv, .parquet"
    )
    clv.set_defaults(command=_clv)


def _new(options: argparse.Namespace) -> int:
    from crmlab.start import new_study

    for path in new_study(options.name):
        _out(str(path))
    return 0


def _check(options: argparse.Namespace) -> int:
    from crmlab.data.intake import admit_all
    from crmlab.run.planning import plan
    from crmlab.study import load_study

    study = load_study(options.study)
    plan(study)
    if study.has_maturity or study.has_map:
        from crmlab.enterprise import question

        question(study)
    _out(admit_all(study).summary())
    return 0


def _freeze(options: argparse.Namespace) -> int:
    from crmlab.study import load_study
    from crmlab.study.card_file import freeze_study

    path, card = freeze_study(load_study(options.study), options.date)
    _out(f"{path}  sha256 {card.sha256}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from crmlab.run import Options, run
    from crmlab.study import load_study

    if options.jobs < 1:
        raise StudyError("--jobs must be at least 1")
    _end_on_signals()
    studies = [load_study(where) for where in options.studies]
    names = [study.name for study in studies]
    if len(set(names)) != len(names):
        raise StudyError(f"two of the studies have the same name: {', '.join(names)}")
    for study in studies:
        progress = _Progress(study.name if len(studies) > 1 else "")
        outcome = run(
            study,
            Options(
                reports=options.out,
                jobs=options.jobs,
                only=tuple(options.only),
                force=options.force,
                languages=tuple(dict.fromkeys(options.lang)),
                say=progress,
            ),
        )
        for path in outcome.reports:
            _out(str(path))
    return 0


def _example(options: argparse.Namespace) -> int:
    from crmlab.start import example

    for path in example(options.name):
        _out(str(path))
    return 0


def _clv(options: argparse.Namespace) -> int:
    from crmlab.customers.command import MODELS, Asked, clv_table, summary

    if options.model not in MODELS:
        raise StudyError(f"no model '{options.model}'", hint=f"models: {', '.join(MODELS)}")
    asked = Asked(
        columns={name: getattr(options, name) for name in ("customer", "date", "amount", "receipt", "currency")},
        reading={name: getattr(options, name) for name in ("encoding", "separator", "sheet", "table")},
        calendar=options.calendar, end=options.end, unit=options.unit, model=options.model,
        horizon=options.horizon, discount=options.discount, margin=options.margin, out=options.out,
    )  # fmt: skip
    _out(summary(clv_table(options.ledger, asked)))
    if options.out is not None:
        _out(str(options.out))
    return 0


def _key(options: argparse.Namespace) -> int:
    from crmlab.data.privacy import create_key, has_key

    if options.if_missing and has_key():
        return 0
    _out(f"a new key for pseudonyms: {create_key()}")
    return 0


class _Progress:
    """One line a step on standard error; on a terminal the running step counts its cells."""

    def __init__(self, study: str) -> None:
        self.prefix = f"{study}: " if study else ""
        self.live = sys.stderr.isatty()

    def __call__(self, step: str, record: StepRecord | None, done: int, of: int) -> None:
        if record is None:
            if self.live:
                sys.stderr.write(f"\r\x1b[K{self.prefix}{step}  {done}/{of}")
                sys.stderr.flush()
            return
        start = "\r\x1b[K" if self.live else ""
        took = f"{record.seconds:5.1f} s" if record.status == "run" else "       "
        note = f"  {record.note}" if record.note and record.status != "failed" else ""
        _err(f"{start}{self.prefix}{step:<24}{record.status:<10}{took}{note}")
        for line in record.warnings[:5]:
            _err(f"    warning: {line}")


def _end_on_signals() -> None:
    """Terminate like Ctrl-C; a second one ends at once, without kernels left behind."""
    seen: list[int] = []

    def stop(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        if seen:
            import os

            from crmlab.run.kernels import kill_running

            kill_running()
            os._exit(INTERRUPTED)
        seen.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _version() -> str:
    from crmlab.provenance import package_version

    return f"crmlab {package_version()}"


def _out(text: str) -> None:
    sys.stdout.write(text + "\n")


def _err(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
