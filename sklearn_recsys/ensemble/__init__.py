"""Recommenders made of others: blended, fused, tried in turn, ranked again, diversified."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.ensemble._blend import BlendRecommender
from sklearn_recsys.ensemble._calibrated import CalibratedDiversifier
from sklearn_recsys.ensemble._cascade import CascadeRecommender
from sklearn_recsys.ensemble._mmr import MMRDiversifier
from sklearn_recsys.ensemble._rank_fusion import RankFusionRecommender
from sklearn_recsys.ensemble._rerank import RerankRecommender

__all__ = [
    "BlendRecommender",
    "CalibratedDiversifier",
    "CascadeRecommender",
    "MMRDiversifier",
    "RankFusionRecommender",
    "RerankRecommender",
]
