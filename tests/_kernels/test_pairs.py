"""Pairs of codes: looked up, sorted, merged."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# The fixture is a choice of back end, the same for all examples.
with_kernels = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

N_ROWS, N_COLUMNS = 5, 4
numbers = st.one_of(
    st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 1.0, 1e-60, -1e-60, 3e38, -3e38])
)
pairs = st.tuples(
    st.integers(0, N_ROWS - 1), st.integers(0, N_COLUMNS - 1), numbers, st.floats(0.1, 10)
)
tables = st.lists(pairs, max_size=60)
place_types = st.sampled_from([np.int32, np.int64])


def columns_of(table):
    rows, cols, values, weights = zip(*table, strict=True) if table else ([], [], [], [])
    return (
        np.array(rows, np.int32),
        np.array(cols, np.int32),
        np.array(values, np.float64),
        np.array(weights, np.float64),
    )


def sort(kernels, rows, cols, place_type=np.int32, n_rows=N_ROWS, n_columns=N_COLUMNS):
    indptr, distinct = (np.full(n_rows + 1, -7, np.int64) for _ in range(2))
    indices, places = np.full(len(rows), -7, np.int32), np.full(len(rows), -7, place_type)
    kernels.sort_pairs(
        rows, cols, indptr, distinct, indices, places, n_columns=n_columns, n_threads=1
    )
    return indptr, indices, places, distinct


def merge(kernels, given_, values, weights, *, mean=False, blocks=((0, N_ROWS),), n_threads=1):
    *sorted_, distinct = given_
    merged = np.full(distinct[-1], -7, np.int32)
    totals, sums = (np.full(distinct[-1], np.nan, np.float32) for _ in range(2))
    for start, stop in blocks:
        kernels.merge_sorted_pairs(
            *sorted_,
            values,
            weights,
            distinct,
            merged,
            totals,
            sums,
            mean=mean,
            start=start,
            stop=stop,
            n_threads=n_threads,
        )
    return merged, totals, sums


def to_float32(value):
    limits = np.finfo(np.float32)
    nearest = np.float32(np.clip(value, limits.min, limits.max))
    return np.copysign(limits.tiny, value) if value and not nearest else nearest


@given(table=tables, place_type=place_types)
@with_kernels
def test_pairs_are_sorted_and_equal_ones_stay_in_their_order(kernels, table, place_type):
    rows, cols, *_ = columns_of(table)

    indptr, indices, places, distinct = sort(kernels, rows, cols, place_type)

    order = sorted(range(len(rows)), key=lambda k: (rows[k], cols[k], k))
    assert places.tolist() == order
    assert indices.tolist() == cols[order].tolist()
    assert indptr.tolist() == [(rows < row).sum() for row in range(N_ROWS + 1)]
    kinds = {(row, col) for row, col, *_ in table}
    assert distinct.tolist() == [sum(row < r for row, _ in kinds) for r in range(N_ROWS + 1)]


@given(table=tables, place_type=place_types, weighted=st.booleans(), mean=st.booleans())
@with_kernels
def test_each_pair_gets_the_sum_or_the_mean_of_its_entries(
    kernels, table, place_type, weighted, mean
):
    rows, cols, values, weights = columns_of(table)
    totals, sums = defaultdict(float), defaultdict(float)
    for row, col, value, weight in sorted(table, key=lambda entry: entry[2:]):
        weight = weight if weighted else 1.0
        totals[row, col] += weight * value
        sums[row, col] += weight

    given_ = sort(kernels, rows, cols, place_type)
    merged, found, weight = merge(kernels, given_, values, weights if weighted else None, mean=mean)

    keys = sorted(totals)
    expected = [to_float32(totals[key] / (sums[key] if mean else 1)) for key in keys]
    assert merged.tolist() == [col for _, col in keys]
    # Large numbers of both signs cancel, which leaves the rounding of each kernel's own order.
    scale = max([abs(v) for v in values], default=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * min(scale, 1e38) + 1e-40)
    np.testing.assert_allclose(weight, [sums[key] for key in keys], rtol=1e-6)


@given(table=tables, seed=st.integers(0, 99))
@with_kernels
def test_the_order_of_the_table_does_not_show_in_a_single_bit(kernels, table, seed):
    shuffled = [table[k] for k in np.random.default_rng(seed).permutation(len(table))]

    answers = [
        merge(kernels, sort(kernels, rows, cols), values, weights)
        for rows, cols, values, weights in map(columns_of, (table, shuffled))
    ]

    for one, other in zip(*answers, strict=True):
        assert one.tobytes() == other.tobytes()


def test_many_entries_of_one_pair_are_added_in_one_order(kernels):
    values = np.random.default_rng(0).standard_normal(5000) * 10.0 ** (np.arange(5000) % 9)
    nothing = np.zeros(5000, np.int32)

    answers = [
        merge(kernels, sort(kernels, nothing, nothing), v.copy(), None, blocks=[(0, 5)])
        for v in (values, values[::-1], np.sort(values))
    ]

    assert len({totals.tobytes() for _, totals, _ in answers}) == 1
    np.testing.assert_allclose(answers[0][1], values.sum(), rtol=1e-5)
    assert answers[0][2].tolist() == [5000]


def test_rows_may_be_merged_block_by_block_and_by_any_number_of_threads(kernels):
    rng = np.random.default_rng(1)
    rows, cols = (rng.integers(0, n, 20000).astype(np.int32) for n in (900, 40))
    values, weights = rng.standard_normal(20000), rng.uniform(1, 2, 20000)

    answers = [
        merge(
            kernels,
            sort(kernels, rows, cols, n_rows=900, n_columns=40),
            values,
            weights,
            blocks=blocks,
            n_threads=n_threads,
        )
        for blocks in ([(0, 900)], [(0, 1), (1, 1), (1, 700), (700, 900)])
        for n_threads in (1, 2, 3)
    ]

    for answer in answers:
        assert [part.tobytes() for part in answer] == [part.tobytes() for part in answers[0]]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("low", [-3, 0, 1000])
def test_ids_are_marked_and_looked_up_from_the_lowest_on(kernels, dtype, low):
    ids = np.array([4, 0, 4, 2], dtype) + dtype(low)
    present, codes = np.zeros(5, np.uint8), np.full(6, -7, np.int32)
    table = np.array([0, -1, 1, 1, 2], np.int32)

    kernels.mark_ids(ids, present, low=low, n_threads=1)
    kernels.look_up_ids(
        np.append(ids, dtype([low - 1, low + 5])), table, codes, low=low, n_threads=1
    )

    assert present.tolist() == [1, 0, 1, 0, 1]
    assert codes.tolist() == [2, 0, 2, 1, -1, -1]


@pytest.mark.parametrize("low", [-(2**63), 2**63 - 2, 0])
def test_ids_far_from_the_table_have_no_code(kernels, low):
    ids = np.array([-(2**63), 2**63 - 1, 5, low, low + 1])
    codes = np.full(5, -7, np.int32)

    kernels.look_up_ids(ids, np.array([7, 8], np.int32), codes, low=low, n_threads=1)

    assert codes.tolist() == [{low: 7, low + 1: 8}.get(id_, -1) for id_ in ids.tolist()]


def test_an_empty_table_knows_no_id(kernels):
    codes = np.full(2, -7, np.int32)

    kernels.look_up_ids(np.array([0, 1]), np.empty(0, np.int32), codes, low=0, n_threads=1)

    assert codes.tolist() == [-1, -1]


def arguments_of_sort(**changes):
    arguments = {
        "rows": np.array([0, 1], np.int32),
        "cols": np.array([1, 0], np.int32),
        "indptr": np.zeros(3, np.int64),
        "distinct": np.zeros(3, np.int64),
        "indices": np.zeros(2, np.int32),
        "places": np.zeros(2, np.int32),
        "n_columns": 2,
        "n_threads": 1,
    }
    return {**arguments, **changes}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"rows": np.array([0, 2], np.int32)}, ValueError),
        ({"rows": np.array([0, -1], np.int32)}, ValueError),
        ({"cols": np.array([0, 2], np.int32)}, ValueError),
        ({"rows": np.array([0, 1])}, TypeError),
        ({"cols": np.array([0], np.int32)}, ValueError),
        ({"indptr": np.zeros(0, np.int64)}, ValueError),
        ({"distinct": np.zeros(2, np.int64)}, ValueError),
        ({"indices": np.zeros(1, np.int32)}, ValueError),
        ({"places": np.zeros(3, np.int64)}, ValueError),
        ({"n_columns": -1}, ValueError),
        ({"n_columns": 2**31}, ValueError),
        ({"n_threads": 0}, ValueError),
    ],
)
def test_pairs_that_would_be_sorted_beyond_the_arrays_are_refused(native, changes, error):
    native.sort_pairs(**arguments_of_sort())
    with pytest.raises(error):
        native.sort_pairs(**arguments_of_sort(**changes))


def arguments_of_merge(**changes):
    arguments = {
        "indptr": np.array([0, 1, 3]),
        "indices": np.array([1, 0, 0], np.int32),
        "places": np.array([0, 1, 2], np.int32),
        "values": np.ones(3),
        "weights": None,
        "merged_indptr": np.array([0, 1, 2]),
        "merged_indices": np.zeros(2, np.int32),
        "totals": np.zeros(2, np.float32),
        "sums": np.zeros(2, np.float32),
        "mean": False,
        "start": 0,
        "stop": 2,
        "n_threads": 1,
    }
    return {**arguments, **changes}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"indptr": np.array([0, 1, 4])}, ValueError),
        ({"indptr": np.array([0, 4, 3])}, ValueError),
        ({"indptr": np.array([-1, 1, 3])}, ValueError),
        ({"indptr": np.empty(0, np.int64)}, ValueError),
        ({"indices": np.zeros(2, np.int32)}, ValueError),
        ({"places": np.array([0, 1, 3], np.int32)}, ValueError),
        ({"places": np.array([0, -1, 2])}, ValueError),
        ({"values": np.ones(2)}, ValueError),
        ({"values": np.ones(3, np.float32)}, TypeError),
        ({"weights": np.ones(2)}, ValueError),
        ({"merged_indptr": np.array([0, 1, 3])}, ValueError),
        ({"merged_indptr": np.array([0, 3, 2])}, ValueError),
        ({"merged_indptr": np.array([0, 1])}, ValueError),
        ({"totals": np.zeros(1, np.float32)}, ValueError),
        ({"sums": np.zeros(1, np.float32)}, ValueError),
        ({"stop": 3}, ValueError),
        ({"start": -1}, ValueError),
        ({"n_threads": 0}, ValueError),
    ],
)
def test_what_would_be_merged_beyond_the_arrays_is_refused(native, changes, error):
    native.merge_sorted_pairs(**arguments_of_merge())
    with pytest.raises(error):
        native.merge_sorted_pairs(**arguments_of_merge(**changes))


def test_a_row_with_more_distinct_pairs_than_announced_stays_within_its_place(native):
    arguments = arguments_of_merge(indices=np.array([1, 0, 1], np.int32))

    native.merge_sorted_pairs(**arguments)

    assert arguments["merged_indices"].tolist() == [1, 0]


@pytest.mark.parametrize("ids", [[2], [5], [-(2**63)]])
def test_ids_outside_the_places_are_not_marked(native, ids):
    with pytest.raises(ValueError, match=r"must be within 3\.\.4"):
        native.mark_ids(np.array(ids), np.zeros(2, np.uint8), low=3, n_threads=1)


def test_codes_of_another_length_than_the_ids_are_refused(native):
    with pytest.raises(ValueError, match="codes must have 1 entries"):
        native.look_up_ids(
            np.array([1]), np.zeros(2, np.int32), np.zeros(2, np.int32), low=0, n_threads=1
        )
