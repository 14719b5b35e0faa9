"""The ledgers of purchases.py as fixtures."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("crmlab_purchases", Path(__file__).parent / "purchases.py")
purchases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(purchases)


@pytest.fixture
def hand():
    return purchases.by_hand()


@pytest.fixture(scope="session")
def shop():
    return purchases.planted()
