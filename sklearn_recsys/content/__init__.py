"""Recommend by what items are, rather than by who chose them."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.content._content import ContentRecommender
from sklearn_recsys.content._content_to_factors import ContentToFactorsRecommender

__all__ = ["ContentRecommender", "ContentToFactorsRecommender"]
