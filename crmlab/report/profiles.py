"""What a report's pages look like beyond its content: title page, lists, fonts by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crmlab.present.language import Language

if TYPE_CHECKING:
    from crmlab.study import Study
    from crmlab.study.spec import Words


@dataclass(frozen=True)
class Profile:
    """How a page is made.

    Attributes
    ----------
    name : "university" or "article"
    fonts : "free" or "nazanin"
    above : lines above the title: university, faculty, department
    below : lines below it: (what it is, who), or one line alone with an empty second part
    day : the day of the title page as printed
    """

    name: Literal["university", "article"] = "university"
    fonts: Literal["free", "nazanin"] = "free"
    above: tuple[str, ...] = ()
    below: tuple[tuple[str, str], ...] = ()
    day: str = ""

    def words(self) -> Iterator[str]:
        """Every text the profile prints."""
        yield from (*self.above, *(part for line in self.below for part in line), self.day)

    @property
    def lists(self) -> bool:
        """Whether lists of tables and figures stand after the contents."""
        return self.name == "university"


PLAIN = Profile()


def profile_of(study: Study, language: Language) -> Profile:
    """The profile that the study file asks for, in one language."""
    asked = study.spec.report
    page = asked.title_page
    code = language.code

    def said(words: Words | None) -> str:
        return words[code] if words is not None else ""

    below = []
    if page.degree is not None:
        key = "title.thesis_field" if page.field is not None else "title.thesis"
        below.append(
            (
                language.word(key)
                .replace("{degree}", said(page.degree))
                .replace("{field}", said(page.field)),
                "",
            )
        )
    for key, people in (
        ("author", (page.author,) if page.author is not None else ()),
        ("supervisor", page.supervisors),
        ("advisor", page.advisors),
    ):
        if people:
            many = "s" if len(people) > 1 else ""
            between = language.word("title.between")
            below.append((language.word(f"title.{key}{many}"), between.join(said(one) for one in people)))
    above = tuple(
        said(words) for words in (page.university, page.faculty, page.department) if words is not None
    )
    day = language.date(page.day) if page.day else ""
    return Profile(asked.profile, asked.fonts, above, tuple(below), day)
