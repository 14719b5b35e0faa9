"""Several faults of one file, gathered so that the user hears of all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from crmlab.errors import CrmlabError, PrivacyError

MOST = 25  # faults told in one message


class DataErrors(CrmlabError):
    """More than one thing is wrong with the data; each line says place, problem and way out.

    Attributes
    ----------
    errors : the single faults, in the order they were found
    """

    exit_code = 3

    def __init__(self, errors: Iterable[CrmlabError]) -> None:
        self.errors = tuple(errors)
        lines = [str(error) for error in self.errors[:MOST]]
        if len(self.errors) > MOST:
            lines.append(f"and {len(self.errors) - MOST} more problems; mend these first")
        super().__init__("\n".join(lines))


class Problems:
    """A list that faults are put on until somebody asks for all of them."""

    def __init__(self) -> None:
        self.found: list[CrmlabError] = []

    def add(self, *errors: CrmlabError) -> None:
        """Note faults that do not hinder the looking for others."""
        for error in errors:
            self.found.extend(error.errors if isinstance(error, DataErrors) else [error])

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Note what is raised inside, and go on after it."""
        try:
            yield
        except CrmlabError as error:
            self.add(error)

    def tell(self) -> None:
        """Raise what was found: one fault as itself, several together; nothing if there is none."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found and all(isinstance(error, PrivacyError) for error in self.found):
            raise self.found[0]
        if self.found:
            raise DataErrors(self.found)
