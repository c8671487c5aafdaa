"""Data sets: a generated film world, and a reader of published archives."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.datasets._make import make_interactions
from sklearn_recsys.datasets._movielens import load_movielens

__all__ = ["load_movielens", "make_interactions"]
