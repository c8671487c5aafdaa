"""Similar items and users by an index that may miss some."""
# SPDX-License-Identifier: BSD-3-Clause

import copy
import pickle
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone

from sklearn_recsys.base import FactorRecommender
from sklearn_recsys.decomposition import SVDRecommender
from sklearn_recsys.exceptions import UnknownIdError
from sklearn_recsys.neighbors import ItemKNNRecommender
from sklearn_recsys.persistence import load, save
from sklearn_recsys.pipeline import make_recommender_pipeline

# Written for Python 3.11 and older, faiss's bindings name no module for their types.
pytestmark = pytest.mark.filterwarnings("ignore:builtin type [Ss]wig:DeprecationWarning")


class GivenItems(FactorRecommender):
    """A model whose items have the vectors that it is given."""

    def __init__(self, vectors=None):
        self.vectors = vectors

    def _factorize(self, matrix):
        return np.ones((matrix.shape[0], np.shape(self.vectors)[1])), np.array(self.vectors)


def given(vectors, popular=()):
    """Fit a model of items 0, 1, … with these vectors; the popular ones have a second user."""
    X = [["ann", item] for item in range(len(vectors))] + [["bob", item] for item in popular]
    return GivenItems(vectors).fit(X)


def planted(n_items=6000, n_clusters=150, n_components=16, seed=0):
    """Return vectors around the centres of clusters of uneven sizes."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n_clusters, n_components))
    sizes = 1 / np.arange(1, n_clusters + 1)
    cluster = rng.choice(n_clusters, n_items, p=sizes / sizes.sum())
    lengths = rng.lognormal(size=(n_items, 1))
    return lengths * (centres[cluster] + 0.5 * rng.normal(size=(n_items, n_components)))


@pytest.fixture(scope="module", autouse=True)
def faiss():
    return pytest.importorskip("faiss", reason="needs the extra approximate")


@pytest.fixture(scope="module")
def clusters():
    return given(planted())


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(0, 30, size=(300, 2)), columns=["who", "what"])
    return SVDRecommender(4, random_state=0).fit(X)


def test_nine_in_ten_of_the_nearest_are_found(clusters):
    asked = list(range(0, 6000, 10))

    exact = clusters.similar_items(asked)
    found = clusters.similar_items(asked, approximate=True)

    pairs = exact[["item", "similar_item"]].merge(found)
    assert len(found) == len(exact) == 6000
    assert len(pairs) >= 0.9 * len(exact)


def test_the_scores_are_the_cosines(clusters):
    found = clusters.similar_items([0, 17, 5999], 50, approximate=True)

    one = clusters.item_factors_[found["item"]].astype(np.float64)
    other = clusters.item_factors_[found["similar_item"]].astype(np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(found["score"], (one * other).sum(axis=1) / lengths, atol=1e-6)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("method", ["similar_items", "similar_users"])
def test_few_items_are_all_compared(small, method, include_self):
    ask, ids = getattr(small, method), small.items_ if method == "similar_items" else small.users_

    for length in (1, 5, 100):
        exact = ask(ids, length, include_self=include_self)
        found = ask(ids, length, include_self=include_self, approximate=True)
        pd.testing.assert_frame_equal(found, exact, rtol=1e-6, atol=1e-6)


def test_one_item_is_answered_as_among_many(clusters):
    many = clusters.similar_items([5, 3, 4], approximate=True)

    one = clusters.similar_items(3, approximate=True)

    pd.testing.assert_frame_equal(one, many[many["item"] == 3].reset_index(drop=True))
    assert many["item"].drop_duplicates().tolist() == [5, 3, 4]
    assert clusters.similar_items([], approximate=True).empty


def test_a_list_is_a_prefix_of_a_longer_one(clusters):
    asked = list(range(100))

    longer = clusters.similar_items(asked, 13, approximate=True)
    shorter = clusters.similar_items(asked, 10, approximate=True)

    prefix = longer[longer["rank"] <= 10].reset_index(drop=True)
    pd.testing.assert_frame_equal(shorter, prefix)


def test_a_list_is_as_long_as_an_exact_one_however_small_its_cells(clusters):
    found = clusters.similar_items([0, 1], 5990, approximate=True)

    assert found.groupby("item").size().tolist() == [5990, 5990]
    assert not found.duplicated(["item", "similar_item"]).any()
    assert (found["item"] != found["similar_item"]).all()


def test_more_neighbors_than_there_are_give_all_of_them(small):
    found = small.similar_items(3, 1000, include_self=True, approximate=True)

    assert sorted(found["similar_what"]) == sorted(small.items_)
    assert found["rank"].tolist() == list(range(1, len(small.items_) + 1))


def test_ties_go_to_the_more_popular_and_then_to_the_smaller_id():
    model = given([[1.0, 0]] * 5 + [[0, 1.0]] * 2, popular=[3])

    found = model.similar_items(4, approximate=True)

    assert found["similar_item"].tolist() == [3, 0, 1, 2, 5, 6]
    np.testing.assert_allclose(found["score"], [1, 1, 1, 1, 0, 0], atol=1e-6)


def test_a_thousand_equal_vectors_are_no_trouble():
    found = given([[1.0, 2.0]] * 1000).similar_items([7, 8], approximate=True)

    assert len(found) == 20
    np.testing.assert_allclose(found["score"], 1, rtol=1e-6)
    assert not found.duplicated().any()


def test_vectors_without_a_direction_are_found_by_none_and_find_none():
    model = given([[1.0, 1], [0, 0], [2, 1], [0, 0], [np.inf, 1], [np.nan, 1]])

    found = model.similar_items([0, 1, 4, 5], approximate=True)

    assert found[["item", "similar_item"]].to_numpy().tolist() == [[0, 2]]
    itself = model.similar_items([1], include_self=True, approximate=True)
    assert itself.to_numpy().tolist() == [[1, 1, 1, 1]]


def test_a_catalogue_without_directions_has_no_neighbors():
    assert given([[0.0], [0.0]]).similar_items([0, 1], approximate=True).empty


def test_the_only_item_has_no_neighbors():
    assert given([[1.0]]).similar_items(0, approximate=True).empty


@pytest.mark.parametrize("scale", [1e-18, 1e18])
def test_large_and_small_vectors_are_as_similar_as_any(scale):
    vectors = planted(100, 10)
    plain, scaled = (given(vectors * s).similar_items(3, approximate=True) for s in (1, scale))

    pd.testing.assert_frame_equal(scaled, plain, rtol=1e-5)


def test_the_answer_depends_neither_on_threads_nor_on_memory():
    answers = []
    for n_jobs in (1, 2, 3):
        with joblib.parallel_config(n_jobs=n_jobs):
            answers.append(given(planted(2000)).similar_items(list(range(500)), approximate=True))
    with sklearn.config_context(working_memory=0.01):
        answers.append(given(planted(2000)).similar_items(list(range(500)), approximate=True))

    for answer in answers[1:]:
        pd.testing.assert_frame_equal(answer, answers[0])


def test_the_number_of_threads_is_left_as_it_was(small, faiss):
    before = faiss.omp_get_max_threads()

    with joblib.parallel_config(n_jobs=before + 1):
        small.similar_items(3, approximate=True)

    assert faiss.omp_get_max_threads() == before


def test_the_index_is_built_once(clusters, monkeypatch):
    clusters.similar_items(3, approximate=True)
    monkeypatch.setattr(
        "sklearn_recsys.base._factor.VectorIndex", lambda *_, **__: pytest.fail("built again")
    )

    clusters.similar_items(4, approximate=True)


def test_a_refit_forgets_the_index():
    model = given(planted(50, seed=1))
    before = model.similar_items(3, approximate=True)

    after = model.set_params(vectors=planted(50, seed=2)).fit(model_rows(50))

    assert not after.similar_items(3, approximate=True).equals(before)
    assert_finds_the_exact(after)


def model_rows(n_items):
    return [["ann", item] for item in range(n_items)]


def assert_finds_the_exact(model):
    exact = model.similar_items(model.items_)
    found = model.similar_items(model.items_, approximate=True)
    pd.testing.assert_frame_equal(found, exact, rtol=1e-6, atol=1e-6)


def test_vectors_that_are_replaced_are_indexed_anew():
    model = given(planted(50, seed=1))
    model.similar_items(3, approximate=True)

    model.item_factors_ = planted(50, seed=2).astype(np.float32)

    assert_finds_the_exact(model)


def test_the_index_is_no_part_of_the_model(small, tmp_path):
    unasked = pickle.dumps(small)
    answer = small.similar_items(3, approximate=True)

    save(small, tmp_path / "model")
    copies = [
        pickle.loads(pickle.dumps(small)),
        copy.deepcopy(small),
        load(tmp_path / "model"),
    ]

    assert pickle.dumps(small) == unasked
    for copied in copies:
        assert "_vector_indexes" not in vars(copied)
        pd.testing.assert_frame_equal(copied.similar_items(3, approximate=True), answer)
    assert "_vector_indexes" not in vars(clone(small))


def test_a_pipeline_passes_the_wish_on(small):
    X = pd.DataFrame([["ann", "tea"], ["ann", "jam"], ["bob", "jam"]], columns=["who", "what"])
    pipeline = make_recommender_pipeline(SVDRecommender(2, random_state=0)).fit(X)

    assert pipeline.similar_items("tea", approximate=True)["similar_what"].tolist() == ["jam"]
    assert pipeline.similar_users("ann", approximate=True)["similar_who"].tolist() == ["bob"]


def test_unknown_ids_are_named(small):
    with pytest.raises(UnknownIdError, match=r"items holds 1 unknown item\(s\): 77"):
        small.similar_items(77, approximate=True)
    with pytest.raises(UnknownIdError, match=r"users holds 1 unknown user\(s\): 77"):
        small.similar_users([77], approximate=True)
    with pytest.raises(TypeError):
        small.similar_items("3", approximate=True)


@pytest.mark.parametrize("method", ["similar_items", "similar_users"])
def test_a_model_without_vectors_says_that_it_finds_the_exact_ones(method):
    model = ItemKNNRecommender().fit([[1, 1], [1, 2], [2, 2]])

    with pytest.raises(ValueError, match="ItemKNNRecommender has none, and finds the exact"):
        getattr(model, method)(1, approximate=True)


def test_a_missing_library_is_answered_with_the_extra_that_installs_it(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)

    with pytest.raises(ModuleNotFoundError) as raised:
        small.similar_items(3, approximate=True)

    assert str(raised.value) == (
        "This needs faiss, which is not installed: run pip install 'sklearn-recsys[approximate]'."
    )
