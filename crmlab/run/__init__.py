"""Running a study: plan, kernels, cache, manifest."""

from crmlab.run.planning import plan
from crmlab.run.runner import Options, Outcome, run

__all__ = ["Options", "Outcome", "plan", "run"]
