"""The study file on the analysis: estimators, parts of the chapters, and the rules of judgement."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from crmlab.study.model_spec import Name
from crmlab.study.strict_model import Strict


class Covariance(Strict):
    """How the covariance-based model is estimated.

    Attributes
    ----------
    estimator : ML, MLR (robust to non-normal answers), MLM, or WLSMV (answers as ordered categories)
    missing : "fiml" uses every answer, with ML and MLR; "listwise" leaves out rows with a missing answer
    """

    estimator: Literal["ML", "MLR", "MLM", "WLSMV"] = "MLR"
    missing: Literal["fiml", "listwise"] = "fiml"

    @model_validator(mode="after")
    def _together(self) -> Covariance:
        if self.missing == "fiml" and self.estimator in ("MLM", "WLSMV"):
            raise ValueError(
                f"missing: fiml goes with ML and MLR; with {self.estimator} write missing: listwise"
            )
        return self


class Estimator(Strict):
    """How the model is estimated.

    Attributes
    ----------
    engine : "pls" (partial least squares), "sem" (covariance-based) or "both", side by side
    scheme, missing, bootstrap : of PLS
    covariance : of the covariance-based model
    level : of all intervals
    """

    engine: Literal["pls", "sem", "both"] = "pls"
    scheme: Literal["path", "factorial", "centroid"] = "path"
    missing: Literal["mean", "casewise"] = "mean"
    bootstrap: Annotated[int, Field(ge=100, le=100_000)] = 5000
    covariance: Covariance = Covariance()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class Efa(Strict):
    """Exploratory factor analysis of all construct items.

    Attributes
    ----------
    number : of factors: "parallel" (Horn's parallel analysis), "map" (Velicer), "constructs" (as many as the study
        has first-order constructs), or a number
    method : of extraction: "minres", "ml" or "pa" (principal axis)
    rotation : "oblimin", "promax" or "varimax"
    """

    number: Literal["parallel", "map", "constructs"] | Annotated[int, Field(ge=1, le=60)] = "parallel"
    method: Literal["minres", "ml", "pa"] = "minres"
    rotation: Literal["oblimin", "promax", "varimax"] = "oblimin"


class MeasurementPart(Strict):
    """What the measurement chapter holds besides reliability, validity and confirmatory analysis.

    Attributes
    ----------
    efa : exploratory factor analysis; null leaves it out
    method_bias : look for variance of the common method
    marker : items that have nothing to do with the constructs, for the marker-variable test
    method_factor : factor models of the method: "common" (one loading for all items), "free" (one for each item),
        "marker" (the marker's factor; needs two marker items); null is "common" where the study uses SEM
    """

    efa: Efa | None = Efa()
    method_bias: bool = True
    marker: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    method_factor: Annotated[tuple[Literal["common", "free", "marker"], ...], Field(strict=False)] | None = (
        None
    )

    @model_validator(mode="after")
    def _two_markers(self) -> MeasurementPart:
        if "marker" in (self.method_factor or ()) and len(self.marker) < 2:
            raise ValueError("method_factor: marker needs two items or more under marker")
        return self


class EvaluationPart(Strict):
    """What is asked of a PLS model besides its coefficients.

    Attributes
    ----------
    quality : distances with their bootstrap quantiles, prediction out of sample, Q2
    importance : targets of importance-performance maps; null takes every outcome that affects nothing else
    necessity : targets of necessary condition analysis
    robustness : "endogeneity" (Gaussian copulas), "tetrads" (CTA-PLS), "segments" (FIMIX-PLS)
    segments : the largest number of segments tried
    """

    quality: bool = True
    importance: Annotated[tuple[Name, ...], Field(strict=False)] | None = None
    necessity: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    robustness: Annotated[tuple[Literal["endogeneity", "tetrads", "segments"], ...], Field(strict=False)] = ()
    segments: Annotated[int, Field(ge=2, le=6)] = 3


class Rules(Strict):
    """Limits that verdicts are given by, set before the data are seen.

    Sources: reliability .70 (Nunnally & Bernstein 1994), AVE .50 (Fornell & Larcker 1981), HTMT .85/.90 (Henseler,
    Ringle & Sarstedt 2015), loading .708 (Hair et al. 2019), VIF 5 (Hair et al. 2019), CFI .90 (Bentler & Bonett
    1980), RMSEA .08 (Browne & Cudeck 1993), SRMR .08 (Hu & Bentler 1999), item_rest .30 (Nunnally & Bernstein 1994),
    skewness 2 and kurtosis 7 (West, Finch & Curran 1995), ends .15 (Terwee et al. 2007), kmo .60 (Kaiser & Rice
    1974), factor_loading .40 (Stevens 2002), harman .50 (Podsakoff et al. 2003), full_collinearity 3.3 (Kock 2015),
    necessity .10 (Dul 2016).
    """

    reliability: Annotated[float, Field(gt=0, lt=1)] = 0.70
    ave: Annotated[float, Field(gt=0, lt=1)] = 0.50
    htmt: Annotated[float, Field(gt=0, le=1)] = 0.90
    loading: Annotated[float, Field(gt=0, lt=1)] = 0.708
    vif: Annotated[float, Field(ge=1, strict=False)] = 5.0
    cfi: Annotated[float, Field(gt=0, lt=1)] = 0.90
    rmsea: Annotated[float, Field(gt=0, lt=1)] = 0.08
    srmr: Annotated[float, Field(gt=0, lt=1)] = 0.08
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    item_rest: Annotated[float, Field(gt=0, lt=1)] = 0.30
    skewness: Annotated[float, Field(gt=0, strict=False)] = 2.0
    kurtosis: Annotated[float, Field(gt=0, strict=False)] = 7.0
    ends: Annotated[float, Field(gt=0, lt=1)] = 0.15
    kmo: Annotated[float, Field(gt=0, lt=1)] = 0.60
    factor_loading: Annotated[float, Field(gt=0, lt=1)] = 0.40
    harman: Annotated[float, Field(gt=0, lt=1)] = 0.50
    full_collinearity: Annotated[float, Field(ge=1, strict=False)] = 3.3
    necessity: Annotated[float, Field(gt=0, lt=1)] = 0.10
