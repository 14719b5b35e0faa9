"""Every check that can fail has words in both languages: names are read from the source, not from a list."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from crmlab.present.facts import Source
from crmlab.present.language import Language
from crmlab.present.table_parts import failed_notes
from crmlab.result import Check, Result, tidy_frame

ROOMS = ("measurement", "pls", "structure", "sem")
PACKAGE = Path(__file__).resolve().parents[2] / "crmlab"
STRUCTURE = (  # what steps 01, 04, 05 and 06 call
    "association.py", "covariance.py", "design.py", "differences.py", "drivers.py", "equivalence.py", "estimate.py", "evaluate.py",
    "foresight.py", "group_paths.py", "groups.py", "invariance.py", "ladder.py", "power.py", "power_groups.py",
    "sample_size.py", "sensitivity.py", "multiverse.py", "literature.py", "hidden_cause.py", "verdicts.py", "process.py", "process_design.py", "process_effects.py", "process_regress.py",
    "process_rows.py", "process_study.py", "johnson_neyman.py", "latent_process.py", "defined.py", "conclude.py", "evidence.py", "dimension_means.py", "dimension_paths.py", "latent_importance.py",
)  # fmt: skip
LITERAL = re.compile(r"""["']check\.([a-z0-9_]+)(?=[:"'{])""")
WORDED = re.compile(r"""f["']check\.\{(\w+)\}""")
# names that are put together when the program runs: {word}, {quantity}, {name}_covariance
MADE = {
    "word": ("compositional", "equal_mean", "equal_variance"),
    "quantity": ("cvpat_mean", "cvpat_lm"),
    "name": ("latent_covariance", "residual_covariance"),
}


def emitted():
    found = {"possible": "result.py"}
    for room in ROOMS:
        for path in sorted((PACKAGE / room).glob("*.py")):
            if room == "structure" and path.name not in STRUCTURE:
                continue
            text = path.read_text(encoding="utf-8")
            found |= dict.fromkeys(LITERAL.findall(text), path.name)
            for field in WORDED.findall(text):
                found |= dict.fromkeys(MADE[field], path.name)
    return found


@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_check_has_words_and_a_rule(language):
    words = Language.load(language)
    names = emitted()
    assert len(names) > 50
    lacking = [f"check.{name} ({where})" for name, where in names.items() if not words.knows(f"check.{name}")]
    # what could not be computed says so in its own words: the rule of `possible` is the reason
    lacking += [
        f"rule.{name} ({where})"
        for name, where in names.items()
        if name != "possible" and not words.knows(f"rule.{name}")
    ]
    assert not lacking


def test_a_name_put_together_at_run_time_is_known():
    unknown = set()
    for room in ROOMS:
        for path in (PACKAGE / room).glob("*.py"):
            unknown |= set(WORDED.findall(path.read_text(encoding="utf-8"))) - MADE.keys()
    assert not unknown


def test_every_legacy_statistic_says_what_superseded_it():
    from crmlab.measurement.legacy import SUPERSEDED

    for language in ("en", "fa"):
        words = Language.load(language)
        assert [name for name in SUPERSEDED if not words.knows(f"superseded.{name}")] == []


def test_a_way_of_analysis_is_told_in_words():
    check = Check("check.choice:sem.model.all.items", False, math.nan, "the solution is admissible")
    source = Source(
        "12_robustness_evidence/multiverse", Result("model.multiverse", tidy_frame([]), {}, (check,))
    )
    for language in (Language.load("en"), Language.load("fa")):
        (note,) = failed_notes(source, language)
        text = language.plain(note.spans)
        assert "sem.model" not in text
        assert language.word("measured.items") in text
        assert failed_notes(source, language, but="check.choice:") == ()
