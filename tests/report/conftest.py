"""Two fixture studies, composed and written once for all tests of the report."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load_fixtures():
    """The module `fixtures.py` of this folder, under a name no other folder uses."""
    name = "crmlab_report_fixtures"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / "fixtures.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def fx():
    return load_fixtures()


@pytest.fixture(scope="session")
def crm(fx, tmp_path_factory):
    study = fx.crm_study(tmp_path_factory.mktemp("crm"))
    return study, fx.results(study)


@pytest.fixture(scope="session")
def ecsi(fx, tmp_path_factory):
    study = fx.ecsi_study(tmp_path_factory.mktemp("ecsi"))
    return study, fx.results(study)


@pytest.fixture(scope="session")
def written(crm, tmp_path_factory):
    """language -> (document, folder) of the written CRM report."""
    from crmlab.report import compose, write

    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for language in ("fa", "en"):
        document = compose(*crm, language)
        write(document, folder)
        found[language] = (document, folder)
    return found
