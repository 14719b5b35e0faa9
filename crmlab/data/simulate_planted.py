"""What is planted in a simulated study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DIMENSIONS = {
    "CRM": ("FOC", "ORG", "KNO", "CHN", "PER", "CAR"),
    "RQ": ("TRU", "SAT", "COM"),
    "CLV": ("USE", "LOY", "WOM", "INT"),
}


def _second_order() -> dict[str, float]:
    values = (0.85, 0.75, 0.80, 0.77, 0.83, 0.79, 0.85, 0.82, 0.75, 0.76, 0.85, 0.78, 0.81)
    return dict(zip((d for group in DIMENSIONS.values() for d in group), values, strict=True))


def _item_loadings() -> dict[str, float]:
    turns = {"FOC": 0, "ORG": 1, "KNO": 2, "CHN": 3, "PER": 0, "CAR": 1}
    turns |= {"TRU": 2, "SAT": 3, "COM": 0, "USE": 1, "LOY": 2, "WOM": 3, "INT": 0}
    ladder = {0: (0.85, 0.78, 0.71, 0.65), 1: (0.78, 0.71, 0.65, 0.85)}
    ladder |= {2: (0.71, 0.65, 0.85, 0.78), 3: (0.65, 0.85, 0.78, 0.71)}
    found = {f"{name}{k + 1}": ladder[turn][k] for name, turn in turns.items() for k in range(4)}
    return found | {"ORG3": -0.55, "ORG4": 0.85, "LOY4": -0.55}


@dataclass(frozen=True)
class Planted:
    """What is true in a simulated study (docs: the demo study). Latent variables have variance 1.

    Attributes
    ----------
    paths : "outcome~predictor" -> standardised coefficient; CLV~RQ is the mean over the stages
    second_order : dimension -> loading on CRM, RQ or CLV
    items : item -> correlation of its normal variable with its dimension; negative for reverse items
    method_variance : share of every rating's normal variable that is one habit of answering
    careless : share of respondents who answer without reading, half of them in one straight line
    slips : share of the careful who miss the attention check all the same
    missing : share of rating cells left blank
    stage_shares, stage_multipliers : of the life-cycle stages 1-3, and what they make of CLV~RQ
    channel_gap, phone_gap : how much lower the CHN dimension is for users of another main channel than
        the branch, and of the telephone, in standard deviations
    log_rate_per_sd, log_odds_dropout_per_sd : of latent RQ, on purchase rate and dropout
    """

    paths: Mapping[str, float] = field(
        default_factory=lambda: {"RQ~CRM": 0.60, "CLV~RQ": 0.50, "CLV~CRM": 0.15}
    )
    second_order: Mapping[str, float] = field(default_factory=_second_order)
    items: Mapping[str, float] = field(default_factory=_item_loadings)
    method_variance: float = 0.05
    careless: float = 0.04
    slips: float = 0.01
    missing: float = 0.03
    stage_shares: tuple[float, float, float] = (0.3, 0.4, 0.3)
    stage_multipliers: tuple[float, float, float] = (0.8, 1.0, 1.2)
    channel_gap: float = 0.05
    phone_gap: float = 0.35
    log_rate_per_sd: float = 0.15
    log_odds_dropout_per_sd: float = -0.25
