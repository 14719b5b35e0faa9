"""Make the small enterprise tables of the demo study: ratings, goals, canvas, panel, needs, members, benchmark; simulated.

Run from the project's folder: python data/demo/make_enterprise.py
The planted values stand in README.md beside this file.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.data.simulate import SimulatedStudy, simulate
from crmlab.study.maturity import maturity_items

RAW = Path(__file__).parent / "raw"
SEED = 14030301
UNITS = {"شعبه مرکزی": 4, "شعبه شمال": 4, "شعبه جنوب": 3, "شعبه شرق": 4, "شعبه غرب": 1}
LATER = dict.fromkeys(
    (f"شعبه {name}" for name in ("بازار", "دانشگاه", "میدان", "بندر", "باغ", "پارک", "فرودگاه")), 3
)
UNRATED = [f"شعبه {name}" for name in (
    "ایستگاه", "بیمارستان", "مجتمع", "ساحل", "کوه", "پل", "دروازه", "نو", "کهن", "ترمینال", "صنعت", "تجارت",
)]  # fmt: skip
PEER = "همتای صنعت"
SURVEY_SEED, RESPONDENTS, CUSTOMERS = 14030201, 430, 1200  # as in make_demo.py
NEEDS = {  # importance, performance, and what heavy and light buyers miss beyond that
    "تحویل به موقع": (4.3, 3.9, 0.0, 0.0), "پاسخ سریع": (4.0, 3.4, 0.1, 0.1), "پیشنهاد متناسب": (3.6, 3.2, 0.2, 0.0),
    "پاداش وفاداری": (3.4, 3.4, 1.3, -0.3), "پیگیری پس از خرید": (3.7, 3.5, 0.0, 1.1), "قیمت روشن": (3.9, 4.1, 0.0, 0.0),
}  # fmt: skip
JUDGES = 260
TYPICAL = {
    "GAR": (3.6, 3.3, 3.0, 2.8, 2.9, 2.4, 3.1, 2.1),
    "LIC": (3.4, 3.1, 2.8, 2.9, 2.3),
    "STR": (3.7, 3.4, 3.2, 2.9, 2.8, 2.6, 2.5, 2.2),
}
PATHS = {"BO~MO": 0.55, "BO~RQ": 0.15, "FO~MO": 0.30, "FO~BO": 0.45, "RQ~FO": 0.60}
BRANCHES, QUARTERS = 24, 8


def ratings(rng: np.random.Generator, units: dict[str, int], first: int = 0) -> pd.DataFrame:
    """Four raters a unit, three in some, one in another; the third unit has technology before vision."""
    rows = []
    for place, (unit, raters) in enumerate(units.items(), first):
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
    level[:, 1] = (
        0.8 * level[:, 0] + 0.5 * level[:, 1]
    )  # branches with more money have more capacity for good
    names = [*UNITS, *LATER, *UNRATED]
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
                (f"{1401 + t // 4}Q{1 + t % 4}", names[branch], round(5000 + 600 * x[0], 1), round(110 + 14 * x[1], 2),
                 round(72 + 7 * x[2], 2), round(3.6 + 0.25 * x[3], 4))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["period", "unit", "mo_budget", "bo_capacity", "fo_service", "rq_mean"])


def members(
    rng: np.random.Generator, sim: SimulatedStudy, rated: pd.DataFrame, offices: pd.DataFrame
) -> pd.DataFrame:
    """The home branch of each customer: those who think well of the relationship are oftener at branches with much
    capacity, and at branches rated high on customers' needs (GAR3)."""
    names = np.array([*UNITS, *LATER, *UNRATED])
    pull = 0.40 * scaled(offices.groupby("unit")["bo_capacity"].mean().reindex(names).to_numpy())
    needs = rated.loc[rated["item_code"].str.startswith("GAR3")]
    level = pd.to_numeric(needs["level"]).groupby(needs["unit"]).mean().reindex(names).to_numpy()
    pull += 0.35 * np.nan_to_num(scaled(level))
    items = [f"{name}{k}" for name in ("TRU", "SAT", "COM") for k in range(1, 5)]
    opinion = scaled(sim.survey[items].apply(pd.to_numeric, errors="coerce").mean(axis=1).to_numpy())
    thinks = dict(zip(sim.survey["LINK"], np.nan_to_num(opinion), strict=True))
    everyone = sorted({*sim.survey["LINK"], *sim.ledger["customer_id"]})
    rows = []
    for name in everyone:
        chance = np.exp(thinks.get(name, 0.0) * pull)
        rows.append((name, names[rng.choice(len(names), p=chance / chance.sum())]))
    return pd.DataFrame(rows, columns=["کد مشتری", "شعبه"])


def scaled(values: np.ndarray) -> np.ndarray:
    return (values - np.nanmean(values)) / np.nanstd(values)


def needs(rng: np.random.Generator, sim: SimulatedStudy) -> pd.DataFrame:
    """What some customers want and get: heavy buyers miss a reward for loyalty, light ones care after the purchase."""
    bought = sim.ledger.groupby("customer_id").size()
    heavy = bought > bought.median()
    rows = []
    for name in sorted(rng.choice(np.array(sorted(bought.index)), JUDGES, replace=False)):
        for need, (importance, performance, more, less) in NEEDS.items():
            want = importance + 0.5 * (more if heavy[name] else less)
            get = performance - 0.5 * (more if heavy[name] else less)
            marks = [int(np.clip(np.rint(mean + rng.normal(0, 0.7)), 1, 5)) for mean in (want, get)]
            rows.append((name, need, *(mark if rng.random() > 0.01 else "" for mark in marks)))
    return pd.DataFrame(rows, columns=["کد مشتری", "نیاز", "اهمیت", "عملکرد"])


def benchmark(rng: np.random.Generator) -> pd.DataFrame:
    """Staff and cost of branches and of one outside peer, and what they get: sales and customers who stay."""
    rows = []
    for name in (*UNITS, *LATER, PEER):
        staff = int(rng.integers(6, 20))
        cost = round(staff * rng.uniform(8, 12), 1)
        skill = 1.0 if name in (PEER, "شعبه مرکزی", "شعبه باغ") else rng.uniform(0.55, 0.95)
        rows.append(
            (
                name,
                staff,
                cost,
                round(skill * staff * rng.uniform(40, 44)),
                round(skill * cost * rng.uniform(1.9, 2.1)),
            )
        )
    return pd.DataFrame(rows, columns=["واحد", "کارکنان", "هزینه", "فروش", "مشتریان ماندگار"])


def main() -> None:
    """Write the seven files."""
    rng, later = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    rated = pd.concat([ratings(rng, UNITS), ratings(later, LATER, len(UNITS))])
    offices = panel(rng)
    sim = simulate(RESPONDENTS, SURVEY_SEED, customers=CUSTOMERS)
    tables = {
        "بلوغ": rated, "اهداف": goals(), "بوم": canvas(), "دفترها": offices,
        "مشتریان": members(later, sim, rated, offices), "نیازها": needs(later, sim), "رقبا": benchmark(later),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(RAW / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    main()
