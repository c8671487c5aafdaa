"""Similar items and users of an ensemble: those of the members that compare them."""
# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np

from sklearn_recsys.base._ranking import Triplets
from sklearn_recsys.ensemble._source import asked

__all__ = ["DelegatedNeighborsMixin"]


class DelegatedNeighborsMixin:
    """Let the first member that can, and knows an item or user, find what is similar to it.

    Where members have weights, the heaviest is the first. It stands before the base class.
    """

    recommenders_: list[Any]
    _user_codes: list[np.ndarray]
    _item_codes: list[np.ndarray]

    def _rank_neighbors(
        self, role: str, codes: np.ndarray, k: int, *, include_self: bool, approximate: bool
    ) -> Triplets:
        options = {"include_self": include_self, "approximate": approximate}
        left = np.ones(len(codes), dtype=bool)
        parts = []
        for model, own_codes in self._find_comparing(role):
            own = own_codes[codes]
            places = np.flatnonzero(left & (own >= 0))
            if not len(places):
                continue
            left[places] = False
            rows, cols, scores = model._rank_neighbors(role, own[places], k, **options)
            back = np.empty(own_codes.max() + 1, dtype=np.int32)
            known = np.flatnonzero(own_codes >= 0)
            back[own_codes[known]] = known
            parts.append((places[rows], back[cols], scores))
        # What no such member knows is like nothing but itself.
        alone = np.flatnonzero(left & include_self)
        parts.append((alone, codes[alone], np.ones(len(alone), dtype=np.float32)))
        rows, cols, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], cols[order], scores[order]

    def _find_comparing(self, role: str) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield the models that compare items or users, and their codes of all of them."""
        weights = getattr(self, "weights_", np.ones(len(self.recommenders_)))
        every = self._item_codes if role == "item" else self._user_codes
        for k in np.argsort(-weights, kind="stable"):
            model = asked(self.recommenders_[k])
            if getattr(model.__recommender_tags__(), f"similar_{role}s"):
                yield model, every[k]
