"""Metrics of catalogues and lists, against loops over users, pairs and places."""
# SPDX-License-Identifier: BSD-3-Clause

import itertools
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_recsys.metrics import (
    calibration_error_at_k,
    catalogue_coverage,
    gini_index,
    intra_list_diversity_at_k,
    inverse_propensity,
    long_tail_share_at_k,
    novelty_at_k,
    personalization,
    popularity_lift,
    serendipity_at_k,
)

N_ITEMS, N_USERS, WIDTH = 12, 9, 5


def lists(seed, *, gaps=True):
    """Return lists without repetitions, some of them short and one of them empty."""
    rng = np.random.default_rng(seed)
    found = np.stack([rng.permutation(N_ITEMS)[:WIDTH] for _ in range(N_USERS)])
    if gaps:
        lengths = np.append(rng.integers(1, WIDTH + 1, N_USERS - 1), 0)
        found[np.arange(WIDTH) >= lengths[:, None]] = -1
    return found


def items_of(row, k=WIDTH):
    return [item for item in row[:k] if item >= 0]


@pytest.mark.parametrize("k", [1, 3, None])
def test_coverage_and_gini_count_the_items_of_all_lists(k):
    found = lists(0)
    counts = np.zeros(N_ITEMS)
    for row in found:
        for item in items_of(row, k or WIDTH):
            counts[item] += 1
    differences = sum(abs(one - other) for one in counts for other in counts)

    assert catalogue_coverage(found, N_ITEMS, k) == np.mean(counts > 0)
    # The mean difference between two items, halved and relative to the mean.
    expected = differences / (2 * N_ITEMS**2 * counts.mean())
    assert gini_index(found, N_ITEMS, k) == pytest.approx(expected)


def test_personalization_is_the_mean_over_pairs_of_users():
    found = lists(1, gaps=False)
    shares = [len(set(one) & set(other)) / WIDTH for one, other in combinations(found, 2)]
    assert personalization(found) == pytest.approx(1 - np.mean(shares))
    same = np.tile(found[0], (4, 1))
    assert personalization(same) == pytest.approx(0)
    # Roots round: these would give less than 0.
    for n_users, length in itertools.product(range(2, 12), range(1, 8)):
        assert 0 <= personalization(np.tile(np.arange(length), (n_users, 1))) < 1e-12


def test_personalization_of_lists_of_any_length():
    found = lists(1)
    pairs = list(combinations([set(items_of(row)) for row in found], 2))
    in_common = sum(len(one & other) for one, other in pairs)
    possible = sum(np.sqrt(len(one) * len(other)) for one, other in pairs)
    assert personalization(found) == pytest.approx(1 - in_common / possible)


def test_the_tail_is_what_the_head_leaves():
    popularity = np.array([50, 30, 15, 5, 0])
    # 80 of 100 interactions are those of the first two.
    found = long_tail_share_at_k([[0, 1, 2], [2, 3, 4], [1, -1, -1], [-1, -1, -1]], popularity)
    np.testing.assert_allclose(found, [1 / 3, 1, 0, np.nan])
    # All of the third is needed for 81.
    found = long_tail_share_at_k([[0, 1, 2]], popularity, head=0.81)
    np.testing.assert_allclose(found, [0])


@pytest.mark.parametrize("k", [2, None])
def test_novelty_is_the_mean_self_information(k):
    found, popularity = lists(2), np.arange(N_ITEMS)
    expected = [
        np.mean([-np.log2(max(popularity[item], 1) / 40) for item in items_of(row, k or WIDTH)])
        for row in found[:-1]
    ]
    np.testing.assert_allclose(novelty_at_k(found, popularity, 40, k), [*expected, np.nan])


def test_the_lift_compares_lists_with_histories():
    rng = np.random.default_rng(3)
    found, popularity = lists(3), rng.integers(1, 50, N_ITEMS)
    histories = rng.random((N_USERS, N_ITEMS)) < 0.4
    histories[2] = False
    # The last user has no list, the third no history: neither can be compared.
    both = [user for user in range(N_USERS - 1) if histories[user].any()]
    listed = np.mean([popularity[items_of(found[user])].mean() for user in both])
    chosen = np.mean([popularity[histories[user]].mean() for user in both])
    lift = popularity_lift(found, popularity, sparse.csr_array(histories.astype(float)))
    assert lift == pytest.approx(listed / chosen - 1)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_diversity_is_the_mean_over_pairs_of_items(kind):
    rng = np.random.default_rng(4)
    found, vectors = lists(4), rng.standard_normal((N_ITEMS, 3))
    vectors[5] = 0

    def cosine(i, j):
        norms = np.linalg.norm(vectors[i]) * np.linalg.norm(vectors[j])
        return vectors[i] @ vectors[j] / norms if norms else 0

    expected = []
    for row in found:
        pairs = list(combinations(items_of(row, 4), 2))
        expected.append(np.mean([1 - cosine(*pair) for pair in pairs]) if pairs else np.nan)
    np.testing.assert_allclose(intra_list_diversity_at_k(found, kind(vectors), 4), expected)


def test_serendipity_counts_hits_that_are_not_expected():
    found, gains = [[0, 1, 2], [3, 4, -1], [-1, -1, -1]], [[1, 0, 2], [1, 1, 0], [0, 0, 0]]
    np.testing.assert_allclose(serendipity_at_k(found, gains, [0, 9]), [1 / 3, 1, np.nan])
    own = [[2, 0], [-1, 3], [5, 6]]
    np.testing.assert_allclose(serendipity_at_k(found, gains, own), [0, 0.5, np.nan])
    np.testing.assert_allclose(serendipity_at_k(found, gains, own, 1), [0, 0, np.nan])


def test_calibration_is_the_divergence_of_the_mixes():
    rng = np.random.default_rng(5)
    found, groups = lists(5), (rng.random((N_ITEMS, 4)) < 0.5).astype(float)
    groups[groups.sum(axis=1) == 0, 0] = 1
    histories = rng.integers(0, 3, (N_USERS, N_ITEMS)).astype(float)
    histories[3] = 0
    mixes = groups / groups.sum(axis=1, keepdims=True)
    expected = []
    for row, history in zip(found, histories, strict=True):
        own = items_of(row)
        if not own or not history.sum():
            expected.append(np.nan)
            continue
        p = history @ mixes / history.sum()
        q = 0.9 * mixes[own].mean(axis=0) + 0.1 * p
        expected.append(sum(p[j] * np.log(p[j] / q[j]) for j in range(4) if p[j] > 0))
    error = calibration_error_at_k(found, groups, sparse.csr_array(histories), smoothing=0.1)
    np.testing.assert_allclose(error, expected, atol=1e-12)


def test_a_list_of_the_users_own_mix_is_calibrated():
    groups = np.eye(2)[[0, 1, 0, 1]]
    error = calibration_error_at_k([[2, 3]], groups, [[2.0, 2.0, 0, 0]])
    assert error == pytest.approx(0, abs=1e-12)


def test_propensities_weigh_the_interactions_as_a_whole_alike():
    popularity = np.array([100, 25, 4, 0])
    worth = inverse_propensity(popularity, power=1.0)
    np.testing.assert_allclose(worth / worth[0], [1, 4, 25, 100])
    assert np.maximum(popularity, 1) @ worth == pytest.approx(130)
    np.testing.assert_allclose(inverse_propensity(popularity, power=0), 1)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 2 * WIDTH))
def test_shares_are_between_zero_and_one(seed, k):
    found = lists(seed)
    popularity = np.random.default_rng(seed).integers(0, 30, N_ITEMS)
    shares = [
        catalogue_coverage(found, N_ITEMS, k),
        gini_index(found, N_ITEMS, k),
        personalization(found, k),
        *long_tail_share_at_k(found, popularity, k)[:-1],
        *serendipity_at_k(found, found > 3, popularity[:2], k)[:-1],
    ]
    assert 0 <= min(shares) <= max(shares) <= 1 + 1e-12


def test_nothing_recommended_has_no_measure():
    nothing = np.full((2, 3), -1)
    assert catalogue_coverage(nothing, 4) == 0
    assert np.isnan(gini_index(nothing, 4))
    assert np.isnan(personalization(nothing))
    assert np.isnan(popularity_lift(nothing, [1, 1], sparse.csr_array(np.ones((2, 2)))))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: catalogue_coverage([[0, 4]], 4), r"not in the catalogue: \[4\]"),
        (lambda: catalogue_coverage([[0, -2]], 4), r"not in the catalogue: \[-2\]"),
        (lambda: catalogue_coverage([[0.5]], 4), "must be integers of shape"),
        (lambda: catalogue_coverage([0, 1], 4), "ranked_items must have the shape"),
        (lambda: catalogue_coverage([[0]], 0), "n_items must be an integer of at least 1"),
        (lambda: gini_index([[0]], 4, 0), "k must be an integer of at least 1"),
        (lambda: personalization([[1, 1], [2, 3]]), "holds an item twice"),
        (lambda: novelty_at_k([[0]], [5, 1], 4), "An item has 5 users, but n_users is 4"),
        (lambda: novelty_at_k([[0]], [-1, 1], 4), "popularity must be finite"),
        (lambda: novelty_at_k([[0]], [[1]], 4), "an entry for each item"),
        (lambda: long_tail_share_at_k([[0]], [1, 2], head=1.0), "head must be a share"),
        (lambda: popularity_lift([[0]], [1], np.eye(2)), "histories must have the"),
        (lambda: inverse_propensity([1], power=-1), "power must be finite"),
        (lambda: intra_list_diversity_at_k([[0]], [[np.inf]]), "item_vectors must be finite"),
        (lambda: serendipity_at_k([[0]], [[1, 1]], [0]), "ranked_gains must have the shape"),
        (lambda: serendipity_at_k([[0]], [1], [0]), "ranked_gains must have the shape"),
        (lambda: serendipity_at_k([[0]], [[1]], 0), "expected_items must have the shape"),
        (lambda: serendipity_at_k([[0]], [[1]], [["a"]]), "expected_items must be integers"),
        (lambda: serendipity_at_k([[0]], [[1]], [[0], [1]]), "must have one row, or 1 as"),
        (lambda: serendipity_at_k([[0]], [[1]], [[0], [1, 2]]), "expected_items .* fill them up"),
        (lambda: serendipity_at_k([[0], [1, 2]], [[1]], [0]), "ranked_items .* fill them up"),
        (lambda: calibration_error_at_k([[0]], [[1]], [[1]], smoothing=0), "smoothing must"),
        (lambda: calibration_error_at_k([[0]], [[1]], [[1, 1]]), "histories must have the"),
        (lambda: calibration_error_at_k([[0]], [[-1]], [[1]]), "item_groups must be finite"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
