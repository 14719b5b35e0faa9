"""People stay behind the door: pseudonyms with a key from outside, and a watch for what must not leave."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmlab.data.persian import DIGITS, HALF_SPACE, UNSEEN
from crmlab.errors import PrivacyError

KEY, KEY_FILE = "CRMLAB_KEY", "CRMLAB_KEY_FILE"
SHORTEST = 16


def load_key(project: Path | None = None) -> bytes:
    """The pseudonym key, from the environment or from a file outside every repository.

    Parameters
    ----------
    project : folder of the study; a key inside it is refused

    Raises
    ------
    PrivacyError
        There is no key, it is too short, or it lies where it would be shared with the data.
    """
    text = os.environ.get(KEY, "").strip()
    if text:
        return _long_enough(text, f"the environment variable {KEY}")
    path = key_file()
    if not path.is_file():
        raise PrivacyError(
            f"{path}: there is no pseudonym key, and this study asks for pseudonyms",
            hint=f"`crmlab key` makes one there; or set {KEY}, or {KEY_FILE} to a file outside the repository",
        )
    _outside(path, project)
    return _long_enough(path.read_text(encoding="utf-8").strip(), str(path))


def key_file() -> Path:
    """Where the key is looked for when the environment does not hold it."""
    named = os.environ.get(KEY_FILE, "").strip()
    return Path(named).expanduser() if named else Path("~/.config/crmlab/key").expanduser()


def has_key() -> bool:
    """True if there is a key, in the environment or in its file."""
    return bool(os.environ.get(KEY, "").strip()) or key_file().is_file()


def create_key() -> Path:
    """Write a new random key that only this user can read; an existing one is never replaced."""
    path = key_file()
    _outside(path, None)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PrivacyError(
            f"{path}: a key stands there already",
            hint="keep it: with another key nobody has the same pseudonym",
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(secrets.token_hex(32) + "\n")
    return path


def _long_enough(text: str, where: str) -> bytes:
    if len(text) < SHORTEST:
        raise PrivacyError(
            f"{where}: a key of {len(text)} characters can be guessed", hint="`crmlab key` makes one"
        )
    return text.encode("utf-8")


def _outside(path: Path, project: Path | None) -> None:
    folder = path.resolve().parent
    inside = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)
    if project is not None and project.resolve() in (folder, *folder.parents):
        inside = project.resolve()
    if inside is not None:
        raise PrivacyError(
            f"{path}: the pseudonym key lies inside {inside}, where it can be shared together with the data",
            hint=f"move it to ~/.config/crmlab/key, or set {KEY_FILE} to a file outside every repository",
        )


def person(cell: Any) -> str:
    """An identity as text: digits of one script, no blanks; leading zeros stay. Empty if there is none.

    Examples
    --------
    >>> person("۰۰۱۲ "), person(12.0)
    ('0012', '12')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = str(cell).translate(DIGITS).translate(UNSEEN).replace(HALF_SPACE, "")
    return " ".join(text.split())


def pseudonym(cell: Any, study: str, secret: bytes) -> str | None:
    """The name a person bears in one study: HMAC-SHA256 of the study's name and the identity, 80 bits of it.

    The same person has the same pseudonym in every file of a study, and another one in another study or with
    another key. None if the cell is blank.
    """
    identity = person(cell)
    if not identity:
        return None
    message = f"{study}\0{identity}".encode()
    return "p" + hmac.new(secret, message, hashlib.sha256).hexdigest()[:20]


def pseudonyms(cells: Iterable[Any], study: str, secret: bytes) -> list[str | None]:
    """Pseudonyms of a column, in its order."""
    return [pseudonym(cell, study, secret) for cell in cells]


# -- the watch --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """Something personal in a text: what kind, and from where to where. Never the thing itself."""

    kind: str  # "email", "card", "phone" or "national_id"
    start: int
    end: int


# Persian letters may touch a number, hashes may not; a number with decimals is a measurement, not an identity.
_EDGE = r"(?<![A-Za-z0-9_.])", r"(?![A-Za-z0-9_]|\.\d)"
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_CARD = re.compile(rf"{_EDGE[0]}\d{{4}}([ \-]?)\d{{4}}\1\d{{4}}\1\d{{4}}{_EDGE[1]}")
_PHONE = re.compile(
    rf"(?<![A-Za-z0-9_.+])(?:(?:\+|00)98|0)[ \-]?\(?\d{{2,3}}\)?(?:[ \-]?\d){{7,8}}{_EDGE[1]}"
)
_NATIONAL = re.compile(rf"{_EDGE[0]}\d{{3}}([ \-]?)\d{{6}}\1\d{_EDGE[1]}")


def scan(text: str) -> tuple[Finding, ...]:
    """E-mail addresses, bank cards, Iranian phone numbers and national ids in a text, in either digit script.

    Cards are judged by Luhn's sum, national ids by their check digit; ten equal digits are no id.

    Examples
    --------
    >>> [finding.kind for finding in scan("تماس: ۰۹۱۲۳۴۵۶۷۸۹ یا a@b.ir")]
    ['phone', 'email']
    """
    plain = text.translate(DIGITS)  # one letter for one letter: places stay the same
    rules = (
        ("email", _EMAIL, None),
        ("card", _CARD, _luhn),
        ("phone", _PHONE, _dialled),
        ("national_id", _NATIONAL, _national),
    )
    found: list[Finding] = []
    for kind, pattern, holds in rules:
        for hit in pattern.finditer(plain):
            digits = re.sub(r"\D", "", hit.group())
            free = all(hit.end() <= other.start or other.end <= hit.start() for other in found)
            if free and (holds is None or holds(digits)):
                found.append(Finding(kind, hit.start(), hit.end()))
    return tuple(sorted(found, key=lambda finding: finding.start))


def redacted(text: str) -> str:
    """A text with everything that `scan` finds in it replaced by dots."""
    for finding in sorted(scan(text), key=lambda finding: -finding.start):
        text = f"{text[: finding.start]}…{text[finding.end :]}"
    return text


def masked(text: str, limit: int = 40) -> str:
    """A cell's text for an error message: short, on one line, and hidden if it could be personal."""
    if scan(text):
        return "(looks personal, not shown)"
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{shown}'" if len(shown) <= limit else f"'{shown[:limit]}…'"


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (2 - place % 2) for place, d in enumerate(digits))
    return len(set(digits)) > 1 and sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _dialled(digits: str) -> bool:
    local = re.sub(r"^(0098|98|0)", "", digits)
    return len(local) == 10


def _national(digits: str) -> bool:
    rest = sum(int(d) * (10 - place) for place, d in enumerate(digits[:9])) % 11
    return len(set(digits)) > 1 and int(digits[9]) == (rest if rest < 2 else 11 - rest)
