"""Rules on fit and adequacy: chi-square over df, RMSEA, degrees of freedom, GoF."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from crmlab.examiner.finding import judged
from crmlab.examiner.intervals import p_of_chi2, ratio, rmsea
from crmlab.examiner.printed import Printed, meets
from crmlab.examiner.tables import Row, Table
from crmlab.examiner.thesis import Outcome, Thesis, construct
from crmlab.examiner.vocabulary import fold, mentions

MOST_GROUPS = 6  # of a multi-group model whose number of groups is not read


def relative_chi2(thesis: Thesis) -> Iterator[Outcome]:
    """The ratio printed is chi-square over its degrees of freedom."""
    for table, row in thesis.rows("chi2", "df", "chi2_df"):
        chi2, df, number = (row.cells[name] for name in ("chi2", "df", "chi2_df"))
        if df.value > 0:
            ok = meets(ratio(chi2.size, (df.value, df.value)), number.span)
            found = (chi2.value / df.value, max(2, number.decimals))
            yield judged(
                ok, "chi2_df", table.place(row.label), number.text, chi2=chi2.text, df=df.text, found=found
            )


def approximation_error(thesis: Thesis) -> Iterator[Outcome]:
    """RMSEA follows from chi-square, its degrees of freedom and a sample size the document names."""
    for table, row in thesis.rows("chi2", "df", "rmsea"):
        chi2, df, number = row.cells["chi2"], row.cells["df"], row.cells["rmsea"]
        if df.value <= 0 or not thesis.sizes:
            continue
        groups = range(1, MOST_GROUPS + 1) if mentions(table.grid.caption, "grouped") else (1,)
        told = [(n, G) for n in sorted(thesis.sizes) for G in groups]
        spans = [rmsea(chi2.size, df.value, n / G) for n, G in told]  # sqrt(G) times (Steiger 1998)
        nearest = min(range(len(spans)), key=lambda place: abs(sum(spans[place]) / 2 - number.value))
        yield judged(
            any(meets(span, number.span) for span in spans), "rmsea", table.place(row.label), number.text, _kind(thesis, table),
            chi2=chi2.text, df=df.text, n=(told[nearest][0], 0), found=(sum(spans[nearest]) / 2, max(3, number.decimals)),
        )  # fmt: skip


def p_from_chi2(thesis: Thesis) -> Iterator[Outcome]:
    """p of a chi-square with its degrees of freedom."""
    for table, row in thesis.rows("chi2", "df", "p"):
        chi2, df, p = row.cells["chi2"], row.cells["df"], row.cells["p"]
        if df.value <= 0 or {"t", "f"} & set(row.cells):
            continue
        low, high = p_of_chi2(chi2.size, df.value)
        yield judged(
            meets((low, high), p.span), "p_from_chi2", table.place(row.label), p.text, _kind(thesis, table),
            chi2=chi2.text, df=df.text, found=((low + high) / 2, max(3, p.decimals)),
        )  # fmt: skip


def _kind(thesis: Thesis, table: Table) -> Literal["note", "disagreement"]:
    """Programs print a scaled chi-square beside an RMSEA that was scaled otherwise: then it is a question, no more."""
    texts = [" ".join(map(" ".join, table.grid.rows)), *(sentence.text for sentence in thesis.sentences)]
    return "note" if any(mentions(text, "robust") for text in texts) else "disagreement"


def bartlett_df(thesis: Thesis) -> Iterator[Outcome]:
    """Bartlett's test on k items has k (k - 1) / 2 degrees of freedom."""
    told = [(table, row.cells["bartlett_df"]) for table, row in thesis.rows("bartlett_df")]
    told += [(table, row.cells["df"]) for table, row in thesis.printed_rows("bartlett", "df")]
    for table, number in told:
        k = (1 + math.sqrt(1 + 8 * max(0.0, number.value))) / 2
        low, high = math.floor(k), math.ceil(k)
        yield judged(
            abs(k - round(k)) < 1e-9, "bartlett_df", table.place("df"), number.text,
            low=(low * (low - 1) / 2, 0), high=(high * (high - 1) / 2, 0),
        )  # fmt: skip


def model_df(thesis: Thesis) -> Iterator[Outcome]:
    """A confirmatory model of p items on f correlated factors has p(p+1)/2 - 2p - f(f-1)/2 degrees of freedom.

    Freed residual covariances leave fewer, a second-order factor more; only what neither explains is a disagreement.
    The model may be that of the nearest table of loadings, or of all of them where each construct has one of its own.
    """
    loaded = [table for table in thesis.tables if "loading" in table.quantities]
    for table, row in thesis.rows("df", "chi2"):
        others = [other for other in loaded if other is not table]
        if mentions(table.grid.caption, "confirmatory") and others and not {"t", "f"} & set(row.cells):
            nearest = min(others, key=lambda other: abs(other.grid.number - table.grid.number))
            known = max((len(other.names) for other in thesis.tables), default=0)
            yield _model_df(table, row, [nearest], others, known)


def _model_df(table: Table, row: Row, nearest: list[Table], every: list[Table], known: int) -> Outcome:
    """`known`: constructs that a table of correlations names; with fewer loaded ones, some loadings are not printed."""
    shapes = [_shape(nearest), _shape(every)]
    plain = [p * (p + 1) // 2 - 2 * p - f * (f - 1) // 2 for p, f in shapes]
    df, most = row.cells["df"], max(plain)
    (p, f), captions = shapes[plain.index(most)], " ".join(one.grid.caption for one in (table, *every))
    whole = f > 1 and f >= known
    too_many = whole and df.value > most and not mentions(captions, "second_order")
    return judged(
        df.value in plain or (df.value > most and not whole), "model_df" if too_many else "model_df_other", table.place(row.label), df.text,
        "disagreement" if too_many else "note", items=(p, 0), factors=(f, 0), found=(most, 0),
    )  # fmt: skip


def _shape(tables: Sequence[Table]) -> tuple[int, int]:
    """Items and factors, each counted once."""
    rows = [row for table in tables for row in table.rows if "loading" in row.cells]
    return len({(construct(row), fold(row.label)) for row in rows}), len({construct(row) for row in rows})


def goodness(thesis: Thesis) -> Iterator[Outcome]:
    """GoF = sqrt(mean communality * mean R2) (Tenenhaus, Amato & Esposito Vinzi 2004), where both are printed."""
    for table, row in thesis.rows("gof"):
        number = row.cells["gof"]
        for source in (table, *thesis.tables):
            shared = [one.cells["communality"] for one in source.rows if "communality" in one.cells]
            explained = [one.cells["r2"] for one in source.rows if "r2" in one.cells]
            if shared and explained:
                low, high = (_root(_mean(shared, end) * _mean(explained, end)) for end in (0, 1))
                middle = _root(
                    sum(one.value for one in shared)
                    / len(shared)
                    * sum(one.value for one in explained)
                    / len(explained)
                )
                ok = meets((low, high), number.span)
                yield judged(
                    ok, "gof", table.place(row.label), number.text, found=(middle, max(2, number.decimals))
                )
                break


def _mean(numbers: Sequence[Printed], end: int) -> float:
    return sum(one.span[end] for one in numbers) / len(numbers)


def _root(value: float) -> float:
    return math.sqrt(max(0.0, value))


RULES = (relative_chi2, approximation_error, p_from_chi2, bartlett_df, model_df, goodness)
