"""Behavioural customer value (CLV_B): what customers did, what they are expected to do, and what that is worth in money."""

from crmlab.customers.base import CustomerBase, describe
from crmlab.customers.days import PurchaseDays, purchase_days
from crmlab.customers.leaving import Leaving, leaving
from crmlab.customers.models import PurchaseModels, fit_models
from crmlab.customers.question import Question, question, saved
from crmlab.customers.valuer import Money
from crmlab.customers.worth import Worth, save_table, value_customers, write_table

__all__ = [
    "CustomerBase",
    "Leaving",
    "Money",
    "PurchaseDays",
    "PurchaseModels",
    "Question",
    "Worth",
    "describe",
    "fit_models",
    "leaving",
    "purchase_days",
    "question",
    "save_table",
    "saved",
    "value_customers",
    "write_table",
]
