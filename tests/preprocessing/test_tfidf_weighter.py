"""Tests of TfidfWeighter."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from sklearn_recsys.interactions import matrix_from_interactions
from sklearn_recsys.preprocessing import TfidfWeighter
from sklearn_recsys.testing import interactions

PLAYS = pd.DataFrame(
    [["ann", "Undo", 3.0], ["ann", "Bad", 5.0], ["bob", "Undo", 4.0], ["cat", "Undo", 0.0]],
    columns=["user", "song", "plays"],
)
COUNTS = st.sampled_from([1.0, 2.0, 7.0, 300.0])


@settings(max_examples=40)
@given(
    train=interactions(values=COUNTS, unique=True),
    new=interactions(values=COUNTS, unique=True),
    norm=st.sampled_from(["l1", "l2", None]),
    use_idf=st.booleans(),
    smooth_idf=st.booleans(),
    sublinear_tf=st.booleans(),
)
def test_it_is_scikit_learns_transformer_of_the_matrix(train, new, **params):
    matrix, users, items = matrix_from_interactions(train)
    oracle = TfidfTransformer(**params).fit(matrix)
    # New users, of known items: the matrix has no columns for others.
    new = new[new["song"].isin(items)]
    new = new.assign(listener=new["listener"] + 10**6)
    weighter = TfidfWeighter(**params).fit(train)
    for X in (train, new):
        if X.empty:
            continue
        rows = pd.factorize(X["listener"])[0]
        dense = np.zeros((len(X), len(items)))
        dense[rows, np.searchsorted(items, X["song"])] = X["plays"]
        expected = np.asarray(oracle.transform(dense).todense())
        np.testing.assert_allclose(
            weighter.transform(X)["plays"],
            expected[rows, np.searchsorted(items, X["song"])],
            rtol=1e-6,  # the oracle computes in float32
        )
    assert weighter.users_.tolist() == users.tolist()


def test_fitted_attributes_are_those_of_the_training_rows():
    weighter = TfidfWeighter("l1", sublinear_tf=False).fit(PLAYS)
    assert weighter.items_.tolist() == ["Bad", "Undo"]
    np.testing.assert_allclose(weighter.idf_, [1 + np.log(4 / 2), 1 + np.log(4 / 3)])
    assert weighter.users_.tolist() == ["ann", "bob", "cat"]
    undo = 1 + np.log(4 / 3)
    np.testing.assert_allclose(weighter.norms_, [3 * undo + 5 * (1 + np.log(2)), 4 * undo, 1.0])


def test_known_users_keep_the_norm_of_training():
    weighter = TfidfWeighter().fit(PLAYS)
    np.testing.assert_array_equal(
        weighter.transform(PLAYS.iloc[[0]])["plays"], weighter.transform(PLAYS)["plays"][:1]
    )


@pytest.mark.parametrize(("smooth_idf", "expected"), [(True, np.log(4)), (False, np.log(3))])
def test_an_item_not_seen_in_fit_has_a_finite_rarity(smooth_idf, expected):
    weighter = TfidfWeighter(None, smooth_idf=smooth_idf).fit(PLAYS)
    weights = weighter.transform(PLAYS.iloc[[0]].assign(song="New", plays=1.0))["plays"]
    np.testing.assert_allclose(weights, 1 + expected)


def test_an_item_with_zeros_only_has_a_finite_rarity():
    weighter = TfidfWeighter(smooth_idf=False).fit(PLAYS.assign(plays=[1.0, 0.0, 1.0, 1.0]))
    np.testing.assert_allclose(weighter.idf_, [1 + np.log(3), 1.0])


@pytest.mark.parametrize("sublinear_tf", [True, False])
def test_values_below_one_and_skips_keep_their_sign_and_order(sublinear_tf):
    values = np.array([-300.0, -1.0, -0.5, 0.0, 0.01, 0.99, 1.0, 1.01, 300.0])
    X = pd.DataFrame({"user": 1, "item": range(9), "value": values})
    weighter = TfidfWeighter(use_idf=False, sublinear_tf=sublinear_tf)
    weights = weighter.fit_transform(X)["value"].to_numpy()
    assert (np.diff(weights) > 0).all()
    np.testing.assert_array_equal(np.sign(weights), np.sign(values))
    np.testing.assert_allclose((weights**2).sum(), 1.0)


def test_several_rows_of_a_pair_count_as_one_user():
    twice = TfidfWeighter().fit(pd.concat([PLAYS] * 2))
    np.testing.assert_array_equal(twice.idf_, TfidfWeighter().fit(PLAYS).idf_)


def test_a_table_of_zeros_stays_one():
    assert TfidfWeighter().fit_transform(PLAYS.assign(plays=0.0))["plays"].tolist() == [0.0] * 4


@pytest.mark.parametrize("params", [{"norm": "max"}, {"use_idf": "yes"}, {"smooth_idf": None}])
def test_a_wrong_parameter_raises(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        TfidfWeighter(**params).fit(PLAYS)
