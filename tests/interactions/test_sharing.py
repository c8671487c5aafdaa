"""What depends on the data alone is worked out once for equal tables."""
# SPDX-License-Identifier: BSD-3-Clause

import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_recsys.baseline import PopularityRecommender
from sklearn_recsys.datasets import make_interactions
from sklearn_recsys.decomposition import ALSRecommender, HybridRecommender, SVDRecommender
from sklearn_recsys.interactions import _sharing, share_work
from sklearn_recsys.interactions._sharing import derive, digest
from sklearn_recsys.metrics import make_ranking_scorer
from sklearn_recsys.model_selection import InteractionKFold
from sklearn_recsys.neighbors import ItemKNNRecommender

MODELS = [
    ALSRecommender(8, max_iter=3, random_state=0),
    HybridRecommender(8, max_iter=2, random_state=0),
    ItemKNNRecommender(),
    PopularityRecommender(),
    SVDRecommender(8, random_state=0),
]


@pytest.fixture(autouse=True)
def forgetful():
    """Start with nothing kept, and leave nothing."""
    with share_work():
        yield


@pytest.fixture
def X():
    return make_interactions(40, 30, n_interactions=400, random_state=0).X.iloc[:, :3]


def fitted_on(X):
    return PopularityRecommender().fit(X).interactions_


def kept_on(X):
    """Fit twice: what is met once is not kept."""
    fitted_on(X)
    return fitted_on(X)


def are_shared(one, other):
    """Tell whether what is derived of one is what was derived of the other."""
    return mark_of(one) is mark_of(other)


def mark_of(matrix):
    return derive(matrix, "mark", lambda: np.zeros(1))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_search_finds_the_same_with_and_without(model, X):
    def search(n_jobs):
        grid = {"verbose": [0, False, 0]}  # three candidates, all alike
        scorer = make_ranking_scorer("ndcg@10", "auc")
        cv = InteractionKFold(3)
        found = GridSearchCV(model, grid, scoring=scorer, cv=cv, refit="ndcg@10", n_jobs=n_jobs)
        found.fit(X)
        lists = found.best_estimator_.recommend()
        return {k: v for k, v in found.cv_results_.items() if "split" in k}, lists

    with share_work(False):
        expected = search(None)
    for n_jobs in (None, 2):
        results, lists = search(n_jobs)
        for name, values in results.items():
            np.testing.assert_array_equal(values, expected[0][name], err_msg=name)
        pd.testing.assert_frame_equal(lists, expected[1])


def test_equal_content_is_shared_wherever_it_comes_from(X):
    first = kept_on(X)
    assert are_shared(fitted_on(X.copy()), first)
    assert are_shared(fitted_on(X.sample(frac=1, random_state=0).loc[X.index]), first)
    with share_work(False):
        assert not are_shared(fitted_on(X), first)


def test_nothing_is_kept_of_what_is_fitted_once(X):
    first = fitted_on(X)
    assert _sharing._CACHE.n_bytes == 0
    assert not are_shared(fitted_on(X), first)
    assert _sharing._CACHE.n_bytes > 0


@pytest.mark.parametrize("kind", ["object", "category", "string"])
def test_texts_are_shared_by_their_content(X, kind):
    texts = X.assign(user_id=("u" + X["user_id"].astype(str)).astype(kind))
    first = kept_on(texts)
    assert are_shared(fitted_on(texts.copy()), first)
    other = texts.assign(user_id=texts["user_id"].astype(object).replace("u1", "u1 "))
    assert not are_shared(fitted_on(other), first)


def test_objects_that_are_no_texts_are_not_compared_by_their_looks(X):
    pairs = pd.Series([(user, 0) for user in X["user_id"]], index=X.index, dtype=object)
    assert digest([pairs.to_numpy()]) is None


def test_what_changed_is_not_shared(X):
    values = X.to_numpy(dtype=float, copy=True)
    first = kept_on(values)
    values[0, 2] += 1
    second = kept_on(values)
    assert not are_shared(second, first)
    assert second.sum() == pytest.approx(first.sum() + 1)
    weighted = PopularityRecommender().fit(values, sample_weight=np.full(len(values), 2.0))
    assert weighted.interactions_.sum() == pytest.approx(2 * second.sum())


def test_names_are_those_of_the_table_at_hand(X):
    kept_on(X)
    renamed = X.set_axis(["who", "what", "much"], axis=1)
    assert PopularityRecommender().fit(renamed).recommend().columns[:2].tolist() == ["who", "what"]


def test_what_the_caller_and_the_models_hold_stays_writable(X):
    values = X.to_numpy(dtype=float, copy=True)
    one, other = kept_on(values), fitted_on(values)
    values[0, 2] = 5
    one.data *= 2
    one.indices[:] = 0
    assert other.sum() == fitted_on(X.to_numpy(dtype=float)).sum()
    assert one.sum() == 2 * other.sum()


def test_folds_used_long_ago_make_room(X):
    n_bytes = _sharing._n_bytes([kept_on(X)]) * 3
    with share_work(max_bytes=2 * n_bytes):
        tables = [X.assign(rating=float(number)) for number in range(1, 6)]
        marks = [mark_of(kept_on(table)) for table in tables]
        assert _sharing._CACHE.n_bytes <= 2 * n_bytes
        assert mark_of(fitted_on(tables[-1])) is marks[-1]
        assert mark_of(fitted_on(tables[0])) is not marks[0]
    with share_work(max_bytes=10):
        assert not are_shared(fitted_on(X), fitted_on(X))


def test_what_is_derived_is_made_once_and_bounded(X):
    matrix, made = kept_on(X), []

    def make():
        made.append(np.zeros(1000))
        return made[-1]

    assert derive(matrix, "zeros", make) is derive(matrix, "zeros", make)
    assert derive(matrix.copy(), "zeros", make) is not made[0]
    assert len(made) == 2
    assert not made[0].flags.writeable
    assert made[1].flags.writeable
    with share_work(max_bytes=4000):
        derive(matrix, "zeros", make)
        assert _sharing._CACHE.n_bytes <= 4000


def test_threads_get_what_each_alone_would(X):
    tables = [X.assign(rating=float(number)) for number in range(1, 4)]
    expected = [table["rating"].iloc[0] for table in tables]
    wrong = []

    def fit_all():
        for _ in range(20):
            for table, value in zip(tables, expected, strict=True):
                matrix = fitted_on(table)
                if derive(matrix, "largest", lambda m=matrix: m.data[:1].copy())[0] % value:
                    wrong.append(value)

    threads = [threading.Thread(target=fit_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_model_is_the_same_after_another_was_changed(X):
    _, one, other = (clone(MODELS[0]).fit(X) for _ in range(3))
    before = other.recommend()
    one.partial_fit(X.assign(user_id=10**6))
    pd.testing.assert_frame_equal(other.recommend(), before)


def test_a_matrix_that_is_changed_by_hand_is_nobody_elses(X):
    _, one, other = (PopularityRecommender().fit(X) for _ in range(3))
    one.interactions_.indices = one.interactions_.indices.astype(np.int64)
    one.interactions_.data = one.interactions_.data * 2
    assert other.interactions_.indices.dtype == np.int32
    assert fitted_on(X).sum() == other.interactions_.sum()


@pytest.mark.parametrize(
    ("wrong", "name"), [({"enabled": "no"}, "enabled"), ({"max_bytes": -1}, "max_b")]
)
def test_a_wrong_setting_is_refused_and_changes_nothing(wrong, name):
    before = share_work()
    with pytest.raises(ValueError, match=f"{name}.* must be"):
        share_work(**wrong)
    assert share_work(before.enabled, max_bytes=before.max_bytes) == (True, 2**28)
