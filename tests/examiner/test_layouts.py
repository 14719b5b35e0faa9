"""The same numbers in other layouts: every planted slip is found, and a clean document has none."""

import pytest

from crmlab.examiner import examine
from tests.examiner import other_theses as theses

PLANTED = [
    (theses.folded, "a.docx",
     {"bartlett": "65", "cr": "0.938", "root": "0.852", "rmsea": "0.086", "ratio": "2.469", "p1": "0.210", "said": "تأیید", "gof": "0.598", "vaf": "0.645"},
     {"bartlett_df", "cr_from_loadings", "fornell_diagonal", "rmsea", "chi2_df", "p_from_t", "confirmed_not_significant", "gof", "vaf"}),
    (theses.folded, "a.docx", {"ave": "0.635", "df": "41"}, {"ave_from_loadings", "chi2_df", "model_df"}),
    (theses.nested, "b.docx",
     {"boxed": "0.81", "bartlett": "7", "ave": "0.665", "t": "5.50", "alpha": "0.93", "r2": "0.472", "p": "0.060", "z": "7.17"},
     {"prose", "bartlett_df", "ave_from_loadings", "t_from_ratio", "r_squared", "p_from_chi2", "sobel"}),
    (theses.english, "c.docx", {"cr": "10.405", "p": ".007", "ss": "347.25", "root": "0.740", "beta": "0.463"},
     {"t_from_ratio", "p_from_t", "parts_of_total", "fornell_diagonal", "prose"}),
    (theses.bootstrapped, "e.docx", {"low": "0.282", "said": "تأیید", "kept": "رد"},
     {"interval_turned", "confirmed_interval", "rejected_interval"}),
    (theses.part_of_a_thesis, "d.csv", {"ave": "0.635", "r": "0.65", "ratio": "3.21"}, {"ave_from_loadings", "asymmetric", "chi2_df"}),
]  # fmt: skip


def disagreements(path):
    return [finding for finding in examine(path).findings if finding.kind == "disagreement"]


@pytest.mark.parametrize(("write", "name"), list(dict.fromkeys((write, name) for write, name, *_ in PLANTED)))
def test_a_clean_document_has_none(tmp_path, write, name):
    write(tmp_path / name)
    assert disagreements(tmp_path / name) == []


@pytest.mark.parametrize(("write", "name", "changed", "rules"), PLANTED)
def test_every_planted_slip_is_found(tmp_path, write, name, changed, rules):
    write(tmp_path / name, **changed)
    found = disagreements(tmp_path / name)
    assert rules <= {finding.rule for finding in found}
    assert len(found) >= len(changed)


def test_every_table_of_every_layout_is_read(tmp_path):
    theses.nested(tmp_path / "b.docx")
    examined = examine(tmp_path / "b.docx")
    assert examined.tables - examined.understood == 1  # the one that only lays out another


def test_an_estimate_outside_its_interval_is_asked_about(tmp_path):
    theses.bootstrapped(tmp_path / "e.docx", beta="0.443")
    (found,) = examine(tmp_path / "e.docx").findings
    assert (found.rule, found.kind) == ("interval_without", "note")
    assert "[0.54, 0.74]" in examine(tmp_path / "e.docx").told("en")
