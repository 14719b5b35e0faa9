"""Make the small enterprise tables of the demo study: ratings, goals, canvas and the panel of offices; all simulated.

Run from the project's folder: python data/demo/make_enterprise.py
The planted values stand in README.md beside this file.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.study.maturity import maturity_items

RAW = Path(__file__).parent / "raw"
SEED = 14030301
UNITS = {"شعبه مرکزی": 4, "شعبه شمال": 4, "شعبه جنوب": 3, "شعبه شرق": 4, "شعبه غرب": 1}
TYPICAL = {
    "GAR": (3.6, 3.3, 3.0, 2.8, 2.9, 2.4, 3.1, 2.1),
    "LIC": (3.4, 3.1, 2.8, 2.9, 2.3),
    "STR": (3.7, 3.4, 3.2, 2.9, 2.8, 2.6, 2.5, 2.2),
}
PATHS = {"BO~MO": 0.55, "BO~RQ": 0.15, "FO~MO": 0.30, "FO~BO": 0.45, "RQ~FO": 0.60}
BRANCHES, QUARTERS = 24, 8


def ratings(rng: np.random.Generator) -> pd.DataFrame:
    """Four raters a unit, three in one, one in another; the third unit has technology before vision."""
    rows = []
    for place, (unit, raters) in enumerate(UNITS.items()):
        lift = rng.normal(0, 0.45)
        own = {key: rng.normal(0, 0.35, len(levels)) for key, levels in TYPICAL.items()}
        for rater in range(1, raters + 1):
            habit = rng.normal(0, 0.15)
            for code, item in maturity_items().items():
                key, number = item.element[:3], int(item.element[3:]) - 1
                level = TYPICAL[key][number] + lift + own[key][number] + habit
                if place == 2 and item.element in ("STR1", "GAR1"):
                    level = 1.9
                if place == 2 and item.element in ("STR7", "GAR7"):
                    level = 4.1
                given = int(np.clip(np.rint(level + rng.normal(0, 0.4)), 1, 5))
                shown = "" if rng.random() < 0.01 else given
                proof = "سند" if rng.random() < 0.3 else ""
                day = f"1403/03/{1 + rng.integers(28):02d}"
                rows.append((unit, f"R{place + 1}{rater}", item.model, code, shown, day, proof))
    return pd.DataFrame(rows, columns=["unit", "rater", "model", "item_code", "level", "date", "evidence"])


def goals() -> pd.DataFrame:
    """Goals of the business and of CRM; one CRM goal serves nothing, one lacks an owner, one went backwards."""
    head = [
        "goal_id",
        "model",
        "stage",
        "kpi",
        "direction",
        "baseline",
        "target",
        "actual",
        "due",
        "owner",
        "parent_goal",
    ]
    rows = [
        ("B1", "business", 1, "درآمد خالص", "up", 100, 130, 121, "1403/12/29", "مدیر عامل", ""),
        ("B2", "business", 1, "سهم بازار", "up", 12, 15, 13.2, "1403/12/29", "فروش", ""),
        ("B3", "business", 1, "هزینهٔ خدمت", "down", 80, 64, 71, "1403/12/29", "عملیات", ""),
        ("C1", "gartner", 1, "چشم‌انداز مکتوب", "up", 0, 1, 1, "1403/02/31", "دفتر CRM", "B1"),
        ("C2", "gartner", 3, "میانگین رضایت", "up", 3.4, 3.9, 3.6, "1403/09/30", "خدمات", "B1"),
        ("C3", "gartner", 8, "نرخ ریزش", "down", 18, 12, 15, "1403/12/29", "وفاداری", "B1"),
        ("C4", "lic", 2, "نرخ تطبیق مشتری", "up", 61, 90, 84, "1403/03/15", "فناوری", "B3"),
        ("C5", "lic", 4, "سهم تماس شخصی", "up", 20, 50, 17, "1403/12/29", "بازاریابی", ""),
        ("C6", "crm_strategy", 6, "دقت داده", "up", 70, 95, 88, "1403/06/31", "داده", "B3"),
        ("C7", "crm_strategy", 8, "گزارش ماهانه", "up", 0, 12, 9, "1403/12/29", "", "B2"),
    ]
    return pd.DataFrame(rows, columns=head)


def canvas() -> pd.DataFrame:
    """Figures of four of the five marked blocks, and of one other."""
    rows = [
        ("segments", 4, "سهم مشتریان بخش‌بندی‌شده", 40, 90, 74),
        ("value_propositions", 4, "پوشش نیازها", 50, 80, 63),
        ("relationships", 5, "نرخ جذب", 3, 5, 4.4),
        ("channels", "", "تحویل به‌هنگام", 80, 95, 84),
        ("costs", 2, "هزینهٔ خدمت", 80, 64, 71),
    ]
    return pd.DataFrame(rows, columns=["block", "crm_effect_rating", "kpi", "baseline", "target", "value"])


def panel(rng: np.random.Generator) -> pd.DataFrame:
    """Branches by quarters with the planted paths; causes of another office come a quarter before."""
    b = PATHS
    level = rng.normal(0, 0.6, (BRANCHES, 4))
    MO = rng.normal(size=(BRANCHES, QUARTERS + 6))
    BO, FO, RQ = (np.zeros_like(MO) for _ in range(3))
    for t in range(1, MO.shape[1]):
        noise = rng.normal(0, 0.75, (3, BRANCHES))
        FO[:, t] = b["FO~MO"] * MO[:, t] + b["FO~BO"] * BO[:, t - 1] + noise[0]
        RQ[:, t] = b["RQ~FO"] * FO[:, t] + noise[1]
        BO[:, t] = b["BO~MO"] * MO[:, t - 1] + b["BO~RQ"] * RQ[:, t] + noise[2]
    rows = []
    for t in range(QUARTERS):
        for branch in range(BRANCHES):
            x = [
                values[branch, t + 6] + own
                for values, own in zip((MO, BO, FO, RQ), level[branch], strict=True)
            ]
            rows.append(
                (f"{1401 + t // 4}Q{1 + t % 4}", f"B{branch + 1:02d}", round(5000 + 600 * x[0], 1), round(110 + 14 * x[1], 2),
                 round(72 + 7 * x[2], 2), round(3.6 + 0.25 * x[3], 4))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["period", "unit", "mo_budget", "bo_capacity", "fo_service", "rq_mean"])


def main() -> None:
    """Write the four files."""
    rng = np.random.default_rng(SEED)
    tables = {"بلوغ": ratings(rng), "اهداف": goals(), "بوم": canvas(), "دفترها": panel(rng)}
    for name, table in tables.items():
        table.to_csv(RAW / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    main()
