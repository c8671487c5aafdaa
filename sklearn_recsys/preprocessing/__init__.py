"""Transformers of interactions and of numeric features."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.preprocessing._age_binner import AgeBinner
from sklearn_recsys.preprocessing._confidence_weighter import ConfidenceWeighter

__all__ = ["AgeBinner", "ConfidenceWeighter"]
