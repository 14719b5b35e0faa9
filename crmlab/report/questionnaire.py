"""The questionnaire on paper, as PDF and DOCX, in each language, from an instrument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crmlab.files import write_bytes
from crmlab.present.language import PERSIAN_DIGITS, Language
from crmlab.present.theme import FALLBACK, Theme

if TYPE_CHECKING:
    from crmlab.study import Instrument, Item, Scale, Study

TEMPLATE = Path(__file__).parent / "templates" / "questionnaire.typ"
BOX = "☐"
WIDEST = 7  # answers that fit beside a sentence


@dataclass(frozen=True, slots=True)
class Row:
    """One question; `options` are the answers to choose from, `hint` says what to write where there are none."""

    number: str
    text: str
    options: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Questions that share a form: a grid with the scale's words as columns, or a list."""

    kind: Literal["grid", "list"]
    title: str
    instruction: str
    words: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A whole questionnaire in one language."""

    language: Language
    title: str
    intro: tuple[str, ...]
    parts: tuple[Part, ...]


def form(
    instrument: Instrument, language: str, organisation: str, items: Iterable[str] | None = None
) -> Form:
    """Lay out the items (all of the instrument's, or `items`) as a respondent reads them."""
    spoken = Language.load(language)
    wanted = set(instrument.items if items is None else items)
    chosen = [item for code, item in instrument.items.items() if code in wanted]
    title = f"{spoken.word('form.title')} – {organisation}"
    intro = (spoken.word("form.intro", org=organisation), spoken.word("form.privacy"))
    return Form(spoken, title, intro, tuple(_parts(instrument, chosen, spoken, organisation)))


def write_questionnaire(
    study: Study, folder: str | Path, languages: Iterable[str] = ("fa", "en")
) -> list[Path]:
    """Write `questionnaire.<language>.pdf` and `.docx` with every item the study's survey asks."""
    from crmlab.report.pdf import typeset

    theme, made = Theme.load(), dict[str, bytes]()
    asked = [code for code in study.items if code not in study.survey.absent]
    for language in languages:
        sheet = form(study.instrument, language, study.organisation[language], asked)
        for text in _texts(sheet):
            theme.admit(text, f"questionnaire of {study.name}")
        made[f"questionnaire.{language}.pdf"] = typeset(TEMPLATE, _data(sheet, theme), theme)
        made[f"questionnaire.{language}.docx"] = _docx(sheet, theme)
    for name, content in made.items():
        write_bytes(Path(folder) / name, content)
    return [Path(folder) / name for name in made]


def _parts(
    instrument: Instrument, items: list[Item], language: Language, organisation: str
) -> Iterator[Part]:
    number = 0

    def rows(group: list[Item], *, options: bool) -> tuple[Row, ...]:
        nonlocal number
        found = []
        for item in group:
            number += 1
            scale = instrument.scales[item.scale]
            text = item.worded(language.code, organisation)
            answers = _words(scale, language) if options else ()
            found.append(
                Row(language.integer(number), text, answers, _hint(scale, language) if options else "")
            )
        return tuple(found)

    for (place, scale_name), run in groupby(
        items, key=lambda item: (_place(item), item.scale if _grid(instrument, item) else "")
    ):
        group = list(run)
        if scale_name:
            key = "form.rate" if scale_name.startswith("agree") else "form.rate_other"
            words = _words(instrument.scales[scale_name], language)
            yield Part("grid", place, language.word(key), words, rows(group, options=False))
        else:
            yield Part("list", place, "", (), rows(group, options=True))


def _place(item: Item) -> str:
    """Where the item stands; empty titles are filled when the parts are printed."""
    return {"ADMIN": "start", "DEMO": "choose", "OPEN": "open"}.get(item.construct, "part")


def _grid(instrument: Instrument, item: Item) -> bool:
    scale = instrument.scales[item.scale]
    return scale.ordered and 2 < scale.points <= WIDEST


def _words(scale: Scale, language: Language) -> tuple[str, ...]:
    """The answers in words; a number where the scale has none."""
    if scale.kind != "codes":
        return ()
    found = []
    for value in scale.values:
        word, digit = scale.labels.get(value, {}).get(language.code, ""), language.integer(value)
        ends = scale.points > WIDEST and scale.ordered and word and word != digit
        found.append(f"{digit} ({word})" if ends else word or digit)
    return tuple(found)


def _hint(scale: Scale, language: Language) -> str:
    if scale.kind != "number":
        return ""
    return language.word("form.from_to", low=language.integer(scale.low), high=language.integer(scale.high))


def _titled(made: Form) -> Iterator[tuple[str, Part]]:
    """Parts with their printed titles; the rated ones are counted."""
    language, number, organisation = made.language, 0, made.title.partition(" – ")[2]
    for part in made.parts:
        if part.title == "part":
            number += 1
            yield language.word("form.part", number=language.integer(number)), part
        else:
            values = {"org": organisation} if part.title == "choose" else {}
            yield language.word(f"form.{part.title}", **values), part


def _texts(made: Form) -> Iterator[str]:
    yield from (made.title, *made.intro, BOX)
    for title, part in _titled(made):
        yield from (title, *part.words)
        for row in part.rows:
            yield from (row.text, *row.options)


def _data(made: Form, theme: Theme) -> dict[str, Any]:
    language = made.language
    return {
        "lang": language.code,
        "rtl": language.rtl,
        "fonts": [theme.family, FALLBACK],
        "persian": [chr(PERSIAN_DIGITS[ord(str(digit))]) for digit in range(10)],
        "title": made.title,
        "intro": list(made.intro),
        "words": {key: language.word(f"form.{key}") for key in ("number", "column", "thanks")},
        "parts": [{**asdict(part), "title": title} for title, part in _titled(made)],
    }


def _docx(made: Form, theme: Theme) -> bytes:
    from crmlab.report import word_xml as xml
    from crmlab.report.word_style import TEXT, TWIPS, blank, sealed

    rtl, total = made.language.rtl, round(TEXT * TWIPS)
    word = blank(made.language, theme, made.title, made.title.partition(" – ")[2])
    body: list[str] = []

    def line(text: str, style: str, **how: Any) -> str:
        return xml.paragraph(xml.runs(text, rtl), style, rtl, **how)

    def cell(text: str, width: int, *, centre: bool) -> str:
        return xml.cell(line(text, "TableText", align="center" if centre else ""), width)

    body.append(line(made.title, "Title"))
    for text in made.intro:
        body.append(line(text, "Normal"))
    for title, part in _titled(made):
        body.append(line(title, "Heading2"))
        if part.instruction:
            body.append(line(part.instruction, "Note", next_too=True))
        if part.kind == "grid":
            answer = 900
            widths = [600, total - 600 - answer * len(part.words), *[answer] * len(part.words)]
            head = (made.language.word("form.number"), made.language.word("form.column"), *part.words)
            lines = [(row.number, row.text, *[BOX] * len(part.words)) for row in part.rows]
            top, *rest = (
                xml.row([cell(text, width, centre=k != 1) for k, (text, width) in enumerate(zip(each, widths, strict=True))],
                        header=n == 0)
                for n, each in enumerate([head, *lines])
            )  # fmt: skip
            body.append(xml.table(top, rest, widths, rtl, title))
            continue
        for row in part.rows:
            body.append(line(f"{row.number}. {row.text}", "Normal", next_too=True))
            blank_line = (
                row.hint + " " + "_" * 60
                if not row.options
                else "    ".join(f"{BOX} {word}" for word in row.options)
            )
            body.append(line(blank_line.strip(), "Normal"))
    body.append(line(made.language.word("form.thanks"), "Note", align="center"))
    return sealed(word, body)
