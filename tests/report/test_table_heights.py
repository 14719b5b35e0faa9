"""How tall a table is guessed to be, and which tables may therefore break over pages."""

import pytest

from crmlab.present.theme import Theme
from crmlab.report.heights import CAPITAL, INSET, LEADING, WHOLE, advances, breaks, height, lines

THEME = Theme.load()
SHARES = (1.0, 1.0, 1.0)
HEADER = ("Path", "Estimate", "p")


def test_a_table_of_single_lines_is_as_tall_as_its_lines():
    rows = [("Trust", "0.52", "0.013")] * 9
    assert height(HEADER, rows, SHARES, False, THEME) == pytest.approx(10 * (9.0 * CAPITAL + INSET[1]))


@pytest.mark.parametrize("text", ["satisfaction with the service " * 9, "رضایت مشتری از خدمات شرکت " * 11])
def test_long_words_take_as_many_lines_as_their_letters_fill(text):
    letters = advances(THEME.regular)
    whole = sum(letters[ord(char)] for char in text.strip())
    count = lines(text, 15.0, letters)
    assert whole / 15.0 <= count <= whole / 15.0 * 1.3 + 1
    rows = [(text, "0.52", "0.013")]
    one = height(HEADER, [("Trust", "0.52", "0.013")], SHARES, False, THEME)
    most = lines(text, ((210 - 48) / 25.4 * 72 / 3 - 8) / 9.0, letters)
    more = height(HEADER, rows, SHARES, False, THEME) - one
    assert more == pytest.approx((most - 1) * 9.0 * (CAPITAL + LEADING))


def test_only_a_tall_table_breaks():
    short, tall = [("a", "b", "c")] * 7, [("a long label " * 12, "b", "c")] * 7
    assert not breaks(HEADER, short, SHARES, False, THEME)
    assert breaks(HEADER, tall, SHARES, False, THEME)
    assert height(HEADER, tall, SHARES, False, THEME) > WHOLE
    assert not breaks(HEADER, tall[:3], SHARES, False, THEME), "few rows stay together"
    assert breaks(HEADER, [("a long label " * 90, "b", "c")] * 5, SHARES, False, THEME), (
        "no page has room for it"
    )
    assert breaks(HEADER, short * 3, SHARES, False, THEME), "many rows always may"
