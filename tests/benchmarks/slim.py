"""Measure SLIMRecommender and its local regressions: time against scikit-learn, and quality.

Run it as ``python tests/benchmarks/slim.py PART...`` with one or several of

- ``speed``: seconds of a fit on MovieLens-1M against ElasticNet column by column, on one thread,
  and the mean objective of a sample of columns, which alone scikit-learn is timed on;
- ``defaults``: nDCG@10 of a grid of penalties on validation parts of the training interactions of
  three data sets;
- ``density``: nDCG@10 on the test part of MovieLens-1M by number of neighbours;
- ``catalogue``: time and peak memory on 100 000 items.

The data sets are in the folder that SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import resource
import sys
import time

import numpy as np
import pandas as pd
from als_defaults import load_tables
from scipy import sparse
from sklearn.linear_model import ElasticNet
from threadpoolctl import threadpool_limits

from sklearn_recsys.linear_model import EASERecommender, SLIMRecommender
from sklearn_recsys.linear_model._local import LocalRegression, nearest_items
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user

N_SAMPLED = 20
GRID = {"reg": (30.0, 100.0, 200.0, 500.0, 1000.0), "l1_ratio": (0.001, 0.003, 0.01, 0.03)}


def main() -> None:
    parts = {
        "speed": compare_speed,
        "defaults": search_defaults,
        "density": compare_densities,
        "catalogue": fit_catalogue,
    }
    for name in sys.argv[1:]:
        print(parts[name]().to_string(index=False), end="\n\n", flush=True)


def compare_speed() -> pd.DataFrame:
    train, _ = movielens_1m()
    rows = []
    for reg, l1_ratio in ((300.0, 0.01), (100.0, 0.1)):
        model = SLIMRecommender(reg, l1_ratio=l1_ratio)
        seconds = min(timed(lambda model=model: model.fit(train)) for _ in range(3))
        matrix = model.interactions_.astype(np.float64).tocsc()
        n = matrix.shape[1]
        sampled = np.random.default_rng(0).choice(n, N_SAMPLED, replace=False)
        ours = model.item_similarity_.tocsc()[:, sampled].toarray()
        rows.append(row_of(model, "this library", seconds, matrix, sampled, ours))
        for name in ("sparse", "Gram"):
            taken, weights = by_scikit_learn(model, matrix, sampled, gram=name == "Gram")
            taken *= n / N_SAMPLED
            rows.append(row_of(model, f"scikit-learn, {name}", taken, matrix, sampled, weights))
            rows[-1]["ratio"] = taken / seconds
    return pd.DataFrame(rows)


def by_scikit_learn(model, matrix, sampled, *, gram: bool):
    """Return the seconds that the sampled columns take, without what is done once for all."""
    n_users = matrix.shape[0]
    net = ElasticNet(
        model.reg / n_users,
        l1_ratio=model.l1_ratio,
        positive=True,
        fit_intercept=False,
        copy_X=False,
        max_iter=1000,
    )
    X, of_all = matrix.copy(), (matrix.T @ matrix).toarray()
    if gram:
        X = np.asfortranarray(matrix.toarray())
    columns, seconds = [], 0.0
    for j in sampled:
        target = matrix[:, [j]].toarray()[:, 0]
        if gram:
            X[:, j], own = 0, of_all.copy()
            own[j], own[:, j] = 0, 0
            net.set_params(precompute=own)
        else:
            span = slice(X.indptr[j], X.indptr[j + 1])
            X.data[span] = 0
        seconds += timed(lambda y=target: net.fit(X, y))
        columns.append(net.coef_.copy())
        if gram:
            X[:, j] = target
        else:
            X.data[span] = target[X.indices[span]]
    return seconds, np.array(columns).T


def row_of(model, name, seconds, matrix, sampled, weights) -> dict:
    l1, l2 = model.reg * model.l1_ratio, model.reg * (1 - model.l1_ratio)
    errors = matrix[:, sampled].toarray() - matrix @ weights
    squares = (errors**2).sum(axis=0) + l2 * (weights**2).sum(axis=0)
    objective = squares / 2 + l1 * weights.sum(axis=0)
    return {
        "reg": model.reg,
        "l1_ratio": model.l1_ratio,
        "by": name,
        "seconds": round(seconds, 2),
        "objective": round(objective.mean(), 4),
        "weights": (weights != 0).sum(axis=0).mean(),
    }


def search_defaults() -> pd.DataFrame:
    scorer = make_ranking_scorer("ndcg@10")
    table = pd.DataFrame(itertools.product(*GRID.values()), columns=list(GRID))
    settings = table.to_dict("records")
    for name, X in load_tables():
        if "values" in name:
            continue
        fit_part, validation = validation_split(X)
        models = [SLIMRecommender(**setting, n_jobs=2).fit(fit_part) for setting in settings]
        table[name] = [round(scorer(model, validation), 4) for model in models]
        print(table.to_string(), file=sys.stderr, flush=True)
    shares = table.iloc[:, 2:] / table.iloc[:, 2:].max()
    return table.assign(worst=shares.min(axis=1)).sort_values("worst", ascending=False)


def compare_densities() -> pd.DataFrame:
    train, test = movielens_1m()
    scorer, rows = make_ranking_scorer("ndcg@10"), []
    for k, model in itertools.product(
        (50, 100, 200, 400, None), (EASERecommender(n_jobs=2), SLIMRecommender(n_jobs=2))
    ):
        model.set_params(n_neighbors=k)
        seconds = timed(lambda model=model: model.fit(train))
        stored = np.count_nonzero(getattr(model.item_similarity_, "data", model.item_similarity_))
        rows.append({"model": type(model).__name__, "k": k, "s": seconds})
        rows[-1] |= {"nDCG@10": scorer(model, test), "weights": stored / len(model.items_)}
    return pd.DataFrame(rows).round(4)


def fit_catalogue() -> pd.DataFrame:
    """Fit local regressions to users and items of Zipf's popularity."""
    n_users, n_items, k, rows = 100_000, 100_000, 100, []
    for n_drawn in (8_000_000,):
        columns = zipf_columns(n_users, n_items, n_drawn)
        order = np.argsort(-np.diff(columns.indptr), kind="stable").astype(np.int32)
        row = {"interactions": columns.nnz, "k": k, "GB before": peak()}
        started = time.perf_counter()
        near = nearest_items(columns, order, k, n_threads=2)
        row |= {"nearest s": time.perf_counter() - started, "GB nearest": peak()}
        regression = LocalRegression(columns, near, 2)
        row["ridge s"] = timed(lambda r=regression: r.ridge(np.full(n_items, 100.0)))
        net = {"l1": 1.0, "l2": 100.0, "positive": True, "max_iter": 100, "tol": 1e-3}
        row["elastic net s"] = timed(lambda r=regression, net=net: r.elastic_net(**net))
        rows.append(row | {"GB after": peak()})
        print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def zipf_columns(n_users: int, n_items: int, n_drawn: int) -> sparse.csr_array:
    """Return items by users: items of a user are drawn from a few hundred groups, and from all."""
    rng = np.random.default_rng(0)
    activity = rng.pareto(1.5, n_users) + 1
    users = rng.choice(n_users, n_drawn, p=activity / activity.sum())
    popularity = 1 / np.arange(10.0, n_items + 10) ** 0.8
    sums = np.cumsum(popularity) / popularity.sum()
    items = np.searchsorted(sums, rng.random(n_drawn))
    # Three quarters of a user's choices fall on items of his group: those with its remainder.
    group = (users * 7919) % 300
    near = rng.random(n_drawn) < 0.75
    items[near] = np.minimum(items[near] // 300 * 300 + group[near], n_items - 1)
    ones = np.ones(n_drawn, dtype=np.float32)
    columns = sparse.csr_array((ones, (items, users)), shape=(n_items, n_users))
    columns.sum_duplicates()
    columns.data[:] = 1
    return columns


def peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def movielens_1m():
    tables = dict(load_tables())
    return train_test_split_by_user(tables["ml-1m"], test_size=0.2, random_state=42)


def validation_split(X):
    train, _ = train_test_split_by_user(X, test_size=0.2, random_state=42)
    return train_test_split_by_user(train, test_size=0.2, random_state=0)


def timed(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
