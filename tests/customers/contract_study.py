"""A study with only contracts, made up with planted truth: an exponential stay, one covariate that doubles the rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from crmlab.study import Study, load_study

RATE, EFFECT = 0.03, np.log(2.0)
COLUMNS = {"customer": "id", "duration": "months", "left": "gone", "group": "plan", "price": "fee"}


def contracts(n: int = 1200, seed: int = 5) -> pd.DataFrame:
    """Whole months under contract, seen for 5 to 40 months; those of the plan "paper" leave twice as soon."""
    rng = np.random.default_rng(seed)
    paper = rng.integers(0, 2, n)
    stay = np.ceil(rng.exponential(1 / (RATE * np.exp(EFFECT * paper))))
    seen = rng.integers(5, 41, n)
    return pd.DataFrame({
        "id": [f"C{k:04d}" for k in range(n)], "months": np.minimum(stay, seen).astype(int),
        "gone": np.where(stay <= seen, "بله", "خیر"), "plan": np.where(paper == 1, "paper", "digital"),
        "fee": rng.integers(20, 60, n), "noise": rng.normal(0, 1, n).round(3),
    })  # fmt: skip


def study(folder: Path, rows: pd.DataFrame, **changes: Any) -> Study:
    declared = {
        "file": "raw/contracts.csv", "columns": COLUMNS, "left_values": ["بله"], "stayed_values": ["خیر"],
        "figures": ["noise"], "words": ["plan"], "currency": "USD", "offer_cost": 10, "contact_cost": 1, "folds": 3,
    } | changes  # fmt: skip
    content = {
        "name": "lines",
        "title": {"en": "Who stays", "fa": "چه کسی می‌ماند"},
        "organisation": {"en": "the operator", "fa": "اپراتور"},
        "contracts": {key: value for key, value in declared.items() if value is not None},
    }
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    rows.to_csv(folder / "raw" / "contracts.csv", index=False)
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_study(file)
