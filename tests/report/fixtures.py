"""Two studies with small, made-up but consistent saved results: CRM -> RQ -> CLV, and the ECSI model."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.study import Study, load_study

SHA = "5f1d0c7be2a94c83ad6e0b1f9c3477d2e5a8b6c4f0917d3e2b5a8c6d4e1f0a9b"
NAMES = {
    "FOC": ("Customer focus", "تمرکز بر مشتری"),
    "ORG": ("Organisational coordination", "هماهنگی سازمانی"),
    "KNO": ("Customer knowledge", "دانش مشتری"),
    "CHN": ("Technology and channel consistency", "فناوری و یکپارچگی کانال‌ها"),
    "PER": ("Personalised interaction", "تعامل شخصی‌سازی‌شده"),
    "CAR": ("Care before, during and after the sale", "مراقبت پیش، حین و پس از فروش"),
    "TRU": ("Trust", "اعتماد"),
    "SAT": ("Satisfaction", "رضایت"),
    "COM": ("Commitment", "تعهد"),
    "USE": ("Usage quantity", "میزان استفاده"),
    "LOY": ("Loyalty", "وفاداری"),
    "WOM": ("Word of mouth", "تبلیغات دهان‌به‌دهان"),
    "INT": ("Purchase and cross-buying intention", "قصد خرید و خرید متقاطع"),
    "CRM": ("Customer relationship management", "مدیریت ارتباط با مشتری"),
    "RQ": ("Relationship quality", "کیفیت رابطه"),
    "CLV": ("Customer lifetime value (customer's view)", "ارزش طول عمر مشتری از دیدگاه مشتری"),
}
ORDERS = {
    "CRM": ("FOC", "ORG", "KNO", "CHN", "PER", "CAR"),
    "RQ": ("TRU", "SAT", "COM"),
    "CLV": ("USE", "LOY", "WOM", "INT"),
}
ECSI = {
    "Image": ("تصویر ذهنی", 5), "Expectation": ("انتظارات", 3), "Quality": ("کیفیت ادراک‌شده", 7),
    "Value": ("ارزش ادراک‌شده", 2), "Satisfaction": ("رضایت", 3), "Complaints": ("رسیدگی به شکایت", 1),
    "Loyalty": ("وفاداری", 3),
}  # fmt: skip
ECSI_PATHS = [
    "Expectation ~ Image", "Quality ~ Expectation", "Value ~ Expectation + Quality",
    "Satisfaction ~ Image + Expectation + Quality + Value", "Complaints ~ Satisfaction",
    "Loyalty ~ Image + Satisfaction + Complaints",
]  # fmt: skip


def words(en: str, fa: str) -> dict[str, str]:
    return {"en": en, "fa": fa}


def crm_study(folder: Path, **changes: Any) -> Study:
    """The default study; `changes` replace top-level keys of its file."""
    constructs: dict[str, Any] = {}
    for name, parts in ORDERS.items():
        for part in parts:
            constructs[part] = {"label": words(*NAMES[part]), "items": [f"{part}{k}" for k in range(1, 5)]}
        constructs[name] = {"label": words(*NAMES[name]), "dimensions": list(parts)}
    content = {
        "name": "fixture",
        "title": words(
            "The effect of CRM on customer lifetime value",
            "بررسی تأثیر مدیریت ارتباط با مشتری بر ارزش طول عمر مشتری",
        ),
        "organisation": words("the hotel", "هتل"),
        "notice": words("The data of this report are simulated.", "داده‌های این گزارش شبیه‌سازی شده است."),
        "survey": {"file": "raw/answers.csv"},
        "constructs": constructs,
        "paths": ["RQ ~ CRM", "CLV ~ RQ + CRM"],
        "hypotheses": ["H1", "H2", "H3", "H4"],
        **changes,
    }
    return write_study(folder, content)


def ecsi_study(folder: Path) -> Study:
    """Seven first-order constructs on a scale of ten points, no hypotheses of kind mediation, no notice."""
    items = {
        f"{name[:4].upper()}{k}": {"text": words(f"{name} question {k}", f"پرسش {fa} شمارهٔ {k}"), "scale": "ten"}
        for name, (fa, count) in ECSI.items() for k in range(1, count + 1)
    }  # fmt: skip
    constructs = {
        name: {"label": words(name, fa), "items": [f"{name[:4].upper()}{k}" for k in range(1, count + 1)]}
        for name, (fa, count) in ECSI.items()
    }
    content = {
        "name": "mobi",
        "title": words("Mobile phone customers", "مشتریان تلفن همراه"),
        "organisation": words("the provider", "شرکت"),
        "survey": {"file": "raw/mobi.csv"},
        "instrument": {"base": "none", "scales": {"ten": {"points": [1, 10]}}, "items": items},
        "constructs": constructs,
        "paths": ECSI_PATHS,
        "hypotheses": [
            {"id": "H1", "source": "Satisfaction", "target": "Loyalty", "statement": words("Satisfaction raises loyalty.", "رضایت بر وفاداری تأثیر مثبت دارد.")},
            {"id": "H2", "source": "Complaints", "target": "Loyalty", "statement": words("Complaint handling raises loyalty.", "رسیدگی به شکایت بر وفاداری تأثیر مثبت دارد.")},
        ],
    }  # fmt: skip
    return write_study(folder, content)


def write_study(folder: Path, content: dict[str, Any]) -> Study:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_study(file)


def results(study: Study, *, seed: int = 1) -> dict[str, Result]:
    """Every saved result of docs/terms.md, with numbers of a plausible size."""
    rng = np.random.default_rng(seed)
    found = {**_intake(), **_sample(study, rng), **_measurement(study, rng), **_structure(study, rng)}
    return {
        address: Result(f"model.{address.partition('/')[2]}", tidy, {"n": 381.0, "level": 0.95}, checks,
                        {"data_sha256": SHA, "seed": "20240101", "crmlab": "0.1.0", "numpy": "2.3.4"})
        for address, (tidy, checks) in found.items()
    }  # fmt: skip


def around(
    quantity: str, subjects: list[str], estimate: np.ndarray, error: float, p: bool = False
) -> pd.DataFrame:
    low, high = estimate - 1.96 * error, estimate + 1.96 * error
    p_values = np.where(np.abs(estimate / error) > 3.3, 0.0, 0.213) if p else np.nan
    return tidy_block(
        quantity, subjects, estimate, std_error=error, ci_low=low, ci_high=high, p_value=p_values
    )


def _intake() -> dict[str, Any]:
    counts = {
        "read": 421, "refused:test": 2, "refused:no_consent": 3, "refused:exact_duplicate": 1, "kept": 415,
        "flagged:fast": 9, "excluded:attention": 19, "excluded:straight_line": 15, "analysed": 381,
    }  # fmt: skip
    return {
        "02_data_intake/flow": (
            tidy_frame({"term": key, "estimate": value} for key, value in counts.items()),
            (),
        )
    }


def _sample(study: Study, rng: np.random.Generator) -> dict[str, Any]:
    found: dict[str, Any] = {}
    codes = list(study.construct_items)
    found["03_sample_description/items"] = (_described(study, codes, rng, shares=True), ())
    found["03_sample_description/constructs"] = (
        _described(study, list(study.first_order), rng, shares=False),
        (),
    )
    if "GEN" in study.items:
        counts = {"GEN": [198, 176, 3], "AGE": [61, 142, 99, 51, 28], "CHL": [120, 88, 103, 66]}
        frames = []
        for item, values in counts.items():
            codes = [
                f"{item}.{value}" for value in study.scales[study.items[item].scale].values[: len(values)]
            ]
            share = np.array(values) / sum(values)
            frames.append(tidy_block("count", codes, values))
            frames.append(tidy_block("share", codes, share, ci_low=share - 0.03, ci_high=share + 0.04))
            frames.append(tidy_block("missing", [item], [381 - sum(values)]))
        found["03_sample_description/profile"] = (pd.concat(frames), ())
        overall = pd.concat([
            around("nps", ["NPS"], np.array([-3.4]), 4.1),
            around("csat", ["CSAT"], np.array([3.62]), 0.05),
            around("ces", ["CES"], np.array([2.31]), 0.05),
        ])  # fmt: skip
        found["03_sample_description/globals"] = (overall, ())
    return found


def _described(study: Study, subjects: list[str], rng: np.random.Generator, *, shares: bool) -> pd.DataFrame:
    size = len(subjects)
    frames = [
        tidy_block("n", subjects, np.full(size, 381.0)),
        tidy_block("missing", subjects, np.zeros(size)),
        around("mean", subjects, rng.uniform(3.0, 4.2, size), 0.05),
        tidy_block("sd", subjects, rng.uniform(0.7, 1.1, size)),
        tidy_block("skewness", subjects, rng.uniform(-0.9, 0.3, size)),
        tidy_block("kurtosis", subjects, rng.uniform(-0.8, 0.8, size)),
    ]
    for subject in subjects if shares else ():
        values = study.scales[study.items[subject].scale].values
        frames.append(
            tidy_block(
                "share", [f"{subject}.{v}" for v in values], rng.dirichlet(np.arange(1, len(values) + 1))
            )
        )
    return pd.concat(frames)


def _measurement(study: Study, rng: np.random.Generator) -> dict[str, Any]:
    names = list(study.first_order)
    size = len(names)
    pairs = [f"{a}~{b}" for a, b in combinations(names, 2)]
    inside = [f"{name}=~{item}" for name in names for item in study.blocks[name]]
    items = list(study.construct_items)
    omega = rng.uniform(0.74, 0.9, size)
    omega[1] = 0.64
    checks = (
        Check("check.heywood:" + names[1], False, -0.02, "every unique variance > 0.005"),
        Check("check.converged", True, 1e-9, "< 1e-7"),
    )
    quality = pd.concat([
        around("alpha", names, omega - 0.01, 0.015), around("omega", names, omega, 0.015),
        tidy_block("rho_a", names, omega + 0.01), tidy_block("rho_c", names, omega + 0.03),
        around("ave", names, rng.uniform(0.52, 0.7, size), 0.02),
    ])  # fmt: skip
    loadings = around("loading", inside, rng.uniform(0.66, 0.9, len(inside)), 0.02, p=True)
    more = pd.concat(
        [
            tidy_block("item_rest", items, rng.uniform(0.5, 0.7, len(items))),
            tidy_block("vif", items, rng.uniform(1.2, 2.4, len(items))),
        ]
    )
    return {
        "04_measurement/reliability": (quality, checks),
        "04_measurement/loadings": (loadings, ()),
        "04_measurement/items": (more, ()),
        "04_measurement/htmt": (around("htmt", pairs, rng.uniform(0.3, 0.82, len(pairs)), 0.03), ()),
        "04_measurement/correlations": (around("cor", pairs, rng.uniform(-0.1, 0.7, len(pairs)), 0.04), ()),
    }


def _structure(study: Study, rng: np.random.Generator) -> dict[str, Any]:
    subjects = [f"{target}~{source}" for source, target in study.paths]
    beta = rng.uniform(0.2, 0.6, len(subjects))
    beta[-1] = -0.032
    outcomes = list(dict.fromkeys(target for _, target in study.paths))
    paths = pd.concat([
        around("path", subjects, beta, 0.045, p=True), around("r2", outcomes, rng.uniform(0.2, 0.6, len(outcomes)), 0.04),
        tidy_block("r2_adjusted", outcomes, rng.uniform(0.2, 0.6, len(outcomes))),
        tidy_block("f2", subjects, beta**2), tidy_block("vif", subjects, rng.uniform(1, 2.2, len(subjects))),
    ])  # fmt: skip
    value = dict(zip(subjects, beta, strict=True))
    chains = [(o, m, s) for s, m in study.paths for m2, o in study.paths if m2 == m]
    indirect = [f"{o}~{m}~{s}" for o, m, s in chains]
    product = np.array([value[f"{m}~{s}"] * value[f"{o}~{m}"] for o, m, s in chains])
    total = [f"{o}~{s}" for o, m, s in chains if f"{o}~{s}" in value]
    totals = np.array(
        [
            value[f"{o}~{s}"] + value[f"{m}~{s}"] * value[f"{o}~{m}"]
            for o, m, s in chains
            if f"{o}~{s}" in value
        ]
    )
    keep = list(dict.fromkeys(total))
    totals = np.array([totals[total.index(name)] for name in keep])
    effects = pd.concat(
        [around("indirect", indirect, product, 0.03, p=True), around("total", keep, totals, 0.04, p=True)]
    )
    outer = [f"{name}=~{part}" for name, c in study.constructs.items() for part in c.dimensions]
    return {
        "05_structure_mediation/paths": (paths, (Check("check.converged", True, 7.0, "iterations < 300"),)),
        "05_structure_mediation/effects": (effects, ()),
        "05_structure_mediation/outer": (
            around("loading", outer, rng.uniform(0.7, 0.9, len(outer)), 0.02, p=True),
            (),
        ),
        "05_structure_mediation/verdicts": (_verdicts(study, value), ()),
    }


def _verdicts(study: Study, value: dict[str, float]) -> pd.DataFrame:
    names = [each.id for each in study.hypotheses]
    chains = [
        [f"{b}~{a}" for a, b in zip(each.constructs, each.constructs[1:], strict=False)]
        for each in study.hypotheses
    ]
    estimate = np.array([np.prod([value[step] for step in chain]) for chain in chains])
    frame = around("hypothesis", names, estimate, 0.03, p=True)
    verdict = np.where(frame["p_value"] < 0.05, np.sign(estimate), 0.0)
    middle = [each.id for each in study.hypotheses if each.kind == "mediation"]
    return pd.concat([
        frame, tidy_block("p_holm", names, np.minimum(frame["p_value"] * 4, 1.0)),
        tidy_block("verdict", names, verdict), tidy_block("mediation", middle, [2.0] * len(middle)),
    ])  # fmt: skip
