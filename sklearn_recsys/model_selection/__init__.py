"""Splitters of interactions into training and test parts, and grids to search."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.model_selection._folds import ColdItemKFold, InteractionKFold, UserKFold
from sklearn_recsys.model_selection._split import train_test_split_by_user
from sklearn_recsys.model_selection._suggested_grid import suggested_grid
from sklearn_recsys.model_selection._temporal import LeaveLastOut, TemporalSplit

__all__ = [
    "ColdItemKFold",
    "InteractionKFold",
    "LeaveLastOut",
    "TemporalSplit",
    "UserKFold",
    "suggested_grid",
    "train_test_split_by_user",
]
