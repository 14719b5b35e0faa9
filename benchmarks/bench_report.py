"""How long the report takes, stage by stage: `python benchmarks/bench_report.py data/demo reports/demo/results`.

The results must stand already (`crmlab run demo`). Stages are measured in processor seconds, which other work on the machine
disturbs less than the clock; the last line is the clock for everything, both languages side by side, as step 13 does it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmlab import load_results, load_study
from crmlab.present.facts import sources
from crmlab.present.theme import Theme
from crmlab.report import compose, write_reports
from crmlab.report.brief import brief, fitting
from crmlab.report.docx import to_docx
from crmlab.report.html import letters_of, to_html
from crmlab.report.pdf import to_pdf
from crmlab.report.pictures import draw, rasters
from crmlab.report.write import made


def timed(told: str, work: Callable[[], Any]) -> Any:
    """What `work` gives, its processor seconds printed."""
    start = time.process_time()
    found = work()
    print(f"  {told:<28}{time.process_time() - start:6.2f} s")
    return found


def stages(study: Any, results: Any, language: str) -> None:
    """One language in one process."""
    theme = Theme.load()
    document = timed("compose", lambda: compose(study, results, language))
    pictures = timed(f"draw {len(document.figures)} figures", lambda: draw(document, theme))
    letters = letters_of(document)
    page = timed("HTML", lambda: to_html(document, pictures, theme, letters))
    sheet = timed("PDF (Typst)", lambda: to_pdf(document, pictures, theme))
    images = timed("pictures for Word", lambda: rasters(pictures))
    word = timed("Word", lambda: to_docx(document, images, theme))
    saved = sources(results)
    size = timed("fit the brief", lambda: fitting(document, study, saved, theme))
    timed("brief", lambda: made(brief(document, study, saved, size), theme=theme, letters=letters))
    sizes = ", ".join(f"{len(each) / 1e6:.1f} MB" for each in (page, sheet, word))
    print(f"  {len(document.tables)} tables; HTML, PDF, Word: {sizes}")


def main(study_folder: str, results_folder: str) -> None:
    """Print the stages of each language and the time of all."""
    study, results = load_study(study_folder), load_results(Path(results_folder))
    for language in study.languages:
        print(language)
        stages(study, results, language)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        files = write_reports(study, results, folder)
        print(f"{len(files)} files by the clock {time.perf_counter() - start:6.2f} s")


if __name__ == "__main__":
    main(*(sys.argv[1:3] or ("data/demo", "reports/demo/results")))
