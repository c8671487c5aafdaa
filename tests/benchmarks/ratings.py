"""Compare the error of predicted ratings with what Surprise publishes for its models.

Run it as ``python tests/benchmarks/ratings.py [ml-100k] [ml-1m]``: it prints a table for each data
set, the root mean squared error over scikit-learn's ``KFold(5, shuffle=True, random_state=0)`` and
the mean seconds of a fit. The published figures are means over five other random folds, with
predictions cut off at 1 and 5 stars, as ours are not. The data sets are in the folder that
SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
from pathlib import Path

import pandas as pd
from sklearn.model_selection import KFold, cross_validate

from sklearn_recsys.baseline import BaselineRecommender
from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.decomposition import BiasedMFRecommender

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
DATA_SETS = ("ml-100k", "ml-1m")
N_JOBS = os.cpu_count()
MODELS = {
    "biases alone": BaselineRecommender(),
    "biased MF, defaults": BiasedMFRecommender(random_state=0, n_jobs=N_JOBS),
    "biased MF, 20 components": BiasedMFRecommender(20, random_state=0, n_jobs=N_JOBS),
}
# From the table in Surprise's README: default settings, 5-fold cross-validation.
PUBLISHED = {
    "Surprise, BaselineOnly": {"ml-100k": 0.944, "ml-1m": 0.909},
    "Surprise, SVD": {"ml-100k": 0.934, "ml-1m": 0.873},
    "Surprise, SVD++": {"ml-100k": 0.919, "ml-1m": 0.862},
}


def main() -> None:
    for name in sys.argv[1:] or DATA_SETS:
        X = load_movielens(DATA / name / f"{name}.zip").X.iloc[:, :3]
        print(name, compare(X, name).round(4).to_string(na_rep=""), sep="\n", end="\n\n")


def compare(X: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the error of each model, published ones first, and the seconds of a fit."""
    rows = {model: {"RMSE": errors[name]} for model, errors in PUBLISHED.items()}
    folds = KFold(5, shuffle=True, random_state=0)
    for model, estimator in MODELS.items():
        found = cross_validate(
            estimator, X, X.iloc[:, 2], cv=folds, scoring="neg_root_mean_squared_error"
        )
        errors = -found["test_score"]
        rows[model] = {
            "RMSE": errors.mean(),
            "deviation": errors.std(ddof=1),
            "fit seconds": found["fit_time"].mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    main()
