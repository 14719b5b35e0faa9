"""Names of what joins answers with purchases, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crmlab.present.behaviour_words import Ways, model_name, money_digits, trimmed
from crmlab.present.blocks import EMPTY, Fact, Figure, Label, Paragraph, Spans, Table
from crmlab.present.facts import Source, fill
from crmlab.present.language import Language
from crmlab.present.sentences import quoted, say
from crmlab.present.table_parts import failed_notes
from crmlab.study.worth_spec import Worth

if TYPE_CHECKING:
    from crmlab.study import Study

STEP = "08_value_of_rq"
AFTERWARDS = "check.answers_before_purchases"
BEYOND = 10.0  # standard error of a logarithm from which nothing is known of it
TOLD_ONCE = (AFTERWARDS, "check.matched_enough")  # of the join; other results repeat them
WHOLE = ("link_join", "link_money")  # tables that stand alone
OUTCOMES = ("margin", "rate", "spend", "value")
WAYS = ("naive", "spearman", "croon", "sem", "weighted")


@dataclass(frozen=True, slots=True)
class Link:
    """What is asked, and how time and money are counted.

    Attributes
    ----------
    ways : language, currency, privacy threshold
    asked : the study's question, every name filled in
    """

    ways: Ways
    asked: Worth

    @classmethod
    def of(cls, language: Language, study: Study | None) -> Link:
        """As the study file says; the bundled constructs where there is none."""
        asked = study.worth if study is not None else None
        return cls(Ways.of(language, study), asked or Worth(of="RQ", perceived="CLV"))

    @property
    def language(self) -> Language:
        """The reader's."""
        return self.ways.language

    @property
    def name(self) -> Spans:
        """The construct that is asked about, in quotation marks."""
        return quoted(self.language, self.asked.of or "")

    @property
    def bare(self) -> Spans:
        """The same without them, for captions and axes."""
        return (Label(self.language.name(self.asked.of or "")),)

    @property
    def outcome(self) -> str:
        """The behaviour that associations are told of first: money of purchases, or the rate of buying."""
        return "rate" if self.asked.outcome == "purchases" else "margin"

    @property
    def point(self) -> Spans:
        """How many points of the scale the worth is told for."""
        k = self.asked.point
        if k == 1:
            return (self.language.word("link.points.one"),)
        fact = trimmed(Fact("study/worth/point", k, "number", 2))
        return fill(self.language.word("link.points.many"), k=fact)

    def unit(self, money: Source) -> Spans:
        """Money, or purchases where spend has no model."""
        in_money = money.result.glance.get("money", 1.0) == 1
        return self.ways.money if in_money else (self.language.word("link.unit.purchases"),)

    def counted(self, money: Source) -> Spans:
        """The unit with its kind: "real rials"; purchases are of no kind."""
        unit = self.unit(money)
        if money.result.glance.get("money", 1.0) != 1:
            return unit
        return (*unit, " ", self.ways.kind) if self.language.rtl else (self.ways.kind, " ", *unit)

    def said(self, key: str, **values: object) -> Spans:
        """A word or template of this topic."""
        return fill(self.language.word(f"link.{key}"), of=self.bare, each=self.ways.each, **values)

    def plain(self, key: str, **values: object) -> str:
        """`said` as plain text, for axes."""
        return self.language.plain(self.said(key, **values))

    def told(self, key: str, **values: object) -> Spans:
        """A sentence of this topic."""
        return say(self.language, f"link_{key}", of=self.name, **values)

    def heads(self, *keys: str) -> tuple[Spans, ...]:
        """Header cells."""
        return tuple(self.said(f"column.{key}") for key in keys)

    def note(self, key: str, **values: object) -> Paragraph:
        """A note below a table or figure."""
        return Paragraph(self.said(f"note.{key}", **values), "note")

    def table(
        self, source: Source, key: str, header: tuple[Spans, ...], rows: Sequence[tuple[Spans, ...]], *,
        widths: tuple[float, ...] = (), align: str = "", notes: tuple[Paragraph, ...] = (), **values: object,
    ) -> Table:  # fmt: skip
        """A table of this topic with its failed checks."""
        caption = self.said(f"caption.{key}", **values)
        kept = [check for check in source.result.checks if key in WHOLE or check.name not in TOLD_ONCE]
        told = Source(source.address, replace(source.result, checks=tuple(kept)))
        everything = (*notes, *failed_notes(told, self.language))
        return Table(key, caption, header, tuple(rows), align, widths, everything)

    def figure(
        self, key: str, draw: Any, facts: Sequence[Fact], *, width: float = 1.0,
        notes: tuple[Paragraph, ...] = (), **values: object,
    ) -> Figure:  # fmt: skip
        """A figure of this topic."""
        known = tuple(fact for fact in facts if fact.value == fact.value)
        alt = self.plain(f"alt.{key}")
        return Figure(key, self.said(f"figure.{key}", **values), alt, draw, known, width, notes)


def has(source: Source | None, term: str) -> bool:
    """Whether a result holds a number under a term."""
    return source is not None and source.value(term) == source.value(term)


def estimable(source: Source, term: str) -> bool:
    """Whether an effect on a logarithm could be told at all: at a boundary its error is beyond all measure."""
    return has(source, term) and not source.value(term, "std_error") > BEYOND


def ordered(join: Source) -> bool:
    """Whether the purchases came after the answers; where the days are not known they did not, as far as one knows."""
    return any(check.name == AFTERWARDS and check.ok for check in join.result.checks)


def share(source: Source, term: str, column: str = "estimate", digits: int = 1) -> Fact:
    """A share as a percentage."""
    return source.fact(term, column, "percent", digits)


def between_shares(source: Source, term: str, language: Language) -> Spans:
    """Both ends of a share's interval."""
    low, high = (share(source, term, end) for end in ("ci_low", "ci_high"))
    if low.value != low.value or high.value != high.value:
        return (EMPTY,)
    return fill(language.word("interval"), low=low, high=high)


def amount(source: Source, term: str, column: str = "estimate") -> Fact:
    """Money, or purchases, with decimals that fit its size; both ends of an interval take those of the amount."""
    return source.fact(term, column, "number", money_digits(source.value(term)))


def ends(source: Source, term: str) -> dict[str, Fact]:
    """Amount and interval as fields of a sentence."""
    columns = {"v": "estimate", "lo": "ci_low", "hi": "ci_high"}
    return {key: amount(source, term, column) for key, column in columns.items()}


def purchase_model(source: Source, language: Language) -> Spans:
    """The papers' name of the purchase model."""
    found = source.subjects("model")
    return (model_name(language, found[0]),) if found else (EMPTY,)


def settings(source: Source) -> dict[str, Fact]:
    """Horizon in years, rate and margin that values are counted by."""
    found = {
        "years": source.fact("horizon_years", digits=1),
        "rate": share(source, "rate"),
        "margin": share(source, "margin"),
    }
    return {name: trimmed(fact) for name, fact in found.items()}
