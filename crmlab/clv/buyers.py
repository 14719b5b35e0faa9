"""From arrays to the collapsed rows a purchase model sees, or a ModelError that names the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class Buyers:
    """Distinct histories (m) of n customers, time in units of `scale`.

    Attributes
    ----------
    x, t_x, T : (m,) repeat purchases, time of the last one, time observed since the first purchase
    w : (m,) how many customers (or how much weight) share the history
    Zp, Zd : (m, kp) and (m, kd) covariates of purchase and dropout
    purchase, dropout : their names
    inverse : (n,) the history of each customer
    scale : the time unit in units of the input
    own : (n,) the weight each given row came with; None for rows that are not a fit's
    xs, ix : distinct x and where each history's x stands among them
    """

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    w: np.ndarray
    Zp: np.ndarray
    Zd: np.ndarray
    purchase: tuple[str, ...]
    dropout: tuple[str, ...]
    inverse: np.ndarray
    scale: float
    own: np.ndarray | None = None
    xs: np.ndarray = field(init=False)
    ix: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        xs, ix = np.unique(self.x, return_inverse=True)
        object.__setattr__(self, "xs", xs)
        object.__setattr__(self, "ix", ix)

    @property
    def total(self) -> float:
        """Customers, or the sum of their weights."""
        return float(self.w.sum())

    def by_x(self, f: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """f(x) of every history, computed once per distinct x; f must not depend on the row."""
        return f(self.xs)[self.ix]

    def futures(self, *, with_x: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """One history of each (x, T, covariates) or (T, covariates), and which of them each history is like.

        What is to come given alive rests on no more, and there are far fewer of them than histories.
        """
        kept = [self.T, *self.Zp.T, *self.Zd.T] + ([self.x] if with_x else [])
        _, _, like = collapse(np.column_stack(kept), np.ones(len(self.T)))
        first = np.empty(like.max() + 1, dtype=np.int64)
        first[like[::-1]] = np.arange(len(like) - 1, -1, -1)
        return first, like

    def thinned(self, step: int) -> Buyers:
        """Every step-th history in sorted order: a sample that looks like the whole."""
        s = slice(None, None, step)
        parts = (self.x[s], self.t_x[s], self.T[s], self.w[s], self.Zp[s], self.Zd[s])
        return Buyers(*parts, self.purchase, self.dropout, self.inverse[:0], self.scale)

    def weighted(self, w: np.ndarray) -> Buyers:
        """The same histories under other weights; those of weight 0 are left out."""
        s = np.flatnonzero(w > 0)
        parts = (self.x[s], self.t_x[s], self.T[s], w[s], self.Zp[s], self.Zd[s])
        return Buyers(*parts, self.purchase, self.dropout, self.inverse[:0], self.scale)

    def plain(self) -> Buyers:
        """The same histories without covariates."""
        none = np.empty((len(self.x), 0))
        return Buyers(self.x, self.t_x, self.T, self.w, none, none, (), (), self.inverse, self.scale)


def admit(
    x: object,
    t_x: object,
    T: object,
    *,
    weights: object = None,
    purchase: object = None,
    dropout: object = None,
) -> Buyers:
    """Check histories, collapse equal ones and scale their time.

    Raises
    ------
    ModelError
        Lengths differ; a value is missing, infinite or negative; x is not whole; T <= 0; t_x > T;
        t_x > 0 without a repeat purchase, or t_x = 0 with one; nobody bought again; a covariate is
        constant or follows from the others.
    """
    labels = labels_of(x)
    x, t_x, T = histories(x, t_x, T, labels)
    w = admit_weights(weights, len(x), labels)
    if not (x[w > 0] > 0).any():
        raise ModelError(
            "no customer bought again (all x = 0), so neither a purchase nor a dropout rate can be told",
            hint="observe for longer, or check that x counts repeat purchases",
        )
    Zp, named_p = covariates(purchase, len(x), labels, "purchase", w)
    Zd, named_d = covariates(dropout, len(x), labels, "dropout", w)
    scale = float(np.average(T, weights=w))
    table, counts, inverse = collapse(np.column_stack([T, t_x, x, Zp, Zd]), w)
    kp = 3 + Zp.shape[1]
    return Buyers(
        table[:, 2], table[:, 1] / scale, table[:, 0] / scale, counts,
        table[:, 3:kp], table[:, kp:], named_p, named_d, inverse, scale, w,
    )  # fmt: skip


def histories(
    x: object, t_x: object, T: object, labels: pd.Index
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x, t_x, T) as checked float arrays of one length."""
    named = {name: column(value, name, labels) for name, value in (("x", x), ("t_x", t_x), ("T", T))}
    lengths = {len(value) for value in named.values()}
    if len(lengths) > 1:
        raise ModelError(f"x, t_x and T have {', '.join(str(len(v)) for v in named.values())} values")
    if not len(labels):
        raise ModelError("there are no customers")
    a, b, c = named.values()
    bad_rows(a != np.round(a), labels, "x", a, "is not a whole number of repeat purchases")
    bad_rows(a < 0, labels, "x", a, "is negative")
    bad_rows(
        c <= 0, labels, "T", c, "is not a positive time of observation", "drop customers of the last day"
    )
    bad_rows(b < 0, labels, "t_x", b, "is negative")
    bad_rows(b > c, labels, "t_x", b, "is later than T, the end of observation")
    bad_rows((a == 0) & (b > 0), labels, "t_x", b, "is above 0 for a customer without a repeat purchase")
    bad_rows(
        (a > 0) & (b == 0), labels, "t_x", b, "means that all repeat purchases fell on the first day",
        "merge purchases of one day into one",
    )  # fmt: skip
    return a, b, c


def admit_weights(weights: object, n: int, labels: pd.Index) -> np.ndarray:
    """Positive weights of n customers; None counts each once. Rows of weight 0 are kept and count nothing."""
    if weights is None:
        return np.ones(n)
    w = column(weights, "weights", labels)
    if len(w) != n:
        raise ModelError(f"{len(w)} weights for {n} customers")
    bad_rows(w < 0, labels, "weights", w, "is negative")
    if not w.sum() > 0:
        raise ModelError("all weights are 0")
    return w


def covariates(
    given: object, n: int, labels: pd.Index, role: str, w: np.ndarray | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A frame or array of static covariates as (n, k) floats, with their names.

    With weights they must vary and not follow from each other; customers asked about (None) may be alike.
    """
    if given is None:
        return np.empty((n, 0)), ()
    if isinstance(given, pd.Series):
        given = given.to_frame(name=given.name if given.name is not None else "1")
    if not isinstance(given, pd.DataFrame):
        array = np.asarray(given)
        array = array[:, None] if array.ndim == 1 else array
        if array.ndim != 2:
            raise ModelError(f"{role} covariates have {array.ndim} dimensions; give customers x covariates")
        given = pd.DataFrame(array, columns=[str(j + 1) for j in range(array.shape[1])])
    if len(given) != n:
        raise ModelError(f"{len(given)} rows of {role} covariates for {n} customers")
    names = tuple(map(str, given.columns))
    if len(set(names)) < len(names):
        raise ModelError(f"two {role} covariates have one name")
    columns = [column(given.iloc[:, j], f"{role} covariate '{name}'", labels) for j, name in enumerate(names)]
    Z = np.column_stack(columns) if columns else np.empty((n, 0))
    if w is not None:
        _full_rank(Z[w > 0], names, role)
    return Z, names


def _full_rank(Z: np.ndarray, names: tuple[str, ...], role: str) -> None:
    for z, name in zip(Z.T, names, strict=True):
        if np.ptp(z) <= 1e-12 * np.abs(z).max():
            raise ModelError(f"{role} covariate '{name}' is the same for every customer", hint="leave it out")
    if Z.shape[1] > 1:
        deviation = (Z - Z.mean(axis=0)) / Z.std(axis=0)
        values, vectors = np.linalg.eigh(deviation.T @ deviation / len(Z))
        if values[0] < 1e-10:
            part = ", ".join(
                f"'{name}'" for name, v in zip(names, vectors[:, 0], strict=True) if abs(v) > 1e-3
            )
            raise ModelError(f"{role} covariates {part} follow from each other", hint="leave one out")


def collapse(table: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct rows in sorted order, the weight of each, and the place of each given row among them."""
    code = np.zeros(len(table), dtype=np.int64)
    size = 1
    for values in table.T:
        place, distinct = pd.factorize(values, sort=True)
        code, size = code * len(distinct) + place, size * len(distinct)
        if size > 2**31:
            code, again = pd.factorize(code, sort=True)
            code, size = code.astype(np.int64), len(again)
    inverse, distinct = pd.factorize(code, sort=True)
    first = np.empty(len(distinct), dtype=np.int64)
    first[inverse[::-1]] = np.arange(len(table) - 1, -1, -1)
    counts = np.bincount(inverse, weights=w, minlength=len(distinct))
    return table[first], counts, inverse
