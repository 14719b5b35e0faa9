"""What the answers say, and how well items measure constructs: each question a function that gives a Result."""

from crmlab.measurement.adequacy import bartlett, kmo, mardia
from crmlab.measurement.agreement import fleiss_kappa, kappa
from crmlab.measurement.annex import Annex, annex
from crmlab.measurement.assess import Measurement, assess
from crmlab.measurement.bias import Bias, bias
from crmlab.measurement.cfa_marker import cfa_marker
from crmlab.measurement.confirm import Confirmed, confirm
from crmlab.measurement.consistency import alpha, inter_item
from crmlab.measurement.content import critical_cvr, cvi, cvr
from crmlab.measurement.content_chapter import ContentValidity, content_validity
from crmlab.measurement.dimension_ranks import Rankings, rank_dimensions
from crmlab.measurement.discriminant import fornell_larcker
from crmlab.measurement.explore import Exploration, explore
from crmlab.measurement.factor_number import map_test, parallel_analysis
from crmlab.measurement.factors import efa
from crmlab.measurement.hierarchy import omega_hierarchical, omega_second_order
from crmlab.measurement.items import (
    construct_scores,
    construct_statistics,
    globals_,
    item_statistics,
    profile,
)
from crmlab.measurement.legacy import gof, sobel, vaf
from crmlab.measurement.legacy_tests import ks, t_midpoint
from crmlab.measurement.method_bias import full_collinearity, harman, marker
from crmlab.measurement.method_factor import common_latent_factor, ulmc
from crmlab.measurement.missingness import missingness
from crmlab.measurement.omega_total import omega
from crmlab.measurement.onefactor import OneFactor, one_factor
from crmlab.measurement.ranks import friedman, kendall_w
from crmlab.measurement.raters import icc, rwg
from crmlab.measurement.reliability import item_rest, reliability
from crmlab.measurement.separation import Separation, separate
from crmlab.measurement.validity import htmt

__all__ = [
    "Annex",
    "Bias",
    "Confirmed",
    "ContentValidity",
    "Exploration",
    "Measurement",
    "OneFactor",
    "Rankings",
    "Separation",
    "alpha",
    "annex",
    "assess",
    "bartlett",
    "bias",
    "cfa_marker",
    "common_latent_factor",
    "confirm",
    "construct_scores",
    "construct_statistics",
    "content_validity",
    "critical_cvr",
    "cvi",
    "cvr",
    "efa",
    "explore",
    "fleiss_kappa",
    "fornell_larcker",
    "friedman",
    "full_collinearity",
    "globals_",
    "gof",
    "harman",
    "htmt",
    "icc",
    "inter_item",
    "item_rest",
    "item_statistics",
    "kappa",
    "kendall_w",
    "kmo",
    "ks",
    "map_test",
    "mardia",
    "marker",
    "missingness",
    "omega",
    "omega_hierarchical",
    "omega_second_order",
    "one_factor",
    "parallel_analysis",
    "profile",
    "rank_dimensions",
    "reliability",
    "rwg",
    "separate",
    "sobel",
    "t_midpoint",
    "ulmc",
    "vaf",
]
