"""Saved results of step 08 with numbers of a plausible size, and a study that asks for them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from crmlab.result import Check, Result, tidy_frame

STEP = "08_value_of_rq/"
LEDGER = {
    "file": "raw/ledger.csv",
    "columns": {"customer": "c", "date": "d", "amount": "a"},
    "calendar": "jalali",
    "currency": "IRR",
}


def study(fx: Any, folder: Path, **changes: Any) -> Any:
    """The bundled questionnaire with customer keys, and a ledger."""
    survey = {"file": "raw/answers.csv", "customer": "key"}
    asked = {"survey": survey, "ledger": LEDGER, "hypotheses": ["H1", "H2", "H3", "H4", "H8"]}
    return fx.crm_study(folder, **{**asked, **changes})


def effect(term: str, b: float, se: float, p: float | None = None) -> dict[str, object]:
    low, high = b - 1.96 * se, b + 1.96 * se
    tail = math.erfc(abs(b / se) / math.sqrt(2)) if p is None else p
    return {"term": term, "estimate": b, "std_error": se, "ci_low": low, "ci_high": high, "p_value": tail}


def bare(**values: float) -> list[dict[str, object]]:
    return [{"term": key.replace("__", ":"), "estimate": value} for key, value in values.items()]


def between(term: str, value: float, low: float, high: float) -> dict[str, object]:
    return {"term": term, "estimate": value, "ci_low": low, "ci_high": high}


def results(
    b: float = 0.31, se: float = 0.06, *, after: float = 210.0, matched: int = 320, money: float = 1.0
) -> dict[str, Result]:
    """All results of step 08: b the association with CLV_B, `after` days of ledger after the fieldwork."""
    order = Check(
        "check.answers_before_purchases", after >= 90, after, ">= 90 days of the ledger after the fieldwork"
    )
    enough = Check("check.matched_enough", matched >= 100, float(matched), ">= 100 customers")
    common = {"level": 0.95, "matched": float(matched)}
    found = {"join": _join(matched, after, (enough, order)), "selection": _selection()}
    if matched < 100:
        none = Check(
            "check.possible",
            False,
            math.nan,
            f"{matched} customers with answers and purchases; 100 are needed",
        )
        for name in ("estimates", "joint", "money", "curve", "quadrants"):
            found[name] = Result(f"model.link_{name}", tidy_frame([]), {}, (none, enough))
        return {STEP + name: one for name, one in found.items()}
    rows = [
        row
        for k, name in enumerate(("rate", "margin", "spend", "value"))
        for row in (
            effect(f"naive:{name}", (b - 0.02 * k) * 0.86, se),
            effect(f"spearman:{name}", b - 0.02 * k, se * 1.1),
            effect(f"croon:{name}", b + 0.004 - 0.02 * k, se * 1.1),
            effect(f"sem:{name}", b + 0.002 - 0.02 * k, se * 1.1),
            effect(f"weighted:{name}", b + 0.01 - 0.02 * k, se * 1.3),
        )
    ]
    rows += bare(reliability=0.742, attenuation=0.861, scale_points=0.58)
    found["estimates"] = Result("model.link_estimates", tidy_frame(rows), common, (order, enough))
    found["joint"] = _joint(b, se, common)
    worth = 1_450_000 * b / 0.31 if money else 2.1 * b / 0.31
    found["money"] = _money(
        worth, worth * se / b if b else 400_000.0, {**common, "money": money, "rate": 0.2}, order
    )
    found["curve"] = Result(
        "model.link_curve",
        tidy_frame(
            between(
                f"value:{z}", 9e6 * math.exp(0.15 * z), 8e6 * math.exp(0.13 * z), 1e7 * math.exp(0.17 * z)
            )
            for z in range(-2, 3)
        ),
        {**common, "money": money},
    )
    found["quadrants"] = _quadrants(b, se, common)
    return {STEP + name: one for name, one in found.items()}


def _join(matched: int, after: float, checks: tuple[Check, ...]) -> Result:
    rows = bare(respondents=381, with_key=360, without_key=21, repeated=9, refused_twice=9, survey_only=360 - 9 - matched,
                buyers=round(0.8 * matched), customers=1200, ledger_only=1200 - matched, power=0.95, smallest_r=0.156,
                needed=194, ledger_first=18800, ledger_end=19900, field_first=19900 - after - 59,
                field_last=19900 - after, days_after=after)  # fmt: skip
    rows += [
        *bare(matched=matched),
        between("matched_share", matched / 381, matched / 381 - 0.04, matched / 381 + 0.03),
    ]
    rows.append(between("response_share", matched / 1200, matched / 1200 - 0.02, matched / 1200 + 0.02))
    return Result("model.link_join", tidy_frame(rows), {"level": 0.95}, checks)


def _selection(gap: float = 0.12) -> Result:
    rows = []
    for k, name in enumerate(("recency", "frequency", "spend", "total", "tenure")):
        rows.append(effect(f"gap:{name}", gap - 0.05 * k, 0.06))
        rows += bare(
            **{
                f"mean_matched__{name}": 40.0 + k,
                f"mean_other__{name}": 38.0 + k,
                f"weighted_gap__{name}": 0.01,
            }
        )
    return Result("model.link_selection", tidy_frame(rows), {"level": 0.95})


def _joint(b: float, se: float, common: dict[str, float]) -> Result:
    rows = [
        effect("purchase:latent", 0.5 * b, 0.5 * se), effect("dropout:latent", -0.7 * b, 1.5 * se),
        effect("spend:latent", 0.02, 0.03), effect("purchase:score", 0.43 * b, 0.45 * se),
        effect("dropout:score", -0.6 * b, 1.3 * se), effect("spend:score", 0.018, 0.027),
    ]  # fmt: skip
    for name, factor, value in (
        ("purchase", "rate_ratio", 0.5 * b),
        ("dropout", "odds_ratio", -0.7 * b),
        ("spend", "spend_ratio", 0.02),
    ):
        error = {"purchase": 0.5 * se, "dropout": 1.5 * se, "spend": 0.03}[name]
        rows.append(
            between(factor, math.exp(value), math.exp(value - 1.96 * error), math.exp(value + 1.96 * error))
        )
    rows += bare(model__bgnbd=1.0)
    return Result("model.link_joint", tidy_frame(rows), {**common, "n": common["matched"], "nodes": 11.0})


def _money(worth: float, error: float, glance: dict[str, float], order: Check) -> Result:
    base = 9_200_000.0 if glance["money"] else 12.4
    rows = [
        effect("worth:sd", worth, error), effect("path:CLV_B~RQ", worth / base, error / base), effect("worth:point", worth * 1.7, error * 1.7),
        effect("part:purchases", 0.6 * worth, 0.6 * error), effect("part:staying", 0.3 * worth, 0.5 * error),
        effect("naive:sd", 0.84 * worth, error), effect("total:sd", 320 * worth, 320 * error),
        effect("newcomer:sd", 0.7 * worth, 0.8 * error), *bare(base=base, share__sd=worth / base),
        *bare(rate=glance["rate"], horizon_years=3.0, margin=0.3),
    ]  # fmt: skip
    if glance["money"]:
        rows += [effect("part:spend", 0.1 * worth, 0.3 * error), effect("purchases:sd", 1.9, 0.4)]
        rows += [
            effect("nominal:sd", 1.6 * worth, 1.6 * error),
            effect("nominal:point", 2.7 * worth, 2.7 * error),
        ]
    return Result("model.link_money", tidy_frame(rows), glance, (order,))


def _quadrants(b: float, se: float, common: dict[str, float]) -> Result:
    rows = [between("r_naive", 0.6 * b, 0.6 * b - 0.1, 0.6 * b + 0.1), effect("r_corrected", 0.75 * b, se)]
    shares = {"high_high": 0.3, "high_low": 0.2, "low_high": 0.2, "low_low": 0.3}
    for name, share in shares.items():
        rows.append(between(f"share:{name}", share, share - 0.04, share + 0.05))
        rows += bare(
            **{f"customers__{name}": 320 * share, f"value_mean__{name}": 9e6, f"value_share__{name}": share}
        )
    rows += [
        row
        for i in range(1, 6)
        for j in range(1, 6)
        for row in bare(**{f"cell__{i}.{j}": 10.0 + (i == j) * 8})
    ]
    return Result("model.link_quadrants", tidy_frame(rows), common)


def afterwards(given: float) -> dict[str, Result]:
    """Purchases after the answers: plain without the history, `given` with it."""
    rows = [effect(f"gross:{of}", 0.3, 0.05) for of in ("purchases", "spend")]
    rows += [effect(f"given:{of}", given, 0.05) for of in ("purchases", "spend")]
    return {
        f"{STEP}afterwards": Result("model.link_afterwards", tidy_frame(rows), {"level": 0.95, "n": 320.0})
    }


def whole(
    fx: Any, folder: Path, changes: dict[str, Any] | None = None, **how: Any
) -> tuple[Any, dict[str, Result]]:
    """A study with its results of all steps, step 08 among them, and its hypotheses judged."""
    from crmlab.structure import conclude

    found = fx.results(fx.crm_study(folder / "bare")) | results(**how)
    asked = study(fx, folder, **(changes or {}))
    found["13_thesis_report/hypotheses"] = conclude(asked.hypotheses, found, **asked.judged)
    return asked, found
