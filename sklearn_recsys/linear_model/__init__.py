"""Recommend by linear models of an item by the other items of a history."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.linear_model._ease import EASERecommender
from sklearn_recsys.linear_model._slim import SLIMRecommender

__all__ = ["EASERecommender", "SLIMRecommender"]
