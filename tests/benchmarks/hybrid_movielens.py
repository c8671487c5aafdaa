"""Measure HybridRecommender on MovieLens-1M: a known protocol, a search, and cold starts.

Run it as ``python tests/benchmarks/hybrid_movielens.py [--epochs 100] [--cold-epochs 15]
[--parts protocol,search,cold] [--n-jobs 2] [--quick]``; hybrid_movielens.md in the output folder
tells the results. All ratings count as 1. The protocol holds out a tenth of the ratings whoever's
they are, and fits 32 components by WARP with the features of users and movies, those of a row
summing to 1. In a cold start a fifth of the users, or of the movies, is held out entirely; there
features of a row sum to 1 for lightfm-next only, as its own Dataset would have them.
lightfm-next is taken from the environment of the benchmarks where it is not installed.
"""
# SPDX-License-Identifier: BSD-3-Clause

import argparse
import importlib.util
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from comparisons.environments import find_python  # noqa: E402
from comparisons.harness import Bench, note  # noqa: E402
from comparisons.report import introduce  # noqa: E402
from comparisons.shapes import movielens  # noqa: E402
from peers import default_cache  # noqa: E402
from sklearn.model_selection import GridSearchCV, ShuffleSplit, train_test_split  # noqa: E402
from workers.features import make_tables  # noqa: E402

from sklearn_recsys.adapters import LightFMAdapter  # noqa: E402
from sklearn_recsys.baseline import PopularityRecommender  # noqa: E402
from sklearn_recsys.decomposition import HybridRecommender  # noqa: E402
from sklearn_recsys.metrics import (  # noqa: E402
    make_ranking_scorer,
    ndcg_at_k,
    roc_auc_per_user,
)

SPLIT_SEED, MODEL_SEED = 779, 1616
METRICS = ("precision@10", "auc")
# P@10 and AUC on the training part, then on the test part, of LightFM.
PUBLISHED = (0.59, 0.93, 0.19, 0.92)
TARGET = 0.21
COLD_SHARE = 0.2
PARTS = ("protocol", "search", "cold")
WITHOUT_PENALTY = {"user_reg": 0.0, "item_reg": 0.0}  # as LightFM by default
DISTRIBUTIONS = ("lightfm-next", "numpy", "pandas", "scikit-learn", "scipy")


def main(arguments: list[str] | None = None) -> None:
    options = read_options(arguments)
    bench = Bench(options.cache)
    provide_lightfm(options.cache)
    bench.versions["here"] = {name: version(name) for name in DISTRIBUTIONS}
    data = movielens()
    if options.quick:
        data.X = data.X[data.X["user_id"] <= 300]
    sections = [f"{introduce(bench)} {options.n_jobs} thread(s).\n"]
    jobs = {"protocol": follow_protocol, "search": search_settings, "cold": start_cold}
    options.output.mkdir(parents=True, exist_ok=True)
    for part in options.parts:
        started = time.perf_counter()
        sections.append(jobs[part](data, options))
        note(f"{sections[-1]}\n{part} done after {time.perf_counter() - started:.0f} s")
        # After each part: an hour is not lost with its last minute.
        text = "\n".join(sections)
        (options.output / "hybrid_movielens.md").write_text(text, encoding="utf-8")


def read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--epochs", type=int, default=100, help="of the protocol")
    parser.add_argument("--cold-epochs", type=int, default=15)
    parser.add_argument("--n-jobs", type=int, default=2, help="threads")
    parser.add_argument("--quick", action="store_true", help="300 users, few epochs")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="kept between runs")
    options = parser.parse_args(arguments)
    if options.quick:
        options.epochs, options.cold_epochs = 3, 3
    return options


def provide_lightfm(cache: Path) -> None:
    """Make lightfm importable, from its own environment if it is not in this one."""
    if importlib.util.find_spec("lightfm") is None:
        folder = find_python("of_lightfm", cache).parents[1]
        # At the end: all that both environments have is taken from this one.
        sys.path += map(str, folder.glob("lib/python*/site-packages"))


def follow_protocol(data, options: argparse.Namespace) -> str:
    train, test = split(data)
    tables = describe(data, fit_on="all")
    settings = {**tables, "normalize": True, "n_jobs": options.n_jobs}
    training = {"max_iter": options.epochs, "random_state": MODEL_SEED}
    ours = HybridRecommender(32, loss="warp", **WITHOUT_PENALTY, **training, **settings)
    lines = ["| published for LightFM | " + " | ".join(map(str, PUBLISHED)) + " | - |"]
    lines += [
        report_protocol("lightfm-next", adapt(options.epochs, **settings), train, test),
        report_protocol("HybridRecommender, the same settings", ours, train, test),
    ]
    title = f"## 32 components, WARP, {options.epochs} epochs, features\n\n"
    return title + "\n".join(
        [*head("P@10 train", "AUC train", "P@10 test", "AUC test"), *lines, ""]
    )


def search_settings(data, options: argparse.Namespace) -> str:
    """Choose among the settings by a tenth of the training part, and score the best on the test."""
    train, test = split(data)
    tables = describe(data, fit_on="all")
    model = HybridRecommender(random_state=MODEL_SEED, n_jobs=options.n_jobs)
    grid = [
        setting | {"max_iter": [min(setting["max_iter"][0], options.epochs)]} for setting in GRID
    ]
    for setting in grid:
        for name in tables:
            setting[name] = [tables[name] if kept else None for kept in setting[name]]
    scoring = make_ranking_scorer("precision@10")
    one_split = ShuffleSplit(1, test_size=0.1, random_state=0)
    search = GridSearchCV(model, grid, scoring=scoring, cv=one_split, refit=False)
    started = time.perf_counter()
    search.fit(train)
    seconds = time.perf_counter() - started
    found = search.cv_results_
    lines = ["| candidate | P@10 | fit s |", "|---|---|---|"]
    for number in np.argsort(-found["mean_test_score"], kind="stable"):
        score, fit_seconds = found["mean_test_score"][number], found["mean_fit_time"][number]
        lines.append(
            f"| {name_setting(found['params'][number])} | {score:.4f} | {fit_seconds:.1f} |"
        )
    best = search.best_params_
    line = report_protocol(name_setting(best), model.set_params(**best), train, test)
    return "\n".join(
        [
            f"## GridSearchCV over {len(found['params'])} candidates: {seconds:.0f} s\n",
            *lines,
            f"\nThe best of them on the test part (wanted: P@10 of {TARGET}):\n",
            *head("P@10 train", "AUC train", "P@10 test", "AUC test"),
            line,
            "",
        ]
    )


# Of a table it says whether it is used. Small steps need more epochs; so do features of which
# those of a row sum to 1, unless the steps are larger.
PLAIN = {
    "n_components": [64],
    "learning_rate": [0.03],
    "max_iter": [40],
    "normalize": [False],
    "user_features": [False],
    "item_features": [False],
}
GRID = [
    PLAIN | {"n_components": [32, 64]},
    PLAIN | {"n_components": [32, 64], "learning_rate": [0.05], "max_iter": [15]},
    PLAIN | {"item_features": [True]},
    PLAIN | {"user_features": [True], "item_features": [False, True]},
    PLAIN
    | {name: [reg] for name, reg in WITHOUT_PENALTY.items()}
    | {
        "learning_rate": [0.1],
        "normalize": [True],
        "user_features": [True],
        "item_features": [True],
    },
]


def name_setting(params: dict) -> str:
    tables = [
        name.partition("_")[0] for name, value in params.items() if "_features" in name and value
    ]
    features = f"features of {' and '.join(tables)}" if tables else "no features"
    scaled = ", normalised" if params["normalize"] and tables else ""
    return (
        f"{params['n_components']} components, {params['max_iter']} epochs, "
        f"learning rate {params['learning_rate']}, {features}{scaled}"
    )


def start_cold(data, options: argparse.Namespace) -> str:
    return "\n".join([meet_users(data, options), meet_movies(data, options)])


def meet_users(data, options: argparse.Namespace) -> str:
    """Score lists of all movies that somebody has rated: new users have seen none of them."""
    train, test = hold_out(data, "user")
    catalogue = np.unique(train["movie_id"])
    lines = []
    for name, model in cold_models(data, "user", options).items():
        seconds = time_fit(model, train)
        lines.append(as_line(name, measure_cold(model, test, catalogue), seconds))
    title = f"## {test['user_id'].nunique()} new users\n\n"
    return title + "\n".join([*head("AUC", "nDCG@10"), *lines, ""])


def meet_movies(data, options: argparse.Namespace) -> str:
    """Score lists of the new movies alone, and of all that the user has not seen."""
    train, test = hold_out(data, "item")
    scorer = make_ranking_scorer("auc", "ndcg@10")
    lines = []
    for name, model in cold_models(data, "item", options).items():
        seconds = time_fit(model, train)
        scores = measure_cold(model, test, np.unique(test["movie_id"]))
        # Popularity has no place for new ones among the others.
        is_among_all = not isinstance(model, PopularityRecommender)
        among_all = scorer(model, test).values() if is_among_all else (np.nan, 0.0)
        lines.append(as_line(name, [*scores, *among_all], seconds))
    measures = ("AUC", "nDCG@10", "AUC among all", "nDCG@10 among all")
    title = f"## {test['movie_id'].nunique()} new movies\n\n"
    return title + "\n".join([*head(*measures), *lines, ""])


NAMES = {"user": "user", "item": "movie"}


def cold_models(data, role: str, options: argparse.Namespace) -> dict:
    tables = describe(data, fit_on="seen")
    epochs = options.cold_epochs
    settings = {**tables, "normalize": True, "n_jobs": options.n_jobs}  # LightFM's own way
    ours = {**tables, "n_jobs": options.n_jobs, "max_iter": epochs, "random_state": MODEL_SEED}
    other = "item" if role == "user" else "user"
    return {
        "PopularityRecommender": PopularityRecommender(),
        "HybridRecommender, features only": HybridRecommender(
            **ours, user_identity=False, item_identity=False
        ),
        f"HybridRecommender, features, ids of {other}s": HybridRecommender(
            **ours, **{f"{role}_identity": False}
        ),
        "HybridRecommender, features and ids": HybridRecommender(**ours),
        "lightfm-next, features and ids": adapt(epochs, **settings),
        f"lightfm-next, features, ids of {other}s": adapt(
            epochs, **settings, **{f"{role}_identity": False}
        ),
    }


def adapt(epochs: int, **settings) -> LightFMAdapter:
    from lightfm import LightFM

    model = LightFM(no_components=32, loss="warp", random_state=MODEL_SEED)
    return LightFMAdapter(model, epochs=epochs, **settings)


def describe(data, *, fit_on: str) -> dict:
    users, movies = data.users.set_index("user_id"), data.movies.set_index("movie_id")
    return make_tables(users[users.index.isin(data.X["user_id"])], movies, fit_on=fit_on)


def split(data) -> tuple[pd.DataFrame, pd.DataFrame]:
    return train_test_split(data.X.iloc[:, :2], test_size=0.1, random_state=SPLIT_SEED)


def hold_out(data, role: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of most users or movies, and those of the fifth that nobody has met."""
    X = data.X.iloc[:, :2]
    ids = X[f"{NAMES[role]}_id"]
    order = np.random.default_rng(SPLIT_SEED).permutation(np.unique(ids))
    is_new = ids.isin(order[: int(COLD_SHARE * len(order))])
    return X[~is_new], X[is_new]


def head(*measures: str) -> list[str]:
    names = ["model", *measures, "fit s"]
    return ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]


def report_protocol(name: str, model, train: pd.DataFrame, test: pd.DataFrame) -> str:
    seconds = time_fit(model, train)
    of_train = make_ranking_scorer(*METRICS, exclude_seen=False)(model, train)
    of_test = make_ranking_scorer(*METRICS)(model, test)
    scores = [of[metric] for of in (of_train, of_test) for metric in METRICS]
    return as_line(name, scores, seconds)


def time_fit(model, train: pd.DataFrame) -> float:
    started = time.perf_counter()
    model.fit(train)
    return time.perf_counter() - started


def as_line(name: str, scores, seconds: float) -> str:
    figures = " | ".join("-" if np.isnan(score) else f"{score:.3f}" for score in scores)
    note(f"    {name}: {figures}, {seconds:.1f} s")
    return f"| {name} | {figures} | {seconds:.1f} |"


def measure_cold(model, test: pd.DataFrame, catalogue: np.ndarray) -> tuple[float, float]:
    """Return AUC and nDCG@10 of the test rows' users, of whom nothing else is held against a list.

    By predict, since a scorer refuses users who are all unknown, as they are to popularity.
    """
    test = test[test["movie_id"].isin(catalogue)]
    users, rows = np.unique(test["user_id"], return_inverse=True)
    relevant = np.zeros((len(users), len(catalogue)), dtype=bool)
    relevant[rows, np.searchsorted(catalogue, test["movie_id"])] = True
    pairs = {"user_id": np.repeat(users, len(catalogue))}
    pairs["movie_id"] = np.tile(catalogue, len(users))
    scores = model.predict(pd.DataFrame(pairs)).reshape(relevant.shape)
    # Items of one score, as new ones are to popularity, are in no order.
    lottery = np.random.default_rng(0).permutation(len(catalogue))
    order = lottery[np.argsort(-scores[:, lottery], axis=1, kind="stable")]
    ideal = -np.sort(-relevant.astype(np.float64), axis=1)
    gains = np.take_along_axis(relevant, order, axis=1)
    ndcg = ndcg_at_k(gains[:, :10].astype(np.float64), ideal[:, :10], k=10)
    return float(np.nanmean(roc_auc_per_user(scores, relevant))), float(ndcg.mean())


if __name__ == "__main__":
    main()
