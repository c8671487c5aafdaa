"""Models that recommend by the company items and users keep."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.neighbors._item_knn import ItemKNNRecommender
from sklearn_recsys.neighbors._rp3_beta import RP3BetaRecommender
from sklearn_recsys.neighbors._user_knn import UserKNNRecommender

__all__ = ["ItemKNNRecommender", "RP3BetaRecommender", "UserKNNRecommender"]
