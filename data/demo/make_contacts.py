"""Make the contact log of the demo study: simulated contacts with the customers of its ledger, before, during and after sales.

Run from the project's folder, after make_demo.py: python data/demo/make_contacts.py
The planted values stand in README.md beside this file.
"""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.data.dates import jalali
from crmlab.data.simulate import PERSIAN_DIGITS

RAW = Path(__file__).parent / "raw"
SEED = 14030401
FIRST, LAST, TURN = (
    date(2022, 6, 22),
    date(2024, 6, 20),
    date(2023, 12, 22),
)  # 1401/04/01, 1403/03/31, 1402/10/01
CONTACTS, OFFERS = 4000, 1500  # ordinary ones, and offers whose personal form was drawn by lot
ARABIC = str.maketrans("یک", "يك")
CHANNELS = ("حضوری", "تلفنی", "وب‌سایت", "اپلیکیشن")
SHARES = {False: (0.35, 0.25, 0.25, 0.15), True: (0.25, 0.20, 0.20, 0.35)}  # before the turn, after it
LEVEL = (0.0, -0.35, 0.03, 0.0)  # quality of a channel, in standard deviations
PHASES = ("پیش از خرید", "حین خرید", "پس از خرید")
TOPICS = (("استعلام", "مشاوره"), ("سفارش", "پرداخت"), ("شکایت", "پیگیری", "خدمات"))
OFFICES = ("FO", "FO", "BO")
ACCEPTED = (0.38, 0.55, 0.62)
COST = (30_000, 20_000, 45_000)
OFFER = "آزمایش پیشنهاد"
HEAD = [
    "شناسه",
    "کد مشتری",
    "زمان",
    "جهت",
    "کانال",
    "مرحله",
    "موضوع",
    "نتیجه",
    "شخصی",
    "هزینه",
    "دفتر",
    "کیفیت",
]


def customers() -> pd.Series:
    """How often each customer of the ledger bought, standardised on the log scale."""
    old = pd.read_csv(RAW / "old_system.csv", dtype=str)["customer"]
    new = pd.read_csv(RAW / "دفتر فروش.csv", dtype=str)["کد مشتری"]
    bought = np.log(pd.concat([old, new]).dropna().value_counts().sort_index())
    return (bought - bought.mean()) / bought.std()


def contacts(often: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """One row a contact, with what was planted."""
    n = CONTACTS + OFFERS
    offer = np.arange(n) < OFFERS
    weight = np.exp(0.5 * often.to_numpy())
    who = rng.choice(len(often), n, p=weight / weight.sum())
    z = often.to_numpy()[who]
    day = rng.integers(0, (LAST - FIRST).days + 1, n)
    late = day >= (TURN - FIRST).days
    phase = np.where(offer, 0, rng.choice(3, n, p=(0.25, 0.35, 0.40)))
    channel = np.where(late, rng.choice(4, n, p=SHARES[True]), rng.choice(4, n, p=SHARES[False]))
    own = rng.random(n) < np.where(offer, 0.5, 1 / (1 + np.exp(0.6 - 0.8 * z)))
    fallen = late & (phase == 2)
    uplift = np.where(z > np.median(often), 0.18, 0.06)
    chance = np.take(ACCEPTED, phase) + 0.05 * z + own * uplift - 0.16 * fallen
    habit = rng.normal(0, 5, len(often))
    quality = 70 + 12 * np.take(LEVEL, channel) + habit[who] + rng.normal(0, 10.9, n) - 10 * fallen
    return pd.DataFrame({
        "who": often.index.to_numpy()[who], "day": day, "second": rng.integers(8 * 3600, 20 * 3600, n),
        "inward": ~offer & (rng.random(n) < 0.6), "channel": channel, "phase": phase, "offer": offer,
        "topic": rng.integers(0, 6, n), "accepted": rng.random(n) < chance.clip(0.03, 0.97), "own": own,
        "cost": np.take(COST, phase) * np.where(own, 1.5, 1.0) * np.exp(rng.normal(0, 0.25, n)),
        "quality": quality.clip(0, 100), "told": rng.random(n) > 0.04,
    }).sort_values(["day", "second"], kind="stable", ignore_index=True)  # fmt: skip


def written(table: pd.DataFrame, rng: np.random.Generator) -> list[list[str]]:
    """The rows as the office exports them: Jalali times, numbers by several hands, both keyboards."""
    rows = []
    for place, one in enumerate(table.itertuples(index=False), 1):
        clock = f"{one.second // 3600:02d}:{one.second // 60 % 60:02d}"
        cost = f"{round(one.cost, -3):,.0f}"
        topic = OFFER if one.offer else TOPICS[one.phase][one.topic % len(TOPICS[one.phase])]
        row = [
            f"T{place:06d}", one.who, f"{jalali(FIRST + timedelta(int(one.day)))} {clock}", "in" if one.inward else "out",
            CHANNELS[one.channel], PHASES[one.phase], topic, "پذیرش" if one.accepted else "رد", str(int(one.own)),
            cost.translate(PERSIAN_DIGITS).replace(",", "٬") if rng.random() < 0.3 else cost, OFFICES[one.phase],
            f"{one.quality:.1f}".translate(PERSIAN_DIGITS).replace(".", "٫") if one.told else "",
        ]  # fmt: skip
        if rng.random() < 0.04:
            row[4:7] = [cell.translate(ARABIC) for cell in row[4:7]]
        rows.append(row)
    for place in rng.choice(np.arange(100, len(rows)), 110, replace=False):  # known to no ledger
        rows[place][1] = f"X{place:06d}"
    for place in rng.choice(np.arange(100, len(rows)), 5, replace=False):
        rows[place][1] = ""
    for place in sorted(rng.choice(np.arange(100, len(rows)), 8, replace=False), reverse=True):
        rows.insert(place + 5, list(rows[place]))
    return rows


def main() -> None:
    """Write the log."""
    rng = np.random.default_rng(SEED)
    rows = written(contacts(customers(), rng), rng)
    with open(RAW / "تماس.csv", "w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEAD, *rows])


if __name__ == "__main__":
    main()
