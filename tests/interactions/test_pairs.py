"""Rows of one pair become one entry, whatever their order."""
# SPDX-License-Identifier: BSD-3-Clause

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_recsys._kernels import _memory
from sklearn_recsys.interactions import _pairs
from sklearn_recsys.interactions._pairs import encode_pairs, merge_pairs, order_pairs

numbers = st.floats(-1e6, 1e6).map(lambda v: float(np.float32(v)))
tables = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), numbers, st.floats(0.1, 10)), min_size=1
).map(lambda rows: pd.DataFrame(rows, columns=["row", "col", "value", "weight"]))


def merge(table, *, weighted=True, mean=False):
    return merge_pairs(
        table["row"].to_numpy(np.int32),
        table["col"].to_numpy(np.int32),
        table["value"].to_numpy(),
        table["weight"].to_numpy() if weighted else None,
        (5, 4),
        mean=mean,
    )


def entries(matrix):
    coo = matrix.tocoo()
    return pd.DataFrame({"row": coo.row, "col": coo.col, "data": coo.data})


def test_numbers_of_pairs_are_told_apart_beyond_the_codes_own_type():
    rows, cols = np.array([0, 2**31 - 1, 2**31 - 1], np.int32), np.array([3, 0, 1], np.int32)

    pairs = encode_pairs(rows, cols, 2**31 - 1)

    assert pairs.tolist() == [3, (2**31 - 1) ** 2, (2**31 - 1) ** 2 + 1]
    assert rows.dtype == np.int32


@given(tables, st.booleans(), st.booleans())
def test_the_entries_are_the_sums_of_their_groups(table, weighted, mean):
    weight = table["weight"] if weighted else 1.0
    parts = table.assign(total=weight * table["value"], weight=weight)
    expected = parts.groupby(["row", "col"], as_index=False)[["total", "weight"]].sum()
    if mean:
        expected["total"] /= expected["weight"]

    matrix, summed = merge(table, weighted=weighted, mean=mean)

    found = entries(matrix).assign(weight=entries(summed)["data"])
    np.testing.assert_array_equal(found[["row", "col"]], expected[["row", "col"]])
    np.testing.assert_allclose(found["data"], expected["total"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["weight"], expected["weight"], rtol=1e-6)
    assert matrix.dtype == summed.dtype == np.float32
    assert matrix.has_canonical_format


@given(tables, st.integers(0, 99))
def test_the_order_of_the_rows_does_not_show_in_a_single_bit(table, seed):
    shuffled = table.sample(frac=1, random_state=seed)

    for one, other in zip(merge(table), merge(shuffled), strict=True):
        assert one.data.tobytes() == other.data.tobytes()
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_array_equal(one.indptr, other.indptr)


@given(tables, st.integers(1, 5))
def test_the_size_of_the_blocks_does_not_show(table, size):
    with mock.patch.object(_pairs, "_BLOCK_SIZE", size):
        blocks = merge(table)

    for one, other in zip(blocks, merge(table), strict=True):
        assert one.data.tobytes() == other.data.tobytes()


def test_an_entry_dropped_in_place_stays_in_the_other_matrix():
    table = pd.DataFrame({"row": [0, 1], "col": [0, 1], "value": [0.0, 2.0], "weight": [1.0, 1.0]})
    matrix, summed = merge(table)

    matrix.eliminate_zeros()

    assert summed.toarray()[:2, :2].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("value", [1e-60, -1e-60])
def test_a_tiny_value_keeps_its_sign(value):
    table = pd.DataFrame({"row": [0], "col": [0], "value": [value], "weight": [1.0]})

    matrix, _ = merge(table)

    assert np.sign(matrix.data).tolist() == [np.sign(value)]


def test_sums_beyond_the_range_of_float32_are_its_largest_number():
    table = pd.DataFrame({"row": [0, 0], "col": [0, 0], "value": [3e38, 3e38], "weight": [1.0, 1]})

    matrix, _ = merge(table)

    assert matrix.data.tolist() == [np.finfo(np.float32).max]


def test_values_that_are_a_column_of_an_array_are_merged_like_others():
    table = np.array([[1.0, 5.0], [2.0, 6.0], [4.0, 7.0]])
    rows, cols = np.zeros(3, np.int32), np.array([0, 1, 0], np.int32)

    matrix, summed = merge_pairs(rows, cols, table[:, 0], table[:, 1], (1, 2), mean=False)

    assert matrix.toarray().tolist() == [[33, 12]]
    assert summed.toarray().tolist() == [[12, 6]]


def test_more_pairs_than_codes_can_number_are_an_error(monkeypatch):
    monkeypatch.setattr(_pairs, "MAX_COUNT", 2)
    table = pd.DataFrame({"row": [0, 1, 1], "col": [0, 1, 1], "value": 1.0, "weight": 1.0})

    merge(table)
    with pytest.raises(ValueError, match="X holds 3 distinct pairs of user and item, but at most"):
        merge(table.assign(col=[0, 1, 2]))


def test_a_table_beyond_the_memory_is_refused_before_it_is_sorted(monkeypatch):
    monkeypatch.setattr(_memory, "_SMALL", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 10)
    table = pd.DataFrame({"row": [0], "col": [0], "value": [1.0], "weight": [1.0]})

    with pytest.raises(MemoryError, match="Sorting 1 interactions would take"):
        merge(table)


@given(tables)
def test_pairs_are_ordered_by_row_then_by_column_then_as_they_stand(table):
    rows, cols = (table[name].to_numpy(np.int32) for name in ("row", "col"))

    order = order_pairs(rows, cols, (5, 4))

    assert order.tolist() == np.lexsort((cols, rows)).tolist()
