"""Measure the models of content: tags of Last.fm-2k and genres of MovieLens-1M.

Run it as ``python tests/benchmarks/content.py PART...`` with one or several of

- ``similar``: artists that are alike by their tags, by name, and what the vectors cost;
- ``lists``: nDCG@10 of lists made from content alone against popularity, a fifth of each user's
  interactions held out;
- ``defaults``: the same for the settings of `ContentRecommender`, on validation parts;
- ``cold``: a fifth of the items held out entirely, in each of three folds, for 500 users;
- ``regressions``: the settings of `ContentToFactorsRecommender`, on cold items of the training
  part.

A user who tags an artist is one who listens to it, so the tags that somebody gave to an artist
that is held out from her are left out. The data sets are in the folder that SKLEARN_RECSYS_DATA
names.
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
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.content import ContentRecommender, ContentToFactorsRecommender
from sklearn_recsys.datasets import load_hetrec_lastfm, load_movielens
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender, SVDRecommender
from sklearn_recsys.feature_extraction import GenreTfidf, TermVectors
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import ColdItemKFold, train_test_split_by_user
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.preprocessing import ConfidenceWeighter

DATA = Path(os.environ.get("SKLEARN_RECSYS_DATA", "../shared/data"))
N_USERS = 500
FAMOUS = ("Radiohead", "Metallica", "Madonna", "Bob Marley", "Daft Punk")


def main() -> None:
    parts = {
        "similar": find_similar_artists,
        "lists": compare_lists,
        "defaults": compare_settings,
        "cold": compare_cold_items,
        "regressions": compare_regressions,
    }
    for name in sys.argv[1:]:
        print(parts[name]().to_string(index=False), end="\n\n", flush=True)


def find_similar_artists() -> pd.DataFrame:
    data = lastfm()
    started = time.perf_counter()
    model = ContentRecommender(tag_table(data)).fit(data.X)
    print(f"{model.item_vectors_.shape}, {model.item_vectors_.nnz} tags, ", end="")
    print(f"{time.perf_counter() - started:.1f} s, peak {peak()} GB")
    names = data.artists.set_index("artist_id")["name"]
    ids = [names.index[names == name][0] for name in FAMOUS]
    found = model.similar_items(ids, 5)
    terms = model.top_features(ids, 5)
    rows = [
        {
            "artist": names[id_],
            "top tags": ", ".join(terms.loc[terms["artist_id"] == id_, "feature"]),
            "similar": ", ".join(
                f"{names[row.similar_artist_id]} {row.score:.2f}"
                for row in found[found["artist_id"] == id_].itertuples()
            ),
        }
        for id_ in ids
    ]
    return pd.DataFrame(rows)


def compare_lists() -> pd.DataFrame:
    rows = []
    for name, (X, _, data) in worlds().items():
        train, test = train_test_split_by_user(X, test_size=0.2, random_state=42)
        plain, unit = (describe(name, data, test, norm=norm) for norm in (None, "l2"))
        models = {
            "random": RandomRecommender(random_state=0),
            "popularity": PopularityRecommender(),
            "cosine": ContentRecommender(unit, similarity="cosine"),
            "dot, norm=None": ContentRecommender(plain, similarity="dot"),
            "rating_mean, dot, norm=None": ContentRecommender(
                plain, profile="rating_mean", similarity="dot"
            ),
            "ItemKNNRecommender": ItemKNNRecommender(),
        }
        rows += [measure(name, label, model, train, test) for label, model in models.items()]
    return pd.DataFrame(rows)


def compare_settings() -> pd.DataFrame:
    rows = []
    for name, (X, _, data) in worlds().items():
        train, test = train_test_split_by_user(X, test_size=0.2, random_state=42)
        train, valid = train_test_split_by_user(train, test_size=0.2, random_state=0)
        rows.append(measure(name, "popularity", PopularityRecommender(), train, valid))
        held_out = pd.concat([test, valid])
        for norm, use_idf in itertools.product((None, "l2"), (True, False)):
            table = describe(name, data, held_out, norm=norm, use_idf=use_idf)
            for profile, similarity in itertools.product(
                ("centroid", "mean", "rating_mean"), ("cosine", "dot")
            ):
                model = ContentRecommender(table, profile=profile, similarity=similarity)
                label = f"norm={norm}, use_idf={use_idf}, {profile}, {similarity}"
                rows.append(measure(name, label, model, train, valid))
    return pd.DataFrame(rows)


def compare_cold_items() -> pd.DataFrame:
    svd, als = SVDRecommender(random_state=0), ALSRecommender(32, random_state=0)
    models = {
        "random": RandomRecommender(random_state=0),
        "popularity": PopularityRecommender(),
        "ContentRecommender, cosine": ContentRecommender(similarity="cosine"),
        "ContentRecommender, dot, norm=None": ContentRecommender(similarity="dot"),
        "ContentToFactors(SVD, Ridge)": ContentToFactorsRecommender(svd),
        "ContentToFactors(ALS, Ridge)": ContentToFactorsRecommender(als),
        "HybridRecommender": HybridRecommender(max_iter=10, random_state=0),
    }
    rows = []
    for name, (X, _, data) in worlds().items():
        rows += [measure_cold(name, label, model, X, data) for label, model in models.items()]
    return pd.DataFrame(rows)


def compare_regressions() -> pd.DataFrame:
    rows = []
    for name, (X, _, data) in worlds().items():
        train, _ = train_test_split_by_user(X, test_size=0.2, random_state=42)
        for alpha, power in itertools.product((1.0, 3.0, 10.0), (0.0, 0.5)):
            model = ContentToFactorsRecommender(
                SVDRecommender(random_state=0), regressor=Ridge(alpha), popularity_power=power
            )
            label = f"alpha={alpha}, power={power}"
            rows.append(measure_cold(name, label, model, train, data, n_folds=2))
    return pd.DataFrame(rows)


def measure(name: str, label: str, model, train, test) -> dict:
    started = time.perf_counter()
    model.fit(train)
    fitted = time.perf_counter()
    score = make_ranking_scorer("ndcg@10", "recall@20")(model, test)
    row = {"data": name, "model": label} | {m: round(v, 4) for m, v in score.items()}
    seconds = fitted - started, time.perf_counter() - fitted
    row |= dict(zip(("fit s", "lists s"), np.round(seconds, 2), strict=True))
    print(row, file=sys.stderr, flush=True)
    return row | {"peak GB": peak()}


def measure_cold(name: str, label: str, model, X, data, *, n_folds: int = 3) -> dict:
    """Return how the items of a fold, known by features alone, are ranked among themselves."""
    scores, seconds = [], 0.0
    norm = None if "norm=None" in label else "l2"
    for train, test in itertools.islice(ColdItemKFold(5, random_state=0).split(X), n_folds):
        test, items = choose_users(X.iloc[train], X.iloc[test])
        fitted = clone(model)
        if "item_features" in model.get_params(deep=False):
            fitted.set_params(item_features=describe(name, data, test, norm=norm))
        started = time.perf_counter()
        fitted.fit(X.iloc[train])
        seconds += time.perf_counter() - started
        scores.append(score_cold(fitted, test, items))
    row = {"data": name, "model": label} | pd.DataFrame(scores).mean().round(4).to_dict()
    print(row, round(seconds, 1), file=sys.stderr, flush=True)
    return row | {"fit s": round(seconds / len(scores), 2), "peak GB": peak()}


def choose_users(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the held-out rows of some users of the training part, and all held-out items."""
    user, item = test.columns[:2]
    items = np.unique(test[item])
    known = np.intersect1d(test[user], train[user])
    # Enough for a mean that is sure to some thousandths.
    chosen = np.random.default_rng(0).permutation(known)[:N_USERS]
    return test[test[user].isin(chosen)], items


def score_cold(model, test: pd.DataFrame, cold: np.ndarray) -> dict:
    """Return AUC and nDCG@10 of a user's held-out items among all that are held out."""
    user, item = test.columns[:2]
    discounts, aucs, gains = 1 / np.log2(np.arange(2, 12)), [], []
    users = np.unique(test[user])
    pairs = pd.DataFrame({user: np.repeat(users, len(cold)), item: np.tile(cold, len(users))})
    for u, scores in zip(users, model.predict(pairs).reshape(len(users), -1), strict=True):
        hit = np.isin(cold, test.loc[test[user] == u, item])
        n = hit.sum()
        # Equal scores share their ranks, and are shuffled, so that to know nothing gets chance.
        ranks = rankdata(scores)[hit].sum()
        aucs.append((ranks - n * (n + 1) / 2) / (n * (len(hit) - n)))
        shuffled = np.random.default_rng(u).permutation(len(cold))
        order = shuffled[np.argsort(-scores[shuffled], kind="stable")][:10]
        gains.append((hit[order] * discounts).sum() / discounts[:n].sum())
    return {"AUC": np.mean(aucs), "nDCG@10": np.mean(gains)}


def worlds() -> dict:
    music, films = lastfm(), load_movielens(DATA / "ml-1m" / "ml-1m.zip")
    plays = ConfidenceWeighter("log").fit_transform(music.X)
    return {
        "lastfm-2k": (plays, tag_table(music), music),
        "ml-1m": (films.X.iloc[:, :2], genre_table(films), films),
    }


def lastfm():
    return load_hetrec_lastfm(DATA / "hetrec2011-lastfm-2k" / "hetrec2011-lastfm-2k.zip")


def describe(name: str, data, held_out: pd.DataFrame, **parameters) -> FeatureTable:
    """Return the features of a data set without what was said by those who are to be found."""
    if name == "ml-1m":
        return genre_table(data, **parameters)
    return tag_table(data, without=held_out, **parameters)


def tag_table(data, *, without: pd.DataFrame | None = None, **parameters) -> FeatureTable:
    """Return artists by how often each tag was given to them; those without tags have none."""
    taggings = data.user_tagged_artists.merge(data.tags, on="tag_id")
    if without is not None:
        pairs = pd.MultiIndex.from_frame(without[["user_id", "artist_id"]])
        own = pd.MultiIndex.from_frame(taggings[["user_id", "artist_id"]])
        taggings = taggings[~own.isin(pairs)]
    counts = taggings.groupby(["artist_id", "tag"]).size()
    cells = {
        artist: dict(zip(rows.index.get_level_values("tag"), rows, strict=True))
        for artist, rows in counts.groupby(level="artist_id")
    }
    ids = sorted(set(data.X["artist_id"]))
    table = pd.DataFrame({"tags": [cells.get(id_, {}) for id_ in ids]}, index=ids)
    vectors = TermVectors(**{"sublinear_tf": True, **parameters})
    kinds = ColumnTransformer([("tag", vectors, "tags")], verbose_feature_names_out=False)
    return FeatureTable(table, kinds)


def genre_table(data, **parameters) -> FeatureTable:
    kinds = ColumnTransformer([("genre", GenreTfidf(**{"norm": "l2", **parameters}), "genre")])
    return FeatureTable(data.movies, kinds, id_column="movie_id")


def peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
