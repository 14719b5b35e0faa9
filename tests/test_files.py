"""Whole or not at all."""

import pytest

from crmlab.files import replacing, sha256_text, write_text


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "نتیجه.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), replacing(path) as part:
        part.write_text("half" + "\ud800", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_longest_name_works(tmp_path):
    write_text(tmp_path / ("n" * 250), "x")
    assert [len(path.name) for path in tmp_path.iterdir()] == [250]


def test_no_two_lists_hash_alike():
    assert sha256_text("ab", "c") != sha256_text("a", "bc")
