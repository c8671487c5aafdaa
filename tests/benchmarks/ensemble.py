"""Measure ensembles against their best members, and what diversity costs.

Run it as ``python tests/benchmarks/ensemble.py DATA...`` with one or several of ``ml-100k``,
``ml-1m`` and ``lastfm-2k``. A fifth of each user's interactions is the test part; members have the
settings of `SETTINGS`, chosen on a validation part of the training interactions
(``python tests/benchmarks/ensemble.py tune DATA...`` searches them again), and the weights of
blends and what rerankers learn come from validation parts that `fit` itself cuts off. It prints
nDCG@10, processor seconds of fit and of everyone's lists, and peak memory; then, of both
diversifiers by trade-off, nDCG@10, how alike the ten items are (mean cosine of their features) and
how far their features are from the user's own (Kullback-Leibler divergence). The data sets are in
the folder that SKLEARN_RECSYS_DATA names.
"""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.preprocessing import normalize

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import load_hetrec_lastfm, load_movielens
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender
from sklearn_recsys.ensemble import (
    BlendRecommender,
    CalibratedDiversifier,
    MMRDiversifier,
    RankFusionRecommender,
    RerankRecommender,
)
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender, RP3BetaRecommender

try:
    from sklearn_recsys.content import ContentRecommender
except ImportError:  # the blends then do without a member that reads features alone
    ContentRecommender = None

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
N_TAGS = 500  # of Last.fm: those given most often
SCORER = make_ranking_scorer("ndcg@10")
GRIDS = {
    "ease": {"reg": (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)},
    "als": {
        "n_components": (32, 64, 128),
        "reg": (3.0, 10.0, 30.0),
        "unobserved_weight": (0.1, 0.3),
    },
    "knn": {"similarity": ("jaccard", "cosine", "bm25"), "n_neighbors": (50, 200)},
    "walks": {"alpha": (0.4, 0.7), "beta": (0.2, 0.4, 0.6)},
}
SETTINGS = {
    "ml-100k": {
        "ease": {"reg": 400.0},
        "als": {"n_components": 32, "reg": 10.0, "unobserved_weight": 0.3},
        "knn": {"similarity": "bm25", "n_neighbors": 200},
        "walks": {"alpha": 0.7, "beta": 0.6},
    },
    "ml-1m": {
        "ease": {"reg": 1600.0},
        "als": {"n_components": 128, "reg": 10.0, "unobserved_weight": 0.1},
        "knn": {"similarity": "bm25", "n_neighbors": 200},
        "walks": {"alpha": 0.7, "beta": 0.6},
    },
    "lastfm-2k": {
        "ease": {"reg": 100.0},
        "als": {"n_components": 64, "reg": 3.0, "unobserved_weight": 0.1},
        "knn": {"similarity": "bm25", "n_neighbors": 200},
        "walks": {"alpha": 0.4, "beta": 0.4},
    },
}


def main() -> None:
    tuning = sys.argv[1:2] == ["tune"]
    for name in sys.argv[1 + tuning :]:
        X, features = LOADERS[name]()
        train, test = train_test_split_by_user(X, test_size=0.2, random_state=42)
        if tuning:
            print(name, search(name, train, features), flush=True)
            continue
        members = make_members(name, features)
        print(f"{name}\n{compare(members, features, train, test).to_string()}\n", flush=True)
        print(f"{compare_trade_offs(members, features, train, test).to_string()}\n", flush=True)


def load_films(folder: str):
    data = load_movielens(DATA / folder / f"{folder}.zip")
    table = data["items"].set_index(data["items"].columns[0])
    return data.X.iloc[:, :2], FeatureTable(table[["genre"]], GenreTfidf(), missing="zero")


def load_artists():
    data = load_hetrec_lastfm(DATA / "hetrec2011-lastfm-2k" / "hetrec2011-lastfm-2k.zip")
    tags = data.user_tagged_artists
    tags = tags[tags["artist_id"].isin(data.artists["artist_id"])]
    common = tags["tag_id"].value_counts().index[:N_TAGS]
    tags = tags[tags["tag_id"].isin(common)].astype({"tag_id": str})
    lists = tags.groupby("artist_id")["tag_id"].agg("|".join)
    table = lists.reindex(data.artists["artist_id"], fill_value="").to_frame("genre")
    return data.X.iloc[:, :2], FeatureTable(table, GenreTfidf(norm="l2"), missing="zero")


LOADERS = {
    "ml-100k": lambda: load_films("ml-100k"),
    "ml-1m": lambda: load_films("ml-1m"),
    "lastfm-2k": load_artists,
}


def make_members(name: str, features: FeatureTable) -> list:
    """Return the members of a data set's ensembles; one line more adds another."""
    # The inverse of all pairs of 17 632 artists takes gigabytes: regressions on the nearest alone.
    local = {"n_neighbors": 200} if name == "lastfm-2k" else {}
    members = {
        "ease": EASERecommender(**local),
        "als": ALSRecommender(random_state=0),
        "knn": ItemKNNRecommender(),
        "walks": RP3BetaRecommender(),
        "hybrid": HybridRecommender(
            32, item_features=features, max_iter=20, random_state=0, n_jobs=1
        ),
    }
    if ContentRecommender is not None:
        members["content"] = ContentRecommender(features, similarity="cosine")
    for member, setting in SETTINGS[name].items():
        members[member].set_params(**setting)
    return list(members.items())


def compare(members, features, train, test) -> pd.DataFrame:
    forest = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.05, random_state=0)
    two = [pair for pair in members if pair[0] in ("ease", "als")]
    models = {
        "popularity": PopularityRecommender(),
        **dict(members),
        "blend of ease and als, weights fitted": BlendRecommender(two, weights="fit"),
        "blend, equal weights": BlendRecommender(members),
        "blend, weights fitted": BlendRecommender(members, weights="fit"),
        "blend of z-scores, weights fitted": BlendRecommender(
            members, weights="fit", normalize="zscore"
        ),
        "blend of ranks, weights fitted": BlendRecommender(
            members, weights="fit", normalize="rank"
        ),
        "reciprocal ranks": RankFusionRecommender(members),
        "Borda": RankFusionRecommender(members, method="borda"),
        "rerank, logistic": RerankRecommender(members),
        "rerank, boosted trees": RerankRecommender(members, reranker=forest),
    }
    return pd.DataFrame(
        [measure(name, model, train, test) for name, model in models.items()]
    ).set_index("model")


def measure(name: str, model, train, test) -> dict:
    started = time.process_time()
    model.fit(train)
    fitted = time.process_time()
    score = SCORER(model, test)
    weights = getattr(model, "weights_", None)
    names = [name for name, _ in getattr(model, "recommenders", [])]
    told = "" if weights is None else dict(zip(names, weights.round(2).tolist(), strict=True))
    row = {
        "model": name,
        "ndcg@10": round(score, 4),
        "fit s": round(fitted - started, 1),
        "lists s": round(time.process_time() - fitted, 1),
        # Of the process, so it never falls from one row to the next.
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "weights": told,
    }
    print(row, file=sys.stderr, flush=True)
    return row


def compare_trade_offs(members, features, train, test) -> pd.DataFrame:
    base = dict(members)["ease"]
    models = {("none", 0.0): base}
    for share in (0.1, 0.3, 0.5, 0.7):
        model = MMRDiversifier(base, trade_off=share, item_features=features)
        models["MMR", share] = model
    for share in (0.03, 0.1, 0.3, 0.5):
        model = CalibratedDiversifier(base, item_features=features, trade_off=share)
        models["calibrated", share] = model
    rows = []
    for (name, share), model in models.items():
        score = SCORER(model.fit(train), test)
        likeness, divergence = judge(model, features)
        rows.append([name, share, score, likeness, divergence])
    names = ["diversifier", "trade_off", "ndcg@10", "likeness", "divergence"]
    return pd.DataFrame(rows, columns=names).round(4)


def judge(model, features) -> tuple[float, float]:
    """Return the mean cosine of two items of a list, and the divergence from users' features."""
    vectors = features.fit(model.items_).transform(model.items_).astype(float)
    unit, shares = normalize(vectors).toarray(), normalize(vectors, "l1").toarray()
    wanted = normalize(model.interactions_ @ shares, "l1")
    lists = model.recommend(n_items=10)
    cols = np.searchsorted(model.items_, lists.iloc[:, 1]).reshape(len(model.users_), 10)
    likeness, divergence = [], []
    for p, own in zip(wanted, cols, strict=True):
        cosines = unit[own] @ unit[own].T
        likeness.append(cosines[np.triu_indices(10, 1)].mean())
        q = 0.99 * shares[own].mean(axis=0) + 0.01 * p
        used = p > 0
        divergence.append((p[used] * np.log(p[used] / q[used])).sum())
    return float(np.mean(likeness)), float(np.mean(divergence))


def search(name: str, train, features) -> dict:
    fit_part, validation = train_test_split_by_user(train, test_size=0.2, random_state=0)
    best = {}
    for member, model in make_members(name, features):
        grid = GRIDS.get(member, {})
        settings = [
            dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())
        ]
        scores = [
            SCORER(model.set_params(**setting).fit(fit_part), validation) for setting in settings
        ]
        best[member] = settings[int(np.argmax(scores))]
        print(name, member, best[member], round(max(scores), 4), file=sys.stderr, flush=True)
    return {member: setting for member, setting in best.items() if setting}


if __name__ == "__main__":
    main()
