"""Rules on measurement: AVE and composite reliability from loadings, Fornell-Larcker's diagonal, correlations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from crmlab.examiner.finding import Place, judged
from crmlab.examiner.intervals import ave, composite
from crmlab.examiner.printed import Interval, Printed, meets
from crmlab.examiner.tables import Table
from crmlab.examiner.thesis import Outcome, Thesis, construct
from crmlab.examiner.vocabulary import fold

UNLIKE = 10.0  # numbers of this size are covariances or t values, not correlations
FEW = 1 / 3  # of the pairs of a matrix may differ by a slip; more is another quantity above the diagonal


def from_loadings(thesis: Thesis) -> Iterator[Outcome]:
    """AVE and CR printed for a construct follow from the loadings printed for it, in one of its tables."""
    known = _loadings(thesis)
    for name, function in (("ave", ave), ("cr", composite)):
        for table, row in thesis.rows(name):
            blocks = known.get(construct(row), []) or known.get(fold(row.label), [])
            own = [block for where, block in blocks if where is table]
            candidates = own or [block for _, block in blocks]
            if candidates:
                yield _judge(name, function, candidates, table, row.group or row.label, row.cells[name])


def _loadings(thesis: Thesis) -> dict[str, list[tuple[Table, list[Printed]]]]:
    """Construct -> its loadings, once for each table that prints them; raw ones (above 1) are left out."""
    found: dict[str, list[tuple[Table, list[Printed]]]] = {}
    for table in thesis.tables:
        blocks: dict[str, list[Printed]] = {}
        for row in table.rows:
            if "loading" in row.cells:
                blocks.setdefault(construct(row), []).append(row.cells["loading"])
        for name, numbers in blocks.items():
            if len(numbers) > 1 and all(number.size[0] <= 1 for number in numbers):
                found.setdefault(name, []).append((table, numbers))
    return found


def _judge(
    name: str,
    function: Callable[[Sequence[Interval]], Interval],
    candidates: Sequence[Sequence[Printed]],
    table: Table,
    label: str,
    number: Printed,
) -> Outcome:
    spans = [function([loading.size for loading in block]) for block in candidates]
    exact = [function([(abs(loading.value),) * 2 for loading in block])[0] for block in candidates]
    nearest = min(range(len(exact)), key=lambda place: abs(exact[place] - number.value))
    return judged(
        any(meets(span, number.span) for span in spans), f"{name}_from_loadings", table.place(label), number.text,
        loadings=", ".join(loading.text for loading in candidates[nearest]), found=(exact[nearest], max(2, number.decimals)),
    )  # fmt: skip


def diagonal(thesis: Thesis) -> Iterator[Outcome]:
    """The diagonal of a Fornell-Larcker table is the root of AVE (or AVE itself)."""
    printed: dict[str, list[Printed]] = {}
    for _, row in thesis.rows("ave"):
        printed.setdefault(construct(row), []).append(row.cells["ave"])
        printed.setdefault(fold(row.label), []).append(row.cells["ave"])
    for table in thesis.tables:
        if table.matrix is None or _ones(table):
            continue
        for place, name in enumerate(table.names):
            number, known = table.cells.get((place, place)), printed.get(fold(name), [])
            if number is None or not known:
                continue
            fits = any(meets(_rooted(one), number.span) or meets(one.span, number.span) for one in known)
            found = (abs(known[0].value) ** 0.5, max(2, number.decimals))
            yield judged(
                fits, "fornell_diagonal", table.place(name), number.text, ave=known[0].text, found=found
            )


def _rooted(number: Printed) -> Interval:
    return max(number.size[0], 0.0) ** 0.5, number.size[1] ** 0.5


def correlations(thesis: Thesis) -> Iterator[Outcome]:
    """A matrix of correlations is symmetric, within -1 and 1, and can be one of real data (no negative eigenvalue)."""
    for table in thesis.tables:
        if table.matrix is None:
            continue
        k = len(table.names)
        pairs = [
            (i, j) for i in range(k) for j in range(i) if (i, j) in table.cells and (j, i) in table.cells
        ]
        differ = [(i, j) for i, j in pairs if not meets(table.cells[i, j].span, table.cells[j, i].span)]
        if _ones(table) and len(differ) <= FEW * len(pairs):
            for i, j in pairs:
                other = table.cells[j, i].text
                yield judged(
                    (i, j) not in differ,
                    "asymmetric",
                    _between(table, i, j),
                    table.cells[i, j].text,
                    other=other,
                )
        if max(number.size[0] for number in table.cells.values()) < UNLIKE:
            for (i, j), number in table.cells.items():
                if i != j:
                    yield judged(
                        number.size[0] <= 1,
                        "impossible",
                        _between(table, i, j),
                        number.text,
                        quantity="examiner.r",
                    )
        yield from _definite(table)


def _between(table: Table, i: int, j: int) -> Place:
    return table.place(f"{table.names[i]} – {table.names[j]}")


def _definite(table: Table) -> Iterator[Outcome]:
    """Whether the lower triangle (or the upper one) with ones on the diagonal has no negative eigenvalue."""
    assert table.matrix is not None
    k = len(table.names)
    if k < 3 or any((i, i) not in table.cells for i in range(k)):
        return
    low = np.tril_indices(k, -1)
    values = table.matrix[low] if not np.isnan(table.matrix[low]).any() else table.matrix.T[low]
    if np.isnan(values).any() or (np.abs(values) > 1).any():
        return
    full = np.eye(k)
    full[low] = values
    full = full + full.T - np.eye(k)
    decimals = min(number.decimals for (i, j), number in table.cells.items() if i != j)
    least = float(np.linalg.eigvalsh(full)[0])
    # rounding moves an eigenvalue by at most k - 1 half units
    ok = least >= -(k - 1) * 10.0**-decimals
    yield judged(ok, "not_a_correlation_matrix", table.place(), "", found=(least, 3))


def _ones(table: Table) -> bool:
    return all(table.cells[i, i].value == 1 for i in range(len(table.names)) if (i, i) in table.cells)


RULES = (from_loadings, diagonal, correlations)
