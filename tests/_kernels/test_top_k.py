"""The kernels against full sorts in plain Python."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from sklearn_recsys._kernels.reference import keep_largest, top_k_dense

# Few distinct values: ties everywhere, zeros and -inf among them.
few_values = st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
blocks = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9),
    elements=few_values,
)
lengths = st.integers(1, 12)


def sorted_row(row, k):
    """Columns of the `k` largest finite entries; the leftmost of equal ones."""
    columns = [j for j in range(len(row)) if row[j] > -np.inf]
    return sorted(columns, key=lambda j: (-row[j], j))[:k]


def assert_same(triplets, expected):
    rows, columns, values = triplets
    assert list(zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)) == expected


def sort_everything(scores, k):
    return [
        (i, j, float(row[j])) for i, row in enumerate(scores) for j in sorted_row(row.tolist(), k)
    ]


@given(blocks, lengths)
def test_top_k_dense_is_a_full_sort_cut_short(scores, k):
    assert_same(top_k_dense(scores, k), sort_everything(scores, k))


@pytest.mark.parametrize("k", [1, 3, 10])
@pytest.mark.parametrize("levels", [1, 2, 5, 10**6])
@pytest.mark.parametrize("descending", [False, True])
def test_top_k_dense_is_exact_where_it_compares_groups_of_columns(k, levels, descending):
    rng = np.random.default_rng(levels)
    scores = rng.integers(levels, size=(4, 64 * 45 + 17)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    if descending:
        scores = np.sort(scores, axis=1)[:, ::-1]
    assert_same(top_k_dense(scores, k), sort_everything(scores, k))


def test_top_k_dense_finds_the_best_entries_in_the_columns_left_over_by_the_groups():
    scores = np.zeros((1, 64 * 8 + 3), dtype=np.float32)
    scores[0, -2:] = [2, 5]
    assert_same(top_k_dense(scores, 2), [(0, 64 * 8 + 2, 5.0), (0, 64 * 8 + 1, 2.0)])


def test_top_k_dense_returns_nothing_from_rows_without_a_finite_entry():
    scores = np.array([[-np.inf, -np.inf, -np.inf], [-np.inf, 1, -np.inf]], dtype=np.float32)
    assert_same(top_k_dense(scores, 2), [(1, 1, 1.0)])


def test_top_k_dense_of_nothing_is_nothing():
    scores = np.ones((2, 3), dtype=np.float32)
    assert_same(top_k_dense(scores, 0), [])
    assert_same(top_k_dense(scores[:0], 2), [])
    assert_same(top_k_dense(scores[:, :0], 2), [])


def test_top_k_dense_leaves_its_input_alone():
    scores = np.random.default_rng(0).random((3, 700), dtype=np.float32)
    before = scores.copy()
    top_k_dense(scores, 2)
    np.testing.assert_array_equal(scores, before)


@given(blocks, lengths, st.sampled_from([0.0, 1.0]))
def test_keep_largest_keeps_the_same_entries_whether_it_selects_or_sorts(scores, k, spread):
    scores[scores == -np.inf] = 0
    # Columns of zeros after the others take a block below the density at which it selects.
    wide = np.hstack([scores, np.zeros((len(scores), int(spread * 400)), dtype=np.float32)])
    kept = keep_largest(sparse.csr_array(wide), k)
    expected = np.zeros_like(wide)
    for i, row in enumerate(np.where(wide == 0, -np.inf, wide)):
        columns = sorted_row(row.tolist(), k)
        expected[i, columns] = wide[i, columns]
    np.testing.assert_array_equal(kept.toarray(), expected)
    assert kept.shape == wide.shape


def test_keep_largest_breaks_ties_by_column_not_by_the_order_of_storage():
    matrix = sparse.csr_array(([1.0, 1.0, 1.0], [2, 0, 1], [0, 3]), shape=(1, 3))
    np.testing.assert_array_equal(keep_largest(matrix, 2).toarray(), [[1, 1, 0]])
