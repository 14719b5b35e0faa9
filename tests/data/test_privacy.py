import stat
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.data.privacy import create_key, has_key, load_key, masked, person, pseudonym, pseudonyms, scan
from crmlab.errors import PrivacyError

SECRET = b"a key for tests only"
FA = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
AR = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture(autouse=True)
def _no_key(monkeypatch, tmp_path):
    monkeypatch.delenv("CRMLAB_KEY", raising=False)
    monkeypatch.setenv("CRMLAB_KEY_FILE", str(tmp_path / "keys/key"))


def test_h08_one_person_one_name_in_every_file():
    assert pseudonym("0012", "wave1", SECRET) == pseudonym("۰۰۱۲ ", "wave1", SECRET)
    assert pseudonym("0012", "wave1", SECRET) == pseudonym("\u200f٠٠١٢", "wave1", SECRET)


def test_h08_another_study_or_key_another_name():
    names = {
        pseudonym("0012", "wave1", SECRET),
        pseudonym("0012", "wave2", SECRET),
        pseudonym("0012", "wave1", SECRET + b"!"),
        pseudonym("12", "wave1", SECRET),  # B11: leading zeros count
    }
    assert len(names) == 4


def test_blank_identities_are_nobody():
    assert pseudonyms([None, "", " \u200f"], "wave1", SECRET) == [None, None, None]
    assert person(12.0) == "12"


def test_a_name_says_nothing_about_the_identity():
    assert "0912" not in (pseudonym("09123456789", "wave1", SECRET) or "")


def test_h07_no_key():
    assert not has_key()
    with pytest.raises(PrivacyError, match="crmlab key") as caught:
        load_key()
    assert caught.value.exit_code == 6


def test_h07_a_key_in_a_repository(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    (tmp_path / "repo/sub").mkdir()
    (tmp_path / "repo/sub/key").write_text("0123456789abcdef")
    monkeypatch.setenv("CRMLAB_KEY_FILE", str(tmp_path / "repo/sub/key"))
    with pytest.raises(PrivacyError, match=r"outside every repository|\.config/crmlab/key"):
        load_key()
    with pytest.raises(PrivacyError):
        create_key()


def test_h07_a_link_into_a_repository_is_no_way_round(monkeypatch, tmp_path):
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/key").write_text("0123456789abcdef")
    (tmp_path / "link").symlink_to(tmp_path / "repo/key")
    monkeypatch.setenv("CRMLAB_KEY_FILE", str(tmp_path / "link"))
    with pytest.raises(PrivacyError, match="inside"):
        load_key()


def test_h07_a_key_beside_the_study(tmp_path):
    create_key()
    with pytest.raises(PrivacyError, match="inside"):
        load_key(tmp_path)
    assert len(load_key(tmp_path / "elsewhere")) == 64


def test_a_new_key_is_private_and_never_replaced():
    path = create_key()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert has_key()
    assert load_key() == path.read_text().strip().encode()
    with pytest.raises(PrivacyError, match="a key stands there already"):
        create_key()


def test_the_environment_comes_first_and_must_be_long(monkeypatch):
    monkeypatch.setenv("CRMLAB_KEY", "0123456789abcdef")
    assert load_key() == b"0123456789abcdef"
    monkeypatch.setenv("CRMLAB_KEY", "short")
    with pytest.raises(PrivacyError, match="5 characters"):
        load_key()


PLANTED = [
    ("national_id", "0013542419"),
    ("phone", "09123456789"),
    ("phone", "+989123456789"),
    ("phone", "00989123456789"),
    ("phone", "0912 345 6789"),
    ("phone", "021-88776655"),
    ("email", "ali.rezaei@example.co.ir"),
    ("card", "6037991234567893"),
    ("card", "6037-9912-3456-7893"),
]


@pytest.mark.parametrize(("kind", "text"), PLANTED)
@pytest.mark.parametrize("script", [{}, FA, AR])
@pytest.mark.parametrize("around", ["{}", "شماره‌ام {} است", "تماس{}", "<td>{}</td>", "a: {}, b"])
def test_h04_what_is_planted_is_found(kind, text, script, around):
    if kind == "email" and around == "تماس{}":
        around = "تماس {}"
    found = scan(around.format(text.translate(script)))
    assert [one.kind for one in found] == [kind]
    start = around.index("{}")
    assert (found[0].start, found[0].end) == (start, start + len(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.1234567890", "1403/02/01 22:00:00", "0013542418", "1111111111", "6037991234567890", "n = 421", "3.5246753246753246",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "10.1177/002224378101800104", "14030101",
        "user at example", "p1234567890abcdef1234", "0.05 0.10 0.25 0.50", "12, 345, 678", "2024-05-04T00:08:33",
    ],
)  # fmt: skip
def test_twins_that_name_nobody(text):
    assert scan(text) == ()


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1e6, allow_nan=False).map(repr))
def test_a_decimal_number_names_nobody(text):
    if "e" not in text:
        assert scan(text) == ()


def test_masked_shows_little():
    assert masked("0912 345 6789") == "(looks personal, not shown)"
    assert masked("خیلی\nخوب") == "'خیلی خوب'"
    assert len(masked("x" * 500)) < 50
