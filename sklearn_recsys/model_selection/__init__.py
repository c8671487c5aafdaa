"""Split interactions into training and test parts, search grids, and compare what is found."""
# SPDX-License-Identifier: BSD-3-Clause

from sklearn_recsys.model_selection._compare_recommenders import compare_recommenders
from sklearn_recsys.model_selection._comparison import RecommenderComparison
from sklearn_recsys.model_selection._folds import ColdItemKFold, InteractionKFold, UserKFold
from sklearn_recsys.model_selection._lint import lint_evaluation
from sklearn_recsys.model_selection._search_intervals import search_intervals
from sklearn_recsys.model_selection._search_progress import search_progress
from sklearn_recsys.model_selection._split import train_test_split_by_user
from sklearn_recsys.model_selection._suggested_grid import suggested_grid
from sklearn_recsys.model_selection._temporal import LeaveLastOut, TemporalSplit

__all__ = [
    "ColdItemKFold",
    "InteractionKFold",
    "LeaveLastOut",
    "RecommenderComparison",
    "TemporalSplit",
    "UserKFold",
    "compare_recommenders",
    "lint_evaluation",
    "search_intervals",
    "search_progress",
    "suggested_grid",
    "train_test_split_by_user",
]
