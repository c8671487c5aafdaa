"""Tests of ConfidenceWeighter."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.preprocessing import ConfidenceWeighter

COLUMNS = {
    "user": ["ann", "ann", "bob"],
    "song": ["Undo", "Bad", "Undo"],
    "plays": [3, 0, -1],
    "time": [10, 20, 30],
}
CONFIDENCES = [7.0, 0.0, -3.0]  # 1 + 2·3, seen only, −(1 + 2·1)
CONTAINERS = [pd.DataFrame, pl.DataFrame, pa.table]


@pytest.mark.parametrize("make", CONTAINERS)
def test_only_the_value_column_changes_and_the_container_stays(make):
    table = make(COLUMNS)
    result = ConfidenceWeighter(alpha=2.0).fit_transform(table)
    assert type(result) is type(table)
    columns = {name: np.asarray(result[name]).tolist() for name in COLUMNS}
    assert columns == {**COLUMNS, "plays": CONFIDENCES}


def test_an_array_stays_an_array_and_integers_become_floats():
    X = np.array([[1, 7, 3], [1, 8, 0], [2, 7, -1]])
    result = ConfidenceWeighter(alpha=2.0).fit_transform(X)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, [[1, 7, 7], [1, 8, 0], [2, 7, -3]])


def test_a_list_of_rows_becomes_an_array_that_keeps_the_type_of_each_value():
    result = ConfidenceWeighter(alpha=2.0).fit_transform([[1, "tea", 3], [2, "milk", 0]])
    assert result.tolist() == [[1, "tea", 7.0], [2, "milk", 0.0]]
    assert isinstance(result[0, 0], int)


def test_ids_beyond_the_integers_of_float64_are_not_rounded():
    X = np.array([[2**53 + 1, 7, 3], [2, 7, 1]])
    assert ConfidenceWeighter().fit_transform(X)[0, 0] == 2**53 + 1


def test_text_ids_of_an_array_get_a_numeric_value_beside_them():
    result = ConfidenceWeighter().fit_transform(np.array([["ann", "Undo"], ["bob", "Bad"]]))
    assert result.tolist() == [["ann", "Undo", 2.0], ["bob", "Bad", 2.0]]


def test_the_logarithmic_scheme_is_one_plus_alpha_log_one_plus_v_over_eps():
    X = pd.DataFrame({"user": [1, 1], "item": [1, 2], "plays": [6.0, -2.0]})
    result = ConfidenceWeighter("log", alpha=3.0, eps=2.0).fit_transform(X)
    expected = [1 + 3 * np.log(4.0), -(1 + 3 * np.log(2.0))]
    np.testing.assert_allclose(result["plays"], expected, rtol=1e-15)


@pytest.mark.parametrize("make", CONTAINERS)
def test_two_columns_get_the_confidence_of_one_as_a_third_named_value(make):
    table = make({name: COLUMNS[name] for name in ("user", "song")})
    weighter = ConfidenceWeighter(alpha=4.0).fit(table)
    result = weighter.transform(table)
    assert weighter.get_feature_names_out().tolist() == ["user", "song", "value"]
    assert np.asarray(result["value"]).tolist() == [5.0, 5.0, 5.0]


def test_a_frame_with_numbered_columns_gets_a_numbered_one_that_the_next_step_accepts():
    table = pd.DataFrame([[1, 7], [2, 8]])
    pipe = make_pipeline(ConfidenceWeighter(), ConfidenceWeighter())
    assert pipe.fit_transform(table).columns.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("library", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output_chooses_the_container(library, frame):
    X = np.array([[1.0, 7.0], [2.0, 8.0]])
    result = ConfidenceWeighter().set_output(transform=library).fit_transform(X)
    assert isinstance(result, frame)
    assert list(result.columns) == ["x0", "x1", "value"]


def test_names_of_three_columns_or_more_stay():
    weighter = ConfidenceWeighter().fit(pd.DataFrame(COLUMNS))
    assert weighter.get_feature_names_out().tolist() == list(COLUMNS)


def test_the_index_of_a_frame_is_kept():
    X = pd.DataFrame(COLUMNS, index=["a", "b", "c"])
    assert ConfidenceWeighter().fit_transform(X).index.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("make", [pd.DataFrame, lambda columns: pd.DataFrame(columns).to_numpy()])
def test_the_input_is_not_modified(make):
    table = make(COLUMNS)
    before = table.copy()
    ConfidenceWeighter().fit_transform(table)
    assert (table == before).all(axis=None)


def test_a_table_of_another_width_raises():
    weighter = ConfidenceWeighter().fit(pd.DataFrame(COLUMNS).to_numpy())
    with pytest.raises(ValueError, match="X has 3 features, but ConfidenceWeighter is expecting 4"):
        weighter.transform(pd.DataFrame(COLUMNS).to_numpy()[:, :3])


def test_a_sparse_matrix_raises_and_names_the_converter():
    with pytest.raises(TypeError, match=r"sparse.*interactions_from_matrix"):
        ConfidenceWeighter().fit(sparse.csr_array(np.eye(3)))


@pytest.mark.parametrize("column", ["user", "song", "plays"])
@pytest.mark.parametrize("method", ["fit", "transform"])
def test_a_missing_id_or_value_raises(column, method):
    table = pd.DataFrame(COLUMNS).astype({"plays": float})
    weighter = ConfidenceWeighter().fit(table)
    table.loc[1, column] = None
    with pytest.raises(ValueError, match="Input X contains NaN"):
        getattr(weighter, method)(table)


def test_a_missing_value_beyond_the_value_column_is_let_through():
    table = pd.DataFrame(COLUMNS).assign(time=[1.0, np.nan, 3.0])
    assert np.isnan(ConfidenceWeighter().fit_transform(table)["time"][1])


def test_text_in_the_value_column_raises():
    table = pd.DataFrame({"user": [1], "item": [2], "plays": ["three"]})
    with pytest.raises(ValueError, match="three"):
        ConfidenceWeighter().fit(table)


@pytest.mark.parametrize("params", [{"scheme": "sqrt"}, {"alpha": -1.0}, {"eps": 0.0}])
def test_a_parameter_out_of_range_raises(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        ConfidenceWeighter(**params).fit(pd.DataFrame(COLUMNS))


values = st.floats(-1e6, 1e6)


@given(
    values=st.lists(values, min_size=1, max_size=20),
    scheme=st.sampled_from(["linear", "log"]),
    alpha=st.floats(0, 100),
    eps=st.floats(1e-3, 1e3),
)
def test_confidence_is_monotone_odd_and_keeps_the_sign(values, scheme, alpha, eps):
    v = np.sort(values)
    X = pd.DataFrame({"user": np.arange(len(v)), "item": np.arange(len(v)) % 3, "value": v})
    weighter = ConfidenceWeighter(scheme, alpha=alpha, eps=eps)
    result = clone(weighter).fit_transform(X)
    c = result["value"].to_numpy()
    assert (np.diff(c) >= 0).all()
    assert (np.sign(c) == np.sign(v)).all()
    assert (np.abs(c[v != 0]) >= 1).all()
    mirrored = weighter.fit_transform(X.assign(value=-v))["value"].to_numpy()
    np.testing.assert_array_equal(mirrored, -c)
    pd.testing.assert_frame_equal(result.drop(columns="value"), X.drop(columns="value"))


def test_y_which_would_undo_the_weights_is_warned_about():
    with pytest.warns(DataWarning, match="leave out y"):
        ConfidenceWeighter().fit([["ann", "tea", 2]], [3])
