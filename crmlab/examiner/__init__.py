"""A second look at somebody's thesis: its own tables are recomputed where they can be, and disagreements listed."""

from crmlab.examiner.examine import Examination, examine
from crmlab.examiner.finding import Finding, Place
from crmlab.examiner.told import write as write_examination

__all__ = ["Examination", "Finding", "Place", "examine", "write_examination"]
