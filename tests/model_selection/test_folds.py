"""Tests of UserKFold, ColdItemKFold and InteractionKFold."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate

from sklearn_recsys.model_selection import ColdItemKFold, InteractionKFold, UserKFold

FOLDS = [UserKFold, ColdItemKFold, InteractionKFold]


class CountUnknown(BaseEstimator):
    """A stand-in for a recommender: knows the users and items that it was fitted on."""

    def __init__(self, bias=0.0):
        self.bias = bias

    def fit(self, X, y=None):
        self.users_, self.items_ = set(X["user"]), set(X["item"])
        return self

    def predict(self, X):
        return X["row"].to_numpy()

    def score(self, X, y=None):
        return self.bias + np.mean([user in self.users_ for user in X["user"]])


def _table(seed=0, n_rows=60):
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(12 * 15)[:n_rows]
    return pd.DataFrame({"user": pairs // 15, "item": pairs % 15, "row": np.arange(n_rows)})


def _held_out_pairs(splitter, table):
    return [
        set(zip(*table.iloc[test, :2].T.to_numpy(), strict=True))
        for _, test in splitter.split(table)
    ]


pairs = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=60, unique=True
)


@pytest.mark.parametrize("make", FOLDS)
@given(pairs=pairs, n_splits=st.integers(2, 6), seed=st.integers(0, 50))
def test_folds_are_disjoint_complete_as_many_as_promised_and_blind_to_row_order(
    make, pairs, n_splits, seed
):
    table = pd.DataFrame(pairs, columns=["user", "item"])
    splitter = make(n_splits, random_state=seed)
    n_things = {UserKFold: table["user"].nunique(), ColdItemKFold: table["item"].nunique()}
    if n_things.get(make, len(table)) < n_splits:
        with pytest.raises(ValueError, match=f"n_splits={n_splits} is more than the"):
            splitter.split(table)
        return
    splits = list(splitter.split(table))
    assert len(splits) == splitter.get_n_splits() == n_splits
    for train, test in splits:
        assert len(test) > 0
        assert sorted([*train, *test]) == list(range(len(table)))
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(len(table)))
    shuffled = table.sample(frac=1, random_state=seed)
    assert _held_out_pairs(splitter, shuffled) == _held_out_pairs(splitter, table)


@pytest.mark.parametrize(("make", "column"), [(UserKFold, "user"), (ColdItemKFold, "item")])
def test_held_out_users_or_items_are_not_in_training(make, column):
    table = _table()
    sizes = []
    for train, test in make(4).split(table):
        held_out = set(table[column].iloc[test])
        assert not held_out & set(table[column].iloc[train])
        sizes.append(len(held_out))
    assert max(sizes) - min(sizes) <= 1


def test_users_are_dealt_in_runs_of_sorted_ids_without_shuffling():
    X = [[user, "a"] for user in ["dan", "ann", "cat", "bob"]]
    tests = [test.tolist() for _, test in UserKFold(2, shuffle=False).split(X)]
    assert tests == [[1, 3], [0, 2]]


@given(counts=st.lists(st.integers(1, 12), min_size=1, max_size=8), n_splits=st.integers(2, 5))
def test_each_users_interactions_are_spread_evenly(counts, n_splits):
    users = np.repeat(np.arange(len(counts)), counts)
    if len(users) < n_splits:
        return
    X = np.column_stack([users, np.arange(len(users))])
    in_fold = []
    for train, test in InteractionKFold(n_splits).split(X):
        in_fold.append(np.bincount(users[test], minlength=len(counts)))
        trained = set(users[train])
        assert all(user in trained for user, count in enumerate(counts) if count > 1)
    in_fold = np.array(in_fold)
    assert np.ptp(in_fold, axis=0).max() <= 1
    assert np.ptp(in_fold.sum(axis=1)) <= 1
    assert (in_fold[:, np.array(counts) >= n_splits] > 0).all()


def test_long_histories_are_permuted_by_one_random_number_a_row():
    users = np.repeat([0, 1], 3000)
    X = np.column_stack([users, np.arange(6000)])
    shuffled = np.lexsort((np.random.default_rng(7).random(6000), users))

    folds = [test for _, test in InteractionKFold(3, random_state=7).split(X)]

    for number, fold in enumerate(folds):
        np.testing.assert_array_equal(fold, np.sort(shuffled[number::3]))


@pytest.mark.parametrize("make", FOLDS)
def test_all_containers_give_the_same_folds(make):
    table = _table().assign(user=lambda t: "user" + t["user"].astype(str).str.zfill(2))
    expected = [test.tolist() for _, test in make(3).split(table)]
    for other in (
        pl.from_pandas(table),
        pa.Table.from_pandas(table),
        table.to_numpy(),
        table.to_numpy().tolist(),
    ):
        assert [test.tolist() for _, test in make(3).split(other)] == expected


@pytest.mark.parametrize("make", FOLDS)
def test_one_seed_gives_the_same_folds_and_another_seed_others(make):
    table = _table()
    first, again, other = (
        [test.tolist() for _, test in make(3, random_state=seed).split(table)] for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize("make", FOLDS)
def test_cross_validate_and_cross_val_predict_take_them(make):
    table = _table()
    result = cross_validate(CountUnknown(), table, cv=make(4))
    assert len(result["test_score"]) == 4
    assert (result["test_score"] == 0).all() == (make is UserKFold)
    predicted = cross_val_predict(CountUnknown(), table, cv=make(4))
    assert predicted.tolist() == table["row"].tolist()


def test_a_grid_search_takes_them():
    search = GridSearchCV(CountUnknown(), {"bias": [0.0, 1.0]}, cv=InteractionKFold(3))
    assert search.fit(_table()).best_params_ == {"bias": 1.0}
    assert search.n_splits_ == 3


@pytest.mark.parametrize("make", FOLDS)
def test_wrong_input_raises_at_the_call_of_split(make):
    with pytest.raises(TypeError, match="sparse"):
        make().split(sparse.csr_array(np.eye(9)))
    with pytest.raises(ValueError, match="n_splits == 1, must be >= 2"):
        make(1).split(_table())
    with pytest.raises(TypeError, match="n_splits"):
        make(2.5).split(_table())
    with pytest.raises(ValueError, match="1 feature"):
        make().split(_table()[["user"]])


def test_their_text_shows_the_parameters():
    assert repr(UserKFold(3)) == "UserKFold(n_splits=3, random_state=0, shuffle=True)"
    assert repr(ColdItemKFold()) == "ColdItemKFold(n_splits=5, random_state=0)"


def test_a_word_is_no_answer_to_whether_users_are_shuffled():
    with pytest.raises(ValueError, match="shuffle must be True or False, got 'no'"):
        list(UserKFold(2, shuffle="no").split(_table()))
