"""crmlab: from a raw CRM questionnaire to a traceable bilingual report.

The front door. Names are imported when they are first used, so that `import crmlab` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "Check": "crmlab.result",
    "Ledger": "crmlab.data.ledger",
    "Result": "crmlab.result",
    "Survey": "crmlab.data.survey",
    "admit": "crmlab.data.survey",
    "admit_all": "crmlab.data.intake",
    "admit_ledger": "crmlab.data.ledger",
    "beside": "crmlab.files",
    "load_results": "crmlab.result",
    "load_study": "crmlab.study",
    "save_all": "crmlab.result",
    "show": "crmlab.present",
}
_ROOMS = (
    "clv",
    "customers",
    "enterprise",
    "linkage",
    "measurement",
    "pls",
    "present",
    "report",
    "sem",
    "structure",
    "study",
)

__all__ = [*_WHERE, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    if name in _ROOMS:
        return import_module(f"crmlab.{name}")
    raise AttributeError(f"module 'crmlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
