"""Tests of BM25Weighter."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.interactions import matrix_from_interactions
from sklearn_recsys.preprocessing import BM25Weighter
from sklearn_recsys.testing import interactions

PLAYS = pd.DataFrame(
    [["ann", "Undo", 3.0], ["ann", "Bad", 5.0], ["bob", "Undo", 4.0], ["cat", "Undo", 0.0]],
    columns=["user", "song", "plays"],
)


def weigh_by_loops(train, X, K1, B):
    """Return the weights of X by the formula, one row at a time."""
    lengths = {user: sum(abs(train.plays[train.listener == user])) for user in set(train.listener)}
    average = sum(lengths.values()) / len(lengths)
    weights = []
    for user, item, value in X.itertuples(index=False):
        fans = set(train.listener[(train.song == item) & (train.plays != 0)])
        idf = math.log((1 + len(lengths)) / max(len(fans), 1))
        length = lengths.get(user, sum(abs(X.plays[X.listener == user])))
        norm = 1 - B + B * length / (average or 1.0)
        weight = value * (K1 + 1) / (K1 * norm + abs(value)) * idf if value else 0.0
        weights.append(weight)
    return weights


@settings(max_examples=40)
@given(
    train=interactions(values=st.sampled_from([0.0, 1.0, 2.5, 40.0, -3.0])),
    new=interactions(),
    K1=st.sampled_from([0.0, 1.2, 100.0]),
    B=st.sampled_from([0.0, 0.8, 1.0]),
)
def test_weights_are_those_of_the_formula_for_training_rows_and_others(train, new, K1, B):
    weighter = BM25Weighter(K1, B=B).fit(train)
    for X in (train, new):
        expected = weigh_by_loops(train, X, K1, B)
        np.testing.assert_allclose(weighter.transform(X)["plays"], expected, rtol=1e-12)


def bm25_of_matrix(matrix, K1, B):
    """Weigh the rows of a matrix as is usual, whose idf is ln N - ln(1 + df)."""
    documents, terms = matrix.nonzero()
    lengths = matrix.sum(axis=1)
    norm = (1 - B + B * lengths / lengths.mean())[documents]
    idf = np.log(matrix.shape[0]) - np.log1p(np.bincount(terms, minlength=matrix.shape[1]))
    values = matrix[documents, terms]
    return sparse.csr_array((values * (K1 + 1) / (K1 * norm + values), (documents, terms))), idf


def test_but_for_the_idf_it_is_the_usual_weighting_of_a_matrix():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(np.argwhere(rng.random((20, 30)) < 0.3), columns=["user", "item"])
    table["plays"] = rng.integers(1, 500, len(table)).astype(float)
    matrix, _, items = matrix_from_interactions(table)
    expected, usual_idf = bm25_of_matrix(matrix.toarray().astype(float), 100.0, 0.8)

    weighter = BM25Weighter()
    weighted = matrix_from_interactions(weighter.fit_transform(table))[0]

    np.testing.assert_array_equal(weighter.items_, items)
    np.testing.assert_allclose(
        weighted.toarray(), expected.toarray() * weighter.idf_, rtol=1e-6, atol=0
    )
    # (1 + N) / n against N / (1 + n): the usual one may be 0 or less, where n is N - 1 or N.
    counts = np.bincount(table["item"])
    np.testing.assert_allclose(
        weighter.idf_ - usual_idf, np.log(21 / 20) + np.log((1 + counts) / counts)
    )


def test_fitted_attributes_are_those_of_the_training_rows():
    weighter = BM25Weighter().fit(PLAYS)
    assert weighter.items_.tolist() == ["Bad", "Undo"]
    np.testing.assert_allclose(weighter.idf_, [np.log(4 / 1), np.log(4 / 2)])
    assert weighter.users_.tolist() == ["ann", "bob", "cat"]
    assert weighter.lengths_.tolist() == [8.0, 4.0, 0.0]
    assert weighter.average_length_ == 4.0


def test_a_rarer_item_and_a_shorter_history_weigh_more():
    weights = BM25Weighter(K1=4.0).fit(PLAYS).transform(PLAYS.assign(plays=1.0))["plays"]
    undo_ann, bad_ann, undo_bob, _ = weights
    assert bad_ann > undo_ann
    assert undo_bob > undo_ann


def test_an_item_that_all_chose_keeps_a_positive_weight():
    X = PLAYS.assign(song="Undo", plays=1.0)
    assert (BM25Weighter().fit_transform(X)["plays"] > 0).all()


def test_several_rows_of_a_pair_count_as_one_user():
    weighter = BM25Weighter().fit(pd.concat([PLAYS] * 3))
    np.testing.assert_array_equal(weighter.idf_, BM25Weighter().fit(PLAYS).idf_)


def test_an_item_not_seen_in_fit_counts_as_chosen_by_one_user():
    weighter = BM25Weighter().fit(PLAYS)
    new, bad = weighter.transform(PLAYS.iloc[[1, 1]].assign(song=["New", "Bad"]))["plays"]
    assert new == bad


def test_a_table_of_zeros_stays_one():
    assert BM25Weighter().fit_transform(PLAYS.assign(plays=0.0))["plays"].tolist() == [0.0] * 4


def test_a_table_of_two_columns_has_values_of_one():
    weighted = BM25Weighter().fit_transform(PLAYS.iloc[:, :2])
    assert weighted.columns.tolist() == ["user", "song", "value"]
    with_ones = BM25Weighter().fit_transform(PLAYS.assign(plays=1.0))
    np.testing.assert_array_equal(weighted["value"], with_ones["plays"])


def test_ids_of_another_type_than_in_fit_raise():
    weighter = BM25Weighter().fit(PLAYS)
    with pytest.raises(TypeError, match="user ids were of type text in fit"):
        weighter.transform(PLAYS.assign(user=1))


@pytest.mark.parametrize("params", [{"K1": -1.0}, {"B": 1.1}, {"B": -0.1}])
def test_a_parameter_out_of_range_raises(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        BM25Weighter(**params).fit(PLAYS)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9))
def test_among_the_items_of_a_user_a_larger_value_weighs_no_less(values):
    values = np.sort(values)
    X = pd.DataFrame({"user": 1, "item": range(len(values)), "value": values})
    # Of one idf: a second user has none of them, or all.
    others = pd.DataFrame({"user": 2, "item": range(len(values)), "value": 1.0})
    weighter = BM25Weighter(10.0).fit(pd.concat([X.assign(value=1.0), others]))
    weights = weighter.transform(X)["value"].to_numpy()
    assert (np.diff(weights) >= -1e-12 * np.abs(weights).max()).all()
    np.testing.assert_array_equal(np.sign(weights), np.sign(values))
