"""Prove a recommender: the check suite, and the worlds and strategies it is made of."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.testing._runner import (
    check_recommender,
    parametrize_with_recommender_checks,
)
from sklearn_recsys.testing._weighter import check_weighter
from sklearn_recsys.testing.strategies import interactions
from sklearn_recsys.testing.worlds import World, make_checkerboard

__all__ = [
    "World",
    "check_recommender",
    "check_weighter",
    "interactions",
    "make_checkerboard",
    "parametrize_with_recommender_checks",
]
