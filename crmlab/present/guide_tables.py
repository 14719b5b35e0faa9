"""The guide as tables: coverage of the source's statements, the run plan, and which model answers which question."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from crmlab.present.blocks import EMPTY, Label, Paragraph, Ref, Span, Spans, Table
from crmlab.present.language import Language
from crmlab.present.table_parts import heads
from crmlab.study.claims import Claim, claims
from crmlab.study.instrument import read_catalogue


class Step(Protocol):
    """A step of a run as the table of the plan reads it."""

    @property
    def name(self) -> str:
        """Also its notebook's name."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Steps whose results it reads."""

    @property
    def skip(self) -> str:
        """Why it does not run; empty if it does."""


PARTS = ("design", "lic", "gartner", "strategy", "lifecycle", "swift", "reference", "opening", "canvas", "phases", "offices", "conclusion")  # fmt: skip


def coverage(language: Language, running: Collection[str], shown: Collection[str] | None = None) -> Table:
    """Every statement of the source: where it is computed, and how this study stands to it."""
    return _claims(language, "claims", claims(), running, shown)


def models(language: Language, running: Collection[str], shown: Collection[str]) -> Table:
    """The deployment models by their parts."""
    chosen = [one for one in claims() if one.part in ("lic", "gartner", "strategy", "lifecycle", "swift")]
    return _claims(
        language, "deployment_models", [one for one in chosen if one.kind != "title"], running, shown
    )


def _claims(
    language: Language,
    key: str,
    chosen: Sequence[Claim],
    running: Collection[str],
    shown: Collection[str] | None,
) -> Table:
    rows: list[tuple[Spans, ...]] = []
    for part in PARTS:
        found = [one for one in chosen if one.part == part]
        rows += [((language.word(f"claim.part.{part}"),),)] if found else []
        rows += [
            (
                (Label(one.id),), (Label(one.text[language.code]),), _where(one, language, running, shown),
                (language.word(f"claim.state.{one.state(running)}"),),
            )
            for one in found
        ]  # fmt: skip
    header = heads(language, "claim", "claim_text", "claim_where", "claim_state")
    steps = any(isinstance(span, Label) for row in rows if len(row) > 1 for span in row[2])
    notes = (Paragraph((language.word("note.claims"),), "note"),) if steps else ()
    return Table(
        key, (language.word(f"caption.{key}"),), header, tuple(rows), "ssss", (0.8, 4.2, 2.4, 1.3), notes
    )


def _where(one: Claim, language: Language, running: Collection[str], shown: Collection[str] | None) -> Spans:
    """Sections of the report that show it, or the steps that would."""
    at = [place for place in one.places if place.step in running or place.address in running]
    if shown is not None:
        keys = [f"{kind}-{place.section}" for place in at for kind in ("section", "annex")]
        refs = list(dict.fromkeys(key for key in keys if key in shown))
        if refs:
            return _joined([(Ref(key),) for key in refs], language)
    steps = list(dict.fromkeys(place.step for place in (at or one.places)))
    return _joined([(_step(step, language),) for step in steps], language) or (EMPTY,)


def _joined(parts: Sequence[Spans], language: Language) -> Spans:
    spans: list[Span] = []
    for part in parts:
        spans += [language.word("comma")] if spans else []
        spans += part
    return tuple(spans)


def _step(step: str, language: Language) -> Label:
    """ "step 05"."""
    return Label(language.word("guide.step", number=language.digits(step[:2])))


def plan(steps: Sequence[Step], language: Language) -> Table:
    """The run plan: every step, what it needs, and why it is skipped."""
    rows = tuple(
        (
            (Label(step.name),), (_name(step.name, language),),
            _joined([(_step(need, language),) for need in step.needs], language) if len(step.needs) < 6 else (language.word("guide.all"),),
            (Label(step.skip),) if step.skip else (language.word("guide.runs"),),
        )
        for step in steps
    )  # fmt: skip
    rows = tuple((a, b, c or (EMPTY,), d) for a, b, c, d in rows)
    header = heads(language, "plan_step", "plan_name", "plan_needs", "plan_state")
    return Table("run_plan", (language.word("caption.run_plan"),), header, rows, "ssss", (2.2, 2.2, 1.6, 2.6))


def _name(step: str, language: Language) -> str:
    key = f"step.{step}"
    return language.word(key) if language.knows(key) else EMPTY


def choices(language: Language) -> Table:
    """Which model answers which question, and what it needs."""
    code = language.code
    rows = tuple(
        (
            (Label(row[f"question_{code}"]),), (Label(row[f"model_{code}"]),), (Label(row[f"needs_{code}"]),),
            (_step(row["step"], language),),
        )
        for row in read_catalogue("choices")
    )  # fmt: skip
    header = heads(language, "choice_question", "choice_model", "choice_needs", "choice_step")
    return Table("choices", (language.word("caption.choices"),), header, rows, "ssss", (3.0, 3.0, 2.6, 0.9))


def answered(saved: Collection[str]) -> list[str]:
    """What counts as answered: the saved results themselves, and steps where a statement is taken up by the whole step."""
    return [*saved, *{f"{address.partition('/')[0]}/" for address in saved}]
