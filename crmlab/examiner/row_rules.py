"""Rules within one row: what its numbers say of each other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from crmlab.examiner.finding import judged
from crmlab.examiner.intervals import p_of_t, ratio, sobel
from crmlab.examiner.printed import Printed, added, meets
from crmlab.examiner.tables import Row, Table
from crmlab.examiner.thesis import Outcome, Thesis
from crmlab.examiner.vocabulary import mentions

SHARES = (
    "ave",
    "cr",
    "alpha",
    "rho_a",
    "omega",
    "p",
    "kmo",
    "communality",
    "gof",
    "r2",
    "cfi",
    "nfi",
    "gfi",
    "r",
    "loading",
)
OF_CONSTRUCTS = ("ave", "cr", "alpha", "rho_a", "omega")  # printed once for all items
SIGNED = ("r", "loading", "alpha", "r2")  # may be negative; of the others zero is the least
CRITICAL, ONE_SIDED = 1.959964, 1.644854
SURE = 0.05


def p_from_t(thesis: Thesis) -> Iterator[Outcome]:
    """p printed beside t is the p of that t (two-sided; normal, or t with its degrees of freedom)."""
    for table, row in thesis.rows("t", "p"):
        if mentions(" ".join((table.grid.caption, *map(" ".join, table.grid.rows[:2]))), "normality"):
            continue  # the Z of Kolmogorov and Smirnov has a distribution of its own
        t, p, df = row.cells["t"], row.cells["p"], row.cells.get("df")
        told = df.span if df is not None and df.value >= 1 else None
        two, one = p_of_t(t.size, told), p_of_t(t.size, told, 1)
        exact = p_of_t((abs(t.value),) * 2, told)[0]
        half = meets(one, p.span)
        yield judged(
            meets(two, p.span), "p_one_sided" if half else "p_from_t", table.place(row.label), p.text,
            "note" if half else "disagreement", t=t.text, found=(exact, max(3, p.decimals)),
        )  # fmt: skip


def t_from_ratio(thesis: Thesis) -> Iterator[Outcome]:
    """t is the estimate over its standard error."""
    for table, row in thesis.rows("t", "se"):
        top, t, se = row.cells.get("b") or row.cells.get("beta"), row.cells["t"], row.cells["se"]
        if top is None or se.value <= 0:
            continue
        loose = (
            "b" not in row.cells and table.standardised
        )  # a standardised estimate over the error of a raw one
        yield judged(
            meets(ratio(top.size, se.size), t.size), "t_from_ratio", table.place(row.label), t.text,
            "note" if loose else "disagreement", estimate=top.text, se=se.text, found=(top.value / se.value, max(2, t.decimals)),
        )  # fmt: skip


def verdicts(thesis: Thesis) -> Iterator[Outcome]:
    """What is called confirmed is significant, and what is called rejected is not."""
    for table in thesis.tables:
        for row in table.rows:
            number = row.cells.get("t") or row.cells.get("p")
            if row.verdict is not None and number is not None:
                yield _verdict(table, row, number)


def _verdict(table: Table, row: Row, number: Printed) -> Outcome:
    if "t" in row.cells:
        sure, unsure, nearly = (
            number.size[0] >= CRITICAL,
            number.size[1] < CRITICAL,
            number.size[1] >= ONE_SIDED,
        )
    else:
        sure, unsure, nearly = (
            number.span[1] <= SURE + 1e-9,
            number.span[0] > SURE,
            number.span[0] <= 2 * SURE,
        )
    effect = row.cells.get("beta") or row.cells.get("b") or row.cells.get("t")
    negative = effect is not None and effect.value < 0
    confirmed = row.verdict == "confirmed"
    rule, wrong, excused = (
        ("confirmed_not_significant", unsure, nearly)
        if confirmed
        else ("rejected_significant", sure, negative)
    )
    kind = "note" if excused else "disagreement"
    return judged(not wrong, rule, table.place(row.label), number.text, kind, level=(SURE, 2))  # type: ignore[arg-type]


def bounds(thesis: Thesis) -> Iterator[Outcome]:
    """What cannot be above 1 is not, and what cannot be negative is not; no p is zero."""
    for table in thesis.tables:
        for row in table.rows:
            for name in SHARES:
                number = row.cells.get(name)
                if number is not None and not number.percent:
                    place = table.place(row.group or row.label if name in OF_CONSTRUCTS else row.label)
                    low, high = number.span
                    possible = low <= 1 and high >= (-1 if name in SIGNED else 0)
                    yield judged(possible, "impossible", place, number.text, quantity=f"examiner.{name}")
            p = row.cells.get("p")
            if p is not None and p.relation == "=" and p.value == 0 and p.decimals:
                yield judged(
                    False,
                    "p_zero",
                    table.place(row.label),
                    p.text,
                    "note",
                    least=(10.0**-p.decimals, p.decimals),
                )


def total_effects(thesis: Thesis) -> Iterator[Outcome]:
    """Total = direct + indirect effect."""
    for table, row in thesis.rows("direct", "indirect", "total"):
        direct, indirect, total = (row.cells[name] for name in ("direct", "indirect", "total"))
        yield judged(
            meets(added(direct, indirect), total.span), "total_effect", table.place(row.label), total.text,
            direct=direct.text, indirect=indirect.text, found=(direct.value + indirect.value, total.decimals),
        )  # fmt: skip


def variance_accounted(thesis: Thesis) -> Iterator[Outcome]:
    """VAF = indirect over total effect."""
    for table, row in thesis.rows("indirect", "vaf"):
        vaf, indirect = row.cells["vaf"], row.cells["indirect"]
        total, direct = row.cells.get("total"), row.cells.get("direct")
        span = (
            total.span if total is not None else added(direct, indirect) if direct is not None else (0.0, 0.0)
        )
        if span[0] <= 0 or indirect.span[0] <= 0:
            continue
        scale = 100 if vaf.percent or vaf.value > 1.5 else 1
        low, high = (scale * share for share in ratio(indirect.span, span))
        found = ((low + high) / 2, max(2, vaf.decimals))
        yield judged(meets((low, high), vaf.span), "vaf", table.place(row.label), vaf.text, found=found)


def sobel_tests(thesis: Thesis) -> Iterator[Outcome]:
    """Sobel's z from a, b and their errors."""
    for table, row in thesis.rows("a", "sa", "path_b", "sb"):
        a, sa, b, sb = (row.cells[name] for name in ("a", "sa", "path_b", "sb"))
        z = row.cells.get("sobel") or row.cells.get("t")
        if z is None or min(sa.value, sb.value) <= 0:
            continue
        ok = meets(sobel(a.size, sa.size, b.size, sb.size), z.size)
        exact = abs(a.value * b.value) / math.hypot(b.value * sa.value, a.value * sb.value)
        yield judged(ok, "sobel", table.place(row.label), z.text, found=(exact, max(2, z.decimals)))


def intervals(thesis: Thesis) -> Iterator[Outcome]:
    """An interval begins below its end and holds its estimate; without t and p, the verdict is that of the interval."""
    for table, row in thesis.printed_rows("low", "high"):
        low, high, place = row.cells["low"], row.cells["high"], table.place(row.label)
        shown = f"[{low.text}, {high.text}]"
        turned = low.span[0] > high.span[1]
        yield judged(not turned, "interval_turned", place, shown)
        estimates = [
            row.cells[name] for name in ("beta", "b", "indirect", "direct", "total") if name in row.cells
        ]
        if turned or not estimates:
            continue
        held = any(meets(one.span, (low.span[0], high.span[1])) for one in estimates)
        yield judged(held, "interval_without", place, estimates[0].text, "note", interval=shown)
        if row.verdict is None or {"t", "p"} & set(row.cells):
            continue
        zero, clear = low.value < 0 < high.value, low.span[0] > 0 or high.span[1] < 0
        if row.verdict == "confirmed":
            yield judged(not zero, "confirmed_interval", place, shown)
        else:
            yield judged(
                not clear, "rejected_interval", place, shown, "note" if high.value < 0 else "disagreement"
            )


RULES = (
    p_from_t, t_from_ratio, verdicts, bounds, intervals, total_effects, variance_accounted, sobel_tests,
)  # fmt: skip
