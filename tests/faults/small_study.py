"""A study of six items and a hundred people, whole until a test breaks it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from crmlab.data.survey import admit
from crmlab.study import load_study

ITEMS = ("SAT1", "SAT2", "SAT3", "LOY1", "LOY2", "LOY3")
TEXTS = {
    "SAT1": ("I am pleased with {org}.", "از {org} راضی هستم."),
    "SAT2": ("{org} keeps its word.", "{org} به قول خود عمل می‌کند."),
    "SAT3": ("Dealing with {org} is easy.", "کار با {org} آسان است."),
    "LOY1": ("I will stay with {org}.", "نزد {org} می‌مانم."),
    "LOY2": ("I speak well of {org}.", "از {org} به نیکی یاد می‌کنم."),
    "LOY3": ("I would leave {org} at once.", "بی‌درنگ {org} را ترک می‌کنم."),
}
LABELS = {
    1: {"en": "Very little", "fa": "خیلی کم"},
    4: {"en": "Some", "fa": "تا حدی"},
    7: {"en": "Very much", "fa": "خیلی زیاد"},
}


@dataclass
class Small:
    """The study's folder, its cells as text, and the survey block of its study file."""

    folder: Path
    header: list[str] = field(default_factory=lambda: ["id", *ITEMS])
    rows: list[list[str]] = field(default_factory=list)
    survey: dict[str, Any] = field(
        default_factory=lambda: {"file": "raw/wave1.csv", "duplicate_rows": "keep"}
    )
    extra: dict[str, Any] = field(default_factory=lambda: {"exclude": {"straight_line": False}})

    def __post_init__(self) -> None:
        if not self.rows:
            random = np.random.default_rng(7)
            answers = random.integers(1, 8, size=(100, 6))
            self.rows = [[f"{place:04d}", *map(str, row)] for place, row in enumerate(answers, 1)]
        (self.folder / "raw").mkdir(parents=True, exist_ok=True)

    @property
    def file(self) -> Path:
        return self.folder / self.survey["file"]

    def put(self, row: int, column: str, text: str) -> Small:
        """Change one cell; `row` is the line of the file, the header being line 1."""
        self.rows[row - 2][self.header.index(column)] = text
        return self

    def text(self, separator: str = ",") -> str:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=separator).writerows([self.header, *self.rows])
        return out.getvalue()

    def write(self, raw: bytes | None = None) -> Small:
        self.file.write_bytes(self.text().encode() if raw is None else raw)
        return self

    def study(self):
        words = {
            "name": "small",
            "title": {"en": "Small", "fa": "کوچک"},
            "organisation": {"en": "the bank", "fa": "بانک"},
            "survey": self.survey,
            "instrument": {
                "base": "none",
                "scales": {"seven": {"points": [1, 7], "labels": LABELS}},
                "items": {
                    code: {"text": {"en": en, "fa": fa}, "scale": "seven", "reverse": code == "LOY3"}
                    for code, (en, fa) in TEXTS.items()
                },
            },
            "constructs": {
                "SAT": {"label": {"en": "Satisfaction", "fa": "رضایت"}, "items": list(ITEMS[:3])},
                "LOY": {"label": {"en": "Loyalty", "fa": "وفاداری"}, "items": list(ITEMS[3:])},
            },
            "paths": ["LOY ~ SAT"],
            **self.extra,
        }
        (self.folder / "study.yml").write_text(
            yaml.safe_dump(words, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return load_study(self.folder)

    def admit(self):
        if not self.file.exists():
            self.write()
        before = self.file.read_bytes()
        try:
            return admit(self.study())
        finally:
            assert self.file.read_bytes() == before
