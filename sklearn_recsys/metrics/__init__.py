"""Ranking metrics as functions of arrays, and as a scorer for scikit-learn's searches."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.metrics._ranking import (
    average_precision_at_k,
    f1_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
)
from sklearn_recsys.metrics._roc_auc import roc_auc_per_user
from sklearn_recsys.metrics._sampled import sampled_ranking_metrics
from sklearn_recsys.metrics._scorer import make_ranking_scorer

__all__ = [
    "average_precision_at_k",
    "f1_at_k",
    "hit_rate_at_k",
    "make_ranking_scorer",
    "ndcg_at_k",
    "precision_at_k",
    "recall_at_k",
    "reciprocal_rank_at_k",
    "roc_auc_per_user",
    "sampled_ranking_metrics",
]
