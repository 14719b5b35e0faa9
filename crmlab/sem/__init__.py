"""Covariance-based structural equation models on NumPy and SciPy, with lavaan's syntax and conventions."""

from crmlab.sem.bootstrap import SemBootstrap
from crmlab.sem.fit import cfa, growth, sem
from crmlab.sem.fitted import SemFit
from crmlab.sem.interaction import product_indicators

__all__ = ["SemBootstrap", "SemFit", "cfa", "growth", "product_indicators", "sem"]
