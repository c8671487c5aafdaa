"""Tests of AgeBinner."""
# SPDX-License-Identifier: BSD-3-Clause

import zipfile

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_recsys.preprocessing import AgeBinner

LABELS = ["<= 25", "26 - 30", "31 - 45", ">= 45"]


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pair
        for estimator in [AgeBinner(), AgeBinner(output="ordinal")]
        for pair in estimator_checks_generator(estimator)
    ],
)
def test_scikit_learns_common_checks_pass(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("age", "label"),
    [
        (-3, "<= 25"),
        (0, "<= 25"),
        (1, "<= 25"),
        (25, "<= 25"),
        (25.5, "26 - 30"),
        (30, "26 - 30"),
        (31, "31 - 45"),
        (45, "31 - 45"),
        (46, ">= 45"),
        (56, ">= 45"),
    ],
)
def test_bins_are_closed_on_the_right(age, label):
    assert AgeBinner(output="label").fit_transform([[age]]).tolist() == [[label]]


def test_one_hot_columns_are_named_after_the_column_and_the_label():
    binner = AgeBinner().fit(pd.DataFrame({"age": [20]}))
    assert binner.get_feature_names_out().tolist() == [f"age_{label}" for label in LABELS]


def test_several_columns_are_binned_each_with_its_own_names():
    X = pd.DataFrame({"age": [20, 50], "years": [28, 33]})
    result = AgeBinner().set_output(transform="pandas").fit_transform(X)
    assert result.columns.tolist() == [f"{c}_{label}" for c in X for label in LABELS]
    assert result.to_numpy().tolist() == [[1, 0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 0]]


@pytest.mark.parametrize("output", ["ordinal", "label"])
def test_one_column_a_feature_keeps_its_name(output):
    binner = AgeBinner(output=output).fit(pd.DataFrame({"age": [20]}))
    assert binner.get_feature_names_out().tolist() == ["age"]


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((10,), ["<= 10", ">= 10"]),
        ((0.5, 1.5), ["<= 0.5", "0.5 - 1.5", ">= 1.5"]),
        ([1_000_000, 2_000_000.0], ["<= 1000000", "1000001 - 2000000", ">= 2000000"]),
    ],
)
def test_labels_are_made_from_the_edges(edges, labels):
    assert AgeBinner(edges).fit([[1]]).labels_.tolist() == labels


def test_labels_can_be_given():
    binner = AgeBinner(edges=(17,), output="label", labels=["minor", "adult"])
    assert binner.fit_transform([[17], [18]]).ravel().tolist() == ["minor", "adult"]


def test_polars_frames_go_in_and_come_out():
    X = pl.DataFrame({"age": [20, 50]})
    result = AgeBinner(output="label").set_output(transform="polars").fit_transform(X)
    assert result.to_dict(as_series=False) == {"age": ["<= 25", ">= 45"]}


@pytest.mark.parametrize("edges", [(), (30, 25), (25, 25), (25, np.inf), ("a", "b"), ((1, 2),)])
def test_edges_that_do_not_increase_raise(edges):
    with pytest.raises(ValueError, match="edges must be"):
        AgeBinner(edges).fit([[1]])


@pytest.mark.parametrize("labels", [["young"], ["a", "a", "b", "c"]])
def test_labels_too_few_or_repeated_raise(labels):
    with pytest.raises(ValueError, match="labels must be 4 different names"):
        AgeBinner(labels=labels).fit([[1]])


@given(
    ages=st.lists(st.integers(-50, 150) | st.floats(-50, 150), min_size=1, max_size=30),
    edges=st.lists(st.integers(-20, 120), min_size=1, max_size=6, unique=True).map(sorted),
)
def test_bins_agree_with_pandas_and_rows_sum_to_one(ages, edges):
    X = np.array(ages, dtype=float)[:, None]
    codes = pd.cut(X.ravel(), [-np.inf, *edges, np.inf], right=True, labels=False)
    onehot = AgeBinner(edges).fit_transform(X)
    assert (onehot.sum(axis=1) == 1).all()
    assert (onehot.argmax(axis=1) == codes).all()
    assert (AgeBinner(edges, output="ordinal").fit_transform(X).ravel() == codes).all()


def _user_features():
    return ColumnTransformer(
        [
            ("kind", OneHotEncoder(sparse_output=False), ["gender", "occupation"]),
            ("age", AgeBinner(), ["age"]),
        ],
        verbose_feature_names_out=False,
    )


def test_gender_occupation_and_age_make_twenty_seven_named_columns():
    users = pd.DataFrame(
        {
            "gender": ["F", "M"] * 21,
            "age": [1, 18, 25, 35, 45, 50, 56] * 6,
            "occupation": [f"job {number}" for number in range(21)] * 2,
        }
    )
    features = _user_features()
    assert features.fit_transform(users).shape == (42, 27)
    names = features.get_feature_names_out().tolist()
    assert len(set(names)) == 27
    assert names[:2] == ["gender_F", "gender_M"]
    assert names[-4:] == [f"age_{label}" for label in LABELS]


@pytest.mark.data
def test_the_ages_of_movielens_1m_leave_the_second_bin_empty(real_data):
    with (
        zipfile.ZipFile(real_data("ml-1m") / "ml-1m.zip") as archive,
        archive.open("ml-1m/users.dat") as file,
    ):
        rows = [line.decode("latin-1").rstrip().split("::") for line in file]
    users = pd.DataFrame(rows, columns=["user", "gender", "age", "occupation", "zip"])
    users["age"] = users["age"].astype(int)
    features = _user_features()
    matrix = features.fit_transform(users)
    assert matrix.shape == (6040, 27)
    assert matrix[:, -4:].sum(axis=0).tolist() == [3421, 0, 1743, 876]
    assert matrix[:, :2].sum(axis=0).tolist() == [1709, 4331]
