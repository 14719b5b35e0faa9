"""Missing data, the front of the room: what the estimators ask of incomplete data.

`patterns(Y)` sorts cases by what is missing; `saturated(patterns)` gives the unrestricted EM maximum, a
`Saturated` with mean, cov, loglik, iterations, converged; `loglik(mean, cov, patterns)` the likelihood of
any moments with its gradient; `scores` and `information` its casewise first and mean second derivatives in
(mean, vech(cov)); `two_stage_gamma` the asymptotic covariance of the EM moments; `pairwise(Y)` the moments of
pairwise deletion and `pairwise_gamma(Y)` their asymptotic covariance.
"""

from crmlab.sem.incomplete import Patterns, casewise_loglik, loglik, patterns
from crmlab.sem.missing_information import information, scores, two_stage_gamma
from crmlab.sem.pairwise import pairwise, pairwise_gamma
from crmlab.sem.saturated import Saturated, saturated

__all__ = [
    "Patterns",
    "Saturated",
    "casewise_loglik",
    "information",
    "loglik",
    "pairwise",
    "pairwise_gamma",
    "patterns",
    "saturated",
    "scores",
    "two_stage_gamma",
]
