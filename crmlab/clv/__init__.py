"""Behavioural customer lifetime value: purchase, dropout, spend and contract models; arrays in, frozen values out."""

from crmlab.clv.bgbb import BgbbFit, bgbb
from crmlab.clv.compare import LikelihoodRatio, likelihood_ratio
from crmlab.clv.contract import ContractFit, bdw, sbg
from crmlab.clv.fitted import BtydFit
from crmlab.clv.holdout import conditional, frequencies, judge, naive_rules, tracking
from crmlab.clv.purchases import bgnbd, cnbd, given, mbgnbd, pareto_nbd
from crmlab.clv.rates import continuous_rate, nominal_rate, real_rate, retention_value
from crmlab.clv.spend import SpendFit, gamma_gamma
from crmlab.clv.value import CustomerValue, customer_value, new_customer_value

__all__ = [
    "BgbbFit",
    "BtydFit",
    "ContractFit",
    "CustomerValue",
    "LikelihoodRatio",
    "SpendFit",
    "bdw",
    "bgbb",
    "bgnbd",
    "cnbd",
    "conditional",
    "continuous_rate",
    "customer_value",
    "frequencies",
    "gamma_gamma",
    "given",
    "judge",
    "likelihood_ratio",
    "mbgnbd",
    "naive_rules",
    "new_customer_value",
    "nominal_rate",
    "pareto_nbd",
    "real_rate",
    "retention_value",
    "sbg",
    "tracking",
]
