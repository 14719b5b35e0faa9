"""Make the raw file of the demo study: simulated answers, exported and soiled the way online forms are.

Run from the project's folder: python data/demo/make_demo.py
The planted values stand in README.md beside this file. No row is about a real person.
"""

from pathlib import Path

import numpy as np
import openpyxl

from crmlab.data.simulate import persian_export, simulate
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


def with_faults(rows: list[list[str | None]], head: list[str], rng: np.random.Generator) -> list[list[str | None]]:
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


def main() -> None:
    rng = np.random.default_rng(SEED)
    sim = simulate(RESPONDENTS, SEED, customers=1200)
    table = persian_export(sim)
    link = bundled().items["LINK"].worded("fa", "این شرکت")
    codes = table.pop(link)
    table["کد مشتری"] = codes
    table["شماره تماس"] = [f"0900{number:07d}" for number in rng.permutation(9_000_000)[: len(table)] + 100_000]
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
