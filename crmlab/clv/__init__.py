"""Behavioural customer lifetime value: purchase, dropout, spend and contract models; arrays in, frozen values out."""

from crmlab.clv.bgbb import BgbbFit, bgbb
from crmlab.clv.compare import LikelihoodRatio, likelihood_ratio, model_choice
from crmlab.clv.contract import ContractFit, bdw, sbg
from crmlab.clv.engagement import engagement_value, influence_value, knowledge_value, referral_value
from crmlab.clv.fitted import BtydFit
from crmlab.clv.holdout import conditional, frequencies, judge, naive_rules, tracking
from crmlab.clv.independence import spend_frequency
from crmlab.clv.purchases import bgnbd, cnbd, given, mbgnbd, pareto_nbd
from crmlab.clv.rates import continuous_rate, nominal_rate, real_rate, retention_value
from crmlab.clv.real_money import deflate, yearly_inflation
from crmlab.clv.resample import Bootstrap, bootstrap
from crmlab.clv.rfm import rfm
from crmlab.clv.spend import SpendFit, gamma_gamma
from crmlab.clv.value import CustomerValue, customer_value, new_customer_value

__all__ = [
    "BgbbFit",
    "Bootstrap",
    "BtydFit",
    "ContractFit",
    "CustomerValue",
    "LikelihoodRatio",
    "SpendFit",
    "bdw",
    "bgbb",
    "bgnbd",
    "bootstrap",
    "cnbd",
    "conditional",
    "continuous_rate",
    "customer_value",
    "deflate",
    "engagement_value",
    "frequencies",
    "gamma_gamma",
    "given",
    "influence_value",
    "judge",
    "knowledge_value",
    "likelihood_ratio",
    "mbgnbd",
    "model_choice",
    "naive_rules",
    "new_customer_value",
    "nominal_rate",
    "pareto_nbd",
    "real_rate",
    "referral_value",
    "retention_value",
    "rfm",
    "sbg",
    "spend_frequency",
    "tracking",
    "yearly_inflation",
]
