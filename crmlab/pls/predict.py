"""PLSpredict: how well does the model predict the answers of people it has not seen?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from crmlab.errors import ModelError
from crmlab.pls.bootstrap import CELLS, CHUNK, Solver
from crmlab.pls.cvpat import cvpat
from crmlab.pls.model import Model
from crmlab.pls.moments import new_items, sample_of
from crmlab.pls.observed import antecedents, chained_loading, endogenous_items, observed_items
from crmlab.pls.solution import Solution, Solved, reach, solve_model, weights_on_items
from crmlab.pls.weights import solve
from crmlab.result import Check, Result, tidy_frame

if TYPE_CHECKING:
    from crmlab.pls.fitted import PlsFit

TECHNIQUES = ("direct", "earliest")
BENCHMARKS = ("others", "antecedents")
METHODS = ("pls", "lm", "mean")


@dataclass(frozen=True, eq=False)
class Prediction:
    """Errors of prediction out of sample.

    Attributes
    ----------
    fit : the model
    items : names of the K items of endogenous constructs
    owners : the endogenous construct of each item
    errors : "pls", "lm" and "mean" -> (n, K) answer less prediction, in units of the items; predictions are
        averaged over the repeats
    folds, repeats, seed : how rows were left out
    """

    fit: PlsFit
    items: tuple[str, ...]
    owners: tuple[str, ...]
    errors: dict[str, np.ndarray]
    folds: int
    repeats: int
    seed: int

    @property
    def table(self) -> pd.DataFrame:
        """One row an item: rmse, mae (PLS), rmse_lm, mae_lm, rmse_mean, mae_mean, q2_predict."""
        out = pd.DataFrame({"construct": self.owners}, index=pd.Index(self.items, name="item"))
        for method in METHODS:
            tail = "" if method == "pls" else f"_{method}"
            out[f"rmse{tail}"] = np.sqrt((self.errors[method] ** 2).mean(axis=0))
            out[f"mae{tail}"] = np.abs(self.errors[method]).mean(axis=0)
        out["q2_predict"] = 1 - (out["rmse"] / out["rmse_mean"]) ** 2
        return out

    def result(self) -> Result:
        """Terms `rmse|mae|rmse_lm|mae_lm|rmse_mean|mae_mean|q2_predict:<item>`.

        Checks: Q2_predict above 0 (better than the mean), and how many items PLS predicts better than the
        linear model: all = high, most = medium, some = low, none = no predictive power (Shmueli et al. 2019).
        """
        table = self.table
        rows = [
            {"term": f"{column}:{item}", "estimate": value}
            for column in table.columns[1:]
            for item, value in table[column].items()
        ]
        checks = [
            Check(f"check.q2_predict:{item}", value > 0, value, "Q2_predict > 0 (Shmueli et al. 2019)")
            for item, value in table["q2_predict"].items()
        ]
        better = int((table["rmse"] < table["rmse_lm"]).sum())
        rule = (
            f"items of {len(table)} with RMSE below the linear model's; more than half (Shmueli et al. 2019)"
        )
        checks.append(Check("check.predicts_better_than_lm", better > len(table) / 2, better, rule))
        glance = {"n": float(self.fit.n), "folds": float(self.folds), "repeats": float(self.repeats)}
        source = self.fit.source | {"seed": str(self.seed)}
        return Result("model.pls", tidy_frame(rows), glance, (*self.fit.checks, *checks), source)

    def cvpat(self, level: float = 0.95) -> Result:
        """Is the average loss smaller than that of the item means, and of the linear model? See `cvpat`."""
        tidy, checks = cvpat(self.errors, self.owners, level)
        glance = {"n": float(self.fit.n), "level": level}
        source = self.fit.source | {"seed": str(self.seed)}
        return Result("model.pls", tidy, glance, checks, source)


def predict(
    fit: PlsFit,
    folds: int,
    repeats: int,
    seed: int,
    technique: Literal["direct", "earliest"],
    benchmark: Literal["others", "antecedents"],
) -> Prediction:
    """Leave folds out, fit on the rest, predict; see PlsFit.predict."""
    words = fit.model.words
    if technique not in TECHNIQUES:
        raise ModelError(f"technique '{technique}' is not one of {', '.join(TECHNIQUES)}")
    if benchmark not in BENCHMARKS:
        raise ModelError(f"benchmark '{benchmark}' is not one of {', '.join(BENCHMARKS)}")
    explained = {target for _, target in words.arrows}
    for one in words.interactions:
        if technique == "earliest" and explained & {one.predictor, one.moderator}:
            raise ModelError(
                f"'{one.name}' is a product with a construct that is explained itself: "
                "it cannot be predicted from exogenous constructs alone",
                hint="technique='direct'",
            )
    if not 2 <= folds <= fit.n or repeats < 1:
        raise ModelError(f"{folds} folds of {fit.n} rows, {repeats} repeats", hint="folds=10, repeats=10")
    solver = Solver.of(fit)
    targets = endogenous_items(fit.model)
    items = tuple(item for _, item in targets)
    columns = [fit.model.items.index(item) for item in items]
    scale = fit.scale[columns]
    total = {method: np.zeros((fit.n, len(items))) for method in METHODS}
    for held, counts in _folds(fit.n, folds, repeats, seed):
        for method, value in _errors(solver, held, counts, targets, (technique, benchmark)).items():
            np.add.at(total[method], held[0], value)
    errors = {method: value * scale / repeats for method, value in total.items()}
    return Prediction(fit, items, tuple(owner for owner, _ in targets), errors, folds, repeats, seed)


def _folds(
    n: int, folds: int, repeats: int, seed: int
) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
    """Rows held out with the number of their fit, and the training counts (n, B), a chunk at a time."""
    rng = np.random.default_rng(seed)
    fold = np.array([rng.permutation(np.arange(n) % folds) for _ in range(repeats)])
    size = min(CHUNK, max(1, CELLS // n))
    runs = [(repeat, k) for repeat in range(repeats) for k in range(folds)]
    for start in range(0, len(runs), size):
        out = np.array([fold[repeat] == k for repeat, k in runs[start : start + size]])
        batch, rows = np.nonzero(out)
        yield (rows, batch), (~out.T).astype(float)


def _errors(
    solver: Solver,
    held: tuple[np.ndarray, np.ndarray],
    counts: np.ndarray,
    targets: list[tuple[str, str]],
    how: tuple[str, str],
) -> dict[str, np.ndarray]:
    """Standardised answers less predictions of the rows held out, (rows, K), by method."""
    fit, (rows, batch) = solver.fit, held
    drawn = sample_of(solver.Z, solver.moments, counts, fit.model)
    solved = solve_model(drawn.R, fit.model, fit.tol, fit.max_iter, fit.solution, drawn)
    if not solved.good.all():
        raise ModelError(f"{int((~solved.good).sum())} training sets have no solution", hint="fewer folds")
    size = counts.sum(axis=0)
    spread = drawn.spread * np.sqrt(size / (size - 1))
    Z = new_items(drawn, fit.Z[rows][:, : len(fit.model.observed)], batch, fit.model)
    columns = [fit.model.items.index(item) for _, item in targets]
    unit = spread[columns].T[batch]
    guess = {"mean": np.zeros((len(rows), len(columns)))}
    guess["pls"] = _by_model(solved, Z, batch, targets, how[0], size)
    guess["lm"] = _by_items(drawn.R, fit.model, Z, batch, targets, how)
    return {method: (Z[:, columns] - guess[method]) * unit for method in METHODS}


def _by_model(
    solved: Solution,
    Z: np.ndarray,
    batch: np.ndarray,
    targets: list[tuple[str, str]],
    technique: str,
    size: np.ndarray,
) -> np.ndarray:
    """Scores of the antecedents, times their paths, times the loadings of the items.

    "direct": scores of the direct antecedents, from their own items, also where they are endogenous.
    "earliest": scores of exogenous constructs alone; endogenous ones are predicted on the way.

    Scores of PLSc are proxies s of their constructs x: a construct is predicted by its regression on the
    proxies, cor(s)^-1 cov(s, x), which are its path coefficients where nothing is corrected for.
    """
    final, sources = solved.final, antecedents(solved.model)
    names = final.stage.names
    scores = _scores(solved, Z, batch, size)
    r = _reached(solved)
    seen = final.c * r * r[:, None]
    seen[np.arange(len(names)), np.arange(len(names))] = 1.0

    def expected(wanted: list[int], given: list[int]) -> np.ndarray:
        """(rows, wanted) expectation of constructs, given the scores of some."""
        slopes = solve(seen[np.ix_(given, given)], final.c[np.ix_(given, wanted)] * r[given][:, None])
        return np.einsum("rg,rgw->rw", scores[:, given], slopes.transpose(2, 0, 1)[batch])

    guess = scores.copy()
    if technique == "direct":
        for j, before in enumerate(sources):
            if before:
                guess[:, [j]] = expected([j], list(before))
    else:
        outside = [j for j, before in enumerate(sources) if not before]
        guess[:, outside] = expected(outside, outside)
        for j in _causal_order(sources):
            causes = list(sources[j])
            if causes:
                slopes = final.standard_beta[causes, j].T[batch]
                guess[:, j] = np.einsum("rs,rs->r", guess[:, causes], slopes)
    loading = {target: chained_loading(solved, *target) for target in targets}
    return np.column_stack(
        [guess[:, names.index(name)] * loading[name, item][batch] for name, item in targets]
    )


def _reached(solved: Solution) -> np.ndarray:
    """(J, B) correlation of each score of the last stage with its construct; 1 for plain PLS."""
    final = solved.final
    if not final.stage.consistent:
        return np.ones_like(final.outer.c[0])
    found = reach(solved.stages)
    return np.array([found[name] for name in final.stage.names])


def _scores(solved: Solution, Z: np.ndarray, batch: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(rows, J) scores of variance 1 in the training sets; of products the product of scores, standardised."""
    final, on_items = solved.final, solved.on_items
    before = weights_on_items(solved.model, solved.stages[:-1] or solved.stages)
    products = {one.name: one for one in solved.model.words.interactions}
    columns = []
    for j, name in enumerate(final.stage.names):
        if name in on_items:
            columns.append(np.einsum("rp,rp->r", Z, on_items[name].T[batch]))
            continue
        a, b = before[products[name].predictor], before[products[name].moderator]
        cor = np.einsum("pb,pqb,qb->b", a, solved.first.R, b) * (size - 1) / size
        value = np.einsum("rp,rp->r", Z, a.T[batch]) * np.einsum("rp,rp->r", Z, b.T[batch]) - cor[batch]
        columns.append(value / _spread(final, j, size)[batch])
    return np.column_stack(columns)


def _spread(final: Solved, j: int, n: np.ndarray) -> np.ndarray:
    """(B,) standard deviation (n - 1) of a product of scores; under PLSc `final.size` is the latent product's."""
    assert final.size is not None
    if final.products is None:
        return final.size[j]
    places, found = final.products
    k = places.index(j)
    return np.asarray(found.size[k] / found.q[k] * found.proxies[k] * np.sqrt((n - 1) / n))


def _by_items(
    R: np.ndarray,
    model: Model,
    Z: np.ndarray,
    batch: np.ndarray,
    targets: list[tuple[str, str]],
    how: tuple[str, str],
) -> np.ndarray:
    """Linear regression of each item on items of other constructs (no products): the naive benchmark."""
    final, place = model.final, {item: k for k, item in enumerate(model.items)}
    sources = antecedents(model)
    out = np.empty((len(Z), len(targets)))
    for j, name in enumerate(final.names):
        ks = [k for k, (owner, _) in enumerate(targets) if owner == name]
        if not ks:
            continue
        ancestors = sources[j] if how[0] == "direct" else _exogenous(sources)
        if how[1] == "others":
            ancestors = tuple(i for i in range(len(final.names)) if i != j)
        own = set(observed_items(model, name))
        items = dict.fromkeys(item for i in ancestors for item in observed_items(model, final.names[i]))
        X = [place[item] for item in items if item not in own]
        y = [place[targets[k][1]] for k in ks]
        slopes = solve(R[np.ix_(X, X)], R[np.ix_(X, y)])
        out[:, ks] = np.einsum("rx,rxy->ry", Z[:, X], slopes.transpose(2, 0, 1)[batch])
    return out


def _exogenous(sources: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(j for j, before in enumerate(sources) if not before)


def _causal_order(sources: tuple[tuple[int, ...], ...]) -> list[int]:
    order: list[int] = []
    while len(order) < len(sources):
        order += [j for j, before in enumerate(sources) if j not in order and set(before) <= set(order)]
    return order
