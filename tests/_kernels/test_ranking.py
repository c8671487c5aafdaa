"""Held-out interactions laid over rankings: brute force, and scikit-learn's curve."""
# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score


def pattern(rng, n_rows, n_columns, density):
    """Return row pointers and increasing columns of a random matrix."""
    matrix = sparse.csr_array(rng.random((n_rows, n_columns)) < density)
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


def rows_of(indptr, indices):
    return [indices[start:stop].tolist() for start, stop in pairwise(indptr)]


def judged(seed, n_rows, n_columns, *, levels, wanted=0.1, hidden=0.2):
    """Return scores with ties and gaps, and what is wanted and hidden of them."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (n_rows, n_columns)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.05] = np.nan
    places = rng.permutation(n_rows + 2)[:n_rows]
    # Three columns more than there are scores: wanted items of which nothing is known.
    return (
        scores,
        places,
        *pattern(rng, n_rows + 2, n_columns + 3, wanted),
        *pattern(rng, n_rows, n_columns, hidden),
    )


def visible_rows(scores, places, indptr, indices, hidden_indptr, hidden_indices):
    """Yield each row's scores, those that are hidden as NaN, and its visible wanted items."""
    wanted, hidden = rows_of(indptr, indices), rows_of(hidden_indptr, hidden_indices)
    for row, place in enumerate(places):
        visible = scores[row].astype(np.float64)
        visible[hidden[row]] = np.nan
        items = [j for j in wanted[place] if j < len(visible) and not np.isnan(visible[j])]
        yield visible, items


@pytest.mark.parametrize("is_sorted", [True, False])
@pytest.mark.parametrize(("n_rows", "n_columns", "density"), [(6, 9, 0.4), (40, 700, 0.3)])
def test_entries_are_found_where_a_dictionary_has_them(
    kernels, n_rows, n_columns, density, is_sorted
):
    rng = np.random.default_rng(n_rows)
    indptr, indices = pattern(rng, n_rows, n_columns, density)
    rows = rng.integers(-2, n_rows, 9000).astype(np.int32)
    columns = rng.integers(-1, n_columns + 2, 9000).astype(np.int32)
    if is_sorted:
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
    found = np.empty(9000, np.int64)

    kernels.find_entries(rows, columns, indptr, indices, found, n_threads=2)

    owners = np.repeat(np.arange(n_rows), np.diff(indptr)).tolist()
    position = {pair: k for k, pair in enumerate(zip(owners, indices.tolist(), strict=True))}
    asked = zip(rows.tolist(), columns.tolist(), strict=True)
    assert found.tolist() == [position.get(pair, -1) for pair in asked]


def test_nothing_is_found_in_an_empty_matrix(kernels):
    found = np.empty(2, np.int64)
    nothing = np.empty(0, np.int32)
    asked = np.array([0, -1], np.int32)
    kernels.find_entries(asked, asked, np.zeros(2, np.int64), nothing, found, n_threads=1)
    assert found.tolist() == [-1, -1]


@pytest.mark.parametrize("levels", [1, 3, 50, 10**6])
def test_the_area_is_scikit_learns_of_what_is_visible(kernels, levels):
    world = judged(levels, 25, 60, levels=levels)
    auc = np.empty(25)

    kernels.auc_of_rows(*world, auc, n_threads=2)

    expected = []
    for visible, items in visible_rows(*world):
        exists = ~np.isnan(visible)
        labels = np.isin(np.arange(len(visible)), items)[exists]
        both = len(set(labels.tolist())) == 2
        expected.append(roc_auc_score(labels, visible[exists]) if both else np.nan)
    np.testing.assert_allclose(auc, expected, rtol=1e-12)


@pytest.mark.parametrize("levels", [2, 100, 10**6])
def test_the_area_is_the_same_however_many_items_are_wanted(kernels, levels):
    # Many wanted items are looked up instead of compared one by one, in blocks of a row.
    world = judged(levels, 4, 9500, levels=levels, wanted=0.2)
    auc = np.empty(4)

    kernels.auc_of_rows(*world, auc, n_threads=2)

    expected = []
    for visible, items in visible_rows(*world):
        others = np.setdiff1d(np.flatnonzero(~np.isnan(visible)), items)
        won = np.searchsorted(np.sort(visible[others]), visible[items], "left").sum()
        tied = np.searchsorted(np.sort(visible[others]), visible[items], "right").sum() - won
        expected.append((won + tied / 2) / (len(items) * len(others)))
    np.testing.assert_allclose(auc, expected, rtol=1e-12)


def test_the_area_is_undefined_where_all_items_are_wanted_or_none(kernels):
    scores = np.array([[1, 2], [1, 2], [np.nan, 2], [1, 2]], np.float32)
    indptr, indices = np.array([0, 2, 2, 3, 4]), np.array([0, 1, 0, 5], np.int32)
    nothing = np.zeros(5, np.int64), np.empty(0, np.int32)
    auc = np.zeros(4)
    kernels.auc_of_rows(scores, np.arange(4), indptr, indices, *nothing, auc, n_threads=1)
    assert np.isnan(auc).all()


@pytest.mark.parametrize("levels", [1, 3, 10**6])
@pytest.mark.parametrize("wanted", [0.02, 0.3])
def test_the_first_rank_is_that_of_a_full_sort(kernels, levels, wanted):
    world = judged(levels, 30, 40, levels=levels, wanted=wanted)
    tie_places = np.random.default_rng(levels).permutation(40).astype(np.int32)
    ranks = np.empty(30, np.int64)

    kernels.first_ranks_of_rows(world[0], tie_places, *world[1:], ranks, n_threads=2)

    expected = []
    for visible, items in visible_rows(*world):
        listed = sorted(
            np.flatnonzero(~np.isnan(visible)), key=lambda j: (-visible[j], tie_places[j])
        )
        hits = [rank for rank, item in enumerate(listed, start=1) if item in items]
        expected.append(hits[0] if hits else 0)
    assert ranks.tolist() == expected


def test_the_compiled_answers_have_the_same_bits_for_any_number_of_threads(native):
    world = judged(0, 200, 500, levels=50)
    aucs, ranks = np.empty((3, 200)), np.empty((3, 200), np.int64)
    tie_places = np.arange(500, dtype=np.int32)

    for n_threads in (1, 2, 3):
        native.auc_of_rows(*world, aucs[n_threads - 1], n_threads=n_threads)
        native.first_ranks_of_rows(
            world[0], tie_places, *world[1:], ranks[n_threads - 1], n_threads=n_threads
        )

    np.testing.assert_array_equal(aucs, aucs[[0, 0, 0]])
    np.testing.assert_array_equal(ranks, ranks[[0, 0, 0]])


def int32(*numbers):
    return np.array(numbers, np.int32)


FOUND = {
    "rows": int32(0, 1),
    "columns": int32(2, 9),
    "indptr": np.array([0, 2, 3]),
    "indices": int32(0, 2, 1),
    "found": np.empty(2, np.int64),
}
JUDGED = {
    "scores": np.ones((2, 3), np.float32),
    "places": np.array([1, 0]),
    "indptr": np.array([0, 1, 2]),
    "indices": int32(0, 7),
    "hidden_indptr": np.array([0, 1, 1]),
    "hidden_indices": int32(2),
}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"rows": int32(0, 2)}, ValueError),
        ({"columns": int32(0)}, ValueError),
        ({"found": np.empty(3, np.int64)}, ValueError),
        ({"indptr": np.empty(0, np.int64)}, ValueError),
        ({"indptr": np.array([0, 2, 4])}, ValueError),
        ({"indptr": np.array([0, 3, 2])}, ValueError),
        ({"indices": int32(2, 0, 1)}, ValueError),
        ({"indices": int32(0, 0, 1)}, ValueError),
        ({"indices": int32(-1, 0, 1)}, ValueError),
        ({"rows": np.array([0, 1])}, TypeError),
        ({"n_threads": 0}, ValueError),
    ],
)
def test_pairs_and_matrices_that_do_not_fit_are_refused(native, wrong, error):
    arguments = {**FOUND, "n_threads": 1, **wrong}
    n_threads = arguments.pop("n_threads")
    native.find_entries(*FOUND.values(), n_threads=1)
    with pytest.raises(error):
        native.find_entries(*arguments.values(), n_threads=n_threads)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scores": np.ones((2, 3))}, TypeError),
        ({"places": np.array([0])}, ValueError),
        ({"places": np.array([0, 2])}, ValueError),
        ({"places": np.array([-1, 0])}, ValueError),
        ({"indices": int32(0, -7)}, ValueError),
        ({"hidden_indices": int32(3)}, ValueError),
        ({"hidden_indptr": np.array([0, 1])}, ValueError),
    ],
)
def test_scores_and_wishes_that_do_not_fit_are_refused(native, wrong, error):
    scores, *others = {**JUDGED, **wrong}.values()
    auc, ranks, tie_places = np.empty(2), np.empty(2, np.int64), int32(0, 1, 2)
    native.auc_of_rows(*JUDGED.values(), auc, n_threads=1)
    with pytest.raises(error):
        native.auc_of_rows(scores, *others, auc, n_threads=1)
    with pytest.raises(error):
        native.first_ranks_of_rows(scores, tie_places, *others, ranks, n_threads=1)


def test_answers_of_the_wrong_length_are_refused(native):
    scores, *others = JUDGED.values()
    with pytest.raises(ValueError, match="auc must have 2 entries"):
        native.auc_of_rows(scores, *others, np.empty(3), n_threads=1)
    with pytest.raises(ValueError, match="tie_places must have 3 entries"):
        native.first_ranks_of_rows(scores, int32(0), *others, np.empty(2, np.int64), n_threads=1)
    with pytest.raises(ValueError, match="ranks must have 2 entries"):
        native.first_ranks_of_rows(
            scores, int32(0, 1, 2), *others, np.empty(1, np.int64), n_threads=1
        )
