"""Transformers of interactions and of numeric features."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.preprocessing._age_binner import AgeBinner
from sklearn_recsys.preprocessing._bm25_weighter import BM25Weighter
from sklearn_recsys.preprocessing._confidence_weighter import ConfidenceWeighter
from sklearn_recsys.preprocessing._event_weighter import EventWeighter
from sklearn_recsys.preprocessing._tfidf_weighter import TfidfWeighter
from sklearn_recsys.preprocessing._time_decay_weighter import TimeDecayWeighter

__all__ = [
    "AgeBinner",
    "BM25Weighter",
    "ConfidenceWeighter",
    "EventWeighter",
    "TfidfWeighter",
    "TimeDecayWeighter",
]
