"""Measure the main job: a grid search on MovieLens-1M, the gate, and recommending for everyone.

Run it as ``python tests/benchmarks/main_job.py [PATH OF ml-1m.zip]``; it prints the tables that the
README and the performance page quote. Each measure of memory runs in a process of its own.
"""
# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
import re
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import sklearn_recsys
from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_movielens
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender, SVDRecommender
from sklearn_recsys.interactions._validation import validate_interactions
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold, train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import ConfidenceWeighter

METRICS = ("ndcg@10", "recall@20", "capped_recall@20")
GRID = {
    "weigh__scheme": ["linear", "log"],
    "knn__similarity": ["cosine", "bm25"],
    "knn__n_neighbors": [100, 200],
}
MODELS = {
    "popularity": PopularityRecommender(),
    "svd": SVDRecommender(random_state=0, n_jobs=-1),
    "knn": ItemKNNRecommender(n_jobs=-1),
    "als": ALSRecommender(random_state=0, n_jobs=-1),
    "hybrid": HybridRecommender(random_state=0, n_jobs=-1),
}


def main() -> None:
    if sys.argv[1:2] == ["--memory"]:
        measure_memory(sys.argv[2])
        return
    data = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data")) / "ml-1m" / "ml-1m.zip"
    print(describe_machine(), end="\n\n")
    search_movielens(sys.argv[1] if len(sys.argv) > 1 else data)
    time_gate()
    for model in MODELS:
        subprocess.run([sys.executable, __file__, "--memory", model], check=True)


def describe_machine() -> str:
    return (
        f"{date.today()}, {os.cpu_count()} cores ({platform.machine()}), sklearn_recsys "
        f"{sklearn_recsys.__version__}, scikit-learn {sklearn.__version__}, NumPy {np.__version__}"
        f", pandas {pd.__version__}, Python {platform.python_version()}"
    )


def search_movielens(path) -> None:
    """Tune a Pipeline on 80 % of each user's ratings, and score it on the rest."""
    movielens = load_movielens(path)
    train, test = train_test_split_by_user(movielens.X, test_size=0.2, random_state=42)
    steps = [("weigh", ConfidenceWeighter()), ("knn", ItemKNNRecommender(n_jobs=-1))]
    scoring = make_ranking_scorer("ndcg@10")
    search = GridSearchCV(Pipeline(steps), GRID, scoring=scoring, cv=InteractionKFold(3))
    started = time.perf_counter()
    search.fit(train)
    wall = time.perf_counter() - started
    results = search.cv_results_
    per_fold = results["mean_fit_time"] + results["mean_score_time"]
    inside = per_fold.sum() * search.n_splits_ + search.refit_time_
    print(f"GridSearchCV: {wall:.1f} s, {1 - inside / wall:.2%} outside fits and scores")
    print(f"best: {search.best_params_}\n")
    print("| model | nDCG@10 | Recall@20 | Recall@20, min(20, n) | fit s | score s |")
    print("|---|---|---|---|---|---|")
    report("ItemKNNRecommender, searched", search.best_estimator_, train, test)
    for model in MODELS.values():
        report(f"{model}, without ratings", model, train.iloc[:, :2], test.iloc[:, :2])
    knn = search.best_estimator_[-1]
    titles = movielens.movies.set_index("movie_id")["title"]
    print("\nuser 1:", *titles[knn.recommend(1)["movie_id"]], sep="\n    ")
    toy_story = titles.index[titles == "Toy Story (1995)"][0]
    print(
        "like Toy Story:", *titles[knn.similar_items(toy_story)["similar_movie_id"]], sep="\n    "
    )


def report(name: str, model, train: pd.DataFrame, test: pd.DataFrame) -> None:
    started = time.perf_counter()
    model.fit(train)
    fitted = time.perf_counter()
    scores = make_ranking_scorer(*METRICS)(model, test)
    scored = time.perf_counter()
    figures = " | ".join(f"{scores[metric]:.4f}" for metric in METRICS)
    print(f"| {name} | {figures} | {fitted - started:.2f} | {scored - fitted:.2f} |")


def time_gate() -> None:
    """Time the encoding of a million rows, with ids of several types."""
    X = make_plays(100_000, 50_000, 1_000_000, exponent=0)
    texts = X.assign(user="u" + X["user"].astype(str), item="i" + X["item"].astype(str))
    tables = {"int": X, "text": texts, "text as objects": texts.astype(object)}
    print("\n| ids of 1M rows | gate, median of 5, s |\n|---|---|")
    for name, table in tables.items():
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            validate_interactions(table)
            seconds.append(time.perf_counter() - started)
        print(f"| {name} | {statistics.median(seconds):.3f} |")
    print("\n| 1e5 users x 1e5 items, 1e6 rows | fit s | recommend all s | peak memory MB |")
    print("|---|---|---|---|", flush=True)


def measure_memory(name: str) -> None:
    """Fit and recommend for all users, and print how far the process grew beyond its imports."""
    model, X = MODELS[name], make_plays(100_000, 100_000, 1_000_000, exponent=0.8)
    before = peak_memory()
    started = time.perf_counter()
    model.fit(X)
    fitted = time.perf_counter()
    recommended = model.recommend()
    done = time.perf_counter()
    assert len(recommended) == 10 * len(model.users_)
    grown = peak_memory() - before
    print(f"| {model} | {fitted - started:.1f} | {done - fitted:.1f} | {grown:.0f} |", flush=True)


def peak_memory() -> float:
    """Return the largest resident size so far in MB; getrusage would count the parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024


def make_plays(n_users: int, n_items: int, n_rows: int, *, exponent: float) -> pd.DataFrame:
    """Draw distinct (user, item) pairs; the popularity of items falls with rank**exponent."""
    rng = np.random.default_rng(0)
    shares = np.arange(1, n_items + 1) ** -float(exponent)
    items = rng.choice(n_items, size=n_rows, p=shares / shares.sum())
    X = pd.DataFrame({"user": rng.integers(n_users, size=n_rows), "item": items})
    return X.drop_duplicates(ignore_index=True)


if __name__ == "__main__":
    main()
