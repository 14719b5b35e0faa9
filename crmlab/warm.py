"""What a notebook will need, imported ahead of time by the warm process that kernels are forked from."""

# ruff: noqa: F401
import matplotlib.pyplot
import scipy.stats

import crmlab.customers
import crmlab.data.survey
import crmlab.measurement
import crmlab.pls
import crmlab.present
import crmlab.report
import crmlab.structure
import crmlab.study
