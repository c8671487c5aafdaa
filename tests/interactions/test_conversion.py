"""Matrices become tables of interactions, and tables matrices."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.interactions import interactions_from_matrix, matrix_from_interactions

DENSE = np.array([[0, 3, 0], [1, 0, 2]])
TABLE = pd.DataFrame({"user": [0, 1, 1], "item": [1, 0, 2], "value": [3, 1, 2]})
SPARSE = {
    f"{layout}_{kind}": getattr(sparse, f"{layout}_{kind}")
    for layout in ("csr", "csc", "coo", "lil", "dok")
    for kind in ("array", "matrix")
}


@pytest.mark.parametrize("kind", SPARSE.values(), ids=SPARSE)
def test_each_stored_entry_of_a_sparse_matrix_becomes_a_row(kind):
    pd.testing.assert_frame_equal(interactions_from_matrix(kind(DENSE)), TABLE)


@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist, pd.DataFrame])
def test_each_cell_of_a_dense_matrix_but_zeros_becomes_a_row(make):
    pd.testing.assert_frame_equal(interactions_from_matrix(make(DENSE)), TABLE)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_values_keep_their_dtype(dtype):
    assert interactions_from_matrix(DENSE.astype(dtype))["value"].dtype == dtype


def test_a_matrix_of_truths_gives_ones():
    assert interactions_from_matrix(DENSE > 0)["value"].tolist() == [1, 1, 1]


def test_explicit_zeros_are_kept():
    M = sparse.csr_array((np.array([0.0, 2.0]), [0, 1], [0, 2, 2]), shape=(2, 2))

    assert interactions_from_matrix(M)["value"].tolist() == [0.0, 2.0]


def test_cells_of_a_dense_matrix_that_are_nan_are_absent():
    table = pd.DataFrame({"u": ["a", "a", "b"], "i": [7, 8, 8], "v": [1.0, 2.0, 3.0]})

    back = interactions_from_matrix(table.pivot_table(index="u", columns="i", values="v"))

    assert back.to_numpy().tolist() == table.to_numpy().tolist()


def test_entries_that_are_stored_twice_are_summed():
    M = sparse.coo_array(([1.0, 2.0], ([0, 0], [1, 1])), shape=(1, 2))

    assert interactions_from_matrix(M).to_numpy().tolist() == [[0, 1, 3.0]]


def test_the_matrix_is_not_changed():
    M = sparse.csr_array((np.array([3.0, 1.0, 2.0]), [2, 0, 0], [0, 3]), shape=(1, 3))

    interactions_from_matrix(M)

    assert M.data.tolist() == [3.0, 1.0, 2.0]
    assert M.indices.tolist() == [2, 0, 0]


@pytest.mark.parametrize("container", [list, np.array, pd.Index, pl.Series, tuple])
def test_ids_name_rows_and_columns(container):
    users, items = container(["ann", "é"]), container(["tea", "jam", "rye"])

    table = interactions_from_matrix(DENSE, users, items)

    assert table["user"].tolist() == ["ann", "é", "é"]
    assert table["item"].tolist() == ["jam", "tea", "rye"]


def test_the_labels_of_a_frame_are_its_ids_unless_others_are_given():
    frame = pd.DataFrame(DENSE, index=["ann", "bob"], columns=[10, 20, 30])

    assert interactions_from_matrix(frame)["item"].tolist() == [20, 10, 30]
    assert interactions_from_matrix(frame, users=[5, 6])["user"].tolist() == [5, 6, 6]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"users": ["a"]}, r"users must name the 2 rows of M, but has 1 id\(s\)"),
        ({"items": [1, 2, 3, 4]}, "items must name the 3 columns"),
        ({"users": ["a", "a"]}, "users must be distinct, but repeats 'a'"),
    ],
)
def test_ids_that_do_not_fit_are_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        interactions_from_matrix(DENSE, **params)


@pytest.mark.parametrize(
    "M", [np.arange(3), np.zeros((2, 2, 2)), np.array([["a", "b"]]), np.array([[1j]])]
)
def test_what_is_no_numeric_matrix_is_an_error(M):
    with pytest.raises(ValueError, match="must be a numeric matrix"):
        interactions_from_matrix(M)


@pytest.mark.parametrize(
    "M", [np.array([[np.inf, 1.0]]), sparse.csr_array([[np.nan, 1.0]])], ids=["dense", "sparse"]
)
def test_a_value_that_is_not_finite_is_an_error(M):
    with pytest.raises(ValueError, match="must hold finite numbers"):
        interactions_from_matrix(M)


def test_a_table_becomes_a_matrix_with_sorted_ids():
    X = [["bob", "tea", 2.0], ["ann", "jam", 0.0], ["bob", "rye", -1.0]]

    matrix, users, items = matrix_from_interactions(X)

    assert isinstance(matrix, sparse.csr_array)
    assert matrix.dtype == np.float32
    assert users.tolist() == ["ann", "bob"]
    assert items.tolist() == ["jam", "rye", "tea"]
    assert matrix.toarray().tolist() == [[0, 0, 0], [0, -1, 2]]
    assert matrix.nnz == 3


@pytest.mark.parametrize(("duplicates", "value"), [("sum", 6.0), ("mean", 3.0)])
def test_duplicate_rows_are_summed_or_averaged(duplicates, value):
    matrix, _, _ = matrix_from_interactions([["a", "x", 4], ["a", "x", 2]], duplicates=duplicates)

    assert matrix.toarray().tolist() == [[value]]


def test_y_replaces_the_values():
    matrix, _, _ = matrix_from_interactions([["a", "x", 4]], [7.0])

    assert matrix.toarray().tolist() == [[7.0]]


def test_an_unknown_way_of_merging_is_an_error():
    with pytest.raises(ValueError, match="one of 'sum', 'mean', got 'max'"):
        matrix_from_interactions([["a", "x", 4]], duplicates="max")


def test_a_sparse_matrix_is_no_table():
    with pytest.raises(TypeError, match="interactions_from_matrix"):
        matrix_from_interactions(sparse.csr_array(DENSE))


cells = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), st.integers(-9, 9), min_size=1
)


@given(cells)
def test_a_table_goes_to_a_matrix_and_back(entries):
    X = pd.DataFrame(
        [(user, item, value) for (user, item), value in sorted(entries.items())],
        columns=["user", "item", "value"],
    )

    back = interactions_from_matrix(*matrix_from_interactions(X))

    assert back.to_numpy().tolist() == X.to_numpy().tolist()


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_a_matrix_with_wide_indices_becomes_the_same_table(kind):
    narrow = kind(np.array([[0, 3, 1], [2, 0, 0]]))
    wide = narrow.copy()
    for name in {"indptr", "indices", "row", "col"} & set(dir(wide)):
        setattr(wide, name, getattr(wide, name).astype(np.int64))

    pd.testing.assert_frame_equal(interactions_from_matrix(wide), interactions_from_matrix(narrow))
