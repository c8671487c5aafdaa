"""Models that describe users and items by a few numbers each, or by their graph's spectrum."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.decomposition._als import ALSRecommender
from sklearn_recsys.decomposition._biased_mf import BiasedMFRecommender
from sklearn_recsys.decomposition._graph_filter import GraphFilterRecommender
from sklearn_recsys.decomposition._hybrid import HybridRecommender
from sklearn_recsys.decomposition._svd import SVDRecommender

__all__ = [
    "ALSRecommender",
    "BiasedMFRecommender",
    "GraphFilterRecommender",
    "HybridRecommender",
    "SVDRecommender",
]
