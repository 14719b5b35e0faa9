"""What a study asks of the link."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """What a study asks of the link.

    Attributes
    ----------
    construct, perceived : names of the latent variable and of the customer's own view of his value
    unit : of time: "D", "W", "M" or "Y"
    level : of intervals
    draws, seed : of the worth's interval; random numbers
    least : matched customers below which the link is told to be too thin
    point : scale points that `worth:point` is about
    outcome : "margin" or "purchases"
    model : purchase model, "auto" for the lowest BIC
    second : which of several answers of one customer counts: "keep_first", "keep_last" or "refuse"
    threshold : no count of fewer customers is told
    """

    construct: str = "RQ"
    perceived: str = "CLV"
    unit: str = "W"
    level: float = 0.95
    draws: int = 200
    seed: int = 0
    least: int = 100
    point: float = 1.0
    outcome: str = "margin"
    model: str = "auto"
    second: str = "keep_first"
    threshold: int = 5
