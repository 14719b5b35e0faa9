"""One spelling for Persian text: letters, digits, spaces and marks as they come from many keyboards.

Three strengths of the same idea: `normalise` gives text to read, `key` a folding to compare by, `number` a value.
"""

from __future__ import annotations

import re
import unicodedata

YE_KAF = str.maketrans(
    {"ي": "ی", "ى": "ی", "ې": "ی", "ے": "ی", "ك": "ک", "ڪ": "ک", "ګ": "گ", "ہ": "ه", "ھ": "ه", "ە": "ه"}
)
DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)
ARABIC_DIGITS = frozenset("٠١٢٣٤٥٦٧٨٩")
HAMZA = str.maketrans(
    {"أ": "ا", "إ": "ا", "ٱ": "ا", "ؤ": "و", "ئ": "ی", "ۀ": "ه", "ة": "ه", "ۂ": "ه", "ٔ": None, "ء": None}
)
TATWEEL = str.maketrans({"ـ": None})
HARAKAT = str.maketrans(dict.fromkeys("ًٌٍَُِّْٰٕٖٓ"))
MARKS = (
    "\u200b\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
)
HALF_SPACE = "\u200c"
UNSEEN = str.maketrans(dict.fromkeys(MARKS))
_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefe]")  # letters stored as the shapes they are drawn with
_EZAFE = re.compile(rf"(?<=ه){HALF_SPACE}ی(?!\w)")  # سابقه‌ی is another spelling of سابقهٔ
_AROUND_HALF = re.compile(rf"\s*{HALF_SPACE}+\s+|\s+{HALF_SPACE}+\s*|{HALF_SPACE}{{2,}}")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-"})


def normalise(text: str) -> str:
    """The text as a careful typist would have entered it: one ye and kaf, ASCII digits, single spaces.

    Half-spaces stay where they join two letters; direction marks, tatweel and outer blanks go.

    Examples
    --------
    >>> normalise("مشتري كيفيت"), normalise("١٢۳٤")
    ('مشتری کیفیت', '1234')
    """
    text = _FORMS.sub(lambda hit: unicodedata.normalize("NFKC", hit.group()), text)
    text = unicodedata.normalize("NFC", text.translate(UNSEEN).translate(TATWEEL))
    text = text.translate(YE_KAF).translate(DIGITS)
    text = " ".join(text.split())
    while (again := _AROUND_HALF.sub(_one_gap, text)) != text:
        text = again
    return " ".join(text.strip(HALF_SPACE + " ").split())


def _one_gap(hit: re.Match[str]) -> str:
    return HALF_SPACE if not any(letter.isspace() for letter in hit.group()) else " "


def key(text: str) -> str:
    """What is left of a header or a label when spelling does not count: its letters and digits, in small letters.

    Two texts with the same key differ at most in spaces, half-spaces, punctuation, tanvin, hamza, tatweel, letter
    case and the script of their digits.

    Examples
    --------
    >>> key("کاملا  موافقم") == key("كاملاً موافقم؟ *"), key(" Foc_1 ")
    (True, 'foc1')
    """
    folded = _fold(text)
    while (again := _fold(folded)) != folded:
        folded = again
    return folded


def _fold(text: str) -> str:
    text = _EZAFE.sub("", unicodedata.normalize("NFKC", text).casefold().translate(YE_KAF))
    text = text.translate(HAMZA).translate(TATWEEL).translate(HARAKAT).translate(DIGITS)
    return "".join(letter for letter in text if letter.isalnum())


def number(text: str) -> float | None:
    """The number a text stands for, in either script; None if it is not one, or could be two.

    `٫` and `،` are decimal marks, `٬` and `,` group thousands and must then stand every three digits. A comma
    that could be either is refused: "1,5" is no number here.

    Examples
    --------
    >>> number(" ۵ "), number("5.0"), number("۱٬۵۰۰"), number("۳٫۲۵"), number("1,5")
    (5.0, 5.0, 1500.0, 3.25, None)
    """
    text = normalise(text).translate(_MINUS).replace("٫", ".").replace("٬", ",").replace(HALF_SPACE, "")
    if "،" in text:
        if text.count("،") > 1 or "." in text or re.search(r"،\d{3}$", text):
            return None
        text = text.replace("،", ".")
    if text.endswith("-") and _PLAIN.fullmatch(text[:-1]):  # a right-to-left sheet shows -9 as 9-
        text = "-" + text[:-1]
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return float(text) if _PLAIN.fullmatch(text) else None


def is_blank(text: str) -> bool:
    """True if nothing can be seen in it."""
    return not text.translate(UNSEEN).replace(HALF_SPACE, "").strip()


# -- what a repair consisted of ---------------------------------------------------------------------

_LAYERS = ("digits", "ye_kaf", "spaces", "spelling", "case", "marks")


def _without(text: str, skipped: str) -> str:
    """The text after every layer of repair but one, so that what differs is the work of that one."""
    if skipped != "digits":
        text = text.translate(DIGITS)
    if skipped != "ye_kaf":
        text = text.translate(YE_KAF)
    if skipped != "spelling":
        text = text.translate(HAMZA).translate(TATWEEL).translate(HARAKAT)
    if skipped != "spaces":
        text = "".join(text.translate(UNSEEN).replace(HALF_SPACE, "").split())
    if skipped != "marks":
        text = "".join(letter for letter in text if unicodedata.category(letter)[0] not in "PS")
    return text if skipped == "case" else text.casefold()


def repairs(found: str, meant: str) -> tuple[str, ...]:
    """In what ways `found` differs from the wording that was meant, if both have the same key.

    Examples
    --------
    >>> repairs("كاملا موافقم ", "کاملاً موافقم")
    ('ye_kaf', 'spaces', 'spelling')
    """
    if found == meant:
        return ()
    return tuple(layer for layer in _LAYERS if _without(found, layer) != _without(meant, layer)) or ("marks",)


def number_repairs(found: str) -> tuple[str, ...]:
    """In what ways a text differs from the plain ASCII number it stands for.

    Arabic digits (٤٥٦) are another spelling even of the Persian ones (۴۵۶), and count as both.
    """
    kinds = []
    if found.translate(DIGITS) != found:
        kinds.append("digits")
    bare = "".join(found.translate(UNSEEN).replace(HALF_SPACE, "").split())
    if bare != found:
        kinds.append("spaces")
    if ARABIC_DIGITS & set(found):
        kinds.append("spelling")
    if re.search(r"[.٫]0+$", bare.translate(DIGITS)):
        kinds.append("decimal_zero")
    rest = bare.translate(DIGITS)
    if not kinds and not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", rest):
        kinds.append("marks")
    return tuple(kinds)
