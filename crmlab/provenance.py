"""What a number rests on: hashes of the inputs, the seed, the versions. No clock, no path, no address."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

NUMERIC_PACKAGES = ("numpy", "scipy", "pandas")


@cache
def versions() -> dict[str, str]:
    """Versions of crmlab, Python and the packages that numbers depend on."""
    found = {"python": platform.python_version(), "crmlab": package_version()}
    for name in NUMERIC_PACKAGES:
        found[name] = version(name)
    return found


def package_version() -> str:
    """The installed version of crmlab, or "0+source" when it is imported from a bare checkout."""
    try:
        return version("crmlab")
    except PackageNotFoundError:
        return "0+source"


@cache
def code_hash() -> str:
    """SHA-256 over the package's own sources, so that changed code never meets an old cache."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def frame_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of a frame's column names and values (not of its index); the row order counts."""
    digest = hashlib.sha256()
    for column in frame.columns:
        digest.update(str(column).encode("utf-8") + b"\0")
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values):
            digest.update(np.ascontiguousarray(values.to_numpy(dtype=float, na_value=np.nan)).tobytes())
        else:
            digest.update("\0".join(values.astype("string").fillna("\1").tolist()).encode("utf-8"))
    return digest.hexdigest()


def source_of(frame: pd.DataFrame, *, seed: int | None = None) -> dict[str, str]:
    """The `source` of a Result computed from `frame`: its hash, the seed and the versions."""
    found = {"data_sha256": frame_hash(frame), **versions()}
    if seed is not None:
        found["seed"] = str(seed)
    return found
