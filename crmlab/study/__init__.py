"""What is asked: the study file, the instrument, the hypotheses."""

from crmlab.study.hypotheses import Hypothesis
from crmlab.study.instrument import Instrument, Item, Scale
from crmlab.study.study import Study, load_study

__all__ = ["Hypothesis", "Instrument", "Item", "Scale", "Study", "load_study"]
