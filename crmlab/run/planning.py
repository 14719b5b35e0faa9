"""What runs, in which order, and what each step rests on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from crmlab.errors import StudyError
from crmlab.files import sha256_file, sha256_text
from crmlab.provenance import code_hash, versions
from crmlab.study import Study
from crmlab.study.author_files import author_files
from crmlab.study.card_file import card_path
from crmlab.study.spec import STEPS
from crmlab.study.strict_model import TableFile
from crmlab.study.worth_questions import no_worth

GUIDE, DESIGN, INTAKE, REPORT = STEPS[0], "01_study_design", "02_data_intake", STEPS[-1]
NEEDS = {
    GUIDE: (),
    DESIGN: (),
    "02_data_intake": (),
    "03_sample_description": (INTAKE,),
    "04_measurement": (INTAKE,),
    "05_structure_mediation": (INTAKE,),
    "06_lifecycle_groups": (INTAKE,),
    "07_behavioural_clv": (INTAKE,),
    "08_value_of_rq": (INTAKE,),
    "09_maturity": (),
    "10_enterprise_map": (),
    "11_swift_loop": (INTAKE,),
    "12_robustness_evidence": (INTAKE, "05_structure_mediation"),
}
USES = {  # read where they run
    "06_lifecycle_groups": (DESIGN,),
    "09_maturity": (INTAKE, "07_behavioural_clv"),
    "10_enterprise_map": (INTAKE, "05_structure_mediation", "09_maturity"),
}
OF_THE_SURVEY = ("03_sample_description", "04_measurement", "05_structure_mediation")
OF_THE_LEDGER = ("07_behavioural_clv",)
EVIDENCE = "12_robustness_evidence"


@dataclass(frozen=True, slots=True)
class Step:
    """One notebook of a study's run.

    Attributes
    ----------
    name : also the notebook's name and its folder of results
    needs : steps whose results it reads
    skip : why it does not run for this study; empty if it runs
    """

    name: str
    needs: tuple[str, ...]
    skip: str = ""


def plan(study: Study) -> tuple[Step, ...]:
    """The steps of a study in an order they can run in; those it has no use for carry the reason.

    Raises
    ------
    StudyError
        A step needs one that does not run, or a text of the author's belongs to no section.
    """
    author_files(study)
    steps: list[Step] = []
    for name in STEPS:
        skip = "not among the study's steps" if name not in study.steps else _no_use(study, name)
        running = tuple(step.name for step in steps if not step.skip)
        also = tuple(step for step in USES.get(name, ()) if step in running)
        needs = running if name == REPORT else NEEDS[name] + also
        missing = [need for need in needs if need not in running]
        if missing and not skip:
            raise StudyError(
                f"step {name} needs {missing[0]}", file=study.file, key="steps", hint=f"add {missing[0]}"
            )
        steps.append(Step(name, needs, skip))
    return tuple(steps)


def _no_use(study: Study, name: str) -> str:
    """Why a study has no use for a step; empty if it has."""
    if name == DESIGN and not study.has_design:
        return "the study file has no design"
    if name == "09_maturity" and not study.has_maturity:
        return "the study has no ratings, goals, needs or benchmark"
    if name == "10_enterprise_map" and not study.has_map:
        return "the study has no canvas, nothing that speaks for its blocks, and no office_panel"
    if name == "08_value_of_rq" and study.worth is None:
        return no_worth(study)
    if name == "11_swift_loop" and not study.has_actions:
        return "the study has no contacts, or names no actions"
    admitted = (study.has_survey, study.has_ledger, study.has_contracts, study.spec.contacts is not None)
    if name == EVIDENCE and not (study.has_survey and study.paths):
        return "the study has no paths to follow further, or to set beside those of others"
    if name == INTAKE and not any(admitted):
        return "the study has neither a survey nor customers"
    if name in OF_THE_SURVEY and not study.has_survey:
        return "the study has no survey"
    if name in OF_THE_LEDGER and not study.has_behaviour:
        return "the study has no ledger, contracts, contacts, prospects or segments"
    if name == "06_lifecycle_groups" and not study.has_life:
        return "the study names no groups and has neither a ledger nor questions on stage, phase or channel"
    return "the study has no paths" if name == "05_structure_mediation" and not study.paths else ""


def notebook_of(name: str) -> Path:
    """The notebook of a step: of the checkout crmlab stands in, or of the installed package."""
    return shipped("notebooks") / f"{name}.ipynb"


def shipped(folder: str) -> Path:
    """A folder that comes with crmlab ("notebooks", "data/demo"), in a checkout or in an installed package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / folder
    return checkout if (package.parent / "pyproject.toml").is_file() else package / "shipped" / folder


def inputs_of(study: Study, step: Step) -> dict[Path, str]:
    """Files of the user's that a step reads, each with the key of the study file that names it."""
    if step.name == DESIGN:
        return _of_the_design(study)
    if step.name == REPORT:
        works = study.spec.report.references
        cited = {study.path_of(works): "report.references"} if works else {}
        return cited | {file.path: "text" for file in author_files(study)}
    spec = study.spec
    firm: dict[str, list[tuple[str, TableFile | None]]] = {
        "09_maturity": [
            ("ratings.file", spec.ratings),
            ("goals.file", spec.goals),
            ("needs.file", spec.needs),
            ("members.file", spec.members),
            ("benchmark.file", spec.benchmark),
        ],
        "10_enterprise_map": [
            ("canvas.file", spec.canvas),
            ("office_panel.file", spec.office_panel),
            ("members.file", spec.members),
        ],
    }
    if spec.literature.file is not None and step.name == EVIDENCE:
        return {study.path_of(spec.literature.file): "literature.file"}
    if spec.actions is not None:
        firm["11_swift_loop"] = [("actions.overrides.file", spec.actions.overrides)]
    if step.name != INTAKE:
        return {study.path_of(table.file): key for key, table in firm.get(step.name, ()) if table is not None}
    named: list[tuple[str, TableFile | None]] = [("survey.file", spec.survey)]
    named += [("ledger.files", file) for file in spec.ledger.files] if spec.ledger else []
    named += [
        ("contacts.file", spec.contacts),
        ("prospects.file", spec.prospects),
        ("contracts.file", spec.contracts),
    ]
    named.append(("behaviour.deflator.file", spec.behaviour.deflator))
    return {study.path_of(table.file): key for key, table in named if table is not None}


def _of_the_design(study: Study) -> dict[Path, str]:
    """Ratings by experts, and the design card if there is one."""
    asked = study.design.experts
    named = [("necessity", asked.necessity), ("relevance", asked.relevance)]
    found = {study.path_of(one.file): f"design.experts.{key}.file" for key, one in named if one is not None}
    card = card_path(study)
    return found | ({card: "design"} if card.exists() else {})


def key_of(study: Study, step: Step, languages: tuple[str, ...], outputs: dict[str, dict[str, str]]) -> str:
    """A hash of everything a step's results depend on; the same key means the same results.

    Parameters
    ----------
    outputs : step -> file -> hash, of the steps that ran before
    """
    asked = study.spec.model_dump(mode="json", exclude={"languages", "steps"})
    return sha256_text(
        step.name,
        json.dumps(asked, sort_keys=True, ensure_ascii=False),
        json.dumps(languages if step.name == REPORT else study.steps if step.name == GUIDE else []),
        sha256_file(notebook_of(step.name)),
        code_hash(),
        json.dumps(versions(), sort_keys=True),
        json.dumps({path.name: sha256_file(path) for path in inputs_of(study, step)}, sort_keys=True),
        json.dumps({need: outputs.get(need, {}) for need in step.needs}, sort_keys=True),
    )
