"""Base class of the transformers that weigh interactions."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import ABCMeta, abstractmethod
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_recsys._warning import warn_caller
from sklearn_recsys.exceptions import DataWarning
from sklearn_recsys.interactions._column_edits import set_column
from sklearn_recsys.interactions._columns import (
    as_frame,
    column_names,
    require_distinct_names,
    require_table,
)
from sklearn_recsys.interactions._ids import missing_ids
from sklearn_recsys.interactions._validation import InteractionColumns, read_columns

__all__ = ["BaseWeighter"]


class BaseWeighter(OneToOneFeatureMixin, TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Replace the value column of a table of interactions, and leave all else as it is.

    A weigher supplies `_weigh`, `_learn` if its weights depend on the training rows, and `_read`
    if its value column holds anything but numbers. Checks, containers and names are dealt with
    here, once.
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the table and learn from its rows what the weights depend on, if anything.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Interactions: user, item, value and further columns.
        y : None
            Must not be given: a recommender takes it in place of the value column, and with it of
            what this step has made of that column.

        Returns
        -------
        estimator
            The fitted transformer itself.

        Warns
        -----
        DataWarning
            If `y` is given.
        """
        if y is not None:
            warn_caller(
                "y replaces the value column after this step, which then has no effect: put the "
                "values into the third column of X and leave out y.",
                DataWarning,
            )
        X = require_table(X)
        require_distinct_names(X)
        validate_data(self, X, skip_check_array=True)
        self._learn(X, self._read_checked(X))
        return self

    def transform(self, X: Any) -> Any:
        """Replace the values by their weights.

        Parameters
        ----------
        X : table of shape (n_rows, n_features_in_)
            Interactions with the same columns as in ``fit``.

        Returns
        -------
        table of shape (n_rows, max(n_features_in_, 3))
            A new table in the same container, or an array for a list; `X` is not modified.
        """
        check_is_fitted(self)
        X = validate_data(self, require_table(X, min_columns=1), skip_check_array=True, reset=False)
        columns = self._read_checked(X)
        weights = self._weigh(X, columns)
        # Too small for a float is not zero, which would mean "seen, but not positive".
        vanished = (weights == 0) & (columns.values != 0)
        if vanished.any():
            tiny = np.copysign(np.finfo(np.float64).tiny, columns.values)
            weights = np.where(vanished, tiny, weights)
        return self._as_asked(set_column(X, 2, weights, name="value"))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the output columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; by default those seen in ``fit``.

        Returns
        -------
        ndarray of shape (max(n_features_in_, 3),), dtype object
            The input names, and ``value`` after them if there was no value column.
        """
        names = super().get_feature_names_out(input_features)
        if self.n_features_in_ > 2:
            return names
        return np.append(names, np.array(["value"], dtype=object))

    def _read(self, X: Any) -> InteractionColumns:
        """Return the users, the items and the values before they are weighed."""
        return read_columns(X)

    def _learn(self, X: Any, columns: InteractionColumns) -> None:
        """Set the fitted attributes; there are none unless a weigher overrides this."""

    @abstractmethod
    def _weigh(self, X: Any, columns: InteractionColumns) -> np.ndarray:
        """Return the weight of each row: of its value's sign, and monotone in its value."""

    def _read_checked(self, X: Any) -> InteractionColumns:
        columns = self._read(X)
        _require_ids(columns)
        return columns

    def _as_asked(self, X: Any) -> Any:
        """Return a frame as one of pandas if ``set_output`` asks for one."""
        asked = _get_output_config("transform", self)["dense"]
        # scikit-learn's own conversion makes columns of objects of those of polars, and raises
        # for a table of pyarrow.
        return as_frame(X) if asked == "pandas" and column_names(X) is not None else X

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = False
        return tags


def _require_ids(columns: InteractionColumns) -> None:
    # The ids go through unchanged, so they are checked for gaps only.
    for ids, role in ((columns.users, "user"), (columns.items, "item")):
        if ids.dtype.kind in "biu":
            continue
        if ids.dtype.kind == "f" and np.isinf(ids).any():
            raise ValueError(f"Input X contains infinity: at least one {role} id is infinite.")
        if pd.isna(ids).any():
            raise missing_ids(pd.isna(ids), role)
