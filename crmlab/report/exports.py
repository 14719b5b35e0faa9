"""The study's scored answers and its model, for checking the numbers with other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from crmlab.data.admitted import Survey
from crmlab.errors import StudyError
from crmlab.files import replacing, write_text
from crmlab.study import Study, lavaan

MISSING = -99  # what SmartPLS is told to take for "no answer"
GUARDED = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula
LONGEST = 256  # bytes of a label that SPSS keeps


def export_study(study: Study, survey: Survey, folder: str | Path) -> list[Path]:
    """Write the analysed answers and the model as SPSS, R (lavaan), SmartPLS and a data dictionary take them.

    Parameters
    ----------
    study : its constructs, paths and settings
    survey : the admitted answers; excluded respondents are left out, reverse-worded items are turned
    folder : where the files are put; existing ones are replaced

    Returns
    -------
    list of Path
        `scored.sav` (labels of variables and values, measurement levels), `answers.csv` and `model.R`,
        `smartpls.csv`, `dictionary.csv` and `README.txt`. Customers' pseudonyms and free texts are in none of them.

    Raises
    ------
    StudyError
        The folder is inside the study's own data.
    """
    folder = Path(folder)
    if study.folder.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise StudyError(f"{folder} is inside the study's folder", hint="name a folder elsewhere, -o exports")
    frame = survey.analysed.loc[:, [name for name in survey.items if name in survey.analysed]]
    items = [name for name in study.construct_items if name in frame]
    written = [
        _spss(study, survey, frame, folder / "scored.sav"),
        _table(frame[items], folder / "answers.csv", "NA"),
        _table(frame[items], folder / "smartpls.csv", str(MISSING)),
        _dictionary(study, survey, frame, folder / "dictionary.csv"),
    ]
    for name, text in (("model.R", _lavaan_script(study)), ("README.txt", _readme(study, len(frame)))):
        write_text(folder / name, text)
        written.append(folder / name)
    return written


# -- SPSS ---------------------------------------------------------------------------------------------


def _spss(study: Study, survey: Survey, frame: pd.DataFrame, path: Path) -> Path:
    import pyreadstat

    language = study.languages[0]
    turned = {one.item: one for one in survey.asked if one.reverse}
    labels: dict[str, str] = {}
    values: dict[str, dict[int | float, str]] = {}
    measure: dict[str, str] = {}
    for name in map(str, frame):
        scale = study.scales[study.items[name].scale]
        mark = " (R)" if name in turned else ""
        labels[name] = _cut(study.label(name, language)) + mark
        words = {code: words[language] for code, words in scale.labels.items() if language in words}
        if name in turned:
            words = {int(turned[name].low + turned[name].high - code): word for code, word in words.items()}
        if words:
            values[name] = {float(code): _cut(word, 120) for code, word in words.items()}
        measure[name] = "scale" if scale.kind == "number" else "ordinal" if scale.ordered else "nominal"
    numbered = frame.reset_index(names="record").astype(float)
    with replacing(path) as part:
        pyreadstat.write_sav(
            numbered, str(part), file_label=_cut(study.title[language], 60), column_labels={"record": "record", **labels},
            variable_value_labels=values, variable_measure={"record": "nominal", **measure},
        )  # fmt: skip
    return path


def _cut(text: str, most: int = LONGEST - 8) -> str:
    """As many whole letters as fit into so many bytes of UTF-8."""
    return text.encode("utf-8")[:most].decode("utf-8", errors="ignore")


# -- plain tables -------------------------------------------------------------------------------------


def _table(frame: pd.DataFrame, path: Path, missing: str) -> Path:
    """Numbers only, whole ones without a decimal point."""
    whole = all((frame[name].dropna() % 1 == 0).all() for name in frame)
    shown = frame.astype("Int64") if whole else frame
    write_text(path, shown.to_csv(index=False, na_rep=missing, lineterminator="\n"))
    return path


def _dictionary(study: Study, survey: Survey, frame: pd.DataFrame, path: Path) -> Path:
    owner = {item: name for name, block in study.blocks.items() for item in block}
    turned = {one.item for one in survey.asked if one.reverse}
    rows: list[Iterable[object]] = []
    for name in map(str, frame):
        scale = study.scales[study.items[name].scale]
        words = "; ".join(
            f"{code} = {words.get('en', '')} / {words.get('fa', '')}"
            for code, words in sorted(scale.labels.items())
        )
        label = {language: study.label(name, language) for language in ("fa", "en")}
        answered = frame[name].notna()
        rows.append(
            (name, owner.get(name, ""), label["fa"], label["en"], scale.name, scale.low, scale.high, words, int(name in turned), int(answered.sum()), int((~answered).sum()))
        )  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "item",
            "construct",
            "text_fa",
            "text_en",
            "scale",
            "low",
            "high",
            "answers",
            "reversed",
            "answered",
            "missing",
        ]
    )
    writer.writerows([_guard(cell) for cell in row] for row in rows)
    write_text(path, "\ufeff" + text.getvalue())  # with a mark, so that spreadsheets read Persian
    return path


def _guard(cell: object) -> object:
    """A text that a spreadsheet would compute is kept a text by an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(GUARDED) else cell


# -- lavaan -------------------------------------------------------------------------------------------


def _lavaan_script(study: Study) -> str:
    asked = study.covariance_model
    ordered = asked["estimator"] == "WLSMV"
    if study.paths:
        model = lavaan.structure(
            asked["constructs"], asked["paths"], asked["higher_order"], ordered=ordered
        ).model
        call = "sem"
    else:
        confirmed = study.confirmed
        model = lavaan.measurement(confirmed["constructs"], confirmed["higher_order"], ordered=ordered)
        call = "cfa"
    options = (
        ['estimator = "WLSMV"', "ordered = TRUE"]
        if ordered
        else [f'estimator = "{asked["estimator"]}"', f'missing = "{asked["missing"]}"']
    )
    return "\n".join(
        [
            "# Checks the covariance-based model of this study with R's lavaan: Rscript model.R",
            "library(lavaan)",
            'answers <- read.csv("answers.csv", na.strings = "NA")',
            "model <- '",
            *(f"  {line}" for line in model.splitlines()),
            "'",
            f"fit <- {call}(model, data = answers, {', '.join(options)})",
            "summary(fit, fit.measures = TRUE, standardized = TRUE, rsquare = TRUE)",
            "write.csv(standardizedSolution(fit), \"lavaan_standardised.csv\", row.names = FALSE)",
            "",
        ]
    )  # fmt: skip


# -- what is what -------------------------------------------------------------------------------------


def _readme(study: Study, n: int) -> str:
    estimator = study.estimator
    blocks = [f"  {name}: {', '.join(items)}" for name, items in study.blocks.items()]
    higher = [
        f"  {name} (second order): {', '.join(study.constructs[name].dimensions)}"
        for name in study.second_order
    ]
    paths = [f"  {source} -> {target}" for source, target in study.paths] or ["  none"]
    return "\n".join(
        [
            f"Study {study.name}: {n} respondents analysed, reverse-worded items turned.",
            "",
            "scored.sav      SPSS: all items with labels; (R) marks a turned item, whose value labels are turned too",
            "answers.csv     the items of the constructs, NA = no answer; model.R fits them with lavaan",
            f"smartpls.csv    the same for SmartPLS: comma, decimal point, missing value {MISSING}",
            "dictionary.csv  every item: wording, scale, answers, construct, answered and missing",
            "",
            "Constructs",
            *blocks,
            *higher,
            "Paths",
            *paths,
            "",
            f"PLS settings here: {estimator.scheme} weighting, missing {estimator.missing}, standardised data, "
            f"second order by two stages, {estimator.bootstrap} bootstrap resamples.",
            "",
        ]
    )  # fmt: skip
