"""Recommenders that take further interactions without starting afresh."""
# SPDX-License-Identifier: BSD-3-Clause

from abc import abstractmethod

from sklearn.utils.validation import validate_data

from sklearn_recsys.base._transaction import unchanged_on_failure
from sklearn_recsys.interactions._columns import require_table
from sklearn_recsys.interactions._extension import Extension, extend_interactions
from sklearn_recsys.interactions._validation import validate_interactions

__all__ = ["PartialFitMixin"]


class PartialFitMixin:
    """Give a recommender `partial_fit`; it stands before the base class, and sets the tag.

    A model supplies `_update`. Only for models that sum the values of a pair.
    """

    @abstractmethod
    def _update(self, extension: Extension) -> None:
        """Learn from interactions that were added; all that `fit` learns may be used."""

    def partial_fit(self, X, y=None, sample_weight=None):
        """Add interactions, and the users and items in them, to a fitted model.

        An unfitted model is fitted.

        Parameters
        ----------
        X : table of shape (n_interactions, n_columns)
            The new interactions, with the columns of `fit`. A value of a pair that was seen
            before is added to the old one.
        y : array-like of shape (n_interactions,), default=None
            Values that replace the value column.
        sample_weight : array-like of shape (n_interactions,), default=None
            Non-negative weights, as in `fit`.

        Returns
        -------
        self : object
            The recommender. If it fails, or Ctrl-C ends it, the model is left as it was.

        Raises
        ------
        TypeError
            If `X` is sparse, or ids are of another type than in `fit`.
        ValueError
            If `X` has other columns than in `fit`, an id is missing, a value is not finite (or
            negative where the model's tags do not allow it), or a parameter is out of range.
        """
        if not hasattr(self, "interactions_"):
            return self.fit(X, y, sample_weight)
        self._validate_params()
        X = require_table(X, min_columns=1)  # scikit-learn counts the columns
        validate_data(self, X, reset=False, skip_check_array=True)
        allow_negative = self.__recommender_tags__().negative_values
        more = validate_interactions(X, y, sample_weight, allow_negative=allow_negative)
        known = self.interactions_, self._user_index, self._item_index
        extension = extend_interactions(*known, more)
        names = self._names
        with unchanged_on_failure(self):
            self._remember(extension.interactions)
            self._names = names
            self._update(extension)
        return self
