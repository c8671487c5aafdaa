"""Rank all recommenders on a data set, with their defaults and with what a search finds."""
# SPDX-License-Identifier: BSD-3-Clause

import time

import numpy as np
from tuning import describe, thread, tune

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_hetrec_lastfm, load_movielens
from sklearn_recsys.decomposition import (
    ALSRecommender,
    GraphFilterRecommender,
    HybridRecommender,
    SVDRecommender,
)
from sklearn_recsys.linear_model import EASERecommender, SLIMRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user
from sklearn_recsys.neighbors import (
    ItemKNNRecommender,
    RP3BetaRecommender,
    UserKNNRecommender,
)

METRICS = ("ndcg@10", "capped_recall@20")
LOADERS = {
    "ml-1m": ("MovieLens-1M", load_movielens, "ml-1m/ml-1m.zip"),
    "ml-100k": ("MovieLens-100K", load_movielens, "ml-100k/ml-100k.zip"),
    "lastfm-2k": (
        "HetRec Last.fm-2k",
        load_hetrec_lastfm,
        "hetrec2011-lastfm-2k/hetrec2011-lastfm-2k.zip",
    ),
}
MODELS = {
    "Popularity": PopularityRecommender(),
    "ItemKNN": ItemKNNRecommender(),
    "UserKNN": UserKNNRecommender(),
    "RP3Beta": RP3BetaRecommender(),
    "SVD": SVDRecommender(),
    "GraphFilter": GraphFilterRecommender(),
    "ALS": ALSRecommender(),
    "EASE": EASERecommender(),
    "SLIM": SLIMRecommender(),
    "Hybrid": HybridRecommender(),
}
# nDCG@10 and Recall@20, of other libraries with their settings for it, on this very split.
KNOWN = {
    "ml-1m": [
        ("EASE, reg 500", 0.4301, 0.4088),
        ("implicit ALS, 64 components, reg 30", 0.4222, 0.3990),
        ("WARP, 32 components", 0.37, 0.35),
        ("cosine neighbours, 50", 0.359, 0.342),
        ("truncated SVD, 64 components", 0.3875, 0.3694),
    ]
}
SETTINGS = [
    ("EASE, reg 500", EASERecommender(500.0)),
    (
        "implicit ALS, 64 components, reg 30",
        ALSRecommender(64, reg=30.0, alpha=0.5, unobserved_weight=1.0, reg_exponent=0.0),
    ),
    ("WARP, 32 components", HybridRecommender(32, user_reg=0.0, item_reg=0.0, max_iter=10)),
    ("cosine neighbours, 50", ItemKNNRecommender("cosine", n_neighbors=50, shrinkage=0.0)),
    ("truncated SVD, 64 components", SVDRecommender(64)),
]


def rank(name: str, options) -> str:
    """Return the tables of a data set: a random fifth of each user's rows is the test part."""
    title, load, path = LOADERS[name]
    X = load(options.data / path).X.iloc[:, :2]
    train, test = train_test_split_by_user(X, test_size=0.2, random_state=42)
    parts = [reproduce_known(name, train, test, options)] if name in KNOWN else []
    split = validation_split(train)
    rows = []
    for label, model in MODELS.items():
        if options.models is None or label in options.models:
            rows.append(measure_both(thread(model, options.n_jobs), train, test, split, options))
            print(rows[-1][1], flush=True)
    lines = [line for _, line in sorted(rows, key=lambda row: -row[0])]
    head = [
        f"## {title}, 80/20 by user\n",
        f"The best of the defaults and {options.settings} settings, by nDCG@10 on a fifth of each "
        "user's training rows; then fitted to all of these. Recall has min(20, n) as its "
        "denominator. No values.\n",
        "| found by the search | nDCG@10 | Recall@20 | defaults: nDCG@10 | fit s | search s |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*parts, *head, *lines, ""])


def validation_split(train) -> tuple[np.ndarray, np.ndarray]:
    numbered = train.assign(number=np.arange(len(train)))
    fits, held_out = train_test_split_by_user(numbered, test_size=0.2, random_state=0)
    return fits["number"].to_numpy(), held_out["number"].to_numpy()


def measure_both(model, train, test, split, options) -> tuple[float, str]:
    scoring = make_ranking_scorer(METRICS[0])
    found, search_seconds = tune(model, train, split, scoring, n_settings=options.settings)
    scores, fit_seconds = measure(found, train, test)
    defaults, _ = measure(model, train, test)
    figures = " | ".join(f"{scores[metric]:.4f}" for metric in METRICS)
    line = f"| {describe(found, type(model)())} | {figures} | {defaults[METRICS[0]]:.4f} | "
    return scores[METRICS[0]], line + f"{fit_seconds:.1f} | {search_seconds:.0f} |"


def measure(model, train, test) -> tuple[dict[str, float], float]:
    started = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - started
    return make_ranking_scorer(*METRICS)(model, test), seconds


def reproduce_known(name: str, train, test, options) -> str:
    lines = [
        "## Settings measured elsewhere on MovieLens-1M, 80/20 by user\n",
        "| setting | nDCG@10 elsewhere | here | Recall@20, min(20, n) elsewhere | here | fit s |",
        "|---|---|---|---|---|---|",
    ]
    for (label, ndcg, recall), (same, model) in zip(KNOWN[name], SETTINGS, strict=True):
        assert label == same
        scores, seconds = measure(thread(model, options.n_jobs), train, test)
        own = [f"{scores[metric]:.4f}" for metric in METRICS]
        lines.append(f"| {label} | {ndcg} | {own[0]} | {recall} | {own[1]} | {seconds:.2f} |")
    return "\n".join([*lines, ""])
