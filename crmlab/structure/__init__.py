"""Paths, effects, mediation and the verdicts on hypotheses."""

from crmlab.structure.covariance import CovarianceStructure, estimate_covariance
from crmlab.structure.estimate import Structure, estimate
from crmlab.structure.multiplicity import benjamini_hochberg, holm
from crmlab.structure.verdicts import judge, mediation_type, verdict

__all__ = [
    "CovarianceStructure",
    "Structure",
    "benjamini_hochberg",
    "estimate",
    "estimate_covariance",
    "holm",
    "judge",
    "mediation_type",
    "verdict",
]
