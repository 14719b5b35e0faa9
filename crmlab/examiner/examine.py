"""The examination of one document: every rule over what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crmlab.examiner import (
    fit_rules,
    measurement_rules,
    prose_rules,
    row_rules,
    sample_rules,
    told,
    variance_rules,
)
from crmlab.examiner.document import read_document
from crmlab.examiner.finding import Finding
from crmlab.examiner.thesis import Outcome, Thesis
from crmlab.examiner.vocabulary import fold, words
from crmlab.files import sha256_file
from crmlab.present.language import Language

RULES: tuple[Callable[[Thesis], Iterator[Outcome]], ...] = (
    *sample_rules.RULES,
    *measurement_rules.RULES,
    *fit_rules.RULES,
    *row_rules.RULES,
    *variance_rules.RULES,
    *prose_rules.RULES,
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at and what came out.

    Attributes
    ----------
    file, sha256 : the document
    tables, understood, sentences : how many there are, and how many tables numbers were read from
    checked : how many numbers were recomputed or compared
    findings : disagreements first, then notes, each in the order of the document's rules
    """

    file: str
    sha256: str
    tables: int
    understood: int
    sentences: int
    checked: int
    findings: tuple[Finding, ...]

    @property
    def disagreements(self) -> tuple[Finding, ...]:
        """What cannot be right as it is printed."""
        return tuple(finding for finding in self.findings if finding.kind == "disagreement")

    def told(self, language: str = "en") -> str:
        """The findings in words, in "en" or "fa"."""
        return told.text(self, Language.load(language))

    def _repr_html_(self) -> str:
        return told.fragment(self, Language.load("en"))


def examine(path: str | Path) -> Examination:
    """Read the tables and sentences of a thesis and recompute what can be recomputed from them.

    Parameters
    ----------
    path : a `.docx` or a `.csv` (one table or several, empty lines between them); Persian or Latin digits, decimal
        point, comma or slash

    Returns
    -------
    Examination
        Each printed number stands for all values that round to it or are cut off to it; a disagreement is said only
        if no such values satisfy the formula.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    path = Path(path)
    thesis = Thesis.of(read_document(path, words("captions")))
    outcomes = [outcome for rule in RULES for outcome in rule(thesis)]
    # a merged cell stands in each of its rows: said once
    found = {(one.rule, one.place, one.printed): one for one in outcomes if one is not None}.values()
    ordered = sorted(found, key=lambda finding: (finding.kind != "disagreement", *_where(thesis, finding)))
    return Examination(
        file=path.name,
        sha256=sha256_file(path),
        tables=len(thesis.tables),
        understood=sum(bool(table.rows) or table.matrix is not None for table in thesis.tables),
        sentences=len(thesis.sentences),
        checked=len(outcomes),
        findings=tuple(ordered),
    )


def _where(thesis: Thesis, finding: Finding) -> tuple[int, str]:
    """In the order of the document."""
    if finding.place.kind == "table":
        return thesis.places[finding.place.number], fold(finding.place.row)
    parts = [one.part for one in thesis.sentences if one.place.number == finding.place.number]
    return parts[0] if parts else 0, ""
