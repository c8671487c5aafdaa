"""Tests of train_test_split_by_user."""
# SPDX-License-Identifier: BSD-3-Clause

import zipfile
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.model_selection import train_test_split_by_user


def _plays(counts):
    """Return a shuffled table in which user u has counts[u] rows."""
    users = np.repeat(np.arange(len(counts)), counts)
    table = pd.DataFrame({"user": users, "song": np.arange(len(users)) % 7, "row": users * 0})
    table = table.sample(frac=1, random_state=1, ignore_index=True)
    return table.assign(row=np.arange(len(table)))


def _held_out_by_the_rule(users, test_size, seed):
    rng = np.random.default_rng(seed)
    held_out = []
    for user in sorted(set(users)):
        rows = [row for row, other in enumerate(users) if other == user]
        permuted = rng.permutation(rows)
        held_out += permuted[: int(len(rows) * Fraction(str(test_size)))].tolist()
    return sorted(held_out)


@given(
    users=st.lists(st.sampled_from(["ann", "bob", "cat", "dan"]), min_size=1, max_size=60),
    test_size=st.sampled_from([0.1, 0.2, 0.25, 0.29, 0.5, 0.7, 0.9]),
    seed=st.integers(0, 100),
)
def test_the_rule_is_followed_to_the_row(users, test_size, seed):
    expected = _held_out_by_the_rule(users, test_size, seed)
    X = pd.DataFrame({"user": users, "item": 1, "row": np.arange(len(users))})
    if not expected:
        with pytest.raises(ValueError, match="holds out no row"):
            train_test_split_by_user(X, test_size=test_size, random_state=seed)
        return
    train, test = train_test_split_by_user(X, test_size=test_size, random_state=seed)
    assert test["row"].tolist() == expected
    assert train["row"].tolist() == sorted(set(range(len(users))) - set(expected))


@pytest.mark.parametrize(
    "make",
    [
        lambda table: table,
        pl.from_pandas,
        lambda table: pa.Table.from_pandas(table, preserve_index=False),
        lambda table: table.to_numpy(),
        lambda table: table.to_numpy().tolist(),
    ],
)
def test_each_part_keeps_the_container_and_the_rows_of_the_table(make):
    table = _plays([10, 5, 3])
    train, test = train_test_split_by_user(make(table), random_state=0)
    assert type(train) is type(test) is type(make(table))
    expected = train_test_split_by_user(table, random_state=0)[1]
    assert np.asarray(test).tolist() == expected.to_numpy().tolist()
    assert len(train) + len(test) == 18


def test_every_user_loses_the_floor_of_the_share_and_short_histories_stay():
    train, test = train_test_split_by_user(_plays([10, 5, 4]), test_size=0.2, random_state=0)
    assert test["user"].value_counts().to_dict() == {0: 2, 1: 1}
    assert train["user"].value_counts().to_dict() == {0: 8, 1: 4, 2: 4}


@pytest.mark.parametrize(("test_size", "n_test"), [(0.29, 29), (0.58, 58), (0.299, 29)])
def test_a_share_that_binary_fractions_miss_by_a_hair_is_the_one_that_was_meant(test_size, n_test):
    _, test = train_test_split_by_user(_plays([100]), test_size=test_size, random_state=0)
    assert len(test) == n_test


def test_one_seed_gives_one_split_and_another_seed_another():
    table = _plays([30, 30])
    first, again, other = (
        train_test_split_by_user(table, random_state=seed)[1]["row"].tolist() for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.parametrize("test_size", [0, 1, 1.5, -0.1, "0.2"])
def test_a_share_out_of_range_raises(test_size):
    with pytest.raises(ValueError, match="test_size must be a share between 0 and 1"):
        train_test_split_by_user(_plays([5]), test_size=test_size)


def test_a_sparse_matrix_raises():
    with pytest.raises(TypeError, match="sparse"):
        train_test_split_by_user(sparse.csr_array(np.eye(3)))


@pytest.mark.data
def test_movielens_1m_has_the_published_numbers_of_rows(real_data):
    with (
        zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive,
        archive.open("ml-1m/ratings_without_timestamp.dat") as file,
    ):
        ratings = pd.read_csv(file, sep=":", header=None, usecols=[0, 2, 4]).to_numpy()
    train, test = train_test_split_by_user(ratings, random_state=0)
    counts = np.bincount(ratings[:, 0])
    assert len(test) == (counts // 5).sum() == 197_656
    assert len(train) == 802_553
