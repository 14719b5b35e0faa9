"""What the answers say, and how well items measure constructs: each question a function that gives a Result."""

from crmlab.measurement.assess import Measurement, assess
from crmlab.measurement.items import (
    construct_scores,
    construct_statistics,
    globals_,
    item_statistics,
    profile,
)
from crmlab.measurement.onefactor import OneFactor, one_factor
from crmlab.measurement.reliability import item_rest, reliability
from crmlab.measurement.validity import htmt

__all__ = [
    "Measurement",
    "OneFactor",
    "assess",
    "construct_scores",
    "construct_statistics",
    "globals_",
    "htmt",
    "item_rest",
    "item_statistics",
    "one_factor",
    "profile",
    "reliability",
]
