"""Models that score an item by a regression on the other items."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.linear_model._slim import SLIMRecommender

__all__ = ["SLIMRecommender"]
