"""The report's fixture studies serve here too."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fx():
    name, file = "crmlab_report_fixtures", Path(__file__).parents[1] / "report" / "fixtures.py"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def crm(fx, tmp_path_factory):
    study = fx.crm_study(tmp_path_factory.mktemp("crm"))
    return study, fx.results(study)
