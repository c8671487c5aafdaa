"""The rank of one positive among sampled items."""
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_recsys.metrics import sampled_ranking_metrics


def test_hand_calculation():
    scores = [[3, 1, 2, 0], [0, 1, 2, 3], [0, 5, 2, 3]]
    found = sampled_ranking_metrics(scores, [0, 2, 0], k=2)
    assert found["hit_rate@2"].tolist() == [1, 1, 0]
    assert found["ndcg@2"] == pytest.approx([1, 1 / np.log2(3), 0])
    assert found["mrr@2"].tolist() == [1, 0.5, 0]


def test_ties_count_against_the_positive():
    found = sampled_ranking_metrics(np.zeros((2, 5)), 0, k=4)
    assert found["hit_rate@4"].tolist() == [0, 0]


def test_a_candidate_without_a_score_is_no_rival():
    with_copy, without = (
        sampled_ranking_metrics([[2, rival, 1]], 0, k=1)["hit_rate@1"] for rival in (2, np.nan)
    )
    assert with_copy.tolist() == [0]
    assert without.tolist() == [1]


def test_brute_force():
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 6, (40, 9)).astype(float), rng.integers(0, 9, 40)
    found = sampled_ranking_metrics(scores, positive, k=3)
    for user, (row, place) in enumerate(zip(scores, positive, strict=True)):
        rank = 1 + sum(row[c] >= row[place] for c in range(9) if c != place)
        assert found["mrr@3"][user] == (1 / rank if rank <= 3 else 0)
        assert found["ndcg@3"][user] == pytest.approx(1 / np.log2(rank + 1) if rank <= 3 else 0)


@pytest.mark.parametrize(
    ("scores", "positive", "k", "message"),
    [
        ([1, 2], 0, 1, "a matrix of users"),
        ([[1, 2]], [0, 1], 1, "2 entries for 1 users"),
        ([[1, 2]], 2, 1, "columns 2 to 2"),
        ([[1, 2]], -1, 1, "columns -1 to -1"),
        ([[1, 2]], 0.0, 1, "one column number"),
        ([[np.nan, 2]], 0, 1, "has no score"),
        ([[1, 2]], 0, 0, "k must be"),
        ([[1, 2]], 0, True, "k must be"),
    ],
)
def test_bad_input_is_told(scores, positive, k, message):
    with pytest.raises(ValueError, match=message):
        sampled_ranking_metrics(scores, positive, k=k)


def test_nobody_scores_nothing():
    assert sampled_ranking_metrics(np.empty((0, 3)), 0)["ndcg@10"].shape == (0,)
