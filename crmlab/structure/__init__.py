"""Paths, effects, mediation and the verdicts on hypotheses."""

from crmlab.structure.adjust import adjust, bonferroni
from crmlab.structure.association import association
from crmlab.structure.beside import Evidence, ask_hidden_cause, compare_literature, found_in, turn
from crmlab.structure.composites import Composites, compare_composites
from crmlab.structure.conclude import conclude
from crmlab.structure.covariance import CovarianceStructure, estimate_covariance
from crmlab.structure.design import instrument, sample_sizes
from crmlab.structure.design_question import DesignQuestion, design_question
from crmlab.structure.differences import compare_means
from crmlab.structure.dimension_paths import DimensionPaths, estimate_dimensions
from crmlab.structure.drivers import drivers
from crmlab.structure.equivalence import equivalence, equivalent_difference, equivalent_means
from crmlab.structure.estimate import Structure, estimate
from crmlab.structure.evaluate import Evaluation, evaluate
from crmlab.structure.expected import expected_population
from crmlab.structure.explained import product_interval, r2_interval
from crmlab.structure.firmness import Firmness, firmness
from crmlab.structure.fit_power import rmsea_power, rmsea_sample_size
from crmlab.structure.foresight import Foresight, foresee
from crmlab.structure.group_foresight import foresee_groups, foretold
from crmlab.structure.group_paths import compare_paths
from crmlab.structure.groups import Groups, compare_groups
from crmlab.structure.hidden_cause import hidden_cause
from crmlab.structure.invariance import invariance
from crmlab.structure.latent_classes import latent_classes
from crmlab.structure.latent_importance import LatentImportance, latent_importance
from crmlab.structure.latent_process import latent_process
from crmlab.structure.literature import literature
from crmlab.structure.multiplicity import benjamini_hochberg, holm
from crmlab.structure.multiverse import multiverse
from crmlab.structure.population import Population, sample
from crmlab.structure.power import monte_carlo_power
from crmlab.structure.power_groups import power_difference, size_needed
from crmlab.structure.process import process
from crmlab.structure.process_study import ProcessAnswers, ask_process
from crmlab.structure.regression_power import (
    group_sample_size,
    one_sample_size,
    regression_power,
    regression_sample_size,
)
from crmlab.structure.sample_size import cochran, gamma_exponential, inverse_square_root, krejcie_morgan
from crmlab.structure.scales import same_scales
from crmlab.structure.sensitivity import sensitivity
from crmlab.structure.verdicts import judge, mediation_type, verdict

__all__ = [
    "Composites",
    "CovarianceStructure",
    "DesignQuestion",
    "DimensionPaths",
    "Evaluation",
    "Evidence",
    "Firmness",
    "Foresight",
    "Groups",
    "LatentImportance",
    "Population",
    "ProcessAnswers",
    "Structure",
    "adjust",
    "ask_hidden_cause",
    "ask_process",
    "association",
    "benjamini_hochberg",
    "bonferroni",
    "cochran",
    "compare_composites",
    "compare_groups",
    "compare_literature",
    "compare_means",
    "compare_paths",
    "conclude",
    "design_question",
    "drivers",
    "equivalence",
    "equivalent_difference",
    "equivalent_means",
    "estimate",
    "estimate_covariance",
    "estimate_dimensions",
    "evaluate",
    "expected_population",
    "firmness",
    "foresee",
    "foresee_groups",
    "foretold",
    "found_in",
    "gamma_exponential",
    "group_sample_size",
    "hidden_cause",
    "holm",
    "instrument",
    "invariance",
    "inverse_square_root",
    "judge",
    "krejcie_morgan",
    "latent_classes",
    "latent_importance",
    "latent_process",
    "literature",
    "mediation_type",
    "monte_carlo_power",
    "multiverse",
    "one_sample_size",
    "power_difference",
    "process",
    "product_interval",
    "r2_interval",
    "regression_power",
    "regression_sample_size",
    "rmsea_power",
    "rmsea_sample_size",
    "same_scales",
    "sample",
    "sample_sizes",
    "sensitivity",
    "size_needed",
    "turn",
    "verdict",
]
