"""A made-up study of contacts, with or without a ledger, written into a folder."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from crmlab.study import Study, load_study

HEAD = ["customer", "time", "direction", "channel", "topic", "outcome", "personal", "cost"]
ACTIONS: dict[str, Any] = {
    "offers": {
        "own": {"label": {"en": "Own", "fa": "شخصی"}, "personalised": True, "topics": ["offer"], "margin": 100, "cost": 2},
        "plain": {"label": {"en": "Plain", "fa": "عمومی"}, "personalised": False, "topics": ["offer"], "margin": 100},
    },
    "channels": {
        "phone": {"label": {"en": "Phone", "fa": "تلفن"}, "words": ["phone"], "cost": 8, "capacity": 40},
        "mail": {"label": {"en": "Mail", "fa": "نامه"}, "words": ["mail", "e-mail"], "cost": 1},
    },
    "accepted": ["yes"], "direction": ["out"], "randomised": {"column": "topic", "values": ["offer"]},
}  # fmt: skip
COLUMNS = {
    "customer": "customer", "time": "time", "direction": "direction", "channel": "channel", "topic": "topic",
    "outcome": "outcome", "personalised": "personal", "cost": "cost",
}  # fmt: skip


def contacts(n: int = 600, seed: int = 1, months: int = 12, customers: int = 80) -> list[list[Any]]:
    """Rows of 2024: half of them offers by lot (.5 against .3 accepted), the others needs that customers told."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        month, day, hour = 1 + k * months // n, int(rng.integers(1, 28)), int(rng.integers(8, 20))
        offer, own = bool(rng.random() < 0.5), int(rng.random() < 0.5)
        chance = (0.5 if own else 0.3) if offer else 0.6
        rows.append([
            f"C{rng.integers(customers):03d}", f"2024-{month:02d}-{day:02d} {hour:02d}:15", "out" if offer else "in",
            ("phone", "mail")[int(rng.integers(2))], "offer" if offer else ("help", "price")[int(rng.integers(2))],
            "yes" if rng.random() < chance else "no", own, "",
        ])  # fmt: skip
    return rows


def purchases(seed: int = 2, customers: int = 80) -> list[list[Any]]:
    """Purchases from 2023 to 2024."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2023-01-01")
    rows = []
    for who, rate in enumerate(rng.gamma(1.5, 1 / 40, customers)):
        t, gone = float(rng.integers(0, 100)), rng.exponential(600)
        while t < 730 and t < gone + 100:
            rows.append([f"C{who:03d}", str(start + int(t)), round(float(rng.gamma(4, 20)), 2)])
            t += rng.exponential(1 / rate)
    return rows


def study(
    folder: Path, rows: list[list[Any]] | None = None, *, ledger: bool = False, actions: dict[str, Any] | None = None,
    swift: dict[str, Any] | None = None, **changes: Any,
) -> Study:  # fmt: skip
    """Write the study and load it."""
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    write(raw / "contacts.csv", HEAD, contacts() if rows is None else rows)
    content: dict[str, Any] = {
        "name": "loop", "title": {"en": "t", "fa": "ت"}, "organisation": {"en": "o", "fa": "س"}, "languages": ["en", "fa"],
        "contacts": {"file": "raw/contacts.csv", "calendar": "gregorian", "columns": COLUMNS},
        "actions": ACTIONS | (actions or {}), "swift": {"start": "2024-04-01", "months": 2} | (swift or {}), **changes,
    }  # fmt: skip
    if ledger:
        write(raw / "ledger.csv", ["c", "d", "a"], purchases())
        content["ledger"] = {
            "file": "raw/ledger.csv", "calendar": "gregorian", "columns": {"customer": "c", "date": "d", "amount": "a"},
            "end": "2024-12-31", "currency": "IRR", "refuse": "all", "duplicate_rows": "keep",
        }  # fmt: skip
        content["behaviour"] = {"margin": 0.5}
    else:
        content["goals"] = {"file": "raw/goals.csv"}  # a study needs more than contacts
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_study(file)


def write(path: Path, head: list[str], rows: list[list[Any]]) -> None:
    """A CSV file."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([head, *rows])
