"""Compare CF-NADE's error of predicted ratings with factors, with Surprise and with its paper.

Run it as ``python tests/benchmarks/cfnade.py [ml-100k] [ml-1m] [--repeats N]``. On MovieLens-100K
it takes scikit-learn's ``KFold(5, shuffle=True, random_state=0)``, as ``ratings.py`` does; on
MovieLens-1M N random splits of 90 % and 10 %, as in the paper, which has five (one is the default
here: it takes minutes). It prints the root mean squared error, the mean seconds of a fit, the
epochs, and the share of held-out ratings whose most probable level is the right one. The data sets
are in the folder that SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, ShuffleSplit

from sklearn_recsys.baseline import BaselineRecommender
from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.decomposition import BiasedMFRecommender
from sklearn_recsys.neural_network import CFNADERecommender

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
MODELS = {
    "biases alone": BaselineRecommender(),
    "biased MF, defaults": BiasedMFRecommender(random_state=0),
    "CF-NADE, defaults": CFNADERecommender(random_state=0),
}
# Surprise: the table in its README, default settings, 5-fold cross-validation, cut off at 1 and 5
# stars. The paper: 500 hidden units, 90/10, mean of five splits.
PUBLISHED = {
    "ml-100k": {"Surprise, SVD": 0.934, "Surprise, SVD++": 0.919},
    "ml-1m": {"Surprise, SVD (5 folds)": 0.873, "Surprise, SVD++ (5 folds)": 0.862, "paper": 0.829},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(PUBLISHED), choices=list(PUBLISHED))
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    for name in arguments.names:
        X = load_movielens(DATA / name / f"{name}.zip").X.iloc[:, :3]
        folds = KFold(5, shuffle=True, random_state=0)
        if name == "ml-1m":
            folds = ShuffleSplit(arguments.repeats, test_size=0.1, random_state=0)
        print(name, compare(X, folds, name).round(4).to_string(na_rep=""), sep="\n", end="\n\n")


def compare(X: pd.DataFrame, folds: KFold | ShuffleSplit, name: str) -> pd.DataFrame:
    """Return figures of each model, published ones first."""
    rows = {model: {"RMSE": error} for model, error in PUBLISHED[name].items()}
    for model, estimator in MODELS.items():
        found = [measure(estimator, X.iloc[train], X.iloc[test]) for train, test in folds.split(X)]
        rows[model] = pd.DataFrame(found).mean().to_dict()
    return pd.DataFrame.from_dict(rows, orient="index")


def measure(estimator, train: pd.DataFrame, test: pd.DataFrame) -> dict[str, float]:
    """Fit a model and return its figures on held-out ratings."""
    start = time.perf_counter()
    estimator.fit(train)
    figures = {"fit seconds": time.perf_counter() - start, "epochs": estimator.n_iter_}
    ratings = test.iloc[:, 2].to_numpy()
    figures["RMSE"] = float(np.sqrt(np.mean(np.square(estimator.predict(test) - ratings))))
    if hasattr(estimator, "predict_proba"):
        likeliest = estimator.levels_[estimator.predict_proba(test).argmax(axis=1)]
        figures["level right"] = float((likeliest == ratings).mean())
    return figures


if __name__ == "__main__":
    main()
