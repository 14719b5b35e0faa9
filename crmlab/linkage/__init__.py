"""Answers joined with purchases: what latent relationship quality does to behaviour, and what that is worth in money."""

from crmlab.linkage.afterwards import afterwards
from crmlab.linkage.asked import Asked
from crmlab.linkage.behaviour import Behaviour, Money, behave
from crmlab.linkage.corrected import disattenuate
from crmlab.linkage.coverage import coverage, detectable, needed, power
from crmlab.linkage.estimates import estimates
from crmlab.linkage.joint import JointFit, joint_fit, score_fit
from crmlab.linkage.joint_result import joint_result
from crmlab.linkage.link import Linkage, link
from crmlab.linkage.loyalty import quadrants
from crmlab.linkage.matching import Joined, join
from crmlab.linkage.measure import Measured, measure
from crmlab.linkage.products import next_products
from crmlab.linkage.question import link_study, question
from crmlab.linkage.selection import response_weights, selection
from crmlab.linkage.spending import SpendEffect, spend_effect
from crmlab.linkage.worth import Worth, worth

__all__ = [
    "Asked",
    "Behaviour",
    "Joined",
    "JointFit",
    "Linkage",
    "Measured",
    "Money",
    "SpendEffect",
    "Worth",
    "afterwards",
    "behave",
    "coverage",
    "detectable",
    "disattenuate",
    "estimates",
    "join",
    "joint_fit",
    "joint_result",
    "link",
    "link_study",
    "measure",
    "needed",
    "next_products",
    "power",
    "quadrants",
    "question",
    "response_weights",
    "score_fit",
    "selection",
    "spend_effect",
    "worth",
]
