"""Complete studies with planted truth: a questionnaire's answers and a ledger. Nobody in them is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.data.dates import jalali
from crmlab.data.simulate_ledger import LedgerTruth, ledger_of
from crmlab.data.simulate_planted import DIMENSIONS, Planted
from crmlab.errors import ModelError
from crmlab.study.instrument import Instrument, bundled

THRESHOLDS = {5: (-1.75, -1.0, -0.2, 0.85), 7: (-2.0, -1.45, -0.85, -0.2, 0.45, 1.25)}
PHONE = 2  # code of CHL
MARKERS = {"MRK1": 0.75, "MRK2": 0.70, "MRK3": 0.65}
FREE = {
    "CONS",
    "LINK",
    "SCRN",
    "ATT1",
    "OPEN1",
    "STG",
    "CHL",
    "GEN",
    "AGE",
    "MAR",
    "EDU",
    "TEN",
    "FRQ",
    "PHS",
}
OPEN_ANSWERS = (
    "پاسخ‌گویی تلفنی سریع‌تر شود.",
    "لطفاً ساعت کار شعبه‌ها بیشتر شود.",
    "برنامهٔ موبایل ساده‌تر باشد.",
    "قیمت‌ها شفاف‌تر اعلام شود.",
    "پس از خرید هم پیگیری کنید.",
    "همه چیز خوب است، سپاس.",
    "پیشنهادها به نیاز من نزدیک‌تر باشد.",
    "زمان تحویل دقیق‌تر گفته شود.",
)
SHARES: dict[str, dict[int, float]] = {
    "GEN": {1: 0.47, 2: 0.51, 9: 0.02},
    "AGE": {1: 0.14, 2: 0.33, 3: 0.28, 4: 0.16, 5: 0.09},
    "MAR": {1: 0.36, 2: 0.61, 9: 0.03},
    "EDU": {1: 0.04, 2: 0.20, 3: 0.13, 4: 0.37, 5: 0.21, 6: 0.05},
    "CHL": {1: 0.34, 2: 0.16, 3: 0.13, 4: 0.25, 5: 0.08, 6: 0.04},
    "PHS": {1: 0.25, 2: 0.40, 3: 0.35},
}
TENURE_BY_STAGE = np.array([[0.6, 0.4, 0, 0, 0], [0.05, 0.35, 0.35, 0.2, 0.05], [0, 0.05, 0.3, 0.4, 0.25]])


@dataclass(frozen=True, eq=False)
class Truth:
    """The answers to a simulated study.

    Attributes
    ----------
    latent : one row per respondent: CRM, RQ, CLV, the 13 dimensions, `careless` (True or False)
    customers : what drives each customer of the ledger; see `LedgerTruth`
    planted : the generating values
    """

    latent: pd.DataFrame
    customers: LedgerTruth
    planted: Planted


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """A simulated survey and ledger.

    Attributes
    ----------
    survey : one row per respondent, a column per item code, as answered (reverse items NOT turned);
        ratings are floats with NaN, LINK and OPEN1 are strings
    submitted : when each respondent answered (naive, local time), ascending
    ledger : customer_id, date (ISO), amount (rial); one row per purchase, by date
    truth : what was planted
    points : of the agreement scale
    """

    survey: pd.DataFrame
    submitted: pd.Series
    ledger: pd.DataFrame
    truth: Truth
    points: int


def simulate(
    n: int,
    seed: int,
    *,
    planted: Planted | None = None,
    points: int = 5,
    customers: int | None = None,
    field_start: str = "2024-04-20",
    field_days: int = 62,
    observed: tuple[str, str] = ("2021-06-22", "2024-06-20"),
) -> SimulatedStudy:
    """Make a complete study whose truth is known.

    Parameters
    ----------
    n : respondents, at least 2
    seed : of all random numbers
    planted : the truth; `Planted()` if not given
    points : 5 or 7 points of the agreement scale
    customers : customers in the ledger, n or more; n if not given. Respondents are a random part of them
    field_start, field_days : when the survey was open (Gregorian; the default is 1403/02/01 to 1403/04/01)
    observed : first and last day of the ledger

    Raises
    ------
    ModelError
        Sizes, points or loadings that cannot be.
    """
    truth = planted or Planted()
    _admit(n, points, customers, truth)
    rng = np.random.default_rng(seed)
    customers = customers or n
    chosen = rng.permutation(customers)[:n]
    stage = rng.choice(3, n, p=truth.stage_shares)
    profile = {item: rng.choice(list(shares), n, p=list(shares.values())) for item, shares in SHARES.items()}
    latent = _latent(rng, stage, profile["CHL"], truth)
    everyone = rng.standard_normal(customers)
    everyone[chosen] = latent["RQ"]
    ledger, drivers = ledger_of(rng, everyone, truth.log_rate_per_sd, truth.log_odds_dropout_per_sd, observed)
    ratings = _ratings(rng, latent, truth, points)
    careless = _careless(rng, ratings, n, truth, points)
    columns: dict[str, np.ndarray] = ratings | profile | _habits(rng, stage, drivers.rate[chosen], latent)
    for code, values in columns.items():
        if code not in FREE:
            columns[code] = np.where(rng.random(n) < truth.missing, np.nan, values)
    columns |= {"CONS": np.ones(n), "SCRN": np.ones(n), "LINK": drivers.customer_id[chosen]}
    said = rng.choice(np.array(OPEN_ANSWERS, dtype=object), n)
    said[rng.random(n) > 0.4] = None
    columns["OPEN1"] = said
    survey = pd.DataFrame({code: columns[code] for code in bundled().items})
    survey = survey.astype({code: float for code in survey if code not in ("LINK", "OPEN1")})
    latent_table = pd.DataFrame(latent).assign(careless=careless)
    moments = np.sort(rng.integers(0, field_days, n) * 86_400 + rng.integers(7 * 3600, 24 * 3600, n))
    submitted = pd.Series(pd.Timestamp(field_start) + pd.to_timedelta(moments, unit="s"), name="submitted")
    return SimulatedStudy(survey, submitted, ledger, Truth(latent_table, drivers, truth), points)


def _admit(n: int, points: int, customers: int | None, planted: Planted) -> None:
    if n < 2:
        raise ModelError(f"a study of {n} respondents cannot be simulated", hint="400")
    if points not in THRESHOLDS:
        raise ModelError(
            f"{points} points: only scales of {' or '.join(map(str, THRESHOLDS))} points are known"
        )
    if customers is not None and customers < n:
        raise ModelError(f"{customers} customers cannot hold {n} respondents")
    for item, loading in planted.items.items():
        if loading**2 + planted.method_variance > 1:
            raise ModelError(f"item '{item}': loading {loading} leaves no room for method variance")


def _latent(
    rng: np.random.Generator, stage: np.ndarray, channel: np.ndarray, planted: Planted
) -> dict[str, np.ndarray]:
    """Standard normal constructs with the planted paths, and their dimensions."""
    n = len(stage)
    a, c = planted.paths["RQ~CRM"], planted.paths["CLV~CRM"]
    b = planted.paths["CLV~RQ"] * np.array(planted.stage_multipliers)[stage]
    crm = rng.standard_normal(n)
    rq = a * crm + np.sqrt(1 - a**2) * rng.standard_normal(n)
    clv = b * rq + c * crm + np.sqrt(1 - (b**2 + c**2 + 2 * a * b * c)) * rng.standard_normal(n)
    found = {"CRM": crm, "RQ": rq, "CLV": clv}
    for whole, parts in DIMENSIONS.items():
        for part in parts:
            loading = planted.second_order[part]
            found[part] = loading * found[whole] + np.sqrt(1 - loading**2) * rng.standard_normal(n)
    found["CHN"] = found["CHN"] - np.where(
        channel == PHONE, planted.phone_gap, planted.channel_gap * (channel != 1)
    )
    return found


def _ratings(
    rng: np.random.Generator, latent: Mapping[str, np.ndarray], planted: Planted, points: int
) -> dict[str, np.ndarray]:
    """Every rating as a code: normal variables cut at thresholds."""
    n = len(latent["CRM"])
    habit, weather = rng.standard_normal(n), rng.standard_normal(n)
    sources = {item: (latent[item[:3]], loading) for item, loading in planted.items.items()}
    sources |= {item: (weather, loading) for item, loading in MARKERS.items()}
    sources |= {"GCRM": (latent["CRM"], 0.75), "GRQ": (latent["RQ"], 0.78)}
    sources |= {"NPS": (latent["WOM"], 0.75), "CSAT": (latent["SAT"], 0.75), "CES": (latent["CAR"], -0.50)}
    found = {}
    for place, (item, (source, loading)) in enumerate(sources.items()):
        noise = np.sqrt(1 - loading**2 - planted.method_variance) * rng.standard_normal(n)
        y = loading * source + np.sqrt(planted.method_variance) * habit + noise
        found[item] = _cut(y, item, place, loading, points)
    return found


def _cut(y: np.ndarray, item: str, place: int, loading: float, points: int) -> np.ndarray:
    if item == "NPS":
        return np.searchsorted(np.linspace(-2.4, 0.9, 10), y).astype(float)
    shift = ((7 * place) % 11) / 20 - 0.25  # a fixed shift of each item within +-.25
    cuts = np.array(THRESHOLDS[5 if item in ("CSAT", "CES") else points])
    return 1.0 + np.searchsorted(cuts + shift + (0.75 if loading < 0 else 0.0), y)


def _careless(
    rng: np.random.Generator, ratings: dict[str, np.ndarray], n: int, planted: Planted, points: int
) -> np.ndarray:
    """Overwrite the ratings of careless respondents, and add the attention check; True where careless."""
    careless = rng.random(n) < planted.careless
    straight = careless & (rng.random(n) < 0.5)
    line = rng.integers(1, points + 1, n)
    ratings["ATT1"] = np.where(rng.random(n) < planted.slips, 4.0, 2.0)
    for item in ratings:
        if item in ("NPS", "CSAT", "CES"):
            continue
        at_random = rng.integers(1, points + 1, n)
        ratings[item] = np.where(straight, line, np.where(careless, at_random, ratings[item]))
    return careless


def _habits(
    rng: np.random.Generator, stage: np.ndarray, rate: np.ndarray, latent: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Stage, tenure by stage, purchase frequency by purchase rate, share of wallet by usage."""
    n = len(stage)
    below = TENURE_BY_STAGE.cumsum(axis=1)[stage]
    per_year = rate * 365.25
    wallet = 55 + 18 * (0.8 * latent["USE"] + 0.6 * rng.standard_normal(n))
    return {
        "STG": stage + 1.0,
        "TEN": 1.0 + (rng.random(n)[:, None] > below[:, :4]).sum(axis=1),
        "FRQ": 1.0 + np.searchsorted([1.5, 8.0, 26.0, 90.0], per_year),
        "SOW": np.clip(np.round(wallet / 5) * 5, 0, 100),
    }


# -- as an online form would export it -------------------------------------------------------------

PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
TIMESTAMP = "زمان ثبت"


def persian_export(
    sim: SimulatedStudy, instrument: Instrument | None = None, org: str = "این شرکت"
) -> pd.DataFrame:
    """The same answers as a Persian online form hands them out.

    Question texts as headers (with {org} filled), answers in words, numbers and the Jalali timestamp in
    Persian digits, blanks where nothing was answered. All cells are strings or None.
    """
    chosen = (instrument or bundled()).with_agreement(f"agree{sim.points}")
    columns: dict[str, Sequence[object]] = {TIMESTAMP: [_jalali(moment) for moment in sim.submitted]}
    for code, item in chosen.items.items():
        scale = chosen.scale_of(code)
        columns[item.worded("fa", org)] = [_told(value, scale.labels) for value in sim.survey[code]]
    return pd.DataFrame(columns, dtype=object)


def _told(value: object, labels: Mapping[int, Mapping[str, str]]) -> str | None:
    if isinstance(value, str):
        return value
    if value is None or not isinstance(value, float) or np.isnan(value):
        return None
    return labels[int(value)]["fa"] if int(value) in labels else str(int(value)).translate(PERSIAN_DIGITS)


def _jalali(moment: pd.Timestamp) -> str:
    return f"{jalali(moment.date())} {moment:%H:%M:%S}".translate(PERSIAN_DIGITS)
