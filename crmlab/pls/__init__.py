"""Partial least squares path models on NumPy: weights, quality, effects, vectorised bootstrap."""

from crmlab.pls.bootstrap import PlsBootstrap
from crmlab.pls.fit import fit
from crmlab.pls.fitted import PlsFit

__all__ = ["PlsBootstrap", "PlsFit", "fit"]
