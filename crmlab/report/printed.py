"""What a study gives to print, looked at before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from crmlab.present.theme import Theme
from crmlab.study.author_files import author_files

if TYPE_CHECKING:
    from crmlab.study import Study


def admit_words(study: Study) -> None:
    """Refuse words of a study file, or of the author's texts, that the fonts of the report cannot print.

    Raises
    ------
    StudyError
        The characters, with their code points; or a file of texts that cannot be read.
    """
    theme = Theme.load()
    words = set().union(*_said(study.spec.model_dump(), frozenset(study.languages)))
    theme.admit("".join(sorted(words)), str(study.file))
    for text in author_files(study):
        theme.admit("".join(sorted(set(text.read()))), str(text.path))


def _said(value: Any, languages: frozenset[str]) -> Iterator[str]:
    """Texts that are given by language, wherever they stand."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            if key in languages and isinstance(held, str):
                yield held
            else:
                yield from _said(held, languages)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _said(held, languages)
