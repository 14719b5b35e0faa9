"""Behavioural customer value (CLV_B): what customers did, what they are expected to do, and what that is worth in money."""

from crmlab.customers.base import CustomerBase, describe
from crmlab.customers.board_of_charts import Board
from crmlab.customers.channels import ChannelResults, channels
from crmlab.customers.days import PurchaseDays, purchase_days
from crmlab.customers.groups import CustomerGroups, customer_groups
from crmlab.customers.leaving import Leaving, leaving
from crmlab.customers.life_cycle import LifeCycle, life_cycle
from crmlab.customers.models import PurchaseModels, fit_models
from crmlab.customers.monitor import Monitoring, monitor
from crmlab.customers.parity import parity
from crmlab.customers.people import find_segments, follow_life_cycle, score_prospects, stage_effects
from crmlab.customers.phases import PhaseResults, phases
from crmlab.customers.prospects import ProspectResults, prospect_results
from crmlab.customers.question import Question, question, saved
from crmlab.customers.swift import Loop, SwiftQuestion, save_loop, swift_question
from crmlab.customers.touches import Touches, touches
from crmlab.customers.uplift import uplift
from crmlab.customers.valuer import Money
from crmlab.customers.watch import watch
from crmlab.customers.worth import Worth, save_table, value_customers, write_table

__all__ = [
    "Board",
    "ChannelResults",
    "CustomerBase",
    "CustomerGroups",
    "Leaving",
    "LifeCycle",
    "Loop",
    "Money",
    "Monitoring",
    "PhaseResults",
    "ProspectResults",
    "PurchaseDays",
    "PurchaseModels",
    "Question",
    "SwiftQuestion",
    "Touches",
    "Worth",
    "channels",
    "customer_groups",
    "describe",
    "find_segments",
    "fit_models",
    "follow_life_cycle",
    "leaving",
    "life_cycle",
    "monitor",
    "parity",
    "phases",
    "prospect_results",
    "purchase_days",
    "question",
    "save_loop",
    "save_table",
    "saved",
    "score_prospects",
    "stage_effects",
    "swift_question",
    "touches",
    "uplift",
    "value_customers",
    "watch",
    "write_table",
]
