"""The author's own text: which sections take it, and which files of a study hold it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crmlab.errors import StudyError
from crmlab.study.coherence import near
from crmlab.study.instrument import LANGUAGES

if TYPE_CHECKING:
    from crmlab.study.study import Study

FOLDER = "text"
MOST = 1_000_000  # bytes of one file
# Sections that are the author's, in the order of a thesis. Those under OWN stand empty without a file; the others add
# to what is computed, or (abstract) take its place.
OWN = (
    "introduction", "problem", "necessity", "literature_introduction", "crm", "factors", "relationship_quality",
    "lifetime_value", "prior_studies", "gap", "method", "sampling", "ethics",
)  # fmt: skip
ADDED = ("abstract", "definitions", "scope", "discussion", "suggestions", "future", "limitations")


@dataclass(frozen=True, slots=True)
class AuthorFile:
    """One text of the author's.

    Attributes
    ----------
    section : where it stands: one of OWN or ADDED, or "discussion_<hypothesis>"
    language : "fa" or "en"
    path : the file
    """

    section: str
    language: str
    path: Path

    @property
    def name(self) -> str:
        """The file's name below the study's folder, as messages print it."""
        return f"{FOLDER}/{self.path.name}"

    def read(self) -> str:
        """Its text.

        Raises
        ------
        StudyError
            It is not UTF-8, too long, or holds a NUL byte.
        """
        raw = self.path.read_bytes()
        if len(raw) > MOST:
            raise StudyError(f"{len(raw):,} bytes of text; at most {MOST:,}", file=self.path)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise StudyError(
                f"line {line} is not UTF-8", file=self.path, hint="save the file as UTF-8"
            ) from None
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise StudyError(f"line {line} holds a NUL byte", file=self.path, hint="remove it")
        return text.replace("\r\n", "\n")


def sections(study: Study) -> tuple[str, ...]:
    """Every section of this study that takes text of the author's."""
    return (*OWN, *ADDED, *(f"discussion_{one.id}" for one in study.hypotheses))


def author_files(study: Study) -> list[AuthorFile]:
    """The files below the study's `text` folder, by name.

    Raises
    ------
    StudyError
        A file's name is not `<section>.<language>.md` with a known section and language.
    """
    folder = study.path_of(FOLDER)
    if not folder.is_dir():
        return []
    found = [_named(path, sections(study)) for path in sorted(folder.iterdir()) if _counts(path)]
    return [one for one in found if one.language in LANGUAGES]


def _counts(path: Path) -> bool:
    """Files that may be texts; notes for oneself (README, hidden files) are let alone."""
    return path.is_file() and not path.name.startswith((".", "README"))


def _named(path: Path, known: Iterable[str]) -> AuthorFile:
    stem, dot, language = path.name.removesuffix(".md").rpartition(".")
    if not path.name.endswith(".md") or not dot or language not in LANGUAGES:
        raise StudyError(
            f"'{path.name}' is no text of a section",
            file=path,
            hint="name it <section>.fa.md or <section>.en.md",
        )
    if stem not in known:
        raise StudyError(
            f"no section '{stem}'{near(stem, known)}", file=path, hint=f"sections: {', '.join(known)}"
        )
    return AuthorFile(stem, language, path)
