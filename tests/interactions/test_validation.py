"""The gate: which tables come in, which are turned away, and what becomes of their rows."""
# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._ids import IdIndex
from sklearn_recsys.interactions._validation import (
    read_columns,
    validate_interactions,
    validate_pairs,
)

ROWS = [["ann", 3, 2.0], ["bob", 3, 1.0], ["ann", 5, 4.0]]
FRAME = pd.DataFrame(ROWS, columns=["who", "what", "plays"])


def dense(X, *args, **options):
    return validate_interactions(X, *args, **options).matrix.toarray().tolist()


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(-2, 4), st.integers(0, 3)).map(
        list
    ),
    min_size=1,
    max_size=12,
).filter(lambda table: any(weight for *_, weight in table))


@settings(max_examples=40)
@given(rows, st.sampled_from(["sum", "mean"]))
def test_the_matrix_holds_the_weighted_sum_or_mean_of_each_pair(table, duplicates):
    X = [[user, item, value] for user, item, value, _ in table]
    weights = [weight for *_, weight in table]
    totals, summed = {}, {}
    for user, item, value, weight in table:
        if weight:
            totals[user, item] = totals.get((user, item), 0) + weight * value
            summed[user, item] = summed.get((user, item), 0) + weight
    encoded = validate_interactions(X, None, weights, duplicates=duplicates)
    assert encoded.users.ids.tolist() == sorted({user for user, _ in totals})
    assert encoded.items.ids.tolist() == sorted({item for _, item in totals})
    assert encoded.matrix.nnz == encoded.weights.nnz == len(totals)
    assert encoded.n_merged == sum(weight > 0 for weight in weights) - len(totals)
    for (user, item), total in totals.items():
        at = [encoded.users.ids.tolist().index(user)], [encoded.items.ids.tolist().index(item)]
        mean = total / summed[user, item]
        assert encoded.matrix[at].item() == np.float32(total if duplicates == "sum" else mean)
        assert encoded.weights[at].item() == summed[user, item]


@settings(max_examples=40)
@given(rows)
def test_an_integer_weight_is_a_row_repeated_and_zero_a_row_removed(table):
    X = [[user, item, value] for user, item, value, _ in table]
    weights = [weight for *_, weight in table]
    repeated = [row for row, weight in zip(X, weights, strict=True) for _ in range(weight)]
    for duplicates in ("sum", "mean"):
        one = validate_interactions(X, None, weights, duplicates=duplicates)
        other = validate_interactions(repeated, duplicates=duplicates)
        np.testing.assert_array_equal(one.users.ids, other.users.ids)
        np.testing.assert_array_equal(one.items.ids, other.items.ids)
        np.testing.assert_allclose(one.matrix.toarray(), other.matrix.toarray(), rtol=1e-6)
        np.testing.assert_array_equal(one.weights.toarray(), other.weights.toarray())


@settings(max_examples=40)
@given(st.permutations(range(8)), st.sampled_from(["sum", "mean"]))
def test_the_order_of_the_rows_does_not_show_in_the_last_bit(order, duplicates):
    X = [["a", 1, 0.1 * k] for k in range(6)] + [["b", 1, 1e9], ["b", 1, 1e-9]]
    one = validate_interactions(X, duplicates=duplicates)
    other = validate_interactions([X[k] for k in order], duplicates=duplicates)
    np.testing.assert_array_equal(one.matrix.data, other.matrix.data)


def test_users_and_items_whose_rows_all_weigh_nothing_are_unknown():
    encoded = validate_interactions(ROWS, None, [1, 0, 1])
    assert encoded.users.ids.tolist() == ["ann"]
    assert encoded.items.ids.tolist() == [3, 5]


def test_an_explicit_zero_is_stored_but_is_not_popular():
    encoded = validate_interactions([["a", 1, 0.0], ["b", 1, 1.0], ["b", 2, -1.0]])
    assert encoded.matrix.nnz == 3
    assert encoded.count_users().tolist() == [1, 0]
    assert encoded.count_users().dtype == np.int64


def test_matrices_are_sorted_float32_with_int32_indices():
    encoded = validate_interactions([["a", 9, 1], ["a", 1, 1], ["a", 5, 1]])
    for matrix in (encoded.matrix, encoded.weights):
        assert isinstance(matrix, sparse.csr_array)
        assert matrix.dtype == np.float32
        assert matrix.indices.dtype == np.int32
        assert matrix.has_sorted_indices
        assert matrix.has_canonical_format


def test_tiny_values_stay_positive_and_huge_sums_saturate():
    tiny = validate_interactions([["a", 1, 1e-300], ["a", 2, -1e-300]]).matrix.data
    assert tiny[0] > 0 > tiny[1]
    huge = validate_interactions([["a", 1, 3e38], ["a", 1, 3e38]]).matrix.data
    assert huge.tolist() == [np.finfo(np.float32).max]


def test_every_container_gives_the_same_interactions():
    containers = [
        FRAME,
        pl.from_pandas(FRAME),
        pa.table({c: FRAME[c].tolist() for c in FRAME}),
        FRAME.to_numpy(),
        ROWS,
        FRAME.astype({"who": "category", "what": "float64"}),
        FRAME.assign(time=pd.Timestamp("2020-01-01"), note="x"),
    ]
    for X in containers:
        encoded = validate_interactions(X)
        assert encoded.users.ids.tolist() == ["ann", "bob"]
        assert encoded.items.ids.tolist() == [3, 5]
        assert encoded.items.ids.dtype == np.int64
        assert encoded.matrix.toarray().tolist() == [[2, 4], [1, 0]]


def test_columns_are_named_by_the_caller_or_user_and_item():
    assert read_columns(FRAME).user_name == "who"
    assert read_columns(FRAME).item_name == "what"
    numbered = pd.DataFrame(ROWS)
    for X in (ROWS, FRAME.to_numpy(), numbered):
        assert (read_columns(X).user_name, read_columns(X).item_name) == ("user", "item")


def test_values_are_one_where_there_is_no_value_column_and_y_replaces_them():
    assert dense(FRAME[["who", "what"]]) == [[1, 1], [1, 0]]
    assert dense(FRAME[["who", "what"]], FRAME["plays"]) == dense(FRAME)
    assert dense(FRAME, [7, 8, 9]) == [[7, 9], [8, 0]]


@pytest.mark.parametrize(
    "values",
    [
        [True, False, True],
        [Decimal(1), Decimal(0), Decimal(1)],
        np.array([1, 0, 1], dtype=np.uint8),
        pd.array([1, 0, 1], dtype="Int64"),
    ],
    ids=["bool", "decimal", "uint8", "nullable"],
)
def test_a_value_is_any_number(values):
    assert dense(FRAME.assign(plays=values)) == [[1, 1], [0, 0]]


def assert_refused(X, error, message, *args, **options):
    with pytest.raises(error, match=message):
        validate_interactions(X, *args, **options)


def test_a_sparse_matrix_is_told_where_to_go():
    message = "X is a sparse matrix.*interactions_from_matrix"
    assert_refused(sparse.csr_array(np.eye(3)), TypeError, message)


def test_tables_too_small_or_not_tables_are_refused():
    assert_refused(FRAME[["who"]], ValueError, r"1 feature\(s\).*minimum of 2")
    assert_refused(FRAME.iloc[:0], ValueError, r"0 sample\(s\)")
    assert_refused([1, 2, 3], ValueError, "Expected 2D array, got 1D array")


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_id_is_refused_by_its_row(missing):
    X = [["ann", 3], ["bob", 3], [missing, 5]]
    assert_refused(X, ValueError, r"the user id is missing in 1 row\(s\), such as row 2")
    X = [["ann", 3], ["bob", missing]]
    assert_refused(X, ValueError, r"the item id is missing in 1 row\(s\), such as row 1")


def test_text_that_looks_missing_is_an_id():
    encoded = validate_interactions([["null", "nan"], ["None", ""]])
    assert encoded.users.ids.tolist() == ["None", "null"]


@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "NaN"), (None, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
def test_values_that_are_not_finite_are_refused_by_their_row(value, what):
    X = [["ann", 3, 1.0], ["bob", 3, value]]
    assert_refused(X, ValueError, f"contains {what}: the value column .* row 1 does not")


def test_values_beyond_float32_are_refused():
    assert_refused([["ann", 3, 1e39]], ValueError, r"too large .* holds 1e\+39\. Rescale")


def test_text_is_no_value():
    X = [["ann", 3, "2"], ["bob", 3, "1"]]
    assert_refused(X, ValueError, "Expected numbers in the value column.*'2', '1'")
    assert_refused(ROWS, ValueError, "Expected numbers in y", ["a", "b", "c"])


def test_y_of_another_length_is_refused():
    assert_refused(ROWS, ValueError, "inconsistent numbers of samples", [1, 2])


def test_ids_that_cannot_be_ordered_are_refused():
    assert_refused([["ann", 3], [7, 3]], TypeError, "user id argument must be .*'ann'")
    assert_refused([["ann", 3], ["bob", "x"]], TypeError, "item id argument must be")


def test_negative_values_are_refused_where_the_model_cannot_use_them():
    X = [["ann", 3, -2.0], ["bob", 3, 1.0]]
    assert dense(X) == [[-2], [1]]
    assert_refused(X, ValueError, r"Negative values in data: -2\.0", allow_negative=False)
    # A row of weight zero is not there.
    assert dense(X, None, [0, 1], allow_negative=False) == [[1]]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"sample_weight\.shape == \(2,\), expected \(3,\)"),
        ([[1], [1], [1]], "Sample weights must be 1D array or scalar, got 2D"),
        ([1, -1, 1], "sample_weight contains NaN, infinity or negative"),
        ([1, np.nan, 1], "sample_weight contains NaN, infinity or negative"),
        ([1, np.inf, 1], "sample_weight contains NaN, infinity or negative"),
        ([0, 0, 0], "sample_weight is zero for every row"),
    ],
)
def test_unusable_weights_are_refused(weights, message):
    assert_refused(ROWS, ValueError, message, None, weights)


def test_a_single_weight_is_everyones():
    assert dense(ROWS, None, 2.0) == [[4, 8], [2, 0]]


@pytest.mark.parametrize("names", [("score", "b"), ("a", "rank"), ("a", "a")])
def test_names_that_the_answer_needs_are_refused(names):
    X = pd.DataFrame(np.array([["a", "b"]]), columns=list(names))
    assert_refused(X, ValueError, "need two different names other than 'score' and 'rank'")


def test_a_score_column_further_right_is_welcome():
    X = FRAME.rename(columns={"plays": "score"})
    assert validate_interactions(X).matrix.nnz == 3


@pytest.mark.parametrize("names", [("movie_id", "user_id"), ("Song", "Listener")])
def test_swapped_columns_are_warned_about(names):
    X = pd.DataFrame([[1, 2]], columns=list(names))
    with pytest.warns(DataWarning, match=f"look swapped: the first \\('{names[0]}'\\)"):
        validate_interactions(X)


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame, np.ndarray.tolist])
def test_a_table_that_looks_like_a_matrix_is_warned_about(make):
    with pytest.warns(DataWarning, match="5 columns of numbers and looks like a users x"):
        validate_interactions(make(np.ones((3, 5))))


def test_a_pivoted_table_looks_like_a_matrix_whatever_its_items_are_called():
    rows = pd.DataFrame([["ann", item, 1] for item in "abcde"], columns=["user", "item", "plays"])
    matrix = rows.pivot_table(index="user", columns="item", values="plays")
    with pytest.warns(DataWarning) as caught:
        validate_interactions(matrix)
    (warning,) = caught
    assert "looks like a users x items matrix" in str(warning.message)


def test_a_table_of_interactions_does_not_look_like_a_matrix():
    # Four columns, names or text: a table of interactions.
    validate_interactions(np.ones((3, 4)))
    validate_interactions(pd.DataFrame(np.ones((3, 5)), columns=list("abcde")))


@pytest.mark.parametrize(
    "names", [["movie_id", "userId"], ["ITEM", "user"], ["songs", "listener_id"]]
)
def test_swapped_columns_are_warned_about_whatever_their_spelling(names):
    with pytest.warns(DataWarning, match="look swapped"):
        validate_interactions(pd.DataFrame([[1, 2], [3, 4]], columns=names))


@pytest.mark.parametrize("names", [["gamer", "user_clip"], ["video_viewer_user", "account_page"]])
def test_words_inside_other_words_do_not_look_swapped(names):
    validate_interactions(pd.DataFrame([[1, 2], [3, 4]], columns=names))


@pytest.mark.parametrize(
    "names", [["rating", "user"], ["user", "timestamp"], ["date", "user_id", "movie_id"]]
)
def test_a_rating_or_a_time_read_as_an_id_is_warned_about(names):
    X = pd.DataFrame([range(len(names))], columns=names)
    with pytest.warns(DataWarning, match=rf"columns of X \('{names[0]}', '{names[1]}'\) are read"):
        validate_interactions(X)


def test_an_id_left_in_the_index_is_warned_about():
    X = pd.DataFrame([["ann", "tea", 1]], columns=["user", "item", "plays"]).set_index("user")
    with pytest.warns(DataWarning, match=r"'user' is in the index: use reset_index\(\)"):
        validate_interactions(X)


def test_a_time_read_as_the_value_is_warned_about_unless_y_replaces_it():
    X = pd.DataFrame([["ann", "tea", 1_500_000_000]], columns=["user", "item", "timestamp"])
    with pytest.warns(DataWarning, match="third column of X .'timestamp'. is read as the value"):
        validate_interactions(X)
    validate_interactions(X, [1.0])
    validate_interactions(X.assign(plays=1)[["user", "item", "plays", "timestamp"]])


def test_y_of_another_length_names_y_and_what_it_needs():
    assert_refused(FRAME, ValueError, "y must hold a value for each row of X", y=[1.0])


def test_a_value_column_of_times_or_of_events_says_where_these_go():
    times = FRAME.assign(plays=pd.Timestamp("2020-01-01"))
    assert_refused(times, ValueError, "insert a value column of ones before them")
    assert_refused(FRAME.assign(plays="skip"), ValueError, "found 'skip'. .*EventWeighter")


def test_nothing_that_is_given_is_changed():
    X, y, weights = FRAME.copy(), np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0])
    before = X.copy(), y.copy(), weights.copy()
    validate_interactions(X, y, weights, duplicates="mean")
    pd.testing.assert_frame_equal(X, before[0])
    np.testing.assert_array_equal(y, before[1])
    np.testing.assert_array_equal(weights, before[2])


def test_pairs_become_codes_and_minus_one_where_unknown():
    users, items = IdIndex(np.array([1, 4]), "user"), IdIndex(np.array(["a", "b"]), "item")
    rows, cols = validate_pairs([[4.0, "b"], [9, "a"], [1, "z"]], users, items)
    assert rows.tolist() == [1, -1, 0]
    assert cols.tolist() == [1, 0, -1]
    with pytest.raises(TypeError, match="item ids were of type text in fit"):
        validate_pairs([[4, 1]], users, items)
    with pytest.raises(ValueError, match="user id is missing"):
        validate_pairs([[None, "a"]], users, items)
