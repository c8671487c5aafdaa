"""Recommenders made of others: blended, fused, tried in turn, ranked again, diversified."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.ensemble._blend import BlendRecommender
from sklearn_recsys.ensemble._cascade import CascadeRecommender
from sklearn_recsys.ensemble._rank_fusion import RankFusionRecommender

__all__ = [
    "BlendRecommender",
    "CascadeRecommender",
    "RankFusionRecommender",
]
