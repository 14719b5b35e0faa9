"""`crmlab clv`: from a plain file to the table of customers, and one clear line for each fault."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import customers
from crmlab.cli import main
from crmlab.customers.guess import columns
from crmlab.errors import DataError
from crmlab.jalali import from_gregorian

PERSIAN = {"customer": "كد مشتری", "date": "تاريخ خرید", "amount": "مبلغ"}  # an Arabic kaf and ye on purpose
EASTERN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@pytest.fixture(scope="module")
def plain(shop, tmp_path_factory):
    file = tmp_path_factory.mktemp("plain") / "orders.csv"
    shop.rename(columns={"customer": "Customer ID", "date": "Order Date", "amount": "Sales"}).to_csv(
        file, index=False
    )
    return file


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRMLAB_KEY", raising=False)
    return tmp_path


def told(capsys, *arguments):
    code = main(["clv", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def test_the_table_and_the_summary(plain, shop, here, capsys):
    code, out, err = told(capsys, plain, "--end", "2025-06-29", "--margin", "0.3", "-o", "table.csv")
    assert (code, err) == (0, "")
    table = pd.read_csv("table.csv")
    days = customers.purchase_days(shop, end="2025-06-29")
    worth = customers.value_customers(
        customers.fit_models(days), days, money=customers.Money(0.10, 3 * 365.25 / 7, 0.3), draws=0
    )
    np.testing.assert_allclose(table["clv"], worth.table["clv"], rtol=1e-9)
    assert table["customer"].tolist() == worth.table["customer"].tolist(), (
        "the file's own ids go back to its owner"
    )
    for words in (
        "600 customers",
        "behavioural CLV of all",
        "95% interval",
        "horizon 36 months",
        "margin 30%",
        "table.csv",
    ):
        assert words in out
    assert "c0001" not in out, "nobody's id is on the screen"


def test_persian_headers_digits_and_dates(shop, here, capsys):
    written = shop.head(400).rename(columns=PERSIAN)
    name = PERSIAN["date"]
    written[name] = [
        "{:04d}/{:02d}/{:02d}".format(*from_gregorian(day.date())).translate(EASTERN) for day in written[name]
    ]
    written[PERSIAN["amount"]] = [f"{value:,.0f}".translate(EASTERN) for value in written[PERSIAN["amount"]]]
    file = here / "دفتر.csv"
    written.to_csv(file, index=False)
    before = file.read_bytes()
    code, out, err = told(capsys, file, "-o", "جدول.parquet")
    assert (code, err) == (0, "")
    assert len(pd.read_parquet("جدول.parquet")) > 50
    assert file.read_bytes() == before
    assert "0 refused" in out


def test_parquet_and_named_columns(shop, here, capsys):
    shop.rename(columns={"customer": "who", "amount": "total", "date": "when"}).to_parquet("log.parquet")
    code, _, err = told(capsys, "log.parquet")
    assert code == 3
    assert "no column is clearly the customer or the date" in err
    assert "--customer COLUMN --date COLUMN" in err
    code, out, _ = told(capsys, "log.parquet", "--customer", "who", "--date", "when", "--model", "pareto_nbd")
    assert code == 0
    assert "model pareto_nbd" in out
    assert list(here.iterdir()) == [here / "log.parquet"], "without -o nothing is written"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--discount", "10"], 2, "0.10 for 10 %"),
        (["--discount", "-1"], 2, "from 0 to below 1"),
        (["--margin", "25"], 2, "0.25 for 25 %"),
        (["--horizon", "0"], 2, "from 1 to 600 months"),
        (["--model", "best"], 2, "no model 'best'"),
        (["-o", "table.docx"], 2, "is written as .csv or .parquet"),
        (["-o", "nowhere/table.csv"], 2, "no such folder"),
        (["-o", "data/x/table.csv"], 2, "among the data"),
        (["--amount", "Gross"], 3, "Gross"),
        (["--calendar", "jalali"], 3, ""),
        (["--end", "2025-13-01"], 2, "2025-13-01"),
    ],
)
def test_faults_are_one_line(plain, here, capsys, arguments, code, words):
    (here / "data" / "x").mkdir(parents=True)
    shutil.copy(plain, "orders.csv")
    found, out, err = told(capsys, "orders.csv", *arguments)
    assert found == code, err
    assert words in err
    assert out == ""
    assert not [
        path
        for path in here.rglob("*")
        if path.suffix in (".part", ".parquet", ".docx") or path.name == "table.csv"
    ]


def test_the_ledger_is_not_overwritten(plain, here, capsys):
    shutil.copy(plain, "orders.csv")
    os.symlink("orders.csv", "link.csv")
    for out in ("orders.csv", "link.csv"):
        code, _, err = told(capsys, "orders.csv", "-o", out)
        assert (code, "would overwrite the ledger" in err) == (2, True)
    assert Path("orders.csv").read_bytes() == plain.read_bytes()


def test_files_that_are_no_ledgers(plain, here, capsys):
    code, _, err = told(capsys, "missing.csv")
    assert (code, "missing.csv" in err) == (3, True)
    Path("once.csv").write_text("customer,date,amount\n1,2024-01-01,5\n2,2024-02-01,5\n")
    code, _, err = told(capsys, "once.csv", "-o", "out.csv")
    assert code == 4
    assert "bought on more than one day" in err
    assert not Path("out.csv").exists()


def test_headers_that_are_twice():
    assert columns(("Date", "Client", "Paid"), {}, "f") == {
        "customer": "Client",
        "date": "Date",
        "amount": "Paid",
    }
    with pytest.raises(DataError, match="two columns are called"):
        columns(("date", "Date", "customer", "amount"), {}, "f")
    assert columns(("date", "Date", "customer", "amount"), {"date": "date"}, "f")["date"] == "date"
