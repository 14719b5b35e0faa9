"""Which data a study has, and what it says of each of them."""

from __future__ import annotations

from crmlab.errors import StudyError
from crmlab.study import spec as schema
from crmlab.study.agreed import Agreed
from crmlab.study.contract_spec import Contracts
from crmlab.study.design_spec import Design
from crmlab.study.enterprise_spec import Enterprise
from crmlab.study.ledger_spec import Behaviour, Ledger
from crmlab.study.segments_spec import LifeCycle
from crmlab.study.swift_spec import Actions


class DataParts(Agreed):
    """A study by its tables: survey, ledger, contacts, contracts, ratings, offices."""

    @property
    def has_survey(self) -> bool:
        """True if there are answers to a questionnaire."""
        return self.spec.survey is not None

    @property
    def survey(self) -> schema.Survey:
        """Where the answers are and how they are written.

        Raises
        ------
        StudyError
            The study has no survey.
        """
        if self.spec.survey is None:
            raise StudyError("this study has no survey", file=self.file, key="survey")
        return self.spec.survey

    def asks(self, item: str) -> bool:
        """True if the survey asked this question."""
        return self.has_survey and item in self.items and item not in self.survey.absent

    @property
    def has_ledger(self) -> bool:
        """True if there are transactions."""
        return self.spec.ledger is not None

    @property
    def ledger(self) -> Ledger:
        """Where the transactions are and how they are written.

        Raises
        ------
        StudyError
            The study has no ledger.
        """
        if self.spec.ledger is None:
            raise StudyError("this study has no ledger", file=self.file, key="ledger")
        return self.spec.ledger

    @property
    def behaviour(self) -> Behaviour:
        """How purchases are modelled and valued."""
        return self.spec.behaviour

    @property
    def has_contacts(self) -> bool:
        """True if there is a log of contacts."""
        return self.spec.contacts is not None

    @property
    def has_contracts(self) -> bool:
        """True if there are customers under contract."""
        return self.spec.contracts is not None

    @property
    def contracts(self) -> Contracts:
        """Where the contracts are, how they are written, and what an offer to stay costs.

        Raises
        ------
        StudyError
            The study has no contracts.
        """
        if self.spec.contracts is None:
            raise StudyError("this study has no contracts", file=self.file, key="contracts")
        return self.spec.contracts

    @property
    def has_design(self) -> bool:
        """True if the study says what it expects before data."""
        return self.spec.design is not None and self.has_survey

    @property
    def design(self) -> Design:
        """What is expected before data, and the sample that is to show it; defaults where nothing is said."""
        return self.spec.design or Design()

    @property
    def has_maturity(self) -> bool:
        """True if there are ratings of maturity, goals, needs, or peers to learn from."""
        spec = self.spec
        return any((spec.ratings, spec.goals, spec.needs, spec.benchmark, spec.enterprise.needs))

    @property
    def has_map(self) -> bool:
        """True if there is a canvas, a construct or path that speaks for one of its blocks, or a panel of offices."""
        spec = self.spec
        return any((spec.canvas, spec.office_panel, spec.enterprise.answers, spec.enterprise.effects))

    @property
    def enterprise(self) -> Enterprise:
        """What is asked of ratings, goals, canvas and panel."""
        return self.spec.enterprise

    @property
    def life_cycle(self) -> LifeCycle:
        """By which rule a customer is in a stage."""
        return self.spec.life_cycle

    @property
    def has_actions(self) -> bool:
        """True if there are contacts, and the study says what may be offered in them."""
        return self.spec.contacts is not None and self.spec.actions is not None

    @property
    def actions(self) -> Actions:
        """What may be offered to customers.

        Raises
        ------
        StudyError
            The study has no contacts, or says nothing of actions.
        """
        if self.spec.contacts is None or self.spec.actions is None:
            lacks = "contacts" if self.spec.contacts is None else "actions"
            raise StudyError(f"this study has no {lacks}", file=self.file, key=lacks)
        return self.spec.actions
