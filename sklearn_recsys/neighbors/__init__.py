"""Models that recommend by the company items keep."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.neighbors._item_knn import ItemKNNRecommender

__all__ = ["ItemKNNRecommender"]
