"""Rules on analyses of variance and regressions: parts and totals, mean squares, F, R squared, p of what sentences report."""

from __future__ import annotations

import math
from collections.abc import Iterator

from crmlab.examiner.finding import judged
from crmlab.examiner.intervals import corners, p_of_f, p_of_t, ratio
from crmlab.examiner.printed import added, meets
from crmlab.examiner.thesis import Outcome, Thesis
from crmlab.examiner.vocabulary import is_a


def mean_squares(thesis: Thesis) -> Iterator[Outcome]:
    """Mean square = sum of squares over df."""
    for table, row in thesis.rows("ss", "df", "ms"):
        ss, df, ms = row.cells["ss"], row.cells["df"].value, row.cells["ms"]
        if df > 0:
            ok = meets(corners(lambda s, d: s / d, ss.span, (df, df)), ms.span)
            yield judged(
                ok, "mean_square", table.place(row.label), ms.text, found=(ss.value / df, max(2, ms.decimals))
            )


def f_tests(thesis: Thesis) -> Iterator[Outcome]:
    """F = mean square between over within; p is that of F."""
    for table in thesis.tables:
        rows = [row for row in table.rows if "df" in row.cells]
        top = next((row for row in rows if is_a(row.label, "between") and "f" in row.cells), None)
        bottom = next((row for row in rows if is_a(row.label, "within")), None)
        if top is None or bottom is None or bottom.cells["df"].value <= 0:
            continue
        f, place = top.cells["f"], table.place(top.label)
        if "ms" in top.cells and "ms" in bottom.cells and bottom.cells["ms"].value > 0:
            above, below = top.cells["ms"], bottom.cells["ms"]
            found = (above.value / below.value, max(2, f.decimals))
            yield judged(meets(ratio(above.size, below.size), f.span), "f_ratio", place, f.text, found=found)
        if p := top.cells.get("p"):
            low, high = p_of_f(f.size, top.cells["df"].value, bottom.cells["df"].value)
            yield judged(
                meets((low, high), p.span),
                "p_from_f",
                place,
                p.text,
                found=((low + high) / 2, max(3, p.decimals)),
            )


def sums_of_squares(thesis: Thesis) -> Iterator[Outcome]:
    """Sums of squares, and their degrees of freedom, between and within add up to the totals."""
    for table in thesis.tables:
        rows = {name: next((row for row in table.rows if is_a(row.label, name)), None) for name in ("between", "within", "totals")}  # fmt: skip
        between, within, total = rows["between"], rows["within"], rows["totals"]
        if between is None or within is None or total is None or len(table.rows) != 3:
            continue
        for name in ("ss", "df"):
            if all(name in row.cells for row in (between, within, total)):
                number = total.cells[name]
                found = (between.cells[name].value + within.cells[name].value, number.decimals)
                ok = meets(added(between.cells[name], within.cells[name]), number.span)
                yield judged(ok, "parts_of_total", table.place(total.label), number.text, found=found)


def explained(thesis: Thesis) -> Iterator[Outcome]:
    """R squared is the square of the R beside it."""
    for table, row in thesis.printed_rows("r", "r2"):
        r, r2 = row.cells["r"], row.cells["r2"]
        low, high = r.size
        yield judged(
            meets((low**2, high**2), r2.span), "r_squared", table.place(row.label), r2.text,
            r=r.text, found=(r.value**2, max(3, r2.decimals)),
        )  # fmt: skip


def stated(thesis: Thesis) -> Iterator[Outcome]:
    """p of F with both degrees of freedom, and of a correlation with its own, as sentences report them."""
    for table, row in thesis.rows("f", "df", "df2", "p"):
        f, p = row.cells["f"], row.cells["p"]
        low, high = p_of_f(f.size, row.cells["df"].value, row.cells["df2"].value)
        yield judged(
            meets((low, high), p.span),
            "p_from_f",
            table.place(),
            p.text,
            found=((low + high) / 2, max(3, p.decimals)),
        )
    for table, row in thesis.rows("r", "df", "p"):
        r, df, p = row.cells["r"], row.cells["df"].value, row.cells["p"]
        if r.size[1] < 1 and df > 0:
            span = p_of_t((_t_of_r(r.size[0], df), _t_of_r(r.size[1], df)), (df, df))
            found = (p_of_t((_t_of_r(abs(r.value), df),) * 2, (df, df))[0], max(3, p.decimals))
            yield judged(meets(span, p.span), "p_from_r", table.place(), p.text, r=r.text, found=found)


def _t_of_r(r: float, df: float) -> float:
    return r * math.sqrt(df / (1 - r**2))


RULES = (mean_squares, f_tests, sums_of_squares, explained, stated)
