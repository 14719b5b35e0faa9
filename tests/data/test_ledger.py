"""A ledger is admitted row by row: each refused row has one reason, money and days mean what was declared."""

import json
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab.data.contacts import admit_contacts, admit_prospects
from crmlab.data.ledger import Ledger, admit_ledger
from crmlab.data.money import amount, amounts, currency, worth
from crmlab.data.privacy import pseudonym
from crmlab.data.spelling import words
from crmlab.data.survey import admit
from crmlab.data.warehouse import fill
from crmlab.errors import DataError, ModelError, StudyError
from crmlab.study import load_study

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
from small_ledger import SmallLedger

KEY = "a-key-for-tests-only-0123456789"
TRUTH = json.loads(
    (Path(__file__).parents[1] / "reference" / "intake" / "ledger_truth.json").read_text(encoding="utf-8")
)
JOINED = """
ledger:
  file: raw/ledger.csv
  columns: {receipt: شماره فاکتور, customer: کد مشتری, date: تاریخ, amount: مبلغ, currency: واحد پول, branch: شعبه, channel: کانال, product: کالا}
  start: 1401/04/01
  end: 1404/03/31
  duplicate_rows: refuse
  refuse: all
contacts:
  file: raw/contacts.csv
  columns: {contact: شناسه, customer: کد مشتری, time: زمان, channel: کانال, phase: مرحله, outcome: نتیجه, personalised: شخصی, cost: هزینه, quality: کیفیت}
prospects: {file: raw/prospects.csv, prospect: prospect_id, figures: [age, distance_km, web_visits, enquiries, interest, income_index], words: [source], converted_on: converted_on}
behaviour: {deflator: {file: raw/cpi.csv, month: ماه, index: شاخص}}
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CRMLAB_KEY", KEY)


@pytest.fixture
def shop(tmp_path):
    return SmallLedger(tmp_path)


# -- the messy export, to the last row --------------------------------------------------------------


@pytest.fixture(scope="module")
def joined(shared, tmp_path_factory):
    """The simulated survey with its messy ledger, contacts, prospects and index of prices, as one study."""
    folder = tmp_path_factory.mktemp("joined")
    (folder / "raw").mkdir()
    for name in ("survey_codes", "ledger", "contacts", "prospects", "cpi"):
        (folder / "raw" / f"{name}.csv").write_bytes(
            (shared / "data" / "intake" / f"{name}.csv").read_bytes()
        )
    survey = Path(__file__).parents[1] / "reference" / "intake" / "codes" / "study.yml"
    (folder / "study.yml").write_text(survey.read_text(encoding="utf-8") + JOINED, encoding="utf-8")
    return load_study(folder)


@pytest.fixture(scope="module")
def messy(joined):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMLAB_KEY", KEY)
        return admit_ledger(joined)


def test_every_refused_row_has_the_planted_reason(messy):
    truth = TRUTH["ledger"]
    assert messy.refused_by_reason == {k: n for k, n in truth["rows_by_reason"].items() if k != "kept"}
    assert messy.kept == truth["rows_by_reason"]["kept"]
    for reason, records in truth["refused_records"].items():
        found = [record for record, why in messy.refused["ledger"].items() if why == reason]
        pairs = [[messy.copies["ledger"].get(record), record] for record in found]
        assert (pairs if isinstance(records[0], list) else found) == sorted(
            records, key=lambda r: r[-1] if isinstance(r, list) else r
        )


def test_money_days_and_words_of_the_messy_export(messy):
    truth, bought = TRUTH["ledger"], messy.purchases()
    for ours, theirs in {
        "net": "net_rial", "gross": "gross_rial", "refunds": "refunds_rial",
        "purchase_days": "distinct_days_with_purchase", "merged_into_a_day": "rows_merged_into_a_day",
        "customers": "customers_with_a_kept_row", "customers_with_a_purchase": "customers_with_a_purchase",
    }.items():  # fmt: skip
        assert bought[ours] == truth[theirs], ours
    assert bought["net_real"] == pytest.approx(truth["net_rial_in_prices_of_last_month"], rel=1e-12)
    assert {f"kind:{k}": float(n) for k, n in truth["kept_by_kind"].items()}.items() <= dict(
        zip(messy.flow().tidy["term"], messy.flow().tidy["estimate"], strict=True)
    ).items()
    assert messy.rows.groupby("branch").size().to_dict() == truth["rows_by_branch"]
    assert messy.rows["channel"].nunique() == 3
    assert messy.flow().ok
    repairs = messy.repairs["ledger"]
    assert (repairs["date"]["digits"], repairs["amount"]["spaces"]) == (7940, 1608)
    assert repairs["channel"]["ye_kaf"] == truth["cells_with_arabic_ye_or_kaf"]["کانال"]


def test_recency_frequency_and_the_summary_of_the_messy_export(messy, joined):
    table = messy.rfm().set_index("customer")
    for name, truth in TRUTH["ledger"]["rfm"].items():
        row = table.loc[pseudonym(name, joined.name, KEY.encode())]
        assert row["x"] == truth["btyd_weeks"]["x"]
        assert row["t_x"] == pytest.approx(truth["btyd_weeks"]["t_x"], abs=1e-12)
        assert row["T"] == pytest.approx(truth["btyd_weeks"]["T"], abs=1e-12)
        assert row["total"] == truth["net_rial"]
        assert str(row["last"].date()) == truth["last_day"]


def test_saved_and_loaded_it_is_the_same(messy, tmp_path):
    messy.save(tmp_path)
    again = Ledger.load(tmp_path)
    pd.testing.assert_frame_equal(again.rows, messy.rows)
    assert (again.refused, again.copies, again.window) == (messy.refused, messy.copies, messy.window)
    assert again.flow().equals(messy.flow())
    assert again.purchases().equals(messy.purchases())
    with pytest.raises(ModelError, match="holds no saved ledger"):
        Ledger.load(tmp_path / "elsewhere")


def test_the_single_customer_view_counts_matches_and_orphans(messy, joined, tmp_path):
    contacts, prospects, survey = admit_contacts(joined), admit_prospects(joined), admit(joined)
    warehouse = fill(tmp_path, messy, contacts, prospects, survey)
    view, match = warehouse.coverage(), TRUTH["match"]
    assert view["customers:respondents"] == match["survey_people_with_id"]
    assert view["matched:respondents"] == match["matched"]
    assert view["unmatched:respondents"] == match["survey_without_ledger"]
    assert view["without:respondents"] == match["ledger_without_survey"]
    assert view["orphan_rows:contacts"] == TRUTH["contacts"]["orphan_contacts"]
    assert warehouse.loads().ok
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in warehouse.folder.iterdir()}
    again = fill(tmp_path, messy, contacts, prospects, survey)
    assert again.changed == ()
    assert {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in warehouse.folder.iterdir()
    } == before


def test_contacts_and_prospects_of_the_messy_export(joined):
    contacts, truth = admit_contacts(joined).rows, TRUTH["contacts"]
    counts = sorted(contacts["channel"].value_counts().tolist())
    assert counts == sorted(truth["rows_by_channel"].values())
    assert sorted(contacts["phase"].value_counts()) == sorted(truth["rows_by_phase"].values())
    assert contacts["cost"].sum() == truth["total_cost_rial"]
    assert contacts["quality"].isna().sum() == truth["missing_quality"]
    means = contacts.groupby("channel")["quality"].mean().sort_values().to_numpy()
    np.testing.assert_allclose(
        means, sorted(one["mean"] for one in truth["quality_by_channel"].values()), atol=1e-9
    )
    prospects = admit_prospects(joined).rows
    assert prospects["converted_on"].notna().sum() == TRUTH["prospects"]["converted"]
    figures = prospects[["age", "distance_km", "web_visits", "enquiries", "interest", "income_index"]]
    assert figures.isna().sum().sum() == TRUTH["prospects"]["missing_cells"]


def test_the_index_of_prices(messy):
    index, truth = messy.deflator, TRUTH["cpi"]
    assert (len(index), index.iloc[0], index.iloc[-1]) == (
        truth["records_in"],
        truth["first_value"],
        truth["last_value"],
    )
    assert index.sum() == pytest.approx(truth["sum_of_index"])


# -- small ledgers ----------------------------------------------------------------------------------


def test_the_harmless_twin(shop):
    ledger = shop.admit()
    assert (ledger.read, ledger.kept, ledger.refused) == ({"ledger": 40}, 40, {"ledger": {}})
    assert ledger.flow().ok
    assert ledger.rows["amount"].sum() == sum(float(row[3]) for row in shop.rows)


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1,500", ".", 1500), ("۱٬۵۰۰", ".", 1500), ("۱۵۰۰٫۵", ".", 1500.5), ("-1,500", ".", -1500), ("−۲۰", ".", -20),
        (" 7 ", ".", 7), ("1.500,00", ",", 1500), ("1500,5", ",", 1500.5), ("-1.500", ",", -1500), ("(250)", ".", -250),
        ("1,5", ".", None), ("1.500,00", ".", None), ("1.5000", ",", None), ("15a", ".", None), ("-", ".", None),
        ("", ".", None), ("nan", ".", None), ("inf", ".", None), ("1e400", ".", None), (None, ".", None), (1e300, ".", None),
        (12.5, ".", 12.5), (float("nan"), ".", None), ("٣٬٤٥٠", ".", 3450), ("12,34,567", ".", None),
    ],
)  # fmt: skip
def test_amounts_mean_what_was_declared(cell, decimal, value):
    assert amount(cell, decimal) == value
    np.testing.assert_equal(amounts([cell, cell], decimal), [value if value is not None else np.nan] * 2)


def test_currencies_by_code_and_by_word():
    assert [currency(cell) for cell in ("irr", "ریال", "تومان", " IRT ", "", None)] == [
        "IRR",
        "IRR",
        "IRT",
        "IRT",
        "",
        "",
    ]
    assert worth("IRT", "IRR", {}) == 10
    assert worth("IRT", "IRR", {"IRT": 9.0}) == 9
    assert worth("USD", "USD", {}) == 1
    assert worth("USD", "IRR", {}) is None


def test_spellings_of_one_word_are_one():
    found = words(["علي", "علی", " علی", "علی ", None, "", "B 1", "b1", "B1"])
    assert found.tolist() == ["علی"] * 4 + [None, None] + ["B 1"] * 3


def test_days_of_both_calendars_and_moments_with_offsets(shop):
    shop.ledger |= {"calendar": "jalali", "end": "1402/12/29"}
    cells = ["1401/01/05", "۱۴۰۱/۱/۵", "1401-01-05", "14010105", "5 فروردین 1401", "1401/01/05 23:59", "1401/01/04 22:30Z",
             "1401/01/05T00:10:00+03:30"]  # fmt: skip
    for line, row in enumerate(shop.rows, 2):
        shop.put(line, "date", cells[line % len(cells)])
        row[0] = f"R{line}"
    assert set(shop.admit().rows["day"].astype(str)) == {"2022-03-25"}


def test_toman_is_ten_rial_and_other_money_needs_a_rate(shop):
    shop.add("unit", ["IRT" if place % 2 else "ریال" for place in range(40)], "currency")
    plain = sum(float(row[3]) * (10 if row[-1] == "IRT" else 1) for row in shop.rows)
    assert shop.admit().rows["amount"].sum() == plain
    shop.ledger["currency"] = "IRT"
    assert shop.admit().rows["amount"].sum() == pytest.approx(plain / 10, rel=1e-12)
    shop.put(5, "unit", "USD")
    with pytest.raises(
        DataError, match=r"holds the currencies IRR, IRT, USD; nobody says what USD is worth in IRT"
    ):
        shop.admit()
    shop.ledger["rates"] = {"USD": 50_000}
    assert shop.admit().rows["amount"].iloc[3] == float(shop.rows[3][3]) * 50_000


def test_refunds_are_netted_or_dropped_and_make_no_purchase(shop):
    who, day, money = shop.rows[3][1], "2023-08-20", 5000
    shop.rows.append(["F900", who, day, f"-{money}", "B0"])
    name = pseudonym(who, "shop", KEY.encode())
    net = shop.admit()
    shop.ledger["returns"] = "drop"
    gross = shop.admit()
    tables = [one.rfm().set_index("customer").loc[name] for one in (net, gross)]
    assert tables[1]["total"] - tables[0]["total"] == money
    assert tables[0]["x"] == tables[1]["x"]
    assert net.flow()["kind:refund"] == 1


def test_rows_declared_to_be_returns_are_refunds(shop):
    shop.add("kind", ["return" if place == 7 else "sale" for place in range(40)])
    shop.ledger["returned"] = {"column": "kind", "values": ["Return"]}
    ledger = shop.admit()
    assert (ledger.rows["kind"] == "refund").sum() == 1
    assert ledger.rows["amount"].iloc[7] == -float(shop.rows[7][3])


def test_two_systems_and_the_receipts_both_know(shop, tmp_path):
    old = [["K1", *shop.rows[0][1:3], "17", "x"], *[list(row) for row in shop.rows[:5]]]
    head = "no,who,when,toman,branch\n"
    text = "\n".join(",".join([*row[:3], str(float(row[3]) / 10), row[4]]) for row in old)
    (tmp_path / "raw" / "old.csv").write_text(head + text + "\n")
    columns = {"receipt": "no", "customer": "who", "date": "when", "amount": "toman"}
    files = [
        {"file": "raw/old.csv", "source": "old", "columns": columns, "currency": "IRT"},
        {"file": "raw/sales.csv", "source": "new"},
    ]
    del shop.ledger["file"]
    shop.ledger["files"] = files
    ledger = shop.admit()
    assert ledger.by_source == {
        "old": {"read": 6, "refused": 5, "kept": 1}, "new": {"read": 40, "refused": 0, "kept": 40},
    }  # fmt: skip
    assert ledger.refused_by_reason == {"superseded": 5}
    assert ledger.rows.loc[ledger.rows["source"] == "old", "amount"].tolist() == [17.0]
    assert ledger.flow()["kept_from:old"] == 1


def test_the_warehouse_takes_a_later_load_and_replaces_an_older_one(shop, tmp_path):
    rows = shop.rows
    shop.rows = rows[:30]
    first = fill(tmp_path / "out", shop.admit())
    assert first.changed == ("transactions.ledger",)
    shop.rows = rows
    second = fill(tmp_path / "out", shop.admit())
    assert second.changed == ("transactions.ledger",)
    assert second.loads()["stored:transactions.ledger"] == 40
    shop.ledger["files"] = [{"file": shop.ledger.pop("file"), "source": "newer"}]
    third = fill(tmp_path / "out", shop.admit())
    assert third.loads()["superseded:transactions.newer"] == 40
    assert third.loads()["stored:transactions.ledger"] == 0
    assert third.loads().ok
    assert third.table("customers")["transactions"].sum() == 40
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_a_database_is_a_file_too(shop, tmp_path):
    with sqlite3.connect(tmp_path / "raw" / "shop.sqlite") as base:
        base.execute("CREATE TABLE sales (receipt TEXT, customer TEXT, date TEXT, amount REAL)")
        base.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", [row[:4] for row in shop.rows])
    base.close()
    want = shop.admit().rows["amount"].tolist()
    shop.ledger |= {"file": "raw/shop.sqlite", "table": "sales"}
    assert shop.admit().rows["amount"].tolist() == want
    shop.ledger["table"] = "sale"
    with pytest.raises(DataError, match="has no table 'sale': sales"):
        shop.admit()


def test_duckdb_and_parquet_are_files_too(shop, tmp_path):
    import duckdb

    frame = pd.DataFrame([row[:4] for row in shop.rows], columns=shop.header[:4]).astype(
        {"amount": float, "date": "datetime64[s]"}
    )
    want = shop.admit().rows["amount"].tolist()
    with duckdb.connect(str(tmp_path / "raw" / "shop.duckdb")) as base:
        base.execute("CREATE TABLE sales AS SELECT * FROM frame")
    frame.to_parquet(tmp_path / "raw" / "shop.parquet")
    for keys in ({"file": "raw/shop.duckdb", "table": "sales"}, {"file": "raw/shop.parquet"}):
        shop.ledger = {"columns": shop.ledger["columns"], "calendar": "gregorian", **keys}
        assert shop.admit().rows["amount"].tolist() == want


def test_row_order_changes_no_customer(shop):
    want = shop.admit().rfm(calibrated=True)
    shop.rows = shop.rows[::-1]
    pd.testing.assert_frame_equal(shop.admit().rfm(calibrated=True), want, rtol=1e-12)


def test_the_window_is_declared_or_that_of_the_data(shop):
    window = shop.admit().window
    assert (str(window.start), str(window.end)) == (shop.rows[0][2], shop.rows[-1][2])
    assert window.start < window.calibration_end < window.end
    shop.extra["behaviour"] = {"calibration_end": None}
    assert shop.admit().window.calibration_end is None
    with pytest.raises(ModelError, match="nothing is held out"):
        shop.admit().rfm(calibrated=True)
    for day, told in (("2030-01-01", "is not between"), ("soon", "'soon' is not a date")):
        shop.extra["behaviour"] = {"calibration_end": day}
        with pytest.raises(StudyError, match=told):
            shop.admit()


def test_identities_stay_text_and_pseudonyms_change_no_count(shop):
    for line, name in ((2, "0012"), (3, "12"), (4, "۰۰۱۲ "), (5, "12")):
        shop.put(line, "customer", name)
    rows = shop.admit().rows["customer"]
    assert rows.iloc[0] == rows.iloc[2] != rows.iloc[1] == rows.iloc[3]
    assert rows.nunique() == len({row[1].strip().replace("۰۰۱۲", "0012") for row in shop.rows})
    assert rows.str.fullmatch(r"p[0-9a-f]{20}").all()
