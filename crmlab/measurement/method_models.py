"""Factor models with a method factor: written, fitted and read back under the study's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab import sem
from crmlab.errors import ModelError
from crmlab.measurement.answers import answered
from crmlab.result import Check
from crmlab.sem import SemFit
from crmlab.sem.compare import Difference

LADDER = (None, "satorra.bentler.2010", "satorra.2000")  # of difference tests, until one is defined
METHOD = "method"


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all models of one question share.

    Attributes
    ----------
    blocks : construct -> items
    frame : the items, under neutral names x1 ... xp (any column name may be used outside)
    estimator, missing : as in `sem.cfa`
    """

    blocks: dict[str, tuple[str, ...]]
    frame: pd.DataFrame
    estimator: str
    missing: str

    @property
    def items(self) -> tuple[str, ...]:
        """All items, construct by construct."""
        return tuple(item for block in self.blocks.values() for item in block)

    @property
    def plainly(self) -> str:
        """The estimator without scaled tests: the same estimates."""
        return "ML" if self.estimator.startswith("ML") else self.estimator

    @property
    def places(self) -> dict[str, list[int]]:
        """Construct -> places of its items."""
        ends = np.cumsum([0, *map(len, self.blocks.values())])
        return {name: list(range(a, b)) for name, a, b in zip(self.blocks, ends[:-1], ends[1:], strict=True)}

    def traits(self, near: Fitted | None = None, first: int | None = None) -> list[str]:
        """Lines of the constructs (or the first few): f1 =~ x1 + x2; the error of a single item is zero.

        With a fitted model the search starts from its loadings and correlations: beside a method factor it may
        otherwise end in a saddle where a construct has no loadings.
        """
        lines, blocks = [], list(self.places.values())[:first]
        for j, own in enumerate(blocks, 1):
            leads = ["" if near is None else near.start(f"f{j}", "=~", f"x{i + 1}") for i in own]
            lines.append(
                f"f{j} =~ " + " + ".join(f"{lead}x{i + 1}" for lead, i in zip(leads, own, strict=True))
            )
            lines += [f"x{own[0] + 1} ~~ 0*x{own[0] + 1}"] if len(own) == 1 else []
        if near is not None:
            pairs = combinations([f"f{j + 1}" for j in range(len(blocks))], 2)
            lines += [f"{a} ~~ {near.start(a, '~~', b)}{b}" for a, b in pairs]
        return lines

    def uncorrelated(self, factor: str, others: Sequence[str]) -> str:
        """`factor ~~ 0*f1 + 0*f2`."""
        return f"{factor} ~~ " + " + ".join(f"0*{other}" for other in others)

    def fit(self, lines: Sequence[str], measured: bool = True) -> Fitted:
        """The model with factor variances of one; `measured` makes sure that its fit can be measured."""
        try:
            fitted = sem.cfa(
                "\n".join(lines),
                self.frame,
                estimator=self.estimator,
                missing=self.missing,
                ordered=self.estimator == "WLSMV",
                std_lv=True,
            )
            if measured:
                fitted.fit_measures  # noqa: B018  its robust parts need the information, too
        except np.linalg.LinAlgError:
            raise ModelError(
                "the answers do not determine the model with a method factor (its information is singular)",
                hint="there may be no method variance to explain",
            ) from None
        return Fitted(fitted, len(self.blocks), len(self.items))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model of k constructs and p items, read by place.

    Attributes
    ----------
    fit : the engine's
    k, p : constructs f1 ... fk, items x1 ... xp
    """

    fit: SemFit
    k: int
    p: int

    @cached_property
    def standardised(self) -> dict[tuple[str, str, str], dict[str, float]]:
        """(lhs, op, rhs) -> est_std, se and p_value of every parameter, standardised."""
        table = self.fit.standardized()
        keys = zip(table["lhs"], table["op"], table["rhs"], strict=True)
        columns = (table[name].to_numpy(dtype=float) for name in ("est_std", "se", "p_value"))
        found = ({"est_std": a, "se": b, "p_value": c} for a, b, c in zip(*columns, strict=True))
        return dict(zip(keys, found, strict=True))

    def loadings(self, factor: str, column: str = "est_std") -> np.ndarray:
        """(p,) standardised loadings (or another column) of a factor as estimated; 0 where it has none."""
        rows = [self.standardised.get((factor, "=~", f"x{i}")) for i in self.numbers]
        return np.array([0.0 if row is None else row[column] for row in rows])

    @property
    def own(self) -> np.ndarray:
        """(p,) standardised loadings of the items on their constructs, each construct with a positive sum."""
        each = np.array([self.loadings(name) for name in self.names])
        return np.asarray((each * self.signs[:, None]).sum(axis=0))

    @property
    def signs(self) -> np.ndarray:
        """(k,) what turns each construct so that its loadings have a positive sum."""
        return np.array([-1.0 if self.loadings(name).sum() < 0 else 1.0 for name in self.names])

    @property
    def errors(self) -> np.ndarray:
        """(p,) standardised error variances."""
        return np.array([self.standardised[(f"x{i}", "~~", f"x{i}")]["est_std"] for i in self.numbers])

    @property
    def numbers(self) -> range:
        """1 ... p."""
        return range(1, self.p + 1)

    def correlations(self) -> np.ndarray:
        """(k(k-1)/2,) correlations of the constructs, pair by pair."""
        cov = self.fit.implied["latent_cov"].loc[self.names, self.names].to_numpy()
        sd = np.sqrt(np.diag(cov)) * self.signs
        return np.asarray((cov / np.outer(sd, sd))[np.triu_indices(self.k, 1)])

    @property
    def names(self) -> list[str]:
        """f1 ... fk."""
        return [f"f{j + 1}" for j in range(self.k)]

    def checks(self, model: str) -> list[Check]:
        """Whether it settled, and whether its estimates could be those of a population."""
        wrong = [check for check in self.fit.checks if not check.ok and check.name != "check.converged"]
        rule = "= 0 estimates that cannot be (negative variance, correlation beyond 1)"
        return [
            Check(f"check.converged:{model}", self.fit.converged, self.fit.converged, "the model settles"),
            Check(f"check.admissible:{model}", not wrong, len(wrong), rule),
        ]

    def start(self, lhs: str, op: str, rhs: str) -> str:
        """The estimate as the start of another search, "start(0.7)*"."""
        return f"start({float(self.raw(lhs, op, rhs)['est'])!r})*"

    def raw(self, lhs: str, op: str, rhs: str) -> pd.Series:
        """One row of the unstandardised estimates."""
        table = self.fit.estimates
        return table.loc[(table["lhs"] == lhs) & (table["op"] == op) & (table["rhs"] == rhs)].iloc[0]

    def fitted_glance(self, model: str) -> dict[str, float]:
        """chi2, df, cfi, tli, rmsea, srmr, bic with the model's name behind; robust ones where there are."""
        found = self.fit.fit_measures
        names = {"chi2": "chisq", "df": "df", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea"}
        names |= {"srmr": "srmr", "bic": "bic"}
        return {
            f"{ours}_{model}": found.get(f"{theirs}.scaled", found.get(theirs, np.nan))
            for ours, theirs in names.items()
        }


def setting(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    estimator: str,
    missing: str,
    what: str,
    least: int = 2,
) -> Setting:
    """Admit answers for factor models.

    Raises
    ------
    ModelError
        Fewer than `least` constructs, an item in two of them, one without variance or with an exact tie.
    """
    blocks = {str(name): tuple(map(str, items)) for name, items in constructs.items()}
    if len(blocks) < least:
        raise ModelError(f"{what}: {len(blocks)} constructs are given, at least {least} are needed")
    seen: dict[str, str] = {}
    for name, items in blocks.items():
        if not items:
            raise ModelError(f"{what}: construct '{name}' has no items")
        for item in items:
            if item in seen:
                raise ModelError(
                    f"{what}: item '{item}' stands in '{seen[item]}' and in '{name}'",
                    hint="an item belongs to one construct",
                )
            seen[item] = name
    rule = "fiml" if missing == "fiml" else "listwise"
    answered(frame, [item for items in constructs.values() for item in items], what=what, missing=rule)
    columns = frame[[item for items in constructs.values() for item in items]]
    neutral = columns.set_axis([f"x{i + 1}" for i in range(columns.shape[1])], axis=1)
    return Setting(blocks, neutral, estimator, missing)


def difference(small: Fitted, large: Fitted) -> Difference | None:
    """Chi-square difference of nested models; with a robust estimator the first scaled form that is defined."""
    if not (small.fit.converged and large.fit.converged):
        return None
    for method in LADDER:
        try:
            return small.fit.compare(large.fit, method)
        except ModelError:
            continue
    return None
