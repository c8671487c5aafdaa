"""Each metric against its definition, spelled out for one user at a time."""
# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import ndcg_score, roc_auc_score

from sklearn_recsys.metrics import (
    average_precision_at_k,
    f1_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
    roc_auc_per_user,
)


def naive_precision(gains, n_relevant, ideal, k):
    return sum(gain > 0 for gain in gains[:k]) / k


def naive_recall(gains, n_relevant, ideal, k):
    return sum(gain > 0 for gain in gains[:k]) / n_relevant


def naive_capped_recall(gains, n_relevant, ideal, k):
    return sum(gain > 0 for gain in gains[:k]) / min(k, n_relevant)


def naive_f1(gains, n_relevant, ideal, k):
    precision = naive_precision(gains, n_relevant, ideal, k)
    recall = naive_recall(gains, n_relevant, ideal, k)
    return 2 * precision * recall / (precision + recall) if precision else 0.0


def naive_hit_rate(gains, n_relevant, ideal, k):
    return float(any(gain > 0 for gain in gains[:k]))


def naive_ndcg(gains, n_relevant, ideal, k):
    def dcg(values):
        return sum(value / math.log2(place + 2) for place, value in enumerate(values[:k]))

    return dcg(list(gains)) / dcg(sorted(ideal, reverse=True))


def naive_average_precision(gains, n_relevant, ideal, k):
    total, hits = 0.0, 0
    for place, gain in enumerate(gains[:k], start=1):
        if gain > 0:
            hits += 1
            total += hits / place
    return total / min(k, n_relevant)


def naive_reciprocal_rank(gains, n_relevant, ideal, k):
    for place, gain in enumerate(gains[:k], start=1):
        if gain > 0:
            return 1 / place
    return 0.0


METRICS = {
    "precision": (lambda g, n, i, k: precision_at_k(g, k), naive_precision),
    "recall": (lambda g, n, i, k: recall_at_k(g, n, k), naive_recall),
    "capped_recall": (
        lambda g, n, i, k: recall_at_k(g, n, k, denominator="min"),
        naive_capped_recall,
    ),
    "f1": (lambda g, n, i, k: f1_at_k(g, n, k), naive_f1),
    "hit_rate": (lambda g, n, i, k: hit_rate_at_k(g, k), naive_hit_rate),
    "ndcg": (lambda g, n, i, k: ndcg_at_k(g, i, k), naive_ndcg),
    "map": (lambda g, n, i, k: average_precision_at_k(g, n, k), naive_average_precision),
    "mrr": (lambda g, n, i, k: reciprocal_rank_at_k(g, k), naive_reciprocal_rank),
}

# Enough for arrays this small.
briefly = settings(max_examples=40)
every_metric = pytest.mark.parametrize("name", list(METRICS))


@st.composite
def worlds(draw):
    """Draw lists of gains, and for each user further relevant items that the list misses."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(0, 8)))
    gains = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.0, 1.0, 2.5, 4.0])))
    missed = draw(arrays(np.float64, (shape[0], 4), elements=st.sampled_from([0.0, 1.0, 3.0])))
    missed[:, 0] = 1.0  # everybody has a relevant item
    ideal = -np.sort(-np.hstack([gains, missed]), axis=1)
    return gains, (ideal > 0).sum(axis=1), ideal


@every_metric
@briefly
@given(world=worlds(), k=st.integers(1, 15))
def test_metric_equals_its_definition_and_stays_between_0_and_1(name, world, k):
    compute, naive = METRICS[name]
    gains, n_relevant, ideal = world

    scores = compute(gains, n_relevant, ideal, k)

    expected = [
        naive(list(row), count, list(best), k)
        for row, count, best in zip(gains, n_relevant, ideal, strict=True)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    assert scores.dtype == np.float64
    assert scores.shape == (len(gains),)
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("name", ["recall", "hit_rate", "mrr"])
@briefly
@given(world=worlds())
def test_metric_never_falls_as_k_grows(name, world):
    gains, n_relevant, ideal = world
    by_k = [METRICS[name][0](gains, n_relevant, ideal, k) for k in range(1, 12)]
    assert (np.diff(by_k, axis=0) >= 0).all()


@pytest.mark.parametrize("name", ["capped_recall", "hit_rate", "ndcg", "map", "mrr"])
@briefly
@given(world=worlds(), k=st.integers(1, 15))
def test_perfect_list_scores_1_at_every_k(name, world, k):
    _, n_relevant, ideal = world
    np.testing.assert_allclose(METRICS[name][0](ideal, n_relevant, ideal, k), 1, rtol=1e-12)


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_perfect_list_scores_1_at_k_equal_to_the_number_of_relevant_items(name):
    ideal = np.array([[1.0, 1, 1, 0], [1, 1, 1, 0]])
    assert METRICS[name][0](ideal, [3, 3], ideal, 3).tolist() == [1, 1]


@every_metric
@briefly
@given(world=worlds(), k=st.integers(1, 15))
def test_user_scores_the_same_alone_and_in_a_batch(name, world, k):
    compute = METRICS[name][0]
    gains, n_relevant, ideal = world
    alone = [compute(gains[[u]], n_relevant[[u]], ideal[[u]], k).item() for u in range(len(gains))]
    assert compute(gains, n_relevant, ideal, k).tolist() == alone


@every_metric
def test_user_without_relevant_items_scores_0(name):
    empty = np.zeros((1, 4))
    assert METRICS[name][0](empty, [0], empty, 2).tolist() == [0.0]


def test_every_metric_by_hand_for_hits_at_ranks_2_and_3_of_three_relevant():
    gains, ideal = [[0, 1, 1, 0]], [[1, 1, 1, 0]]
    assert precision_at_k(gains, 4) == pytest.approx(1 / 2)
    assert recall_at_k(gains, [3], 4) == pytest.approx(2 / 3)
    assert recall_at_k(gains, [3], 2, denominator="min") == pytest.approx(1 / 2)
    assert f1_at_k(gains, [3], 4) == pytest.approx(4 / 7)
    assert hit_rate_at_k(gains, 1) == pytest.approx(0)
    assert ndcg_at_k(gains, ideal, 4) == pytest.approx(
        (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2)
    )
    assert average_precision_at_k(gains, [3], 4) == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert reciprocal_rank_at_k(gains) == pytest.approx(1 / 2)


def test_ndcg_equals_scikit_learns_on_a_full_ranking():
    rng = np.random.default_rng(0)
    relevance = rng.integers(0, 5, size=(20, 12)).astype(float)
    scores = rng.permuted(np.tile(np.arange(12.0), (20, 1)), axis=1)
    ranked = np.take_along_axis(relevance, np.argsort(-scores, axis=1), axis=1)
    ours = ndcg_at_k(ranked, -np.sort(-relevance, axis=1), 7)
    assert ours.mean() == pytest.approx(ndcg_score(relevance, scores, k=7))


def test_boolean_gains_are_accepted():
    assert precision_at_k(np.array([[True, False]]), 2).tolist() == [0.5]


@every_metric
@pytest.mark.parametrize("k", [0, -1, 2.0, True, "3"])
def test_k_that_is_no_positive_integer_raises(name, k):
    with pytest.raises(ValueError, match="k must be an integer of at least 1"):
        METRICS[name][0]([[1.0]], [1], [[1.0]], k)


@every_metric
def test_gains_that_are_not_two_dimensional_raise(name):
    with pytest.raises(ValueError, match="ranked_gains must have the shape"):
        METRICS[name][0]([1.0, 0.0], [1], [[1.0]], 1)


@every_metric
@pytest.mark.parametrize("gain", [-1.0, np.nan, np.inf])
def test_gains_that_are_negative_or_not_finite_raise(name, gain):
    with pytest.raises(ValueError, match="finite and not negative"):
        METRICS[name][0]([[gain]], [1], [[1.0]], 1)


@pytest.mark.parametrize("name", ["recall", "capped_recall", "f1", "map"])
def test_counts_of_relevant_items_are_checked_against_the_lists(name):
    with pytest.raises(ValueError, match=r"n_relevant must have the shape \(1,\)"):
        METRICS[name][0]([[1.0]], [1, 1], None, 1)
    with pytest.raises(ValueError, match="smaller than the relevant items in the list for 1 user"):
        METRICS[name][0]([[1.0, 1.0]], [1], None, 2)


def test_recall_with_an_unknown_denominator_raises():
    with pytest.raises(ValueError, match="denominator"):
        recall_at_k([[1.0]], [1], 1, denominator="k")


@pytest.mark.parametrize(
    ("ideal", "message"),
    [
        ([[1.0], [1.0]], "one row per user"),
        ([[0.0, 1.0]], "decreasing along each row"),
        ([[0.5]], "gains more than ideal_gains for 1 user"),
    ],
)
def test_ideal_gains_are_checked_against_the_lists(ideal, message):
    with pytest.raises(ValueError, match=message):
        ndcg_at_k([[1.0, 0.0]], ideal, 2)


@briefly
@given(
    scores=arrays(
        np.float64, (4, 7), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0, 2.5, float("nan")])
    ),
    relevant=arrays(np.bool_, (4, 7)),
)
def test_auc_equals_scikit_learns_for_each_user(scores, relevant):
    values = roc_auc_per_user(scores, relevant)
    for row, mask, value in zip(scores, relevant, values, strict=True):
        exists = ~np.isnan(row)
        if len(set(mask[exists])) < 2:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(roc_auc_score(mask[exists], row[exists]))
            assert 0 <= value <= 1


def test_auc_does_not_depend_on_the_order_of_the_columns():
    rng = np.random.default_rng(1)
    scores, relevant = rng.integers(0, 9, (30, 20)).astype(float), rng.random((30, 20)) < 0.3
    order = np.argsort(-scores, axis=1)
    sorted_values = roc_auc_per_user(
        np.take_along_axis(scores, order, axis=1), np.take_along_axis(relevant, order, axis=1)
    )
    np.testing.assert_array_equal(roc_auc_per_user(scores, relevant), sorted_values)


def test_auc_is_1_for_a_perfect_ranking_and_one_half_for_constant_scores():
    values = roc_auc_per_user([[3, 2, 1], [1, 1, 1]], [[1, 1, 0], [1, 0, 0]])
    assert values.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_auc_without_users_or_without_items_is_undefined(shape):
    values = roc_auc_per_user(np.empty(shape), np.empty(shape))
    assert values.shape == (shape[0],)
    assert np.isnan(values).all()


@pytest.mark.parametrize("relevant", [[1, 0], [[1, 0, 0]]])
def test_auc_of_misshapen_arrays_raises(relevant):
    with pytest.raises(ValueError, match="of one shape"):
        roc_auc_per_user([[1.0, 2.0]], relevant)
