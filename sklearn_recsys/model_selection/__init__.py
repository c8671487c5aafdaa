"""Splitters of interactions into training and test parts."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.model_selection._folds import ColdItemKFold, InteractionKFold, UserKFold
from sklearn_recsys.model_selection._split import train_test_split_by_user
from sklearn_recsys.model_selection._temporal import LeaveLastOut, TemporalSplit

__all__ = [
    "ColdItemKFold",
    "InteractionKFold",
    "LeaveLastOut",
    "TemporalSplit",
    "UserKFold",
    "train_test_split_by_user",
]
