"""Make the list of prospects of the demo study: four planted kinds of people, some of whom became customers.

Run from the project's folder: python data/demo/make_customers.py
The planted values stand in README.md beside this file. No row is about a real person.
"""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from crmlab.data.dates import jalali
from crmlab.data.simulate import PERSIAN_DIGITS

RAW = Path(__file__).parent / "raw"
SEED, PROSPECTS = 14030501, 640
FIRST, LAST = date(2023, 6, 22), date(2024, 6, 19)  # 1402/04/01 to 1403/03/30
HEAD = ["کد", "سن", "فاصله", "بازدید", "پرس‌وجو", "علاقه", "منبع", "تاریخ مشتری شدن"]
MEANS, SDS = np.array([40.0, 12.0, 9.0, 4.0, 50.0]), np.array([4.0, 2.0, 1.5, 0.8, 8.0])
CENTRES = np.array([[0, 0, 0, 0, 0], [3.5, 0, -2.5, 0, 2], [-3, 2.5, 2.5, 0, -1], [0, -3, 2, 3.5, 2.5]])
SHARES, CONVERSION = (0.40, 0.25, 0.20, 0.15), (0.05, 0.15, 0.25, 0.45)
SOURCES = ("وب", "معرفی دوستان", "تبلیغ", "مراجعه")


def main() -> None:
    rng = np.random.default_rng(SEED)
    kind = rng.choice(4, PROSPECTS, p=SHARES)
    figures = MEANS + SDS * (CENTRES[kind] + rng.standard_normal((PROSPECTS, 5)))
    figures = np.maximum(np.round(figures, 1), 0)
    figures[:, 0] = np.round(figures[:, 0])
    converted = rng.random(PROSPECTS) < np.array(CONVERSION)[kind]
    days = rng.integers(0, (LAST - FIRST).days + 1, PROSPECTS)
    rows = []
    for k, values in enumerate(figures):
        cells = [f"{value:g}" for value in values]
        if rng.random() < 0.5:
            cells = [cell.translate(PERSIAN_DIGITS).replace(".", "٫") for cell in cells]
        cells = ["" if rng.random() < 0.012 else cell for cell in cells]
        day = jalali(FIRST + timedelta(int(days[k]))) if converted[k] else ""
        rows.append([f"L{k + 1:05d}", *cells, SOURCES[rng.integers(4)], day])
    rows = [rows[place] for place in rng.permutation(PROSPECTS)]
    rows.insert(400, list(rows[100]))  # exported twice
    rows.insert(200, ["", *rows[5][1:]])  # nobody's row
    with open(RAW / "مشتریان بالقوه.csv", "w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEAD, *rows])


if __name__ == "__main__":
    main()
