"""Paths, effects, mediation and the verdicts on hypotheses."""

from crmlab.structure.adjust import adjust, bonferroni
from crmlab.structure.association import association
from crmlab.structure.covariance import CovarianceStructure, estimate_covariance
from crmlab.structure.design import instrument, sample_sizes
from crmlab.structure.design_question import DesignQuestion, design_question
from crmlab.structure.differences import compare_means
from crmlab.structure.drivers import drivers
from crmlab.structure.equivalence import equivalence, equivalent_difference, equivalent_means
from crmlab.structure.estimate import Structure, estimate
from crmlab.structure.evaluate import Evaluation, evaluate
from crmlab.structure.expected import expected_population
from crmlab.structure.explained import product_interval, r2_interval
from crmlab.structure.firmness import Firmness, firmness
from crmlab.structure.fit_power import rmsea_power, rmsea_sample_size
from crmlab.structure.foresight import Foresight, foresee
from crmlab.structure.group_paths import compare_paths
from crmlab.structure.groups import Groups, compare_groups
from crmlab.structure.invariance import invariance
from crmlab.structure.latent_process import latent_process
from crmlab.structure.multiplicity import benjamini_hochberg, holm
from crmlab.structure.population import Population, sample
from crmlab.structure.power import monte_carlo_power
from crmlab.structure.power_groups import power_difference, size_needed
from crmlab.structure.process import process
from crmlab.structure.regression_power import (
    group_sample_size,
    one_sample_size,
    regression_power,
    regression_sample_size,
)
from crmlab.structure.sample_size import cochran, gamma_exponential, inverse_square_root, krejcie_morgan
from crmlab.structure.sensitivity import sensitivity
from crmlab.structure.verdicts import judge, mediation_type, verdict

__all__ = [
    "CovarianceStructure",
    "DesignQuestion",
    "Evaluation",
    "Firmness",
    "Foresight",
    "Groups",
    "Population",
    "Structure",
    "adjust",
    "association",
    "benjamini_hochberg",
    "bonferroni",
    "cochran",
    "compare_groups",
    "compare_means",
    "compare_paths",
    "design_question",
    "drivers",
    "equivalence",
    "equivalent_difference",
    "equivalent_means",
    "estimate",
    "estimate_covariance",
    "evaluate",
    "expected_population",
    "firmness",
    "foresee",
    "gamma_exponential",
    "group_sample_size",
    "holm",
    "instrument",
    "invariance",
    "inverse_square_root",
    "judge",
    "krejcie_morgan",
    "latent_process",
    "mediation_type",
    "monte_carlo_power",
    "one_sample_size",
    "power_difference",
    "process",
    "product_interval",
    "r2_interval",
    "regression_power",
    "regression_sample_size",
    "rmsea_power",
    "rmsea_sample_size",
    "sample",
    "sample_sizes",
    "sensitivity",
    "size_needed",
    "verdict",
]
