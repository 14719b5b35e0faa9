"""One conceptual bed for all models: themes, the headings each model has for them, and design considerations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from crmlab.enterprise.levels import Levels
from crmlab.errors import ModelError
from crmlab.provenance import versions
from crmlab.result import Check, Result, tidy_block, tidy_frame
from crmlab.study.instrument import LANGUAGES, read_catalogue
from crmlab.study.maturity import elements

PAGES = ("lic", "gartner", "crm_strategy", "kalakota", "swift", "canvas", "office")


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme that several models speak of.

    Attributes
    ----------
    key : such as "technology"
    name : language -> heading
    places : model -> its stages, phases, blocks or layers that belong here; only models that have one
    dimensions : constructs of the questionnaire that measure it
    """

    key: str
    name: dict[str, str]
    places: dict[str, tuple[str, ...]]
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consideration:
    """One thing to be considered in designing CRM, and the themes through which models reach it."""

    key: str
    title: dict[str, str]
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The considerations known so far; the list is open, `add` gives a longer one."""

    entries: dict[str, Consideration] = field(default_factory=dict)

    def add(self, key: str, title: Mapping[str, str], entry_themes: Iterable[str]) -> Register:
        """The register with one consideration more.

        Raises
        ------
        ModelError
            The key is taken or no key, a title is missing in a language, a theme is unknown or none is named: a
            consideration outside every conceptual model could not be used.
        """
        named = tuple(dict.fromkeys(entry_themes))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,19}", key):
            raise ModelError(f"consideration '{key[:40]}': a key has letters, digits and '_'", hint="D15, X1")
        if key in self.entries:
            raise ModelError(f"consideration '{key}' is in the register already", hint="choose another key")
        lost = [language for language in LANGUAGES if not str(title.get(language, "")).strip()]
        if lost:
            raise ModelError(f"consideration '{key}' has no title in '{lost[0]}'")
        strange = next((name for name in named if name not in themes()), None)
        if strange is not None:
            raise ModelError(f"consideration '{key}': '{strange}' is no theme", hint=", ".join(themes()))
        if not named:
            raise ModelError(
                f"consideration '{key}' has no theme, so no model reaches it", hint=", ".join(themes())
            )
        return Register({**self.entries, key: Consideration(key, dict(title), named)})

    def pages(self, key: str) -> tuple[str, ...]:
        """The models from whose pages a consideration can be reached."""
        if key not in self.entries:
            raise ModelError(f"consideration '{key}' is not in the register", hint=", ".join(self.entries))
        found = {page for name in self.entries[key].themes for page in themes()[name].places}
        return tuple(page for page in PAGES if page in found)

    def of(self, page: str) -> tuple[str, ...]:
        """The considerations that a model's page leads to."""
        return tuple(key for key in self.entries if page in self.pages(key))

    def reach(self) -> Result:
        """`pages:<consideration>` how many model pages lead to it, `reaches:<consideration>~<model>` and
        `theme:<consideration>~<theme>` 1 for each."""
        found = {key: self.pages(key) for key in self.entries}
        pairs = [f"{key}~{page}" for key, pages in found.items() for page in pages]
        held = [f"{key}~{theme}" for key, one in self.entries.items() for theme in one.themes]
        tidy = pd.concat(
            [
                tidy_block("pages", list(found), [len(pages) for pages in found.values()]),
                tidy_block("reaches", pairs, np.ones(len(pairs))),
                tidy_block("theme", held, np.ones(len(held))),
            ]
        )
        checks = tuple(
            Check(f"check.reachable:{key}", bool(pages), len(pages), ">= 1 model page")
            for key, pages in found.items()
        )
        return Result("model.considerations", tidy, {"considerations": float(len(found))}, checks, versions())


@cache
def themes() -> dict[str, Theme]:
    """Key -> theme, in the order of the models' stages."""
    found = {}
    for row in read_catalogue("crosswalk"):
        places = {page: tuple(row[page].split(";")) for page in PAGES if row[page]}
        dimensions = tuple(part for part in row["survey_dimension"].split(";") if part)
        name = {language: row[f"theme_{language}"] for language in LANGUAGES}
        found[row["theme"]] = Theme(row["theme"], name, places, dimensions)
    return found


def considerations() -> Register:
    """The register that the sources give; more can be added."""
    entries = {}
    for row in read_catalogue("considerations"):
        title = {language: row[f"title_{language}"] for language in LANGUAGES}
        entries[row["consideration"]] = Consideration(
            row["consideration"], title, tuple(row["themes"].split(";"))
        )
    return Register(entries)


def theme_levels(levels: Levels) -> Result:
    """The maturity of each theme, from every model that rates it.

    Parameters
    ----------
    levels : levels of units

    Returns
    -------
    Result
        `theme_level:<theme>.<model>` mean over units of the elements that belong to the theme, `theme_level:<theme>`
        mean of the models (se from the rater resamples), `theme_spread:<theme>` largest less smallest model: how
        far the models' pages tell different stories of one thing. Themes that nobody rated are left out.

    Notes
    -----
    One set of facts stands behind all pages: a model's page shows these same numbers under its own headings.
    """
    number = {(one.model, str(one.number)): code for code, one in elements().items()}
    table, draws = levels.table, np.where(np.isnan(levels.draws), levels.table.to_numpy(), levels.draws)
    rows: list[dict[str, object]] = []
    for key, theme in themes().items():
        values, drawn = [], []
        for page in PAGES[:3]:
            codes = [number[page, place] for place in theme.places.get(page, ())]
            at = [list(table.columns).index(code) for code in codes if code in table.columns]
            part = table.iloc[:, at].to_numpy()
            if not at or np.isnan(part).all():
                continue
            values.append(_mean(part[None])[0])
            drawn.append(_mean(draws[:, :, at]))
            rows.append({"term": f"theme_level:{key}.{page}", "estimate": values[-1]})
        if values:
            error = np.mean(drawn, axis=0).std(ddof=1) if len(draws) > 1 else np.nan
            rows.append(
                {"term": f"theme_level:{key}", "estimate": float(np.mean(values)), "std_error": error}
            )
            rows.append({"term": f"theme_spread:{key}", "estimate": float(np.ptp(values))})
    if not rows:
        raise ModelError("crosswalk: no theme has been rated")
    return Result("model.crosswalk", tidy_frame(rows), {"units": float(len(table))}, (), levels.result.source)


def _mean(values: np.ndarray) -> np.ndarray:
    """Means over units and elements of (B, units, elements), NaN left out."""
    there = np.isfinite(values)
    return np.where(there, values, 0.0).sum(axis=(1, 2)) / there.sum(axis=(1, 2))
