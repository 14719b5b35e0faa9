"""The maturity items of the three staged models: what raters are asked, and what each level means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from crmlab.study.instrument import LANGUAGES, read_catalogue

MODELS = ("gartner", "lic", "crm_strategy")
LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, slots=True)
class Element:
    """One block of the state (Gartner), stage (LIC) or gate (CRM strategy).

    Attributes
    ----------
    code : its key, such as "GAR1"
    model : one of MODELS
    number : its place in the model, from 1
    name : language -> heading
    levels : level 1-5 -> language -> what is then seen
    evidence : language -> where to look for proof
    """

    code: str
    model: str
    number: int
    name: dict[str, str]
    levels: dict[int, dict[str, str]]
    evidence: dict[str, str]


@dataclass(frozen=True, slots=True)
class MaturityItem:
    """One statement that raters give a level; `weight` is its share in the element's level."""

    code: str
    element: str
    model: str
    text: dict[str, str]
    weight: float = 1.0


@cache
def maturity_items() -> dict[str, MaturityItem]:
    """Item code -> item, in the order of models, elements and items."""
    return {
        row["item_code"]: MaturityItem(
            code=row["item_code"],
            element=row["element_code"],
            model=row["model"],
            text={language: row[f"item_{language}"] for language in LANGUAGES},
            weight=float(row["weight"]),
        )
        for row in read_catalogue("maturity")
    }


@cache
def elements() -> dict[str, Element]:
    """Element code -> element, in the order of models and stages."""
    found: dict[str, Element] = {}
    for row in read_catalogue("maturity"):
        found.setdefault(
            row["element_code"],
            Element(
                code=row["element_code"],
                model=row["model"],
                number=int(row["element_no"]),
                name={language: row[f"element_{language}"] for language in LANGUAGES},
                levels={
                    level: {language: row[f"level{level}_{language}"] for language in LANGUAGES}
                    for level in range(LOWEST, HIGHEST + 1)
                },
                evidence={language: row[f"evidence_{language}"] for language in LANGUAGES},
            ),
        )
    return found


def elements_of(model: str) -> tuple[str, ...]:
    """Codes of one model's elements in their order.

    Examples
    --------
    >>> elements_of("lic")
    ('LIC1', 'LIC2', 'LIC3', 'LIC4', 'LIC5')
    """
    return tuple(code for code, element in elements().items() if element.model == model)
