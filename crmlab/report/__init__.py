"""Facts and sentences bound into HTML, PDF and DOCX."""

from crmlab.report.chapters import compose, run_code
from crmlab.report.model import Document
from crmlab.report.write import write, write_reports

__all__ = ["Document", "compose", "run_code", "write", "write_reports"]
