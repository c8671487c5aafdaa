"""Explanations of sums of members' scores."""
# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy import sparse

from sklearn_recsys.ensemble._source import asked
from sklearn_recsys.interactions._ids import list_some

__all__ = ["SummedContributionsMixin"]


class SummedContributionsMixin:
    """Explain a score that is a sum of members' own scores by the sum of their explanations.

    An ensemble supplies `_find_shares`. It stands before the base class.
    """

    recommenders_: list[Any]
    interactions_: sparse.csr_array
    users_: np.ndarray
    items_: np.ndarray
    _user_codes: list[np.ndarray]
    _item_codes: list[np.ndarray]

    def _find_shares(self, row: int) -> np.ndarray:
        """Return what each member's score is multiplied by in the score of a training user."""
        raise NotImplementedError

    def _item_contributions(self, row, col):
        total = np.zeros(len(self.items_))
        is_named = np.zeros(len(self.items_), dtype=bool)
        shares = self._find_shares(row)
        for k in np.flatnonzero(shares):
            own_codes = self._item_codes[k]
            if own_codes[col] < 0:
                raise ValueError(
                    f"{list_some([self.items_[col]])} is not known to a member that serves the "
                    f"user {list_some([self.users_[row]])}, so that its score is no sum of "
                    "contributions. Ask a member that knows it, of recommenders_."
                )
            model = asked(self.recommenders_[k])
            cols, parts = model._item_contributions(self._user_codes[k][row], own_codes[col])
            own = np.zeros(own_codes.max() + 1)
            own[cols] = parts
            named = np.flatnonzero(own_codes >= 0)[np.isin(own_codes[own_codes >= 0], cols)]
            total[named] += shares[k] * own[own_codes[named]]
            is_named[named] = True
        return np.flatnonzero(is_named), total[is_named]
