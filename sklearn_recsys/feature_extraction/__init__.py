"""Features of items and users made from raw columns."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.feature_extraction._genre_tfidf import GenreTfidf
from sklearn_recsys.feature_extraction._term_vectors import TermVectors

__all__ = ["GenreTfidf", "TermVectors"]
