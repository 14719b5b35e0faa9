"""What an estimator's name stands for: discrepancy, standard errors and test, as lavaan 0.6 pairs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crmlab.errors import ModelError
from crmlab.sem.rows import near

TABLE = {  # name: discrepancy, standard errors, test
    "ML": ("ML", "standard", "standard"),
    "MLM": ("ML", "robust.sem", "satorra.bentler"),
    "MLMV": ("ML", "robust.sem", "scaled.shifted"),
    "MLMVS": ("ML", "robust.sem", "mean.var.adjusted"),
    "MLR": ("ML", "robust.huber.white", "yuan.bentler.mplus"),
    "MLF": ("ML", "first.order", "standard"),
    "GLS": ("GLS", "standard", "standard"),
    "ULS": ("ULS", "standard", "standard"),
    "ULSM": ("ULS", "robust.sem", "satorra.bentler"),
    "ULSMV": ("ULS", "robust.sem", "scaled.shifted"),
    "WLS": ("WLS", "standard", "standard"),
    "DWLS": ("DWLS", "standard", "standard"),
    "WLSM": ("DWLS", "robust.sem", "satorra.bentler"),
    "WLSMV": ("DWLS", "robust.sem", "scaled.shifted"),
    "WLSMVS": ("DWLS", "robust.sem", "mean.var.adjusted"),
    "ULSMVS": ("ULS", "robust.sem", "mean.var.adjusted"),
}
ERRORS = ("standard", "robust.sem", "robust.huber.white", "first.order", "none")
TESTS = ("standard", "satorra.bentler", "yuan.bentler.mplus", "scaled.shifted", "mean.var.adjusted")
MISSING = {"ml": "fiml", "direct": "fiml", "fiml": "fiml", "listwise": "listwise", "pairwise": "pairwise"}
MISSING |= {"two.stage": "two.stage", "twostage": "two.stage", "robust.two.stage": "robust.two.stage"}


@dataclass(frozen=True, slots=True)
class Estimator:
    """How a model is estimated.

    Attributes
    ----------
    name : as asked for, "MLR"
    fit : discrepancy: ML, GLS, ULS, WLS or DWLS
    se, test : kinds of standard errors and test
    information : "expected" or "observed", for standard errors
    missing : listwise, fiml, two.stage, robust.two.stage or pairwise
    wishart : covariances and chi-square with n - 1
    ordinal : polychoric statistics
    """

    name: str
    fit: str
    se: str
    test: str
    information: str
    missing: str
    wishart: bool
    ordinal: bool

    @property
    def kind(self) -> Literal["observed", "expected"]:
        """`information`, as the type that says what it can be."""
        return "observed" if self.information == "observed" else "expected"

    @property
    def scaled(self) -> bool:
        """Whether the test is a robust one."""
        return self.test != "standard"

    @property
    def needs_gamma(self) -> bool:
        """Whether fourth moments are used."""
        robust = self.test in ("satorra.bentler", "scaled.shifted", "mean.var.adjusted")
        return robust or self.se == "robust.sem" or self.fit in ("WLS", "DWLS")


def resolve(
    estimator: str,
    *,
    missing: str,
    ordinal: bool,
    likelihood: str,
    information: str | None,
    se: str | None,
    test: str | None,
) -> Estimator:
    """Complete what the user asked for; an unknown word or a pair that does not go together is an error."""
    for word, value in (("estimator", estimator), ("missing", missing)):
        if not isinstance(value, str):
            raise ModelError(f"{word}={value!r} is not known", hint='estimator="ML", missing="listwise"')
    name = estimator.upper()
    if ordinal and name == "ML":
        name = "WLSMV"  # lavaan's default for ordered data
    if name not in TABLE:
        raise ModelError(f"estimator '{estimator}' is not known", hint=", ".join(TABLE))
    fit, errors, kind = TABLE[name]
    if missing.lower() not in MISSING:
        raise ModelError(
            f"missing='{missing}' is not known{near(missing, list(MISSING))}", hint=", ".join(MISSING)
        )
    missing = MISSING[missing.lower()]
    if likelihood not in ("normal", "wishart"):
        raise ModelError(f"likelihood='{likelihood}' is not known", hint="normal, wishart")
    if ordinal and fit in ("ML", "GLS"):
        raise ModelError(f"estimator '{name}' is not for ordered items", hint="WLSMV, ULSMV, DWLS or WLS")
    if missing not in ("listwise", "pairwise") and (fit != "ML" or ordinal):
        raise ModelError(f"missing='{missing}' is not for estimator '{name}'", hint="listwise or pairwise")
    if missing in ("two.stage", "robust.two.stage"):
        errors, kind = missing, "satorra.bentler"
        if name not in ("ML", "MLM"):
            raise ModelError(f"missing='{missing}' is not for estimator '{name}'", hint="estimator='ML'")
    if missing == "pairwise" and not ordinal and fit != "ML":
        raise ModelError(f"missing='pairwise' is not for estimator '{name}'", hint="estimator='ML'")
    robust = errors in ("robust.sem",) or kind in ("satorra.bentler", "scaled.shifted", "mean.var.adjusted")
    if missing in ("fiml", "pairwise") and robust and not ordinal:
        raise ModelError(f"missing='{missing}' is not for estimator '{name}'", hint="estimator='MLR'")
    if likelihood == "wishart" and (fit != "ML" or missing != "listwise"):
        raise ModelError(f"likelihood='wishart' is not for estimator '{name}' with missing='{missing}'")
    if errors == "first.order" and information is not None and se is None:
        errors = "standard"  # lavaan: MLF is no more than a choice of information
    errors, kind = _asked(errors, kind, se, test, fit, missing)
    observed = missing == "fiml" or errors == "robust.huber.white"
    if information not in (None, "expected", "observed"):
        raise ModelError(f"information='{information}' is not known", hint="expected, observed")
    kind_of = information or ("observed" if observed else "expected")
    if fit != "ML" and kind_of == "observed":
        raise ModelError(f"information='observed' is not for estimator '{name}'", hint="expected")
    return Estimator(name, fit, errors, kind, kind_of, missing, likelihood == "wishart", ordinal)


def _asked(
    errors: str, kind: str, se: str | None, test: str | None, fit: str, missing: str
) -> tuple[str, str]:
    if se is not None:
        if se in ("bootstrap", "boot"):
            raise ModelError("se='bootstrap' is asked of the fit", hint=".bootstrap(n, seed)")
        se = {"robust": "robust.huber.white" if missing == "fiml" else "robust.sem"}.get(se, se)
        if se not in ERRORS or (fit != "ML" and se in ("robust.huber.white", "first.order")):
            raise ModelError(f"se='{se}' is not known for this estimator", hint=", ".join(ERRORS))
        if missing != "listwise" and se == "robust.sem":
            raise ModelError(f"se='robust.sem' is not for missing='{missing}'", hint="robust.huber.white")
        errors = se
    if test is not None:
        if test in ("bollen.stine", "bootstrap", "boot"):
            raise ModelError(
                f"test='{test}' is asked of the fit", hint=".bootstrap(n, seed, kind='bollen.stine')"
            )
        if test not in TESTS or (fit != "ML" and test.startswith("yuan")):
            raise ModelError(f"test='{test}' is not known for this estimator", hint=", ".join(TESTS))
        if missing == "fiml" and test not in ("standard", "yuan.bentler.mplus"):
            raise ModelError(f"test='{test}' is not for missing='fiml'", hint="yuan.bentler.mplus")
        kind = test
    return errors, kind
