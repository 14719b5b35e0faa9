"""What each command does; the work is imported when it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

from crmlab.cli.terminal import Progress, end_on_signals, out
from crmlab.errors import StudyError

DISAGREES = 7  # a document was read, and some of its numbers cannot all be right


def new(options: argparse.Namespace) -> int:
    """Write a new study."""
    from crmlab.start import new_study

    for path in new_study(options.name):
        out(str(path))
    return 0


def check(options: argparse.Namespace) -> int:
    """Admit the data and list every problem."""
    from crmlab.data.intake import admit_all
    from crmlab.report.printed import admit_words
    from crmlab.run.planning import plan
    from crmlab.study import load_study

    study = load_study(options.study)
    admit_words(study)
    plan(study)
    if study.has_maturity or study.has_map:
        from crmlab.enterprise import question

        question(study)
    out(admit_all(study).summary())
    if study.has_actions:
        from crmlab.customers import swift_question

        swift_question(study)
    return 0


def freeze(options: argparse.Namespace) -> int:
    """Freeze the design."""
    from crmlab.study import load_study
    from crmlab.study.card_file import freeze_study

    path, card = freeze_study(load_study(options.study), options.date)
    out(f"{path}  sha256 {card.sha256}")
    return 0


def run(options: argparse.Namespace) -> int:
    """Run studies and write their reports."""
    from crmlab.report.printed import admit_words
    from crmlab.run import Options, run
    from crmlab.study import load_study

    if options.jobs < 1:
        raise StudyError("--jobs must be at least 1")
    end_on_signals()
    studies = [load_study(where) for where in options.studies]
    names = [study.name for study in studies]
    if len(set(names)) != len(names):
        raise StudyError(f"two of the studies have the same name: {', '.join(names)}")
    for study in studies:
        admit_words(study)
    for study in studies:
        progress = Progress(study.name if len(studies) > 1 else "")
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
            out(str(path))
    return 0


def example(options: argparse.Namespace) -> int:
    """Fetch an example."""
    from crmlab.start import example

    for path in example(options.name):
        out(str(path))
    return 0


def clv(options: argparse.Namespace) -> int:
    """Value the customers of a plain file."""
    from crmlab.customers.command import MODELS, Asked, clv_table, summary

    if options.model not in MODELS:
        raise StudyError(f"no model '{options.model}'", hint=f"models: {', '.join(MODELS)}")
    asked = Asked(
        columns={name: getattr(options, name) for name in ("customer", "date", "amount", "receipt", "currency")},
        reading={name: getattr(options, name) for name in ("encoding", "separator", "sheet", "table")},
        calendar=options.calendar, end=options.end, unit=options.unit, model=options.model,
        horizon=options.horizon, discount=options.discount, margin=options.margin, out=options.out,
    )  # fmt: skip
    out(summary(clv_table(options.ledger, asked)))
    if options.out is not None:
        out(str(options.out))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Compute again and compare a report."""
    from crmlab.run import Options
    from crmlab.run.verify import verify
    from crmlab.study import load_study

    end_on_signals()
    asked = Options(jobs=max(1, options.jobs), say=Progress(""))
    found = verify(options.report, load_study(options.study), asked, options.lang)
    out(str(found))
    return DISAGREES if found.differences else 0


def export(options: argparse.Namespace) -> int:
    """Write data and model for other programs."""
    from crmlab.data.survey import admit
    from crmlab.report.exports import export_study
    from crmlab.study import load_study

    study = load_study(options.study)
    if not study.has_survey:
        raise StudyError("the study has no survey to export", file=study.file)
    for path in export_study(study, admit(study), options.out or Path("reports") / study.name / "exports"):
        out(str(path))
    return 0


def audit(options: argparse.Namespace) -> int:
    """Examine a thesis."""
    from crmlab.examiner import examine, write_examination

    found = examine(options.file)
    if options.out is not None:
        write_examination(found, options.out, options.lang)
    out(found.told(options.lang))
    return DISAGREES if found.disagreements else 0


def swift(options: argparse.Namespace) -> int:
    """Turn the learning loop once."""
    from crmlab.customers.swift_command import told, turn_cycle
    from crmlab.study import load_study

    out(told(*turn_cycle(load_study(options.study), options.cycle, options.out, options.restart)))
    return 0


def key(options: argparse.Namespace) -> int:
    """Make the key of pseudonyms."""
    from crmlab.data.privacy import create_key, has_key

    if options.if_missing and has_key():
        return 0
    out(f"a new key for pseudonyms: {create_key()}")
    return 0
