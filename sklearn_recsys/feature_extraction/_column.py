"""Read the one column that a transformer of texts takes."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from sklearn_recsys.interactions._columns import require_table, take_column
from sklearn_recsys.interactions._ids import as_id_array

__all__ = ["TextColumnMixin"]


class TextColumnMixin(OneToOneFeatureMixin):
    """Give a transformer the column it is passed: a series, a list, or a table of one column."""

    n_features_in_: int

    def _is_column(self, X: Any) -> bool:
        """Tell a series or list of cells from a table."""
        return len(X.shape) == 1 if hasattr(X, "shape") else True

    def _read_column(self, X: Any, *, reset: bool) -> np.ndarray:
        if sparse.issparse(X):
            raise TypeError("X is sparse, but a column of text was expected: pass the texts.")
        if not self._is_column(X):
            X = require_table(X, min_columns=1)
            X = validate_data(self, X, skip_check_array=True, reset=reset)
            column = take_column(X, 0)
        else:
            # A list of cells that are lists themselves is no matrix.
            is_list = isinstance(X, (list, tuple))
            column = np.fromiter(X, dtype=object) if is_list else as_id_array(X)
            if reset:
                self._record_name(X)
        if self.n_features_in_ != 1:
            raise ValueError(
                f"X must be one column of text, but has {self.n_features_in_} columns: choose one "
                f'with ColumnTransformer([("text", {type(self).__name__}(), "column")]).'
            )
        return column

    def _record_name(self, X: Any) -> None:
        """Record a series as scikit-learn records a table of one column."""
        self.n_features_in_ = 1
        name = getattr(X, "name", None)
        if isinstance(name, str) and name:
            self.feature_names_in_ = np.array([name], dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        # Numeric matrices are no input, as for scikit-learn's own text vectorisers.
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags
