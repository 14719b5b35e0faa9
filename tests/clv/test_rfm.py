"""`clv.rfm` against CDNOW's published summary, against a plain reckoning, and from every kind of source."""

import numpy as np
import pandas as pd
import pytest

from crmlab import clv
from crmlab.errors import DataError, ModelError

KEYS = {"customer": "who", "date": "day", "amount": "paid"}
UNITS = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}


def log(seed=1, customers=60, rows=700, days=400):
    """A random log with refunds, zeros and several rows a day."""
    rng = np.random.default_rng(seed)
    day = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, days, rows), unit="D")
    paid = rng.gamma(2, 30, rows).round(2) * rng.choice([1, 0, -1], rows, p=[0.8, 0.1, 0.1])
    return pd.DataFrame({"who": rng.integers(1, customers, rows), "day": day, "paid": paid})


def reckoned(frame, end, split, unit, returns, zero):
    """The same by plain loops."""
    end, split, found = pd.Timestamp(end), pd.Timestamp(split or end), []
    for who, rows in frame.sort_values("day").groupby("who"):
        rows = rows[rows["day"] <= end]
        money = rows["paid"] if returns == "net" else rows["paid"].clip(lower=0)
        before = rows["day"] <= split
        positive = sorted(set(rows.loc[(rows["paid"] > 0) & before, "day"]))
        with_zero = sorted(set(rows.loc[(rows["paid"] >= 0) & before, "day"]))
        bought = positive if zero == "nothing" or (zero == "only" and positive) else with_zero
        later = rows.loc[~before & ((rows["paid"] > 0) | ((rows["paid"] == 0) & (zero == "purchase"))), "day"]
        if not bought:
            continue
        again = rows[(rows["paid"] > 0) & before & (rows["day"] > bought[0])]
        found.append(
            {
                "customer": who,
                "x": len(bought) - 1,
                "t_x": (bought[-1] - bought[0]).days / UNITS[unit],
                "T": (split - bought[0]).days / UNITS[unit],
                "mean_spend": again["paid"].sum() / (len(bought) - 1) if len(bought) > 1 else 0.0,
                "total": money[before].sum(),
                "first": bought[0],
                "last": bought[-1],
                "x_holdout": later.nunique(),
                "spend_holdout": money[~before].sum(),
            }
        )
    return pd.DataFrame(found)


@pytest.mark.parametrize("zero", ["only", "purchase", "nothing"])
@pytest.mark.parametrize("returns", ["net", "drop"])
@pytest.mark.parametrize(("unit", "split"), [("M", "2021-09-15"), ("D", None)])
def test_equals_a_plain_reckoning(zero, returns, unit, split):
    frame = log(seed=len(zero) + len(returns))
    got = clv.rfm(
        frame, **KEYS, end="2022-01-20", calibration_end=split, unit=unit, returns=returns, zero=zero
    )
    want = reckoned(frame, "2022-01-20", split, unit, returns, zero)
    columns = [name for name in want if split or not name.endswith("holdout")]
    pd.testing.assert_frame_equal(
        got[columns], want[columns], check_dtype=False, check_exact=False, rtol=1e-11, atol=1e-9
    )
    if split:
        length = (pd.Timestamp("2022-01-20") - pd.Timestamp(split)).days / UNITS[unit]
        assert (got["T_holdout"] == length).all()


@pytest.fixture(scope="module")
def cdnow(shared):
    return shared / "data" / "clv"


def test_cdnow_to_the_published_summary(cdnow):
    """x, t_x, T and the holdout count of BTYD 2.4.3, exact sevenths; mean spend to the two printed digits."""
    exact = pd.read_csv(cdnow / "cdnow_cbs_exact.csv")
    printed = pd.read_csv(cdnow / "cdnow_summary.csv")
    asked = {
        "customer": "customer_id",
        "date": "date",
        "amount": "amount",
        "end": "1998-06-30",
        "calibration_end": "1997-09-30",
    }
    got = clv.rfm(cdnow / "cdnow_sample_log.csv", **asked)
    assert got["customer"].tolist() == exact["customer_id"].tolist()
    assert (got["x"] == exact["x"]).all()
    assert (got["x_holdout"] == exact["x_star"]).all()
    np.testing.assert_allclose(got["t_x"], exact["t_x"], atol=1e-12)
    np.testing.assert_allclose(got["T"], exact["T_cal"], atol=1e-12)
    np.testing.assert_allclose(got["mean_spend"], printed["zbar"], atol=0.0051)
    assert (got["T_holdout"] == 39).all()


def test_every_source_gives_the_same(tmp_path):
    import duckdb
    import pyarrow as pa

    frame = log()
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet")
    frame.iloc[:300].to_parquet(tmp_path / "a1.parquet")
    frame.iloc[300:].to_parquet(tmp_path / "a2.parquet")
    base = duckdb.connect()
    base.execute("CREATE TABLE sales AS SELECT * FROM frame")
    sources = [
        frame, pa.Table.from_pandas(frame), tmp_path / "log.csv", str(tmp_path / "log.parquet"), tmp_path / "a*.parquet",
        [tmp_path / "a1.parquet", tmp_path / "a2.parquet"], base.table("sales"), (base, "sales"),
    ]  # fmt: skip
    want = clv.rfm(frame, **KEYS, end="2022-03-01", calibration_end="2021-10-10")
    for source in sources:
        got = clv.rfm(source, **KEYS, end="2022-03-01", calibration_end="2021-10-10")
        pd.testing.assert_frame_equal(got, want, check_dtype=False, rtol=1e-12)


def test_order_names_and_clock_times_change_nothing():
    frame = log(seed=3)
    want = clv.rfm(frame, **KEYS, end="2022-03-01")
    mixed = frame.sample(frac=1, random_state=5).assign(day=lambda rows: rows["day"] + pd.Timedelta(hours=23))
    mixed = mixed.rename(columns={"who": "a column", "day": 'say "when"', "paid": "c"})
    got = clv.rfm(mixed, customer="a column", date='say "when"', amount="c", end="2022-03-01")
    pd.testing.assert_frame_equal(got, want, rtol=1e-12)


def test_time_units_are_one_time():
    tables = {
        unit: clv.rfm(log(), **KEYS, end="2022-03-01", calibration_end="2021-09-01", unit=unit)
        for unit in UNITS
    }
    for unit, length in UNITS.items():
        for column in ("t_x", "T", "T_holdout"):
            np.testing.assert_allclose(tables[unit][column] * length, tables["D"][column], atol=1e-9)


def test_text_ids_keep_their_zeros_and_whole_numbers_are_numbers(tmp_path):
    rows = "who,day,paid\n0012,2024-01-01,5\n12,2024-01-02,6\n12,2024-01-09,6\n"
    (tmp_path / "zeros.csv").write_text(rows)
    (tmp_path / "plain.csv").write_text(rows.replace("0012", "9"))
    assert clv.rfm(tmp_path / "zeros.csv", **KEYS, end="2024-02-01")["customer"].tolist() == ["0012", "12"]
    assert clv.rfm(tmp_path / "plain.csv", **KEYS, end="2024-02-01")["customer"].tolist() == [9, 12]


def test_what_is_left_out_is_counted():
    frame = pd.DataFrame(
        {"who": ["a", "a", "b", "c", "d"], "paid": [5.0, 5, 5, -5, 5],
         "day": ["2024-01-01", "2024-05-01", "2024-03-01", "2024-01-02", "2024-01-02"]}
    )  # fmt: skip
    got = clv.rfm(frame, **KEYS, end="2024-04-01", calibration_end="2024-02-01")
    assert got["customer"].tolist() == ["a", "d"]
    assert got.attrs == {"after_calibration": 1, "after_end": 1, "without_purchase": 1}


def test_moments_with_a_zone_count_for_their_own_day():
    moments = (
        pd.to_datetime(["2024-01-01 22:00", "2024-01-01 23:00"]).tz_localize("UTC").tz_convert("Asia/Tehran")
    )
    frame = pd.DataFrame({"who": [1, 1], "day": moments, "paid": [1.0, 1.0]})
    got = clv.rfm(frame, **KEYS, end="2024-01-31")
    assert got["first"].tolist() == [pd.Timestamp("2024-01-02")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"who": [None, "b"]}, r"column 'who': 1 rows without a customer"),
        ({"day": [None, "2024-01-01"]}, r"column 'day': 1 rows without a date"),
        ({"paid": [None, 1.0]}, r"column 'paid': 1 rows without an amount"),
        ({"paid": [np.inf, 1.0]}, r"1 infinite amounts"),
        ({"paid": ["1,5", "2"]}, r"column 'paid': is .*, not a number"),
        ({"day": ["1403/02/01", "1403/02/02"]}, r"year 1403.*Jalali"),
        ({"day": ["soon", "later"]}, r"(?i)date.*soon"),
        ({"day": [1, 2]}, r"column 'day': is .*, not a date"),
    ],
)
def test_a_log_that_cannot_be_is_told(change, told):
    frame = pd.DataFrame(
        {"who": ["a", "b"], "day": ["2024-01-01", "2024-01-02"], "paid": [1.0, 2.0]} | change
    )
    with pytest.raises(DataError, match=told) as error:
        clv.rfm(frame, **KEYS, end="2024-02-01")
    assert len(str(error.value).splitlines()) <= 2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"unit": "Q"}, "unit is 'Q'"),
        ({"end": "soon"}, "not a day"),
        ({"calibration_end": "2024-02-01"}, "not before end"),
        ({"returns": "maybe"}, "returns"),
        ({"zero": "maybe"}, "zero"),
        ({"end": "1403-01-01"}, "not a Gregorian day"),
    ],
)
def test_a_question_that_cannot_be_is_told(asked, told):
    with pytest.raises(ModelError, match=told):
        clv.rfm(log(), **KEYS, **({"end": "2024-02-01"} | asked))


def test_what_is_no_log_is_told(tmp_path):
    with pytest.raises(DataError, match=r"no column 'paied'.*\n.*near: paid"):
        clv.rfm(log(), customer="who", date="day", amount="paied", end="2024-01-01")
    with pytest.raises(DataError, match="no such file"):
        clv.rfm(tmp_path / "none.csv", **KEYS, end="2024-01-01")
    (tmp_path / "log.xlsx").write_text("x")
    with pytest.raises(DataError, match="no format"):
        clv.rfm(tmp_path / "log.xlsx", **KEYS, end="2024-01-01")
    with pytest.raises(ModelError, match="cannot be read from int"):
        clv.rfm(3, **KEYS, end="2024-01-01")
    with pytest.raises(DataError, match="has no rows"):
        clv.rfm(log().iloc[:0], **KEYS, end="2024-01-01")
