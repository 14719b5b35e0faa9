"""The same customer summary on Spark: `clv.rfm` of an ibis table, in local mode, against DuckDB's."""

import importlib.util
import shutil

import numpy as np
import pandas as pd
import pytest

from crmlab import clv
from crmlab.errors import DataError

HERE = all(importlib.util.find_spec(name) for name in ("ibis", "pyspark"))
pytestmark = [
    pytest.mark.skipif(not HERE, reason="the extra `spark` (ibis-framework, pyspark) is not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of other people's packages
]
KEYS = {"customer": "who", "date": "day", "amount": "paid"}


def log():
    rng = np.random.default_rng(8)
    day = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 500, 900), unit="D")
    paid = rng.gamma(2, 30, 900).round(2) * rng.choice([1, 0, -1], 900, p=[0.85, 0.08, 0.07])
    return pd.DataFrame({"who": rng.integers(1, 80, 900), "day": day, "paid": paid})


@pytest.fixture(scope="module")
def sales():
    import ibis
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    settings = {"spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.createDataFrame(log()).createOrReplaceTempView("sales")
    yield ibis.pyspark.connect(spark).table("sales")
    spark.stop()


@pytest.mark.parametrize(("returns", "zero"), [("net", "only"), ("drop", "nothing"), ("net", "purchase")])
def test_spark_gives_what_duckdb_gives(sales, returns, zero):
    asked = {**KEYS, "end": "2022-05-01", "calibration_end": "2021-11-15", "returns": returns, "zero": zero}
    want = clv.rfm(log(), **asked)
    got = clv.rfm(sales, **asked)
    pd.testing.assert_frame_equal(got, want, check_dtype=False, rtol=1e-12, atol=1e-9)
    assert got.attrs == want.attrs


def test_a_column_spark_has_not(sales):
    with pytest.raises(DataError, match="no column 'payed'"):
        clv.rfm(sales, customer="who", date="day", amount="payed", end="2022-05-01")
