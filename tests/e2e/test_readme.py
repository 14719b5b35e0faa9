"""What the README shows in Python runs as it stands there."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_python_of_the_readme(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(300, 2)) @ np.array([[1, 0.4], [0, 0.9]])
    answers = latent.repeat(3, axis=1) + rng.normal(size=(300, 6))
    given = {"frame": pd.DataFrame(answers, columns=[f"x{k}" for k in range(1, 7)])}
    exec(compile(block, "README.md", "exec"), given)
    if "model" in given:
        assert 0.3 < given["model"].paths["path:RQ~CRM"] < 0.8
    else:
        assert given["fit"].fit_measures["cfi"] > 0.9
