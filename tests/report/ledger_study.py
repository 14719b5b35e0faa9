"""A study with only a ledger, and its saved results: computed from a small made-up ledger, quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from crmlab import customers
from crmlab.result import Check, Result, tidy_frame
from crmlab.study import Study, load_study

END = "2024-12-31"
SPLIT = int(np.datetime64("2024-08-31").astype(int))


def study(folder: Path, **changes: Any) -> Study:
    content = {
        "name": "shop",
        "title": {"en": "What customers are worth", "fa": "ارزش مشتریان"},
        "organisation": {"en": "the shop", "fa": "فروشگاه"},
        "ledger": {
            "file": "raw/ledger.csv",
            "columns": {"customer": "c", "date": "d", "amount": "a"},
            "calendar": "jalali",
        },
        **changes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_study(file)


def ledger(n: int = 300, seed: int = 2) -> pd.DataFrame:
    """Customers with gamma rates; one in three is lost at some moment."""
    rng = np.random.default_rng(seed)
    rows = []
    for who, rate in enumerate(rng.gamma(1.2, 1 / 60, n)):
        t, gone = float(rng.integers(0, 200)), rng.exponential(500)
        born = t
        while t < 700 and t - born < gone:
            rows.append(
                (f"P{who:05d}", pd.Timestamp("2022-12-20") + pd.Timedelta(int(t), "D"), rng.gamma(4, 1e6))
            )
            t += rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


def results(
    frame: pd.DataFrame | None = None, *, split: int | None = SPLIT, end: str = END
) -> dict[str, Result]:
    frame = ledger() if frame is None else frame
    days = customers.purchase_days(frame, end=end)
    nominal = customers.purchase_days(frame.assign(amount=frame["amount"] / 2), end=end)
    base = customers.describe(days, calendar="jalali")
    models = customers.fit_models(days, calibration_end=split)
    worth = customers.value_customers(
        models, days, money=customers.Money(0.2, 3 * 365.25 / 7, 0.25), tiers=5, draws=50,
        compare=(nominal, customers.Money(0.5, 3 * 365.25 / 7, 0.25)),
    )  # fmt: skip
    found = {
        f"07_behavioural_clv/{name}": saved
        for part in (base, models, worth)
        for name, saved in part.results.items()
    }
    life = customers.life_cycle(frame.rename(columns={"date": "day"}), end=end)
    found |= {f"06_lifecycle_groups/{name}": saved for name, saved in life.results.items()}
    counts = {
        "read": len(days.day) + 9,
        "refused:missing_id": 5,
        "refused:future_date": 4,
        "kept": len(days.day),
    }
    flow = tidy_frame({"term": key, "estimate": float(value)} for key, value in counts.items())
    found["02_data_intake/ledger_flow"] = Result(
        "model.ledger_flow", flow, {}, (Check("check.rows_accounted", True, 0.0, "=="),)
    )
    return found


def changed(result: Result, **values: float) -> Result:
    """The result with other estimates; a term's colon is written as two underscores."""
    tidy = result.tidy.copy()
    for name, value in values.items():
        tidy.loc[tidy["term"] == name.replace("__", ":"), "estimate"] = value
    return Result(result.model, tidy, result.glance, result.checks, result.source)
