"""The guide of a study: what will run and what not, which statements of the source it answers, which model answers what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmlab.present import guide_tables
from crmlab.present.blocks import Table
from crmlab.present.names import reader
from crmlab.result import Result
from crmlab.run.planning import plan
from crmlab.study.claims import coverage

if TYPE_CHECKING:
    from crmlab.study import Study


@dataclass(frozen=True)
class Guide:
    """What notebook 00 shows and saves.

    Attributes
    ----------
    results : "coverage": the statements of the source, and whether this study's steps answer them
    plan : every step with what it needs, and why it is skipped
    claims : every statement of the source with the steps that take it up
    choices : which model answers which question
    """

    results: dict[str, Result]
    plan: Table
    claims: Table
    choices: Table


def guide(study: Study) -> Guide:
    """The guide of one study, in its first language.

    Examples
    --------
    >>> from crmlab import load_study
    >>> found = guide(load_study("data/demo"))  # doctest: +SKIP
    >>> found.results["coverage"].cell("claims")  # doctest: +SKIP
    93.0
    """
    steps = plan(study)
    running = [step.name for step in steps if not step.skip]
    language = reader(study, study.languages[0])
    return Guide(
        {"coverage": coverage(running)},
        guide_tables.plan(steps, language),
        guide_tables.coverage(language, running),
        guide_tables.choices(language),
    )
