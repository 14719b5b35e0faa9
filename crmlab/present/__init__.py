"""A Result in a language: words, numbers, tables, figures and diagrams."""

from crmlab.present.language import Language
from crmlab.present.show import Shown, show

__all__ = ["Language", "Shown", "show"]
