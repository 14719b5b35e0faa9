"""Who will leave? Probabilities that hold what they say, judged on customers the model has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.clv.words import bad_rows, column, labels_of
from crmlab.customers.calibration import area, calibration_gap, log_loss, recalibration
from crmlab.errors import ModelError
from crmlab.provenance import source_of
from crmlab.result import Check, Result, tidy_frame

MODELS = ("logistic", "boosting")
CALIBRATIONS = ("sigmoid", "isotonic")
LEAK = 0.99  # area under the curve of a single feature from which on it is hardly knowledge beforehand
GAP = 0.03
BASE = "interval of the skill against the base rate above 0; otherwise not better than the base rate"
INNER = 3  # folds inside a training part, for the calibration


@dataclass(frozen=True, slots=True, eq=False)
class Churn:
    """Probabilities of leaving, each told by a model that did not see the customer.

    Attributes
    ----------
    probability : (n,) of the chosen model, out of fold
    by_model : (n, models) of all models
    left : (n,) what happened
    fold : (n,) the fold in which a customer was held out
    result : Brier score, log loss, area under the curve, calibration, skill; see `churn`
    """

    probability: np.ndarray
    by_model: pd.DataFrame
    left: np.ndarray
    fold: np.ndarray
    result: Result

    @property
    def chosen(self) -> str:
        """Name of the model with the lowest Brier score out of fold."""
        return str(((self.by_model.sub(self.left, axis=0)) ** 2).mean().idxmin())

    def _repr_html_(self) -> str:
        return self.result._repr_html_()


def churn(
    features: pd.DataFrame, left: object, *, folds: int = 5, calibration: str = "sigmoid", seed: int = 0,
    level: float = 0.95,
) -> Churn:  # fmt: skip
    """Calibrated probability of leaving by logistic regression and by gradient boosting.

    Parameters
    ----------
    features : (n, k) what was known BEFORE the period in which leaving was observed; words and numbers,
        missing numbers allowed
    left : (n,) 1 if the customer left in that period
    folds : parts of the cross-validation, stratified and shuffled by `seed`
    calibration : "sigmoid" (Platt) or "isotonic", learnt inside each training part from folds of its own
    level : of the intervals

    Returns
    -------
    Churn
        `result`: `brier`, `log_loss`, `auc`, `calibration_slope`, `calibration_intercept` (1 and 0 are right),
        `calibration_gap` (mean distance over ten bins), `skill` (1 - Brier/Brier of the base rate, with
        interval), each `:<model>`; `brier:base`, `log_loss:base`, `chosen:<model>`, `base_rate`.

    Notes
    -----
    Imputation, scaling, coding and calibration are learnt in the training part of each fold alone. The base
    rate is that of the training part too.

    Source
    ------
    Brier, G. W. (1950). Monthly Weather Review 78, 1-3. Niculescu-Mizil, A. & Caruana, R. (2005). ICML.
    Van Calster, B. et al. (2019). BMC Medicine 17, 230 (calibration).
    """
    X, y = _admit(features, left)
    if folds != int(folds) or folds < 2:
        raise ModelError(f"folds is {folds}; want a whole number from 2")
    if calibration not in CALIBRATIONS:
        raise ModelError(f"calibration is '{calibration}'; want {' or '.join(CALIBRATIONS)}")
    fewest = int(min(y.sum(), len(y) - y.sum()))
    if fewest < folds * INNER:
        raise ModelError(
            f"{fewest} customers of the rarer kind cannot carry {folds} folds", hint="fewer folds"
        )
    p, base, fold = _out_of_fold(X, y, int(folds), calibration, seed)
    rows, checks = [], []
    for name in MODELS:
        found, skill = _scores(p[name].to_numpy(), y, base, name, level)
        rows += found
        checks.append(Check(f"check.better_than_base:{name}", skill[0] > 0, skill[0], BASE))
    gap = {name: calibration_gap(p[name].to_numpy(), y) for name in p}
    rows += [{"term": f"calibration_gap:{name}", "estimate": value} for name, value in gap.items()]
    rows += [{"term": "brier:base", "estimate": np.mean((base - y) ** 2)}]
    rows += [
        {"term": "log_loss:base", "estimate": log_loss(base, y)},
        {"term": "base_rate", "estimate": y.mean()},
    ]
    brier = {name: float(np.mean((p[name] - y) ** 2)) for name in p}
    best = min(brier, key=brier.__getitem__)
    rows += [{"term": f"chosen:{name}", "estimate": float(name == best)} for name in p]
    rule = f"mean distance of told and seen shares over ten bins <= {GAP:.2f}"
    checks.append(Check("check.calibrated", gap[best] <= GAP, gap[best], rule))
    checks += _leaks(X, y)
    glance = {"n": float(len(y)), "left": float(y.sum()), "folds": float(folds), "level": level}
    source = source_of(X.assign(left=y).astype(str)) | {"seed": str(seed)}
    result = Result("model.churn", tidy_frame(rows), glance, tuple(checks), source)
    return Churn(p[best].to_numpy(), p, y, fold, result)


def _admit(features: pd.DataFrame, left: object) -> tuple[pd.DataFrame, np.ndarray]:
    if not isinstance(features, pd.DataFrame) or not features.shape[1]:
        raise ModelError("features must be a frame with named columns")
    labels = labels_of(left)
    y = column(left, "left", labels)
    if len(y) != len(features):
        raise ModelError(f"{len(features)} rows of features for {len(y)} customers")
    bad_rows((y != 0) & (y != 1), labels, "left", y, "is neither 0 nor 1")
    if y.min() == y.max():
        raise ModelError("all customers left or none did, so there is nothing to tell apart")
    X = features.reset_index(drop=True)
    X.columns = [str(name) for name in X.columns]
    for name in X.columns:
        if pd.api.types.is_numeric_dtype(X[name]):
            values = X[name].to_numpy(dtype=float, na_value=np.nan)
            bad_rows(np.isinf(values), labels, f"feature '{name}'", values, "cannot be computed with")
            X[name] = values
        elif X[name].nunique(dropna=False) > max(50, len(X) / 2):
            raise ModelError(
                f"feature '{name}' has {X[name].nunique()} different values in {len(X)} rows, like a name or a key",
                hint="leave it out",
            )
        else:
            X[name] = X[name].astype("string").fillna("missing").astype(object)
    return X, y


def _out_of_fold(
    X: pd.DataFrame, y: np.ndarray, folds: int, calibration: str, seed: int
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Probabilities (n, models), base rates (n,) and fold (n,): each customer told by models without him."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    p = {name: np.empty(len(y)) for name in MODELS}
    base, fold = np.empty(len(y)), np.empty(len(y), dtype=int)
    X = _coded(X)
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed).split(X, y)
    for number, (train, test) in enumerate(parts):
        base[test], fold[test] = y[train].mean(), number
        inner = StratifiedKFold(INNER, shuffle=True, random_state=seed)
        for name in MODELS:
            model = CalibratedClassifierCV(_pipeline(name, X, seed), method=calibration, cv=inner)
            with threadpool_limits(1):  # on a busy machine, threads of small trees wait for each other
                model.fit(X.iloc[train], y[train])
                p[name][test] = model.predict_proba(X.iloc[test])[:, 1]
    return pd.DataFrame(p), base, fold


def _coded(X: pd.DataFrame) -> pd.DataFrame:
    """Words as whole numbers, each value one; what they say of leaving is learnt later, in the training parts."""
    words = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    return X.assign(**{str(name): pd.factorize(X[name], sort=True)[0].astype(np.int64) for name in words})


def _pipeline(name: str, X: pd.DataFrame, seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    words = [c for c in X if X[c].dtype == np.int64]  # codes of values; see _coded
    numbers = [c for c in X if c not in words]
    if name == "logistic":
        filled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
        coded = OneHotEncoder(handle_unknown="ignore", min_frequency=10)
        return make_pipeline(
            ColumnTransformer([("numbers", filled, numbers), ("words", coded, words)]),
            LogisticRegression(max_iter=2000),
        )
    ordered = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(
        ColumnTransformer([("numbers", "passthrough", numbers), ("words", ordered, words)]),
        HistGradientBoostingClassifier(
            max_iter=80, max_leaf_nodes=15, learning_rate=0.1, min_samples_leaf=30, random_state=seed
        ),
    )


def _scores(
    p: np.ndarray, y: np.ndarray, base: np.ndarray, name: str, level: float
) -> tuple[list[dict[str, object]], tuple[float, float]]:
    """Rows of one model, and the interval of its skill."""
    error, naive = (p - y) ** 2, (base - y) ** 2
    skill = 1 - error.mean() / naive.mean()
    # delta method for a ratio of means over the same customers
    se = float(np.std(error - (1 - skill) * naive, ddof=1) / np.sqrt(len(y)) / naive.mean())
    z = float(norm.ppf((1 + level) / 2))
    ends = (skill - z * se, skill + z * se)
    intercept, slope = recalibration(p, y)
    rows: list[dict[str, object]] = [
        {"term": f"brier:{name}", "estimate": error.mean(), "std_error": error.std(ddof=1) / np.sqrt(len(y))},
        {"term": f"log_loss:{name}", "estimate": log_loss(p, y)},
        {"term": f"auc:{name}", "estimate": area(p, y)},
        {"term": f"calibration_slope:{name}", "estimate": slope},
        {"term": f"calibration_intercept:{name}", "estimate": intercept},
        {"term": f"skill:{name}", "estimate": skill, "std_error": se, "ci_low": ends[0], "ci_high": ends[1]},
    ]
    return rows, ends


def _leaks(X: pd.DataFrame, y: np.ndarray) -> list[Check]:
    """Features that alone tell nearly all: they are mostly known only after the customer left."""
    found = []
    for name in X:
        if pd.api.types.is_numeric_dtype(X[name]):
            values = X[name].fillna(X[name].median()).to_numpy()
        else:
            values = pd.Series(y).groupby(X[name]).transform("mean").to_numpy()
        auc = max(area(values, y), 1 - area(values, y))
        if auc >= LEAK:
            rule = f"area under the curve of one feature < {LEAK}; otherwise it may be known only afterwards"
            found.append(Check(f"check.leakage:{name}", False, auc, rule))
    return found
