"""Rank the NCF split of MovieLens-1M with ALSRecommender, its settings found by GridSearchCV.

Run it as ``python tests/benchmarks/ncf_als.py``. A coarse search with 64 components and a finer
one with 192 are scored on a validation part of the training rows: each user's last one whose time
is known (one in nine is), among 99 items drawn from those that he has not rated. The test rows are
read when the settings are chosen. Published for implicit ALS, tuned, with 192 components: HR@10
.731 and nDCG@10 .452, the mean of ten starts (Rendle et al., "Revisiting the Performance of iALS
on Item Recommendation Benchmarks", RecSys 2022). A truncated SVD with 52 components checks the
evaluation: .694 and .430 are published for it ("PureSVD"). The data sets are in the folder that
SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
import time
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_recsys.decomposition import ALSRecommender, SVDRecommender
from sklearn_recsys.model_selection import LeaveLastOut

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
NCF = DATA / "ncf-ml-1m"
N_NEGATIVES = 99
K = 10
SEEDS = (0, 1, 2)
# Without values a pair that was seen has the confidence 1 + alpha: only its ratio to that of the
# others matters, so alpha can stay 0.
COARSE = {
    "n_components": [64],
    "reg": [5.0, 10.0, 20.0],
    "unobserved_weight": [0.1, 0.2, 0.4],
    "reg_exponent": [0.0, 1.0],
}
FINE = {
    "n_components": [192],
    "reg": [6.0, 8.0, 11.0, 14.0],
    "unobserved_weight": [0.15, 0.25, 0.35],
}
# Theirs: d = 192, weight .3, regularisation .007 times the number of terms of a row, 12 iterations.
# Their pairs that were seen weigh 1.3, but are fitted to 1 / 1.3, which makes our penalty 1.3 times
# theirs. The mean number of terms is 1276 for users and 2080 for items: a model depends on the
# product of both penalties alone, so ours is of their geometric mean, .007 * 1.3 * 1629.
PUBLISHED = {
    "n_components": 192,
    "alpha": 0.3,
    "unobserved_weight": 0.3,
    "reg": 14.8,
    "reg_exponent": 1.0,
    "max_iter": 12,
}


def main() -> None:
    started = time.perf_counter()
    train = read_train()
    als = ALSRecommender(alpha=0.0, random_state=0, n_jobs=2)
    fits, held_out = split_last_dated(train)
    print(f"{len(fits)} rows to fit, {len(held_out)} to validate")
    coarse = search(als, COARSE, train, (fits, held_out))
    exponent = coarse.best_params_["reg_exponent"]
    fine = search(als.set_params(reg_exponent=exponent), FINE, train, (fits, held_out))
    print(f"searched in {time.perf_counter() - started:.0f} s", end="\n\n")
    models = {
        "ALS, defaults": ALSRecommender(n_jobs=2),
        "ALS, best coarse": coarse.best_estimator_,
        "ALS, best fine": fine.best_estimator_,
        "ALS, published setting": ALSRecommender(**PUBLISHED, n_jobs=2),
        "SVD, 52 components": SVDRecommender(52),
    }
    rows = {name: score_on_test(model, train) for name, model in models.items()}
    print(pd.DataFrame.from_dict(rows, orient="index").round(4).to_string())


def search(als, grid: dict, train: pd.DataFrame, split: tuple) -> GridSearchCV:
    """Score all settings on one split of the training rows, and print the best of them."""
    negatives = draw_negatives(train)

    def score(model, rows, y=None):
        return measure(rank(model, rows, negatives))

    found = GridSearchCV(als, grid, scoring=score, cv=[split], refit="nDCG@10").fit(train)
    table = pd.DataFrame(found.cv_results_["params"]).assign(
        hr=found.cv_results_["mean_test_HR@10"],
        ndcg=found.cv_results_["mean_test_nDCG@10"],
        fit_s=found.cv_results_["mean_fit_time"],
    )
    print(table.sort_values("ndcg", ascending=False).head(8).round(4).to_string(index=False))
    return found


def score_on_test(model, train: pd.DataFrame) -> dict[str, float]:
    """Return the mean figures of some starts, and the median seconds of a fit to all rows."""
    rows, negatives = read_test()
    draws = "random_state" in model.get_params()
    figures, seconds = [], []
    for seed in SEEDS if draws else (None,):
        candidate = clone(model)
        if draws:
            candidate.set_params(random_state=seed)
        started = time.perf_counter()
        candidate.fit(train)
        seconds.append(time.perf_counter() - started)
        figures.append(measure(rank(candidate, rows, negatives)))
    figures = pd.DataFrame(figures)
    spread = (figures.max() - figures.min()).add_suffix(" spread").to_dict()
    return figures.mean().to_dict() | spread | {"fit s": np.median(seconds)}


def read_train() -> pd.DataFrame:
    """Return the users and items of the training rows; every rating counts as positive."""
    names = ["user", "item"]
    return pd.read_csv(NCF / "ml-1m.train.rating.gz", sep="\t", names=names, usecols=[0, 1])


def read_test() -> tuple[pd.DataFrame, np.ndarray]:
    """Return each user's test row, and the items that it is ranked among (users x 99)."""
    names = ["user", "item"]
    rows = pd.read_csv(NCF / "ml-1m.test.rating.gz", sep="\t", names=names, usecols=[0, 1])
    negatives = pd.read_csv(NCF / "ml-1m.test.negative.gz", sep="\t", header=None)
    return rows, negatives.iloc[:, 1:].to_numpy()


def split_last_dated(train: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the training rows less each user's last one whose time is known, and these."""
    dated = train.reset_index().merge(read_times(), on=["user", "item"])
    dated = dated[["user", "item", "value", "time", "index"]]
    _, last = next(iter(LeaveLastOut().split(dated.iloc[:, :4])))
    held_out = dated["index"].to_numpy()[last]
    return np.setdiff1d(np.arange(len(train)), held_out), held_out


def read_times() -> pd.DataFrame:
    """Return the ratings of MovieLens-1M whose time is known, with the ids of the split."""
    names = ["user", "movie_id", "value", "time"]
    with ZipFile(DATA / "ml-1m" / "ml-1m.zip") as archive:
        file = archive.open("ml-1m/ratings_timestamped_subset.dat")
        times = pd.read_csv(file, sep="::", engine="python", names=names)
    times["user"] -= 1
    items = pd.read_csv(NCF / "item_index_to_movie_id.tsv.gz", sep="\t")
    return times.merge(items, on="movie_id").rename(columns={"ncf_item": "item"})


def draw_negatives(train: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """Return 99 items for each user, of those that he has not in the training rows."""
    shape = train["user"].max() + 1, train["item"].max() + 1
    keys = np.random.default_rng(seed).random(shape, dtype=np.float32)
    keys[train["user"], train["item"]] = 2
    return np.argpartition(keys, N_NEGATIVES, axis=1)[:, :N_NEGATIVES]


def rank(model, rows: pd.DataFrame, negatives: np.ndarray) -> np.ndarray:
    """Return how many of the user's negatives are scored as high as each row's item, or higher."""
    users, positives = rows["user"].to_numpy(), rows["item"].to_numpy()
    items = np.column_stack([positives, negatives[users]])
    pairs = {"user": np.repeat(users, items.shape[1]), "item": items.ravel()}
    scores = model.predict(pd.DataFrame(pairs)).reshape(items.shape)
    # The published negatives of 156 users hold their own positive.
    is_rival = items[:, 1:] != items[:, :1]
    return (is_rival & (scores[:, 1:] >= scores[:, :1])).sum(axis=1)


def measure(ranks: np.ndarray) -> dict[str, float]:
    gains = np.where(ranks < K, 1 / np.log2(ranks + 2), 0)
    return {"HR@10": np.mean(ranks < K), "nDCG@10": np.mean(gains)}


if __name__ == "__main__":
    main()
