"""What all splitters share."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["BaseSplitter", "Masks", "Split"]

Split = tuple[np.ndarray, np.ndarray]
"""Positions of the training rows and of the test rows, both increasing."""

Masks = tuple[np.ndarray, np.ndarray]
"""Boolean masks of the training rows and of the test rows."""


class BaseSplitter:
    """Split a table of interactions as scikit-learn's splitters split a matrix.

    A subclass has ``n_splits`` and implements ``_masks(X)``, which raises or returns the masks of
    as many splits.
    """

    n_splits: int

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Split]:
        """Split a table into training rows and test rows.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Interactions; columns by position: user, item, value, time.
        y : None
            Ignored.
        groups : None
            Ignored.

        Returns
        -------
        iterator of (ndarray of shape (n_train,), ndarray of shape (n_test,))
            Positions of the training and of the test rows of each split, int64 and increasing.
        """
        # Not a generator itself, so that a wrong table raises at the call.
        return ((np.flatnonzero(train), np.flatnonzero(test)) for train, test in self._masks(X))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : None
            Ignored.

        Returns
        -------
        int
            The number of pairs that ``split`` yields; it raises where it cannot yield as many.
        """
        return int(self.n_splits)

    def _masks(self, X: Any) -> Iterator[Masks]:
        raise NotImplementedError

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in sorted(vars(self).items()))
        return f"{type(self).__name__}({params})"
