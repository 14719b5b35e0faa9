"""Effects of earlier studies: admitted in either language, every fault in one line with its place."""

from __future__ import annotations

import math

import pytest

from crmlab.data.prior_studies import admit_prior_studies
from crmlab.errors import CrmlabError, StudyError
from crmlab.study import load_study
from crmlab.study.literature_questions import named

KNOWN = {"CRM": "CRM", "RQ": "RQ", "CLV": "CLV", "Relationship quality": "RQ", "کیفیت رابطه": "RQ"}


def admitted(folder, text, **how):
    path = folder / "prior.csv"
    path.write_text(text, encoding="utf-8")
    return admit_prior_studies(path, constructs=KNOWN, **how)


def test_rows_become_effects(tmp_path):
    found = admitted(
        tmp_path,
        "study,source,target,estimate,n,se,year,kind\n"
        "Sample (2019),CRM,relationship quality,.42,270,,2019,\n,,,,,,,\nOther,RQ,CLV,-0.1,,0.05,,r\n",
    )
    one, other = found.effects
    assert (one.path, one.estimate, one.n, one.kind, one.sign, one.year) == ("RQ~CRM", 0.42, 270, "beta", 1, 2019)  # fmt: skip
    assert (other.path, other.std_error, other.kind, other.sign) == ("CLV~RQ", 0.05, "r", -1)
    assert math.isnan(other.n)
    assert (found.flow["read"], found.flow["kept"], found.flow["studies"], found.flow["with_number"]) == (3, 2, 2, 2)  # fmt: skip
    assert found.refused == {2: "empty"}


def test_persian_headers_words_and_digits(tmp_path):
    columns = {"study": "پژوهش", "source": "از", "target": "بر", "estimate": "ضریب", "n": "حجم", "kind": "نوع", "sign": "جهت"}  # fmt: skip
    found = admitted(
        tmp_path,
        "پژوهش,از,بر,ضریب,حجم,نوع,جهت\nنمونه (۱۳۹۸),CRM,كيفيت رابطه,۰٫۴۲,۲۷۰,همبستگی,\nدیگری,CRM,RQ,,,,مثبت\n",
        columns=columns,
    )
    one, other = found.effects
    assert (one.path, one.estimate, one.n, one.kind) == ("RQ~CRM", 0.42, 270, "r")
    assert math.isnan(other.estimate)
    assert other.sign == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("A,CRM,RQ,1.2,100,,", "1 effect not between -1 and 1"),
        ("A,CRM,RQ,0.4,,,", "1 effect with neither n nor se"),
        ("A,CRM,RQ,,100,,", "1 row with neither a number nor a sign"),
        ("A,CRM,RQ,0.4,100,,-", "1 sign that contradicts its number"),
        ("A,CRM,RQ,0.4,3,,", "1 n below 4 or no whole number"),
        ("A,CRM,RQ,0.4,99.5,,", "1 n below 4 or no whole number"),
        ("A,CRM,RQ,0.4,,0,", "1 standard error not above zero"),
        ("A,CRN,RQ,0.4,100,,", "'CRN' is no construct; near: CRM"),
        ("A,CRM,CRM,0.4,100,,", "1 effect of a construct on itself"),
        (",CRM,RQ,0.4,100,,", "1 blank cell"),
        ("A,CRM,RQ,strong,100,,", "'strong' is no number"),
        ("A,CRM,RQ,,100,,up", "'up' is no sign of an effect"),
        ("A,CRM,RQ,0.4,100,,\nA,CRM,RQ,0.5,90,,", "study 'A' gives CRM -> RQ twice"),
    ],
)
def test_faults_say_place_problem_and_way_out(tmp_path, row, says):
    with pytest.raises(CrmlabError) as caught:
        admitted(tmp_path, f"study,source,target,estimate,n,se,sign\n{row}\n")
    text = str(caught.value)
    assert says in text
    assert "prior.csv" in text


def test_a_lost_column_is_named(tmp_path):
    with pytest.raises(CrmlabError, match="target"):
        admitted(tmp_path, "study,source,estimate,n\nA,CRM,0.4,100\n")


def test_the_demo_names_its_constructs_in_both_languages():
    words = named(load_study("data/demo"))
    assert words["Relationship quality"] == words["کیفیت رابطه"] == words["RQ"] == "RQ"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"counts_as": {"CLX": ["LOY"]}}, "unknown construct 'CLX'"),
        ({"counts_as": {"CLV": ["CLV"]}}, "counts as itself"),
        ({"file": "../other.csv"}, "below the study's folder"),
        ({"fiel": "a.csv"}, "fiel"),
    ],
)
def test_the_study_file_is_strict(tmp_path, value, says):
    from tests.report.conftest import load_fixtures

    with pytest.raises(StudyError, match=says):
        load_fixtures().crm_study(tmp_path, literature=value)
