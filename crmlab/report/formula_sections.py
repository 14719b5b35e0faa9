"""The formulas of the methods chapter: those of quantities that the study's results hold, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from crmlab.present.blocks import Block, Cite, Equation, Footnote, Label, Spans
from crmlab.present.formula import Node, fence, frac, root, row, script, total
from crmlab.present.sentences import say
from crmlab.report.scene import MEASURE, STRUCTURE, WORTH, Scene, trimmed


@dataclass(frozen=True)
class Formula:
    """One formula.

    Attributes
    ----------
    name : of its words
    addresses : results that hold the quantity, the first that is there counts
    quantity : whose presence calls for the formula
    sources : keys of the works it comes from
    term : its name in English, a footnote of the Persian text
    formula : the formula
    """

    name: str
    addresses: tuple[str, ...]
    quantity: str
    sources: tuple[str, ...]
    term: str
    formula: Node


def _mean(low: str) -> Node:
    return script("r", low)


_LOADINGS = total("i = 1", "k", script("λ", "i"))
_SQUARES = total("i = 1", "k", script("λ", "i", "2"))
FORMULAS = (
    Formula(
        "alpha", (f"{MEASURE}/reliability",), "alpha", ("cronbach1951",), "Coefficient alpha",
        row("α =", frac("k", "k - 1"), fence(row("1 -", frac(total("i = 1", "k", script("s", "i", "2")), script("s", "X", "2"))))),
    ),
    Formula(
        "rho_c", (f"{MEASURE}/reliability",), "rho_c", ("fornell1981",), "Composite reliability (CR)",
        row(script("ρ", "c"), "=", frac(
            script(fence(_LOADINGS), high="2"),
            row(script(fence(_LOADINGS), high="2"), "+", total("i = 1", "k", fence(row("1 -", script("λ", "i", "2"))))),
        )),
    ),
    Formula(
        "ave", (f"{MEASURE}/reliability",), "ave", ("fornell1981",), "Average variance extracted (AVE)",
        row("AVE =", frac(_SQUARES, "k")),
    ),
    Formula(
        "htmt", (f"{MEASURE}/htmt",), "htmt", ("henseler2015",), "Heterotrait-monotrait ratio (HTMT)",
        row(script("HTMT", "i j"), "=", frac(_mean("i j"), root(row(_mean("i i"), "·", _mean("j j"))))),
    ),
    Formula(
        "indirect", (f"{STRUCTURE}/effects", f"{STRUCTURE}/sem_effects"), "indirect", ("mackinnon2004", "zhao2010"),
        "Indirect effect", row("c = c′ + a b"),
    ),
    Formula(
        "f2", (f"{STRUCTURE}/paths",), "f2", ("cohen1988",), "Effect size",
        row(script("f", high="2"), "=", frac(
            row(script("R", "incl", "2"), "-", script("R", "excl", "2")), row("1 -", script("R", "incl", "2"))
        )),
    ),
    Formula(
        "vif", (f"{STRUCTURE}/paths",), "vif", ("hair2019",), "Variance inflation factor (VIF)",
        row(script("VIF", "j"), "=", frac("1", row("1 -", script("R", "j", "2")))),
    ),
    Formula(
        "attenuation", (f"{WORTH}/estimates",), "spearman", ("spearman1904",), "Correction for attenuation",
        row("ρ =", frac("r", root("ω"))),
    ),
    Formula(
        "joint", (f"{WORTH}/joint",), "purchase", ("fader2005",), "Purchase model with a latent covariate",
        row(script("ν", "i"), "=", script("ν", "0i"), "·", script("e", high=row("β", script("η", "i")))),
    ),
    Formula(
        "worth", (f"{WORTH}/money",), "worth", (), "Difference in expected value",
        row("Δ =", frac("1", "m"), total("i = 1", "m", fence(row(
            "W", fence(row(script("η", "i"), "+ 1")), "- W", fence(script("η", "i")),
        ), "[", "]"))),
    ),
)  # fmt: skip


def formulas(scene: Scene) -> list[Block]:
    """How the quantities are computed that verdicts rest on."""
    chosen = [each for each in FORMULAS if any(_holds(scene, address, each) for address in each.addresses)]
    if not chosen:
        return []
    blocks: list[Block] = [scene.body(say(scene.language, "formula_intro"))]
    for each in chosen:
        blocks += [scene.body(_told(scene, each)), _equation(scene, each)]
    return scene.titled("formulas", blocks)


def _holds(scene: Scene, address: str, formula: Formula) -> bool:
    source = scene.get(address)
    return source is not None and bool(source.subjects(formula.quantity))


def _told(scene: Scene, formula: Formula) -> Spans:
    """The sentence before a formula; Persian readers find its English name at the foot of the page."""
    cites = tuple(Cite(key) for key in formula.sources)
    note = (Footnote((Label(formula.term),)),) if scene.language.rtl else ()
    return trimmed(say(scene.language, f"formula_{formula.name}", cite=cites, note=note))


def _equation(scene: Scene, formula: Formula) -> Equation:
    words = scene.language.word(f"formula.alt.{formula.name}")
    return Equation(f"formula-{formula.name}", formula.formula, words)
