"""Partial least squares path models on NumPy: weights, quality, effects, vectorised bootstrap, prediction."""

from crmlab.pls.bootstrap import PlsBootstrap
from crmlab.pls.fit import fit
from crmlab.pls.fitted import PlsFit
from crmlab.pls.groups import micom
from crmlab.pls.multigroup import multigroup
from crmlab.pls.predict import Prediction

__all__ = ["PlsBootstrap", "PlsFit", "Prediction", "fit", "micom", "multigroup"]
