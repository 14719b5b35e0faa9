"""A report that the lint finds fault with is not written."""

import sys
from dataclasses import replace

import pytest

from crmlab.errors import RunError
from crmlab.present.blocks import Fact, Paragraph
from crmlab.report import compose, write_reports


def planted(monkeypatch, paragraph, only=("en", "fa")):
    """The report of the fixture with one paragraph more in its last chapter."""

    def with_more(study, results, language):
        document = compose(study, results, language)
        last = document.chapters[-1]
        if language not in only:
            return document
        more = replace(last, blocks=(*last.blocks, Paragraph(paragraph)))
        return replace(document, chapters=(*document.chapters[:-1], more))

    monkeypatch.setattr(sys.modules["crmlab.report.write"], "compose", with_more)
    monkeypatch.setattr(
        "crmlab.report.apart.processors", lambda: 1
    )  # what is planted is known to this process only


@pytest.mark.parametrize(
    ("paragraph", "only", "told"),
    [
        (("The mean is 3.61.",), ("en",), "a typed number"),
        (("میانگین ۳٫۶۱ است.",), ("fa",), "a typed number"),
        ((Fact("04_measurement/reliability/n/estimate", 3.0),), ("en",), "the languages differ"),
    ],
)  # fmt: skip
def test_a_faulty_report_is_not_written(ecsi, tmp_path, monkeypatch, paragraph, only, told):
    planted(monkeypatch, paragraph, only)
    with pytest.raises(RunError, match=told):
        write_reports(*ecsi, tmp_path)
    assert not list(tmp_path.iterdir())
