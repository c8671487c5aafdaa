"""Weighted sums of members' scores, and weights that are learned."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_recsys.baseline import PopularityRecommender, RandomRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.ensemble import BlendRecommender
from sklearn_recsys.ensemble._source import Source, hold_out
from sklearn_recsys.ensemble._weights import Pool, ascend, take_best
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._validation import validate_interactions
from sklearn_recsys.linear_model import EASERecommender
from sklearn_recsys.metrics import make_ranking_scorer, ndcg_at_k
from sklearn_recsys.neighbors import ItemKNNRecommender


@pytest.fixture(scope="module")
def X():
    return make_interactions(80, 50, n_interactions=1500, random_state=0).X.iloc[:, :3]


def pair_of_models(n_neighbors=10):
    return [
        ("knn", ItemKNNRecommender(n_neighbors=n_neighbors)),
        ("ease", EASERecommender(20.0)),
    ]


def test_the_score_is_the_weighted_sum_of_scores_between_0_and_1(X):
    blend = BlendRecommender(pair_of_models(), weights=[3, 1]).fit(X)
    knn, ease = (model.fit(X) for _, model in pair_of_models())
    user = blend.users_[5]
    row = pd.DataFrame({"user_id": user, "movie_id": blend.items_})
    unseen = ~np.isin(blend.items_, X.loc[X.iloc[:, 0] == user, X.columns[1]])

    expected = np.zeros(len(row))
    for weight, model in ((0.75, knn), (0.25, ease)):
        scores = model.predict(row).astype(float)
        low, high = scores[unseen].min(), scores[unseen].max()
        expected += weight * (scores - low) / (high - low)

    np.testing.assert_allclose(blend.predict(row), expected, rtol=1e-5, atol=1e-6)


def test_weight_zero_is_as_good_as_dropped(X):
    one = BlendRecommender(pair_of_models(), weights=[1, 0]).fit(X)
    other = BlendRecommender(pair_of_models()).set_params(ease="drop").fit(X)

    pd.testing.assert_frame_equal(one.recommend(), other.recommend())


@pytest.mark.parametrize(
    "weights", [[1.0], [1.0, -1.0], [0, 0], [np.nan, 1.0], [[1.0], [2.0]], ["a", "b"]]
)
def test_weights_that_make_no_sense_are_refused(weights, X):
    with pytest.raises(ValueError, match="weights must"):
        BlendRecommender(pair_of_models(), weights=weights).fit(X)


def test_the_better_member_gets_the_weight(X):
    members = [("chance", RandomRecommender(random_state=1)), ("ease", EASERecommender(20.0))]

    blend = BlendRecommender(members, weights="fit").fit(X)

    chance, ease = blend.weights_
    assert ease > 0.8 > 0.2 > chance


def test_fitted_weights_are_no_worse_than_one_member_on_what_was_held_out(X):
    blends = [
        BlendRecommender(pair_of_models()[:n], weights="fit", normalize=how).fit(X)
        for how in ("minmax", "zscore", "rank")
        for n in (1, 2)
    ]

    scores = [blend.validation_score_ for blend in blends]

    assert all(both >= one for one, both in zip(scores[::2], scores[1::2], strict=True))


def test_members_are_fitted_to_all_the_data_in_the_end(X):
    blend = BlendRecommender(pair_of_models(), weights="fit").fit(X)

    assert all(member.interactions_.nnz == len(X) for member in blend.recommenders_)


def test_the_validation_score_is_that_of_recommend_on_the_same_split(X):
    blend = BlendRecommender(pair_of_models(), weights="fit").fit(X)
    interactions, source = validate_interactions(X), Source.of(X, None, None)
    kept, held_out = hold_out(interactions, source, 0.2, np.random.default_rng(0))
    train = X.iloc[kept]
    test = X.drop(X.index[kept])

    weighed = BlendRecommender(pair_of_models(), weights=blend.weights_.tolist()).fit(train)

    assert len(test) == held_out.nnz
    expected = make_ranking_scorer("ndcg@10")(weighed, test)
    assert blend.validation_score_ == pytest.approx(expected, abs=1e-6)


class Recorder(PopularityRecommender):
    """Remember what each fit was given."""

    tables = []  # noqa: RUF012 (shared by clones)

    def fit(self, X, y=None, sample_weight=None):
        self.tables.append(X)
        return super().fit(X, y, sample_weight)


def test_no_row_of_a_pair_that_is_held_out_is_learned_from(X):
    Recorder.tables.clear()
    twice = pd.concat([X, X.sample(frac=0.5, random_state=0)], ignore_index=True)

    BlendRecommender([("a", Recorder())], weights="fit").fit(twice)

    inner, whole = Recorder.tables
    left = set(zip(inner.iloc[:, 0], inner.iloc[:, 1], strict=True))
    expected = [pair in left for pair in zip(twice.iloc[:, 0], twice.iloc[:, 1], strict=True)]
    assert len(inner) == sum(expected)
    assert len(left) < len(X)
    assert len(whole) == len(twice)


def test_a_fifth_of_each_users_pairs_is_held_out(X):
    interactions = validate_interactions(X)

    _, held_out = hold_out(interactions, Source.of(X, None, None), 0.2, np.random.default_rng(0))

    counts = np.diff(interactions.matrix.indptr)
    np.testing.assert_array_equal(np.diff(held_out.indptr), counts // 5)


def test_without_anything_to_hold_out_all_members_weigh_alike():
    X = pd.DataFrame({"user": [1, 1, 2], "item": [1, 2, 2]})

    with pytest.warns(DataWarning, match="nobody has so many"):
        blend = BlendRecommender(pair_of_models(), weights="fit").fit(X)

    assert blend.weights_.tolist() == [0.5, 0.5]
    assert np.isnan(blend.validation_score_)


def test_ndcg_of_a_pool_is_that_of_its_lists():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(6, 15, 2)).astype(np.float32)
    relevant = rng.random((6, 15)) < 0.4
    relevant[:, 0] = True
    weights = np.array([0.3, 0.7])

    pool = Pool(scores, relevant, relevant.sum(axis=1))
    value = pool.ndcg(pool.blend(weights))

    order = np.argsort(-(scores @ weights), axis=1)
    ranked = np.take_along_axis(relevant, order, axis=1)
    gains = ranked.astype(float)
    expected = ndcg_at_k(gains, k=10, ideal_gains=-np.sort(-gains, axis=1))
    assert value == pytest.approx(np.mean(expected), rel=1e-6)


def test_the_ascent_finds_the_best_mixture_of_two():
    rng = np.random.default_rng(0)
    quality = rng.normal(size=(200, 40))
    relevant = quality > np.sort(quality, axis=1)[:, [-6]]
    noisy = [quality + rng.normal(scale=scale, size=quality.shape) for scale in (1.0, 1.5)]
    pool = Pool(np.stack(noisy, axis=2).astype(np.float32), relevant, relevant.sum(axis=1))

    weights = ascend(pool)

    mixtures = [np.array([share, 1 - share]) for share in np.linspace(0, 1, 21)]
    tried = [pool.ndcg(pool.blend(mixture)) for mixture in mixtures]
    assert pool.ndcg(pool.blend(weights)) == pytest.approx(max(tried))
    assert 0.5 < weights[0] < 1


def test_the_best_places_come_first_and_ties_in_order():
    scores = np.array([[1.0, 3.0, 3.0, -np.inf, 2.0], [0.0, 0.0, 0.0, 0.0, 5.0]])

    assert take_best(scores, 3)[0].tolist() == [1, 2, 4]
    assert take_best(scores, 9)[1].tolist() == [4, 0, 1, 2, 3]
