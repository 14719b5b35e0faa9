"""The commands and their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from crmlab.cli import commands


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="crmlab", description="From a raw CRM questionnaire to a traceable bilingual report."
    )
    made.add_argument("--version", action="version", version=_version())
    offered = made.add_subparsers(metavar="COMMAND", required=True)

    new = offered.add_parser(
        "new", help="write a commented study and a printable questionnaire to start from"
    )
    new.add_argument("name", metavar="NAME", help="lower-case letters, digits and underscores")
    new.set_defaults(command=commands.new)

    check = offered.add_parser("check", help="admit the data and list every problem, in seconds")
    check.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    check.set_defaults(command=commands.check)

    freeze = offered.add_parser("freeze", help="freeze a study's design, with a hash, before its data")
    freeze.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    freeze.add_argument("--date", default="", help="day of the freezing, as it is to be printed")
    freeze.set_defaults(command=commands.freeze)

    run = offered.add_parser("run", help="run studies and write their reports")
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
    run.set_defaults(command=commands.run)

    example = offered.add_parser("example", help="fetch the data of an example study")
    example.add_argument(
        "name",
        metavar="NAME",
        help="mobi: the ECSI mobile-phone survey; cdnow, completejourney: purchase logs; demo: the simulated study",
    )
    example.set_defaults(command=commands.example)

    _clv_parser(offered)
    _audit_parser(offered)

    verify = offered.add_parser("verify", help="compute a study again and say where a report differs")
    verify.add_argument(
        "report", metavar="REPORT", type=Path, help="a .html, .docx or .pdf report of the study"
    )
    verify.add_argument("--study", required=True, help="a study file, its folder, or its name below data/")
    verify.add_argument("--lang", choices=["fa", "en"], default="", help="of the report (told by its name)")
    verify.add_argument("--jobs", type=int, default=2, metavar="N", help="notebooks at once (default 2)")
    verify.set_defaults(command=commands.verify)

    export = offered.add_parser("export", help="write the scored data and the model for SPSS, R and SmartPLS")
    export.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    export.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="folder of the files (reports/STUDY/exports)"
    )
    export.set_defaults(command=commands.export)

    swift = offered.add_parser("swift", help="turn the learning loop of contacts once: plan, act, learn")
    swift.add_argument("study", metavar="STUDY", help="a study file, its folder, or its name below data/")
    swift.add_argument("--cycle", type=int, required=True, metavar="K", help="which cycle, from 1 on")
    swift.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("reports"), help="folder of the reports"
    )
    swift.add_argument("--restart", action="store_true", help="forget what was learnt; with --cycle 1")
    swift.set_defaults(command=commands.swift)

    key = offered.add_parser("key", help="make the key that customers' pseudonyms are made with")
    key.add_argument("--if-missing", action="store_true", help="say nothing if there is one already")
    key.set_defaults(command=commands.key)
    return made


def _clv_parser(offered: Any) -> None:
    clv = offered.add_parser("clv", help="value the customers of a plain file of purchases, without a study")
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
    clv.set_defaults(command=commands.clv)


def _audit_parser(offered: Any) -> None:
    audit = offered.add_parser(
        "audit", help="recompute the tables of somebody's thesis (.docx, .csv) and list disagreements"
    )
    audit.add_argument("file", metavar="FILE", type=Path, help="a Word document, or a CSV file of tables")
    audit.add_argument("--lang", choices=["fa", "en"], default="en", help="language of the findings (en)")
    audit.add_argument(
        "-o", "--out", type=Path, metavar="PAGE", help="write them to a .html or .txt file as well"
    )
    audit.set_defaults(command=commands.audit)


def _version() -> str:
    from crmlab.provenance import package_version

    return f"crmlab {package_version()}"
