"""Everything a study brings, admitted at once: survey, ledger, contacts, prospects, and the warehouse of all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from crmlab.data.admitted import Survey
from crmlab.data.contacts import Log, admit_contacts, admit_prospects
from crmlab.data.contracts import Contracts, admit_contracts
from crmlab.data.ledger import Ledger, admit_ledger
from crmlab.data.problems import Problems
from crmlab.data.survey import admit
from crmlab.data.warehouse import Warehouse, fill
from crmlab.result import Result
from crmlab.study.study import Study


@dataclass(frozen=True, eq=False)
class Intake:
    """What a study has; None where it has not.

    Attributes
    ----------
    survey : the admitted answers
    ledger : the admitted transactions
    contacts, prospects : the admitted logs beside it
    contracts : the admitted contracts
    """

    survey: Survey | None
    ledger: Ledger | None
    contacts: Log | None
    prospects: Log | None
    contracts: Contracts | None = None

    @cached_property
    def flow(self) -> Result | None:
        """Where the rows of the survey went."""
        return self.survey.flow() if self.survey else None

    @cached_property
    def quality(self) -> Result | None:
        """Blank and repaired cells of the survey's items."""
        return self.survey.quality() if self.survey else None

    @cached_property
    def ledger_flow(self) -> Result | None:
        """Where the rows of the ledger went."""
        return self.ledger.flow() if self.ledger else None

    @cached_property
    def contract_flow(self) -> Result | None:
        """Where the rows of the contracts went."""
        return self.contracts.flow() if self.contracts else None

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, of what the study has."""
        found = {"flow": self.flow, "quality": self.quality, "ledger_flow": self.ledger_flow}
        found["contract_flow"] = self.contract_flow
        return {name: result for name, result in found.items() if result is not None}

    def save(self, folder: str | Path) -> Warehouse | None:
        """Write the admitted tables into `folder`, and fill the warehouse there if the study has more than a survey."""
        if self.survey is not None:
            self.survey.save(folder)
        if self.ledger is not None:
            self.ledger.save(folder)
        if self.contracts is not None:
            self.contracts.save(folder)
        if self.ledger is None and self.contacts is None and self.prospects is None:
            return None
        return fill(folder, self.ledger, self.contacts, self.prospects, self.survey)

    def summary(self) -> str:
        """All flows and failed checks in a few lines of plain text."""
        told = [part.summary() for part in (self.survey, self.ledger, self.contracts) if part is not None]
        for log in (self.contacts, self.prospects):
            if log is not None:
                told.append(
                    f"{log.name}: {log.read} rows read, {len(log.refused)} refused, {len(log.rows)} kept"
                )
        return "\n".join(told)


def admit_all(study: Study) -> Intake:
    """Admit everything a study names.

    Raises
    ------
    DataError, DataErrors
        What is wrong with any of the files, told at once.
    StudyError, PrivacyError
        As `admit` and `admit_ledger`.
    """
    problems = Problems()
    survey = ledger = contacts = prospects = contracts = None
    with problems.gather():
        survey = admit(study) if study.has_survey else None
    with problems.gather():
        ledger = admit_ledger(study) if study.has_ledger else None
    with problems.gather():
        contacts = admit_contacts(study)
    with problems.gather():
        prospects = admit_prospects(study)
    with problems.gather():
        contracts = admit_contracts(study)
    problems.tell()
    return Intake(survey, ledger, contacts, prospects, contracts)
