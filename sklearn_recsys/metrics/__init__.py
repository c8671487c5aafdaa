"""Ranking metrics as functions of arrays, and as a scorer for scikit-learn's searches."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.metrics._catalogue import (
    catalogue_coverage,
    gini_index,
    long_tail_share_at_k,
    novelty_at_k,
    personalization,
    popularity_lift,
)
from sklearn_recsys.metrics._diversity import (
    calibration_error_at_k,
    intra_list_diversity_at_k,
    serendipity_at_k,
)
from sklearn_recsys.metrics._propensity import inverse_propensity
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
from sklearn_recsys.metrics._scoring._scorer import make_ranking_scorer

__all__ = [
    "average_precision_at_k",
    "calibration_error_at_k",
    "catalogue_coverage",
    "f1_at_k",
    "gini_index",
    "hit_rate_at_k",
    "intra_list_diversity_at_k",
    "inverse_propensity",
    "long_tail_share_at_k",
    "make_ranking_scorer",
    "ndcg_at_k",
    "novelty_at_k",
    "personalization",
    "popularity_lift",
    "precision_at_k",
    "recall_at_k",
    "reciprocal_rank_at_k",
    "roc_auc_per_user",
    "sampled_ranking_metrics",
    "serendipity_at_k",
]
