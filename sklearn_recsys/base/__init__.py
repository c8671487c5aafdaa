"""Base classes: one contract for every recommender."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.base._factor import FactorRecommender
from sklearn_recsys.base._item_similarity import ItemSimilarityRecommender
from sklearn_recsys.base._recommender import BaseRecommender
from sklearn_recsys.base._tags import RecommenderTags

__all__ = [
    "BaseRecommender",
    "FactorRecommender",
    "ItemSimilarityRecommender",
    "RecommenderTags",
]
