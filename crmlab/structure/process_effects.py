"""Direct, indirect and conditional effects from the coefficients of a PROCESS model, for many resamples at once."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from crmlab.structure.process_design import Design
from crmlab.structure.resampling import resampled_covariances

Slopes = dict[tuple[str, str], np.ndarray]  # (equation, predictor) -> (B,)


def indirect_effects(design: Design, slopes: Slopes) -> dict[str, np.ndarray]:
    """Term -> (B,): what goes through mediators, at every probe of the moderator.

    Notes
    -----
    With a(w) = a1 + a3 w and b(w) = b1 + b3 w the indirect effect at w is a(w) b(w); its index of moderation
    is a3 b1 or a1 b3 where only one of the two is moderated, and the difference between the two values of a
    moderator that has two where both are.

    Source
    ------
    Hayes, A. F. (2022). Introduction to mediation, moderation, and conditional process analysis, 3rd ed.
    Guilford, ch. 3, 5, 11-13; (2015). Multivariate Behavioral Research 50, 1-22 (index).
    """
    found: dict[str, np.ndarray] = {}
    if design.moderator is None:
        for chain in design.chains:
            found[_term("indirect", design, chain)] = _along(design, slopes, chain)
        found |= _together(design, found, "")
        return found
    for label, w in zip(design.moderator.labels, design.moderator.probes, strict=True):
        at = {
            _term("indirect", design, (m,)): path(design, slopes, "a", m, w) * path(design, slopes, "b", m, w)
            for m in design.mediators
        }
        at |= _together(design, at, "")
        found |= {f"{term}@{label}": value for term, value in at.items()}
    return found | _index(design, slopes) | _contrasts(design, found)


def path(design: Design, slopes: Slopes, which: str, m: str, w: np.ndarray) -> np.ndarray:
    """(B,) the path a (X -> m), b (m -> Y) or c (X -> Y) at moderator columns w."""
    equation = m if which == "a" else design.y
    focal = m if which == "b" else design.x
    total = slopes[equation, focal]
    if design.moderates(which) and design.moderator is not None:
        for column, value in zip(design.moderator.columns, w, strict=True):
            total = total + value * slopes[equation, f"{focal}*{column}"]
    return total


def _along(design: Design, slopes: Slopes, chain: tuple[str, ...]) -> np.ndarray:
    steps = [design.x, *chain, design.y]
    total = slopes[steps[1], steps[0]]
    for source, target in pairwise(steps[1:]):
        total = total * slopes[target, source]
    return total


def _together(design: Design, single: dict[str, np.ndarray], tail: str) -> dict[str, np.ndarray]:
    """Sum and differences of the specific effects."""
    if len(single) < 2:
        return {}
    found = {f"total_indirect:{design.y}~{design.x}{tail}": np.sum(list(single.values()), axis=0)}
    for (a, one), (b, other) in combinations(single.items(), 2):
        middle = [">".join(reversed(term.partition(":")[2].split("~")[1:-1])) for term in (a, b)]
        found[f"indirect_difference:{middle[0]}-{middle[1]}{tail}"] = one - other
    return found


def _index(design: Design, slopes: Slopes) -> dict[str, np.ndarray]:
    assert design.moderator is not None
    found: dict[str, np.ndarray] = {}
    a, b = design.moderates("a"), design.moderates("b")
    if a == b:
        return found
    for m in design.mediators:
        for column in design.moderator.columns:
            product = slopes[m, f"{design.x}*{column}"] if a else slopes[design.y, f"{m}*{column}"]
            rest = slopes[design.y, m] if a else slopes[m, design.x]
            tail = "" if column == design.moderator.name else f".{column}"
            found[f"index:{design.y}~{m}~{design.x}{tail}"] = product * rest
    return found


def _contrasts(design: Design, at: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Differences of each specific indirect effect between every two probes, the later less the earlier."""
    assert design.moderator is not None
    found = {}
    for m in design.mediators:
        term = _term("indirect", design, (m,))
        for one, other in combinations(design.moderator.labels, 2):
            subject = term.partition(":")[2]
            found[f"contrast:{subject}@{other}-{one}"] = at[f"{term}@{other}"] - at[f"{term}@{one}"]
    return found


def _term(quantity: str, design: Design, chain: tuple[str, ...]) -> str:
    return f"{quantity}:{'~'.join((design.y, *reversed(chain), design.x))}"


def resampled_slopes(design: Design, draws: int, seed: int) -> tuple[Slopes, np.ndarray]:
    """Slopes of every equation in bootstrap resamples, NaN where one cannot be solved; sd of X over sd of Y.

    Covariances are enough: the intercepts need not be known.
    """
    columns = list(design.data.columns)
    Z = design.data.to_numpy()
    Z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    scale = dict(zip(columns, design.data.std(ddof=0), strict=True))
    x, y = columns.index(design.x), columns.index(design.y)
    parts: list[Slopes] = []
    ratios = []
    for C in resampled_covariances(Z, draws, seed):
        parts.append(_solve(design, C, columns, scale))
        ratios.append(
            np.sqrt(C[:, x, x] / np.maximum(C[:, y, y], 1e-300)) * scale[design.x] / scale[design.y]
        )
    slopes = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return slopes, np.concatenate(ratios)


def _solve(design: Design, C: np.ndarray, columns: list[str], scale: dict[str, float]) -> Slopes:
    found: Slopes = {}
    for equation, predictors in design.equations.items():
        at = [columns.index(name) for name in predictors]
        y = columns.index(design.explained(equation))
        A = C[:, at][:, :, at]
        values = np.linalg.eigvalsh(A)
        solid = values[:, 0] > 1e-10 * values[:, -1]
        A = np.where(solid[:, None, None], A, np.eye(len(at)))
        b = np.linalg.solve(A, C[:, at, y][:, :, None])[:, :, 0]
        b[~solid] = np.nan
        for place, name in enumerate(predictors):
            found[equation, name] = b[:, place] * scale[columns[y]] / scale[name]
    return found
