"""The jobs of sklearn_recsys, through its public interface."""
# SPDX-License-Identifier: BSD-3-Clause

import warnings
from hashlib import sha256

import numpy as np
import pandas as pd
from measuring import (
    Watch,
    given_factors,
    learned_factors,
    load,
    ndcg,
    quality,
    save_lists,
    save_neighbors,
    with_biases,
)
from sklearn.model_selection import GridSearchCV

from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender

DISTRIBUTIONS = ("numpy", "scipy", "pandas", "scikit-learn")


class GivenFactors(FactorRecommender):
    """Take vectors by code instead of learning them."""

    def __init__(self, users=None, items=None, *, n_jobs=None):
        self.users = users
        self.items = items
        self.n_jobs = n_jobs

    def _factorize(self, matrix):
        # The last user is nobody's: she has what the others have not.
        return np.vstack([self.users, self.users[:1]])[self.users_], self.items[self.items_]


class Part:
    """Measure one method of an estimator within a longer call."""

    def __init__(self, estimator, method):
        self.seconds, self.extra_mb = 0.0, 0.0
        self.outer = None
        inner = getattr(estimator, method)

        def measured(*args, **kwargs):
            with Watch(self.outer) as watch:
                result = inner(*args, **kwargs)
            self.seconds += watch.seconds
            self.extra_mb = max(self.extra_mb, watch.answer()["extra_mb"])
            return result

        setattr(estimator, method, measured)

    def answer(self, watch, **more):
        inner = {"inner_seconds": self.seconds, "inner_extra_mb": self.extra_mb}
        return watch.answer(**inner, **more)


def als(data, n_components, reg, alpha, n_threads, ids="integers"):
    from sklearn_recsys.decomposition import ALSRecommender

    data = load(data)
    X = as_frame(data)
    if ids == "texts":
        X = X.assign(user="u" + X["user"].astype(str), item="i" + X["item"].astype(str))

    def fit(iterations, seed):
        model = ALSRecommender(
            n_components,
            reg=reg,
            alpha=alpha,
            # As the peers have it: what was not seen weighs 1, and all are penalised alike.
            unobserved_weight=1.0,
            reg_exponent=0.0,
            max_iter=iterations,
            random_state=seed,
            n_jobs=n_threads,
        )
        watch, part = fit_watched(model, X)
        if ids == "texts":
            return part.answer(watch)
        users, items = factors_by_code(model, data)
        return part.answer(watch, quality=quality(users, items, data, alpha=alpha))

    def run(iterations, seed, target=None):
        if target is None:
            return fit(iterations, seed)
        for number in range(1, iterations + 1):
            if fit(number, seed)["quality"]["ndcg@10"] >= target:
                return {"iterations": number}
        return {"iterations": None}

    return run


def svd(data, n_components, alpha, n_threads):
    data = load(data)
    X = as_frame(data)

    def run(seed):
        model = SVDRecommender(n_components, random_state=seed)
        watch, part = fit_watched(model, X)
        users, items = factors_by_code(model, data)
        return part.answer(watch, quality=quality(users, items, data, alpha=alpha))

    return run


def hybrid(
    data, loss, n_components, learning_rate, epochs, n_threads, features=None, normalize=False
):
    from features import load_tables

    from sklearn_recsys.decomposition import HybridRecommender

    data = load(data)
    X = as_frame(data)
    tables = {} if features is None else load_tables(features)

    def run(seed, n_threads=n_threads):
        model = HybridRecommender(
            n_components,
            loss=loss,
            **tables,
            normalize=normalize,
            learning_rate=learning_rate,
            max_iter=epochs,
            max_sampled=10,
            k=5,
            n=10,
            user_reg=0,
            item_reg=0,
            random_state=seed,
            n_jobs=n_threads,
        )
        watch, part = fit_watched(model, X)
        users, items = factors_by_code(model, data)
        # An item of which nothing is known is not recommended.
        biases = np.full(len(items), -1e9, np.float32)
        biases[model.items_] = model.item_biases_
        found = ndcg(*with_biases(users, items, biases), data)
        parts = users, items, model.user_biases_, model.item_biases_
        bits = sha256(b"".join(array.tobytes() for array in parts)).hexdigest()
        return part.answer(watch, quality={"ndcg@10": found}, bits=bits)

    return run


def recommend(data, n_users, n_components, n_threads):
    data = load(data)
    n_items = int(data["n_items"])
    factors = given_factors(n_users, n_items, n_components)
    model = GivenFactors(*factors, n_jobs=n_threads).fit(with_all_items(data, n_users))
    users = np.arange(n_users)

    def run(save=None):
        part = Part(model, "_rank_groups")
        with Watch() as part.outer:
            found = model.recommend(users)
        del model._rank_groups
        if save:
            shape = (n_users, 10)
            items, scores = found["item"].to_numpy(), found["score"].to_numpy()
            save_lists(save, items.reshape(shape), scores.reshape(shape))
        return part.answer(part.outer)

    return run


def knn(data, n_neighbors, n_threads):
    X = as_frame(load(data))

    def run(save=None):
        model = ItemKNNRecommender(
            "cosine", n_neighbors=n_neighbors, shrinkage=0, prune="rows", n_jobs=n_threads
        )
        watch, part = fit_watched(model, X)
        save_neighbors(save, model.item_similarity_, n_neighbors)
        return part.answer(watch)

    return run


def ease(data, reg, n_threads):
    from sklearn_recsys.interactions import share_work
    from sklearn_recsys.linear_model import EASERecommender

    share_work(False)  # each fit is a first one
    X = as_frame(load(data))
    fitted = []

    def run(step, save=None):
        if step == "fit":
            fitted[:] = [EASERecommender(reg, n_jobs=n_threads)]
            watch, part = fit_watched(fitted[0], X)
            if save:
                np.save(save, fitted[0].item_similarity_)
            return part.answer(watch)
        with Watch() as watch:
            fitted[0].recommend()
        return watch.answer()

    return run


def score(data, n_components, n_threads):
    data = load(data)
    n_users = int(data["n_users"])
    factors = learned_factors(data, n_components)
    test = pd.DataFrame({"user": data["test_users"], "item": data["test_items"]})
    model = GivenFactors(*factors, n_jobs=n_threads).fit(with_all_items(data, n_users))

    def run(metrics):
        scorer = make_ranking_scorer(*metrics)
        # A model whose recommend is wrapped, to be timed, would be scored by way of tables.
        with Watch() as watch:
            found = scorer(model, test)
        return watch.answer(quality=found if isinstance(found, dict) else {metrics[0]: found})

    return run


def metrics(data, lists):
    data = load(data)
    test = pd.DataFrame({"user": data["test_users"], "item": data["test_items"]})
    items = load(lists)["items"]
    n_users, n_items = items.shape
    recommended = pd.DataFrame(
        {
            "user": np.repeat(np.arange(n_users), n_items),
            "item": items.ravel(),
            "score": np.tile(-np.arange(n_items, dtype=np.float32), n_users),
            "rank": np.tile(np.arange(1, n_items + 1), n_users),
        }
    )
    factors = given_factors(n_users, int(data["n_items"]), 1)
    model = GivenFactors(*factors).fit(with_all_items(data, n_users))

    def recommend_given(users, n_items, **options):
        start, stop = np.searchsorted(recommended["user"], [users[0], users[-1] + 1])
        return recommended.iloc[start:stop]

    # The scorer gets lists made beforehand, so that the metrics are all of its work.
    model.recommend = recommend_given
    scorer = make_ranking_scorer("precision@10", "recall@10", "ndcg@10", "map@10", "mrr@10")

    def run():
        with Watch() as watch:
            found = scorer(model, test)
        return watch.answer(quality=found)

    return run


def search(data, n_components, reg, alpha, n_threads):
    """Return a search's wall time, and what its fits and scores sum up to."""
    from sklearn_recsys.decomposition import ALSRecommender

    X = as_frame(load(data))
    model = ALSRecommender(n_components, alpha=alpha, random_state=0, n_jobs=n_threads)
    scoring = make_ranking_scorer("ndcg@10")

    def run():
        found = GridSearchCV(model, {"reg": reg}, scoring=scoring, cv=InteractionKFold(3))
        with Watch() as watch:
            found.fit(X)
        results = found.cv_results_
        per_fold = results["mean_fit_time"] + results["mean_score_time"]
        inside = per_fold.sum() * found.n_splits_ + found.refit_time_
        return watch.answer(inner_seconds=float(inside))

    return run


def as_frame(data) -> pd.DataFrame:
    values = {"value": data["values"]} if "values" in data else {}
    return pd.DataFrame({"user": data["users"], "item": data["items"], **values})


def with_all_items(data, n_users) -> pd.DataFrame:
    """Return the rows of the first users, and of one more user who has every item.

    So all items are in the catalogue, as they are in the peer's.
    """
    asked, n_items = data["users"] < n_users, int(data["n_items"])
    users = np.append(data["users"][asked], np.full(n_items, n_users))
    return pd.DataFrame({"user": users, "item": np.append(data["items"][asked], range(n_items))})


def fit_watched(model, X):
    """Fit, and tell apart the whole and what comes after the gate."""
    part = Part(model, "_fit")
    with Watch() as part.outer:
        model.fit(X)
    del model._fit
    return part.outer, part


def factors_by_code(model, data):
    """Return the vectors by code; of an item that was not seen in fit they are zero."""
    width = model.item_factors_.shape[1]
    users = np.zeros((int(data["n_users"]), width), np.float32)
    items = np.zeros((int(data["n_items"]), width), np.float32)
    users[model.users_], items[model.items_] = model.user_factors_, model.item_factors_
    return users, items


warnings.simplefilter("ignore")
JOBS = {
    "als": als,
    "svd": svd,
    "hybrid": hybrid,
    "recommend": recommend,
    "knn": knn,
    "ease": ease,
    "score": score,
    "metrics": metrics,
    "search": search,
}
