"""BibTeX read strictly: entries with their fields as plain text, or one clear line about what is wrong.

`@string`, `@comment` and `@preamble`, braces inside braces, quotes, `#` between strings, and TeX's accents are understood;
a TeX command that is not known is refused by name rather than printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from crmlab.errors import StudyError

ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
           "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a"}  # fmt: skip
LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł",
           "L": "Ł", "i": "ı", "j": "ȷ", "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…"}  # fmt: skip
SILENT = frozenset(
    {"textit", "emph", "textbf", "textsc", "textrm", "mbox", "url", "uppercase", "relax", "rm", "it"}
)
ACCENT = re.compile(r"""\\(['`"^~=.]|[cvuHkr](?![A-Za-z]))\s*(?:\{\s*(\\?[A-Za-z])\s*\}|(\\?[A-Za-z]))""")
COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Entry:
    """One work: its kind in small letters, its key, its fields by name in small letters."""

    kind: str
    key: str
    fields: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The first of these fields that is not empty."""
        return next((self.fields[name] for name in names if self.fields.get(name)), "")


def read_bibtex(text: str, where: str) -> dict[str, Entry]:
    """Key -> entry, in the file's order.

    Raises
    ------
    StudyError
        A brace that does not close, a key given twice, a TeX command that is not known: file and line.
    """
    return _Reader(text.removeprefix("\ufeff"), where).entries()


def names(field: str) -> list[tuple[str, str]]:
    """(family, given) of each name of an author field; a name in braces, or without a comma or space, is a family name."""
    found = []
    for name in re.split(r"\s+and\s+", field.strip()) if field.strip() else []:
        if "," in name or "،" in name:
            family, _, given = name.replace("،", ",").partition(",")
            found.append((family.strip(), given.strip().lstrip(",").strip()))
        else:
            *given_names, family = name.replace("\u00a0", "\0").split(" ")
            particle = [word for word in given_names if word[:1].islower() and word not in ("others",)]
            given = [word for word in given_names if word not in particle]
            found.append((" ".join([*particle, family]).replace("\0", " "), " ".join(given)))
    return found


@dataclass
class _Reader:
    text: str
    where: str
    at: int = 0

    def entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        strings = {month: month.capitalize() for month in MONTHS}
        while (start := self.text.find("@", self.at)) >= 0:
            self.at = start + 1
            kind = self._word("an entry's kind").lower()
            if kind == "comment":
                continue
            self._expect("{(")
            closing = ")" if self.text[self.at - 1] == "(" else "}"
            if kind == "preamble":
                self._value(strings)
            elif kind == "string":
                name = self._word("a name")
                self._expect("=")
                strings[name.lower()] = self._value(strings)
            else:
                entry = self._entry(kind, closing, strings)
                if entry.key in found:
                    raise self._wrong(f"the key '{entry.key}' stands twice")
                found[entry.key] = entry
                continue
            self._expect(closing)
        return found

    def _entry(self, kind: str, closing: str, strings: Mapping[str, str]) -> Entry:
        match = re.compile(r"\s*([^\s,{}()=\"]+)\s*").match(self.text, self.at)
        if match is None:
            raise self._wrong(f"@{kind} has no key")
        self.at = match.end()
        fields: dict[str, str] = {}
        while True:
            self._space()
            if self._take(closing):
                return Entry(kind, match[1], fields)
            self._expect(",")
            self._space()
            if self._take(closing):
                return Entry(kind, match[1], fields)
            name = self._word("a field's name").lower()
            self._expect("=")
            raw = self._value(strings)
            if name in ("author", "editor"):  # a name in braces is one word
                raw = re.sub(
                    r"(?:(?<=\sand\s)|^)\s*\{([^{}]+)\}(?=\s+and\s|\s*$)",
                    lambda m: "~".join(m[1].split()),
                    raw,
                )
            fields[name] = self._plain(raw)

    def _value(self, strings: Mapping[str, str]) -> str:
        parts = [self._piece(strings)]
        while self._space() and self._take("#"):
            parts.append(self._piece(strings))
        return "".join(parts)

    def _piece(self, strings: Mapping[str, str]) -> str:
        self._space()
        if self._take("{"):
            return self._until("}")
        if self._take('"'):
            return self._until('"')
        word = self._word("a value")
        if word.isdigit():
            return word
        if word.lower() not in strings:
            raise self._wrong(f"'{word}' is not a @string of this file; put braces around words")
        return strings[word.lower()]

    def _until(self, closing: str) -> str:
        start, depth = self.at, 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self.at += 1
            elif depth == 0 and char == closing:
                self.at += 1
                return self.text[start : self.at - 1]
            elif char in "{}":
                depth += 1 if char == "{" else -1
            self.at += 1
        self.at = start
        raise self._wrong("a brace or quote opened here does not close")

    def _plain(self, text: str) -> str:
        text = ACCENT.sub(self._accent, text)
        text = COMMAND.sub(self._command, text)
        text = re.sub(r"\\([&%$#_{}\\\- ])", lambda m: "\0" + m[1] if m[1] in "{}" else m[1].strip("-"), text)
        text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
        text = re.sub(r"(?<!\0)[{}]", "", text).replace("\0", "").replace("~", "\u00a0")
        return unicodedata.normalize("NFC", re.sub(r"[ \t\r\n]+", " ", text).strip())

    def _accent(self, match: re.Match[str]) -> str:
        letter = (match[2] or match[3]).removeprefix("\\")
        return unicodedata.normalize("NFC", letter + ACCENTS[match[1]])

    def _command(self, match: re.Match[str]) -> str:
        if match[1] in LETTERS:
            return LETTERS[match[1]]
        if match[1] in SILENT:
            return ""
        raise self._wrong(f"the TeX command \\{match[1]} is not known here; write the letter itself")

    def _word(self, what: str) -> str:
        match = re.compile(r"\s*([^\s\"#%'(),={}@]+)").match(self.text, self.at)
        if match is None:
            raise self._wrong(f"{what} is missing")
        self.at = match.end()
        return match[1]

    def _expect(self, chars: str) -> None:
        self._space()
        if not self._take(chars):
            shown = self.text[self.at : self.at + 1] or "the end of the file"
            raise self._wrong(f"expected {' or '.join(chars)} and found {shown}")

    def _take(self, chars: str) -> bool:
        if self.at < len(self.text) and self.text[self.at] in chars:
            self.at += 1
            return True
        return False

    def _space(self) -> bool:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return True

    def _wrong(self, what: str) -> StudyError:
        line = self.text.count("\n", 0, self.at) + 1
        return StudyError(
            f"{self.where}, line {line}: {what}", hint="see report.references in docs/study-file.md"
        )
