"""What several tests share: where reference numbers and borrowed data stand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of borrowed data beside the repository; tests that need it are skipped without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs ../shared/data: third-party data that are not part of the repository")
    return folder


@pytest.fixture(scope="session")
def reference():
    """reference("name") -> the numbers of tests/reference/name.json."""

    def load(name: str) -> dict:
        return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))

    return load


@pytest.fixture(scope="session")
def matrix():
    """matrix({"rows", "cols", "values"}) -> frame."""

    def build(block: dict) -> pd.DataFrame:
        values = np.array(block["values"], dtype=float).reshape(len(block["rows"]), len(block["cols"]))
        return pd.DataFrame(values, index=block["rows"], columns=block["cols"])

    return build


@pytest.fixture(scope="session")
def sim400() -> pd.DataFrame:
    """400 simulated answers: kco, km, tech, tru, com, sat with four items each, clv and its logarithm."""
    frame = pd.read_csv(REFERENCE / "sim_crm_rq_clv_n400.csv")
    return frame.assign(logclv=np.log(frame["clv"]))


@pytest.fixture(scope="session")
def mobi(shared) -> pd.DataFrame:
    """The European customer satisfaction survey of 250 mobile phone users (third-party data)."""
    return pd.read_csv(shared / "data" / "sem" / "ecsi_mobi.csv")
