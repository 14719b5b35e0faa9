"""The measurement chapter: every result of step 04 from one fitted and resampled outer model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crmlab import pls
from crmlab.measurement.reliability import item_rest, reliability
from crmlab.measurement.validity import THRESHOLD, htmt_checks
from crmlab.pls import PlsBootstrap
from crmlab.result import Result, tidy_block


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """The saved results of step 04_measurement, by their names in docs/terms.md."""

    reliability: Result
    loadings: Result
    items: Result
    htmt: Result
    correlations: Result

    @property
    def results(self) -> dict[str, Result]:
        """Name -> result, in the order of the chapter."""
        return {name: getattr(self, name) for name in self.__slots__}


def assess(
    frame: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    paths: Iterable[tuple[str, str]],
    *,
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    higher_order: Mapping[str, Mapping[str, Any]] | None = None,
    missing: str = "mean",
    n_boot: int = 5000,
    seed: int = 0,
    level: float = 0.95,
    htmt_limit: float = THRESHOLD,
) -> Measurement:
    """How well do the items measure their constructs?

    A pair of constructs whose HTMT is not below `htmt_limit` fails a check. The outer model is that of the path model (arguments as in `pls.fit`), resampled once. Second-order
    constructs appear with their parts as items: loadings, rho_a, rho_c, ave, HTMT and correlations; alpha
    and omega are for the first-order constructs, on the answers themselves.
    """
    fitted = pls.fit(
        frame, constructs, paths, modes=modes, scheme=scheme, higher_order=higher_order, missing=missing
    )
    boot = fitted.bootstrap(n_boot, seed, level=level)
    blocks = {name: list(items) for name, items in constructs.items()}
    htmt = boot.result("htmt")
    return Measurement(
        reliability=_reliability(frame, blocks, boot, n_boot, seed, level),
        loadings=boot.result("loading", "weight"),
        items=item_rest(
            frame, blocks, vif={item: float(fitted.item_vif[item]) for item in fitted.model.first.items}
        ),
        htmt=Result(
            htmt.model,
            htmt.tidy,
            htmt.glance,
            (*htmt.checks, *htmt_checks(htmt.tidy, htmt_limit)),
            htmt.source,
        ),
        correlations=_correlations(boot),
    )


def _reliability(
    frame: pd.DataFrame,
    blocks: Mapping[str, Sequence[str]],
    boot: PlsBootstrap,
    n_boot: int,
    seed: int,
    level: float,
) -> Result:
    plain = reliability(frame, blocks, n_boot=n_boot, seed=seed, level=level)
    composite = boot.result("alpha", "rho_a", "rho_c", "ave")
    outer = composite.tidy.assign(
        term=composite.tidy["term"].str.replace("^alpha:", "alpha_std:", regex=True)
    )
    return Result(
        plain.model,
        pd.concat([plain.tidy, outer]),
        plain.glance,
        (*plain.checks, *composite.checks),
        plain.source,
    )


def _correlations(boot: PlsBootstrap) -> Result:
    plain = boot.result("cor")
    crossed = boot.fit.cross_loadings
    subjects = [f"{construct}=~{item}" for construct in crossed.columns for item in crossed.index]
    values = crossed.to_numpy().T.ravel()
    tidy = pd.concat([plain.tidy, tidy_block("cross_loading", subjects, values)])
    return Result(plain.model, tidy, plain.glance, plain.checks, plain.source)
