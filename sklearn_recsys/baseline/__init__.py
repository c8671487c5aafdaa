"""Models to beat: popularity, chance, and the means of ratings."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.baseline._mean_rating import BaselineRecommender
from sklearn_recsys.baseline._popularity import PopularityRecommender
from sklearn_recsys.baseline._random import RandomRecommender

__all__ = ["BaselineRecommender", "PopularityRecommender", "RandomRecommender"]
