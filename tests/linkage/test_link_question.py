"""From a study file and two raw files to the arguments of the link: keys, days, money, what came after the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmlab.clv import nominal_rate
from crmlab.data.ledger import admit_ledger
from crmlab.data.survey import admit
from crmlab.linkage import link, link_study, question
from crmlab.structure import conclude
from crmlab.study import Study, load_study
from crmlab.study.hypotheses import catalogue

KEY = "a key for tests, longer than sixteen"
WORDS = {"en": "x", "fa": "x"}
DAY0 = pd.Timestamp("2023-01-01")


def written(folder: Path, *, end: str = "2024-06-30", deflator: bool = False, **changes: Any) -> Study:
    """180 respondents, 400 customers who began in January 2023; fieldwork in June 2023; the better Q, the more is bought."""
    rng = np.random.default_rng(11)
    z = rng.standard_normal(400)
    last = (pd.Timestamp(end) - DAY0).days
    rows = []
    for who, rate in enumerate(rng.gamma(2.0, 1 / 80, 400) * np.exp(0.5 * z)):
        t = float(rng.integers(0, 30))
        while t <= last:
            rows.append(
                (
                    f"C{who:03d}",
                    str((DAY0 + pd.Timedelta(int(t), "D")).date()),
                    round(rng.gamma(4, 25), 2),
                    "ab"[who % 2],
                )
            )
            t += 1 + rng.exponential(1 / rate) if rng.random() > 0.06 else 1e9  # some leave after a purchase
    raw = folder / "raw"
    raw.mkdir(parents=True)
    pd.DataFrame(rows, columns=["c", "d", "a", "p"]).to_csv(raw / "ledger.csv", index=False)
    rng = np.random.default_rng(12)  # answers do not hang on the ledger's length
    told = pd.DataFrame({"key": [f"C{k:03d}" for k in range(178)] + ["C000", ""], "day": "2023-06-15"})
    own = np.append(z[:178], [z[0], 0.0])
    for k in range(1, 5):
        told[f"Q{k}"] = np.clip(np.round(5 + 1.6 * own + rng.normal(0, 1.2, 180)), 1, 10).astype(int)
    told.to_csv(raw / "answers.csv", index=False)
    months = pd.period_range("2023-01", "2024-07", freq="M")
    index = pd.DataFrame({"month": months.astype(str), "index": 100 * 1.02 ** np.arange(len(months))})
    index.to_csv(raw / "cpi.csv", index=False)
    behaviour = {"horizon_months": 12, "discount_rate": 0.1, "margin": 0.5, "model": "bgnbd"}
    if deflator:
        behaviour["deflator"] = {
            "file": "raw/cpi.csv",
            "month": "month",
            "index": "index",
            "calendar": "gregorian",
        }
    items = {f"Q{k}": {"text": WORDS, "scale": "ten"} for k in range(1, 5)}
    content = {
        "name": "linked", "title": WORDS, "organisation": WORDS, "hypotheses": ["H8"],
        "survey": {
            "file": "raw/answers.csv", "customer": "key",
            "fieldwork": {"column": "day", "calendar": "gregorian", "start": "2023-06-01", "end": "2023-06-30"},
        },
        "ledger": {
            "file": "raw/ledger.csv", "columns": {"customer": "c", "date": "d", "amount": "a", "product": "p"},
            "calendar": "gregorian", "end": end,
        },
        "behaviour": behaviour,
        "instrument": {"base": "none", "scales": {"ten": {"points": [1, 10]}}, "items": items},
        "constructs": {"RQ": {"label": WORDS, "items": list(items)}},
        **changes,
    }  # fmt: skip
    file = folder / "study.yml"
    file.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return load_study(file)


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CRMLAB_KEY", KEY)


def asked(study: Study) -> dict[str, Any]:
    return question(study, admit(study), admit_ledger(study))


def test_everything_the_study_says_reaches_the_link(tmp_path):
    worth = {"point": 2, "least": 50, "second": "refuse", "outcome": "purchases"}
    found = asked(written(tmp_path, worth=worth, privacy_threshold=7, seed=5))
    told = found["asked"]
    assert (told.construct, told.point, told.least, told.second, told.outcome) == (
        "RQ",
        2,
        50,
        "refuse",
        "purchases",
    )
    assert (told.model, told.threshold, told.seed, told.unit) == ("bgnbd", 7, 5, "W")
    assert found["items"] == {"RQ": ["Q1", "Q2", "Q3", "Q4"]}
    assert (found["money"].rate, found["money"].margin) == (0.1, 0.5)
    assert found["money"].horizon == pytest.approx(365.25 / 7)
    assert found["perceived"] is None
    assert found["nominal"] is None
    assert "product" in found["rows"]
    assert list(found["customer"].index) == list(found["answers"].index)
    assert found["customer"].notna().sum() == 179
    assert set(found["customer"].dropna()) <= set(
        found["rfm"]["customer"]
    )  # pseudonyms of one key on both sides


def test_days_are_those_of_the_files_and_of_the_study(tmp_path):
    days = asked(written(tmp_path))["days"]
    epoch = {name: str(np.datetime64(int(day), "D")) for name, day in days.items()}
    assert epoch["field_first"] == "2023-06-01"
    assert epoch["field_last"] == "2023-06-30"
    assert epoch["ledger_end"] == "2024-06-30"


@pytest.mark.parametrize(
    ("end", "later"), [("2024-06-30", True), ("2023-08-31", False), ("2023-06-30", False)]
)
def test_purchases_after_the_fieldwork_are_held_apart(tmp_path, end, later):
    found = asked(written(tmp_path, end=end))["later"]
    assert (found is not None) == later
    if found is not None:
        assert found["T_holdout"].iloc[0] == pytest.approx(366 / 7)
        assert found["last"].max() <= pd.Timestamp("2023-06-30")


def test_real_money_goes_with_its_nominal_twin(tmp_path):
    plain, real = asked(written(tmp_path / "a")), asked(written(tmp_path / "b", deflator=True))
    table, money = real["nominal"]
    pd.testing.assert_frame_equal(table, plain["rfm"])
    assert (real["rfm"]["total"] >= table["total"] - 1e-9).all()
    assert money.rate == pytest.approx(nominal_rate(0.1, 1.02**12 - 1), rel=2e-3)


def test_a_study_from_its_files_to_the_verdict(tmp_path):
    study = written(tmp_path)
    admit(study).save(tmp_path / "in")
    admit_ledger(study).save(tmp_path / "in")
    found = link_study(study, tmp_path / "in")
    both = found.results["join"]
    assert [both[name] for name in ("respondents", "with_key", "without_key", "repeated", "matched")] == [
        180,
        179,
        1,
        1,
        178,
    ]
    assert both["days_after"] == 366
    assert found.results["joint"].cell("purchase:latent", "ci_low") > 0.2
    results = {f"08_value_of_rq/{name}": one for name, one in found.results.items()}
    carrying = [name for name, one in results.items() if "path:CLV_B~RQ" in one]
    assert carrying == ["08_value_of_rq/afterwards"]
    low, high = (results[carrying[0]].cell("path:CLV_B~RQ", side) for side in ("ci_low", "ci_high"))
    assert conclude([catalogue()["H8"]], results)["verdict:H8"] == (low > 0) - (high < 0)
    assert found.results["afterwards"].cell("gross:purchases", "ci_low") > 0
    again = link(**question(study, admit(study), admit_ledger(study))).results["money"]
    pd.testing.assert_frame_equal(again.tidy, found.results["money"].tidy)


def test_a_ledger_that_ends_with_the_answers_gives_no_verdict(tmp_path):
    study = written(tmp_path, end="2023-06-30")
    found = link(**asked(study)).results
    results = {f"08_value_of_rq/{name}": one for name, one in found.items()}
    assert "path:CLV_B~RQ" in found["money"]
    assert conclude([catalogue()["H8"]], results)["untested:H8"] == 7


def test_without_keys_there_is_nothing_to_join(tmp_path):
    study = written(tmp_path)
    bare = study.spec.survey.model_copy(update={"customer": None})
    alone = type(study)(
        study.file, study.spec.model_copy(update={"survey": bare}), study.instrument, study.hypotheses
    )
    assert link_study(alone, tmp_path / "nowhere") is None
