"""Similar items, similar users and explanations: what every model does alike."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import NotFittedError

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.neighbors import ItemKNNRecommender

PLAYS = pd.DataFrame(
    [[u, i, 1.0 + (u * i) % 3] for u in range(12) for i in range(10) if (u + i * i) % 3],
    columns=["listener", "song", "plays"],
)
MODELS = {
    "knn": ItemKNNRecommender("cosine", shrinkage=0.0),
    "svd": SVDRecommender(4, random_state=0),
}


@pytest.fixture(params=MODELS)
def model(request):
    return sklearn.clone(MODELS[request.param]).fit(PLAYS)


def test_the_columns_carry_the_callers_names_and_types(model):
    items = model.similar_items(3)
    assert items.columns.tolist() == ["song", "similar_song", "score", "rank"]
    assert [str(d) for d in items.dtypes] == ["int64", "int64", "float32", "int64"]
    users = model.similar_users([3.0, 4])
    assert users.columns.tolist() == ["listener", "similar_listener", "score", "rank"]
    assert users.listener.drop_duplicates().tolist() == [3, 4]
    assert model.explain(3, 4).columns.tolist() == ["song", "contribution"]


@pytest.mark.parametrize("include_self", [False, True])
def test_a_list_of_neighbors_is_a_prefix_of_a_longer_one(model, include_self):
    everyone = model.similar_items(model.items_, n_items=50, include_self=include_self)
    assert (everyone.groupby("song").score.diff().dropna() <= 1e-6).all()
    assert not everyone.duplicated(["song", "similar_song"]).any()
    is_self = everyone.song == everyone.similar_song
    assert is_self.equals((everyone["rank"] == 1) & include_self)
    for n_items in (1, 4):
        prefix = everyone[everyone["rank"] <= n_items].reset_index(drop=True)
        shorter = model.similar_items(model.items_, n_items, include_self=include_self)
        pd.testing.assert_frame_equal(shorter, prefix)


def test_each_one_is_answered_once_in_the_order_asked(model):
    similar = model.similar_items([5, 2, 5], n_items=1)
    assert similar.song.tolist() == [5, 2]
    assert len(model.similar_items([])) == 0


def test_small_blocks_give_the_same_neighbors(model):
    whole = model.similar_items(model.items_), model.similar_users(model.users_)
    with sklearn.config_context(working_memory=1e-9):
        by_row = model.similar_items(model.items_), model.similar_users(model.users_)
    for one, other in zip(whole, by_row, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_equal_neighbors_are_ordered_by_popularity_then_by_id():
    X = [["a", 1], ["a", 2], ["a", 3], ["b", 3], ["c", 1], ["a", 4], ["d", 5]]
    model = ItemKNNRecommender("cooccurrence", shrinkage=0.0).fit(X)
    assert model.similar_items(4).similar_item.tolist() == [1, 3, 2]
    assert model.similar_items(5).empty


def test_unknown_ids_are_named(model):
    with pytest.raises(UnknownIdError, match=r"items holds 2 unknown item\(s\): 77, 88"):
        model.similar_items([1, 77, 88])
    with pytest.raises(UnknownIdError, match=r"users holds 1 unknown user\(s\): 99"):
        model.similar_users(99)
    with pytest.raises(UnknownIdError, match=r"user holds 1 unknown user\(s\): 99"):
        model.explain(99, 1)
    with pytest.raises(UnknownIdError, match=r"item holds 1 unknown item\(s\): 99"):
        model.explain(1, 99)


def test_ids_of_another_type_are_refused(model):
    calls = [
        lambda: model.similar_items("1"),
        lambda: model.similar_users(["1"]),
        lambda: model.explain("1", 1),
        lambda: model.explain(1, "1"),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="were of type number in fit"):
            call()


@pytest.mark.parametrize("length", [0, 1.5, True, None])
def test_lengths_below_one_are_refused(model, length):
    with pytest.raises(ValueError, match="n_items must be a positive integer"):
        model.similar_items(1, length)
    with pytest.raises(ValueError, match="n_users must be a positive integer"):
        model.similar_users(1, length)


def test_an_explanation_is_by_item_only(model):
    with pytest.raises(ValueError, match=r"by must be one of 'item', got 'feature'"):
        model.explain(1, 1, by="feature")


def test_an_item_column_called_contribution_is_refused_by_explain():
    X = PLAYS.rename(columns={"song": "contribution"})
    model = ItemKNNRecommender().fit(X)
    with pytest.raises(ValueError, match="must not be called 'contribution'"):
        model.explain(1, 1)


def test_methods_that_a_models_tags_deny_are_not_there():
    model = PopularityRecommender().fit(PLAYS)
    with pytest.raises(AttributeError, match="similar_items"):
        model.similar_items(1)


def test_nothing_is_answered_before_fit():
    calls = [
        lambda m: m.similar_items(1),
        lambda m: m.similar_users(1),
        lambda m: m.explain(1, 1),
    ]
    for unfitted in MODELS.values():
        for call in calls:
            with pytest.raises(NotFittedError):
                call(sklearn.clone(unfitted))


def test_similarities_are_at_most_one_to_the_last_bit():
    # Two copies of one song: their cosine is one, whatever rounding makes of it.
    rng = np.random.default_rng(0)
    values = rng.random(200)
    X = [[u, song, v] for u, v in enumerate(values) for song in ("copy", "original")]
    X += [[u, "other", 1.0] for u in range(0, 200, 7)]
    for unfitted in MODELS.values():
        similar = sklearn.clone(unfitted).fit(X).similar_items("copy", include_self=True)
        assert similar.similar_item[:2].tolist() == ["copy", "original"]
        assert similar.score.max() <= 1
