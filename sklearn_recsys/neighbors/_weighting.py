"""Weigh interactions before neighbours are found, as a step of a Pipeline would."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_recsys.interactions._sparse import with_data
from sklearn_recsys.preprocessing import BM25Weighter, TfidfWeighter

__all__ = ["WEIGHTERS", "WeightingMixin"]

WEIGHTERS = {"bm25": BM25Weighter, "tfidf": TfidfWeighter}


class WeightingMixin:
    """Give a recommender a parameter `weighting`, and the values that it makes."""

    weighting: Any
    interactions_: sparse.csr_array
    _weighter: Any

    def _fit_weighting(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """Learn how to weigh from the matrix of a fit, and return it weighed."""
        self._weighter = None
        vars(self).pop("_weighed", None)
        if self.weighting is None:
            return matrix
        named = isinstance(self.weighting, str)
        weighter = WEIGHTERS[self.weighting]() if named else clone(self.weighting)
        try:
            self._weighter = weighter.fit(_as_table(matrix, 0))
            return self._weigh(matrix)
        except InvalidParameterError:
            raise  # of a parameter of the weighter, which the message names
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"weighting={self.weighting!r} cannot weigh the merged interactions, which have "
                "a user, an item and a number each. Put a transformer that needs more, such as "
                "times or events, in front of the recommender, as a step of a Pipeline. What it "
                f"said: {error}"
            ) from error

    def _weigh(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """Return histories, those of `fit` or others, with the values that are used."""
        if self._weighter is None or matrix.nnz == 0:
            return matrix
        # Everyone is somebody new: whoever was in `fit` gets the same weights from her own rows.
        first = int(np.int64(2) ** 31)
        weighed = self._weighter.transform(_as_table(matrix, first))
        return with_data(matrix, weighed["value"].to_numpy(dtype=np.float32))

    def _weighed_interactions(self) -> sparse.csr_array:
        """Return the interactions of `fit` weighed: once, since each block of users asks."""
        if self._weighter is None:
            return self.interactions_
        of, weighed = vars(self).get("_weighed", (None, None))
        if of is not self.interactions_:  # they may have been replaced without a fit
            weighed = self._weigh(self.interactions_)
            self._weighed = self.interactions_, weighed
        return weighed

    def __getstate__(self):
        """Leave out what is weighed again when it is asked for."""
        state = super().__getstate__()
        return {name: part for name, part in state.items() if name != "_weighed"}


def _as_table(matrix: sparse.csr_array, first_user: int) -> pd.DataFrame:
    """Return the entries in their order, zeros among them; users are numbered from the first on."""
    users = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) + first_user
    return pd.DataFrame({"user": users, "item": matrix.indices, "value": matrix.data})
