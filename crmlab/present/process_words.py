"""How variables, probes and conditional paths of a moderated model are named."""

from __future__ import annotations

from dataclasses import dataclass

from crmlab.present.blocks import Label, Spans
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language

PROBES = ("low", "middle", "high")
ACTS = {1: "c", 4: "", 6: "", 7: "a", 8: "ac", 14: "b", 15: "bc", 58: "ab", 59: "abc"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a saved model is about.

    Attributes
    ----------
    number : of the PROCESS model
    x, y : predictor and outcome
    mediators : in the order of the result
    moderator : its name, empty if there is none
    """

    number: int
    x: str
    y: str
    mediators: tuple[str, ...]
    moderator: str


def shape(source: Source) -> Shape:
    """The roles of a saved model's variables, from its terms."""
    number = int(source.result.glance.get("model", 0))
    ways = [subject.partition("@")[0].split("~") for subject in source.subjects("indirect")]
    if ways:
        inner = dict.fromkeys(name for way in sorted(ways, key=len) for name in reversed(way[1:-1]))
        y, x, mediators = ways[0][0], ways[0][-1], tuple(inner)
    else:
        y, _, x = next(iter(source.subjects("direct"))).partition("@")[0].partition("~")
        mediators = ()
    return Shape(number, x, y, mediators, _moderator(source))


def _moderator(source: Source) -> str:
    for subject in (*source.subjects("r2_change"), *source.subjects("path")):
        if "*" in subject:
            return subject.partition("*")[2]
    return ""


def variable(language: Language, name: str) -> Label:
    """A construct by its name, a category by its words, an item by its code."""
    return Label(language.name(name))


def told(language: Language, name: str) -> Spans:
    """A variable where it is first named: a construct's name, or the wording of the question with its code."""
    wording = language.names.get(f"text:{name}")
    if name in language.names or wording is None:
        return short(language, name)
    return (*fill(language.word("quote"), text=Label(wording)), " (", Label(name), ")")


def short(language: Language, name: str) -> Spans:
    """A variable in running text: a construct's name in quotation marks, or the code of a question."""
    known = name in language.names
    return fill(language.word("quote"), text=Label(language.names[name])) if known else (Label(name),)


def term(language: Language, name: str) -> Spans:
    """A predictor of a regression: a variable, a product, or the intercept."""
    if name == "1":
        return (language.word("process.intercept"),)
    spans: list[Label | str] = []
    for part in name.split("*"):
        spans += [language.word("process.times")] if spans else []
        spans.append(variable(language, part))
    return tuple(spans)


def probe(source: Source, language: Language, moderator: str, label: str) -> Spans:
    """A value of the moderator: low, middle or high with its number, a value, or a category."""
    category = language.names.get(f"{moderator}.{label}")
    if category is not None:
        return (Label(category),)
    value = source.fact(f"probe:{moderator}.{label}")
    if label in PROBES and f"probe:{moderator}.{label}" in source:
        return fill(language.word(f"process.{label}"), value=value)
    if label in PROBES:
        return (language.word(f"process.{label}_sd"),)
    return (Label(language.digits(label)),)


def at(source: Source, language: Language, moderator: str, label: str) -> Spans:
    """Where on the moderator an effect is taken, or between which two values of it."""
    where = [probe(source, language, moderator, one) for one in _ends(source, label)]
    if len(where) == 1:
        return where[0]
    return fill(language.word("process.less"), first=where[0], second=where[1])


def _ends(source: Source, label: str) -> tuple[str, ...]:
    """The probe, or the two probes of a difference; values may hold a sign of their own."""
    known = {subject.partition("@")[2] for subject in source.subjects("indirect")}
    for place, sign in enumerate(label):
        if sign == "-" and {label[:place], label[place + 1 :]} <= known:
            return label[:place], label[place + 1 :]
    return (label,)


def codes(source: Source, language: Language) -> list[str]:
    """Items among the variables, which tables name by their code."""
    names = {part for subject in source.subjects("coef") for part in subject.partition("~")[2].split("*")}
    plain = {name.partition(".")[0] for name in names}
    return sorted(name for name in plain if name not in language.names and f"text:{name}" in language.names)
