"""Every check that steps 09 and 10 can fail has words and a rule in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmlab.present.language import Language

PACKAGE = Path(__file__).resolve().parents[2] / "crmlab"
FILES = (
    *(
        PACKAGE / "data" / f"{name}.py"
        for name in ("ratings", "goals", "office_panel", "canvas", "needs", "members", "benchmark")
    ),
    *(
        PACKAGE / "enterprise" / f"{name}.py"
        for name in [
            "agreement",
            "alignment",
            "canvas",
            "crosswalk",
            "gartner",
            "goals",
            "information",
            "levels",
            "office_paths",
            "offices",
            "roadmap",
            "scenario",
            "schedule",
            "shrinkage",
            "strategy",
            "needs",
            "integration",
            "benchmark",
            "outcomes",
            "dominance",
            "necessary",
            "revenue",
            "cascade",
            "unit_means",
        ]
    ),
)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_check_has_words_and_a_rule(language):
    words = Language.load(language)
    found = {
        name
        for file in FILES
        for name in re.findall(r"""["']check\.([a-z0-9_]+)""", file.read_text(encoding="utf-8"))
    }
    found -= {"orphan"}  # the start of a name that is looked for
    assert len(found) > 30
    assert [
        f"{kind}.{name}"
        for name in sorted(found)
        for kind in ("check", "rule")
        if not words.knows(f"{kind}.{name}")
    ] == []
