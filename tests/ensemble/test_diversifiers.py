"""Lists built item by item, against brute force."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from sklearn_recsys.base import BaseRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.ensemble import CalibratedDiversifier, MMRDiversifier
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.feature_extraction import GenreTfidf
from sklearn_recsys.interactions import FeatureTable
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.pipeline import make_recommender_pipeline
from sklearn_recsys.preprocessing import ConfidenceWeighter


@pytest.fixture(scope="module")
def films():
    made = make_interactions(60, 40, n_interactions=800, random_state=0)
    made.table = made["items"].set_index("movie_id")
    return made


def genres(films):
    return FeatureTable(films.table[["genre"]], GenreTfidf(use_idf=False))


def relevance_of(model, user):
    """Return unseen items in the order of a model, and their scores from 0 to 1."""
    lists = model.recommend(user, n_items=1000)
    scores = lists["score"].to_numpy(dtype=float)
    scores = (scores - scores.min()) / (scores.max() - scores.min())
    return lists.iloc[:, 1].tolist(), dict(zip(lists.iloc[:, 1], scores, strict=True))


def cosine(one, other):
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return max(float(one @ other) / lengths, 0) if lengths else 0.0


def likeness(vectors, order):
    """Return the similarity of each pair, the mean of all others where one is not described."""
    pairs = [(i, j) for i in order for j in order if i != j]
    known = {
        (i, j): cosine(vectors[i], vectors[j])
        for i, j in pairs
        if vectors[i].any() and vectors[j].any()
    }
    mean = sum(known.values()) / max(len(known), 1)
    return {pair: known.get(pair, mean) for pair in pairs}


def mmr_twin(order, relevance, vectors, trade_off):
    chosen, left, gains, alike = [], list(order), [], likeness(vectors, order)
    while left:
        values = []
        for item in left:
            nearest = max((alike[item, other] for other in chosen), default=0)
            values.append((1 - trade_off) * relevance[item] - trade_off * nearest)
        best = int(np.argmax(np.round(values, 6)))
        gains.append(values[best])
        chosen.append(left.pop(best))
    return chosen, gains


@pytest.mark.parametrize("trade_off", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("source", ["features", "factors", "users"])
def test_lists_are_those_of_maximal_marginal_relevance(trade_off, source, films):
    base = EASERecommender(20.0)
    table = None
    if source == "factors":
        base = SVDRecommender(5, random_state=0)
    if source == "features":
        table = genres(films)
    model = MMRDiversifier(base, trade_off=trade_off, n_candidates=12, item_features=table)
    model.fit(films.X)
    plain = base.fit(films.X)
    if source == "features":
        matrix = table.fit(plain.items_).transform(plain.items_).toarray()
    else:
        matrix = plain.item_factors_ if source == "factors" else plain.interactions_.T.toarray() > 0
    vectors = dict(zip(plain.items_, np.asarray(matrix, dtype=float), strict=True))

    for user in plain.users_[:6]:
        order, relevance = relevance_of(plain, user)
        chosen, gains = mmr_twin(order[:12], relevance, vectors, trade_off)

        lists = model.recommend(user, n_items=1000)

        np.testing.assert_allclose(lists["score"][: len(gains)], gains, atol=1e-5)
        assert lists.iloc[: len(gains), 1].tolist() == chosen
        assert set(lists.iloc[:, 1]) == set(order)


class Counted(BaseRecommender):
    """Score each item by its id, the highest first."""

    def __init__(self, item_features=None):
        self.item_features = item_features

    def _fit(self, interactions):
        self.scores_ = self.items_.astype(np.float32)

    def _score(self, rows):
        return np.tile(self.scores_, (len(rows), 1))


@pytest.mark.parametrize("trade_off", [0.3, 0.6, 0.9])
def test_items_that_nobody_knows_are_as_like_others_as_candidates_on_average(trade_off, films):
    ids = [*sorted(set(films.X["movie_id"])), 2000, 2001]
    table = FeatureTable(pd.DataFrame({"x": 1.0}, index=ids))
    model = MMRDiversifier(Counted(table), trade_off=trade_off, n_candidates=12).fit(films.X)
    assert model.items_[model.is_cold_item_].tolist() == [2000, 2001]
    columns = model.interactions_.T.toarray() > 0
    vectors = dict(zip(model.items_, columns.astype(float), strict=True))

    for user in model.users_[:6]:
        order, relevance = relevance_of(model.recommenders_[0], user)
        chosen, gains = mmr_twin(order[:12], relevance, vectors, trade_off)

        lists = model.recommend(user, n_items=1000)

        np.testing.assert_allclose(lists["score"][:12], gains, atol=1e-5)
        assert lists.iloc[:12, 1].tolist() == chosen


def kl(wanted, chosen, shares, smoothing):
    mixed = (smoothing * wanted + sum(shares[item] for item in chosen)) / (smoothing + len(chosen))
    used = wanted > 0
    return float((wanted[used] * np.log(wanted[used] / mixed[used])).sum())


def calibrated_twin(order, relevance, shares, wanted, trade_off, smoothing):
    """Choose what makes (1 - t) * sum of relevance - t * KL largest, step by step."""
    chosen, left = [], list(order)
    while left:
        values = [
            (1 - trade_off) * sum(relevance[i] for i in [*chosen, item])
            - trade_off * kl(wanted, [*chosen, item], shares, smoothing)
            for item in left
        ]
        chosen.append(left.pop(int(np.argmax(np.round(values, 6)))))
    return chosen


@pytest.mark.parametrize("trade_off", [0.0, 0.2, 0.9])
def test_lists_follow_the_divergence_from_the_users_genres(trade_off, films):
    table, base = genres(films), EASERecommender(20.0)
    model = CalibratedDiversifier(
        base, item_features=table, trade_off=trade_off, n_candidates=12, smoothing=0.5
    ).fit(films.X)
    plain = base.fit(films.X)
    matrix = table.fit(plain.items_).transform(plain.items_).toarray().astype(float)
    matrix /= np.maximum(matrix.sum(axis=1, keepdims=True), 1)  # some have no genre
    shares = dict(zip(plain.items_, matrix, strict=True))
    values = plain.interactions_.toarray()

    for row, user in enumerate(plain.users_[:6]):
        wanted = values[row] @ matrix
        wanted /= wanted.sum()
        order, relevance = relevance_of(plain, user)
        expected = calibrated_twin(order[:12], relevance, shares, wanted, trade_off, 0.5)

        lists = model.recommend(user, n_items=1000)

        assert lists.iloc[: len(expected), 1].tolist() == expected


def diversifiers(films):
    return [
        MMRDiversifier(EASERecommender(20.0), trade_off=0.5, n_candidates=10),
        CalibratedDiversifier(EASERecommender(20.0), item_features=genres(films), trade_off=0.5),
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_a_list_with_what_was_seen_scores_as_predict(place, films):
    model = diversifiers(films)[place].fit(films.X)

    lists = model.recommend(n_items=1000, exclude_seen=False)

    assert (lists.groupby("user_id")["score"].diff().dropna() <= 0).all()
    np.testing.assert_array_equal(model.predict(lists[["user_id", "movie_id"]]), lists["score"])


@pytest.mark.parametrize("place", [0, 1])
def test_the_order_does_not_depend_on_how_users_are_cut(place, films, monkeypatch):
    model = diversifiers(films)[place].fit(films.X)
    together = model.recommend(n_items=15)
    kind = type(model)

    monkeypatch.setattr(kind, "_bytes_of_pool", lambda self, n_places: 10**9)

    pd.testing.assert_frame_equal(model.recommend(n_items=15), together)


def test_more_trade_off_is_more_variety(films):
    table = genres(films)
    vectors = table.fit(films.table.index).transform(films.table.index).toarray()
    place = {item: row for row, item in enumerate(films.table.index)}

    def likeness(trade_off):
        model = MMRDiversifier(EASERecommender(20.0), trade_off=trade_off, item_features=table)
        lists = model.fit(films.X).recommend(n_items=5)
        every = [
            [cosine(vectors[place[i]], vectors[place[j]]) for i in own for j in own if i != j]
            for _, own in lists.groupby("user_id")["movie_id"]
        ]
        return np.mean(every)

    assert likeness(0.0) > likeness(0.4) > likeness(0.9)


def test_more_trade_off_is_less_divergence(films):
    table = genres(films)
    base = EASERecommender(20.0).fit(films.X)
    matrix = table.fit(base.items_).transform(base.items_).toarray()
    matrix = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares = dict(zip(base.items_, matrix, strict=True))
    wanted = base.interactions_.toarray() @ matrix
    wanted /= wanted.sum(axis=1, keepdims=True)

    def divergence(trade_off):
        model = CalibratedDiversifier(
            EASERecommender(20.0), item_features=table, trade_off=trade_off
        ).fit(films.X)
        lists = model.recommend(n_items=8)
        every = lists.groupby("user_id")["movie_id"]
        return np.mean(
            [kl(row, own, shares, 0.01) for row, (_, own) in zip(wanted, every, strict=True)]
        )

    assert divergence(0.0) > divergence(0.1) > divergence(0.9)


def test_who_likes_no_genre_keeps_the_recommenders_order(films):
    nothing = FeatureTable(pd.DataFrame({"x": np.zeros(len(films.table))}, index=films.table.index))
    model = CalibratedDiversifier(EASERecommender(20.0), item_features=nothing, trade_off=0.7)

    lists = model.fit(films.X).recommend(n_items=9)

    expected = EASERecommender(20.0).fit(films.X).recommend(n_items=9)
    assert lists["movie_id"].tolist() == expected["movie_id"].tolist()


def test_a_history_has_genres_too(films):
    model = diversifiers(films)[1].fit(films.X)
    own = films.X[films.X["user_id"] == 3]

    lists = model.recommend(history=own.assign(user_id=1000))

    assert lists["movie_id"].tolist() == model.recommend(3)["movie_id"].tolist()


def test_negative_features_are_refused(films):
    centred = FeatureTable(
        pd.DataFrame({"x": np.arange(len(films.table.index))}, index=films.table.index),
        StandardScaler(),
    )

    with pytest.raises(ValueError, match="must not be negative"):
        CalibratedDiversifier(EASERecommender(), item_features=centred).fit(films.X)


def test_an_item_without_features_is_named(films):
    some = FeatureTable(films.table[["genre"]].head(3), GenreTfidf(use_idf=False))

    with pytest.raises(UnknownIdError, match="are not in the item feature table"):
        MMRDiversifier(EASERecommender(), item_features=some).fit(films.X)


def test_a_pipeline_can_be_diversified_and_its_parameters_set(films):
    pipeline = make_recommender_pipeline(ConfidenceWeighter(), EASERecommender())
    model = MMRDiversifier(pipeline, trade_off=0.2)

    model.set_params(recommender__easerecommender__reg=3.0).fit(films.X)

    assert model.recommenders_[0][-1].reg == 3.0


def test_what_is_no_recommender_is_refused(films):
    with pytest.raises(TypeError, match="recommender must be a recommender"):
        MMRDiversifier(StandardScaler()).fit(films.X)
