"""Make the raw files of the demo study: simulated answers and purchases, exported and soiled the way real ones are.

Run from the project's folder: python data/demo/make_demo.py
The planted values stand in README.md beside this file. No row is about a real person.
"""

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from crmlab.data.dates import jalali
from crmlab.data.simulate import PERSIAN_DIGITS, SimulatedStudy, persian_export, simulate
from crmlab.study.instrument import bundled

HERE = Path(__file__).parent
SEED, RESPONDENTS = 14030201, 430
SHEET = "Form Responses 1"
ARABIC = str.maketrans("یک", "يك")


def soil(rows: list[list[str | None]], rng: np.random.Generator) -> None:
    """Spell a share of the answers as other keyboards do: Arabic ye and kaf, stray blanks, lost half-spaces."""
    ways = (
        lambda text: text.translate(ARABIC),
        lambda text: f" {text} ",
        lambda text: text.replace(" ", "  ", 1),
        lambda text: text.replace("\u200c", " "),
        lambda text: "\u200f" + text,
    )
    for row in rows:
        for place in range(1, len(row) - 2):
            if isinstance(row[place], str) and rng.random() < 0.04:
                row[place] = ways[rng.integers(len(ways))](row[place])


def with_faults(
    rows: list[list[str | None]], head: list[str], rng: np.random.Generator
) -> list[list[str | None]]:
    """Rows that a study must refuse: tests, blank lines, repeats, second answers, no consent, not a customer."""
    consent, screening = 1, 2
    refused = rng.choice(np.arange(310, len(rows)), 11, replace=False)
    for place in refused[:4]:
        rows[place][consent] = "خیر"
    for place in refused[4:]:
        rows[place][screening] = "خیر"
    test = ["۱۴۰۳/۰۱/۲۸ ۱۰:۱۵:۰۰", *rows[0][1:]]
    test[-2:] = ["کد آزمایشی", "09000000000"]
    repeat = rows[120].copy()
    second = rows[60].copy()
    second[0] = rows[300][0]
    second[screening + 1] = "مخالفم"
    told = [test, *rows[:121], repeat, *rows[121:301], second, [None] * len(head), *rows[301:]]
    for row in told[200:260:20]:
        row[screening + 3] = "نمی‌دانم"
    return told


def index_of_prices(rng: np.random.Generator) -> pd.Series:
    """A monthly index, 100 in 1400/04, that grows by about 2.6 % a month; by Jalali month."""
    months = [(1400 + (3 + k) // 12, (3 + k) % 12 + 1) for k in range(36)]
    steps = np.exp(rng.normal(0.026, 0.006, 36))
    return pd.Series(np.round(100 * np.cumprod(steps) / steps[0], 1), index=months)


def sold(sim: SimulatedStudy, prices: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """The simulated purchases in nominal rial, with receipts, branches and channels, and the refunds of some of them."""
    nowhere = set(sim.survey["LINK"].iloc[::36])  # respondents whose purchases no system knows
    table = sim.ledger.rename(columns={"date": "day"})
    table = table.loc[~table["customer_id"].isin(nowhere)].reset_index(drop=True)
    table["day"] = pd.to_datetime(table["day"])
    table["jalali"] = [jalali(day) for day in table["day"].dt.date]
    month = [(int(text[:4]), int(text[5:7])) for text in table["jalali"]]
    level = prices.reindex(month).to_numpy() / prices.iloc[-1]
    table["amount"] = np.round(table["amount"] * level / 10_000).clip(lower=1) * 10_000
    home = dict(zip(sorted(table["customer_id"].unique()), rng.integers(1, 6, 5000), strict=False))
    table["branch"] = [home[name] for name in table["customer_id"]]
    table["channel"] = rng.choice(["حضوری", "اینترنتی", "تلفنی"], len(table), p=[0.5, 0.35, 0.15])
    back = table.loc[rng.random(len(table)) < 0.015].assign(amount=lambda rows: -rows["amount"])
    back["day"] = (back["day"] + pd.to_timedelta(rng.integers(1, 15, len(back)), unit="D")).clip(
        upper=table["day"].max()
    )
    back["jalali"] = [jalali(day) for day in back["day"].dt.date]
    free = table.sample(30, random_state=7).assign(amount=0.0)
    table = pd.concat([table, back, free]).sort_values(
        ["day", "customer_id"], kind="stable", ignore_index=True
    )
    table["receipt"] = [f"F{place:06d}" for place in range(100_001, 100_001 + len(table))]
    return table


def spelled(rng: np.random.Generator, amount: float, day: str) -> tuple[str, str]:
    """An amount and a day the way one of many hands writes them."""
    money = f"{amount:,.0f}" if rng.random() < 0.5 else f"{amount:.0f}"
    if rng.random() < 0.4:
        money = money.translate(PERSIAN_DIGITS).replace(",", "٬")
    year, month, number = day.split("/")
    date = (
        day,
        f"{year}-{month}-{number}",
        f"{year}/{int(month)}/{int(number)}",
        day.translate(PERSIAN_DIGITS),
    )
    return money, date[rng.choice(4, p=[0.6, 0.1, 0.1, 0.2])]


def new_system(table: pd.DataFrame, rng: np.random.Generator) -> list[list[str]]:
    """Rows of the running system: Jalali days, branch 4 in toman, and what has gone wrong with them."""
    rows = []
    for one in table.itertuples(index=False):
        toman = one.branch == 4
        money, date = spelled(rng, one.amount / 10 if toman else one.amount, one.jalali)
        channel = one.channel.translate(ARABIC) if rng.random() < 0.2 else one.channel
        rows.append(
            [
                one.receipt,
                one.customer_id,
                date,
                money,
                "IRT" if toman else "IRR",
                f"شعبه {one.branch}",
                channel,
            ]
        )
    for column, cells in {
        1: [""] * 9, 2: [*[""] * 6, "1402/12/30", "1401/07/31", "1402/02/32", "2023/05/06", "2023/10/14", "1403/09/02", "1404/01/20"],
        3: ["", "-", "؟"],
    }.items():  # fmt: skip
        for place, cell in zip(
            rng.choice(np.arange(300, len(rows)), len(cells), replace=False), cells, strict=True
        ):
            rows[place] = [cell if k == column else old for k, old in enumerate(rows[place])]
    for place in sorted(rng.choice(np.arange(300, len(rows)), 40, replace=False), reverse=True):
        rows.insert(place + 12, list(rows[place]))
    for place in sorted(rng.choice(np.arange(300, len(rows)), 12, replace=False), reverse=True):
        other = list(rows[place])
        other[3] = other[3].translate(PERSIAN_DIGITS) + " "
        rows.insert(place + 12, other)
    return rows


def write_csv(file: Path, head: list[str], rows: list[list[str]]) -> None:
    with open(file, "w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([head, *rows])


def write_ledgers(sim: SimulatedStudy) -> None:
    """The old system's file, the running one's, both of which know the weeks of the change, and the index of prices."""
    rng = np.random.default_rng(SEED + 1)
    prices = index_of_prices(rng)
    table = sold(sim, prices, rng)
    old = table.loc[table["day"] < "2022-04-04"]
    rows = [
        [one.receipt, one.customer_id, f"{one.day:%Y-%m-%d}", f"{one.amount / 10:.0f}", f"شعبه {one.branch}"]
        for one in old.itertuples(index=False)
    ]
    write_csv(HERE / "raw" / "old_system.csv", ["receipt", "customer", "date", "toman", "branch"], rows)
    new = new_system(table.loc[table["day"] >= "2022-03-21"], rng)
    head = ["شماره فاکتور", "کد مشتری", "تاریخ", "مبلغ", "واحد پول", "شعبه", "کانال"]
    write_csv(HERE / "raw" / "دفتر فروش.csv", head, new)
    months = [[f"{year}/{month:02d}".translate(PERSIAN_DIGITS), f"{level:.1f}".translate(PERSIAN_DIGITS).replace(".", "٫")]
              for (year, month), level in prices.items()]  # fmt: skip
    write_csv(HERE / "raw" / "شاخص قیمت.csv", ["ماه", "شاخص"], months)


def main() -> None:
    rng = np.random.default_rng(SEED)
    sim = simulate(RESPONDENTS, SEED, customers=1200)
    write_ledgers(sim)
    table = persian_export(sim)
    link = bundled().items["LINK"].worded("fa", "این شرکت")
    codes = table.pop(link)
    table["کد مشتری"] = codes
    table["شماره تماس"] = [
        f"0900{number:07d}" for number in rng.permutation(9_000_000)[: len(table)] + 100_000
    ]
    head, rows = list(table.columns), [list(row) for row in table.itertuples(index=False, name=None)]
    soil(rows, rng)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for row in [head, *with_faults(rows, head, rng)]:
        sheet.append(row)
    book.save(HERE / "raw" / "پرسشنامه.xlsx")


if __name__ == "__main__":
    main()
